// JWTs: the RFCs' own examples, and every way we know to make a verifier believe a token it should not.
#include "jose/jwt.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/encoding.h"

using namespace deputy;
using namespace deputy::jose;
using crypto::Algorithm;
using crypto::PrivateKey;

namespace {

constexpr std::int64_t now_s = 1'800'000'000;
const Instant now = from_unix_seconds(now_s);
constexpr std::string_view good_header = R"({"alg":"ES256","typ":"at+jwt","kid":"k1"})";
constexpr std::string_view good_claims = R"({"iss":"https://as","aud":"https://rs","exp":1800000060,"sub":"a"})";

struct JwtTest : testing::Test {
  PrivateKey key = PrivateKey::generate(Algorithm::ES256);
  JwkSet keys;
  Expect expect;

  JwtTest() {
    keys.add({.kid = "k1", .algorithm = Algorithm::ES256, .key = key.public_key()});
    expect.types = {"at+jwt"};
    expect.issuer = "https://as";
    expect.audience = "https://rs";
  }
  std::optional<Reject> rejects(std::string_view token) const {
    const auto verified = verify(token, keys, expect, now);
    if (const auto parts = split(token)) EXPECT_EQ(bool(verify(*parts, keys, expect, now)), bool(verified)) << token;
    return verified ? std::nullopt : std::optional(verified.error());
  }
  std::string signed_under(std::string_view header, std::string_view claims = good_claims) const {
    return sign_with_header(key, Algorithm::ES256, header, claims);
  }
  std::optional<Reject> header_rejects(std::string_view header) const { return rejects(signed_under(header)); }
  std::optional<Reject> claims_reject(std::string_view claims) const {
    return rejects(signed_under(good_header, claims));
  }
};

std::string claims_with(std::string_view member) {
  return R"({"iss":"https://as","aud":"https://rs",)" + std::string(member) + "}";
}
std::string for_audience(std::string_view audience) {
  return R"({"iss":"https://as","exp":1800000060,"aud":)" + std::string(audience) + "}";
}

}  // namespace

