// Keys: published vectors, round trips, every bound of a public key, and one key in many threads.
#include "crypto/key.h"

#include <gtest/gtest.h>
#include <openssl/rsa.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "base/json.h"
#include "crypto/ecdsa.h"
#include "crypto/openssl.h"

using namespace deputy;
using namespace deputy::crypto;

namespace {

constexpr Algorithm all_algorithms[] = {Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256, Algorithm::PS256};

// RFC 7515 appendix A.3.
constexpr std::string_view es256_jwk =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"})";
constexpr std::string_view es256_input =
    "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    "fQ";
constexpr std::string_view es256_signature =
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
// RFC 8037 appendix A.
constexpr std::string_view eddsa_jwk =
    R"({"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",)"
    R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

PrivateKey private_key(std::string_view jwk) {
  auto key = PrivateKey::from_jwk(jwk);
  EXPECT_TRUE(key) << key.error().detail;
  return std::move(key).take();
}

std::string with(std::string_view jwk, std::string_view name, std::string_view text) {
  auto object = *parse_json_object(jwk);
  object[name] = text;
  return json::serialize(object);
}

}  // namespace

TEST(Algorithm, a9_only_four_algorithms_are_known) {
  for (const auto algorithm : all_algorithms) EXPECT_EQ(algorithm_named(name_of(algorithm)), algorithm);
  EXPECT_EQ(algorithm_named("Ed25519"), Algorithm::EdDSA);  // RFC 9864 §2.2: the same under its full name
  for (const auto* name : {"", "none", "None", "NONE", "HS256", "HS384", "HS512", "es256", "ES256 ", "ES384", "ES512",
                           "ES256K", "RS1", "RS384", "PS512", "EdDSA\n", "Ed25519 ", "Ed448", "ECDH-ES", "dir"})
    EXPECT_FALSE(algorithm_named(name)) << name;
}

TEST(PublicKey, rfc7515_a3_es256_signature) {
  const auto key = private_key(es256_jwk).public_key();
  EXPECT_TRUE(key.verify(Algorithm::ES256, es256_input, *base64url_decode(es256_signature)));
  EXPECT_FALSE(key.verify(Algorithm::ES256, std::string(es256_input) + "x", *base64url_decode(es256_signature)));
}

