// The claims of an ID token, and its signature.
#include "tokens/id_token.h"

#include "base/encoding.h"
#include "base/json_text.h"
#include "crypto/hash.h"

namespace deputy::tokens {

std::string at_hash_of(std::string_view access_token) {
  const auto digest = crypto::sha256(access_token);
  return base64url(as_text(digest).substr(0, digest.size() / 2));
}

Result<MadeIdToken, oauth::Error> make_id_token(const Authorization& authorization, std::string_view access_token,
                                                std::string_view issuer, Keyring& keyring, std::string_view tenant,
                                                Instant now) {
  const auto& client = *authorization.client;
  const auto& authentication = authorization.authentication;
  const auto algorithm = crypto::algorithm_named(client.registration.id_token_algorithm);
  if (!algorithm) return Fail{oauth::Error(Fault{Fault::Kind::corrupt, "the client names an unknown algorithm"})};
  TRY(const auto keys, keyring.keys(tenant));
  const auto active = keys->active.find(*algorithm);
  if (active == keys->active.end())
    return Fail{oauth::Error(Fault{Fault::Kind::unavailable, "no active key of the client's algorithm"})};

  JsonText claims(512);
  claims.text("iss", issuer)
      .text("sub", authorization.subject)
      .text("aud", client.client_id)
      .text("azp", client.client_id)
      .number("iat", unix_seconds(now))
      .number("exp", unix_seconds(now + id_token_lifetime));
  // "the hash algorithm used in the alg": EdDSA names none, and the claim is optional here (§3.1.3.6).
  if (*algorithm != crypto::Algorithm::EdDSA) claims.text("at_hash", at_hash_of(access_token));
  if (authentication.auth_time) claims.number("auth_time", unix_seconds(*authentication.auth_time));
  claims.text("acr", authentication.acr)
      .texts("amr", authentication.amr)
      .text("sid", authentication.sid)
      .text("nonce", authorization.id_token->nonce)
      .members(authorization.id_token->claims);
  return MadeIdToken{active->second.id_token.sign(claims.close()), active->second.kid};
}

}  // namespace deputy::tokens
