// RFC 7636: the form of a verifier, the example of its appendix B, and what does not verify.
#include "oauth/pkce.h"

#include <gtest/gtest.h>

using namespace deputy::oauth;

TEST(Pkce, appendix_b) {
  const std::string verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  EXPECT_EQ(code_challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  EXPECT_TRUE(verifies(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
  EXPECT_FALSE(verifies(verifier + "x", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
  EXPECT_FALSE(verifies(verifier, verifier)) << "plain";
}

TEST(Pkce, s4_1_a_verifier_has_43_to_128_unreserved_characters) {
  EXPECT_TRUE(is_code_verifier(std::string(43, 'a')));
  EXPECT_TRUE(is_code_verifier(std::string(128, '~')));
  EXPECT_FALSE(is_code_verifier(std::string(42, 'a')));
  EXPECT_FALSE(is_code_verifier(std::string(129, 'a')));
  EXPECT_FALSE(is_code_verifier(std::string(43, '+')));
  EXPECT_FALSE(verifies(std::string(42, 'a'), code_challenge_of(std::string(42, 'a'))));
}

TEST(Pkce, s4_2_a_challenge_is_32_bytes_of_base64url) {
  EXPECT_TRUE(is_code_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"));
  EXPECT_FALSE(is_code_challenge(""));
  EXPECT_FALSE(is_code_challenge("short"));
  EXPECT_FALSE(is_code_challenge("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="));
  EXPECT_FALSE(is_code_challenge(std::string(128, 'a')));
}
