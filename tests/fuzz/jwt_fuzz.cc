// Property: what split() accepts has one spelling, never verifies under an unrelated key, and verifies under the right
// one only as that key signed it. And whatever JSON object we sign, we read back as it was.
#include <cstdint>

#include "base/encoding.h"
#include "jose/jwt.h"

using namespace deputy;
using crypto::Algorithm;

namespace {

// The corpus is signed by this key (RFC 8037 appendix A). EdDSA has one signature a message: a second that verifies
// would be malleability.
const crypto::PrivateKey& signing_key() {
  static const auto key = crypto::PrivateKey::from_jwk(
      R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
      R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})");
  return *key;
}

// A set in which any header finds a key: one without `alg` for each kind, under every kid the token may name.
jose::JwkSet unrelated_keys(const jose::Header& header) {
  static const auto es256 = crypto::PrivateKey::generate(Algorithm::ES256).public_key();
  static const auto eddsa = crypto::PrivateKey::generate(Algorithm::EdDSA).public_key();
  static const auto rsa = crypto::PrivateKey::generate(Algorithm::RS256).public_key();
  jose::JwkSet keys;
  for (const auto& key : {es256, eddsa, rsa})
    if (key.fits(header.algorithm)) keys.add({.kid = header.kid.value_or("k"), .algorithm = std::nullopt, .key = key});
  return keys;
}

void check_foreign_token(std::string_view input) {
  const auto parts = jose::split(input);
  if (!parts) return;
  CHECK(std::string(parts->signing_input) + '.' + base64url(parts->signature) == input);
  CHECK(!parts->header_members.contains("crit"));
  CHECK(json_text(parts->header_members, "alg") == name_of(parts->header.algorithm));

  jose::Expect expect;
  expect.types = {parts->header.type};
  const auto now = from_unix_seconds(1'700'000'000);
  const auto stranger = jose::verify(input, unrelated_keys(parts->header), expect, now);
  CHECK(!stranger && stranger.error() == jose::Reject::signature);

  jose::JwkSet right;
  right.add({.kid = "k1", .algorithm = Algorithm::EdDSA, .key = signing_key().public_key()});
  if (jose::verify(input, right, expect, now))
    CHECK(signing_key().sign(Algorithm::EdDSA, parts->signing_input) == parts->signature);
}

void check_own_token(std::string_view claims) {
  static const jose::Signer signer(signing_key(), Algorithm::EdDSA, "k1", "at+jwt");
  const auto token = signer.sign(claims);
  const auto parts = jose::split(token);
  const auto object = parse_json_object(claims);
  CHECK(bool(parts) == (object && token.size() <= 16 * 1024));
  if (parts) CHECK(parts->claims == *object && parts->header.type == "at+jwt" && parts->header.kid == "k1");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text({data, size});
  check_foreign_token(input);
  check_own_token(input);
  return 0;
}