TEST(PrivateKey, rfc8037_a4_ed25519_signature) {
  const auto key = private_key(eddsa_jwk);
  const auto signature =
      key.sign(Algorithm::EdDSA, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
  EXPECT_EQ(base64url(signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
}

struct EachAlgorithm : testing::TestWithParam<Algorithm> {};
INSTANTIATE_TEST_SUITE_P(Key, EachAlgorithm, testing::ValuesIn(all_algorithms),
                         [](const auto& row) { return std::string(name_of(row.param)); });

TEST_P(EachAlgorithm, signs_what_its_public_half_verifies) {
  const auto algorithm = GetParam();
  const auto key = PrivateKey::generate(algorithm);
  const auto other = PrivateKey::generate(algorithm);
  for (const auto& message : {std::string(), std::string("m"), std::string(5000, 'm')}) {
    const auto signature = key.sign(algorithm, message);
    EXPECT_TRUE(key.public_key().verify(algorithm, message, signature));
    EXPECT_FALSE(other.public_key().verify(algorithm, message, signature));
    EXPECT_FALSE(key.public_key().verify(algorithm, message + "m", signature));
    EXPECT_FALSE(key.public_key().verify(algorithm, message, signature.substr(1)));
    EXPECT_FALSE(key.public_key().verify(algorithm, message, signature + '\0'));
    EXPECT_FALSE(key.public_key().verify(algorithm, message, std::string(1, '\0') + signature));
    EXPECT_FALSE(key.public_key().verify(algorithm, message, ""));
    for (std::size_t i = 0; i < signature.size(); i += 7) {
      auto changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 0x20);
      EXPECT_FALSE(key.public_key().verify(algorithm, message, changed)) << i;
    }
  }
}

TEST_P(EachAlgorithm, comes_back_from_pkcs8_and_from_jwk) {
  const auto algorithm = GetParam();
  const auto key = PrivateKey::generate(algorithm);
  const auto from_der = PrivateKey::from_pkcs8(key.to_pkcs8());
  const auto from_jwk = PrivateKey::from_jwk(key.to_jwk());
  ASSERT_TRUE(from_der);
  ASSERT_TRUE(from_jwk);
  for (const auto* again : {&*from_der, &*from_jwk}) {
    EXPECT_TRUE(key.public_key().verify(algorithm, "m", again->sign(algorithm, "m")));
    EXPECT_EQ(again->to_jwk(), key.to_jwk());
    EXPECT_TRUE(again->to_pkcs8().same_as(key.to_pkcs8().reveal()));
  }
  const auto half = PublicKey::from_parts(key.public_key().parts());
  ASSERT_TRUE(half);
  EXPECT_TRUE(half->verify(algorithm, "m", key.sign(algorithm, "m")));
}

TEST_P(EachAlgorithm, one_key_signs_in_many_threads_at_once) {
  const auto algorithm = GetParam();
  const auto key = PrivateKey::generate(algorithm);
  const auto half = key.public_key();
  const int rounds = key.algorithm() == Algorithm::RS256 ? 10 : 200;
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < rounds; ++i) {
          const auto message = std::to_string(t * 1000 + i);
          if (!half.verify(algorithm, message, key.sign(algorithm, message))) ++wrong;
        }
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST(PublicKey, a9_a_key_verifies_under_its_own_algorithms_only) {
  for (const auto made : all_algorithms) {
    const auto key = PrivateKey::generate(made);
    const auto signature = key.sign(made, "m");
    for (const auto asked : all_algorithms)
      EXPECT_EQ(key.public_key().verify(asked, "m", signature), asked == made) << name_of(made) << name_of(asked);
  }
}

TEST(PublicKey, a9_refuses_psychic_and_out_of_range_es256_signatures) {
  const auto key = private_key(es256_jwk);
  const auto good = key.sign(Algorithm::ES256, "m");
  const std::string zero(32, '\0'), most(32, '\xff');
  const std::string n = *base64url_decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  for (const auto& bad : {zero + zero, good.substr(0, 32) + zero, zero + good.substr(32), n + n,
                          good.substr(0, 32) + n, n + good.substr(32), most + most, std::string(64, '\x01')})
    EXPECT_FALSE(key.public_key().verify(Algorithm::ES256, "m", bad)) << hex(bad);
  EXPECT_FALSE(is_p256_scalar(zero));
  EXPECT_FALSE(is_p256_scalar(n));
  EXPECT_TRUE(is_p256_scalar(std::string(31, '\0') + '\x01'));
}

TEST(PublicKey, a9_refuses_an_es256_signature_in_der) {
  const auto key = private_key(es256_jwk);
  const auto der = der_from_raw(key.sign(Algorithm::ES256, "m"));
  ASSERT_TRUE(der);
  EXPECT_FALSE(key.public_key().verify(Algorithm::ES256, "m", as_text({der->bytes.data(), der->size})));
}

TEST(Ecdsa, raw_and_der_are_one_signature_at_every_length) {
  for (std::size_t zeros = 0; zeros < 32; ++zeros) {
    for (const char first : {'\x01', '\x7f', '\x80', '\xfe'}) {
      std::string number(32, '\0');
      number[zeros] = first;
      const auto raw = number + std::string(31, '\0') + '\x05';
      const auto der = der_from_raw(raw);
      ASSERT_TRUE(der);
      EXPECT_EQ(raw_from_der(as_text({der->bytes.data(), der->size})), raw);
    }
  }
}

TEST(Ecdsa, a9_refuses_a_raw_signature_of_any_other_length) {
  const std::string good(64, '\x01');
  EXPECT_TRUE(der_from_raw(good));
  for (const auto size : {0, 1, 32, 63, 65, 128}) EXPECT_FALSE(der_from_raw(std::string(size, '\x01'))) << size;
}

TEST(PublicKey, a9_refuses_a_ps256_salt_of_another_size) {
  const auto key = PrivateKey::generate(Algorithm::PS256);
  const auto der = key.to_pkcs8();
  const auto* at = as_bytes(der.reveal());
  const Pkey raw(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.reveal().size())));
  ASSERT_TRUE(raw);
  for (const int salt : {0, 20, 31, 32, 33, 64}) {
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;
    ASSERT_EQ(EVP_DigestSignInit(context.get(), &options, fetched_sha256(), nullptr, raw.get()), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING), 1);
    ASSERT_EQ(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt), 1);
    std::string signature(256, '\0');
    std::size_t size = signature.size();
    ASSERT_EQ(EVP_DigestSign(context.get(), as_bytes(signature), &size, as_bytes("m"), 1), 1);
    EXPECT_EQ(key.public_key().verify(Algorithm::PS256, "m", signature), salt == 32) << salt;  // RFC 7518 §3.5
  }
}

