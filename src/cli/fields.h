// Fields: the flags of `create` and `update`, and the document they add up to, from the noun's own table.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "cli/command.h"
#include "cli/session.h"
#include "directory/noun.h"

namespace deputy::cli {

enum class Act { create, update };

// A flag for each field that may be set in this act; and --file for all of them at once.
std::vector<Flag> flags_of(const directory::Noun& noun, Act act);
// --file first, then each flag over it; names of other records not yet made ids.
Result<json::object, Failure> document_of(const directory::Noun& noun, Act act, const Line& line, Session& session);
// Names of other records made ids, by asking the server.
Result<json::object, Failure> resolve_references(const directory::Noun& noun, json::object document, Session& session);
// Refuses attributes on the line that this agent type (an id; empty: none) calls credentials: others can read the line.
Result<Done, Failure> refuse_typed_credentials(const Line& line, std::string_view type, Session& session);

// What of these permissions (of resources by their ids) names a scope that the resource does not define: "b:read at
// https://b.example". A prefix may be ahead of its scopes; of a resource that cannot be read nothing is known.
std::vector<std::string> undefined_scopes(const json::array& permissions, client::Api& api);

}  // namespace deputy::cli
