// The world of a running server, and its end: what was begun is done and recorded, and nothing outlives what it uses.
#include "server/world.h"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>

#include "endpoints/dispatch.h"
#include "server/init.h"
#include "server/temporary_folder_test.h"
#include "tests/kit/world.h"

namespace deputy::server {
namespace {

class WorldEnds : public ::testing::Test {
 protected:
  void SetUp() override {
    // One thread, and a hash that takes long enough for others to wait.
    auto built = build({{{"data", folder_ + "/id"},
                         {"passwords.threads", "1"},
                         {"passwords.memory_mib", "8"},
                         {"passwords.passes", "20"}}});
    ASSERT_TRUE(built);
    config_ = std::move(built).take();
    ASSERT_TRUE(init(config_));
  }

  const TemporaryFolder temporary_;
  const std::string& folder_ = temporary_.path();
  Config config_;
};

// A browser's form with a name nobody has; how it is answered is counted.
void sign_in(endpoints::App& app, const std::string& username, std::atomic<int>& answered) {
  http::Request request{.method = "GET", .path = "/sign-in", .peer = "127.0.0.1"};
  http::Response page;
  endpoints::dispatch(request, app, [&](http::Response response) { page = std::move(response); });
  std::string cookie;
  for (const auto& [name, value] : page.headers)
    if (name == "Set-Cookie") cookie += (cookie.empty() ? "" : "; ") + value.substr(0, value.find(';'));
  request.method = "POST";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Cookie", cookie}};
  request.body = "csrf=" + test::value_of(page, "csrf") + "&username=" + username + "&password=x";
  endpoints::dispatch(request, app, [&](const http::Response& response) {
    EXPECT_EQ(response.status, 400) << response.body;
    ++answered;
  });
}

TEST_F(WorldEnds, when_the_sign_ins_that_wait_are_done_and_recorded) {
  constexpr int count = 6;
  std::atomic<int> answered = 0;
  {
    auto world = World::open(config_);
    ASSERT_TRUE(world) << world.error().detail;
    for (int i = 0; i < count; ++i) sign_in((*world)->app(), "nobody" + std::to_string(i), answered);
    EXPECT_LT(answered, count) << "none waits";
  }
  EXPECT_EQ(answered, count);
  const auto store = store::open_sqlite_store(config_.sqlite);
  ASSERT_TRUE(store);
  const auto events = (*store)->events("default", {.action = "user.sign_in"}, {});
  ASSERT_TRUE(events);
  EXPECT_EQ(events->events.size(), std::size_t{count});
  const auto newest = (*store)->last_event();
  const auto sealed = (*store)->log().state();
  ASSERT_TRUE(newest && sealed);
  EXPECT_EQ(sealed->size, *newest) << "a checkpoint is over all of them";
}

// Between the two nobody would hear of what the other revokes.
TEST_F(WorldEnds, for_requests_when_the_lock_of_its_directory_is_gone) {
  const auto world = World::open(config_);
  ASSERT_TRUE(world) << world.error().detail;
  (*world)->keep_house_once();
  EXPECT_TRUE((*world)->alone() && (*world)->app().ready());
  std::filesystem::remove(config_.data + "/deputy.lock");
  (*world)->keep_house_once();
  EXPECT_FALSE((*world)->alone() || (*world)->app().ready());
}

}  // namespace
}  // namespace deputy::server
