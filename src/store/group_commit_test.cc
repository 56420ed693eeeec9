// The writer's thread: it wakes for a batch whether or not anyone flushes, and takes what waits as one group.
#include "store/group_commit.h"

#include <gtest/gtest.h>

#include <future>

namespace deputy::store {
namespace {

constexpr std::chrono::seconds long_enough{30};

TEST(GroupCommit, a_writer_that_sleeps_wakes_for_a_batch_nobody_flushes) {
  GroupCommit commits(10, [](std::span<Batch>) {}, {}, 0);  // sleeps at once
  for (int i = 0; i < 200; ++i) {
    std::promise<void> called;
    commits.add(make_batch({}, [&](const Result<Outcome, Fault>&) { called.set_value(); }));
    ASSERT_EQ(called.get_future().wait_for(long_enough), std::future_status::ready) << i;
    std::this_thread::yield();
  }
}

TEST(GroupCommit, takes_all_that_waits_as_one_group) {
  std::vector<std::size_t> groups;
  std::promise<void> entered, release, all;
  GroupCommit commits(100, [&](std::span<Batch> group) { groups.push_back(group.size()); });
  commits.add(make_batch({}, [&](const Result<Outcome, Fault>&) {
    entered.set_value();
    release.get_future().wait();
  }));
  commits.flush();
  entered.get_future().wait();
  int called = 0;
  for (int i = 0; i < 50; ++i)
    commits.add(make_batch({}, [&](const Result<Outcome, Fault>&) {
      if (++called == 50) all.set_value();
    }));
  release.set_value();
  ASSERT_EQ(all.get_future().wait_for(long_enough), std::future_status::ready);
  EXPECT_EQ(groups, (std::vector<std::size_t>{1, 50}));
}

TEST(GroupCommit, encodes_events_and_leaves_none_behind) {
  const auto batch = make_batch({Append{{.id = "evt_1", .tenant = "acme", .action = "a.b"}}}, {});
  ASSERT_EQ(batch.events.size(), 1u);
  EXPECT_EQ(batch.events[0].id, "evt_1");
  EXPECT_EQ(batch.events[0].body, audit::encode({.id = "evt_1", .tenant = "acme", .action = "a.b"}));
  EXPECT_TRUE(std::get<Append>(batch.writes[0]).event.id.empty());
}

}  // namespace
}  // namespace deputy::store
