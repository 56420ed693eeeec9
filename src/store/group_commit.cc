// The writer's thread: when it wakes, what it takes, and that each callback is called once.
#include "store/group_commit.h"

#include <pthread.h>

#include <future>

namespace deputy::store {
namespace {

// A group is one transaction. Beyond this size a larger one saves nothing and only delays the first answer.
constexpr std::size_t group_max = 1024;
// A queue this long is written without waiting for the end of the reactor's turn.
constexpr std::size_t queue_wakes = 512;
// A batch nobody flushes waits this long at most.
constexpr std::chrono::milliseconds unflushed_wait{1};

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
      wake = asleep_ || queue_.size() == queue_wakes;
      asleep_ = false;
      flushed_ = flushed_ || queue_.size() >= queue_wakes;
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

Result<std::size_t, Fault> GroupCommit::purge(Instant now, std::size_t limit) {
  Purge purge{.now = now, .limit = limit};
  std::promise<Result<Outcome, Fault>> promise;
  auto outcome = promise.get_future();
  add({.writes = {}, .events = {}, .purge = &purge, .committed = [&](Result<Outcome, Fault> result) {
         promise.set_value(std::move(result));
       }});
  flush();
  TRY([[maybe_unused]] auto done, outcome.get());
  return purge.deleted;
}

// Waits for work and takes all of it; false when the store closes and nothing is left.
bool GroupCommit::take(std::vector<Batch>& group) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return flushed_ || closing_; };
  for (int looked = 0; queue_.empty() && !closing_;) {
    if (looked++ < looks_before_sleep_) {
      wake_.wait_for(lock, unflushed_wait, ready);
      continue;
    }
    asleep_ = true;
    wake_.wait(lock, [this] { return !asleep_ || closing_; });
    asleep_ = false;
    // The first of a new turn: give the rest of the turn the time to join it.
    if (!ready()) wake_.wait_for(lock, unflushed_wait, ready);
  }
  flushed_ = false;
  group.swap(queue_);
  return !group.empty();
}

void GroupCommit::answer(std::span<Batch> group) {
  for (auto& batch : group)
    if (batch.committed) batch.committed(std::move(batch.outcome));
}

void GroupCommit::run() {
  ::pthread_setname_np(::pthread_self(), "store-writer");
  std::vector<Batch> taken;
  while (take(taken)) {
    for (std::size_t from = 0; from < taken.size(); from += group_max) {
      const auto group = std::span(taken).subspan(from, std::min(group_max, taken.size() - from));
      write_(group);
      answer(group);
      if (after_) after_();
    }
    taken.clear();
  }
}

}  // namespace deputy::store
