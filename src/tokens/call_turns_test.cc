// Turns: what waits for a host that hangs, or for a tenant with many of them, holds up nothing else.
#include "tokens/call_turns.h"

#include <gtest/gtest.h>

namespace deputy::tokens {
namespace {

constexpr CallLimits wide{
    .waiting_max = 100'000, .waiting_of_tenant_max = 10'000, .waiting_of_host_max = 1000, .calls_of_tenant_max = 2};

std::string next(CallTurns& turns) {
  const auto call = turns.take();
  return call ? call->what : "none";
}

TEST(CallTurnsTest, a_host_is_called_once_at_a_time_whichever_tenants_ask) {
  CallTurns turns(wide);
  turns.add("a", "h", "a1");
  turns.add("a", "h", "a2");
  turns.add("b", "h", "b1");
  const auto call = turns.take();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->what, "a1");
  EXPECT_EQ(next(turns), "none");
  turns.add("c", "other", "c1");
  EXPECT_EQ(next(turns), "c1");
  turns.done(*call);
  EXPECT_EQ(next(turns), "b1") << "whoever was passed over kept the place";
  EXPECT_EQ(next(turns), "none");
  EXPECT_EQ(turns.waiting(), 1u);
}

TEST(CallTurnsTest, the_hosts_of_a_tenant_take_turns) {
  CallTurns turns(wide);
  for (const auto* what : {"g1", "g2", "g3"}) turns.add("a", "g", what);
  turns.add("a", "h", "h1");
  std::vector<std::string> order;
  while (const auto call = turns.take()) {
    order.push_back(call->what);
    turns.done(*call);
  }
  EXPECT_EQ(order, (std::vector<std::string>{"g1", "h1", "g2", "g3"}));
  EXPECT_TRUE(turns.at_rest());
}

TEST(CallTurnsTest, a_thousand_hosts_of_a_tenant_have_two_calls_at_a_time_and_the_next_is_anothers) {
  CallTurns turns(wide);
  for (int i = 0; i < 1000; ++i) turns.add("many", "host" + std::to_string(i), "many");
  const auto one = turns.take(), two = turns.take();
  ASSERT_TRUE(one && two);
  EXPECT_EQ(next(turns), "none");
  turns.add("few", "host0", "few, where it is called for the other");
  EXPECT_EQ(next(turns), "none");
  turns.add("few", "host", "few");
  EXPECT_EQ(next(turns), "few");
  turns.done(*one);
  EXPECT_EQ(next(turns), "many") << "it was passed over, and now is behind";
  EXPECT_EQ(next(turns), "few, where it is called for the other");
  turns.done(*two);
  EXPECT_FALSE(turns.at_rest());
}

TEST(CallTurnsTest, what_waits_is_bounded_for_a_host_a_tenant_and_all) {
  CallTurns turns({.waiting_max = 4, .waiting_of_tenant_max = 3, .waiting_of_host_max = 2, .calls_of_tenant_max = 1});
  EXPECT_TRUE(turns.add("a", "g", "1"));
  EXPECT_TRUE(turns.add("a", "g", "2"));
  EXPECT_FALSE(turns.add("a", "g", "3"));
  EXPECT_TRUE(turns.add("a", "h", "3"));
  EXPECT_FALSE(turns.add("a", "i", "4"));
  EXPECT_FALSE(turns.has_room("a"));
  EXPECT_TRUE(turns.has_room("b"));
  EXPECT_TRUE(turns.add("b", "g", "4")) << "what waits there for the other tenant does not count";
  EXPECT_FALSE(turns.add("c", "g", "5"));
  EXPECT_EQ(turns.waiting(), 4u);
  EXPECT_EQ(next(turns), "1");
  EXPECT_TRUE(turns.add("c", "g", "5"));
}

TEST(CallTurnsTest, a_host_is_its_name_whatever_else_a_uri_has) {
  for (const auto* uri : {"https://a.example", "https://A.example:8443/x?y#z", "https://u:p@a.example/@b", "a.example"})
    EXPECT_EQ(host_of(uri), "a.example") << uri;
  EXPECT_EQ(host_of("https://[2001:DB8::1]:443/x"), "[2001:db8::1");
}

}  // namespace
}  // namespace deputy::tokens
