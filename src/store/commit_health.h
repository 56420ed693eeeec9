// CommitHealth: whether the store takes what is to be kept, by what its last transactions came to. For /readyz.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "base/metrics.h"
#include "store/store.h"

namespace deputy::store {

class CommitHealth {
 public:
  CommitHealth();

  // For the store, after each transaction: that it failed (a full disk, an I/O error), or that something was written.
  void failed();
  void succeeded();
  // That what was moved into the file may not be on the disk: only opening the store anew ends that. Any thread's.
  void lost();
  // From a failure until something has been written again.
  bool failing() const { return failing_.load(std::memory_order_relaxed); }

 private:
  void begin_failing();  // the lock is held

  std::mutex mutex_;  // of each change
  bool lost_ = false;
  std::atomic<bool> failing_{false};
  metrics::Counter failures_;
  metrics::Gauge state_;
};

// As in store.h, and tells `health`, which must outlive the store.
Result<std::unique_ptr<Store>, Fault> open_sqlite_store(const SqliteConfig& config, CommitHealth& health);

}  // namespace deputy::store
