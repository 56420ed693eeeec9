// introspect: what a resource asks about tokens sent to it, tokens it has seen before and tokens it has not.
#include "bench/figure.h"
#include "bench/limits.h"
#include "bench/load.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {
namespace {

constexpr double seen_limit = 60'000;
constexpr std::size_t seen_tokens = 1'000;
constexpr std::size_t fresh_seconds = 8;

Result<std::vector<std::string>, Fault> issue(const ServerProcess& server, const Pool& requests, std::size_t count) {
  std::vector<std::string> tokens;
  tokens.reserve(count);
  const Load load{.port = server.port(),
                  .requests = &requests,
                  .expect = "",
                  .answers_max = count,
                  .on_body = [&](std::string_view body) { tokens.push_back(access_token_in(body)); }};
  TRY(auto issued, run(load));
  return tokens;
}

Load load_of(const ServerProcess& server, const Pool& requests, std::string expect) {
  return {.port = server.port(),
          .requests = &requests,
          .expect = std::move(expect),
          .warm_up = Millis(2000),
          .window = Millis(8000),
          .server = server.pid()};
}

}  // namespace

Result<Done, Fault> introspect() {
  Limits limits;
  limits.measure();
  TRY(auto set, data_set(Proof::secret, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  const auto token_pool = token_requests(set, es256_resource);

  TRY(auto tokens, issue(*server, token_pool, seen_tokens));
  const auto seen_requests = introspection_requests(set, tokens);
  TRY(auto seen, run(load_of(*server, seen_requests, R"("active":true)")));
  const auto jwt_requests = introspection_requests(set, tokens, "application/token-introspection+jwt");
  TRY(auto jwt, run(load_of(*server, jwt_requests, ".")));

  // More than can be asked about in the time, so that the window is full.
  const auto count = static_cast<std::size_t>(limits.es256_verifications()) * (fresh_seconds + 1);
  TRY(auto fresh_tokens, issue(*server, token_pool, count));
  const auto fresh_requests = introspection_requests(set, fresh_tokens);
  auto fresh_load = load_of(*server, fresh_requests, R"("active":true)");
  fresh_load.order = Load::Order::once;
  fresh_load.warm_up = Millis(1000);
  TRY(auto fresh, run_beside(fresh_load, limits));
  TRY(auto stopped, server->stop());

  print_figure("introspect.jwt", jwt.per_second(), "requests/s", limits.es256_signatures());
  print_figure("introspect.unseen.per_cpu_second", fresh.per_cpu_second(), "requests/s", limits.es256_verifications());
  print_figure("introspect.unseen", fresh.per_second(), "requests/s", limits.es256_verifications());
  print_figure("introspect.p99", seen.latency_ms(0.99), "ms");
  print_figure("introspect.per_cpu_second", seen.per_cpu_second(), "requests/s", seen_limit);
  print_figure("introspect", seen.per_second(), "requests/s", seen_limit);
  return Done{};
}

}  // namespace deputy::bench
