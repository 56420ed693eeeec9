// Exchange: agents' own tokens handed on, each once, each making a node of its own.
#pragma once

#include "bench/data_set.h"
#include "bench/limits.h"
#include "bench/server_process.h"

namespace deputy::bench {

struct Exchanged {
  std::uint64_t tokens = 0;  // all that were issued, the subject tokens among them
  Measured measured;
};
// Gets `count` agents' own tokens, and exchanges each once, for another actor or other scopes each time.
// The limits are measured beside.
Result<Exchanged, Fault> exchange_all(const ServerProcess& server, const DataSet& set, std::size_t count,
                                      Seconds window, Limits& limits);

}  // namespace deputy::bench
