// Resources: Deputy's own API is one of them, and is not edited through itself.
#include <algorithm>
#include <set>

#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

bool built_in(const json::object& body) {
  const auto* member = body.if_contains("built_in");
  return member != nullptr && member->is_bool() && member->get_bool();
}

Result<Done, Problem> refuse_built_in(const Draft& draft) {
  if (draft.before == nullptr || !built_in(*draft.before)) return Done{};
  return Fail{Problem(ProblemType::wrong_state, "This record is built in: its contents are the server's own.")};
}

// A type of authorization details that is registered no more, or takes other objects than it did. Tokens that are out
// may bear one that is none now, and none of them says which type's it bears.
bool takes_a_type(const json::object& before, const json::object& after) {
  const json::array none;
  const auto types_of = [&](const json::object& body) -> const json::array& {
    const auto* types = json_member_array(body, "authorization_details_types");
    return types == nullptr ? none : *types;
  };
  const auto same = [](const json::value& one, const json::value& other) {
    return one.at("type") == other.at("type") && one.at("schema") == other.at("schema");
  };
  const auto& left = types_of(after);
  return std::any_of(types_of(before).begin(), types_of(before).end(), [&](const json::value& one) {
    return std::none_of(left.begin(), left.end(), [&](const json::value& other) { return same(one, other); });
  });
}

// What it defines, all of it: its tokens die, and are minted again with the details that there still are (I3).
void narrow_all(Draft& draft, const directory::Resource& before) {
  oauth::ScopeSet all;
  for (const auto& scope : before.scopes) all.add(scope.name);
  if (!all.empty())
    draft.change.add(narrow_tokens_of(draft.visit, "", before.identifier, all,
                                      "the resource understands an authorization detail no more"));
}

// I3: who is the resource draws by its needs, and no more by what they leave out now.
Result<Done, Problem> narrow_needs(Draft& draft, const directory::Resource& before) {
  const auto needs_of = [](const json::object& body) {
    const auto* needs = json_member_array(body, "needs");
    return directory::Role::from("needs", {{"permissions", needs == nullptr ? json::array() : *needs}});
  };
  const auto had = needs_of(*draft.before), has = needs_of(draft.after);
  if (!had || !has || before.principal.empty()) return Done{};
  std::set<std::string> at;
  for (const auto& permission : had->permissions) at.insert(permission.resource);
  for (const auto& id : at) {
    TRY(const auto resource, draft.visit.app.directory.resource_by_id(draft.visit.call.tenant, id));
    if (resource == nullptr) continue;
    const auto were = directory::scopes_given(*resource, {&*had}), left = directory::scopes_given(*resource, {&*has});
    oauth::ScopeSet lost;
    for (const auto& scope : were.tokens())
      if (!left.contains(scope)) lost.add(scope);
    if (!lost.empty())
      draft.change.add(narrow_tokens_of(draft.visit, before.principal, resource->identifier, lost,
                                        "the resource that it is needs it no more"));
  }
  return Done{};
}

}  // namespace

// The issuer itself is an audience already: of tokens that say who somebody is and are drawn from nothing (A19).
Result<Done, Problem> resource_created(Draft& draft) {
  if (json_text(draft.after, "identifier") != draft.visit.call.issuer) return Done{};
  return Fail{Problem(ProblemType::invalid_field, "This is the server's own identifier: a resource needs another.",
                      "identifier")};
}

// What a resource defines no more, nobody holds any more.
Result<Done, Problem> resource_written(Draft& draft) {
  TRY(auto ours, refuse_built_in(draft));
  const auto before = directory::Resource::from(draft.id, *draft.before);
  const auto after = directory::Resource::from(draft.id, draft.after);
  if (!after) return Fail{Problem(ProblemType::invalid_field, "The scopes cannot be read.", "scopes")};
  if (!before) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a resource is damaged"})};
  if (takes_a_type(*draft.before, draft.after)) narrow_all(draft, *before);
  if (after->token_lifetime < before->token_lifetime)  // those that are out live on: a preview asks until when
    draft.change.add(store::Touch{draft.visit.call.tenant, Kind::resource, draft.id,
                                  draft.visit.call.now + before->token_lifetime});
  TRY(auto called, add_narrowings_of_called(draft.visit, *before, &*after, draft.change));
  TRY(auto needed, narrow_needs(draft, *before));
  return add_narrowings_of_resource(draft.visit, *before, &*after, draft.change);
}

Result<Done, Problem> resource_deleted(Draft& draft) {
  TRY(auto ours, refuse_built_in(draft));
  const auto before = directory::Resource::from(draft.id, *draft.before);
  if (!before) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a resource is damaged"})};
  TRY(auto called, add_narrowings_of_called(draft.visit, *before, nullptr, draft.change));
  return add_narrowings_of_resource(draft.visit, *before, nullptr, draft.change);
}

}  // namespace deputy::endpoints::admin
