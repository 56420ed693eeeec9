// The headers of pages, in their one place.
#include "flows/page.h"

#include <algorithm>

namespace deputy::flows {

http::Headers page_headers(std::string_view form_action, Opener opener) {
  http::Headers headers{
      {"Content-Security-Policy",
       std::string("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action ")
           .append(form_action)
           .append("; frame-ancestors 'none'; base-uri 'none'")},
      {"Referrer-Policy", "no-referrer"},
      {"X-Frame-Options", "DENY"},
      {"Permissions-Policy", "camera=(), microphone=(), geolocation=()"}};
  if (opener == Opener::severed) headers.emplace_back("Cross-Origin-Opener-Policy", "same-origin");
  return headers;
}

http::Response page(int status, std::string html, std::string_view form_action, Opener opener) {
  http::Response response{.status = status,
                          .content_type = "text/html; charset=utf-8",
                          .body = std::move(html),
                          .headers = page_headers(form_action, opener)};
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

std::string form_target(std::string_view uri) {
  const auto colon = uri.find(':');
  const auto scheme = uri.substr(0, colon == std::string_view::npos ? 0 : colon);
  const auto letter = [](char c) {
    const bool alphabetic = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return alphabetic || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
  };
  // Nothing that could end a directive goes in (RFC 3986 §3.1).
  if (scheme.empty() || !std::all_of(scheme.begin(), scheme.end(), letter)) return "";
  if (scheme == "http") return "http: https:";
  return std::string(scheme) + ":";
}

std::string destination_of(std::string_view uri) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!uri.starts_with(scheme)) continue;
    const auto rest = uri.substr(scheme.size());
    return std::string(rest.substr(0, rest.find_first_of("/?#")));
  }
  return std::string(uri);
}

}  // namespace deputy::flows
