// Reading the type of an agent.
#include "endpoints/admin/agent_type.h"

#include "directory/agent_type.h"
#include "endpoints/admin/frame/document.h"

namespace deputy::endpoints::admin {

Result<std::vector<store::Index>, Problem> indexes_by_type(const Visit& visit, const json::object& agent,
                                                           Attributes attributes, Change& change) {
  std::vector<store::Index> indexes;
  const auto type = json_text(agent, "type");
  if (!type) return indexes;  // without a type, attributes are free
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::agent_type, *type));
  if (!record) return Fail{Problem(ProblemType::missing_reference, "There is no such agent_type.", "type")};
  TRY(auto body, body_of_record(*record));
  const auto rules = directory::rules_of(body);
  static const json::object none;
  const auto* sent = json_member_object(agent, "attributes");
  const auto& values = sent != nullptr ? *sent : none;
  if (attributes == Attributes::check)
    if (auto problem = directory::check_attributes(rules, values)) return Fail{Problem(std::move(*problem))};
  change.add(store::Require{visit.call.tenant, Kind::agent_type, record->id, record->version});
  for (auto& entry : directory::unique_attributes(*type, rules, values))
    indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  return indexes;
}

}  // namespace deputy::endpoints::admin
