// Later: work that blocks is done on its pool, and a full pool is said at once.
#include <gtest/gtest.h>

#include <future>
#include <latch>
#include <thread>

#include "endpoints/endpoint.h"

namespace deputy::endpoints {
namespace {

Answer answering(std::string body) { return {.response = {.status = 200, .body = std::move(body)}}; }

TEST(Later, is_done_on_the_pool_and_never_on_the_caller) {
  std::promise<std::pair<std::thread::id, std::string>> done;
  auto told = done.get_future();
  WorkPool pool({.name = "test", .threads = 1, .queue_max = 1});
  const auto full = begin({.pool = &pool,
                           .work = [] { return answering("made"); },
                           .when_full = [] { return answering("busy"); }},
                          [&](const Answer& answer) {
                            done.set_value({std::this_thread::get_id(), answer.response.body});
                          });
  EXPECT_FALSE(full);
  const auto [thread, body] = told.get();
  EXPECT_EQ(body, "made");
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(Later, a42_a_full_queue_is_503_with_retry_after_and_the_work_is_not_done) {
  std::latch busy(1), go_on(1);
  std::atomic<int> answered = 0;
  std::optional<Answer> full;
  {
    WorkPool pool({.name = "test", .threads = 1, .queue_max = 1});
    const auto count = [&](const Answer&) { ++answered; };
    const auto brought = [&](std::function<Answer()> work) {
      return begin({.pool = &pool, .work = std::move(work), .when_full = [] { return answering("busy"); }}, count);
    };
    ASSERT_FALSE(brought([&] { busy.count_down(); go_on.wait(); return answering(""); }));
    busy.wait();
    ASSERT_FALSE(brought([] { return answering(""); }));
    full = brought([] { return answering(""); });
    go_on.count_down();
  }
  ASSERT_TRUE(full);
  EXPECT_EQ(full->response.status, 503);
  EXPECT_EQ(full->response.body, "busy");
  EXPECT_EQ(full->response.headers.back(), (std::pair<std::string, std::string>("Retry-After", "1")));
  EXPECT_EQ(answered, 2);
}

}  // namespace
}  // namespace deputy::endpoints
