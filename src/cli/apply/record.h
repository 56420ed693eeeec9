// Record: one thing that a file wants or a server holds, for `apply` and `export`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
#include "cli/lookup.h"
#include "cli/yaml.h"
#include "directory/kind.h"
#include "directory/noun.h"

namespace deputy::cli::apply {

struct Record {
  Kind kind;
  std::string name;    // what people know it by; of an assignment: nothing
  std::string id;      // as the server gave it; in a file only where a name is not enough
  std::int64_t version = 0;
  std::optional<Instant> created_at = {};  // as the server says
  bool revoked = false;   // of an agent: never again anything else
  bool expired = false;   // of an agent: no file makes it again
  bool suspended = false;  // of an agent; in a file: it is to be suspended
  std::vector<std::string> credentials;  // of an agent on a server: which attributes it has that are never shown
  bool built_in = false;  // made by the server for itself: never written to a file, never removed
  json::object fields;    // what may be set; references are ids where a server gave them, symbols in a file
  std::optional<std::vector<std::string>> members;  // of a group; absent in a file: left as they are
  int line = 0;           // in the file
  YamlLines lines = {};   // of its fields there

  bool is_gone() const { return revoked || expired; }
};

// What a file calls a record: "user/alice"; for a resource its identifier, "https://booking.example".
std::string symbol_of(Kind kind, std::string_view name);
inline std::string symbol_of(const Record& record) { return symbol_of(record.kind, record.name); }
// For a person: the symbol, or of an assignment what it assigns.
std::string spoken(const Record& record);
// What tells an assignment from every other: all that it says.
std::string said_by(const json::object& assignment, std::string_view between);
// What a record on a server is known by before anybody has its id: the symbol; of an assignment all that it says.
std::string known_as(Kind kind, std::string_view symbol, const json::object& fields);

// The kinds that files hold, each after those it usually refers to.
inline constexpr Kind kKinds[] = {Kind::organization, Kind::user,           Kind::group, Kind::agent_type,
                                  Kind::resource,     Kind::trusted_issuer, Kind::role,  Kind::application,
                                  Kind::agent,        Kind::assignment};
// Who may be in a group.
inline constexpr Kind kMembers[] = {Kind::user, Kind::agent, Kind::group, Kind::application};

}  // namespace deputy::cli::apply
