// Limits: what bare library calls reach on the server's core, measured in the same run.
#pragma once

namespace deputy::bench {

// Each a second, on the server's core, while the server idles.
struct Limits {
  double es256_signatures = 0, es256_verifications = 0, eddsa_signatures = 0;
  // One verification, then one signature: what an assertion and its token cost at the least.
  double es256_pairs() const { return 1 / (1 / es256_verifications + 1 / es256_signatures); }
};
// Measured twice, before and after the server, a limit is the higher of both.
void measure(Limits& limits);

}  // namespace deputy::bench
