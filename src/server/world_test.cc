// A whole world over a real store: what it has done by itself after a while, and what it leaves when it is closed.
#include "server/world.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "base/id.h"
#include "base/metrics.h"
#include "http/raw_client_test.h"
#include "server/init.h"
#include "server/temporary_folder_test.h"
#include "tokens/log_key.h"
#include "tokens/logout_delivery.h"
#include "tokens/session_clients.h"

namespace deputy::server {
namespace {

class AWorld : public ::testing::Test {
 protected:
  Config config(Values settings = {}) const {
    settings.try_emplace("data", folder + "/id");
    return *build({{{"http.port", "0"}}, std::move(settings)});
  }
  static void commit(store::Store& store, store::Writes writes) {
    const auto outcome = store.commit_now(std::move(writes));
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }

  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
  SystemClock clock;
  SystemRandom random;
};

class SetClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = SystemClock().now();
};

TEST_F(AWorld, keeps_house_of_what_has_had_its_time) {
  const auto with = config({{"audit.bodies_days", "7"}, {"keys.rotate_every_s", "86400"}});
  ASSERT_TRUE(init(with));
  SetClock set;
  const auto begun = set.at;
  const auto world = World::open(with, set);
  ASSERT_TRUE(world) << world.error().detail;
  auto& store = (*world)->store();
  store::Writes writes{store::Keep{store::Use::idempotency, "default", "k", begun + Seconds(3600), "kept"}};
  for (int i = 0; i < 300; ++i)
    writes.emplace_back(store::Append{{.id = make_id("evt", begun, random), .at = begun, .tenant = "default",
                                       .action = "user.list"}});
  commit(store, std::move(writes));
  const auto kept = [&] { return store.kept(store::Use::idempotency, "default", "k", begun)->has_value(); };
  const auto bodies_from = [&] { return store.log().state()->bodies_from; };
  const auto signs = [&] {
    return (*(*world)->app().keyring.keys("default"))->active.at(crypto::Algorithm::ES256).kid;
  };
  const auto first_key = signs();

  (*world)->keep_house_once();
  EXPECT_EQ(store.log().state()->size, *store.last_event()) << "what was recorded is signed for";
  EXPECT_TRUE(kept());
  EXPECT_EQ(bodies_from(), 1u);
  EXPECT_NE(metrics::text().find("\ndeputy_purge_lag_seconds 0\n"), std::string::npos);

  for (int day = 1; day <= 2; ++day) {  // one publishes the next key, another has it sign
    set.at += std::chrono::days(1);
    (*world)->keep_house_once();
  }
  EXPECT_FALSE(kept());
  EXPECT_NE(signs(), first_key);
  EXPECT_EQ(bodies_from(), 1u) << "they have their days yet";

  set.at += std::chrono::days(6);
  (*world)->keep_house_once();
  EXPECT_EQ(bodies_from(), 257u) << "by whole tiles";
}

TEST_F(AWorld, says_for_how_long_what_is_recorded_is_not_signed_for) {
  const auto with = config();
  ASSERT_TRUE(init(with));
  SetClock set;
  const auto world = World::open(with, set);
  ASSERT_TRUE(world) << world.error().detail;
  auto& store = (*world)->store();
  const auto record_one = [&] {
    commit(store, {store::Append{{.id = make_id("evt", set.at, random), .at = set.at, .tenant = "default",
                                  .action = "user.list"}}});
  };
  const auto keep_house_after = [&](Seconds passed) {
    set.at += passed;
    testing::internal::CaptureStderr();
    (*world)->keep_house_once();
    return testing::internal::GetCapturedStderr();
  };
  const auto unsealed = [](const char* seconds) {
    return metrics::text().find(std::string("\ndeputy_audit_unsealed_seconds ") + seconds + "\n") != std::string::npos;
  };
  const auto key = [&] { return **store.get(tokens::log_keys_tenant, store::Kind::key, tokens::log_keys_id); };
  const auto put_key = [&](const std::string& body) {
    auto record = key();
    const auto version = record.version;
    record.body = body;
    commit(store, {store::Put{.record = std::move(record), .expected_version = version}});
  };
  record_one();
  EXPECT_EQ(keep_house_after(Seconds(1)).find("audit_"), std::string::npos);
  EXPECT_TRUE(unsealed("0"));

  const auto body = key().body;
  put_key("{}");
  record_one();
  const auto said = keep_house_after(Seconds(2));
  EXPECT_NE(said.find(R"("level":"error","event":"audit_unsealed","detail":"the audit log's key record is damaged")"),
            std::string::npos)
      << said;
  EXPECT_TRUE(unsealed("2")) << metrics::text();
  EXPECT_EQ(keep_house_after(Seconds(60)).find("audit_unsealed"), std::string::npos) << "once is enough";
  EXPECT_TRUE(unsealed("62")) << metrics::text();
  EXPECT_TRUE((*world)->app().ready()) << "nothing else stops";

  put_key(body);
  EXPECT_NE(keep_house_after(Seconds(1)).find("audit_sealed_again"), std::string::npos);
  EXPECT_TRUE(unsealed("0"));
  EXPECT_EQ(store.log().state()->size, *store.last_event());
}

TEST_F(AWorld, says_it_from_when_that_was_recorded_though_it_was_started_since) {
  const auto with = config();
  ASSERT_TRUE(init(with));
  SetClock set;
  { ASSERT_TRUE(World::open(with, set)); }  // which signs for all there is
  {
    auto opened = store::open_sqlite_store(with.sqlite);
    ASSERT_TRUE(opened);
    const auto event = [&] {
      return store::Append{{.id = make_id("evt", set.at, random), .at = set.at, .tenant = "default",
                            .action = "user.list"}};
    };
    const auto size = (*opened)->log().state()->size;
    ASSERT_GT(size, 0u);
    commit(**opened, {event()});
    // A tree that cannot be gone on from: its first tile has lost all but one.
    commit(**opened, {store::Seal{.from = size, .to = size + 1, .tiles = {{.id = {}, .hashes = audit::Tile(1)}},
                                  .checkpoint = "lost", .at = set.at}});
    commit(**opened, {event()});
  }
  const auto unsealed = [](const char* seconds) {
    return metrics::text().find(std::string("\ndeputy_audit_unsealed_seconds ") + seconds + "\n") != std::string::npos;
  };
  for (const auto* seconds : {"3600", "7200"}) {
    set.at += Seconds(3600);
    const auto world = World::open(with, set);
    ASSERT_TRUE(world) << world.error().detail;
    EXPECT_TRUE(unsealed(seconds)) << metrics::text();
  }
}

TEST_F(AWorld, records_nothing_after_its_last_checkpoint) {
  std::promise<http::Send> asked;
  const auto client = http::serving({}, [&](const http::Request&, const http::Send& send) { asked.set_value(send); });
  const auto with = config({{"fetch.allow_special_addresses", "true"}, {"fetch.allow_plain_http", "true"}});
  ASSERT_TRUE(init(with));
  auto world = World::open(with);
  ASSERT_TRUE(world) << world.error().detail;
  const auto id = make_id("app", clock.now(), random);
  const auto uri = "http://127.0.0.1:" + std::to_string(client->port()) + "/logout";
  const json::object body{{"name", "desk"}, {"state", "active"}, {"backchannel_logout_uri", uri}};
  auto& store = (*world)->store();
  commit(store, {store::Put{.record = {.kind = store::Kind::application, .tenant = "default", .id = id, .under = id,
                                       .body = json::serialize(body)}}});
  commit(store, tokens::note_client("default", "ses_1", id, clock.now() + Seconds(3600)));
  commit(store, {tokens::tell_clients({"default", with.endpoints.origin, "usr_alice", "ses_1"}, clock.now(), random)});
  const auto answer = asked.get_future().get();
  const auto& app = (*world)->app();
  auto closed = std::async(std::launch::async, [&] { world->reset(); });
  while (app.ready()) std::this_thread::yield();  // it has begun to close, and waits for what the client answers
  answer({.status = 200});
  closed.get();
  const auto left = store::open_sqlite_store(with.sqlite);
  ASSERT_TRUE(left);
  EXPECT_EQ((*left)->log().state()->size, *(*left)->last_event());
  EXPECT_EQ((*left)->events("default", {.action = "session.tell"}, {})->events.size(), 1u);
}

}  // namespace
}  // namespace deputy::server
