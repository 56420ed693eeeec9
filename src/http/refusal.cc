// The table of refusals.
#include "http/refusal.h"

#include <array>

namespace deputy::http {
namespace {

constexpr std::array<RefusalRow, refusal_count> rows{{
    {400, "malformed", "Bad request", "The request is not well-formed HTTP/1.1 (RFC 9112)."},
    {431, "header_too_large", "Request header fields too large", "The header fields exceed the limit."},
    {413, "body_too_large", "Content too large", "The request body exceeds the limit."},
    {408, "timeout", "Request timeout", "The request did not arrive in time."},
    {503, "too_many_connections", "Service unavailable", "There are too many connections; try again later."},
    {501, "coding_unsupported", "Not implemented", "The only transfer coding understood is chunked."},
    {505, "version_unsupported", "HTTP version not supported", "This server speaks HTTP/1.1."},
    {501, "method_unsupported", "Not implemented", "This server is no proxy: CONNECT is not implemented."},
    {417, "expectation_failed", "Expectation failed", "The only expectation understood is 100-continue."},
    {503, "not_answered", "Service unavailable", "The request was not answered in time; try again later."},
    {403, "plain_http", "Forbidden", "Plain HTTP is for the proxy that ends TLS: use https."},
    {503, "bodies_too_large", "Service unavailable", "Too much is being sent at one time; try again later."},
    {0, "dropped", "", ""},
    {0, "tls_handshake", "", ""},
}};

}  // namespace

const RefusalRow& row_of(Refusal refusal) { return rows[static_cast<std::size_t>(refusal)]; }

Response problem_response(int status, std::string_view title, std::string_view detail) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body.append(R"({"type":"about:blank","title":")").append(title).append(R"(","status":)");
  response.body.append(std::to_string(status)).append(R"(,"detail":")").append(detail).append("\"}");
  return response;
}

Response refusal_response(Refusal refusal) {
  const auto& row = row_of(refusal);
  auto response = problem_response(row.status, row.title, row.detail);
  // RFC 9110 §10.2.3: when to come back.
  if (row.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace deputy::http
