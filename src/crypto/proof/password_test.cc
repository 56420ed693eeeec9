// Argon2id hashes of passwords, and SHA-1 where protocols prescribe it.
#include "crypto/proof/password.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/proof/sha1.h"

namespace deputy::crypto {
namespace {

constexpr PasswordCost cheap{.memory_kib = 8, .passes = 1};

TEST(Password, matches_itself_and_nothing_else) {
  const auto hash = hash_password("correct horse", cheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(password_matches("correct horse", *hash));
  EXPECT_FALSE(password_matches("correct horsf", *hash));
  EXPECT_FALSE(password_matches("", *hash));
}

TEST(Password, is_argon2id_with_a_salt_of_its_own) {
  const auto one = hash_password("same", cheap), other = hash_password("same", cheap);
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(one->starts_with("$argon2id$v=19$m=8,t=1,p=1$")) << *one;
  EXPECT_NE(*one, *other);
}

TEST(Password, is_outdated_when_the_cost_is_another) {
  const auto hash = hash_password("x", cheap);
  ASSERT_TRUE(hash);
  EXPECT_FALSE(is_outdated(*hash, cheap));
  EXPECT_TRUE(is_outdated(*hash, {.memory_kib = 16, .passes = 1}));
  EXPECT_TRUE(is_outdated(*hash, {.memory_kib = 8, .passes = 2}));
}

TEST(Password, nothing_matches_what_is_no_hash) {
  EXPECT_FALSE(password_matches("x", ""));
  EXPECT_FALSE(password_matches("x", "x"));
  EXPECT_TRUE(is_outdated("x", cheap));
}

TEST(Password, bytes_behind_a_nul_count) {
  const std::string with_nul("a\0b", 3);
  const auto hash = hash_password(with_nul, cheap);
  ASSERT_TRUE(hash);
  EXPECT_FALSE(password_matches(std::string("a\0c", 3), *hash));
  EXPECT_TRUE(password_matches(with_nul, *hash));
}

TEST(Password, the_memory_it_cannot_have_is_said) {
  const auto hash = hash_password("x", {.memory_kib = std::size_t{1} << 40, .passes = 1});
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().kind, Fault::Kind::unavailable);
}

// FIPS 180-4's example, and RFC 2202 §3, test case 2.
TEST(Sha1, gives_the_published_values) {
  EXPECT_EQ(hex(as_text(sha1("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(as_text(hmac_sha1("Jefe", "what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

}  // namespace
}  // namespace deputy::crypto
