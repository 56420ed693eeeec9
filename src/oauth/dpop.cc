// RFC 9449 §4.3, step by step; and §4.2 for the side that makes a proof.
#include "oauth/dpop.h"

#include <boost/url.hpp>
#include <cmath>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/hash.h"
#include "jose/jwt.h"

namespace deputy::oauth {
namespace {

constexpr std::size_t proof_octets_max = 8 * 1024;  // an RSA key of 8192 bits and its signature fit
constexpr std::size_t jti_octets_max = 256;

Result<crypto::PublicKey, BadProof> key_of(const jose::Parts& parts) {
  const auto* jwk = json_member_object(parts.header_members, "jwk");
  if (jwk == nullptr) return Fail{BadProof::key};  // step 3
  auto key = jose::parse_public_jwk(*jwk, parts.header.algorithm);
  if (!key) return Fail{BadProof::key};  // step 7: nor may it hold a private key
  return std::move(key).take();
}

// RFC 7519 §2, NumericDate: with a fraction where the client likes.
std::optional<Instant> date_at(const json::object& claims, std::string_view name) {
  constexpr double seconds_max = 253'402'300'799.0;  // the year 9999
  const auto* claim = claims.if_contains(name);
  if (claim == nullptr || !claim->is_number()) return std::nullopt;
  boost::system::error_code error;
  const auto seconds = claim->to_number<double>(error);
  if (error || !(seconds >= 0) || seconds > seconds_max) return std::nullopt;
  return from_unix_millis(static_cast<std::int64_t>(std::floor(seconds * 1000)));
}

// A proof need have neither `exp` nor `nbf` (§4.2); what it has binds (RFC 7519 §4.1.4, §4.1.5).
Result<Done, BadProof> check_bounds(const json::object& claims, Instant now) {
  const auto expires = date_at(claims, "exp"), begins = date_at(claims, "nbf");
  if (expires.has_value() != claims.contains("exp") || begins.has_value() != claims.contains("nbf"))
    return Fail{BadProof::malformed};
  if (expires && now >= *expires + proof_skew_max) return Fail{BadProof::time};
  if (begins && *begins > now + proof_skew_max) return Fail{BadProof::time};
  return Done{};
}

// One spelling of a URL without its query and fragment; none of what is no http URL or has user information in it. The
// path is compared as it stands: what a server makes of its octets is its own business.
std::optional<std::string> canonical(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view(text.data(), text.size()));
  if (!parsed) return std::nullopt;
  boost::urls::url url(*parsed);
  const auto scheme = url.scheme_id();
  if (scheme != boost::urls::scheme::https && scheme != boost::urls::scheme::http) return std::nullopt;
  if (url.has_userinfo() || url.encoded_host().empty()) return std::nullopt;
  url.normalize_authority();
  const std::string_view default_port = scheme == boost::urls::scheme::https ? "443" : "80";
  std::string out = scheme == boost::urls::scheme::https ? "https://" : "http://";
  out.append(url.encoded_host());
  if (const std::string_view port = url.port(); !port.empty() && port != default_port) out.append(":").append(port);
  const std::string_view path = url.encoded_path();
  return out.append(path.empty() ? "/" : path);  // RFC 3986 §6.2.3
}

}  // namespace

std::string_view name_of(BadProof why) {
  switch (why) {
    case BadProof::malformed: return "malformed";
    case BadProof::type: return "type";
    case BadProof::key: return "key";
    case BadProof::signature: return "signature";
    case BadProof::method: return "method";
    case BadProof::url: return "url";
    case BadProof::time: return "time";
    case BadProof::token: return "token";
  }
  return "malformed";
}

bool same_htu(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto one = canonical(a), other = canonical(b);
  return one && one == other;
}

bool is_thumbprint(std::string_view text) {
  const auto bytes = base64url_decode(text);
  return bytes && bytes->size() == 32;
}

Result<Proof, BadProof> verify_proof(std::string_view proof, const ProofOf& of, Instant now) {
  const auto parts = jose::split(proof, proof_octets_max);
  if (!parts) return Fail{BadProof::malformed};  // steps 2, 3 and 5: an algorithm that is not ours is refused here
  if (parts->header.type != "dpop+jwt") return Fail{BadProof::type};  // step 4
  TRY(const auto key, key_of(*parts));
  if (!key.verify(parts->header.algorithm, parts->signing_input, parts->signature))
    return Fail{BadProof::signature};  // step 6
  const auto& claims = parts->claims;
  const auto jti = json_text(claims, "jti"), method = json_text(claims, "htm"), url = json_text(claims, "htu");
  const auto issued = date_at(claims, "iat");
  if (!jti || jti->empty() || jti->size() > jti_octets_max || !method || !url || !issued)
    return Fail{BadProof::malformed};                                         // step 3
  if (*method != of.method) return Fail{BadProof::method};                    // step 8
  if (!same_htu(of.url, *url)) return Fail{BadProof::url};                    // step 9
  if (now > *issued + proof_age_max || *issued > now + proof_skew_max) return Fail{BadProof::time};  // step 11
  TRY(const auto in_time, check_bounds(claims, now));
  if (of.access_token && json_text(claims, "ath") != crypto::sha256_base64url(*of.access_token))
    return Fail{BadProof::token};  // step 12
  std::optional<std::string> nonce;
  if (claims.contains("nonce")) nonce = json_text(claims, "nonce").value_or("");
  return Proof{.jkt = jose::thumbprint(key.parts()), .jti = std::string(*jti),
               .algorithm = parts->header.algorithm, .issued_at = *issued, .nonce = std::move(nonce)};
}

std::string make_proof(const crypto::PrivateKey& key, const ProofOf& of, std::string_view jti, std::string_view nonce,
                       Instant now) {
  const auto algorithm = key.algorithm();
  auto jwk = jose::public_jwk(key.public_key(), "", algorithm);
  jwk.erase("use");
  jwk.erase("alg");
  const json::object header{{"typ", "dpop+jwt"}, {"alg", name_of(algorithm)}, {"jwk", std::move(jwk)}};
  json::object claims{{"jti", jti},
                      {"htm", of.method},
                      {"htu", of.url.substr(0, of.url.find_first_of("?#"))},
                      {"iat", unix_seconds(now)}};
  if (of.access_token) claims["ath"] = crypto::sha256_base64url(*of.access_token);
  if (!nonce.empty()) claims["nonce"] = nonce;
  return jose::sign_with_header(key, algorithm, json::serialize(header), json::serialize(claims));
}

}  // namespace deputy::oauth
