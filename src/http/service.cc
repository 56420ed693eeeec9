// The shared part of a server.
#include "http/service.h"

namespace deputy::http {

Metrics::Metrics()
    : connections(metrics::gauge("deputy_http_connections", "Open HTTP connections.")),
      accept_failed(metrics::counter("deputy_http_accept_failed_total", "Connections that could not be accepted.")) {
  for (const char* status : {"1xx", "2xx", "3xx", "4xx", "5xx"})
    requests.push_back(metrics::counter("deputy_http_requests_total", "HTTP requests answered.", {{"status", status}}));
  for (std::size_t i = 0; i < refusal_count; ++i)
    refused.push_back(metrics::counter("deputy_http_refused_total", "Requests refused before any handler was asked.",
                                       {{"reason", std::string(row_of(static_cast<Refusal>(i)).reason)}}));
}

Service::Service(ServerConfig with, Handler then)
    : config(std::move(with)),
      handler(std::move(then)),
      trusted(parse_blocks(config.trusted_proxies)),
      plain(parse_blocks(config.plain_http_from)) {}

TlsContext Service::tls() const {
  std::lock_guard lock(mutex_);
  return tls_;
}

void Service::set_tls(TlsContext context) {
  std::lock_guard lock(mutex_);
  tls_ = std::move(context);
}

}  // namespace deputy::http
