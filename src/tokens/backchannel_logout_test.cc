// Two nodes on one store: each client is told once, and nobody waits for a client, or a host, that is away.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <map>

#include "tokens/logout_fixture_test.h"

using namespace deputy;
using namespace deputy::tokens;

TEST_F(BackchannelLogoutTest, of_two_nodes_one_tells_a_client) {
  client(first);
  ended("ses_1", {first});
  int told = 0;
  const auto other = node([&](const std::string&, const std::string&) -> Result<int, Fault> { return ++told, 200; });
  const auto one = node([&](const std::string&, const std::string&) -> Result<int, Fault> {
    other->deliver_due();  // while the first is at it
    return ++told, 200;
  });
  one->deliver_due();
  other->deliver_due();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(BackchannelLogoutTest, what_a_node_that_died_had_claimed_is_told_by_another) {
  client(first);
  ended("ses_1", {first});
  struct Died {};
  const auto one = node([](const std::string&, const std::string&) -> Result<int, Fault> { throw Died(); });
  EXPECT_THROW(one->deliver_due(), Died);
  int told = 0;
  const auto other = node([&](const std::string&, const std::string&) -> Result<int, Fault> { return ++told, 200; });
  other->deliver_due();
  EXPECT_EQ(told, 0) << "the first may still be at it";
  clock.at += Seconds(60);
  other->deliver_due();
  EXPECT_EQ(told, 1);
}

TEST_F(BackchannelLogoutTest, a_client_that_is_away_is_called_once_a_round_whatever_waits_for_it) {
  client(first);
  client(second);
  for (int i = 0; i < 5; ++i) ended("ses_" + std::to_string(i), {first, second});
  int calls = 0, told = 0;
  const auto one = node([&](const std::string& uri, const std::string&) -> Result<int, Fault> {
    if (uri == "https://" + first) return ++calls, Fail{Fault{Fault::Kind::unavailable, "timed out"}};
    return ++told, 200;
  });
  one->deliver_due();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(told, 5);
  EXPECT_EQ(waiting(), 5u);
}

TEST_F(BackchannelLogoutTest, what_waits_for_a_client_that_stays_away_is_all_given_up_in_one_span) {
  client(first);
  const auto one = node(to_nobody());
  for (int i = 0; i < 20; ++i) ended("ses_" + std::to_string(i), {first});
  for (int minute = 0; minute < 15 * 60; ++minute, clock.at += Seconds(60)) one->deliver_due();
  EXPECT_EQ(waiting(), 20u) << "for most of a day it may come back";
  for (int minute = 0; minute < 2 * 60; ++minute, clock.at += Seconds(60)) one->deliver_due();
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(tellings(), 20u);
}

TEST_F(BackchannelLogoutTest, a_client_that_is_back_is_told_of_what_ends_then_within_a_minute) {
  client(first);
  net.silent = {"https://" + first};
  const auto one = node(to_net());
  ended("ses_1", {first});
  for (int minute = 0; minute < 8 * 60; ++minute, clock.at += Seconds(60)) one->deliver_due();
  net.silent.clear();
  ended("ses_2", {first});
  clock.at += Seconds(60);
  one->deliver_due();
  EXPECT_EQ(tellings(), 1u) << "the older one waits for its turn";
  EXPECT_EQ(waiting(), 1u);
}

TEST_F(BackchannelLogoutTest, what_ended_while_the_clock_was_ahead_is_told_when_it_is_set_back) {
  client(first);
  clock.at += Seconds(86'400);
  ended("ses_1", {first});
  clock.at -= Seconds(86'400);
  const auto one = node(to_net());
  one->deliver_due();
  EXPECT_EQ(tellings(), 1u);
}

TEST_F(BackchannelLogoutTest, what_was_tried_while_the_clock_was_ahead_is_tried_again_when_it_is_set_back) {
  client(first);
  net.silent = {"https://" + first};
  clock.at += Seconds(86'400);
  ended("ses_1", {first});
  node(to_net())->deliver_due();
  clock.at -= Seconds(86'400);
  net.silent.clear();
  node(to_net())->deliver_due();
  EXPECT_EQ(net.calls("https://" + first), 2);
  EXPECT_EQ(tellings(), 1u);
}

// Whatever the record says, it is not read: the queue is as long as clients are away, and is looked at each second.
TEST_F(BackchannelLogoutTest, a42_of_what_is_not_due_yet_nothing_but_the_first_is_looked_at) {
  client(first);
  const auto waits = [&](Seconds due) {
    LogoutDelivery one{.id = make_id("lgd", clock.at, random),
                       .session = {"default", "https://id.example", "usr_alice", "ses_1"},
                       .client = first,
                       .due = clock.at + due};
    auto put = put_delivery(one, clock.at);
    one.due = clock.at;
    put.record.body = put_delivery(one, clock.at).record.body;
    commit({std::move(put)});
  };
  for (int i = 1; i <= 5; ++i) waits(Seconds(60 * i));
  const auto one = node(to_net());
  one->deliver_due();
  EXPECT_EQ(net.called.size(), 0u);
  clock.at += Seconds(120);
  one->deliver_due();
  EXPECT_EQ(net.called.size(), 2u);
  EXPECT_EQ(waiting(), 3u);
}

TEST_F(BackchannelLogoutTest, what_is_due_is_found_page_by_page) {
  client(first);
  net.silent = {"https://" + first};
  const auto one = node(to_net(), {.waiting_of_host_max = 1000});
  for (int i = 0; i < 450; ++i) ended("ses_" + std::to_string(i), {first});
  one->deliver_due();
  EXPECT_EQ(waiting(), 450u);
  net.silent.clear();
  clock.at += Seconds(60);
  one->deliver_due();
  EXPECT_EQ(tellings(), 450u);
  EXPECT_EQ(waiting(), 0u);
}

// The threads do not believe it, as deliver_due() does, before its time is past.
TEST_F(BackchannelLogoutTest, what_waits_when_the_clock_leaps_ahead_is_told_when_the_client_is_back) {
  client(first);
  net.silent = {"https://" + first};
  ended("ses_1", {first});
  auto& one = running({.look_gap = Millis(1)});
  one.set_past(clock.now());
  ASSERT_TRUE(net.wait_for(1));
  one.stop();
  EXPECT_EQ(waiting(), 1u);
  clock.at += std::chrono::days(365);
  auto& other = running({.look_gap = Millis(1)});
  other.set_past(clock.now() - std::chrono::days(365));
  ASSERT_TRUE(net.wait_for(2));
  other.stop();
  EXPECT_EQ(waiting(), 1u) << "it may come back";
  net.silent.clear();
  clock.at -= std::chrono::days(365) - std::chrono::minutes(10);
  node(to_net())->deliver_due();
  EXPECT_EQ(waiting(), 0u);
  EXPECT_EQ(tellings(), 1u);
  EXPECT_EQ(net.calls("https://" + first), 3);
}

TEST_F(BackchannelLogoutTest, a_client_with_a_large_record_is_told) {
  client(first, {{"description", std::string(100'000, 'x')}});
  ended("ses_1", {first});
  int told = 0;
  const auto one = node([&](const std::string&, const std::string&) -> Result<int, Fault> { return ++told, 200; });
  one->deliver_due();
  EXPECT_EQ(told, 1);
}

TEST_F(BackchannelLogoutTest, a42_a_record_that_cannot_be_read_holds_up_nobody_else_and_is_given_up) {
  record(first, "{");
  client(second);
  ended("ses_1", {first, second});
  ended("ses_2", {second});
  std::vector<std::string> told;
  const auto one = node([&](const std::string& uri, const std::string&) -> Result<int, Fault> {
    told.push_back(uri);
    return 200;
  });
  one->deliver_due();
  EXPECT_EQ(told, (std::vector<std::string>(2, "https://" + second)));
  EXPECT_EQ(waiting(), 1u) << "it may be mended yet";
  for (int hour = 0; hour < 48; ++hour, clock.at += Seconds(3600)) one->deliver_due();
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(BackchannelLogoutTest, what_is_to_be_told_outlives_the_process_on_disk) {
  std::string folder = testing::TempDir() + "logout-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const store::SqliteConfig config{.file = folder + "/deputy.db"};
  const auto open = [&] {
    store.reset();
    auto opened = store::open_sqlite_store(config);
    ASSERT_TRUE(opened);
    store = std::move(opened).take();
  };
  open();
  client(first);
  ended("ses_1", {first});
  open();  // as after a restart
  Keyring keys(*store, seal, clock, random, {});
  commit(keys.first_keys("default"));
  std::string told;
  const auto one = std::make_unique<BackchannelLogout>(
      [&](const std::string& uri, const std::string&) -> Result<int, Fault> {
        told = uri;
        return 200;
      },
      *store, keys, clock, random);
  one->deliver_due();
  EXPECT_EQ(told, "https://" + first);
  EXPECT_EQ(waiting(), 0u);
  std::filesystem::remove_all(folder);
}

// As on a full disk: nothing can be committed.
TEST_F(BackchannelLogoutTest, a42_where_nothing_can_be_recorded_a_tenants_sessions_do_not_go_round_at_once) {
  std::string folder = testing::TempDir() + "logout-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto open = [&](store::SqliteConfig config) {
    config.file = folder + "/deputy.db";
    store.reset();
    auto opened = store::open_sqlite_store(config);
    ASSERT_TRUE(opened);
    store = std::move(opened).take();
  };
  open({});
  client(first);
  for (const auto* sid : {"ses_1", "ses_2", "ses_3"}) ended(sid, {first});
  open({.queue_max = 0});
  testing::internal::CaptureStderr();
  node(to_net(), {.sessions_of_tenant_max = 1})->deliver_due();
  const auto said = testing::internal::GetCapturedStderr();
  std::size_t failed = 0;
  for (auto at = said.find("backchannel_logout_failed"); at != std::string::npos;
       at = said.find("backchannel_logout_failed", at + 1))
    ++failed;
  EXPECT_EQ(failed, 2u) << "one in each look: " << said;
  EXPECT_EQ(waiting(), 3u);
  std::filesystem::remove_all(folder);
}

TEST_F(BackchannelLogoutTest, the_thread_tells_of_what_is_committed) {
  client(first);
  std::promise<std::string> told;
  const auto one = node([&](const std::string& uri, const std::string&) -> Result<int, Fault> {
    told.set_value(uri);
    return 200;
  });
  one->start();
  ended("ses_1", {first});
  EXPECT_EQ(told.get_future().get(), "https://" + first);
}

TEST_F(BackchannelLogoutTest, what_is_due_at_a_host_that_is_away_is_postponed_without_a_call) {
  const std::string one_uri = "https://dead.example/1", other_uri = "https://DEAD.example:8443/2";
  net.silent = {one_uri, other_uri};
  const auto one = node(to_net());
  ended_at("ses_1", {one_uri, other_uri, "https://a.example"});
  std::vector<std::ptrdiff_t> calls;
  for (int round = 0; round < 3; ++round, clock.at += Seconds(30)) {
    one->deliver_due();
    one->deliver_due();
    calls.push_back(net.calls(one_uri) + net.calls(other_uri));
  }
  EXPECT_EQ(calls, (std::vector<std::ptrdiff_t>{1, 2, 3}));
  EXPECT_EQ(std::min(net.calls(one_uri), net.calls(other_uri)), 1) << "each had its turn";
  EXPECT_EQ(net.calls("https://a.example"), 1);
  EXPECT_EQ(waiting(), 2u);
}

TEST_F(BackchannelLogoutTest, a_client_that_answers_otherwise_keeps_nobody_from_its_host) {
  client(first, {{"backchannel_logout_uri", "https://shared.example/1"}});
  client(second, {{"backchannel_logout_uri", "https://shared.example/2"}});
  ended("ses_1", {first, second});
  ended("ses_2", {first, second});
  std::map<std::string, int> calls;
  const auto one = node([&](const std::string& uri, const std::string&) -> Result<int, Fault> {
    ++calls[uri];
    return uri.ends_with("/1") ? 503 : 200;
  });
  one->deliver_due();
  EXPECT_EQ(calls, (std::map<std::string, int>{{"https://shared.example/1", 1}, {"https://shared.example/2", 2}}));
}

TEST_F(BackchannelLogoutTest, what_a_tenant_does_at_a_host_keeps_no_other_tenant_from_it) {
  net.silent = {"https://shared.example:9"};
  const auto one = node(to_net());
  ended_at("ses_1", {"https://shared.example:9"});
  one->deliver_due();
  ended_at("ses_2", {"https://shared.example/logout"}, "other");
  ended_at("ses_3", {"https://shared.example/logout"});
  one->deliver_due();
  EXPECT_EQ(tellings("other"), 1u);
  EXPECT_EQ(tellings(), 0u);
}

TEST_F(BackchannelLogoutTest, what_finds_no_room_waits_in_the_store) {
  const LogoutLimits tight{.waiting_max = 3, .waiting_of_tenant_max = 2, .waiting_of_host_max = 1};
  const auto one = node(to_net(), tight);
  for (int i = 0; i < 5; ++i) ended_at("ses_" + std::to_string(i), {"https://a.example", "https://b.example"});
  ended_at("ses_9", {"https://a.example"}, "other");
  one->deliver_due();
  EXPECT_EQ(net.called.size(), 11u);
  EXPECT_EQ(waiting(), 0u);
}

TEST_F(BackchannelLogoutTest, a_tenant_that_ends_many_sessions_is_not_looked_through_before_others_are_told) {
  for (const auto* sid : {"ses_1", "ses_2", "ses_3"}) ended_at(sid, {"https://a.example"});
  ended_at("ses_4", {"https://b.example"}, "other");
  std::size_t to_be_found = 0;
  const auto one = node(
      [&](const std::string& uri, const std::string&) -> Result<int, Fault> {
        const auto records = *store->list(deliveries_tenant, store::Kind::logout_delivery, {});
        if (uri == "https://b.example")
          to_be_found = std::count_if(records.begin(), records.end(),
                                      [](const auto& record) { return read_delivery(record)->client.empty(); });
        return net.post(uri);
      },
      {.sessions_of_tenant_max = 1});
  one->deliver_due();
  EXPECT_EQ(to_be_found, 1u);
  EXPECT_EQ(net.called.size(), 4u);
  EXPECT_EQ(waiting(), 0u);
}
