// startup, memory: how soon the server is there, and how big it becomes.
#include <algorithm>

#include "bench/figure.h"
#include "bench/load.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {
namespace {

constexpr std::size_t agents = 10'000;
constexpr std::uint64_t million = 1'000'000;

}  // namespace

Result<Done, Fault> startup() {
  constexpr std::size_t times = 11;
  constexpr double limit_ms = 100;
  TRY(auto set, data_set(Proof::secret, agents));
  std::vector<double> spans;
  for (std::size_t i = 0; i < times; ++i) {
    TRY(auto server, ServerProcess::start(set.data));
    spans.push_back(server->startup_ms());
    TRY(auto stopped, server->stop());
  }
  std::sort(spans.begin(), spans.end());
  print_figure("startup.max", spans.back(), "ms", limit_ms);
  print_figure("startup", spans[times / 2], "ms", limit_ms);
  return Done{};
}

Result<Done, Fault> memory() {
  constexpr double limit_mb = 60;
  TRY(auto set, data_set(Proof::secret, agents));
  TRY(auto server, ServerProcess::start(set.data));
  print_figure("memory.at_start", server->resident_mib(), "MB", limit_mb);
  const auto requests = token_requests(set, es256_resource);
  TRY(auto measured, run({.port = server->port(),
                          .requests = &requests,
                          .expect = R"("access_token":")",
                          .answers_max = million,
                          .server = server->pid()}));
  const auto resident = server->resident_mib();
  TRY(auto stopped, server->stop());
  print_figure("memory.tokens_per_second", measured.per_second(), "tokens/s");
  print_figure("memory", resident, "MB", limit_mb);
  return Done{};
}

}  // namespace deputy::bench
