// The claims of an ID token, and its signature.
#include "tokens/id_token.h"

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"

namespace deputy::tokens {

std::string at_hash_of(std::string_view access_token) {
  const auto digest = crypto::sha256(access_token);
  return base64url(as_text(digest).substr(0, digest.size() / 2));
}

Result<std::string, oauth::Error> make_id_token(const Authorization& authorization, std::string_view access_token,
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

  json::object claims{{"iss", issuer},
                      {"sub", authorization.subject},
                      {"aud", client.client_id},
                      {"azp", client.client_id},
                      {"iat", unix_seconds(now)},
                      {"exp", unix_seconds(now + id_token_lifetime)}};
  // "the hash algorithm used in the alg": EdDSA names none, and the claim is optional here (§3.1.3.6).
  if (*algorithm != crypto::Algorithm::EdDSA) claims["at_hash"] = at_hash_of(access_token);
  if (authentication.auth_time) claims["auth_time"] = unix_seconds(*authentication.auth_time);
  if (!authentication.acr.empty()) claims["acr"] = authentication.acr;
  if (!authentication.amr.empty()) claims["amr"] = json::value_from(authentication.amr);
  if (!authentication.sid.empty()) claims["sid"] = authentication.sid;
  if (!authorization.id_token->nonce.empty()) claims["nonce"] = authorization.id_token->nonce;
  auto text = json::serialize(claims);
  text.insert(text.size() - 1, authorization.id_token->claims);
  return active->second.id_token.sign(text);
}

}  // namespace deputy::tokens
