// The OAuth endpoints, one file each: token, introspect, revoke, jwks, metadata; errors; and the process's own: health.
#pragma once

#include <span>
#include <string_view>

#include "base/metrics.h"
#include "endpoints/endpoint.h"
#include "oauth/form.h"

namespace deputy::endpoints {

// The form of an OAuth request; parameters in the query are refused.
Result<oauth::Form, oauth::Error> parse_form(const Call& call, std::span<const std::string_view> may_repeat = {});

Answer token(const Call& call, App& app);                        // RFC 6749 §3.2
// How many that gave. Asked for at the start: a series that begins with its first event hides that one.
metrics::Counter& tokens_issued();
Answer introspect(const Call& call, App& app);                   // RFC 7662, RFC 9701
Answer revoke(const Call& call, App& app);                       // RFC 7009
Answer jwks(const Call& call, App& app);                         // RFC 7517 §5
Answer authorization_server_metadata(const Call& call, App& app);  // RFC 8414, OpenID Connect Discovery
Answer protected_resource_metadata(const Call& call, App& app);    // RFC 9728, for Deputy's own API
Answer errors_page(const Call& call, App& app);                  // where error_uri leads
Answer healthz(const Call& call, App& app);                      // 200 while the process lives
Answer readyz(const Call& call, App& app);                       // 200 while it can issue
Answer metrics_text(const Call& call, App& app);                 // Prometheus
bool are_metrics_hidden(const http::Request& request, const App& app);  // from who may not read them

}  // namespace deputy::endpoints
