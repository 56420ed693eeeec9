// Reading the type of an agent, and changing a type.
#include "endpoints/admin/agent_type.h"

#include "directory/agent_type.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {
namespace {

const json::object& attributes_of(const json::object& agent) {
  static const json::object none;
  const auto* sent = json_member_object(agent, "attributes");
  return sent != nullptr ? *sent : none;
}

}  // namespace

Result<std::vector<store::Index>, Problem> indexes_by_type(const Visit& visit, const json::object& agent,
                                                           Change& change) {
  std::vector<store::Index> indexes;
  const auto type = json_text(agent, "type");
  if (!type) return indexes;  // without a type, attributes are free
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::agent_type, *type));
  if (!record) return Fail{Problem(ProblemType::missing_reference, "There is no such agent_type.", "type")};
  TRY(auto body, body_of_record(*record));
  const auto rules = directory::rules_of(body);
  const auto& values = attributes_of(agent);
  if (auto problem = directory::check_attributes(rules, values)) return Fail{Problem(std::move(*problem))};
  change.add(store::Require{visit.call.tenant, Kind::agent_type, record->id, record->version});
  for (auto& entry : directory::unique_attributes(*type, rules, values))
    indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  return indexes;
}

Result<std::vector<store::Index>, Problem> indexes_kept(const Visit& visit, std::string_view id,
                                                        const json::object& agent) {
  std::vector<store::Index> indexes;
  const auto type = json_text(agent, "type");
  if (!type) return indexes;
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::agent_type, *type));
  if (!record) return indexes;
  TRY(auto body, body_of_record(*record));
  for (auto& entry : directory::unique_attributes(*type, directory::rules_of(body), attributes_of(agent))) {
    TRY(auto holder, visit.app.store.find(visit.call.tenant, Kind::agent, entry.name, entry.value));
    if (holder && holder->id == id) indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  }
  return indexes;
}

// Agents that are there already may share a value: they would have to be told apart first, and each write of one could
// be refused until then.
Result<Done, Problem> agent_type_updated(Draft& draft) {
  const auto before = directory::rules_of(*draft.before);
  for (const auto& rule : directory::rules_of(draft.after)) {
    const auto was_unique = [&](const auto& one) { return one.name == rule.name && one.unique; };
    if (!rule.unique || std::any_of(before.begin(), before.end(), was_unique)) continue;
    draft.change.add(store::RequireNone{draft.visit.call.tenant, Kind::agent, "type", draft.id},
                     {ProblemType::in_use, "There are agents of this type: an attribute becomes unique, or a "
                                           "credential, only while there are none. Make another type for it.",
                      "schema"});
    break;
  }
  return Done{};
}

}  // namespace deputy::endpoints::admin
