// The conditions a request sets on a sign-in (OpenID Connect Core §3.1.2.1, RFC 9470).
#include "flows/asked.h"

#include "crypto/hash.h"
#include "signin/methods.h"

namespace deputy::flows {

Result<bool, Fault> signed_in_as_asked(const AuthorizationRequest& request, const Session& session,
                                       std::string_view tenant, store::Store& store, Instant now) {
  if (session.user.empty() || !session.auth_time) return false;
  if (request.prompt_login && *session.auth_time < request.at) return false;
  const auto age = now - *session.auth_time;
  // Whoever signed in for this request did so recently, however short a time it asks for.
  const bool for_this = *session.auth_time >= request.at;
  if (request.max_age && age > *request.max_age && !for_this) return false;
  if (request.required_max_age && age > *request.required_max_age && !for_this) return false;
  if (request.required_acr.empty()) return true;
  TRY(const auto policy, signin::policy_of(store, tenant));
  return signin::satisfies(session.acr, request.required_acr, policy.acr);
}

store::Drop drop_interaction(std::string_view id, std::string_view tenant) {
  return {store::Use::interaction, std::string(tenant), crypto::sha256_base64url(id)};
}

store::Writes replace_interaction(std::string_view id, const AuthorizationRequest& request, std::string_view tenant) {
  return {drop_interaction(id, tenant),
          store::Keep{store::Use::interaction, std::string(tenant), crypto::sha256_base64url(id),
                      request.at + interaction_lifetime, encode(request)}};
}

}  // namespace deputy::flows
