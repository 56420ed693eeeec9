// Agent types at work: an agent's attributes held against the schema its type has when the agent is written.
#pragma once

#include <vector>

#include "base/json.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// The look-ups of an agent's unique attributes; the type must have the schema that was read when this is committed.
// `check` also refuses attributes that break the schema: a mere change of state does not ask again.
enum class Attributes { check, as_they_are };
Result<std::vector<store::Index>, Problem> indexes_by_type(const Visit& visit, const json::object& agent,
                                                           Attributes attributes, Change& change);

}  // namespace deputy::endpoints::admin
