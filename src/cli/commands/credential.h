// Credentials of a principal: the steps that `agent` and `credential` share.
#pragma once

#include <optional>
#include <string>

#include "cli/commands/all.h"
#include "cli/lookup.h"
#include "cli/secret_file.h"

namespace deputy::cli {

// A rotated secret has its label still, until it is gone, and so has the one that took its place.
enum class Successor { preferred, one_of_several };
// The credential of this id or label, a live one of that label before those that are over; where none is named, the one
// live secret there is, besides those whose place another took.
Result<std::string, Failure> find_credential(client::Api& api, const std::string& path, const std::string& named,
                                             Instant now, Successor successor);
// Makes a new secret that takes the old one's place, shows it once, and says when the old one stops; where that is at
// once, it asks first.
Result<Done, Failure> rotate_credential(const Found& holder, const std::string& credential, const Line& line,
                                        SecretFile secret_file, Session& session);
// What to do where the new secret of this credential was shown to nobody.
std::string if_lost(std::string_view principal, std::string_view credential);
std::string credentials_path(const Found& principal);
// The client_id a principal authenticates with.
std::string client_id_of(const json::object& principal);

// `expires_at` from this flag, where it is there.
Result<Done, Failure> add_expiry(const Line& line, const std::string& flag, const World& world,
                                 json::object& document);

Flag secret_file_flag();
Flag overlap_flag();
Flag fresh_expiry_flag();

}  // namespace deputy::cli
