// The key sets of credentials, parsed once, and the tries with each.
#include "endpoints/client_keys.h"

namespace deputy::endpoints {
namespace {

using directory::Credential;
using oauth::Error;

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

// A key of each kind, made for this and by nobody kept.
constexpr std::string_view nobodys_keys =
    R"({"keys":[{"kty":"EC","crv":"P-256","x":"mtD0sN0tXP2K9Fmu9s0Dc8Wfc0lc4R-PFIvOLwXQh5o","y":)"
    R"("0zjXIwDYitPm4cD8IoVcq_XfnaJbY6KTWkpZ94R4DgM"},)"
    R"({"kty":"OKP","crv":"Ed25519","x":"Var45a3L-8GVJhg2Ig5gfLyOYtShfJLax8Ph_WIOObM"},)"
    R"({"kty":"RSA","e":"AQAB","n":")"
    "39eh4XMh5f_FHrg_7IAktmFnKup-WKQEPQWCulEVrYns8Q2bQd5TJTzcwd0R2qAoij5Z7mBHP6AY-Wu_owq_nSrAQGJRJ0MZxs--"
    "2qZTTxhPU5gnX-symhE8i8-TQ43hak4ApGDs8L4nw_eF0isSRsPS2m2-SybKVepKSJGk8ymoYqTTUdN_IZR6BJYcyUn10guKqfmn"
    "RjNSqJbAf0Dp2tI2fHdajgKMhlyPX33TN1Q-3fQNCy6umD0e3TXxrtmbHGVYkYi4uegO_-vNKKXFaxVD56Mu2tnuBnx7HChHwLEO"
    "jzbrgR3SbKQdnWF1C9fq3FbuWuKe83tVKKQ5dOqWow"
    R"("}]})";

bool was_verified(jose::Reject reject) { return reject != jose::Reject::key && reject != jose::Reject::algorithm; }

}  // namespace

bool verify_in_vain(const jose::Parts& jwt) {
  static const auto keys = [] {
    auto parsed = jose::JwkSet::parse(nobodys_keys);
    CHECK(parsed);
    return std::move(parsed).take();
  }();
  const auto algorithm = jwt.header.algorithm;
  for (const auto& one : keys.keys()) {
    if (!one.key.fits(algorithm)) continue;
    (void)one.key.verify(algorithm, jwt.signing_input, jwt.signature);
    return true;
  }
  return false;
}

Result<KeyVerdict, Error> verify_by_keys_of(const directory::Principal& client, const jose::Parts& jwt,
                                            const jose::Expect& expect, const Call& call, App& app) {
  KeyVerdict verdict{
      .credential = "", .expires_at = {}, .why = "the client has no live key credential", .keys_away = false};
  bool verified_any = false;
  for (const auto& credential : client.credentials) {
    if (credential.type == Credential::Type::secret || !credential.live(call.now)) continue;
    // FAPI 2.0 §5.4.1: PS256, ES256 or EdDSA.
    if (client.registration.fapi2 && jwt.header.algorithm == crypto::Algorithm::RS256) {
      verdict.why = "RS256 is not of the profile";
      break;
    }
    TRY(auto keys, key_set_of(app, call.tenant, credential));
    if (keys == nullptr) {
      verdict.keys_away = true;
      continue;
    }
    const auto verified = jose::verify(jwt, *keys, expect, call.now);
    if (verified) return KeyVerdict{credential.id, *verified, "", false};
    verified_any = verified_any || was_verified(verified.error());
    if (verified.error() == jose::Reject::key && credential.type == Credential::Type::jwks_uri)
      app.key_sets.refresh(credential.jwks_uri);
    verdict.why = name_of(verified.error());
  }
  if (!verified_any) (void)verify_in_vain(jwt);
  if (verdict.keys_away) verdict.why = "the client's key set is not at hand";
  return verdict;
}

}  // namespace deputy::endpoints
