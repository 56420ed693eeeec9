// JWK Sets from outside: what is passed over, what is refused; and thumbprints against the RFCs.
#include "jose/jwk.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

using namespace deputy;
using namespace deputy::jose;
using crypto::Algorithm;
using crypto::PrivateKey;

namespace {

constexpr std::string_view rfc7638_n =
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj"
    "hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQ"
    "vRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzK"
    "nqDKgw";

json::object jwk(std::string_view kid = "k1", Algorithm algorithm = Algorithm::ES256) {
  return public_jwk(PrivateKey::generate(algorithm).public_key(), kid, algorithm);
}
template <class Value>
json::object changed(json::object object, std::string_view name, const Value& value) {
  object[name] = value;
  return object;
}
json::object without(json::object object, std::string_view name) {
  object.erase(name);
  return object;
}
std::string set_of(std::initializer_list<json::object> keys) {
  json::array array;
  for (const auto& key : keys) array.push_back(key);
  return json::serialize(json::object{{"keys", array}});
}

}  // namespace

TEST(Thumbprint, rfc7638_s3_1) {
  EXPECT_EQ(thumbprint({.kty = "RSA", .crv = {}, .x = {}, .y = {}, .n = std::string(rfc7638_n), .e = "AQAB"}),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Thumbprint, rfc8037_a3) {
  EXPECT_EQ(thumbprint({.kty = "OKP", .crv = "Ed25519", .x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", .y = {},
                        .n = {}, .e = {}}),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

TEST(JwkSet, reads_back_what_public_jwk_writes) {
  for (const auto algorithm : {Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256, Algorithm::PS256}) {
    const auto key = PrivateKey::generate(algorithm);
    const auto set = JwkSet::parse(set_of({public_jwk(key.public_key(), "k1", algorithm)}));
    ASSERT_TRUE(set) << name_of(algorithm);
    const auto* found = set->find("k1", algorithm);
    ASSERT_NE(found, nullptr);
    EXPECT_TRUE(found->key.verify(algorithm, "m", key.sign(algorithm, "m")));
    EXPECT_EQ(found->algorithm, algorithm);
  }
}

TEST(JwkSet, names_a_key_by_its_thumbprint_where_it_has_no_kid) {
  const auto key = without(jwk(), "kid");
  const auto set = JwkSet::parse(set_of({key}));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->keys()[0].kid, thumbprint(set->keys()[0].key.parts()));
  EXPECT_FALSE(JwkSet::parse(set_of({key, key}))) << "twice the same";
}

TEST(JwkSet, a10_refuses_private_and_symmetric_members) {
  for (const auto* name : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}) {
    EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), changed(jwk("b"), name, "AAAA")}))) << name;
    EXPECT_FALSE(parse_public_jwk(changed(jwk("a"), name, "AAAA"), Algorithm::ES256)) << name;
    EXPECT_FALSE(parse_public_jwk(changed(jwk("a"), name, nullptr), Algorithm::ES256)) << name;
  }
  const auto oct = json::object{{"kty", "oct"}, {"k", "AAAA"}};
  EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), oct})));
  EXPECT_TRUE(parse_public_jwk(jwk(), Algorithm::ES256));
}

TEST(JwkSet, a10_refuses_two_keys_with_one_kid) {
  EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), jwk("a")})));
  EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), jwk("a", Algorithm::EdDSA)})));
  EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), changed(jwk("a"), "use", "enc")}))) << "even one that is passed over";
  EXPECT_TRUE(JwkSet::parse(set_of({jwk("a"), jwk("A")})));
}

