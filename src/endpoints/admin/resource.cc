// Resources: Deputy's own API is one of them, and is not edited through itself.
#include "endpoints/admin/frame/rules.h"

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

Result<Done, Problem> resource_written(Draft& draft) { return refuse_built_in(draft); }
Result<Done, Problem> resource_deleted(Draft& draft) { return refuse_built_in(draft); }

}  // namespace deputy::endpoints::admin
