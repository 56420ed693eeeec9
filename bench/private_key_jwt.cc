// private_key_jwt: one verification and one signature a token; assertions are signed before the clock runs.
#include "bench/figure.h"
#include "bench/limits.h"
#include "bench/load.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {

Result<Done, Fault> private_key_jwt() {
  constexpr int warm_up_s = 1, window_s = 8;
  Limits limits;
  limits.measure();
  TRY(auto set, data_set(Proof::key, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  // As many as the limit allows: the server cannot run out of them.
  const auto count = static_cast<std::size_t>(limits.es256_pairs() * (warm_up_s + window_s + 1)) + set.agents.size();
  const auto requests = assertion_requests(set, es256_resource, count);
  TRY(auto measured, run_beside({.port = server->port(),
                                 .requests = &requests,
                                 .order = Load::Order::once,
                                 .expect = R"("access_token":")",
                                 .warm_up = Seconds(warm_up_s),
                                 .window = Seconds(window_s),
                                 .server = server->pid()},
                                limits, set.agents.size()));
  TRY(auto stopped, server->stop());
  print_figure("private_key_jwt.p99", measured.latency_ms(0.99), "ms");
  print_figure("private_key_jwt.per_cpu_second", measured.per_cpu_second(), "tokens/s", limits.es256_pairs());
  print_figure("private_key_jwt", measured.per_second(), "tokens/s", limits.es256_pairs());
  return Done{};
}

}  // namespace deputy::bench
