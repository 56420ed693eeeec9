// What is sealed opens only as what it was sealed as, under its key, unchanged.
#include "crypto/seal.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

using namespace deputy;
using namespace deputy::crypto;

namespace {
struct SealTest : testing::Test {
  SystemRandom random;
  SealKey key = std::move(SealKey::from_text(SealKey::generate_text(random))).take();
};
}  // namespace

TEST_F(SealTest, opens_what_it_sealed) {
  for (const auto* plain : {"", "a", "a signing key"}) {
    const auto sealed = key.seal(Secret(plain), "tenant/keys", random);
    const auto opened = key.open(sealed, "tenant/keys");
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->reveal(), plain);
  }
}

TEST_F(SealTest, refuses_another_context) {
  const auto sealed = key.seal(Secret("a signing key"), "tenant/keys", random);
  for (const auto* context : {"", "tenant/key", "tenant/keys2", "other/keys"}) {
    const auto opened = key.open(sealed, context);
    ASSERT_FALSE(opened) << context;
    EXPECT_EQ(opened.error().kind, Fault::Kind::corrupt);
  }
}

TEST_F(SealTest, refuses_any_changed_byte_and_any_shorter_text) {
  const auto sealed = key.seal(Secret("a signing key"), "c", random);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 0x01);
    EXPECT_FALSE(key.open(changed, "c")) << i;
    EXPECT_FALSE(key.open(sealed.substr(0, i), "c")) << i;
  }
  EXPECT_FALSE(key.open(sealed + '\0', "c"));
}

TEST_F(SealTest, refuses_another_key) {
  const auto other = std::move(SealKey::from_text(SealKey::generate_text(random))).take();
  EXPECT_FALSE(other.open(key.seal(Secret("x"), "c", random), "c"));
}

TEST_F(SealTest, seals_the_same_thing_differently_each_time) {
  EXPECT_NE(key.seal(Secret("x"), "c", random), key.seal(Secret("x"), "c", random));
}

TEST_F(SealTest, derives_one_key_a_purpose) {
  EXPECT_EQ(key.derive("refresh").reveal().size(), 32u);
  EXPECT_TRUE(key.derive("refresh").same_as(key.derive("refresh").reveal()));
  EXPECT_FALSE(key.derive("refresh").same_as(key.derive("codes").reveal()));
}

TEST_F(SealTest, reads_a_key_from_a_line_and_refuses_any_other_size) {
  const std::string text(43, 'A');
  EXPECT_TRUE(SealKey::from_text(text));
  EXPECT_TRUE(SealKey::from_text(text + "\n"));
  EXPECT_TRUE(SealKey::from_text(text + "\r\n"));
  for (const auto& bad :
       {std::string(), text + "A", std::string(42, 'A'), text + "=", text + "\n\n", text.substr(1) + "+"})
    EXPECT_FALSE(SealKey::from_text(bad)) << bad;
}
