// bench_measure: runs the benchmarks it is given by name.
#include "bench/measure.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "bench/revocation.h"
#include "bench/server_process.h"

namespace {

struct Row {
  std::string_view name;
  deputy::Result<deputy::Done, deputy::Fault> (*run)();
};
constexpr Row rows[] = {
    {"token", deputy::bench::token},
    {"introspect", deputy::bench::introspect},
    {"discovery", deputy::bench::discovery},
    {"private_key_jwt", deputy::bench::private_key_jwt},
    {"million_agents", deputy::bench::million_agents},
    {"startup", deputy::bench::startup},
    {"memory", deputy::bench::memory},
    {"exchange", deputy::bench::exchange},
    {"tree_10m", deputy::bench::tree_10m},
    {"audit_proof", deputy::bench::audit_proof},
    {"audit_cost", deputy::bench::audit_cost},
    {"revocation", deputy::bench::revocation},
    {"code", deputy::bench::code},
    {"login_storm", deputy::bench::login_storm},
};

int run(std::string_view name) {
  for (const auto& row : rows) {
    if (row.name != name) continue;
    const auto done = row.run();
    if (!done) std::cerr << name << ": " << done.error().detail << '\n';
    return done ? 0 : 1;
  }
  std::cerr << "there is no benchmark of that name: see --list\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::cerr << "usage: bench_measure --list | NAME…\n";
    return 2;
  }
  if (std::string_view(argv[1]) == "--list") {
    for (const auto& row : rows) std::cout << row.name << '\n';
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (std::string_view(argv[1]) == "--followers" && argc == 5)  // a process of the benchmark `revocation`
    return deputy::bench::follow_as_process(static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], argv[4]);
  deputy::bench::move_to(deputy::bench::cores().load);
  for (int i = 1; i < argc; ++i)
    if (const int status = run(argv[i]); status != 0) return status;
  return 0;
}
