// Measuring the limits.
#include "bench/limits.h"

#include <algorithm>
#include <ctime>

#include "bench/server_process.h"
#include "crypto/limit.h"

namespace deputy::bench {
namespace {

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// By the processor's time, so that what else runs on the machine does not lower a limit.
void raise(double& limit, double (*rate)(Millis), Millis span) {
  const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double measured = rate(span);
  const double share = (seconds(CLOCK_THREAD_CPUTIME_ID) - processor) / (seconds(CLOCK_MONOTONIC) - wall);
  limit = std::max(limit, measured / share);
}

}  // namespace

void measure(Limits& limits) {
  move_to(cores().server);
  raise(limits.es256_signatures, crypto::raw_es256_signatures_per_second, Millis(1000));
  raise(limits.es256_verifications, crypto::raw_es256_verifications_per_second, Millis(500));
  raise(limits.eddsa_signatures, crypto::raw_eddsa_signatures_per_second, Millis(500));
  move_to(cores().load);
}

}  // namespace deputy::bench