TEST(Jwt, rfc7515_a3_verifies_as_published) {
  const auto key = crypto::PublicKey::from_parts({.kty = "EC",
                                                  .crv = "P-256",
                                                  .x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                                                  .y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
                                                  .n = {},
                                                  .e = {}});
  ASSERT_TRUE(key);
  JwkSet keys;
  keys.add({.kid = "any", .algorithm = std::nullopt, .key = *key});
  Expect expect;
  expect.types = {""};
  expect.issuer = "joe";
  constexpr std::string_view token =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
  EXPECT_TRUE(verify(token, keys, expect, from_unix_seconds(1'300'819'379)));
  EXPECT_EQ(verify(token, keys, expect, from_unix_seconds(1'300'819'390)).error(), Reject::expired);
}

TEST(Jwt, rfc7515_a2_verifies_as_published) {
  const auto key = crypto::PublicKey::from_parts(
      {.kty = "RSA", .crv = {}, .x = {}, .y = {},
       .n = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-"
            "SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-"
            "UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2et"
            "hFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
       .e = "AQAB"});
  ASSERT_TRUE(key);
  JwkSet keys;
  keys.add({.kid = "any", .algorithm = std::nullopt, .key = *key});
  Expect expect;
  expect.types = {""};
  constexpr std::string_view token =
      "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJ"
      "dbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOL"
      "n6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0"
      "igcN_IoypGlUPQGe77Rw";
  EXPECT_TRUE(verify(token, keys, expect, from_unix_seconds(1'300'000'000)));
}

TEST(Jwt, every_algorithm_makes_the_round_trip) {
  for (const auto algorithm : {Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256, Algorithm::PS256}) {
    const auto key = PrivateKey::generate(algorithm);
    JwkSet keys;
    keys.add({.kid = "k1", .algorithm = algorithm, .key = key.public_key()});
    Expect expect;
    expect.types = {"at+jwt"};
    const Signer signer(key, algorithm, "k1", "at+jwt");
    for (const auto& token : {signer.sign(good_claims), sign(key, algorithm, "k1", "at+jwt", good_claims)}) {
      const auto verified = verify(token, keys, expect, now);
      ASSERT_TRUE(verified) << name_of(algorithm) << name_of(verified.error());
      EXPECT_EQ(verified->header.kid, "k1");
      EXPECT_EQ(verified->header.type, "at+jwt");
      EXPECT_EQ(json_text(verified->claims, "sub"), "a");
    }
  }
}

TEST_F(JwtTest, one_signer_serves_many_threads) {
  const Signer signer(key, Algorithm::ES256, "k1", "at+jwt");
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i)
          if (rejects(signer.sign(good_claims))) ++wrong;
      });
  }
  EXPECT_EQ(wrong, 0);
}

TEST_F(JwtTest, a_header_says_only_what_it_is_given) {
  const auto parts = split(sign(key, Algorithm::ES256, "", "", "{}"));
  ASSERT_TRUE(parts);
  EXPECT_EQ(json::serialize(parts->header_members), R"({"alg":"ES256"})");
  EXPECT_FALSE(parts->header.kid);
  EXPECT_EQ(parts->header.type, "");
}

TEST_F(JwtTest, a9_refuses_alg_none_hmac_and_the_unknown) {
  const auto unsigned_token = [](std::string_view alg) {
    return base64url(R"({"alg":")" + std::string(alg) + R"(","typ":"at+jwt","kid":"k1"})") + '.' +
           base64url(good_claims) + '.';
  };
  for (const auto* alg : {"none", "None", "nOnE", "NONE", "HS256", "HS512", "ES384", "RS1", ""}) {
    EXPECT_EQ(rejects(unsigned_token(alg)), Reject::algorithm) << alg;
    EXPECT_EQ(rejects(unsigned_token(alg) + "AAAA"), Reject::algorithm) << alg;
  }
  for (const auto* header : {R"({"typ":"at+jwt"})", R"({"alg":null})", R"({"alg":["ES256"]})", R"({"alg":256})"})
    EXPECT_EQ(header_rejects(header), Reject::algorithm) << header;
  EXPECT_EQ(rejects(unsigned_token("ES256")), Reject::malformed) << "no signature at all";
}

TEST_F(JwtTest, a9_refuses_a_public_key_used_as_an_hmac_secret) {
  const std::string input = base64url(R"({"alg":"HS256","typ":"at+jwt","kid":"k1"})") + '.' + base64url(good_claims);
  EXPECT_EQ(rejects(input + '.' + base64url(std::string(32, 'h'))), Reject::algorithm);
}

TEST_F(JwtTest, a9_refuses_an_algorithm_that_is_not_the_keys) {
  const auto rsa = PrivateKey::generate(Algorithm::RS256);
  keys.add({.kid = "rsa", .algorithm = Algorithm::PS256, .key = rsa.public_key()});
  EXPECT_FALSE(rejects(sign(rsa, Algorithm::PS256, "rsa", "at+jwt", good_claims)));
  EXPECT_EQ(rejects(sign(rsa, Algorithm::RS256, "rsa", "at+jwt", good_claims)), Reject::algorithm);
  EXPECT_EQ(rejects(sign(rsa, Algorithm::PS256, "k1", "at+jwt", good_claims)), Reject::algorithm);
  EXPECT_EQ(rejects(sign(PrivateKey::generate(Algorithm::EdDSA), Algorithm::EdDSA, "k1", "at+jwt", good_claims)),
            Reject::algorithm);
}

TEST_F(JwtTest, a9_refuses_psychic_signatures) {
  const auto token = signed_under(good_header);
  const auto input = token.substr(0, token.rfind('.') + 1);
  EXPECT_EQ(rejects(input + base64url(std::string(64, '\0'))), Reject::signature);
  EXPECT_EQ(rejects(input + base64url(std::string(63, '\0'))), Reject::signature);
  EXPECT_EQ(rejects(input + base64url("\x30\x06\x02\x01\x01\x02\x01\x01")), Reject::signature);
}

TEST_F(JwtTest, a9_refuses_critical_extensions_and_unencoded_payloads) {
  for (const auto* header :
       {R"({"alg":"ES256","typ":"at+jwt","kid":"k1","crit":["x"],"x":1})", R"({"alg":"ES256","kid":"k1","crit":[]})",
        R"({"alg":"ES256","kid":"k1","crit":"exp"})", R"({"alg":"ES256","kid":"k1","crit":null})",
        R"({"alg":"ES256","kid":"k1","crit":["b64"],"b64":true})", R"({"alg":"ES256","kid":"k1","b64":false})",
        R"({"alg":"ES256","kid":"k1","b64":false,"crit":["b64"]})", R"({"alg":"ES256","kid":"k1","b64":"false"})",
        R"({"alg":"ES256","kid":"k1","b64":0})"})
    EXPECT_EQ(header_rejects(header), Reject::critical) << header;
}

TEST_F(JwtTest, a9_refuses_a_token_whose_signature_or_claims_were_changed) {
  const auto token = signed_under(good_header);
  ASSERT_FALSE(rejects(token));
  const auto input = token.substr(0, token.rfind('.'));
  auto bytes = *base64url_decode(token.substr(token.rfind('.') + 1));
  bytes[40] = static_cast<char>(bytes[40] ^ 1);
  EXPECT_EQ(rejects(input + '.' + base64url(bytes)), Reject::signature);
  const auto other = signed_under(good_header, R"({"iss":"https://as","aud":"https://rs","exp":1800000060,"sub":"b"})");
  EXPECT_EQ(rejects(other.substr(0, other.rfind('.')) + token.substr(token.rfind('.'))), Reject::signature);
}

TEST_F(JwtTest, a10_a_kid_is_compared_and_nothing_else) {
  for (const auto* kid : {"../../../../dev/null", "/proc/self/environ", "k1' OR '1'='1", "k1\\u0000", "K1", "k1 ",
                          "https://attacker.example/jwks.json", "file:///etc/passwd", "|id", "%6b1", ""})
    EXPECT_EQ(header_rejects(R"({"alg":"ES256","typ":"at+jwt","kid":")" + std::string(kid) + "\"}"), Reject::key)
        << kid;
  for (const auto* kid : {"1", "null", "[\"k1\"]", "{}"})
    EXPECT_EQ(header_rejects(R"({"alg":"ES256","typ":"at+jwt","kid":)" + std::string(kid) + "}"), Reject::malformed);
}

TEST_F(JwtTest, a10_keys_carried_by_the_token_are_not_believed) {
  const auto attacker = PrivateKey::generate(Algorithm::ES256);
  const auto own = json::serialize(public_jwk(attacker.public_key(), "k1", Algorithm::ES256));
  for (const auto& member :
       {R"("jwk":)" + own, std::string(R"("jku":"https://attacker.example/jwks")"),
        std::string(R"("x5u":"https://attacker.example/cert")"), std::string(R"("x5c":["AAAA"],"x5t":"AAAA")")}) {
    const auto header = R"({"alg":"ES256","typ":"at+jwt","kid":"k1",)" + member + "}";
    EXPECT_EQ(rejects(sign_with_header(attacker, Algorithm::ES256, header, good_claims)), Reject::signature) << member;
    const auto nameless = R"({"alg":"ES256","typ":"at+jwt",)" + member + "}";
    EXPECT_EQ(rejects(sign_with_header(attacker, Algorithm::ES256, nameless, good_claims)), Reject::signature);
    EXPECT_FALSE(header_rejects(header)) << "ignored, where the right key has signed: " << member;
  }
}

TEST_F(JwtTest, a10_a_token_without_a_kid_needs_the_one_key_that_fits) {
  constexpr std::string_view nameless = R"({"alg":"ES256","typ":"at+jwt"})";
  EXPECT_FALSE(header_rejects(nameless));
  keys.add({.kid = "k2", .algorithm = std::nullopt, .key = PrivateKey::generate(Algorithm::ES256).public_key()});
  EXPECT_EQ(header_rejects(nameless), Reject::key);
}

TEST_F(JwtTest, a11_refuses_a_token_of_another_type) {
  for (const auto* type : {"JWT", "dpop+jwt", "logout+jwt", "oauth-id-jag+jwt", "txntoken+jwt", "at", "jwt+at",
                           "token-introspection+jwt", "application/x/at+jwt", "at+jwt ",
                           "application/application/at+jwt"})
    EXPECT_EQ(header_rejects(R"({"alg":"ES256","kid":"k1","typ":")" + std::string(type) + "\"}"), Reject::type) << type;
  EXPECT_EQ(header_rejects(R"({"alg":"ES256","kid":"k1"})"), Reject::type) << "absent";
  for (const auto* type : {"\"\"", "1", "null", "[\"at+jwt\"]", "\"application/\""})
    EXPECT_EQ(header_rejects(R"({"alg":"ES256","kid":"k1","typ":)" + std::string(type) + "}"), Reject::malformed)
        << type;
}

TEST_F(JwtTest, a11_a_type_is_compared_without_case_and_prefix) {
  for (const auto* type : {"at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"})
    EXPECT_FALSE(header_rejects(R"({"alg":"ES256","kid":"k1","typ":")" + std::string(type) + "\"}")) << type;
  expect.types = {"AT+jwt"};
  EXPECT_FALSE(header_rejects(good_header));
  expect.types = {"", "jwt"};
  EXPECT_FALSE(header_rejects(R"({"alg":"ES256","kid":"k1"})"));
  EXPECT_FALSE(header_rejects(R"({"alg":"ES256","kid":"k1","typ":"JWT"})"));
  expect.types = {};
  EXPECT_EQ(header_rejects(good_header), Reject::type) << "none listed, none accepted";
}

TEST_F(JwtTest, a11_a_prefix_is_dropped_only_where_no_other_slash_stands) {
  const auto parts = split(signed_under(R"({"alg":"ES256","typ":"application/x/at+jwt"})"));
  ASSERT_TRUE(parts);
  EXPECT_EQ(parts->header.type, "application/x/at+jwt");
}

TEST_F(JwtTest, a12_refuses_what_two_readers_could_read_two_ways) {
  EXPECT_EQ(header_rejects(R"({"alg":"ES256","alg":"none","typ":"at+jwt","kid":"k1"})"), Reject::malformed);
  EXPECT_EQ(claims_reject(claims_with(R"("exp":1800000060,"sub":"a","sub":"b")")), Reject::malformed);
  EXPECT_EQ(claims_reject(claims_with(R"("exp":1800000060,"sub":"a","\u0073ub":"b")")), Reject::malformed);
  EXPECT_EQ(claims_reject(claims_with("\"exp\":1800000060,\"sub\":\"\xff\"")), Reject::malformed);
  EXPECT_EQ(claims_reject(claims_with(R"("exp":1800000060} {)")), Reject::malformed);
  EXPECT_EQ(claims_reject("[]"), Reject::malformed);
  EXPECT_EQ(claims_reject("\"a text\""), Reject::malformed);
  EXPECT_EQ(claims_reject(""), Reject::malformed);
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_FALSE(claims_reject(claims_with(R"("exp":1800000060,"deep":)" + nested(10))));
  EXPECT_EQ(claims_reject(claims_with(R"("exp":1800000060,"deep":)" + nested(100))), Reject::malformed);
}

TEST_F(JwtTest, a12_refuses_a_second_spelling_of_the_encoding) {
  const auto token = signed_under(good_header);
  const auto dot = token.rfind('.');
  EXPECT_EQ(rejects(token + "=="), Reject::malformed);
  EXPECT_EQ(rejects(token + "\n"), Reject::malformed);
  EXPECT_EQ(rejects(" " + token), Reject::malformed);
  EXPECT_EQ(rejects(token + ".AAAA"), Reject::malformed);
  EXPECT_EQ(rejects(token.substr(0, dot)), Reject::malformed);
  EXPECT_EQ(rejects(token.substr(0, dot) + "=" + token.substr(dot)), Reject::malformed);
  auto stray = token;  // 64 octets leave four bits of the last character unused: they must be zero
  stray.back() = stray.back() == 'A' ? 'B' : static_cast<char>(stray.back() + 1);
  EXPECT_EQ(rejects(stray), Reject::malformed);
  for (const auto* text : {"", ".", "..", "...", "a.b.c", "e30.e30.e30", "{}.{}.x"}) EXPECT_TRUE(rejects(text)) << text;
}

TEST_F(JwtTest, a21_refuses_a_token_above_16_kib) {
  const auto of_size = [](std::size_t pad) {
    return claims_with(R"("exp":1800000060,"pad":")" + std::string(pad, 'x') + "\"");
  };
  EXPECT_FALSE(claims_reject(of_size(12'000)));
  EXPECT_EQ(claims_reject(of_size(12'500)), Reject::malformed);
}

TEST_F(JwtTest, times_are_numbers_and_exp_is_required) {
  EXPECT_EQ(claims_reject(R"({"iss":"https://as","aud":"https://rs"})"), Reject::expired);
  for (const auto* value : {"\"1800000060\"", "null", "true", "[1800000060]", "{}", "-1", "1e300", "253402300800",
                            "18446744073709551615"})
    for (const auto* name : {"exp", "nbf", "iat"}) {
      const auto member = '"' + std::string(name) + "\":" + value;
      const auto claims = name == std::string_view("exp") ? claims_with(member)
                                                          : claims_with("\"exp\":1800000060," + member);
      EXPECT_EQ(claims_reject(claims), Reject::malformed) << claims;
    }
  EXPECT_FALSE(claims_reject(claims_with(R"("exp":1800000060.5,"nbf":1.7999e9,"iat":1799999999.999)")));
}

TEST_F(JwtTest, the_leeway_bounds_exp_nbf_and_iat) {
  expect.leeway = Seconds(10);
  EXPECT_FALSE(claims_reject(claims_with(R"("exp":1799999990.001)")));
  EXPECT_EQ(claims_reject(claims_with(R"("exp":1799999990)")), Reject::expired);
  for (const auto* name : {"nbf", "iat"}) {
    const auto member = ",\"" + std::string(name) + "\":";
    EXPECT_FALSE(claims_reject(claims_with("\"exp\":1800000060" + member + "1800000010")));
    EXPECT_EQ(claims_reject(claims_with("\"exp\":1800000060" + member + "1800000010.001")), Reject::not_yet);
  }
}

TEST_F(JwtTest, refuses_another_issuer) {
  for (const auto* issuer : {"\"https://as/\"", "\"https://AS\"", "\"http://as\"", "\"\""})
    EXPECT_EQ(claims_reject(R"({"aud":"https://rs","exp":1800000060,"iss":)" + std::string(issuer) + "}"),
              Reject::issuer);
  EXPECT_EQ(claims_reject(R"({"aud":"https://rs","exp":1800000060})"), Reject::issuer);
  for (const auto* issuer : {"[\"https://as\"]", "1", "null"})
    EXPECT_EQ(claims_reject(R"({"aud":"https://rs","exp":1800000060,"iss":)" + std::string(issuer) + "}"),
              Reject::malformed);
}

TEST_F(JwtTest, a13_holds_the_audience) {
  for (const auto* good : {R"("https://rs")", R"(["https://rs"])", R"(["https://other","https://rs"])"})
    EXPECT_FALSE(claims_reject(for_audience(good))) << good;
  for (const auto* bad : {R"("https://rs/")", R"("https://other")", "[]", R"(["https://rs/x"])", R"("")"})
    EXPECT_EQ(claims_reject(for_audience(bad)), Reject::audience) << bad;
  for (const auto* bad : {"1", "null", "{}", R"(["https://rs",1])", R"([["https://rs"]])"})
    EXPECT_EQ(claims_reject(for_audience(bad)), Reject::malformed) << bad;
  EXPECT_EQ(claims_reject(R"({"iss":"https://as","exp":1800000060})"), Reject::audience);
}

TEST_F(JwtTest, a13_a_sole_audience_has_no_company) {
  expect.audience_rule = Expect::Audience::sole;
  EXPECT_FALSE(claims_reject(for_audience(R"("https://rs")")));
  EXPECT_FALSE(claims_reject(for_audience(R"(["https://rs"])")));
  EXPECT_EQ(claims_reject(for_audience(R"(["https://rs","https://other"])")), Reject::audience);
  EXPECT_EQ(claims_reject(for_audience(R"(["https://rs","https://rs"])")), Reject::audience);
}

TEST_F(JwtTest, a_false_signature_is_named_before_any_claim_is_looked_at) {
  const auto stranger = PrivateKey::generate(Algorithm::ES256);
  EXPECT_EQ(rejects(sign_with_header(stranger, Algorithm::ES256, good_header, R"({"exp":1})")), Reject::signature);
}

TEST_F(JwtTest, split_gives_the_parts_as_they_were_sent) {
  const auto token = signed_under(R"({"alg":"ES256","typ":"dpop+jwt","jwk":{"kty":"EC"}})", R"({"jti":"1"})");
  const auto parts = split(token);
  ASSERT_TRUE(parts);
  EXPECT_EQ(std::string(parts->signing_input) + '.' + base64url(parts->signature), token);
  EXPECT_EQ(json_text(*json_member_object(parts->header_members, "jwk"), "kty"), "EC");
  EXPECT_TRUE(key.public_key().verify(parts->header.algorithm, parts->signing_input, parts->signature));
}
