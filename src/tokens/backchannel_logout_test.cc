// Two nodes on one store: each client is told once, and nobody waits for a client that is away.
#include "tokens/backchannel_logout.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/id.h"
#include "base/json.h"
#include "tokens/logout_delivery.h"

using namespace deputy;
using namespace deputy::tokens;

namespace {

class SteppedClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = from_unix_seconds(1'800'000'000);
};

class BackchannelLogoutTest : public testing::Test {
 protected:
  BackchannelLogoutTest() { commit(keyring.first_keys("default")); }
  void commit(store::Writes writes) {
    const auto outcome = store->commit_now(std::move(writes));
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }
  void client(const std::string& id, json::object more = {}) {
    more["name"] = id, more["state"] = "active", more["backchannel_logout_uri"] = "https://" + id;
    record(id, json::serialize(more));
  }
  void record(const std::string& id, std::string body) {
    commit({store::Put{.record = {.kind = store::Kind::application, .tenant = "default", .id = id, .under = id,
                                  .body = std::move(body)}}});
  }
  // A session that signed its person in to these clients, and has ended.
  void ended(const std::string& sid, const std::vector<std::string>& clients) {
    for (const auto& one : clients) commit(note_client("default", sid, one, clock.at + Seconds(3600)));
    commit({tell_clients({"default", "https://id.example", "usr_alice", sid}, clock.at, random)});
  }
  std::unique_ptr<BackchannelLogout> node(PostForm post) {
    return std::make_unique<BackchannelLogout>(std::move(post), *store, keyring, clock, random);
  }
  std::size_t waiting() {
    return store->list(deliveries_tenant, store::Kind::logout_delivery, {.limit = 1000})->size();
  }

  SteppedClock clock;
  SystemRandom random;
  crypto::SealKey seal = crypto::SealKey::from_text(crypto::SealKey::generate_text(random)).take();
  std::unique_ptr<store::Store> store = store::open_memory_store();
  Keyring keyring{*store, seal, clock, random, {}};
  const std::string first = make_id("app", clock.at, random), second = make_id("app", clock.at, random);
};

}  // namespace

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
