// Identifiers of resources, in one spelling (RFC 8707 §2, RFC 3986 §6.2.2).
#include <algorithm>

#include "base/encoding.h"
#include "directory/noun.h"

namespace deputy::directory {
namespace {

bool legal(char c) {
  constexpr std::string_view others = "-._~:/?[]@!$&'()*+,;=%";  // RFC 3986 §2, without '#'
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "[::1]" || (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Host and port of an authority; none when either is malformed or there is user info, which reads as another host
// to some (CVE-2026-7504).
struct Authority {
  std::string host, port;
};
std::optional<Authority> read_authority(std::string_view text) {
  if (text.find('@') != std::string_view::npos) return std::nullopt;
  Authority out;
  const auto bracket = text.starts_with('[') ? text.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const auto colon = std::min(text.find(':', bracket), text.size());
  for (const char c : text.substr(0, colon)) out.host.push_back(lower(c));
  if (colon < text.size()) {
    out.port = text.substr(colon + 1);
    if (!is_port(out.port)) return std::nullopt;
  }
  const auto host_legal = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           (out.host.starts_with('[') && (c == '[' || c == ']' || c == ':'));
  };
  if (out.host.empty() || out.host.starts_with('.') || !std::all_of(out.host.begin(), out.host.end(), host_legal))
    return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> canonical_uri(std::string_view text) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), legal) || !percent_decode(text)) return std::nullopt;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme;
  for (const char c : text.substr(0, colon)) scheme.push_back(lower(c));
  auto rest = text.substr(colon + 1);
  if (scheme == "urn") {
    const auto inner = rest.find(':');
    if (inner == std::string_view::npos || inner < 2 || inner + 1 == rest.size()) return std::nullopt;
    return "urn:" + std::string(rest);
  }
  if ((scheme != "https" && scheme != "http") || !rest.starts_with("//")) return std::nullopt;
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = read_authority(rest.substr(0, end));
  if (!authority || (scheme == "http" && !is_loopback(authority->host))) return std::nullopt;
  auto out = scheme + "://" + authority->host;
  const bool default_port = authority->port == (scheme == "https" ? "443" : "80");
  if (!authority->port.empty() && !default_port) out.append(":").append(authority->port);
  return out.append(rest.substr(end));
}

}  // namespace deputy::directory
