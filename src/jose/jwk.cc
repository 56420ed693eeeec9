// Reading JWK Sets from outside with every bound held, writing our own, and thumbprints.
#include "jose/jwk.h"

#include <algorithm>

#include "base/json_text.h"
#include "crypto/hash.h"

namespace deputy::jose {
namespace {

constexpr std::size_t kid_octets_max = 255;

Fail<Fault> refuse(const char* why) { return Fail{Fault{Fault::Kind::invalid, why}}; }

// RFC 7518 §6.2.2, §6.3.2, §6.4.1; RFC 8037 §2. `k` is a symmetric key: as secret as the others.
bool holds_secrets(const json::object& jwk) {
  for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
    if (jwk.contains(name)) return true;
  return false;
}

crypto::PublicParts parts_of(const json::object& jwk) {
  return {.kty = text_of(jwk, "kty"), .crv = text_of(jwk, "crv"), .x = text_of(jwk, "x"),
          .y = text_of(jwk, "y"), .n = text_of(jwk, "n"), .e = text_of(jwk, "e")};
}

// RFC 7517 §4.2, §4.3: a key that says what it is for is for nothing else.
bool is_for_verifying(const json::object& jwk) {
  if (jwk.contains("use") && json_text(jwk, "use") != "sig") return false;
  if (!jwk.contains("key_ops")) return true;
  const auto* operations = json_member_array(jwk, "key_ops");
  return operations != nullptr && std::any_of(operations->begin(), operations->end(), [](const json::value& value) {
           return value.is_string() && value.get_string() == "verify";
         });
}

// None for a key to be passed over (RFC 7517 §5).
std::optional<Jwk> usable(const json::object& jwk) {
  if (!is_for_verifying(jwk)) return std::nullopt;  // RFC 7517 §4.2
  std::optional<crypto::Algorithm> algorithm;
  if (jwk.contains("alg")) {
    algorithm = crypto::algorithm_named(text_of(jwk, "alg"));
    if (!algorithm) return std::nullopt;  // RFC 7517 §4.4
  }
  auto key = crypto::PublicKey::from_parts(parts_of(jwk));
  if (!key) return std::nullopt;                                    // RFC 7517 §5: out of the supported ranges
  if (algorithm && !key->fits(*algorithm)) return std::nullopt;     // RFC 8725 §3.1
  auto kid = jwk.contains("kid") ? text_of(jwk, "kid") : thumbprint(key->parts());
  return Jwk{.kid = std::move(kid), .algorithm = algorithm, .key = std::move(key).take()};
}

bool may_use(const Jwk& jwk, crypto::Algorithm algorithm) {
  return jwk.key.fits(algorithm) && (!jwk.algorithm || *jwk.algorithm == algorithm);
}

}  // namespace

// RFC 7638 §3.2: the required members only, in lexicographic order, no white space.
std::string thumbprint(const crypto::PublicParts& parts) {
  JsonText text;
  if (parts.kty == "RSA")
    text.text("e", parts.e).text("kty", parts.kty).text("n", parts.n);
  else
    text.text("crv", parts.crv).text("kty", parts.kty).text("x", parts.x).text("y", parts.y);
  return crypto::sha256_base64url(text.close());
}

json::object public_jwk(const crypto::PublicKey& key, std::string_view kid, crypto::Algorithm algorithm) {
  const auto& parts = key.parts();
  json::object jwk;
  jwk["kty"] = parts.kty;
  for (const auto& [name, text] : {std::pair{"crv", &parts.crv}, {"x", &parts.x}, {"y", &parts.y},
                                   {"n", &parts.n}, {"e", &parts.e}})
    if (!text->empty()) jwk[name] = *text;
  if (!kid.empty()) jwk["kid"] = kid;
  jwk["alg"] = name_of(algorithm);
  jwk["use"] = "sig";
  return jwk;
}

Result<crypto::PublicKey, Fault> parse_public_jwk(const json::object& jwk, crypto::Algorithm algorithm) {
  if (holds_secrets(jwk)) return refuse("RFC 9449 §4.3: the JWK holds a private key");
  if (jwk.contains("use") && json_text(jwk, "use") != "sig") return refuse("RFC 7517 §4.2: the JWK is for another use");
  if (jwk.contains("alg") && crypto::algorithm_named(text_of(jwk, "alg")) != algorithm)
    return refuse("RFC 7517 §4.4: the JWK is for another algorithm");
  return crypto::PublicKey::from_parts(parts_of(jwk));
}

Result<JwkSet, Fault> JwkSet::parse(std::string_view text) {
  TRY(auto document, parse_json_object(text));
  const auto* members = json_member_array(document, "keys");
  if (members == nullptr) return refuse("RFC 7517 §5.1: a JWK Set has an array of keys");
  if (members->size() > jwk_set_keys_max) return refuse("a JWK Set of at most 64 keys");
  std::vector<std::string_view> kids;
  for (const auto& member : *members) {
    const auto* jwk = member.if_object();
    if (jwk == nullptr) return refuse("RFC 7517 §5.1: each key is a JSON object");
    if (holds_secrets(*jwk)) return refuse("the JWK Set holds a private or symmetric key: it has leaked, replace it");
    if (!jwk->contains("kid")) continue;
    const auto kid = json_text(*jwk, "kid");
    if (!kid || kid->empty() || kid->size() > kid_octets_max)
      return refuse("RFC 7517 §4.5: a kid is text, of 1 to 255 octets");
    if (std::find(kids.begin(), kids.end(), *kid) != kids.end())
      return refuse("RFC 7517 §4.5: two keys with one kid");
    kids.push_back(*kid);
  }
  JwkSet set;
  for (const auto& member : *members) {
    auto key = usable(member.get_object());
    if (!key) continue;
    if (set.has(key->kid)) return refuse("RFC 7517 §4.5: two keys with one kid");  // by thumbprint
    set.add(std::move(*key));
  }
  if (set.keys_.empty()) return refuse("the JWK Set has no key we can verify with");
  return set;
}

const Jwk* JwkSet::find(std::optional<std::string_view> kid, crypto::Algorithm algorithm) const {
  const Jwk* found = nullptr;
  for (const auto& jwk : keys_) {
    if ((kid && jwk.kid != *kid) || !may_use(jwk, algorithm)) continue;
    if (kid) return &jwk;
    if (found != nullptr) return nullptr;  // RFC 7515 §6: which one it is cannot be told
    found = &jwk;
  }
  return found;
}

bool JwkSet::has(std::string_view kid) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Jwk& jwk) { return jwk.kid == kid; });
}

}  // namespace deputy::jose
