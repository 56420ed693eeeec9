// Argon2id hashes of passwords, and SHA-1 where protocols prescribe it.
#include "crypto/proof/password.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/proof/memory_limit_test.h"
#include "crypto/proof/sha1.h"

namespace deputy::crypto {
namespace {

constexpr PasswordCost cheap{.memory_kib = 8, .passes = 1};

bool matches(std::string_view password, const std::string& hash) {
  const auto same = password_matches(password, hash);
  EXPECT_TRUE(same);
  return same && *same;
}

TEST(Password, matches_itself_and_nothing_else) {
  const auto hash = hash_password("correct horse", cheap);
  ASSERT_TRUE(hash);
  EXPECT_TRUE(matches("correct horse", *hash));
  EXPECT_FALSE(matches("correct horsf", *hash));
  EXPECT_FALSE(matches("", *hash));
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
  EXPECT_FALSE(matches("x", ""));
  EXPECT_FALSE(matches("x", "x"));
  EXPECT_TRUE(is_outdated("x", cheap));
  const auto hash = *hash_password("x", cheap);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
           {"m=8", "m=7"}, {"m=8", "m=99999999999"}, {"t=1", "t=0"}, {"t=1", "t=99999999999"}, {"p=1", "p=2"},
           {"v=19", "v=16"}, {"id$", "i$"}, {"m=8", "m=-8"}, {"m=8,", ""}}) {
    auto other = hash;
    other.replace(other.find(from), from.size(), to);
    EXPECT_FALSE(matches("x", other)) << other;
  }
  EXPECT_FALSE(matches("x", hash + "A"));
  EXPECT_FALSE(matches("x", hash.substr(0, hash.size() - 1)));
  EXPECT_FALSE(matches("x", hash + "$"));
  EXPECT_TRUE(matches("x", hash));
}

TEST(Password, bytes_behind_a_nul_count) {
  const std::string with_nul("a\0b", 3);
  const auto hash = hash_password(with_nul, cheap);
  ASSERT_TRUE(hash);
  EXPECT_FALSE(matches(std::string("a\0c", 3), *hash));
  EXPECT_TRUE(matches(with_nul, *hash));
}

TEST(Password, the_memory_it_cannot_have_is_said) {
  const auto hash = hash_password("x", {.memory_kib = std::size_t{1} << 40, .passes = 1});
  ASSERT_FALSE(hash);
  EXPECT_EQ(hash.error().kind, Fault::Kind::unavailable);
}

TEST(Password, without_memory_nobody_knows_whether_it_matches) {
  auto hash = *hash_password("x", cheap);
  hash.replace(hash.find("m=8"), 3, "m=67108864");
  const MemoryLimit limit;
  const auto same = password_matches("x", hash);
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().kind, Fault::Kind::unavailable);
}

// FIPS 180-4's example, and RFC 2202 §3, test case 2.
TEST(Sha1, gives_the_published_values) {
  EXPECT_EQ(hex(as_text(sha1("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(as_text(hmac_sha1("Jefe", "what do ya want for nothing?"))),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

}  // namespace
}  // namespace deputy::crypto
