// What transactions come to, as a state with a beginning and an end.
#include "store/commit_health.h"

#include "base/log.h"

namespace deputy::store {

CommitHealth::CommitHealth()
    : failures_(metrics::counter("deputy_store_commit_failed_total", "Transactions of the store that failed.")),
      state_(metrics::gauge("deputy_store_failing", "1 from a failed transaction to the next that wrote something.")) {}

void CommitHealth::failed() {
  failures_.add();
  if (failing_.exchange(true)) return;
  state_.set(1);
  log::line(log::Level::error, "store.failing", {});
}

void CommitHealth::succeeded() {
  if (!failing() || !failing_.exchange(false)) return;
  state_.set(0);
  log::line(log::Level::warn, "store.recovered", {});
}

}  // namespace deputy::store
