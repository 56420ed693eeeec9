// One group after another: what waits together is made durable together.
#include "bench/batches.h"

#include <atomic>
#include <semaphore>
#include <string>

namespace deputy::bench {

Result<Done, Fault> write_all(store::Store& store, std::vector<store::Writes> batches) {
  if (batches.empty()) return Done{};
  std::atomic<std::size_t> left = batches.size(), lost = 0;
  std::binary_semaphore written(0);
  for (auto& batch : batches)
    store.commit(std::move(batch), [&](Result<store::Outcome, Fault> outcome) {
      if (!outcome || !std::holds_alternative<Done>(*outcome)) ++lost;
      if (--left == 0) written.release();
    });
  store.flush();
  written.acquire();
  if (lost == 0) return Done{};
  return Fail{Fault{Fault::Kind::unavailable, "the store refused " + std::to_string(lost) + " batches of a data set"}};
}

}  // namespace deputy::bench
