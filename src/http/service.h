// What all reactors of a server share: its settings, its handler, its counters, its certificate of the moment.
#pragma once

#include <atomic>
#include <array>
#include <mutex>
#include <vector>

#include "base/metrics.h"
#include "http/address.h"
#include "http/refusal.h"
#include "http/server.h"
#include "http/tls.h"

namespace deputy::http {

struct Metrics {
  Metrics();
  metrics::Gauge connections;
  metrics::Counter accept_failed;
  std::vector<metrics::Counter> requests;  // by the status's first digit, 1 to 5
  std::vector<metrics::Counter> refused;   // by Refusal
};

class Service {
 public:
  Service(ServerConfig config, Handler handler);

  const ServerConfig config;
  const Handler handler;
  const std::vector<Block> trusted, plain;  // peers: whose headers are believed, and who may speak plain HTTP
  Metrics metrics;
  std::atomic<std::size_t> connections{0};
  std::atomic<std::size_t> body_bytes{0};  // of all bodies, beyond what each has for sure

  TlsContext tls() const;  // null: plain HTTP
  void set_tls(TlsContext context);

 private:
  mutable std::mutex mutex_;
  TlsContext tls_;
};

}  // namespace deputy::http
