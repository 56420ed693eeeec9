// deputy token get: an access token by client_credentials (RFC 6749 §4.4), for a resource (RFC 8707).
#include <ostream>

#include "cli/commands/token.h"
#include "cli/files.h"
#include "cli/lookup.h"
#include "cli/own_key.h"
#include "cli/session.h"

namespace deputy::cli {

// RFC 6749 §10.1, RFC 9700 §2.3: a secret is sent as the client it is of, to the server it is for, and not elsewhere.
bool environment_is_of(const Profile& client, const World& world) {
  const auto id = world.environment("DEPUTY_CLIENT_ID"), server = world.environment("DEPUTY_SERVER");
  if (id && *id != client.client_id) return false;
  const auto url = server_url(server.value_or(client.server));
  return url && *url == client.server;
}

// The secret comes from a file, the environment or the terminal.
Result<Profile, Failure> client_of(const Line& line, Session& session) {
  const World& world = session.world();
  if (!line.has("client-id")) {
    if (line.has("secret-file")) return misuse("--secret-file needs --client-id: whose secret is it?");
    return choose_profile(world, session.profile_name());
  }
  TRY(Profile client, choose_server(world, session.profile_name()));
  client.client_id = line.text("client-id");
  const bool of_another = !environment_is_of(client, world);
  if (line.has("secret-file")) {
    TRY(Secret secret, read_secret_file(line.text("secret-file"), world.streams.err));
    client.secret = std::move(secret);
  } else if (const auto secret = world.environment("DEPUTY_CLIENT_SECRET"); secret && !of_another) {
    client.secret = Secret(*secret);
  } else if (const auto file = world.environment("DEPUTY_CLIENT_SECRET_FILE"); file && !of_another) {
    TRY(Secret kept, read_secret_file(*file, world.streams.err));
    client.secret = std::move(kept);
  } else if (world.streams.in_is_terminal) {
    if (auto typed = world.ask_secret("Secret (not shown): ")) client.secret = std::move(*typed);
  }
  if (client.secret.empty())
    return misuse(of_another ? "name --secret-file: the secret in the environment is that of another client"
                             : "name --secret-file, or set DEPUTY_CLIENT_SECRET");
  return client;
}

Flag client_id_flag() { return {.name = "client-id", .value = "ID", .doc = "Another client than the profile's."}; }
Flag client_secret_flag() {
  return {.name = "secret-file", .value = "FILE", .doc = "That client's secret, on the first line."};
}

Flag dpop_flag() {
  return {.name = "dpop", .doc = "Bind the token to your own key (RFC 9449), which is made at the first use."};
}

Result<client::Api*, Failure> connect_client(const Line& line, Session& session) {
  TRY(const Profile profile, client_of(line, session));
  client::Api& api = session.connect(profile);
  if (line.has("dpop")) {
    TRY(client::DpopKey key, own_key(session.world()));
    session.bind_to(std::move(key));
  }
  return &api;
}

Result<Done, Failure> show_token(const Result<client::Token, client::Refusal>& token, const Line& line,
                                 Session& session) {
  if (!token) {
    auto refusal = token.error();
    if (refusal.code == "invalid_dpop_proof" && !line.has("dpop")) refusal.sentence += "; name --dpop";
    return Fail{Failure(std::move(refusal))};
  }
  if (session.format() == Format::table)
    session.out() << token->access_token << '\n';
  else
    session.show(token->answer);
  return Done{};
}

Result<std::string, Failure> read_token(const std::string& path, Session& session) {
  TRY(std::string text, read_input(path, session.world()));
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.empty()) return misuse("there is no token; name its file, or pipe it in");
  return text;
}

namespace {

Result<Done, Failure> get(const Line& line, Session& session) {
  TRY(client::Api* const api, connect_client(line, session));
  return show_token(api->token(uri_of(*api, line.text("resource")), line.text("scope")), line, session);
}

}  // namespace

void add_token(Table& table) {
  table.push_back(
      {.words = "token get",
       .doc = "Get an access token for a resource; prints it and nothing else.",
       .example = "curl -H \"Authorization: Bearer $(deputy token get --resource https://booking.example)\" …",
       .flags = {{.name = "resource", .value = "URI", .doc = "What the token is for.", .need = Flag::Need::required},
                 {.name = "scope", .value = "SCOPES",
                  .doc = "What it may do there; all that the client holds if not named."},
                 client_id_flag(), client_secret_flag(), dpop_flag()},
       .run = get});
  table.push_back(token_exchange_command());
  table.push_back(token_inspect_command());
  table.push_back(token_proof_command());
}

}  // namespace deputy::cli
