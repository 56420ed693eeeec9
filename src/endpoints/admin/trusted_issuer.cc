// Trusted issuers: their keys come from one place, and what was begun with their tokens ends with what they may give.
#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

// What an issuer's tokens can give; none where they are not accepted.
std::optional<directory::Role> gives(const Draft& draft, const json::object& body) {
  if (json_text(body, "state") != "active") return std::nullopt;
  return directory::Role::from(draft.id, body);
}

}  // namespace

Result<Done, Problem> trusted_issuer_written(Draft& draft) {
  const auto& after = draft.after;
  if (after.contains("jwks") == after.contains("jwks_uri"))
    return Fail{Problem(ProblemType::invalid_field, "Send either jwks or jwks_uri, and not both.", "jwks_uri")};
  TRY(auto callable, may_be_fetched(draft.visit, draft.before, after, "jwks_uri"));
  if (json_text(after, "issuer") == draft.visit.call.issuer)
    return Fail{Problem(ProblemType::invalid_field, "Name another server: this one trusts itself.", "issuer")};
  const auto given = draft.before == nullptr ? std::nullopt : gives(draft, *draft.before);
  const auto left = gives(draft, after);
  if (!given) return Done{};
  return add_narrowings_of_issuer(draft.visit, *given, left ? &*left : nullptr, draft.change);
}

Result<Done, Problem> trusted_issuer_deleted(Draft& draft) {
  const auto given = gives(draft, draft.after);
  if (!given) return Done{};
  return add_narrowings_of_issuer(draft.visit, *given, nullptr, draft.change);
}

}  // namespace deputy::endpoints::admin
