// Trusted issuers: their keys come from one place.
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

Result<Done, Problem> trusted_issuer_written(Draft& draft) {
  const auto& after = draft.after;
  if (after.contains("jwks") == after.contains("jwks_uri"))
    return Fail{Problem(ProblemType::invalid_field, "Send either jwks or jwks_uri, and not both.", "jwks_uri")};
  TRY(auto callable, may_be_fetched(draft.visit, draft.before, after, "jwks_uri"));
  if (json_text(after, "issuer") == draft.visit.call.issuer)
    return Fail{Problem(ProblemType::invalid_field, "Name another server: this one trusts itself.", "issuer")};
  return Done{};
}

}  // namespace deputy::endpoints::admin
