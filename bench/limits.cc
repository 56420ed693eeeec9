// Measuring the limits, and a load between their measures.
#include "bench/limits.h"

#include <algorithm>
#include <ctime>

#include "bench/server_process.h"
#include "crypto/limit.h"

namespace deputy::bench {
namespace {

constexpr int parts = 16;

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

// By the processor's time, so that what else runs on this machine does not lower a limit.
double rate_of(double (*rate)(Millis), Millis span) {
  const double wall = seconds(CLOCK_MONOTONIC), processor = seconds(CLOCK_THREAD_CPUTIME_ID);
  const double measured = rate(span);
  const double share = (seconds(CLOCK_THREAD_CPUTIME_ID) - processor) / (seconds(CLOCK_MONOTONIC) - wall);
  return measured / share;
}

// What came of one more part.
void add(Measured& sum, const Measured& part) {
  sum.answers += part.answers;
  sum.in_window += part.in_window;
  sum.seconds += part.seconds;
  sum.server_cpu_seconds += part.server_cpu_seconds;
  sum.latencies_ns.insert(sum.latencies_ns.end(), part.latencies_ns.begin(), part.latencies_ns.end());
  std::sort(sum.latencies_ns.begin(), sum.latencies_ns.end());
}

}  // namespace

void Limits::measure() {
  move_to(cores().server);
  es256_signatures_ += rate_of(crypto::raw_es256_signatures_per_second, Millis(150));
  es256_verifications_ += rate_of(crypto::raw_es256_verifications_per_second, Millis(100));
  eddsa_signatures_ += rate_of(crypto::raw_eddsa_signatures_per_second, Millis(50));
  measures_ += 1;
  move_to(cores().load);
}

Result<Measured, Fault> run_beside(Load load, Limits& limits, std::uint64_t before) {
  if (before != 0) {
    auto first = load;
    first.answers_max = before;
    TRY(const auto served, run(first));
    load.from += served.answers;
  }
  Measured sum;
  load.window /= parts;
  limits.measure();
  for (int part = 0; part < parts; ++part) {
    TRY(const auto measured, run(load));
    limits.measure();
    add(sum, measured);
    load.from += measured.answers;
    load.warm_up = std::min(load.warm_up, Millis(100));
  }
  return sum;
}

}  // namespace deputy::bench
