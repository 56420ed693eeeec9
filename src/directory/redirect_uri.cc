// Strict at registration, so that a comparison of strings is all that a request needs.
#include "directory/redirect_uri.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/encoding.h"
#include "directory/noun.h"

namespace deputy::directory {
namespace {

constexpr std::size_t length_max = 2000;
constexpr std::array<std::string_view, 3> loopback{"http://127.0.0.1", "http://[::1]", "http://localhost"};

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A segment that some server resolves: "..", "%2e%2E", "..;x", or one that hides a slash (CVE-2026-3872).
bool climbs(std::string_view segment) {
  const auto decoded = percent_decode(segment);
  if (!decoded || decoded->find_first_of("/\\") != std::string::npos) return true;
  const auto plain = decoded->substr(0, decoded->find(';'));
  return plain == "." || plain == "..";
}

bool has_plain_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (climbs(path.substr(0, end))) return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

bool legal(std::string_view text) {
  constexpr std::string_view others = "-._~:/?[]@!$&'()+,;=%";  // RFC 3986 §2, without '#' and '*'
  const auto allowed = [&](char c) {
    return is_letter(c) || (c >= 'A' && c <= 'Z') || is_digit(c) || others.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= length_max && std::all_of(text.begin(), text.end(), allowed) &&
         percent_decode(text).has_value();
}

// "com.example.app:/callback": a name under a domain of the developer's, not `javascript` or `data` (RFC 8252 §8.4).
bool is_private_use(std::string_view scheme, std::string_view rest) {
  const auto in_scheme = [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '+'; };
  const bool dotted = scheme.find('.') != std::string_view::npos && !scheme.ends_with('.');
  return dotted && is_letter(scheme.front()) && std::all_of(scheme.begin(), scheme.end(), in_scheme) &&
         rest.starts_with('/') && rest.find('@') == std::string_view::npos && has_plain_path(rest);
}

// What follows "http://127.0.0.1", without the port; none where the text is for another host.
std::optional<std::string_view> after_loopback(std::string_view text, std::string_view host) {
  if (!text.starts_with(host)) return std::nullopt;
  text.remove_prefix(host.size());
  if (text.starts_with(':')) {
    text.remove_prefix(1);
    const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto port = text.substr(0, digits);
    const bool is_port =
        !port.empty() && port.front() != '0' && (port.size() < 5 || (port.size() == 5 && port <= "65535"));
    if (!is_port) return std::nullopt;
    text.remove_prefix(digits);
  }
  if (!text.empty() && text.front() != '/' && text.front() != '?') return std::nullopt;
  return text;
}

}  // namespace

bool is_redirect_uri(std::string_view text) {
  if (!legal(text)) return false;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto scheme = text.substr(0, colon), rest = text.substr(colon + 1);
  if (scheme != "https" && scheme != "http") return is_private_use(scheme, rest);
  // Its own spelling or none: a host in upper case or a default port would be one URI in two strings.
  if (canonical_uri(text) != text) return false;
  const auto authority_end = std::min(rest.find_first_of("/?", 2), rest.size());
  return has_plain_path(rest.substr(authority_end));
}

bool brings(std::string_view uri, std::span<const std::string_view> parameters) {
  auto query = uri.substr(std::min(uri.find('?'), uri.size()));
  while (!query.empty()) {
    query.remove_prefix(1);  // '?' or '&'
    const auto pair = query.substr(0, std::min(query.find('&'), query.size()));
    query.remove_prefix(pair.size());
    const auto name = form_decode(pair.substr(0, std::min(pair.find('='), pair.size())));
    if (name && std::find(parameters.begin(), parameters.end(), *name) != parameters.end()) return true;
  }
  return false;
}

bool redirects_to(std::string_view registered, std::string_view sent) {
  if (registered == sent) return true;
  for (const auto host : loopback) {
    const auto mine = after_loopback(registered, host), theirs = after_loopback(sent, host);
    if (mine && theirs) return *mine == *theirs;
  }
  return false;
}

bool any_redirects_to(const std::vector<std::string>& registered, std::string_view sent) {
  return std::any_of(registered.begin(), registered.end(), [&](const auto& one) { return redirects_to(one, sent); });
}

}  // namespace deputy::directory
