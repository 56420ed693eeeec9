// What transactions come to, as a state with a beginning and an end.
#include "store/commit_health.h"

#include "base/log.h"

namespace deputy::store {

CommitHealth::CommitHealth()
    : failures_(metrics::counter("deputy_store_commit_failed_total", "Transactions of the store that failed.")),
      state_(metrics::gauge("deputy_store_failing", "1 from a failed transaction to the next that wrote something.")) {}

void CommitHealth::failed() {
  failures_.add();
  const std::lock_guard lock(mutex_);
  begin_failing();
}

void CommitHealth::lost() {
  const std::lock_guard lock(mutex_);
  lost_ = true;
  begin_failing();
}

void CommitHealth::begin_failing() {
  if (failing_.exchange(true)) return;
  state_.set(1);
  log::line(log::Level::error, "store.failing", {});
}

void CommitHealth::succeeded() {
  if (!failing()) return;
  const std::lock_guard lock(mutex_);
  if (lost_ || !failing_.exchange(false)) return;
  state_.set(0);
  log::line(log::Level::warn, "store.recovered", {});
}

}  // namespace deputy::store
