// A long log: a server's data directory with millions of events in it, sealed; made once and kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/data_set.h"

namespace deputy::bench {

struct LongLog {
  std::string data;
  Client admin;
  std::vector<std::string> jtis;  // of some of the events, from all over the log
};

Result<LongLog, Fault> long_log(std::uint64_t events);

}  // namespace deputy::bench