TEST(Ecdsa, refuses_der_that_is_not_the_shortest) {
  const auto der = [](std::initializer_list<int> bytes) {
    std::string out;
    for (const int byte : bytes) out.push_back(static_cast<char>(byte));
    return out;
  };
  EXPECT_TRUE(raw_from_der(der({0x30, 6, 2, 1, 1, 2, 1, 1})));
  for (const auto& bad : {der({}), der({0x30}), der({0x31, 6, 2, 1, 1, 2, 1, 1}), der({0x30, 7, 2, 1, 1, 2, 1, 1}),
                          der({0x30, 0x81, 6, 2, 1, 1, 2, 1, 1}), der({0x30, 7, 2, 2, 0, 1, 2, 1, 1}),
                          der({0x30, 6, 2, 1, 0x81, 2, 1, 1}), der({0x30, 3, 2, 1, 1}), der({0x30, 5, 2, 0, 2, 1, 1}),
                          der({0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1}), der({0x30, 6, 3, 1, 1, 2, 1, 1})})
    EXPECT_FALSE(raw_from_der(bad)) << hex(bad);
}

TEST(PublicKey, a9_refuses_points_off_the_curve_and_other_curves) {
  const auto good = private_key(es256_jwk).public_key().parts();
  EXPECT_TRUE(PublicKey::from_parts(good));
  const std::string zero = base64url(std::string(32, '\0')), most = base64url(std::string(32, '\xff'));
  const auto refused = [](PublicParts parts) { return !PublicKey::from_parts(parts); };
  auto parts = good;
  std::swap(parts.x, parts.y);
  EXPECT_TRUE(refused(parts)) << "off the curve";
  for (const auto& [x, y] : {std::pair{zero, zero}, {good.x, zero}, {most, good.y}, {good.x, most}}) {
    parts = good;
    parts.x = x, parts.y = y;
    EXPECT_TRUE(refused(parts)) << x << ' ' << y;
  }
  for (const auto* curve : {"", "P-384", "P-521", "secp256k1", "p-256", "Ed25519", "prime256v1"}) {
    parts = good;
    parts.crv = curve;
    EXPECT_TRUE(refused(parts)) << curve;
  }
  for (const auto& x : {std::string(), good.x + "=", good.x + "AA", good.x.substr(4), base64url(std::string(33, 0))}) {
    parts = good;
    parts.x = x;
    EXPECT_TRUE(refused(parts)) << x;
  }
  for (const auto* kind : {"", "ec", "oct", "OKP", "RSA"}) {
    parts = good;
    parts.kty = kind;
    EXPECT_TRUE(refused(parts)) << kind;
  }
}

TEST(PublicKey, a9_refuses_ed25519_points_of_small_order_and_second_spellings) {
  const auto refused = [](const std::string& x, std::string curve = "Ed25519") {
    return !PublicKey::from_parts(
        {.kty = "OKP", .crv = std::move(curve), .x = base64url(x), .y = {}, .n = {}, .e = {}});
  };
  const auto good = *base64url_decode(private_key(eddsa_jwk).public_key().parts().x);
  EXPECT_FALSE(refused(good));
  EXPECT_TRUE(refused(good, "X25519"));
  EXPECT_TRUE(refused(good, "Ed448"));
  EXPECT_TRUE(refused(good + '\0'));
  EXPECT_TRUE(refused(std::string(32, '\0'))) << "order 4";
  EXPECT_TRUE(refused('\x01' + std::string(31, '\0'))) << "the identity";
  EXPECT_TRUE(refused('\xec' + std::string(30, '\xff') + '\x7f')) << "order 2";
  EXPECT_TRUE(refused(std::string(32, '\xff'))) << "y not below the field's prime";
}

TEST(PublicKey, a9_refuses_an_eddsa_s_not_below_the_order) {
  const auto key = private_key(eddsa_jwk);
  auto signature = key.sign(Algorithm::EdDSA, "m");
  ASSERT_TRUE(key.public_key().verify(Algorithm::EdDSA, "m", signature));
  // S + L signs the same message under careless verifiers (RFC 8032 §8.4).
  constexpr unsigned char order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                     0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                     0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + order[i];
    signature[32 + i] = static_cast<char>(carry & 0xff);
    carry >>= 8;
  }
  ASSERT_EQ(carry, 0u);
  EXPECT_FALSE(key.public_key().verify(Algorithm::EdDSA, "m", signature));
}

