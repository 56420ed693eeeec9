// Property: a JWK Set that is read holds no secret, and each of its keys is written and read again as the same key;
// a private key that is read is written and read again as the same key.
#include <cstdint>
#include <cstring>

#include "base/encoding.h"
#include "jose/jwk.h"

using namespace deputy;

namespace {

void check_set(std::string_view text) {
  const auto set = jose::JwkSet::parse(text);
  if (!set) return;
  const auto document = parse_json_object(text);
  CHECK(document);
  for (const auto& jwk : document->at("keys").as_array())
    for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) CHECK(!jwk.as_object().contains(name));
  CHECK(!set->keys().empty() && set->keys().size() <= 20);
  for (const auto& jwk : set->keys()) {
    const auto algorithm = jwk.algorithm.value_or(jwk.key.algorithm());
    CHECK(set->find(jwk.kid, algorithm) == &jwk);
    CHECK(!jwk.key.verify(algorithm, "m", std::string(64, '\0')));
    const auto again = jose::JwkSet::parse(
        json::serialize(json::object{{"keys", {jose::public_jwk(jwk.key, jwk.kid, algorithm)}}}));
    CHECK(again && again->keys().size() == 1 && again->keys()[0].kid == jwk.kid);
    CHECK(jose::thumbprint(again->keys()[0].key.parts()) == jose::thumbprint(jwk.key.parts()));
  }
}

void check_private(std::string_view text) {
  const auto key = crypto::PrivateKey::from_jwk(text);
  if (!key) return;
  const auto written = key->to_jwk();
  const auto again = crypto::PrivateKey::from_jwk(written);
  CHECK(again && again->to_jwk() == written);
  CHECK(key->public_key().verify(key->algorithm(), "m", again->sign(key->algorithm(), "m")));
  const auto object = parse_json_object(written);
  CHECK(object && !jose::parse_public_jwk(*object, key->algorithm()));  // private: no public key
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  check_set(text);
  check_private(text);
  return 0;
}
