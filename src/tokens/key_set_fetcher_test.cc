// The fetcher of key sets: hosts take turns, one call to each at a time, ever more seldom to one that fails.
#include "tokens/key_set_fetcher.h"

#include <gtest/gtest.h>

#include <condition_variable>
#include <set>

#include "crypto/key.h"
#include "jose/jwk.h"

namespace deputy::tokens {
namespace {

std::string document() {
  static const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  return json::serialize(json::object{
      {"keys", json::array{jose::public_jwk(key.public_key(), "k", crypto::Algorithm::ES256)}}});
}

struct HandClock final : Clock {
  Instant now() const override { return from_unix_seconds(seconds); }
  std::atomic<std::int64_t> seconds = 2'000'000'000;
};

// What is fetched, and hosts that do not answer until they are let go.
struct Net {
  Result<KeySetDocument, Fault> fetch(const std::string& uri) {
    std::unique_lock lock(mutex);
    asked.push_back(uri);
    changed.notify_all();
    changed.wait(lock, [&] { return !hanging.contains(uri); });
    if (away) return Fail{Fault{Fault::Kind::unavailable, "away"}};
    return KeySetDocument{document(), Seconds(300)};
  }
  void wait_for(std::size_t calls) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return asked.size() >= calls; });
  }
  void let_go() {
    std::lock_guard lock(mutex);
    hanging.clear();
    changed.notify_all();
  }
  std::size_t calls() {
    std::lock_guard lock(mutex);
    return asked.size();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::string> asked;
  std::set<std::string> hanging;
  std::atomic<bool> away = false;
};

struct Fetched : testing::Test {
  KeySetFetcher fetcher(KeySetLimits limits = {}) {
    return {[this](const std::string& uri) { return net.fetch(uri); }, clock, limits};
  }
  HandClock clock;
  Net net;
};

TEST_F(Fetched, a_host_is_called_once_at_a_time_and_others_do_not_wait_for_it) {
  auto sets = fetcher();
  net.hanging = {"https://slow.example/1"};
  for (const auto* uri : {"https://slow.example/1", "https://SLOW.example:8443/2", "https://x@slow.example?3"})
    sets.find(uri);
  net.wait_for(1);
  for (const auto* uri : {"https://a.example/1", "https://a.example/2", "https://b.example/1", "https://b.example/2"})
    sets.find(uri);
  net.wait_for(5);  // the second call to a host begins when the first is done
  EXPECT_NE(sets.find("https://a.example/1"), nullptr);
  EXPECT_NE(sets.find("https://b.example/1"), nullptr);
  EXPECT_EQ(sets.waiting(), 2u) << "both of the slow host";
  net.let_go();
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_NE(sets.find("https://x@slow.example?3"), nullptr);
  EXPECT_EQ(net.calls(), 7u);
}

TEST_F(Fetched, a_host_that_fails_is_asked_ever_more_seldom) {
  auto sets = fetcher();
  net.away = true;
  std::vector<std::int64_t> at;
  for (int minute = 0; minute < 60; ++minute, clock.seconds += 60) {
    const auto before = net.calls();
    sets.find("https://a.example/1");
    ASSERT_TRUE(sets.wait_idle());
    if (net.calls() > before) at.push_back(minute);
  }
  EXPECT_EQ(at, (std::vector<std::int64_t>{0, 1, 3, 7, 15, 25, 35, 45, 55}));
  net.away = false;
  clock.seconds += 600;
  sets.find("https://a.example/1");
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_NE(sets.find("https://a.example/1"), nullptr);
  clock.seconds += 300;  // no longer fresh, and its failures are forgotten
  net.away = true;
  sets.find("https://a.example/1");
  ASSERT_TRUE(sets.wait_idle());
  const auto calls = net.calls();
  clock.seconds += 60;
  EXPECT_NE(sets.find("https://a.example/1"), nullptr) << "the old one serves meanwhile";
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_EQ(net.calls(), calls + 1);
}

TEST_F(Fetched, nothing_is_fresh_until_a_time_that_the_clock_was_set_back_from) {
  auto sets = fetcher();
  const std::string uri = "https://a.example/1";
  clock.seconds += 86'400;
  sets.find(uri);
  ASSERT_TRUE(sets.wait_idle());
  clock.seconds -= 86'400;
  EXPECT_NE(sets.find(uri), nullptr) << "it serves while it is fetched again";
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_EQ(net.calls(), 2u);
  clock.seconds += 60;
  sets.refresh(uri);
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_EQ(net.calls(), 3u);
}

TEST_F(Fetched, the_log_names_the_uri_that_failed_and_nothing_in_it_that_may_be_secret) {
  testing::internal::CaptureStderr();
  {
    auto sets = fetcher();
    net.away = true;
    sets.find("https://name:word@a.example:8443/keys/1?token=secret#part");
    ASSERT_TRUE(sets.wait_idle());
  }
  const auto said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find(R"("uri":"https://a.example:8443/keys/1")"), std::string::npos) << said;
  for (const auto* secret : {"name", "word", "token", "secret", "part"})
    EXPECT_EQ(said.find(secret), std::string::npos) << said;
}

TEST_F(Fetched, a10_a_flood_of_unknown_kids_is_one_call_a_minute) {
  auto sets = fetcher();
  const std::string uri = "https://a.example/1";
  const auto calls_after_a_flood = [&] {
    for (int i = 0; i < 100; ++i) {
      sets.refresh(uri);
      EXPECT_TRUE(sets.wait_idle());
    }
    return net.calls();
  };
  EXPECT_EQ(calls_after_a_flood(), 0u) << "nobody's set";
  sets.find(uri);
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_EQ(calls_after_a_flood(), 1u);
  clock.seconds += 59;
  EXPECT_EQ(calls_after_a_flood(), 1u);
  clock.seconds += 1;
  EXPECT_EQ(calls_after_a_flood(), 2u);
}

TEST_F(Fetched, what_waits_is_bounded_for_each_host_and_for_all) {
  auto sets = fetcher({.waiting_max = 3, .waiting_of_host_max = 2});
  net.hanging = {"https://slow.example/0"};
  sets.find("https://slow.example/0");
  net.wait_for(1);
  for (int i = 1; i < 10; ++i) sets.find("https://slow.example/" + std::to_string(i));
  EXPECT_EQ(sets.waiting(), 2u);
  sets.find("https://a.example/1");
  net.wait_for(2);
  net.let_go();
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_EQ(net.calls(), 4u);
  sets.find("https://slow.example/9");  // what was put off may be asked for at once
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_NE(sets.find("https://slow.example/9"), nullptr);
}

TEST_F(Fetched, a_set_that_is_being_fetched_is_not_forgotten) {
  auto sets = fetcher({.entries_max = 1});
  net.hanging = {"https://a.example/1"};
  sets.find("https://a.example/1");
  net.wait_for(1);
  sets.find("https://b.example/1");
  net.let_go();
  ASSERT_TRUE(sets.wait_idle());
  EXPECT_TRUE(sets.find("https://a.example/1") != nullptr);
}

}  // namespace
}  // namespace deputy::tokens
