// The machine's limit: what bare OpenSSL calls reach on this core. Benchmarks hold our own rates against it.
#pragma once

#include "base/clock.h"

namespace deputy::crypto {

// ES256 over a message the size of a token's signing input: SHA-256 and one EVP call on contexts made beforehand, in a
// loop on the calling thread. No lock, no copy, no encoding: nothing built on this library signs faster.
double raw_es256_signatures_per_second(Millis for_how_long);
double raw_es256_verifications_per_second(Millis for_how_long);
// The same for EdDSA, by bare libsodium calls.
double raw_eddsa_signatures_per_second(Millis for_how_long);
double raw_eddsa_verifications_per_second(Millis for_how_long);

}  // namespace deputy::crypto
