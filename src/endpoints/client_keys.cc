// The key sets of credentials, parsed once, and the tries with each.
#include "endpoints/client_keys.h"

namespace deputy::endpoints {
namespace {

using directory::Credential;
using oauth::Code;
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

}  // namespace

Result<KeyVerdict, Error> verify_by_keys_of(const directory::Principal& client, const jose::Parts& jwt,
                                            const jose::Expect& expect, const Call& call, App& app) {
  KeyVerdict verdict{.credential = "", .why = "the client has no live key credential"};
  // FAPI 2.0 §5.4.1: PS256, ES256 or EdDSA.
  if (client.registration.fapi2 && jwt.header.algorithm == crypto::Algorithm::RS256)
    return KeyVerdict{.credential = "", .why = "RS256 is not of the profile"};
  bool waiting = false;
  for (const auto& credential : client.credentials) {
    if (credential.type == Credential::Type::secret || !credential.live(call.now)) continue;
    TRY(auto keys, key_set_of(app, call.tenant, credential));
    if (keys == nullptr) {
      waiting = true;
      continue;
    }
    const auto verified = jose::verify(jwt, *keys, expect, call.now);
    if (verified) return KeyVerdict{credential.id, ""};
    if (verified.error() == jose::Reject::key && credential.type == Credential::Type::jwks_uri)
      app.key_sets.refresh(credential.jwks_uri);
    verdict.why = name_of(verified.error());
  }
  if (waiting)
    return Fail{Error(Code::temporarily_unavailable, "the client's keys are being fetched: try again", "jwks_uri")};
  return verdict;
}

}  // namespace deputy::endpoints
