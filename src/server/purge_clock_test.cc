// The pace of the purge, in a world of its own: what expires is gone soon after, whatever the rate.
#include "server/purge_clock.h"

#include <gtest/gtest.h>

using namespace deputy;
using namespace deputy::server;

namespace {

// Rows expire at a steady rate for a while; how many were waiting at most in its second half, how many are left after,
// and how many steps it took.
struct Run {
  double waiting_max = 0, left = 0;
  int steps = 0;
};
Run run(double rows_a_second, Millis time, double backlog = 0) {
  PurgeClock clock;
  Run run{.left = backlog};
  for (Millis now{0}; now < time; ++run.steps) {
    const auto deleted = std::min<std::size_t>(PurgeClock::step, static_cast<std::size_t>(run.left));
    run.left -= static_cast<double>(deleted);
    const auto pause = clock.pause_after(deleted);
    now += pause;
    run.left += rows_a_second * static_cast<double>(pause.count()) / 1000;
    if (now > time / 2) run.waiting_max = std::max(run.waiting_max, run.left);
  }
  return run;
}

}  // namespace

TEST(PurgeClock, looks_once_a_second_where_nothing_expires) {
  EXPECT_EQ(run(0, Millis(60'000)).steps, 60);
}

TEST(PurgeClock, keeps_up_with_every_rate_from_a_trickle_to_a_flood) {
  for (const double rate : {1.0, 100.0, 1000.0, 10'000.0, 50'000.0}) {
    const auto done = run(rate, Millis(60'000));
    EXPECT_LE(done.waiting_max, std::max(4.0 * PurgeClock::step, rate)) << rate << " a second";
  }
}

TEST(PurgeClock, is_through_with_a_backlog_in_a_minute) {
  EXPECT_LE(run(1000, Millis(60'000), 2'000'000).left, 4.0 * PurgeClock::step);
}

TEST(PurgeClock, is_slow_again_when_the_flood_is_over) {
  PurgeClock clock;
  for (int i = 0; i < 100; ++i) clock.pause_after(PurgeClock::step);
  EXPECT_EQ(clock.pause_after(PurgeClock::step), PurgeClock::fastest);
  for (int i = 0; i < 10; ++i) clock.pause_after(0);
  EXPECT_EQ(clock.pause_after(0), PurgeClock::slowest);
}
