// discovery: the documents every client and verifier starts from.
#include <algorithm>

#include "bench/figure.h"
#include "bench/load.h"
#include "bench/measure.h"
#include "bench/requests.h"
#include "bench/server_process.h"

namespace deputy::bench {
namespace {

constexpr double limit = 100'000;

Result<Measured, Fault> of(const ServerProcess& server, std::string_view path, std::string expect) {
  Pool requests;
  requests.add(get(path));
  return run({.port = server.port(),
              .requests = &requests,
              .expect = std::move(expect),
              .warm_up = Millis(2000),
              .window = Millis(8000),
              .server = server.pid()});
}

}  // namespace

Result<Done, Fault> discovery() {
  TRY(auto set, data_set(Proof::secret, 10'000));
  TRY(auto server, ServerProcess::start(set.data));
  // What the server does besides parsing and writing HTTP: the bound of the two below, and of the load itself.
  TRY(auto health, of(*server, "/healthz", ""));
  TRY(auto metadata, of(*server, "/.well-known/oauth-authorization-server", R"("issuer")"));
  TRY(auto jwks, of(*server, "/oauth2/jwks", R"("keys")"));
  TRY(auto stopped, server->stop());
  print_figure("discovery.healthz", health.per_second(), "requests/s");
  print_figure("discovery.metadata.per_cpu_second", metadata.per_cpu_second(), "requests/s", limit);
  print_figure("discovery.metadata", metadata.per_second(), "requests/s", limit);
  print_figure("discovery.jwks.per_cpu_second", jwks.per_cpu_second(), "requests/s", limit);
  print_figure("discovery.jwks", jwks.per_second(), "requests/s", limit);
  print_figure("discovery", std::min(metadata.per_second(), jwks.per_second()), "requests/s", limit);
  return Done{};
}

}  // namespace deputy::bench
