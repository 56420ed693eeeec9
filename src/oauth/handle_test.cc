// Handles: their form, their order, and the key they are kept under.
#include "oauth/handle.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace deputy::oauth {
namespace {

const Instant then = from_unix_millis(1'700'000'000'000);

TEST(Handle, has_a_prefix_its_instant_and_256_random_bits) {
  SystemRandom random;
  const auto handle = make_handle(code_prefix, then, random);
  ASSERT_EQ(handle.size(), 4u + 9u + 43u);
  EXPECT_TRUE(handle.starts_with("dac_"));
  EXPECT_EQ(handle.substr(0, 13), make_handle(code_prefix, then, random).substr(0, 13));
  EXPECT_NE(handle, make_handle(code_prefix, then, random));
  EXPECT_EQ(base64url_decode(handle.substr(13))->size(), 32u);
}

TEST(Handle, keys_sort_by_when_the_handle_was_made) {
  SystemRandom random;
  const auto earlier = handle_key(make_handle(refresh_prefix, then, random));
  EXPECT_LT(earlier, handle_key(make_handle(refresh_prefix, then + std::chrono::milliseconds(1), random)));
  EXPECT_LT(earlier, handle_key(make_handle(refresh_prefix, then + std::chrono::days(40'000), random)));
}

TEST(Handle, key_hashes_all_of_it) {
  SystemRandom random;
  const auto handle = make_handle(opaque_token_prefix, then, random);
  EXPECT_EQ(handle_key(handle).find(handle.substr(13)), std::string::npos);
  for (std::size_t i = 0; i < handle.size(); ++i) {
    auto other = handle;
    other[i] = other[i] == 'a' ? 'b' : 'a';
    EXPECT_NE(handle_key(other).substr(9), handle_key(handle).substr(9)) << i;
  }
}

TEST(Handle, key_of_what_is_no_handle_is_a_key_nothing_is_kept_under) {
  for (const std::string_view text : {"", "d", "dac_", "dac_forged", "\xff\xff\xff\xff\xff"})
    EXPECT_FALSE(handle_key(text).empty()) << text.size();
}

}  // namespace
}  // namespace deputy::oauth
