// commit_now: the one place that waits for a commit; and the log as proofs read it.
#include "store/store.h"

#include <future>

namespace deputy::store {

Result<Outcome, Fault> Store::commit_now(Writes writes) {
  std::promise<Result<Outcome, Fault>> promise;
  auto outcome = promise.get_future();
  commit(std::move(writes), [&](Result<Outcome, Fault> result) { promise.set_value(std::move(result)); });
  flush();
  return outcome.get();
}

audit::ReadTile tiles_of(Log& log) {
  return [&log](audit::TileId id) { return log.tile(id); };
}

}  // namespace deputy::store
