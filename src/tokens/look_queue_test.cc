// What is looked at next: in order, within bounds, and no tenant's sessions again and again.
#include "tokens/look_queue.h"

#include <gtest/gtest.h>

namespace deputy::tokens {
namespace {

using Ids = std::vector<std::string>;

TEST(LookQueue, sessions_that_were_passed_over_are_before_what_came_since) {
  LookQueue queue(10, 2);
  EXPECT_TRUE(queue.add("new"));
  EXPECT_TRUE(queue.pass_over("a", "older"));
  EXPECT_TRUE(queue.pass_over("a", "old"));
  EXPECT_EQ(queue.take(), (Ids{"older", "old", "new"}));
  EXPECT_TRUE(queue.empty());
}

TEST(LookQueue, a42_of_a_tenants_many_sessions_one_look_reads_its_share_and_no_more) {
  LookQueue queue(10, 2);
  for (const auto* id : {"1", "2", "3", "4", "5"}) EXPECT_TRUE(queue.pass_over("a", id));
  EXPECT_TRUE(queue.pass_over("b", "6"));
  EXPECT_EQ(queue.take(), (Ids{"1", "2", "6"}));
  EXPECT_EQ(queue.take(), (Ids{"3", "4"}));
  EXPECT_EQ(queue.take(), (Ids{"5"}));
  EXPECT_TRUE(queue.empty());
}

TEST(LookQueue, a42_no_more_than_its_bound_waits_in_it) {
  LookQueue queue(3, 1);
  EXPECT_TRUE(queue.add("1"));
  EXPECT_TRUE(queue.pass_over("a", "2"));
  EXPECT_TRUE(queue.pass_over("a", "3"));
  EXPECT_FALSE(queue.pass_over("a", "4"));
  EXPECT_FALSE(queue.add("5"));
  EXPECT_EQ(queue.take(), (Ids{"2", "1"}));
  EXPECT_TRUE(queue.add("5"));
  EXPECT_TRUE(queue.forget_passed_over());
  EXPECT_FALSE(queue.forget_passed_over());
  EXPECT_EQ(queue.take(), Ids{"5"}) << "what was committed is looked at";
}

TEST(LookQueue, a42_looks_at_very_much_have_a_tenth_of_the_time) {
  EXPECT_EQ(look_pause(Millis(3), Millis(1000)), Millis(1000));
  EXPECT_EQ(look_pause(Millis(2000), Millis(1000)), Millis(18'000));
  EXPECT_EQ(look_pause(std::chrono::days(365), Millis(1000)), Millis(60'000));
  EXPECT_EQ(look_pause(-std::chrono::days(365), Millis(1000)), Millis(1000));
}

}  // namespace
}  // namespace deputy::tokens
