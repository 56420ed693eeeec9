// The pace of the purge, in a world of its own: what expires is gone soon after, whatever the rate. And what is never
// purged, whatever the clock says.
#include "server/purge_clock.h"

#include <gtest/gtest.h>

#include "store/store.h"

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

namespace {

// A host: its clock, which may be set, and the time that really passes.
struct Host {
  Instant clock = from_unix_seconds(1'800'000'000);
  Past::Steady steady;
  void passes(Millis time) { clock += time, steady += time; }
};

bool is_good(store::Store& store, const store::Mark& mark) {
  return std::holds_alternative<Done>(*store.commit_now({mark}));
}

}  // namespace

TEST(Past, a18_what_was_used_is_refused_again_when_the_clock_is_set_back_behind_its_end) {
  const auto store = store::open_memory_store();
  Host host;
  Past past(host.clock, host.steady);
  host.passes(Seconds(3600));
  const store::Mark mark{store::Once::assertion_jti, "default", host.clock + Seconds(10), "jti"};
  ASSERT_TRUE(is_good(*store, mark));
  host.passes(Seconds(11));
  ASSERT_TRUE(store->purge(*past.at(host.clock, host.steady), 100));
  host.clock -= Seconds(30);
  EXPECT_FALSE(is_good(*store, mark)) << "its assertion is believed again";
  host.passes(Seconds(100));
  ASSERT_TRUE(store->purge(*past.at(host.clock, host.steady), 100));
  EXPECT_TRUE(is_good(*store, mark)) << "it is purged in the end";
}

TEST(Past, a25_a_host_that_starts_hours_ahead_ends_nothing_before_its_clock_is_set) {
  Host host;
  const auto right = host.clock;
  host.clock += Seconds(7200);
  Past past(host.clock, host.steady);
  host.passes(Seconds(299));
  EXPECT_FALSE(past.at(host.clock, host.steady));
  host.clock -= Seconds(7200);
  host.passes(Seconds(1));
  EXPECT_EQ(past.at(host.clock, host.steady), right + Seconds(300) - set_back_max);
}

TEST(Past, a25_a_clock_that_leaps_ahead_does_not_take_the_past_with_it) {
  Host host;
  Past past(host.clock, host.steady);
  host.passes(Seconds(600));
  const auto before = past.at(host.clock, host.steady);
  host.clock += Seconds(7200);
  host.passes(Seconds(1));
  EXPECT_EQ(past.at(host.clock, host.steady), *before + Seconds(1));
}

TEST(Past, a42_a_host_that_starts_years_behind_purges_once_its_clock_is_set) {
  Host host;
  const auto right = host.clock;
  host.clock -= std::chrono::years(6);
  Past past(host.clock, host.steady);
  host.passes(Seconds(10));
  EXPECT_FALSE(past.at(host.clock, host.steady));
  host.clock = right + Seconds(10);
  EXPECT_FALSE(past.at(host.clock, host.steady));
  host.passes(Seconds(299));
  EXPECT_FALSE(past.at(host.clock, host.steady)) << "five minutes from when it was set";
  host.passes(Seconds(1));
  EXPECT_EQ(past.at(host.clock, host.steady), right + Seconds(310) - set_back_max);
}

TEST(Past, a42_a_clock_that_was_a_year_behind_for_a_moment_is_forgotten_in_two_days) {
  Host host;
  Past past(host.clock, host.steady);
  host.passes(Seconds(3600));
  EXPECT_EQ(past.at(host.clock - std::chrono::days(365), host.steady),
            host.clock - std::chrono::days(365) - set_back_max);
  host.passes(Seconds(3600));
  EXPECT_EQ(past.at(host.clock, host.steady), host.clock - std::chrono::days(365) - set_back_max)
      << "which of the two is right is not known yet";
  for (int hour = 0; hour < 46; ++hour) {
    host.passes(Seconds(3600));
    (void)past.at(host.clock, host.steady);
  }
  EXPECT_EQ(past.at(host.clock, host.steady), host.clock - set_back_max);
}

TEST(Past, a25_a_clock_that_leaps_ahead_is_believed_when_it_has_been_for_a_day_and_not_before) {
  Host host;
  Past past(host.clock, host.steady);
  host.passes(std::chrono::hours(23));
  ASSERT_EQ(past.at(host.clock, host.steady), host.clock - set_back_max);
  host.clock += Seconds(7200);
  const auto lag = [&] { return host.clock - set_back_max - *past.at(host.clock, host.steady); };
  for (int hour = 0; hour < 24; ++hour) {
    EXPECT_EQ(lag(), Seconds(7200)) << hour;
    host.passes(Seconds(3600));
  }
  for (int hour = 0; hour < 24; ++hour) {
    host.passes(Seconds(3600));
    (void)lag();
  }
  EXPECT_EQ(lag(), Millis(0));
}

TEST(SetBack, is_told_once_each_time_and_not_of_what_is_allowed_for) {
  Host host;
  SetBack set_back(host.clock);
  EXPECT_FALSE(set_back.since_last(host.clock - Seconds(60)));
  EXPECT_EQ(set_back.since_last(host.clock - Seconds(61)), Seconds(61));
  EXPECT_FALSE(set_back.since_last(host.clock - Seconds(60)));
  host.passes(Seconds(100));
  EXPECT_FALSE(set_back.since_last(host.clock));
  EXPECT_EQ(set_back.since_last(host.clock - Seconds(7200)), Seconds(7200));
}
