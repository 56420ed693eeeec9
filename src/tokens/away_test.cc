// What is remembered of who is away: until an instant, each tenant's for itself, and not without end.
#include "tokens/away.h"

#include <gtest/gtest.h>

namespace deputy::tokens {
namespace {

constexpr auto now = from_unix_seconds(1'800'000'000);

TEST(AwayTest, is_until_an_instant_or_forgotten_and_each_tenants_own) {
  Away away(10);
  away.note("a", "h", now);
  EXPECT_EQ(away.until("a", "h", now), now + Seconds(30));
  EXPECT_FALSE(away.until("a", "h", now + Seconds(30)));
  EXPECT_FALSE(away.until("b", "h", now));
  EXPECT_FALSE(away.until("a", "g", now));
  away.note("a", "h", now + Seconds(20));
  EXPECT_EQ(away.until("a", "h", now + Seconds(20)), now + Seconds(50));
  away.forget("b", "h");
  EXPECT_TRUE(away.until("a", "h", now + Seconds(20)));
  away.forget("a", "h");
  EXPECT_FALSE(away.until("a", "h", now));
  EXPECT_EQ(away.size(), 0u);
}

TEST(AwayTest, a_tenant_with_a_thousand_names_takes_no_room_of_anothers) {
  Away away(10);
  for (int i = 0; i < 1000; ++i) away.note("many", std::to_string(i), now);
  EXPECT_EQ(away.size(), 10u);
  away.note("many", "0", now + Seconds(30));
  EXPECT_EQ(away.until("many", "0", now + Seconds(30)), now + Seconds(60))
      << "of one that is known there may be more to know";
  away.note("few", "h", now);
  EXPECT_TRUE(away.until("few", "h", now));
}

TEST(AwayTest, what_is_over_is_swept) {
  Away away(1);
  away.note("a", "g", now);
  away.note("b", "g", now + Seconds(1));
  away.sweep(now + Seconds(30));
  EXPECT_EQ(away.size(), 1u);
  EXPECT_TRUE(away.until("b", "g", now + Seconds(30)));
  away.note("a", "h", now + Seconds(30));
  EXPECT_TRUE(away.until("a", "h", now + Seconds(30)));
}

TEST(AwayTest, what_a_clock_that_was_ahead_said_is_not_believed) {
  Away away(1);
  away.note("a", "h", now + Seconds(86'400));
  EXPECT_FALSE(away.until("a", "h", now));
}

}  // namespace
}  // namespace deputy::tokens
