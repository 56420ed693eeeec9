// The threads that call: what hangs holds up nothing else, whoever has it hang.
#include <gtest/gtest.h>

#include <future>

#include "tokens/logout_fixture_test.h"

namespace deputy::tokens {
namespace {

// From where the other stands still.
class RunningClock final : public Clock {
 public:
  Instant now() const override {
    return SteppedClock().at + std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - began_);
  }

 private:
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
};

class LogoutThreads : public BackchannelLogoutTest {};

TEST_F(LogoutThreads, a_host_that_hangs_holds_up_no_other) {
  net.hanging = {"https://dead.example"};
  running();
  ended_at("ses_1", {"https://dead.example"});
  ASSERT_TRUE(net.wait_for(1));
  ended_at("ses_2", {"https://a.example"});
  EXPECT_TRUE(net.wait_for(2)) << "of the same tenant";
  ended_at("ses_3", {"https://b.example"}, "other");
  EXPECT_TRUE(net.wait_for(3));
}

TEST_F(LogoutThreads, a_thousand_hosts_of_a_tenant_that_hang_hold_up_no_other_tenant) {
  std::vector<std::string> dead;
  for (int i = 0; i < 1000; ++i) dead.push_back("https://dead" + std::to_string(i) + ".example");
  net.hanging = {dead.begin(), dead.end()};
  running();
  ended_at("ses_1", dead);
  ASSERT_TRUE(net.wait_for(2));
  for (const auto* sid : {"ses_2", "ses_3", "ses_4"})
    ended_at(sid, {"https://a.example", "https://b.example"}, "other");
  ASSERT_TRUE(net.wait_for(8));
  EXPECT_EQ(net.calls("https://a.example"), 3);
  EXPECT_EQ(net.calls("https://b.example"), 3) << "and no third call of the other";
}

TEST_F(LogoutThreads, a_host_is_called_once_at_a_time_whichever_tenants_ask) {
  const std::vector<std::string> slow{"https://slow.example/1", "https://SLOW.example/2", "https://slow.example:8443"};
  net.hanging = {slow.begin(), slow.end()};
  running();
  ended_at("ses_1", slow);
  ASSERT_TRUE(net.wait_for(1));
  ended_at("ses_2", slow, "other");
  ended_at("ses_3", {"https://a.example"}, "other");
  ASSERT_TRUE(net.wait_for(2));
  EXPECT_EQ(net.calls("https://a.example"), 1) << "it was the last to come";
  net.let_go();
  ASSERT_TRUE(net.wait_for(7));
  started->stop();
  EXPECT_EQ(net.most_of_host, 1);
}

TEST_F(LogoutThreads, stop_waits_for_the_calls_under_way_and_for_nothing_else) {
  const std::vector<std::string> slow{"https://slow.example/1", "https://sluggish.example/2"};
  net.hanging = {slow.begin(), slow.end()};
  auto& one = running();
  ended_at("ses_1", slow);
  ASSERT_TRUE(net.wait_for(2));
  ended_at("ses_2", {"https://slow.example/3", "https://sluggish.example/4"});
  auto stopped = std::async(std::launch::async, [&] { one.stop(); });
  EXPECT_EQ(stopped.wait_for(Millis(50)), std::future_status::timeout) << "two calls are under way";
  net.let_go();
  stopped.get();
  const std::lock_guard lock(net.mutex);
  EXPECT_EQ(net.all_under_way, 0);
  EXPECT_EQ(net.called.size(), 2u) << "nothing is begun any more";
  EXPECT_EQ(tellings(), 2u) << "what was called is recorded";
}

TEST_F(LogoutThreads, what_finds_no_room_is_taken_up_when_there_is) {
  const RunningClock moving;
  started = std::make_unique<BackchannelLogout>(
      to_net(), *store, keyring, moving, random,
      LogoutLimits{.waiting_max = 3, .waiting_of_tenant_max = 2, .waiting_of_host_max = 1, .look_gap = Millis(1)});
  for (int i = 0; i < 5; ++i) ended_at("ses_" + std::to_string(i), {"https://a.example", "https://b.example"});
  started->start();
  EXPECT_TRUE(net.wait_for(10));
  started->stop();
}

// The clock stands still: what has no room is not looked at again.
TEST_F(LogoutThreads, a42_what_is_committed_is_looked_at_and_nothing_else_that_is_due) {
  const std::string slow = "https://slow.example";
  net.hanging = {slow};
  running({.waiting_of_host_max = 1});
  ended_at("ses_1", {slow});
  ASSERT_TRUE(net.wait_for(1));
  ended_at("ses_2", {slow});
  ended_at("ses_3", {slow});
  ended_at("ses_4", {"https://a.example"});
  ASSERT_TRUE(net.wait_for(2)) << "by now one of those two waits, and one has no room";
  net.let_go();
  ASSERT_TRUE(net.wait_for(3));
  ended_at("ses_5", {"https://b.example"});
  ASSERT_TRUE(net.wait_for(4));
  started->stop();
  EXPECT_EQ(net.calls(slow), 2);
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(LogoutThreads, of_many_sessions_that_end_at_once_those_that_are_passed_over_are_looked_at_next) {
  started = node(to_net(), {.sessions_of_tenant_max = 1});
  for (int i = 0; i < 5; ++i) ended_at("ses_" + std::to_string(i), {"https://a.example"});
  started->start();
  EXPECT_TRUE(net.wait_for(5)) << "in one moment of the clock";
  started->stop();
}

TEST_F(LogoutThreads, of_two_nodes_with_threads_each_client_is_told_by_one) {
  running();
  const auto other = node(to_net());
  other->start();
  for (int i = 0; i < 20; ++i) ended_at("ses_" + std::to_string(i), {"https://a.example", "https://b.example"});
  ASSERT_TRUE(net.wait_for(40));
  started->stop();
  other->stop();
  EXPECT_EQ(net.called.size(), 40u);
  EXPECT_EQ(tellings(), 40u);
  EXPECT_EQ(waiting(), 0u);
}

}  // namespace
}  // namespace deputy::tokens
