// DPoP proofs (RFC 9449 §4): a JWT that shows, for one request, that its sender holds a key; verified, and made.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/key.h"

namespace deputy::oauth {

// For discovery and challenges. All are asymmetric: a proof by a shared key would prove nothing to anybody else.
inline constexpr std::array<std::string_view, 5> dpop_algorithms{"ES256", "Ed25519", "EdDSA", "PS256", "RS256"};

// How old a proof may be, and how far its clock may be off: wide enough for clocks that nobody tends. A nonce is
// narrower.
inline constexpr Seconds proof_age_max{300}, proof_skew_max{60};

enum class BadProof {
  malformed,    // no well-formed JWS, too large, or a claim is absent or of the wrong type
  type,         // `typ` is not dpop+jwt
  key,          // `jwk` is absent, private, or of a kind we do not speak
  signature,    // does not verify under `jwk`
  method,       // `htm` is another method
  url,          // `htu` is another place
  time,         // `iat` is too old or too far ahead, `exp` is past, or `nbf` lies ahead
  token,        // `ath` is absent or another token's
};
std::string_view name_of(BadProof why);

// What a proof must be made for.
struct ProofOf {
  std::string_view method, url;  // of the request; the URL as its sender names it
  std::optional<std::string_view> access_token;  // at a resource: the token it is sent with
};

struct Proof {
  std::string jkt;  // thumbprint of the key (RFC 7638), which is what `cnf` holds
  std::string jti;
  crypto::Algorithm algorithm;
  Instant issued_at;
  std::optional<std::string> nonce;  // whether it is ours is for the caller to say
};

// Steps 2 to 9 and 11 to 12 of §4.3: all but the number of headers, the nonce and the replay, which need the server.
Result<Proof, BadProof> verify_proof(std::string_view proof, const ProofOf& of, Instant now);

// Are these one place, queries and fragments left aside? The case of scheme and host and a default port do not count
// (RFC 3986 §6.2.2.1, §6.2.3).
bool same_htu(std::string_view a, std::string_view b);

// The form of a `dpop_jkt` (§10) or a `cnf.jkt` (§6.1).
bool is_thumbprint(std::string_view text);

// A proof, for a client. `jti` must be new each time.
std::string make_proof(const crypto::PrivateKey& key, const ProofOf& of, std::string_view jti, std::string_view nonce,
                       Instant now);

}  // namespace deputy::oauth