TEST(PublicKey, a9_holds_rsa_to_its_bounds) {
  const auto modulus = [](std::size_t octets, char first = '\xc1', char last = '\x01') {
    return base64url(first + std::string(octets - 2, '\x35') + last);
  };
  const auto accepted = [](const std::string& n, const std::string& e) {
    return bool(PublicKey::from_parts({.kty = "RSA", .crv = {}, .x = {}, .y = {}, .n = n, .e = e}));
  };
  EXPECT_TRUE(accepted(modulus(256), "AQAB"));
  EXPECT_TRUE(accepted(modulus(1024), "AQAB"));
  EXPECT_TRUE(accepted(modulus(256), base64url(std::string("\x01\x00\x00\x01", 4))));
  EXPECT_FALSE(accepted(modulus(256, '\x7f'), "AQAB")) << "2047 bits";
  EXPECT_FALSE(accepted(modulus(128), "AQAB")) << "1024 bits";
  EXPECT_FALSE(accepted(modulus(1025), "AQAB")) << "8200 bits";
  EXPECT_FALSE(accepted(modulus(256, '\xc1', '\x02'), "AQAB")) << "an even modulus";
  EXPECT_FALSE(accepted(modulus(257, '\0'), "AQAB")) << "a leading zero";
  for (const auto& e : {std::string(), base64url("\x01"), base64url("\x03"), base64url("\x11"), base64url("\xff\xff"),
                        base64url(std::string("\x01\x00\x02", 3)), base64url(std::string("\x00\x01\x00\x01", 4)),
                        base64url(std::string(8, '\x01') + '\x01'), std::string("AQAB=")})
    EXPECT_FALSE(accepted(modulus(256), e)) << e;
}

TEST(PrivateKey, refuses_halves_of_two_keys) {
  const auto other = *parse_json_object(PrivateKey::generate(Algorithm::ES256).to_jwk());
  EXPECT_FALSE(PrivateKey::from_jwk(with(es256_jwk, "d", *json_text(other, "d"))));
  const auto other_ed = *parse_json_object(PrivateKey::generate(Algorithm::EdDSA).to_jwk());
  EXPECT_FALSE(PrivateKey::from_jwk(with(eddsa_jwk, "d", *json_text(other_ed, "d"))));
  const auto rsa = PrivateKey::generate(Algorithm::RS256).to_jwk();
  const auto other_rsa = *parse_json_object(PrivateKey::generate(Algorithm::RS256).to_jwk());
  EXPECT_FALSE(PrivateKey::from_jwk(with(rsa, "n", *json_text(other_rsa, "n"))));
  for (const auto* name : {"p", "q"}) EXPECT_FALSE(PrivateKey::from_jwk(with(rsa, name, *json_text(other_rsa, name))));
}

TEST(PrivateKey, refuses_a_jwk_without_sound_private_members) {
  const auto rsa = PrivateKey::generate(Algorithm::RS256).to_jwk();
  for (const auto* name : {"d", "p", "q", "dp", "dq", "qi"}) {
    auto object = *parse_json_object(rsa);
    object.erase(name);
    EXPECT_FALSE(PrivateKey::from_jwk(json::serialize(object))) << name;
    EXPECT_FALSE(PrivateKey::from_jwk(with(rsa, name, std::string(400, 'A')))) << name;
  }
  for (const auto* name : {"p", "q"}) EXPECT_FALSE(PrivateKey::from_jwk(with(rsa, name, "AA"))) << name;
  EXPECT_FALSE(PrivateKey::from_jwk(with(rsa, "oth", "x")));
  for (const auto& d : {std::string(), base64url(std::string(32, '\0')), base64url(std::string(32, '\xff')),
                        base64url(std::string(31, '\x01'))}) {
    EXPECT_FALSE(PrivateKey::from_jwk(with(es256_jwk, "d", d))) << d;
    EXPECT_FALSE(PrivateKey::from_jwk(with(eddsa_jwk, "d", d))) << d;
  }
  for (const auto* text : {"", "{}", "[]", "{\"kty\":\"oct\",\"k\":\"AAAA\"}", "{\"kty\":1}"})
    EXPECT_FALSE(PrivateKey::from_jwk(text)) << text;
}

TEST(PrivateKey, refuses_pkcs8_that_is_cut_or_followed_by_more) {
  const auto der = PrivateKey::generate(Algorithm::ES256).to_pkcs8();
  const std::string text(der.reveal());
  EXPECT_TRUE(PrivateKey::from_pkcs8(Secret(text)));
  EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(text + "x")));
  for (std::size_t i = 0; i < text.size(); i += 5) EXPECT_FALSE(PrivateKey::from_pkcs8(Secret(text.substr(0, i))));
}
