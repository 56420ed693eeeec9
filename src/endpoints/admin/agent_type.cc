// Reading the type of an agent, and changing a type.
#include "endpoints/admin/agent_type.h"

#include "base/encoding.h"
#include "directory/agent_type.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/referred.h"
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {
namespace {

const json::object& attributes_of(const json::object& agent) {
  static const json::object none;
  const auto* sent = json_member_object(agent, "attributes");
  return sent != nullptr ? *sent : none;
}

const json::object& held_by(const json::object& agent) {
  static const json::object none;
  const auto* held = json_member_object(agent, directory::credential_attributes);
  return held != nullptr ? *held : none;
}

// A credential that is sent is kept as its hash from here on; one that is not named stays, and null takes it away.
json::object sealed(const Visit& visit, std::string_view type, const std::vector<directory::AttributeRule>& rules,
                    const json::object& sent, json::object& agent) {
  const auto before = held_by(agent);
  const auto* attributes_sent = sent.if_contains("attributes");
  const auto* named = attributes_sent != nullptr ? attributes_sent->if_object() : nullptr;
  const bool all_gone = attributes_sent != nullptr && attributes_sent->is_null();
  auto* attributes = agent.contains("attributes") ? agent.at("attributes").if_object() : nullptr;
  json::object held;
  for (const auto& rule : rules) {
    if (!rule.credential) continue;
    const auto* value = attributes != nullptr ? attributes->if_contains(rule.name) : nullptr;
    if (value != nullptr && value->is_string()) {  // else it breaks its rule
      // Of one type and attribute: what is the same elsewhere has another hash.
      const auto text = std::string(type) + "\n" + rule.name + "\n" + std::string(value->get_string());
      held[rule.name] = hex(as_text(visit.app.secret_hash(text)));
      attributes->erase(rule.name);
      continue;
    }
    const auto* one = named != nullptr ? named->if_contains(rule.name) : nullptr;
    const bool gone = all_gone || (one != nullptr && one->is_null());
    if (before.contains(rule.name) && !gone) held[rule.name] = before.at(rule.name);
  }
  return held;
}

// The credentials that a type knows no more.
std::vector<std::string> dropped(const std::vector<directory::AttributeRule>& before,
                                 const std::vector<directory::AttributeRule>& after) {
  std::vector<std::string> names;
  for (const auto& rule : before) {
    const auto is_it = [&](const auto& one) { return one.name == rule.name; };
    if (rule.credential && std::none_of(after.begin(), after.end(), is_it)) names.push_back(rule.name);
  }
  return names;
}

// The agents of a type that hold one of these credentials; more than can be listed are not looked for. Whoever was
// looked at stays as they are until the change is made, and there is nobody else.
Result<std::vector<store::Record>, Problem> holders(Draft& draft, const std::vector<std::string>& credentials) {
  constexpr std::size_t read_max = 10'000;
  std::vector<store::Record> found;
  store::RequireNone nobody_else{draft.visit.call.tenant, Kind::agent, "type", draft.id};
  store::Page page{.after = "", .limit = 200, .where = store::Index{"type", draft.id, false}};
  for (std::size_t read = 0; found.size() <= listed_max; read += page.limit) {
    if (read >= read_max)
      return Fail{Problem(ProblemType::in_use, "There are too many agents of this type to see whether one holds a "
                                               "credential that it would drop: make another type.", "schema")};
    TRY(auto agents, draft.visit.app.store.list(draft.visit.call.tenant, Kind::agent, page));
    const bool over = agents.size() < page.limit;
    if (!over) page.after = agents.back().id;
    for (auto& agent : agents) {
      nobody_else.but.insert(agent.id);
      draft.change.add(store::Require{draft.visit.call.tenant, Kind::agent, agent.id, agent.version});
      TRY(const auto body, body_of_record(agent));
      const auto& held = held_by(body);
      const auto holds = [&](const auto& name) { return held.contains(name); };
      const bool revoked = json_text(body, "state") == "revoked";  // and never written again
      if (!revoked && std::any_of(credentials.begin(), credentials.end(), holds)) found.push_back(std::move(agent));
    }
    if (over) break;
  }
  draft.change.add(std::move(nobody_else));
  return found;
}

// A secret that its type has dropped would go with the next change of the agent's attributes, and nobody be told.
Result<Done, Problem> keep_credentials(Draft& draft, const std::vector<directory::AttributeRule>& before,
                                       const std::vector<directory::AttributeRule>& after) {
  const auto names = dropped(before, after);
  if (names.empty()) return Done{};
  TRY(const auto agents, holders(draft, names));
  if (agents.empty()) return Done{};
  std::size_t room = listed_max;
  TRY(const auto ids, listed(draft.visit, Kind::agent, agents, room));
  return Fail{Problem(ProblemType::in_use, "Agents hold a credential that the type would drop, attributes/" +
                                           names.front() + ": " + ids + ". Take it from them first, by null.",
                      "schema")};
}

}  // namespace

// A hash is of one type: under another it would hold nobody off. So whoever changes the type says what becomes of it.
Result<Done, Problem> keep_credentials_of(const Draft& draft) {
  const auto& held = held_by(*draft.before);
  const auto type = json_text(draft.after, "type");
  if (held.empty() || type == json_text(*draft.before, "type")) return Done{};
  TRY(const auto sent, body_of(draft.visit));
  const auto* attributes = sent.if_contains("attributes");
  if (attributes != nullptr && attributes->is_null()) return Done{};
  for (const auto& [name, hash] : held) {
    const auto* value = attributes != nullptr && attributes->is_object() ? attributes->get_object().if_contains(name)
                                                                         : nullptr;
    if (value != nullptr && (type || value->is_null())) continue;
    return Fail{Problem(ProblemType::wrong_state,
                        "The agent holds a credential of the type it has, attributes/" + std::string(name) +
                            (type ? ": send it once more for the new type, or null to take it away."
                                  : ": without a type there are none, so take it away by null."),
                        "type")};
  }
  return Done{};
}

Result<std::vector<store::Index>, Problem> indexes_by_type(const Visit& visit, json::object& agent, Change& change) {
  std::vector<store::Index> indexes;
  const auto type = json_text(agent, "type");
  if (!type) {  // without a type, attributes are free
    agent.erase(directory::credential_attributes);
    return indexes;
  }
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::agent_type, *type));
  if (!record) return Fail{Problem(ProblemType::missing_reference, "There is no such agent_type.", "type")};
  TRY(auto body, body_of_record(*record));
  const auto rules = directory::rules_of(body);
  TRY(const auto sent, body_of(visit));
  const auto plain = attributes_of(agent);
  auto held = sealed(visit, *type, rules, sent, agent);
  if (auto problem = directory::check_attributes(rules, plain, held)) return Fail{Problem(std::move(*problem))};
  change.add(store::Require{visit.call.tenant, Kind::agent_type, record->id, record->version});
  for (auto& entry : directory::unique_attributes(*type, rules, attributes_of(agent), held))
    indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  if (held.empty()) {
    agent.erase(directory::credential_attributes);
  } else {
    agent[directory::credential_attributes] = std::move(held);
  }
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
  for (auto& entry : directory::unique_attributes(*type, directory::rules_of(body), attributes_of(agent),
                                                 held_by(agent))) {
    TRY(auto holder, visit.app.store.find(visit.call.tenant, Kind::agent, entry.name, entry.value));
    if (holder && holder->id == id) indexes.push_back({std::move(entry.name), std::move(entry.value), entry.unique});
  }
  return indexes;
}

// Attributes may be asked, or dropped, ahead of the agents: each is held to it when its attributes are next written.
// Agents that are there already may share a value: they would have to be told apart first, and each write of one could
// be refused until then.
Result<Done, Problem> agent_type_updated(Draft& draft) {
  const auto before = directory::rules_of(*draft.before), after = directory::rules_of(draft.after);
  TRY(auto kept, keep_credentials(draft, before, after));
  for (const auto& rule : after) {
    const auto same_name = [&](const auto& one) { return one.name == rule.name; };
    const auto earlier = std::find_if(before.begin(), before.end(), same_name);
    const bool was_unique = earlier != before.end() && earlier->unique;
    const bool was_credential = earlier != before.end() && earlier->credential;
    // A value is kept as it is or as its hash, and neither becomes the other by a word in the schema.
    if ((!rule.unique || was_unique) && rule.credential == was_credential) continue;
    draft.change.add(store::RequireNone{draft.visit.call.tenant, Kind::agent, "type", draft.id},
                     {ProblemType::in_use, "There are agents of this type: an attribute becomes unique, or a "
                                           "credential or none, only while there are none. Make another type for it.",
                      "schema"});
    break;
  }
  return Done{};
}

}  // namespace deputy::endpoints::admin
