// Resources: Deputy's own API is one of them, and is not edited through itself.
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

}  // namespace

// What a resource defines no more, nobody holds any more.
Result<Done, Problem> resource_written(Draft& draft) {
  TRY(auto ours, refuse_built_in(draft));
  const auto before = directory::Resource::from(draft.id, *draft.before);
  const auto after = directory::Resource::from(draft.id, draft.after);
  if (!after) return Fail{Problem(ProblemType::invalid_field, "The scopes cannot be read.", "scopes")};
  if (!before) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a resource is damaged"})};
  return add_narrowings_of_resource(draft.visit, *before, &*after, draft.change);
}

Result<Done, Problem> resource_deleted(Draft& draft) {
  TRY(auto ours, refuse_built_in(draft));
  const auto before = directory::Resource::from(draft.id, *draft.before);
  if (!before) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a resource is damaged"})};
  return add_narrowings_of_resource(draft.visit, *before, nullptr, draft.change);
}

}  // namespace deputy::endpoints::admin
