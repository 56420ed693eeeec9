// bench_seed: makes a data set to try things out on: a data directory, and clients.txt with ids and secrets in it.
//   bench_seed FOLDER AGENTS [secret|key]
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "bench/data_set.h"

int main(int argc, char** argv) {
  using namespace deputy::bench;
  const auto agents = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  if (agents == 0) {
    std::cerr << "usage: bench_seed FOLDER AGENTS [secret|key]\n";
    return 2;
  }
  const bool keys = argc > 3 && std::string_view(argv[3]) == "key";
  const auto seeded = seed(argv[1], keys ? Proof::key : Proof::secret, agents);
  if (!seeded) std::cerr << seeded.error().detail << '\n';
  return seeded ? 0 : 1;
}
