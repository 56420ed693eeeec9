// JWT (RFC 7519) over JWS compact serialization (RFC 7515): bytes go in, verified claims or a reason come out.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/json.h"
#include "base/result.h"
#include "crypto/key.h"
#include "jose/jwk.h"

namespace deputy::jose {

enum class Reject {
  malformed,        // not three strict base64url parts of well-formed JSON objects; too large (16 KiB)
  algorithm,        // none, HMAC, unknown, or not the key's
  critical,         // a `crit` header we do not know, or b64=false (RFC 7515 §4.1.11, RFC 7797)
  type,             // `typ` is not the one asked for (RFC 8725 §3.11)
  key,              // no such kid
  signature,        // does not verify
  expired,          // exp is past, or absent (a time that is no number, or absurd, is malformed)
  not_yet,          // nbf or iat lies ahead
  issuer,
  audience,
};
std::string_view name_of(Reject reason);

// What a header says, before anything is believed. jku, x5u, x5c and jwk headers are never followed or used here.
struct Header {
  crypto::Algorithm algorithm;
  std::optional<std::string> kid;
  std::string type;  // lower case, without an "application/" prefix
};

// The parts of a compact JWS, split and checked for form; nothing is verified yet.
struct Parts {
  Header header;
  json::object claims;
  std::string_view signing_input;  // into the text given to split()
  std::string signature;
  json::object header_members;  // the whole header: DPoP finds its proof's `jwk` here (RFC 9449 §4.2)
};
inline constexpr std::size_t octets_max = 16 * 1024;  // parsing costs by the size
Result<Parts, Reject> split(std::string_view compact, std::size_t most = octets_max);

struct Expect {
  std::vector<std::string_view> types;  // acceptable `typ`; empty text stands for "absent"; none listed, none accepted
  std::optional<std::string_view> issuer;
  std::optional<std::string_view> audience;     // must be among `aud`
  enum class Audience { among, sole } audience_rule = Audience::among;  // sole: `aud` is it and nothing else
  Seconds leeway{10};
  std::size_t octets_max = jose::octets_max;  // more for a document that is known to be large
};

struct VerifiedJwt {
  Header header;
  json::object claims;
  Instant expires_at;  // its `exp`, which may have a fraction (RFC 7519 §2)
};

// Splits, finds the key, verifies, and holds the claims against `expect`: in that order, so that nothing of an
// unverified token is acted on.
Result<VerifiedJwt, Reject> verify(std::string_view compact, const JwkSet& keys, const Expect& expect, Instant now);

// The same of what split() gave, for a caller that had to look at the claims to know whose keys to try: gives its
// `exp`.
Result<Instant, Reject> verify(const Parts& parts, const JwkSet& keys, const Expect& expect, Instant now);

// All that verify() holds a JWT against but its signature; gives its `exp`. Only to say what is wrong with one: what
// passes is not to be believed.
Result<Instant, Reject> check_unsigned(const Parts& parts, const Expect& expect, Instant now);

// header.claims.signature. `claims_json` is the text of the claims set, already JSON.
std::string sign(const crypto::PrivateKey& key, crypto::Algorithm algorithm, std::string_view kid,
                 std::string_view type, std::string_view claims_json);

// The same under a header written by the caller, whose `alg` must be `algorithm`'s name: DPoP puts a `jwk` there.
std::string sign_with_header(const crypto::PrivateKey& key, crypto::Algorithm algorithm, std::string_view header_json,
                             std::string_view claims_json);

// The same with the header encoded beforehand: what a server does that signs thousands a second under one key.
class Signer {
 public:
  Signer(crypto::PrivateKey key, crypto::Algorithm algorithm, std::string kid, std::string_view type);
  std::string sign(std::string_view claims_json) const;
  const std::string& kid() const { return kid_; }

 private:
  crypto::PrivateKey key_;
  crypto::Algorithm algorithm_;
  std::string kid_;
  std::string header_;  // base64url and the dot
};

}  // namespace deputy::jose
