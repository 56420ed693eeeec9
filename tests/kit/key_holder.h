// KeyHolder: a client with a key of its own, and the DPoP proofs it makes: sound ones, and ones with a flaw.
#pragma once

#include <gtest/gtest.h>

#include "base/id.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "oauth/dpop.h"
#include "tests/kit/world.h"

namespace deputy::test {

struct KeyHolder {
  explicit KeyHolder(World& world_, crypto::Algorithm algorithm = crypto::Algorithm::ES256)
      : world(&world_), key(crypto::PrivateKey::generate(algorithm)) {}

  std::string jkt() const { return jose::thumbprint(key.public_key().parts()); }

  std::string proof(std::string_view method, std::string_view path,
                    std::optional<std::string_view> access_token = std::nullopt, std::string_view nonce = "") const {
    const auto url = world->issuer + std::string(path);
    return oauth::make_proof(key, {.method = method, .url = url, .access_token = access_token},
                             make_id("p", world->clock.now(), world->random), nonce, world->clock.now());
  }
  http::Headers at_token_endpoint(std::string_view nonce = "") const {
    return {{"DPoP", proof("POST", "/oauth2/token", std::nullopt, nonce)}};
  }

  // The answer of the token endpoint to client_credentials with a proof.
  http::Response token(const Given& client, std::string_view resource) const {
    return world->token(client, {{"resource", std::string(resource)}}, at_token_endpoint());
  }
  // The access token of that, bound to this key.
  std::string access_token(const Given& client, std::string_view resource) const {
    const auto response = token(client, resource);
    EXPECT_EQ(response.status, 200) << response.body;
    return text_at(body_of(response), "access_token");
  }
  // A request with a bound token and the proof for it.
  http::Response call(std::string_view token, std::string_view method, std::string_view path, std::string body = "",
                      http::Headers headers = {}) const {
    headers.emplace_back("Authorization", "DPoP " + std::string(token));
    headers.emplace_back("DPoP", proof(method, path.substr(0, path.find('?')), token));
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    return world->ask(method, path, std::move(body), std::move(headers));
  }

  World* world;
  crypto::PrivateKey key;
};

// A proof with members of its header and claims replaced; a null removes one.
struct Forged {
  const crypto::PrivateKey& key;
  json::object header, claims;

  Forged(const crypto::PrivateKey& key_, std::string_view proof)
      : key(key_), header(header_of(proof)), claims(claims_of(proof)) {}
  Forged& with_header(std::string_view name, json::value value) { return set(header, name, std::move(value)); }
  Forged& with(std::string_view name, json::value value) { return set(claims, name, std::move(value)); }
  std::string text() const {
    return jose::sign_with_header(key, key.algorithm(), json::serialize(header), json::serialize(claims));
  }

 private:
  Forged& set(json::object& object, std::string_view name, json::value value) {
    if (value.is_null())
      object.erase(name);
    else
      object[name] = std::move(value);
    return *this;
  }
};

// "cnf.jkt" of a token or an introspection; empty where there is none.
inline std::string jkt_of(const json::object& claims) {
  const auto* cnf = json_member_object(claims, "cnf");
  return cnf == nullptr ? "" : text_at(*cnf, "jkt");
}

}  // namespace deputy::test
