// A whole world over a real store: what it has done by itself after a while, and what it leaves when it is closed.
#include "server/world.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <future>

#include "base/id.h"
#include "http/raw_client_test.h"
#include "server/init.h"
#include "tokens/logout_delivery.h"

namespace deputy::server {
namespace {

class AWorld : public ::testing::Test {
 protected:
  AWorld() {
    std::string pattern = ::testing::TempDir() + "deputy-world-XXXXXX";
    EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  ~AWorld() override { std::filesystem::remove_all(folder); }
  Config config(Values settings = {}) const {
    settings.try_emplace("data", folder + "/id");
    return *build({{{"http.port", "0"}}, std::move(settings)});
  }
  static void commit(store::Store& store, store::Writes writes) {
    const auto outcome = store.commit_now(std::move(writes));
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }

  std::string folder;
  SystemClock clock;
  SystemRandom random;
};

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
  auto closed = std::async(std::launch::async, [&] { world->reset(); });
  closed.wait_for(Millis(500));  // all that does not wait for the client's answer is done by then
  answer({.status = 200});
  closed.get();
  const auto left = store::open_sqlite_store(with.sqlite);
  ASSERT_TRUE(left);
  EXPECT_EQ((*left)->log().state()->size, *(*left)->last_event());
  EXPECT_EQ((*left)->events("default", {.action = "session.tell"}, {})->events.size(), 1u);
}

}  // namespace
}  // namespace deputy::server
