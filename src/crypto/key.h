// Signing keys and verification keys: ES256, EdDSA (Ed25519), RS256, PS256 (RFC 7518, RFC 8037).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"
#include "base/secret.h"

namespace deputy::crypto {

enum class Algorithm { ES256, EdDSA, RS256, PS256 };
std::string_view name_of(Algorithm algorithm);                      // as in a JWS header
std::optional<Algorithm> algorithm_named(std::string_view name);    // none for `none`, HS*, and all else

// The public half, as the members of a JWK (base64url text): EC P-256 {x,y}, OKP Ed25519 {x}, RSA {n,e}.
struct PublicParts {
  std::string kty, crv, x, y, n, e;
};

// Verifies with one key. Immutable; safe from many threads at once.
class PublicKey {
 public:
  // Refuses points off the curve, RSA below 2048 or above 8192 bits, even or tiny exponents, other curves.
  static Result<PublicKey, Fault> from_parts(const PublicParts& parts);
  const PublicParts& parts() const;
  // True only if the key's type fits the algorithm. ES256: a raw 64-byte r‖s; r and s in [1, n-1].
  bool verify(Algorithm algorithm, std::string_view message, std::string_view signature) const;
  bool fits(Algorithm algorithm) const;
  Algorithm algorithm() const;  // ES256, EdDSA, or RS256 for an RSA key (which PS256 fits too)

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

// Signs with one key. Safe from many threads at once (each keeps contexts of its own).
class PrivateKey {
 public:
  static PrivateKey generate(Algorithm algorithm);  // RS256/PS256: 2048 bits
  // The private half as PKCS#8 DER, to be sealed before it is stored.
  static Result<PrivateKey, Fault> from_pkcs8(const Secret& der);
  Secret to_pkcs8() const;
  // From the private members of a JWK (d, p, q, …), as an agent's key file holds them.
  static Result<PrivateKey, Fault> from_jwk(std::string_view jwk_json);
  std::string to_jwk() const;  // with private members: for the agent that made the key, never for the server's

  PublicKey public_key() const;
  Algorithm algorithm() const;  // ES256, EdDSA, or RS256 for an RSA key (which PS256 fits too)
  // ES256: raw r‖s, 64 bytes. EdDSA: 64 bytes, signed by libsodium. RS256/PS256: the modulus' size.
  // The algorithm must fit the key: to ask for another is a bug of ours.
  std::string sign(Algorithm algorithm, std::string_view message) const;

 private:
  struct State;
  // Holds the halves against each other before anything is signed for the outside.
  static Result<PrivateKey, Fault> accept(std::shared_ptr<State> state);
  std::optional<std::string> try_sign(Algorithm algorithm, std::string_view message) const;
  std::shared_ptr<const State> state_;
};

}  // namespace deputy::crypto
