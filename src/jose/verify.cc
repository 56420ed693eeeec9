// From a compact JWS to claims that may be believed (RFC 7519 §7.2), or the reason they may not.
#include <algorithm>

#include "jose/jwt.h"
#include "jose/numeric_date.h"

namespace deputy::jose {
namespace {

// Gives `exp`.
Result<Instant, Reject> check_times(const json::object& claims, Seconds leeway, Instant now) {
  TRY(auto expires, numeric_date(claims, "exp"));
  TRY(auto not_before, numeric_date(claims, "nbf"));
  TRY(auto issued, numeric_date(claims, "iat"));
  if (!expires || now >= *expires + leeway) return Fail{Reject::expired};  // RFC 7519 §4.1.4
  if (not_before && now + leeway < *not_before) return Fail{Reject::not_yet};  // RFC 7519 §4.1.5
  if (issued && now + leeway < *issued) return Fail{Reject::not_yet};          // RFC 7519 §4.1.6
  return *expires;
}

// RFC 7519 §4.1.3: one text, or an array of texts.
Result<std::vector<std::string_view>, Reject> audiences(const json::object& claims) {
  std::vector<std::string_view> all;
  const auto* claim = claims.if_contains("aud");
  if (claim == nullptr) return all;
  if (claim->is_string()) {
    all.emplace_back(claim->get_string());
    return all;
  }
  const auto* many = claim->if_array();
  if (many == nullptr) return Fail{Reject::malformed};
  for (const auto& one : *many) {
    if (!one.is_string()) return Fail{Reject::malformed};
    all.emplace_back(one.get_string());
  }
  return all;
}

Result<Done, Reject> check_audience(const json::object& claims, const Expect& expect) {
  TRY(auto named, audiences(claims));
  if (!expect.audience) return Done{};
  if (std::find(named.begin(), named.end(), *expect.audience) == named.end())
    return Fail{Reject::audience};  // RFC 7519 §4.1.3, RFC 8725 §3.9
  // 7523bis §3: a one-element array counts as sole; the same name twice does not.
  if (expect.audience_rule == Expect::Audience::sole && named.size() != 1) return Fail{Reject::audience};
  return Done{};
}

bool same_type(std::string_view wanted, std::string_view lower_case) {
  return std::equal(wanted.begin(), wanted.end(), lower_case.begin(), lower_case.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

}  // namespace

Result<Instant, Reject> check_unsigned(const Parts& parts, const Expect& expect, Instant now) {
  const auto asked_for = [&](std::string_view type) { return same_type(type, parts.header.type); };
  if (std::none_of(expect.types.begin(), expect.types.end(), asked_for))
    return Fail{Reject::type};  // RFC 8725 §3.11
  const auto issuer = json_text(parts.claims, "iss");
  if (!issuer && parts.claims.contains("iss")) return Fail{Reject::malformed};  // RFC 7519 §4.1.1
  if (expect.issuer && issuer != expect.issuer) return Fail{Reject::issuer};    // RFC 8725 §3.8
  TRY(auto for_us, check_audience(parts.claims, expect));
  return check_times(parts.claims, expect.leeway, now);
}

Result<Instant, Reject> verify(const Parts& parts, const JwkSet& keys, const Expect& expect, Instant now) {
  const auto* jwk = keys.find(parts.header.kid, parts.header.algorithm);
  if (jwk == nullptr) {
    const bool known = parts.header.kid && keys.has(*parts.header.kid);
    return Fail{known ? Reject::algorithm : Reject::key};  // RFC 8725 §3.1: the key says which algorithm it is for
  }
  if (!jwk->key.verify(parts.header.algorithm, parts.signing_input, parts.signature))
    return Fail{Reject::signature};  // RFC 7515 §5.2 step 8
  return check_unsigned(parts, expect, now);
}

Result<VerifiedJwt, Reject> verify(std::string_view compact, const JwkSet& keys, const Expect& expect, Instant now) {
  TRY(auto parts, split(compact, expect.octets_max));
  TRY(const auto expires_at, verify(parts, keys, expect, now));
  return VerifiedJwt{
      .header = std::move(parts.header), .claims = std::move(parts.claims), .expires_at = expires_at};
}

}  // namespace deputy::jose
