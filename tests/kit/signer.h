// Signer: a client with a registered key, and the assertions by which it proves itself (RFC 7523): sound ones, and ones
// with a flaw.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/id.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/kit/world.h"

namespace deputy::test {

using Pairs = std::vector<std::pair<std::string, std::string>>;

struct Signer {
  // Registers a key of its own for the client of this id.
  Signer(World& world_, std::string id_, crypto::Algorithm with = crypto::Algorithm::ES256)
      : world(world_), id(std::move(id_)), algorithm(with), key(crypto::PrivateKey::generate(with)),
        kid(jose::thumbprint(key.public_key().parts())) {
    world.given_credential(id, {{"type", "jwks"}, {"jwks", key_set()}});
  }

  json::object key_set() const {
    return {{"keys", json::array{jose::public_jwk(key.public_key(), kid, algorithm)}}};
  }
  // Of a sound assertion, with a new jti.
  json::object claims() const {
    const auto now = unix_seconds(world.clock.now());
    return {{"iss", id},  {"sub", id},       {"aud", world.issuer},
            {"iat", now}, {"exp", now + 60}, {"jti", make_id("j", world.clock.now(), world.random)}};
  }
  std::string sign(const json::object& claims, std::string_view type = "JWT") const {
    return jose::sign(key, algorithm, kid, type, json::serialize(claims));
  }
  std::string assertion() const { return sign(claims()); }
  // The form, with this proof of who sends it.
  static Pairs with(Pairs form, std::string_view assertion) {
    form.emplace_back("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    form.emplace_back("client_assertion", assertion);
    return form;
  }
  Pairs proven(Pairs form) const { return with(std::move(form), assertion()); }

  World& world;
  std::string id;
  crypto::Algorithm algorithm;
  crypto::PrivateKey key;
  std::string kid;
};

}  // namespace deputy::test
