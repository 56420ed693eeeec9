// JWK and JWK Set (RFC 7517), and the key's thumbprint (RFC 7638).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "crypto/key.h"

namespace deputy::jose {

struct Jwk {
  std::string kid;  // as the set names it; the thumbprint where it names none
  std::optional<crypto::Algorithm> algorithm;
  crypto::PublicKey key;
};

std::string thumbprint(const crypto::PublicParts& parts);  // base64url(SHA-256), RFC 7638 §3

// {"kty":…,"crv":…,"x":…,"y":…,"kid":…,"alg":…,"use":"sig"}
json::object public_jwk(const crypto::PublicKey& key, std::string_view kid, crypto::Algorithm algorithm);

// The public key of one JWK from outside (the `jwk` of a DPoP proof's header), to verify by `algorithm`. Refuses
// private members (RFC 9449 §4.3 step 7), kinds we do not speak, what PublicKey refuses, and a `use` or `alg` that is
// another's (RFC 7517 §4.2, §4.4). `kid` is not looked at, nor are `key_ops`, which may be those of the private half.
Result<crypto::PublicKey, Fault> parse_public_jwk(const json::object& jwk, crypto::Algorithm algorithm);

inline constexpr std::size_t jwk_set_keys_max = 64;

class JwkSet {
 public:
  // Refuses private members and symmetric keys (a leaked key is refused, loudly), two keys with one kid, more than
  // jwk_set_keys_max, and sets without a usable key. Keys of kinds we do not speak, out of our bounds, or for a use
  // other than verifying signatures are passed over (RFC 7517 §5).
  static Result<JwkSet, Fault> parse(std::string_view text);
  const std::vector<Jwk>& keys() const { return keys_; }
  // The key for a JWS header: by kid where there is one; by algorithm where there is none and exactly one fits.
  // Never a key whose `alg` or type is another's (RFC 8725 §3.1). A kid is compared, and nothing else is done with it.
  const Jwk* find(std::optional<std::string_view> kid, crypto::Algorithm algorithm) const;
  bool has(std::string_view kid) const;
  void add(Jwk key) { keys_.push_back(std::move(key)); }

 private:
  std::vector<Jwk> keys_;
};

}  // namespace deputy::jose
