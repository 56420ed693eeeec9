// The rows of the `token` family that have a file of their own.
#pragma once

#include "cli/commands/all.h"
#include "cli/profile.h"
#include "cli/session.h"

namespace deputy::cli {

Command token_exchange_command();
Command token_inspect_command();
Command token_proof_command();

// The client that the line names, with its secret; else the profile's.
Result<Profile, Failure> client_of(const Line& line, Session& session);
// Whether a secret in the environment may be this client's: it is that of DEPUTY_CLIENT_ID at DEPUTY_SERVER, where they
// are set.
bool environment_is_of(const Profile& client, const World& world);
Flag client_id_flag();
Flag client_secret_flag();
Flag dpop_flag();
// The client's connection, with its tokens bound to this user's key where --dpop says so.
Result<client::Api*, Failure> connect_client(const Line& line, Session& session);
// Prints the token and nothing else, or the whole answer; or says why there is none, and what the line could do about
// it.
Result<Done, Failure> show_token(const Result<client::Token, client::Refusal>& token, const Line& line,
                                 Session& session);
// A token in a file or, for "-", on standard input.
Result<std::string, Failure> read_token(const std::string& path, Session& session);

}  // namespace deputy::cli
