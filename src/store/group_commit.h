// Group commit: a bounded queue of batches, and the one thread that writes all that wait as one group.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "store/store.h"

namespace deputy::store {

// A step of purge() on its way through the writer; the caller waits for it and owns it.
struct Purge {
  Instant now;
  std::size_t limit = 0;
  std::size_t deleted = 0;
};

struct EncodedEvent {
  std::string id, tenant;
  Instant at;
  std::string body;
};

struct Batch {
  Writes writes;
  std::vector<EncodedEvent> events;  // what each Append, in order, appends; its own event is empty by now
  Purge* purge = nullptr;
  Committed committed;
  Result<Outcome, Fault> outcome = Outcome(Done{});
};

// Encodes the events on the calling thread, and frees them there: the writer, which all callers share, has less to do.
Batch make_batch(Writes writes, Committed committed);

class GroupCommit {
 public:
  // Makes one group durable and sets each batch's outcome. Called on the writer's thread, without a lock held.
  using WriteGroup = std::function<void(std::span<Batch> group)>;
  // What may be done after a group is answered and before the next is taken: checkpoints.
  using AfterGroup = std::function<void()>;

  // After its last group the writer looks at the queue each few milliseconds, so many times, before it sleeps: under
  // load a batch wakes it once, by flush, and not twice.
  static constexpr int looks = 10;

  GroupCommit(std::size_t queue_max, WriteGroup write, AfterGroup after = {}, int looks_before_sleep = looks);
  ~GroupCommit();  // writes what is queued, then joins
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  void add(Batch batch);
  void flush();
  void at_rest();
  // Adds a purge step and waits for it.
  Result<std::size_t, Fault> purge(Instant now, std::size_t limit);

 private:
  void run();
  bool take(std::vector<Batch>& group);
  void written();
  void answer(std::span<Batch> group);

  const std::size_t queue_max_;
  const WriteGroup write_;
  const AfterGroup after_;
  const int looks_before_sleep_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Batch> queue_;
  bool writing_ = false;  // a group is under way, and not yet durable
  bool asleep_ = false;   // the writer waits without a deadline
  bool flushed_ = false;  // someone asked for what is queued to be written now
  bool closing_ = false;
  std::thread writer_;
};

}  // namespace deputy::store
