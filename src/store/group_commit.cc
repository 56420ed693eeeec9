// The writer's thread: when it wakes, what it takes, and that each callback is called once.
#include "store/group_commit.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "base/this_thread.h"

namespace deputy::store {
namespace {

// A group is one transaction. Beyond this size a larger one saves nothing and only delays the first answer.
constexpr std::size_t group_max = 1024;
// So many are written while others are still being made: more would leave too little to do while the disk syncs them,
// and to fewer a sync costs more than it wins.
constexpr std::size_t early = 24;
// A batch nobody flushes waits this long, or up to twice as long; a turn seldom does.
constexpr std::chrono::milliseconds unflushed_wait{5};

// A sync is several short steps with the disk between them. Where a reactor has the same core, the writer's next step
// would wait until the reactor sleeps, and then the reactor for the disk: a thread of short slices goes first when it
// wakes (Linux 6.12; older ones take no notice).
void ask_for_short_slices() {
  struct {  // sched_setattr(2); no header of the C library has it
    std::uint32_t size, policy;
    std::uint64_t flags;
    std::int32_t nice;
    std::uint32_t priority;
    std::uint64_t slice_ns, deadline, period;
  } wanted{};
  if (::syscall(SYS_sched_getattr, 0, &wanted, sizeof wanted, 0) != 0) return;
  wanted.slice_ns = 100'000;  // the least there is
  (void)::syscall(SYS_sched_setattr, 0, &wanted, 0);
}

}  // namespace

Batch make_batch(Writes writes, Committed committed) {
  Batch batch{.writes = std::move(writes), .events = {}, .committed = std::move(committed)};
  for (auto& write : batch.writes) {
    if (auto* append = std::get_if<Append>(&write)) {
      auto body = audit::encode(append->event);
      auto event = std::exchange(append->event, {});
      batch.events.push_back({std::move(event.id), std::move(event.tenant), event.at, std::move(body)});
    }
    if (auto* put = std::get_if<Put>(&write); put && put->record.under.empty())
      put->record.under = put->record.id;
  }
  return batch;
}

GroupCommit::GroupCommit(std::size_t queue_max, WriteGroup write, AfterGroup after, int looks_before_sleep)
    : queue_max_(queue_max),
      write_(std::move(write)),
      after_(std::move(after)),
      looks_before_sleep_(looks_before_sleep) {
  writer_ = std::thread([this] { run(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void GroupCommit::add(Batch batch) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (queue_.size() < queue_max_) {
      queue_.push_back(std::move(batch));
      wake = asleep_ || queue_.size() == early;
      asleep_ = false;
      batch.committed = nullptr;
    }
  }
  if (wake) wake_.notify_one();
  // Queuing without end would only turn an overload into memory and late answers.
  if (batch.committed) batch.committed(Fail{Fault{Fault::Kind::unavailable, "the store's queue is full"}});
}

void GroupCommit::flush() {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || flushed_) return;
    flushed_ = true;
    asleep_ = false;
  }
  wake_.notify_one();
}

void GroupCommit::at_rest() {
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty() || flushed_ || writing_) return;
    flushed_ = true;
    asleep_ = false;
  }
  wake_.notify_one();
}

Result<std::size_t, Fault> GroupCommit::purge(Instant now, std::size_t limit) {
  Purge purge{.now = now, .limit = limit};
  std::promise<Result<Outcome, Fault>> promise;
  auto outcome = promise.get_future();
  add({.writes = {}, .events = {}, .purge = &purge, .committed = [&](Result<Outcome, Fault> result) {
         promise.set_value(std::move(result));
       }});
  flush();
  auto done = outcome.get();
  at_rest();  // as in commit_now
  if (!done) return Fail{std::move(done.error())};
  return purge.deleted;
}

// Waits for work and takes all of it; false when the store closes and nothing is left.
bool GroupCommit::take(std::vector<Batch>& group) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return flushed_ || closing_ || queue_.size() >= early; };
  for (int looked = 0; !ready();) {
    if (queue_.empty() && looked++ >= looks_before_sleep_) {
      asleep_ = true;
      wake_.wait(lock, [this] { return !asleep_ || closing_; });
      asleep_ = false;
      continue;
    }
    const bool waits = !queue_.empty();
    wake_.wait_for(lock, unflushed_wait, ready);
    if (waits) break;
  }
  flushed_ = false;
  group.swap(queue_);
  writing_ = true;
  return !group.empty();
}

// Before the answers: who hears one may be at rest before the writer looks again.
void GroupCommit::written() {
  const std::lock_guard lock(mutex_);
  writing_ = false;
}

void GroupCommit::answer(std::span<Batch> group) {
  for (auto& batch : group)
    if (batch.committed) batch.committed(std::move(batch.outcome));
}

void GroupCommit::run() {
  begin_thread("store-writer");
  ask_for_short_slices();
  std::vector<Batch> taken;
  while (take(taken)) {
    for (std::size_t from = 0; from < taken.size(); from += group_max) {
      const auto group = std::span(taken).subspan(from, std::min(group_max, taken.size() - from));
      write_(group);
      written();
      answer(group);
      if (after_) after_();
    }
    taken.clear();
  }
}

}  // namespace deputy::store
