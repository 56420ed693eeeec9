// Organizations form a tree: none lies below itself, whoever else moves one at the same moment.
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"

namespace deputy::endpoints::admin {
namespace {
constexpr int depth_max = 32;
}

// Every organization on the way up is held at the version that was read: two moves that would close a circle only
// together are two batches, and the second one's condition fails.
Result<Done, Problem> organization_placed(Draft& draft) {
  std::string at(json_text(draft.after, "parent").value_or(""));
  for (int depth = 0; !at.empty(); ++depth) {
    if (at == draft.id)
      return Fail{Problem(ProblemType::invalid_field, "An organization cannot lie below itself.", "parent")};
    if (depth == depth_max)
      return Fail{Problem(ProblemType::invalid_field, "Organizations lie at most 32 deep.", "parent")};
    TRY(auto record, draft.visit.app.store.get(draft.visit.call.tenant, Kind::organization, at));
    if (!record)
      return Fail{Problem(ProblemType::missing_reference, "There is no such organization.", "parent")};
    if (draft.before != nullptr)
      draft.change.add(store::Require{draft.visit.call.tenant, Kind::organization, at, record->version});
    TRY(auto body, body_of_record(*record));
    at = json_text(body, "parent").value_or("");
  }
  return Done{};
}

}  // namespace deputy::endpoints::admin
