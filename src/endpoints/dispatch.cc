// Routing, tenants, CORS, and the wait for the store: the same for every endpoint.
#include "endpoints/dispatch.h"

#include "base/encoding.h"
#include "base/log.h"
#include "endpoints/routes.h"

namespace deputy::endpoints {
namespace {

constexpr std::size_t form_bytes_max = 64 * 1024;

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
    for (const auto rows : {oauth_routes(), admin_routes()})
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

struct Match {
  const Route* route = nullptr;
  std::vector<std::string> params;
  std::string allow;  // methods of the path, when none is this one
};

void consider(Match& match, const Route& route, std::string_view method) {
  if (route.method == method || (method == "HEAD" && route.method == "GET")) match.route = &route;
  match.allow.append(match.allow.empty() ? "" : ", ").append(route.method);
}

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

// "/t/acme/oauth2/token" and "/.well-known/oauth-authorization-server/t/acme" (RFC 8414 §3.1) name the tenant acme.
struct TenantPath {
  std::string tenant = "default";
  std::string path;
};
TenantPath split_tenant(const std::string& path) {
  constexpr std::string_view well_known = "/.well-known/";
  const auto at = path.starts_with(well_known) ? path.find("/t/", well_known.size())
                  : path.starts_with("/t/")    ? 0
                                               : std::string::npos;
  if (at == std::string::npos) return {.tenant = "default", .path = path};
  const auto begin = at + 3;
  const auto end = std::min(path.find('/', begin), path.size());
  return {.tenant = path.substr(begin, end - begin), .path = path.substr(0, at) + path.substr(end)};
}

http::Response problem(int status, std::string_view title, std::string_view detail) {
  auto response = json_response(status, R"({"type":"about:blank","title":")" + std::string(title) + R"(","status":)" +
                                            std::to_string(status) + R"(,"detail":")" + std::string(detail) + "\"}");
  response.content_type = "application/problem+json";
  return response;
}

bool has_media_type(std::string_view content_type, std::string_view wanted) {
  auto type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a | 0x20 : a) == b; };
  return type.size() == wanted.size() && std::equal(type.begin(), type.end(), wanted.begin(), same);
}

// A body of the wrong kind is refused before it is looked at.
std::optional<http::Response> wrong_body(const Route& route, const http::Request& request, const App& app) {
  const auto type = request.header("Content-Type").value_or("");
  if (route.form == Form::urlencoded) {
    if (request.body.size() > form_bytes_max) return problem(413, "Content too large", "A form is at most 64 KiB.");
    if (!has_media_type(type, "application/x-www-form-urlencoded"))
      return oauth_error(app, oauth::Error(oauth::Code::invalid_request,
                                           "send Content-Type: application/x-www-form-urlencoded"));
  }
  if (route.form == Form::json && !request.body.empty() && !has_media_type(type, "application/json") &&
      !has_media_type(type, "application/merge-patch+json"))
    return problem(415, "Unsupported media type", "Send Content-Type: application/json.");
  return std::nullopt;
}

void add_common(http::Response& response, const http::Request& request, Cors cors) {
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  if (request.secure) response.headers.emplace_back("Strict-Transport-Security", "max-age=31536000");
  if (cors == Cors::open) {
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After");
  }
}

http::Response preflight(const Match& match) {
  return {.status = 204,
          .content_type = "",
          .body = "",
          .headers = {{"Access-Control-Allow-Methods", match.allow},
                      {"Access-Control-Allow-Headers", "Authorization, Content-Type"},
                      {"Access-Control-Max-Age", "600"}},
          .feed = nullptr};
}

// One flush a turn of the reactor, after all that was ready has been handled: that is the group of a group commit.
void flush_at_end_of_turn(store::Store& store) {
  thread_local bool scheduled = false;
  if (scheduled) return;
  scheduled = true;
  http::Server::at_end_of_turn([&store] {
    scheduled = false;
    store.flush();
  });
}

using Finish = std::function<void(http::Response)>;

void settle(Answer answer, App& app, Finish finish) {
  if (answer.writes.empty()) return finish(std::move(answer.response));
  auto writes = std::move(answer.writes);
  auto committed = [&app, finish = std::move(finish), response = std::move(answer.response),
                    refused = std::move(answer.refused)](Result<store::Outcome, Fault> outcome) mutable {
    if (!outcome) {
      log::line(log::Level::error, "commit_failed", {{"detail", outcome.error().detail}});
      return finish(oauth_error(app, oauth::Error(outcome.error())));
    }
    const auto* refusal = std::get_if<store::Refused>(&*outcome);
    if (refusal == nullptr) return finish(std::move(response));
    CHECK(refused);  // a batch that can be refused says what to answer then
    auto other = refused(*refusal);
    settle(std::move(other), app, std::move(finish));
    app.store.flush();
  };
  app.store.commit(std::move(writes), std::move(committed));
}

}  // namespace

void dispatch(const http::Request& request, App& app, http::Send send) {
  auto [tenant, path] = split_tenant(request.path);
  const auto match = find_route(request.method, path);
  const auto cors = match.route != nullptr ? match.route->cors : Cors::no;
  const auto answer_now = [&](http::Response response) {
    add_common(response, request, cors);
    send(std::move(response));
  };
  if (match.allow.empty()) return answer_now(problem(404, "Not found", "There is nothing at this path."));
  if (match.route == nullptr) {
    if (request.method == "OPTIONS" &&
        find_route(match.allow.substr(0, match.allow.find(',')), path).route->cors == Cors::open) {
      auto response = preflight(match);
      add_common(response, request, Cors::open);
      return send(std::move(response));
    }
    auto response = problem(405, "Method not allowed", "See the Allow header.");
    response.headers.emplace_back("Allow", match.allow);
    return answer_now(std::move(response));
  }
  if (auto refused = wrong_body(*match.route, request, app)) return answer_now(std::move(*refused));
  auto exists = app.directory.has_tenant(tenant);
  if (!exists) return answer_now(oauth_error(app, oauth::Error(exists.error())));
  if (!*exists) return answer_now(problem(404, "Not found", "There is nothing at this path."));

  const auto issuer = tenant == "default" ? app.config.origin : app.config.origin + "/t/" + tenant;
  const Call call{request, std::move(tenant), issuer, match.params, app.clock.now()};
  auto answer = match.route->endpoint(call, app);
  add_common(answer.response, request, cors);
  if (answer.writes.empty()) return send(std::move(answer.response));
  settle(std::move(answer), app, [send = std::move(send)](http::Response response) { send(std::move(response)); });
  flush_at_end_of_turn(app.store);
}

}  // namespace deputy::endpoints
