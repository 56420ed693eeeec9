// Agent types at work: an agent's attributes held against the schema its type has when the agent is written.
#pragma once

#include <vector>

#include "base/json.h"
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

// The look-ups of an agent's unique attributes, which must keep to the schema of its type; the type must have the
// schema that was read when this is committed. A credential among them is kept in `agent` as its hash alone.
Result<std::vector<store::Index>, Problem> indexes_by_type(const Visit& visit, json::object& agent, Change& change);

// Those of them that the stored record has, for a change that asks nothing of attributes: no schema and no other agent
// can refuse it.
Result<std::vector<store::Index>, Problem> indexes_kept(const Visit& visit, std::string_view id,
                                                        const json::object& agent);

// An agent that changes its type, or has none any more, loses no credential that the caller did not name.
Result<Done, Problem> keep_credentials_of(const Draft& draft);

}  // namespace deputy::endpoints::admin
