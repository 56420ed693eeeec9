// Identifiers of resources, in one spelling (RFC 8707 §2, RFC 3986 §6.2.2.1).
#include <arpa/inet.h>

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

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || is_digit(c); }

// "127." and three more octets: "127.0.0.1.example.com" is a name anybody may own.
bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "[::1]") return true;
  if (!host.starts_with("127.")) return false;
  int octets = 0;
  while (!host.empty()) {
    const auto end = std::min(host.find('.'), host.size());
    const auto octet = host.substr(0, end);
    if (octet.empty() || octet.size() > 3 || !std::all_of(octet.begin(), octet.end(), is_digit)) return false;
    ++octets;
    host.remove_prefix(std::min(end + 1, host.size()));
  }
  return octets == 4;
}

// Without leading zeros, which would spell one port in many ways.
bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.starts_with('0') || !std::all_of(text.begin(), text.end(), is_digit))
    return false;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

bool is_host(std::string_view text) {
  if (text.starts_with('[')) {
    text.remove_prefix(1);
    if (!text.ends_with(']')) return false;
    text.remove_suffix(1);
    const auto legal_inside = [](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || c == ':' || c == '.'; };
    in6_addr address;
    return std::all_of(text.begin(), text.end(), legal_inside) &&
           ::inet_pton(AF_INET6, std::string(text).c_str(), &address) == 1;
  }
  const auto legal_in_name = [](char c) { return is_lower_alnum(c) || c == '.' || c == '-' || c == '_'; };
  // RFC 1123 §2.1: no label is empty, but the root's, and none begins or ends with a hyphen.
  const auto holds = [&](std::string_view what) { return text.find(what) != std::string_view::npos; };
  return !text.empty() && !text.starts_with('.') && !text.starts_with('-') && !text.ends_with('-') && !holds("..") &&
         !holds(".-") && !holds("-.") && std::all_of(text.begin(), text.end(), legal_in_name);
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
  if (!is_host(out.host)) return std::nullopt;
  return out;
}

}  // namespace

namespace {

enum class Http { on_loopback, anywhere };

std::optional<std::string> canonical(std::string_view text, Http http) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), legal) || !percent_decode(text)) return std::nullopt;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0) return std::nullopt;
  std::string scheme;
  for (const char c : text.substr(0, colon)) scheme.push_back(lower(c));
  auto rest = text.substr(colon + 1);
  if (scheme == "urn") {
    const auto inner = rest.find(':');
    if (inner == std::string_view::npos || inner < 2 || inner + 1 == rest.size()) return std::nullopt;
    std::string space;  // the namespace has no case (RFC 8141 §3.1)
    for (const char c : rest.substr(0, inner)) space.push_back(lower(c));
    if (!std::all_of(space.begin(), space.end(), [](char c) { return is_lower_alnum(c) || c == '-'; }))
      return std::nullopt;
    return "urn:" + space.append(rest.substr(inner));
  }
  if ((scheme != "https" && scheme != "http") || !rest.starts_with("//")) return std::nullopt;
  rest.remove_prefix(2);
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto authority = read_authority(rest.substr(0, end));
  const bool bound = scheme == "http" && http == Http::on_loopback;
  if (!authority || (bound && !is_loopback(authority->host))) return std::nullopt;
  auto out = scheme + "://" + authority->host;
  const bool default_port = authority->port == (scheme == "https" ? "443" : "80");
  if (!authority->port.empty() && !default_port) out.append(":").append(authority->port);
  return out.append(rest.substr(end));
}

}  // namespace

std::optional<std::string> canonical_uri(std::string_view text) { return canonical(text, Http::on_loopback); }

bool is_url(std::string_view text) {
  const auto read = canonical(text, Http::anywhere);
  return read && !read->starts_with("urn:");
}

}  // namespace deputy::directory
