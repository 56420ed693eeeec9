// Lookup: records by id or by name, clients also by client_id. A name is asked of the server, and never guessed: two of
// it are an error.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/failure.h"
#include "client/api.h"
#include "directory/kind.h"

namespace deputy::cli {

using directory::Kind;

// The field people know a record of this kind by: a resource's identifier, a user's username, an issuer's URL, a
// tenant's id, else its name.
std::string_view key_field(Kind kind);
// "an agent", "agent types": as sentences have them.
std::string with_article(Kind kind);
std::string plural_of(Kind kind);
// What people call this server's own API: at another origin it has another identifier.
inline constexpr std::string_view kOwnApi = "deputy";
// The kind of this word, as files for `apply` and paths have it: "agent", "agent-type", "agent_type".
std::optional<Kind> kind_named(std::string_view word);
std::string path_of(Kind kind);                         // "/agents"
std::string path_of(Kind kind, std::string_view id);    // "/agents/agt_…"

struct Found {
  Kind kind;
  std::string id;
};
// "agt_…", "reader", "user/alice" (the kind, then an id or a name): one record of one of these kinds. An agent or an
// application is found by the client_id it was imported with, too. Where only a resource is possible, "deputy" is this
// server's own API.
Result<Found, Failure> find(client::Api& api, std::span<const Kind> kinds, const std::string& text);
Result<std::string, Failure> find(client::Api& api, Kind kind, const std::string& text);
// The same, with its document.
Result<json::object, Failure> read(client::Api& api, Kind kind, const std::string& text);
// A resource as the server takes it where it takes URIs: "deputy" is that of its own API.
std::string uri_of(const client::Api& api, const std::string& resource);

// How a command says by what a record of this kind is named.
std::string_view named_by(Kind kind);
// What is said of a name that nobody has.
std::string none_called(std::span<const Kind> kinds, const std::string& name);

// field eq "value": a filter of /v1 (RFC 7644 §3.4.2.2).
std::string equals(std::string_view field, std::string_view value);

}  // namespace deputy::cli
