// The ladder of an assertion: form, claims, the client, its keys, the signature, one use.
#include "endpoints/client_assertion.h"

#include "jose/jwt.h"

namespace deputy::endpoints {
namespace {

using directory::Credential;
using oauth::Code;
using oauth::Error;

constexpr std::string_view assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr Seconds skew{10};  // FAPI 2.0: accept up to 10 s in the future

// The key set of one credential; null while the document behind a jwks_uri is on its way.
Result<std::shared_ptr<const jose::JwkSet>, Error> key_set_of(App& app, std::string_view tenant,
                                                              const Credential& credential) {
  if (credential.type == Credential::Type::jwks_uri) return app.key_sets.find(credential.jwks_uri);
  const auto key = std::string(tenant) + "/" + credential.id;  // a credential's keys never change: it is replaced
  if (auto found = app.client_keys.find(key)) return found;
  auto parsed = jose::JwkSet::parse(credential.jwks);
  if (!parsed) return Fail{Error(parsed.error())};
  auto set = std::make_shared<const jose::JwkSet>(std::move(parsed).take());
  app.client_keys.put(key, set, 512 + credential.jwks.size() * 2);
  return set;
}

// Tries every live key credential; which one verified, or why none did.
Result<std::string, Error> verify_with(const Call& call, App& app, const directory::Principal& principal,
                                       const jose::Parts& assertion) {
  const jose::Expect expect{.types = {"", "jwt", "client-authentication+jwt"},
                            .issuer = principal.client_id,
                            .audience = call.issuer,
                            // The issuer alone: an assertion for us and another is one the other could replay (A13).
                            .audience_rule = jose::Expect::Audience::sole,
                            .leeway = skew};
  std::string why = "the client has no live key credential";
  bool waiting = false;
  for (const auto& credential : principal.credentials) {
    if (credential.type == Credential::Type::secret || !credential.live(call.now)) continue;
    TRY(auto keys, key_set_of(app, call.tenant, credential));
    if (keys == nullptr) {
      waiting = true;
      continue;
    }
    const auto verified = jose::verify(assertion, *keys, expect, call.now);
    if (verified) return credential.id;
    if (verified.error() == jose::Reject::key && credential.type == Credential::Type::jwks_uri)
      app.key_sets.refresh(credential.jwks_uri);
    why = "assertion refused: " + std::string(name_of(verified.error()));
  }
  if (waiting)
    return Fail{Error(Code::temporarily_unavailable, "the client's keys are being fetched: try again", "jwks_uri")};
  return Fail{client_refused(std::move(why))};
}

}  // namespace

Result<Client, Error> authenticate_assertion(const Call& call, App& app, const oauth::Form& form,
                                             audit::Event& event) {
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
  // rfc7523bis: one use, and soon; a far expiry would make us remember the jti for as long (A14, A42).
  const auto jti = json_text(claims, "jti");
  const auto expires = json_integer(claims, "exp");
  if (!jti || jti->empty() || jti->size() > 256) return Fail{client_refused("jti is absent or too long")};
  if (!expires || *expires > unix_seconds(call.now + app.config.assertion_lifetime_max + skew))
    return Fail{client_refused("exp is absent or too far ahead")};

  TRY(auto principal, app.directory.principal(call.tenant, *subject));
  if (principal == nullptr) return Fail{client_refused("unknown client")};
  event.client = principal->id;
  TRY(auto credential_id, verify_with(call, app, *principal, *parts));
  const auto state = principal->state(call.now);
  if (state != directory::State::active)
    return Fail{client_refused("the client is " + std::string(name_of(state)))};

  app.last_use.note(call.tenant, credential_id, call.now);
  event.actor = principal->id;
  event.owner = principal->owner;
  Client client{principal, "private_key_jwt", {}};
  client.writes.emplace_back(store::Keep{
      .use = store::Use::assertion_jti,
      .tenant = call.tenant,
      .key = store::single_use_key(*expires, *jti, principal->id),
      .until = from_unix_seconds(*expires) + skew + Seconds(1),
      .body = ""});
  return client;
}

}  // namespace deputy::endpoints
