// The process's own: /healthz, /readyz, /metrics.
#include "base/metrics.h"
#include "endpoints/app.h"
#include "endpoints/oauth.h"
#include "http/client.h"

namespace deputy::endpoints {
namespace {

// A proxy stands before us whose word for the client nobody believes, or who gives none: `peer` is the proxy.
bool is_from_behind(const http::Request& request) {
  const bool told = request.count("X-Forwarded-For") > 0;
  return (told && !request.proxied) || (!told && request.count("Forwarded") > 0);
}

// Why the metrics are not there for this caller; empty: they are.
std::string_view why_hidden(const http::Request& request, const App& app) {
  if (is_from_behind(request)) return "from behind a proxy that http.trusted_proxies does not name";
  if (http::address_in(request.peer, app.live.now()->metrics_from)) return "";
  return "an address that is not of metrics.from";
}

}  // namespace

Answer healthz(const Call&, App&) {
  return {.response = json_response(200, R"({"status":"ok"})"), .writes = {}, .refused = {}};
}

Answer readyz(const Call&, App& app) {
  if (app.ready()) return {.response = json_response(200, R"({"status":"ready"})"), .writes = {}, .refused = {}};
  auto response = json_response(503, R"({"status":"not ready"})");
  response.headers.emplace_back("Retry-After", "1");
  return {.response = std::move(response), .writes = {}, .refused = {}};
}

bool are_metrics_hidden(const http::Request& request, const App& app) { return !why_hidden(request, app).empty(); }

Answer metrics_text(const Call& call, App& app) {
  if (const auto why = why_hidden(call.request, app); !why.empty()) {
    auto event = event_of(call, app, "metrics.read", audit::Decision::refused);
    auto response = blank_problem(404, "Not found", "There is nothing at this path.", event.correlation_id);
    // Counted and logged, but no event: strangers ask as often as they like.
    (void)record_refusal(std::move(event), "not_found", why);
    return {.response = std::move(response), .writes = {}, .refused = {}};
  }
  auto response = json_response(200, metrics::text());
  response.content_type = "text/plain; version=0.0.4";
  return {.response = std::move(response), .writes = {}, .refused = {}};
}

}  // namespace deputy::endpoints
