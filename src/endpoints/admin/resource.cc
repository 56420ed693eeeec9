// Resources: Deputy's own API is one of them, and is not edited through itself.
#include <algorithm>

#include "endpoints/admin/frame/records.h"
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
  draft.change.again_by(draft.visit, [](Visit& visit) { return update_record(visit, Kind::resource); });
  if (takes_a_type(*draft.before, draft.after)) narrow_all(draft, *before);
  if (after->token_lifetime < before->token_lifetime)  // those that are out live on: a preview asks until when
    draft.change.add(store::Touch{draft.visit.call.tenant, Kind::resource, draft.id,
                                  draft.visit.call.now + before->token_lifetime});
  TRY(auto called, add_narrowings_of_called(draft.visit, *before, &*after, draft.change));
  TRY(auto needed, add_narrowings_of_needs(draft.visit, *before, *after, draft.change));
  return add_narrowings_of_resource(draft.visit, *before, &*after, draft.change);
}

Result<Done, Problem> resource_deleted(Draft& draft) {
  TRY(auto ours, refuse_built_in(draft));
  const auto before = directory::Resource::from(draft.id, *draft.before);
  if (!before) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a resource is damaged"})};
  draft.change.again_by(draft.visit, [](Visit& visit) { return delete_record(visit, Kind::resource); });
  TRY(auto called, add_narrowings_of_called(draft.visit, *before, nullptr, draft.change));
  return add_narrowings_of_resource(draft.visit, *before, nullptr, draft.change);
}

}  // namespace deputy::endpoints::admin
