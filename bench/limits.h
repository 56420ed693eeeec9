// Limits: what bare library calls reach on the server's core, measured in the same run, beside the load.
#pragma once

#include "bench/load.h"

namespace deputy::bench {

// The means of what was measured so far, a third of a second each, while the server idles.
class Limits {
 public:
  void measure();

  double es256_signatures() const { return es256_signatures_ / measures_; }
  double es256_verifications() const { return es256_verifications_ / measures_; }
  double eddsa_signatures() const { return eddsa_signatures_ / measures_; }
  // One verification, then one signature: what an assertion and its token cost at the least.
  double es256_pairs() const { return 1 / (1 / es256_verifications() + 1 / es256_signatures()); }

 private:
  double measures_ = 0, es256_signatures_ = 0, es256_verifications_ = 0, eddsa_signatures_ = 0;
};

// Runs the load's window in sixteen parts, each between two measures of the limits: a machine that others share is not
// as fast at one second as at the next, and so both meet the same machine. With Order::once a part goes on where the
// one before it ended. `before`: so many requests are answered first, outside of all measures.
Result<Measured, Fault> run_beside(Load load, Limits& limits, std::uint64_t before = 0);

}  // namespace deputy::bench