TEST(JwkSet, a10_refuses_a_huge_set) {
  json::array most, more;
  const auto key = jwk();
  for (std::size_t i = 0; i < jwk_set_keys_max; ++i) most.push_back(changed(key, "kid", std::to_string(i)));
  EXPECT_TRUE(JwkSet::parse(json::serialize(json::object{{"keys", most}})));
  more = most;
  more.push_back(changed(key, "kid", "one more"));
  EXPECT_FALSE(JwkSet::parse(json::serialize(json::object{{"keys", more}})));
  EXPECT_FALSE(JwkSet::parse(set_of({changed(key, "padding", std::string(70'000, 'x'))})));
}

TEST(JwkSet, passes_over_what_is_not_for_us) {
  const auto good = jwk("good");
  for (const auto& other :
       {changed(jwk("x"), "use", "enc"), changed(jwk("x"), "use", 1), changed(jwk("x"), "kty", "future"),
        changed(jwk("x"), "alg", "ES384"), changed(jwk("x"), "alg", "RS256"), changed(jwk("x"), "alg", "none"),
        changed(jwk("x"), "alg", "HS256"), changed(jwk("x"), "crv", "P-384"), changed(jwk("x"), "y", "AAAA"),
        changed(jwk("x"), "key_ops", json::array{"encrypt"}), changed(jwk("x"), "key_ops", "verify"),
        without(jwk("x"), "x"), json::object{{"kty", "RSA"}, {"n", "AQAB"}, {"e", "AQAB"}, {"kid", "x"}}}) {
    const auto set = JwkSet::parse(set_of({good, other}));
    ASSERT_TRUE(set) << json::serialize(other);
    EXPECT_EQ(set->keys().size(), 1u) << json::serialize(other);
    EXPECT_EQ(set->keys()[0].kid, "good");
    EXPECT_FALSE(JwkSet::parse(set_of({other}))) << "no usable key: " << json::serialize(other);
  }
  EXPECT_TRUE(JwkSet::parse(set_of({changed(jwk("x"), "key_ops", json::array{"verify"})})));
  EXPECT_TRUE(JwkSet::parse(set_of({without(without(jwk("x"), "use"), "alg")})));
}

TEST(JwkSet, a12_refuses_what_is_no_jwk_set) {
  for (const auto* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[]})", R"({"keys":[1]})", R"({"keys":[[]]})",
                           R"({"keys":[],"keys":[]})"})
    EXPECT_FALSE(JwkSet::parse(text)) << text;
  for (const auto& kid : {json::value(1), json::value(nullptr), json::value("")})
    EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), changed(jwk(), "kid", kid)})));
  EXPECT_FALSE(JwkSet::parse(set_of({jwk("a"), changed(jwk(), "kid", std::string(256, 'k'))})));
  EXPECT_TRUE(JwkSet::parse(set_of({jwk("a"), changed(jwk(), "kid", std::string(255, 'k'))})));
}

TEST(JwkSet, finds_by_kid_and_without_one_only_when_one_key_fits) {
  const auto set = JwkSet::parse(set_of({jwk("a"), jwk("b"), jwk("c", Algorithm::EdDSA)}));
  ASSERT_TRUE(set);
  EXPECT_EQ(set->find("b", Algorithm::ES256)->kid, "b");
  EXPECT_EQ(set->find(std::nullopt, Algorithm::EdDSA)->kid, "c");
  EXPECT_EQ(set->find(std::nullopt, Algorithm::ES256), nullptr) << "two fit";
  EXPECT_EQ(set->find(std::nullopt, Algorithm::RS256), nullptr) << "none fits";
  EXPECT_EQ(set->find("c", Algorithm::ES256), nullptr) << "another kind of key";
  EXPECT_EQ(set->find("d", Algorithm::ES256), nullptr);
  EXPECT_EQ(set->find("", Algorithm::ES256), nullptr);
}

TEST(JwkSet, a9_a_key_for_ps256_is_not_for_rs256) {
  const auto set = JwkSet::parse(set_of({jwk("a", Algorithm::PS256)}));
  ASSERT_TRUE(set);
  EXPECT_NE(set->find("a", Algorithm::PS256), nullptr);
  EXPECT_EQ(set->find("a", Algorithm::RS256), nullptr);
  EXPECT_EQ(set->find(std::nullopt, Algorithm::RS256), nullptr);
}
