// Trusted issuers: their keys come from one place.
#include "endpoints/admin/frame/rules.h"

namespace deputy::endpoints::admin {

Result<Done, Problem> trusted_issuer_written(Draft& draft) {
  const auto& after = draft.after;
  if (after.contains("jwks") == after.contains("jwks_uri"))
    return Fail{Problem(ProblemType::invalid_field, "Send either jwks or jwks_uri, and not both.", "jwks_uri")};
  if (json_text(after, "jwks_uri").value_or("").starts_with("urn:"))
    return Fail{Problem(ProblemType::invalid_field, "Send a URL that can be fetched: https://…", "jwks_uri")};
  if (json_text(after, "issuer") == draft.visit.call.issuer)
    return Fail{Problem(ProblemType::invalid_field, "Name another server: this one trusts itself.", "issuer")};
  return Done{};
}

}  // namespace deputy::endpoints::admin
