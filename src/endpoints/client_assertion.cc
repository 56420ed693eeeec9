// The ladder of an assertion: form, claims, the client, its keys, the signature, one use, and who the client is now.
#include "endpoints/client_assertion.h"

#include "endpoints/client_keys.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr Seconds skew{10};  // FAPI 2.0: accept up to 10 s in the future
constexpr std::size_t jti_octets_max = 256;

// What every client's is held against.
jose::Expect expected_by(const Call& call) {
  return {.types = {"", "jwt", "client-authentication+jwt"},
          .issuer = std::nullopt,
          .audience = call.issuer,
          // The issuer alone: an assertion for us and another is one the other could replay (A13).
          .audience_rule = jose::Expect::Audience::sole,
          .leeway = skew};
}

// rfc7523bis: one use, and soon; a far expiry would make us remember the jti for as long (A14, A42).
bool ends_soon(Instant expires_at, const Call& call, const App& app) {
  return expires_at <= call.now + app.config.assertion_lifetime_max + skew;
}

// What is wrong with an assertion by itself, whoever it names and whoever signed it: to be told, for it is the same
// where there is no such client (A16). Empty: nothing.
std::string flaw_of(const jose::Parts& assertion, const Call& call, const App& app) {
  const auto subject = json_text(assertion.claims, "sub");
  if (!subject || json_text(assertion.claims, "iss") != subject)
    return "iss and sub of the assertion must both be the client's id (RFC 7523 section 3)";
  if (const auto jti = json_text(assertion.claims, "jti"); !jti || jti->empty() || jti->size() > jti_octets_max)
    return "the assertion must have a jti of at most 256 characters";
  const auto expires_at = jose::check_unsigned(assertion, expected_by(call), call.now);
  const auto soon = "exp of the assertion must lie ahead, by at most " +
                    std::to_string(app.config.assertion_lifetime_max.count()) + " seconds";
  if (expires_at) return ends_soon(*expires_at, call, app) ? "" : soon;
  switch (expires_at.error()) {
    case jose::Reject::type: return "typ of the assertion must be client-authentication+jwt or JWT";
    case jose::Reject::audience:
      return "aud of the assertion must be the issuer of this server's metadata alone, not the token endpoint";
    case jose::Reject::expired: return soon;
    case jose::Reject::not_yet: return "nbf or iat of the assertion lies ahead: is the clock right?";
    default: return "a claim of the assertion is malformed";
  }
}

// Which of the client's keys it is signed with, and until when it is good; or why with none.
Result<KeyVerdict, Error> verify_with(const Call& call, App& app, const directory::Principal& principal,
                                       const jose::Parts& assertion) {
  auto expect = expected_by(call);
  expect.issuer = principal.client_id;
  TRY(auto verdict, verify_by_keys_of(principal, assertion, expect, call, app));
  // A16: also where its key set is only not at hand: whatever else were said, it would say that there is a client.
  if (verdict.credential.empty()) return Fail{client_refused("assertion refused: " + verdict.why)};
  // It is not spent: it comes too early, as one whose nbf is ahead does.
  if (!ends_soon(verdict.expires_at, call, app)) return Fail{client_refused("exp is too far ahead")};
  return verdict;
}

Result<Client, Error> prove(const Call& call, App& app, const oauth::Form& form, const jose::Parts& assertion,
                            audit::Event& event, store::Writes& marks) {
  const auto& claims = assertion.claims;
  // RFC 7523 §3: iss and sub are the client; RFC 7521 §4.2: client_id, if sent, is the same.
  const auto subject = json_text(claims, "sub");
  const auto issuer = json_text(claims, "iss");
  if (!subject || issuer != subject) return Fail{client_refused("iss and sub are not one client")};
  if (const auto client_id = form.get("client_id"); client_id && *client_id != *subject)
    return Fail{client_refused("client_id differs from the assertion's")};
  const auto jti = json_text(claims, "jti");
  if (!jti || jti->empty() || jti->size() > jti_octets_max) return Fail{client_refused("jti is absent or too long")};

  TRY(auto principal, app.directory.principal(call.tenant, *subject));
  if (principal == nullptr) {
    (void)verify_in_vain(assertion);
    return Fail{client_refused("unknown client")};
  }
  event.client = principal->id;
  TRY(const auto verdict, verify_with(call, app, *principal, assertion));
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

}  // namespace

Result<Client, Error> authenticate_assertion(const Call& call, App& app, const oauth::Form& form,
                                             audit::Event& event, store::Writes& marks) {
  const auto assertion = form.get("client_assertion");
  // RFC 7521 §4.2
  if (form.get("client_assertion_type") != assertion_type || !assertion)
    return Fail{Error(Code::invalid_request, "send client_assertion with the client_assertion_type of RFC 7523")};
  const auto parts = jose::split(*assertion);
  if (!parts)
    return Fail{client_refused("the assertion is malformed",
                               "client_assertion is no JWT that is signed by an algorithm of the metadata")};
  auto client = prove(call, app, form, *parts, event, marks);
  if (client || client.error().code != Code::invalid_client) return client;
  if (auto flaw = flaw_of(*parts, call, app); !flaw.empty())
    return Fail{client_refused(client.error().detail, std::move(flaw))};
  return client;
}

}  // namespace deputy::endpoints
