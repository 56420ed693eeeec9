// Rules: what a noun asks beyond its table of fields. Most ask nothing; a special one has a file of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// A record on its way in, or out.
struct Draft {
  Visit& visit;
  Kind kind;
  std::string id, under;
  const json::object* before = nullptr;  // null at creation
  std::uint64_t version = 0;             // of `before`
  json::object after;                    // what will be stored; at deletion: what is
  std::vector<store::Index> indexes;     // beyond those of the noun's fields
  Change change;                         // writes that go with it
  std::optional<Problem> in_the_way;     // it is refused, though what it would end can be told
};
using Rule = Result<Done, Problem> (*)(Draft&);

struct Rules {
  Rule on_create = nullptr, on_update = nullptr, on_delete = nullptr;
};
Rules rules_of(Kind kind);

// Of a field whose URL we call: one that could never be called is refused where it is written.
Result<Done, Problem> may_be_fetched(const Visit& visit, const json::object* before, const json::object& after,
                                     std::string_view field);

// agent.cc
Result<Done, Problem> agent_created(Draft& draft);
Result<Done, Problem> agent_updated(Draft& draft);
Result<Done, Problem> agent_deleted(Draft& draft);
// agent_type.cc
Result<Done, Problem> agent_type_updated(Draft& draft);
// client.cc: agents and applications, as clients of a person's flow
Result<Done, Problem> client_written(Draft& draft);
void take_vouching(const Visit& visit, json::object& client);  // unless the caller may give it
Result<Done, Problem> application_created(Draft& draft);
Result<Done, Problem> application_updated(Draft& draft);
// principal.cc: users, applications and groups
Result<Done, Problem> principal_updated(Draft& draft);
Result<Done, Problem> user_created(Draft& draft);
Result<Done, Problem> user_updated(Draft& draft);
Result<Done, Problem> principal_deleted(Draft& draft);
Result<Done, Problem> group_deleted(Draft& draft);
// organization.cc
Result<Done, Problem> organization_placed(Draft& draft);
// authority.cc: nobody gives what they do not hold
Result<Done, Problem> role_written(Draft& draft);
Result<Done, Problem> assignment_created(Draft& draft);
Result<Done, Problem> assignment_deleted(Draft& draft);
// resource.cc
Result<Done, Problem> resource_created(Draft& draft);
Result<Done, Problem> resource_written(Draft& draft);
Result<Done, Problem> resource_deleted(Draft& draft);
// trusted_issuer.cc
Result<Done, Problem> trusted_issuer_written(Draft& draft);
Result<Done, Problem> trusted_issuer_deleted(Draft& draft);

}  // namespace deputy::endpoints::admin
