// token, million_agents: client_credentials with a secret, each token's record durable before its answer leaves.
#include <fmt/format.h>

#include "bench/figure.h"
#include "bench/limits.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {
namespace {

constexpr double p99_limit_ms = 5;

Load load_of(const ServerProcess& server, const Pool& requests) {
  return {.port = server.port(),
          .requests = &requests,
          .expect = R"("access_token":")",
          .warm_up = Millis(2000),
          .window = Millis(8000),
          .server = server.pid()};
}

// No token without its record: the store of a stopped server is asked.
Result<Done, Fault> check_audit(const DataSet& set, std::uint64_t answers) {
  TRY(auto recorded, tokens_in_audit(set.data));
  if (recorded == answers) return Done{};
  return Fail{
      Fault{Fault::Kind::invalid, fmt::format("{} tokens were answered, {} are in the audit", answers, recorded)}};
}

void print_token(std::string_view name, const Measured& measured, double limit) {
  print_figure(fmt::format("{}.per_cpu_second", name), measured.per_cpu_second(), "tokens/s", limit);
  print_figure(fmt::format("{}.p50", name), measured.latency_ms(0.5), "ms");
  print_figure(fmt::format("{}.p99", name), measured.latency_ms(0.99), "ms", p99_limit_ms);
  print_figure(fmt::format("{}.p999", name), measured.latency_ms(0.999), "ms");
  print_figure(fmt::format("{}.max", name), measured.latency_ms(1), "ms");
}

struct AtSize {
  double rate = 0, limit = 0;
};

// The rate at a number of agents, one chosen at random for each request. `seen`: each was served once before.
Result<AtSize, Fault> at_size(std::string_view name, std::size_t agents, const std::vector<std::string>& settings,
                              bool seen) {
  TRY(auto set, data_set(Proof::secret, agents));
  const auto requests = token_requests(set, es256_resource);
  TRY(auto server, ServerProcess::start(set.data, settings));
  std::uint64_t answers = 0;
  if (seen) {
    auto each = load_of(*server, requests);
    each.order = Load::Order::once;
    each.window = Seconds(600);
    TRY(const auto served, run(each));
    answers += served.answers;
  }
  Limits limits;
  TRY(auto measured, run_beside(load_of(*server, requests), limits));
  answers += measured.answers;
  const auto figure = fmt::format("million_agents.{}", name);
  print_figure(figure + ".startup", server->startup_ms(), "ms", 1000);
  print_figure(figure + ".resident", server->resident_mib(), "MB");
  print_figure(figure + ".p99", measured.latency_ms(0.99), "ms", p99_limit_ms);
  print_figure(figure + ".per_cpu_second", measured.per_cpu_second(), "tokens/s");
  print_figure(figure, measured.per_second(), "tokens/s", limits.es256_signatures());
  TRY(auto stopped, server->stop());
  TRY(auto audited, check_audit(set, answers));
  return AtSize{measured.per_second(), limits.es256_signatures()};
}

// Against what few agents would get of the machine as it was then.
void print_ratio(std::string_view name, const AtSize& many, const AtSize& few) {
  print_figure(name, many.rate, "tokens/s", few.rate * many.limit / few.limit);
}

}  // namespace

Result<Done, Fault> token() {
  Limits limits;
  TRY(auto set, data_set(Proof::secret, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  const auto opaque_requests = token_requests(set, opaque_resource);
  const auto eddsa_requests = token_requests(set, eddsa_resource);
  const auto es256_requests = token_requests(set, es256_resource);
  TRY(auto opaque, run(load_of(*server, opaque_requests)));
  TRY(auto eddsa, run(load_of(*server, eddsa_requests)));
  TRY(auto es256, run_beside(load_of(*server, es256_requests), limits));
  TRY(auto stopped, server->stop());
  const auto answers = opaque.answers + eddsa.answers + es256.answers;
  TRY(auto audited, check_audit(set, answers));

  print_figure("token.opaque", opaque.per_second(), "tokens/s");
  print_figure("token.eddsa", eddsa.per_second(), "tokens/s", limits.eddsa_signatures());
  print_figure("token.audited", static_cast<double>(answers), "events", static_cast<double>(answers));
  print_token("token", es256, limits.es256_signatures());
  print_figure("token", es256.per_second(), "tokens/s", limits.es256_signatures());
  return Done{};
}

// A million agents by the default, where nearly each is read from the store, and with memory for all of them.
Result<Done, Fault> million_agents() {
  constexpr std::size_t million = 1'000'000;
  TRY(auto few, at_size("thousand", 1'000, {}, false));
  TRY(auto by_default, at_size("default", million, {}, false));
  print_ratio("million_agents.default", by_default, few);
  TRY(auto in_memory, at_size("in_memory", million, {"--cache.principals_mib", "4096"}, true));
  print_ratio("million_agents", in_memory, few);
  return Done{};
}

}  // namespace deputy::bench
