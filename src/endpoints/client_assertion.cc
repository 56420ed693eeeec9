// The ladder of an assertion: form, claims, the client, its keys, the signature, one use, and who the client is now.
#include "endpoints/client_assertion.h"

#include "endpoints/client_keys.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr Seconds skew{10};  // FAPI 2.0: accept up to 10 s in the future

// Which of the client's keys it is signed with, and until when it is good; or why with none.
Result<KeyVerdict, Error> verify_with(const Call& call, App& app, const directory::Principal& principal,
                                       const jose::Parts& assertion) {
  const jose::Expect expect{.types = {"", "jwt", "client-authentication+jwt"},
                            .issuer = principal.client_id,
                            .audience = call.issuer,
                            // The issuer alone: an assertion for us and another is one the other could replay (A13).
                            .audience_rule = jose::Expect::Audience::sole,
                            .leeway = skew};
  TRY(auto verdict, verify_by_keys_of(principal, assertion, expect, call, app));
  // A16: also where its key set is only not at hand: whatever else were said, it would say that there is a client.
  if (verdict.credential.empty()) return Fail{client_refused("assertion refused: " + verdict.why)};
  // rfc7523bis: one use, and soon; a far expiry would make us remember the jti for as long (A14, A42). So this one is
  // not spent: it comes too early, as one whose nbf is ahead does.
  if (verdict.expires_at > call.now + app.config.assertion_lifetime_max + skew)
    return Fail{client_refused("exp is too far ahead")};
  return verdict;
}

}  // namespace

Result<Client, Error> authenticate_assertion(const Call& call, App& app, const oauth::Form& form,
                                             audit::Event& event, store::Writes& marks) {
  const auto assertion = form.get("client_assertion");
  // RFC 7521 §4.2
  if (form.get("client_assertion_type") != assertion_type || !assertion)
    return Fail{Error(Code::invalid_request, "send client_assertion with the client_assertion_type of RFC 7523")};
  const auto parts = jose::split(*assertion);
  if (!parts) return Fail{client_refused("the assertion is malformed")};
  const auto& claims = parts->claims;

  // RFC 7523 §3: iss and sub are the client; RFC 7521 §4.2: client_id, if sent, is the same.
  const auto subject = json_text(claims, "sub");
  const auto issuer = json_text(claims, "iss");
  if (!subject || issuer != subject) return Fail{client_refused("iss and sub are not one client")};
  if (const auto client_id = form.get("client_id"); client_id && *client_id != *subject)
    return Fail{client_refused("client_id differs from the assertion's")};
  const auto jti = json_text(claims, "jti");
  if (!jti || jti->empty() || jti->size() > 256) return Fail{client_refused("jti is absent or too long")};

  TRY(auto principal, app.directory.principal(call.tenant, *subject));
  if (principal == nullptr) {
    (void)verify_in_vain(*parts);
    return Fail{client_refused("unknown client")};
  }
  event.client = principal->id;
  TRY(const auto verdict, verify_with(call, app, *principal, *parts));
  // A14: from here on it is spent, whoever comes back, or leaves a profile, within its time.
  marks.emplace_back(store::Mark{.once = store::Once::assertion_jti,
                                 .tenant = call.tenant,
                                 .until = verdict.expires_at + skew + Seconds(1),
                                 .key = store::mark_key(*jti, principal->id)});
  // FAPI 2.0 §5.3.2.1: its issuer identifier "as a string".
  if (principal->registration.fapi2 && !json_text(claims, "aud"))
    return Fail{client_refused("the assertion's aud is no string, and the client's profile is fapi2")};
  const auto state = principal->state(call.now);
  if (state != directory::State::active)
    return Fail{client_refused("the client is " + std::string(name_of(state)))};

  app.last_use.note(call.tenant, verdict.credential, call.now);
  event.actor = principal->id;
  event.owner = principal->owner;
  return Client{std::move(principal), "private_key_jwt"};
}

}  // namespace deputy::endpoints
