// The conditions a request sets on a sign-in (OpenID Connect Core §3.1.2.1, RFC 9470).
#include "flows/asked.h"

#include <algorithm>

#include "base/json.h"
#include "signin/methods.h"

namespace deputy::flows {

namespace {

bool same_letters(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

bool strong_enough(const AuthorizationRequest& request, std::string_view acr, const signin::AcrTable& table) {
  const auto holds = [&](const auto& one) { return signin::satisfies(acr, one, table); };
  const auto any_of = [&](const auto& named) {
    return named.empty() || std::any_of(named.begin(), named.end(), holds);
  };
  return any_of(request.acr_values) && any_of(request.essential_acr) &&
         std::all_of(request.required.acr.begin(), request.required.acr.end(), holds);
}

Result<bool, Fault> is_whom_it_names(const AuthorizationRequest& request, const Session& session,
                                     std::string_view tenant, store::Store& store) {
  // OIDC Core §3.1.2.2: nothing is answered of anybody but the one that is named.
  const auto& named = request.named_users;
  if (!named.empty() && std::find(named.begin(), named.end(), session.user) == named.end()) return false;
  const bool for_this = session.auth_time && *session.auth_time >= request.at;
  if (request.login_hint.empty() || for_this) return true;
  TRY(const auto record, store.get(tenant, store::Kind::user, session.user));
  if (!record) return false;
  // Held against who is here alone: nothing shows whether the hint is anybody's (A16).
  TRY(const auto body, parse_stored(record->body));
  // As when somebody signs in: in a store from before they were unique so, two usernames may differ by case alone.
  // Nobody writes an address in only one.
  return request.login_hint == json_text(body, "username").value_or("") ||
         same_letters(request.login_hint, json_text(body, "email").value_or(""));
}

Result<bool, Fault> signed_in_as_asked(const AuthorizationRequest& request, const Session& session,
                                       std::string_view tenant, store::Store& store, Instant now) {
  if (session.user.empty() || !session.auth_time) return false;
  TRY(const bool named, is_whom_it_names(request, session, tenant, store));
  if (!named) return false;
  if (request.prompt_login && *session.auth_time < request.at) return false;
  const auto age = now - *session.auth_time;
  // Whoever signed in for this request did so recently, however short a time it asks for.
  const bool for_this = *session.auth_time >= request.at;
  if (request.max_age && age > *request.max_age && !for_this) return false;
  if (request.required.max_age && age > *request.required.max_age && !for_this) return false;
  if (request.acr_values.empty() && request.essential_acr.empty() && request.required.acr.empty()) return true;
  TRY(const auto policy, signin::policy_of(store, tenant));
  return strong_enough(request, signin::acr_of(session.amr, policy.acr), policy.acr);
}

}  // namespace deputy::flows
