// The table of rows, searched: fixed paths by look-up, the others by their number of segments.
#include "endpoints/routing.h"

#include <algorithm>
#include <map>

#include "base/encoding.h"

namespace deputy::endpoints {
namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  while (path.starts_with('/')) {
    path.remove_prefix(1);
    const auto end = std::min(path.find('/'), path.size());
    segments.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return segments;
}

// Rows by path without parameters, and the rest by the number of segments.
struct Table {
  std::map<std::string_view, std::vector<const Route*>, std::less<>> fixed;
  std::map<std::size_t, std::vector<std::pair<std::vector<std::string_view>, const Route*>>> patterns;

  Table() {
    for (const auto rows : {oauth_routes(), people_routes(), admin_routes()})
      for (const auto& route : rows) {
        if (route.path.find('{') == std::string_view::npos) {
          fixed[route.path].push_back(&route);
        } else {
          auto segments = segments_of(route.path);
          patterns[segments.size()].emplace_back(std::move(segments), &route);
        }
      }
  }
};
const Table& table() {
  static const Table one;
  return one;
}

void consider(Match& match, const Route& route, std::string_view method) {
  if (route.method == method || (method == "HEAD" && route.method == "GET")) match.route = &route;
  match.allow.append(match.allow.empty() ? "" : ", ").append(route.method == "GET" ? "GET, HEAD" : route.method);
}

}  // namespace

Match find_route(std::string_view method, std::string_view path) {
  Match match;
  if (const auto found = table().fixed.find(path); found != table().fixed.end()) {
    for (const auto* route : found->second) consider(match, *route, method);
    return match;
  }
  const auto segments = segments_of(path);
  const auto found = table().patterns.find(segments.size());
  if (found == table().patterns.end()) return match;
  for (const auto& [pattern, route] : found->second) {
    std::vector<std::string> params;
    const bool same = std::equal(pattern.begin(), pattern.end(), segments.begin(), [&](auto want, auto have) {
      if (!want.starts_with('{')) return want == have;
      auto decoded = percent_decode(have);
      if (!decoded || decoded->empty() || !is_utf8(*decoded)) return false;
      params.push_back(std::move(*decoded));
      return true;
    });
    if (!same) continue;
    const auto* before = match.route;
    consider(match, *route, method);
    if (match.route != before) match.params = std::move(params);
  }
  return match;
}

std::string issuer_of(const std::string& origin, std::string_view tenant) {
  return tenant == "default" ? origin : origin + "/t/" + std::string(tenant);
}

TenantPath split_tenant(const std::string& path) {
  constexpr std::string_view well_known = "/.well-known/";
  const auto at = path.starts_with(well_known) ? path.find("/t/", well_known.size())
                  : path.starts_with("/t/")    ? 0
                                               : std::string::npos;
  if (at == std::string::npos) return {.path = path};
  const auto begin = at + 3;
  const auto end = std::min(path.find('/', begin), path.size());
  auto tenant = path.substr(begin, end - begin);
  // RFC 8414 §3.3: the issuer "MUST be identical to" the one that was asked for; that of this tenant is the origin.
  if (tenant == "default") return {.path = path};
  return {.tenant = std::move(tenant), .path = path.substr(0, at) + path.substr(end)};
}

}  // namespace deputy::endpoints
