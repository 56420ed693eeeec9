// Batches written straight into a store: how the large data sets are made.
#pragma once

#include <vector>

#include "base/fault.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::bench {

// Queues all of them and waits until they are durable. Faults: unavailable (the store refused some).
Result<Done, Fault> write_all(store::Store& store, std::vector<store::Writes> batches);

}  // namespace deputy::bench
