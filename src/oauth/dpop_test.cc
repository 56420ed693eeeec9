// DPoP proofs one rule at a time (RFC 9449 §4.3), the comparison of URLs, and nonces.
#include "oauth/dpop.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "crypto/hash.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "oauth/dpop_nonce.h"

using namespace deputy;
using namespace deputy::oauth;
using crypto::Algorithm;

namespace {

constexpr auto url = "https://id.example/oauth2/token";
const Instant now = from_unix_seconds(1'800'000'000);

const crypto::PrivateKey& key() {
  static const auto one = crypto::PrivateKey::generate(Algorithm::ES256);
  return one;
}

json::object sound_header() {
  return {{"typ", "dpop+jwt"}, {"alg", "ES256"}, {"jwk", jose::public_jwk(key().public_key(), "", Algorithm::ES256)}};
}
json::object sound_claims() {
  return {{"jti", "one"}, {"htm", "POST"}, {"htu", url}, {"iat", unix_seconds(now)}};
}
std::string signed_by_key(const json::object& header, const json::object& claims) {
  return jose::sign_with_header(key(), Algorithm::ES256, json::serialize(header), json::serialize(claims));
}
std::string verdict(std::string_view proof, const ProofOf& of = {.method = "POST", .url = url}) {
  const auto verified = verify_proof(proof, of, now);
  return verified ? "good" : std::string(name_of(verified.error()));
}
std::string with_header(std::string_view name, json::value value) {
  auto header = sound_header();
  header[name] = std::move(value);
  return verdict(signed_by_key(header, sound_claims()));
}
std::string with_claim(std::string_view name, json::value value) {
  auto claims = sound_claims();
  claims[name] = std::move(value);
  return verdict(signed_by_key(sound_header(), claims));
}

}  // namespace

TEST(DpopProof, what_make_proof_makes_verifies_and_gives_the_thumbprint) {
  for (const auto algorithm : {Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256}) {
    const auto holder = crypto::PrivateKey::generate(algorithm);
    const ProofOf of{.method = "GET", .url = url, .access_token = "a.b.c"};
    const auto proof = verify_proof(make_proof(holder, of, "j1", "n1", now), of, now);
    ASSERT_TRUE(proof) << name_of(algorithm);
    EXPECT_EQ(proof->jkt, jose::thumbprint(holder.public_key().parts()));
    EXPECT_EQ(proof->jti, "j1");
    EXPECT_EQ(proof->nonce, "n1");
    EXPECT_EQ(proof->issued_at, now);
  }
}

// RFC 9449 §4.1 and §7.1: the examples of the specification, with the thumbprint of §6.1.
TEST(DpopProof, s4_1_the_specifications_own_examples_verify) {
  constexpr auto at_token_endpoint =
      "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rsc"
      "EJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19"
      ".eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia"
      "WF0IjoxNTYyMjYyNjE2fQ"
      ".2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
  const auto proof = verify_proof(at_token_endpoint, {.method = "POST", .url = "https://server.example.com/token"},
                                  from_unix_seconds(1'562'262'616));
  ASSERT_TRUE(proof) << name_of(proof.error());
  EXPECT_EQ(proof->jkt, "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
}

TEST(DpopProof, s4_3_3_every_claim_is_required_and_of_its_type) {
  EXPECT_EQ(verdict(signed_by_key(sound_header(), sound_claims())), "good");
  for (const auto* name : {"jti", "htm", "htu", "iat"}) {
    auto claims = sound_claims();
    claims.erase(name);
    EXPECT_EQ(verdict(signed_by_key(sound_header(), claims)), "malformed") << name;
    EXPECT_EQ(with_claim(name, json::array{}), "malformed") << name;
  }
  EXPECT_EQ(with_claim("jti", ""), "malformed");
  EXPECT_EQ(with_claim("jti", json::string(257, 'j')), "malformed");
  EXPECT_EQ(with_claim("iat", 1e300), "malformed");
  EXPECT_EQ(with_claim("iat", -1), "malformed");
  EXPECT_EQ(with_claim("iat", 1'800'000'000.5), "good");
  EXPECT_EQ(verdict(""), "malformed");
  EXPECT_EQ(verdict("a.b.c"), "malformed");
  EXPECT_EQ(verdict(std::string(9'000, 'a')), "malformed");
}

TEST(DpopProof, s4_3_4_the_type_is_dpop_jwt) {
  for (const auto* type : {"JWT", "at+jwt", "dpop"}) EXPECT_EQ(with_header("typ", type), "type") << type;
  auto header = sound_header();
  header.erase("typ");
  EXPECT_EQ(verdict(signed_by_key(header, sound_claims())), "type");
}

TEST(DpopProof, a9_the_algorithm_is_an_asymmetric_one_and_the_keys) {
  for (const auto* algorithm : {"none", "HS256", "ES256K", "ES384"})
    EXPECT_EQ(with_header("alg", algorithm), "malformed") << algorithm;
  auto header = sound_header();
  header.at("jwk").as_object().erase("alg");
  for (const auto* algorithm : {"EdDSA", "RS256"}) {
    EXPECT_EQ(with_header("alg", algorithm), "key") << "the jwk says what it is for";
    header["alg"] = algorithm;
    EXPECT_EQ(verdict(signed_by_key(header, sound_claims())), "signature") << algorithm;
  }
}

TEST(DpopProof, a9_rfc7517_s4_2_a_key_for_another_use_or_algorithm_is_refused) {
  const auto with = [](const char* name, const json::value& value) {
    auto jwk = sound_header().at("jwk").as_object();
    jwk[name] = value;
    return with_header("jwk", jwk);
  };
  for (const json::value& use : {json::value("enc"), json::value(""), json::value(nullptr), json::value(1)})
    EXPECT_EQ(with("use", use), "key") << use;
  for (const json::value& alg : {json::value("ES384"), json::value("RS256"), json::value("ECDH-ES"), json::value(256)})
    EXPECT_EQ(with("alg", alg), "key") << alg;
  EXPECT_EQ(with("use", "sig"), "good");
  EXPECT_EQ(with("key_ops", json::array{"sign"}), "good") << "of the private half, as some export it";
}

TEST(DpopProof, a18_a_private_or_symmetric_jwk_is_refused) {
  auto jwk = sound_header().at("jwk").as_object();
  for (const auto* name : {"d", "k", "p", "oth"}) {
    auto leaked = jwk;
    leaked[name] = "AAAA";
    EXPECT_EQ(with_header("jwk", leaked), "key") << name;
  }
  EXPECT_EQ(with_header("jwk", json::parse(key().to_jwk())), "key");
  EXPECT_EQ(with_header("jwk", json::object{{"kty", "oct"}, {"k", "AAAA"}}), "key");
  EXPECT_EQ(with_header("jwk", "text"), "key");
  auto header = sound_header();
  header.erase("jwk");
  EXPECT_EQ(verdict(signed_by_key(header, sound_claims())), "key");
}

TEST(DpopProof, s4_3_6_is_signed_by_the_key_in_it) {
  const auto other = crypto::PrivateKey::generate(Algorithm::ES256);
  EXPECT_EQ(with_header("jwk", jose::public_jwk(other.public_key(), "", Algorithm::ES256)), "signature");
  auto proof = signed_by_key(sound_header(), sound_claims());
  auto& letter = proof[proof.rfind('.') + 9];
  letter = letter == 'A' ? 'B' : 'A';
  EXPECT_EQ(verdict(proof), "signature");
}

TEST(DpopProof, a18_another_method_or_url_is_refused) {
  const auto proof = signed_by_key(sound_header(), sound_claims());
  EXPECT_EQ(verdict(proof, {.method = "GET", .url = url}), "method");
  EXPECT_EQ(verdict(proof, {.method = "post", .url = url}), "method");
  for (const auto* other : {"https://id.example/oauth2/revoke", "https://id.example/oauth2/token/",
                            "https://id.example/OAUTH2/token", "http://id.example/oauth2/token",
                            "https://id.example:444/oauth2/token", "https://id.example.org/oauth2/token",
                            "https://a@id.example/oauth2/token", "https://id.example/oauth2%2Ftoken",
                            "https://id.example/oauth2/x/../token", "/oauth2/token", ""})
    EXPECT_EQ(with_claim("htu", other), "url") << other;
}

TEST(DpopProof, s4_3_9_spelling_query_and_fragment_do_not_count) {
  for (const auto* same : {"HTTPS://ID.Example/oauth2/token", "https://id.example:443/oauth2/token",
                           "https://id.example:/oauth2/token", "https://id.example/oauth2/token?a=b#c"})
    EXPECT_EQ(with_claim("htu", same), "good") << same;
  EXPECT_TRUE(same_htu("http://127.0.0.1:80", "http://127.0.0.1/"));
  EXPECT_FALSE(same_htu("http://127.0.0.1:443/", "http://127.0.0.1/"));
  EXPECT_FALSE(same_htu("ftp://h/", "ftp://H/"));
  EXPECT_FALSE(same_htu("https://h/a%2Fb", "https://h/a/b"));  // RFC 3986 §2.2: a reserved character is data there
}

TEST(DpopProof, a18_a_proof_of_another_time_is_refused) {
  const auto at = [](std::int64_t offset) { return with_claim("iat", unix_seconds(now) + offset); };
  EXPECT_EQ(at(-300), "good");
  EXPECT_EQ(at(-301), "time");
  EXPECT_EQ(at(60), "good");
  EXPECT_EQ(at(61), "time");
}

TEST(DpopProof, a18_a_proof_that_is_over_or_not_yet_good_by_its_own_word_is_refused) {
  const auto at = [](const char* name, std::int64_t offset) { return with_claim(name, unix_seconds(now) + offset); };
  EXPECT_EQ(at("exp", 30), "good");
  EXPECT_EQ(at("exp", -59), "good") << "its clock may be behind";
  EXPECT_EQ(at("exp", -60), "time");
  EXPECT_EQ(at("nbf", -30), "good");
  EXPECT_EQ(at("nbf", 60), "good") << "its clock may be ahead";
  EXPECT_EQ(at("nbf", 61), "time");
  for (const auto* name : {"exp", "nbf"})
    for (const json::value& bad : {json::value("soon"), json::value(nullptr), json::value(1e300), json::value(-1),
                                   json::value(json::array{}), json::value(true)})
      EXPECT_EQ(with_claim(name, bad), "malformed") << name << " " << json::serialize(bad);
}

TEST(DpopProof, a18_ath_is_the_hash_of_the_token_it_is_sent_with) {
  const auto of = [](std::string_view token) {
    return ProofOf{.method = "POST", .url = url, .access_token = token};
  };
  const auto proof = make_proof(key(), of("mine"), "j", "", now);
  EXPECT_EQ(verdict(proof, of("mine")), "good");
  EXPECT_EQ(verdict(proof, of("another's")), "token");
  EXPECT_EQ(verdict(signed_by_key(sound_header(), sound_claims()), of("mine")), "token");
}

TEST(DpopProof, a_thumbprint_is_32_octets_of_base64url) {
  EXPECT_TRUE(is_thumbprint("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"));
  for (const auto* text : {"", "0ZcO", "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=",
                           "0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I"})
    EXPECT_FALSE(is_thumbprint(text)) << text;
}

TEST(DpopNonces, are_good_for_their_step_and_the_next_in_their_tenant) {
  const DpopNonces nonces(Secret(std::string(32, 'k')));
  const auto nonce = nonces.current("default", now);
  EXPECT_TRUE(nonces.accepts(nonce, "default", now));
  EXPECT_EQ(nonces.current("default", now), nonce);
  const auto step = unix_seconds(now) % DpopNonces::step.count();
  const Instant begin = now - Seconds(step);
  EXPECT_TRUE(nonces.accepts(nonce, "default", begin + 2 * DpopNonces::step - Seconds(1)));
  EXPECT_FALSE(nonces.accepts(nonce, "default", begin + 2 * DpopNonces::step));
  EXPECT_FALSE(nonces.accepts(nonce, "default", begin - Seconds(1)));  // nobody could have been given it yet
  EXPECT_FALSE(nonces.accepts(nonce, "acme", now));
  EXPECT_FALSE(nonces.accepts("", "default", now));
  EXPECT_FALSE(DpopNonces(Secret(std::string(32, 'l'))).accepts(nonce, "default", now));
}
