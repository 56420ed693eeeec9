// WorkPool: bounded, in order, and finished before it goes.
#include "base/work_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace deputy {
namespace {

TEST(WorkPool, refuses_what_its_queue_has_no_room_for) {
  std::latch began(1), go_on(1);
  std::atomic<int> done = 0;
  {
    WorkPool pool({.name = "test", .threads = 1, .queue_max = 2});
    ASSERT_TRUE(pool.run([&] {
      began.count_down();
      go_on.wait();
      ++done;
    }));
    began.wait();  // its only thread is busy now
    EXPECT_TRUE(pool.run([&] { ++done; }));
    EXPECT_TRUE(pool.run([&] { ++done; }));
    EXPECT_FALSE(pool.run([&] { ++done; }));
    go_on.count_down();
  }
  EXPECT_EQ(done, 3);
}

TEST(WorkPool, works_on_as_many_threads_as_it_has) {
  std::latch together(3);
  WorkPool pool({.name = "test", .threads = 3, .queue_max = 3});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.run([&] { together.arrive_and_wait(); }));
  together.wait();  // returns only because all three wait for each other at once
}

TEST(WorkPool, of_no_threads_has_its_work_done_by_who_brings_it) {
  std::thread::id by;
  WorkPool pool({.name = "test", .threads = 0, .queue_max = 0});
  ASSERT_TRUE(pool.run([&] { by = std::this_thread::get_id(); }));
  EXPECT_EQ(by, std::this_thread::get_id());
  pool.close();
  EXPECT_FALSE(pool.run([] { FAIL() << "nothing more is taken"; }));
}

TEST(WorkPool, does_what_it_has_taken_before_it_goes) {
  std::atomic<int> done = 0;
  {
    WorkPool pool({.name = "test", .threads = 2, .queue_max = 1000});
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(pool.run([&] { ++done; }));
  }
  EXPECT_EQ(done, 1000);
}

TEST(WorkPool, takes_nothing_more_when_it_is_closed) {
  std::atomic<int> done = 0;
  WorkPool pool({.name = "test", .threads = 2, .queue_max = 1000});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(pool.run([&] { ++done; }));
  pool.close();
  EXPECT_EQ(done, 100);
  EXPECT_FALSE(pool.run([&] { ++done; }));
  pool.close();
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace deputy
