// Interaction: an authorization request that was checked, and waits for a person to sign in or to consent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "directory/principal.h"
#include "oauth/scope.h"
#include "store/store.h"

namespace deputy::flows {

// What resources and scopes ask of a sign-in: step-up.
struct Demands {
  std::vector<std::string> acr;  // each must hold, by the tenant's table
  std::optional<Seconds> max_age;
  void add(const Demands& more);
  friend bool operator==(const Demands&, const Demands&) = default;
};

struct AuthorizationRequest {
  std::string client;  // the principal's id, not its client_id
  std::string request_uri;  // of a pushed one: under which its one use is marked; empty: it was not pushed
  bool is_signed = false;   // it came as a signed object (RFC 9101); of one from before it was noted: true
  std::string redirect_uri, response_mode, state, nonce;
  oauth::ScopeSet scope;               // the issuer's own (see is_openid_scope) and those of resources
  oauth::ScopeSet ignored;             // what else was asked for, which nothing here understands: for the event
  std::vector<std::string> resources;  // identifiers, in the order they were named
  std::string details;                 // authorization_details as sent, JSON; empty: none
  std::string code_challenge;            // empty: its client may leave it out (docs/adr/0028)
  std::string dpop_jkt, login_hint, ui_locales;
  std::string claims;                    // as sent, JSON that can be read; empty: none
  std::string other_than;                // the id of who was here when another account was chosen; empty: none was
  std::vector<std::string> named_users;  // ids, of whom it is about one (an id_token_hint, a `sub` of `claims`)
  bool prompt_none = false, prompt_login = false, prompt_consent = false, prompt_select_account = false;
  std::optional<Seconds> max_age;
  std::vector<std::string> acr_values;     // any of these will do
  std::vector<std::string> essential_acr;  // of the claims parameter: any of these, whatever acr_values says
  Instant at;
  Demands required;  // by the resources and scopes
  friend bool operator==(const AuthorizationRequest&, const AuthorizationRequest&) = default;
};

// Who asks, for which scopes and at which resources: for the event of whatever comes of it.
void tell_of(const AuthorizationRequest& request, audit::Event& event);

// RFC 7636: it has no code_challenge, and this client is not, or not any more, one that may leave it out (A4, A28).
bool lacks_challenge(const AuthorizationRequest& request, const directory::Principal& client);

std::string encode(const AuthorizationRequest& request);
std::optional<AuthorizationRequest> decode(std::string_view text);  // none: changed by another hand

inline constexpr Seconds interaction_lifetime{30 * 60};
inline constexpr Seconds pushed_lifetime{90};  // FAPI 2.0 §5.3.2.2: less than 600

// The one use of a pushed request is its answer, not the visit that leads there: a page may be opened again (RFC 9126
// §4, §7.3; FAPI 2.0 §5.3.2.2). Refused (`used`) where it was answered before. None: it was not pushed.
std::optional<store::Write> spend_pushed(const AuthorizationRequest& request, std::string_view tenant, Instant now);

// An id for a URL (128 random bits, base64url), and the write that keeps the request under its hash.
struct Waiting {
  std::string id;
  store::Write keep;
};
Waiting keep_interaction(const AuthorizationRequest& request, std::string_view tenant, Instant now, Random& random);
// None: unknown, past its time, or pushed and answered by way of another visit.
Result<std::optional<AuthorizationRequest>, Fault> find_interaction(std::string_view id, std::string_view tenant,
                                                                    store::Store& store, Instant now);

// In its place under the same id, one that says what was settled since (an account was chosen). Refused (`used`) where
// it was answered meanwhile: it does not wait again.
store::Writes replace_interaction(std::string_view id, const AuthorizationRequest& request, std::string_view tenant);

// Its end: it waits no more, and it is known for as long as it could have waited that it was answered, and by what:
// `answer` is kept as it is, so nothing secret is in it. Refused (`used`) where it was answered before.
store::Writes answer_interaction(std::string_view id, const AuthorizationRequest& request, std::string_view tenant,
                                 Instant now, std::string_view answer = {});
struct Answered {
  std::string ui_locales;  // of the request: pages still speak of it
  std::string answer = {};
};
// None: it was not answered.
Result<std::optional<Answered>, Fault> answer_of(std::string_view id, std::string_view tenant, store::Store& store,
                                                 Instant now);

// The scopes that are the issuer's own: what an ID token and userinfo say, never a pair of a delegation.
bool is_openid_scope(std::string_view scope);

}  // namespace deputy::flows
