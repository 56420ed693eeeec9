// Routing, tenants, CORS, and the wait for the store: the same for every endpoint.
#include "endpoints/dispatch.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "endpoints/people/browser.h"
#include "endpoints/routing.h"
#include "http/media_type.h"

namespace deputy::endpoints {
namespace {

constexpr std::size_t form_bytes_max = 64 * 1024;

// The lines that are the same for every response to such a request.
std::string_view lines_of(bool secure, Cors cors) {
  static const auto all = [] {
    std::array<std::string, 4> made;
    for (const bool tls : {false, true})
      for (const bool open : {false, true}) {
        auto& lines = made[tls * 2u + open] = "X-Content-Type-Options: nosniff\r\n";
        if (tls) lines.append("Strict-Transport-Security: max-age=31536000\r\n");
        if (open)
          lines.append("Access-Control-Allow-Origin: *\r\n"
                       "Access-Control-Expose-Headers: WWW-Authenticate, DPoP-Nonce, Retry-After, X-Correlation-Id\r\n");
      }
    return made;
  }();
  return all[secure * 2u + (cors == Cors::open)];
}

// What every response of a request bears, kept by value: the request may be gone when the store has answered.
struct Frame {
  bool secure;
  Cors cors;
  bool admin;  // /v1 speaks RFC 9457, the rest RFC 6749
  std::optional<pages::Speaker> say;  // but to a person at a browser a page, in this language
  std::string correlation_id;
  std::string peer;
  bool within_bound = false;  // its refusal has its place within the bound for strangers

  http::Response on(http::Response response) const {
    response.lines = lines_of(secure, cors);
    return response;
  }
};

// A refusal of which no event can be written: before any endpoint was reached nobody has been named yet, and after it
// the store may not take one. Counted all the same, and logged within a bound.
void count(const Frame& frame, int status) {
  metrics::counter("deputy_refused_total", "Requests refused, by what was asked and why.",
                   {{"action", "http.route"}, {"code", std::to_string(status)}})
      .add();
  static log::Bound bound("refused_more");
  if (!bound.allows(SystemClock().now())) return;
  log::line(log::Level::info, "refused",
            {{"correlation_id", frame.correlation_id}, {"action", "http.route"}, {"code", std::int64_t(status)}});
}

http::Response problem(const Frame& frame, int status, std::string_view title, std::string_view detail) {
  count(frame, status);
  return blank_problem(status, title, detail, frame.correlation_id);
}

// 503, of the path's kind: nothing was done, and it is the caller's to try again.
http::Response unavailable(const Frame& frame, const App& app, std::string_view event, const Fault& fault) {
  log::line(log::Level::error, event, {{"correlation_id", frame.correlation_id}, {"detail", fault.detail}});
  if (!frame.admin) {
    count(frame, 503);
    return frame.say ? people::out_of_order(*frame.say, frame.correlation_id) : oauth_error(app, oauth::Error(fault));
  }
  auto response = problem(frame, 503, "The store cannot be reached", "Try again after the time in Retry-After.");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// A body of the wrong kind is refused before it is looked at.
std::optional<http::Response> wrong_body(const Route& route, const http::Request& request, const App& app,
                                         const Frame& frame) {
  const auto type = request.header("Content-Type").value_or("");
  if (route.form == Form::urlencoded) {
    if (request.body.size() > form_bytes_max)
      return problem(frame, 413, "Content too large", "A form is at most 64 KiB.");
    // The type has no charset (WHATWG URL §5.3), and some clients send one that says nothing of what they encode.
    if (!http::is_media_type(type, "application/x-www-form-urlencoded")) {
      count(frame, 400);
      return oauth_error(app, oauth::Error(oauth::Code::invalid_request,
                                           "send Content-Type: application/x-www-form-urlencoded"));
    }
  }
  const bool is_json =
      http::is_media_type(type, "application/json") || http::is_media_type(type, "application/merge-patch+json");
  if (route.form == Form::json && !request.body.empty() && (!is_json || !http::is_utf8(type)))
    return problem(frame, 415, "Unsupported media type", "Send Content-Type: application/json, in UTF-8.");
  return std::nullopt;
}

// OPTIONS of the asterisk asks whether there is a server, and that is all (RFC 9110 §9.3.7).
bool asks_for_server(const http::Request& request) { return request.method == "OPTIONS" && request.path == "*"; }

bool is_at(std::string_view path, std::initializer_list<std::string_view> pages) {
  return std::any_of(pages.begin(), pages.end(), [&](std::string_view page) {
    return path.starts_with(page) && (path.size() == page.size() || path[page.size()] == '/');
  });
}
// A browser is shown a page, wherever programs have no business alone; and everybody else a problem.
bool is_for_people(const http::Request& request, std::string_view path) {
  return people::wants_page(request) && !is_at(path, {"/v1", "/oauth2", "/.well-known"});
}
// There, and where they are sent: how a browser is spoken to when nothing else can be said.
std::optional<pages::Speaker> speaker_at(const http::Request& request, std::string_view path) {
  const bool page = is_at(path, {"/account", "/sign-in", "/consent", "/oauth2/authorize", "/oauth2/logout"});
  if (!page || !people::wants_page(request)) return std::nullopt;
  return pages::Speaker(pages::language_of("", request.header("Accept-Language").value_or("")));
}
std::string base_of(std::string_view tenant) {
  return tenant == "default" ? std::string() : std::string("/t/").append(tenant);
}

// The bare origin of a tenant, typed or linked to: a person is at home at their account.
bool leads_to_account(const http::Request& request, std::string_view path) {
  if (request.method != "GET" && request.method != "HEAD") return false;
  if (path.empty() || path == "/") return people::wants_page(request);
  return path == "/account/" && is_for_people(request, path);
}

http::Response no_page(const http::Request& request, std::string_view tenant, const Frame& frame, int status) {
  count(frame, status);
  return people::nothing_here(request, base_of(tenant), status);
}

// Of a path that is served by other methods: one of its rows.
const Route& other_row(const Match& match, std::string_view path) {
  return *find_route(match.allow.substr(0, match.allow.find(',')), path).route;
}

bool is_hidden(const Route& route, const http::Request& request, const App& app) {
  return route.hidden != nullptr && route.hidden(request, app);
}

// A path that is served, but not by this method (RFC 9110 §15.5.6); or a browser asking what it may send.
http::Response no_such_method(const http::Request& request, std::string_view tenant, std::string_view path,
                              const Match& match, Frame frame) {
  if (request.method == "OPTIONS" && other_row(match, path).cors == Cors::open) {
    frame.cors = Cors::open;
    return frame.on({.status = 204,
                     .headers = {{"Access-Control-Allow-Methods", match.allow},
                                 // The last is what clients of the Model Context Protocol send with their discovery.
                                 {"Access-Control-Allow-Headers",
                                  "Authorization, Content-Type, DPoP, MCP-Protocol-Version"},
                                 {"Access-Control-Max-Age", "600"}}});
  }
  auto response = is_for_people(request, path) ? no_page(request, tenant, frame, 405)
                                               : problem(frame, 405, "Method not allowed", "See the Allow header.");
  response.headers.emplace_back("Allow", match.allow);
  return frame.on(std::move(response));
}

// A42: refusals of callers who proved to be nobody are recorded within a bound by source; beyond it they are counted,
// and answered as ever. An event stands behind whatever the store may refuse, so nobody's place in the batch changes.
void hold_to_bound(store::Writes& writes, Frame& frame, App& app) {
  const auto left_out = std::erase_if(writes, [&](const store::Write& write) {
    const auto* append = std::get_if<store::Append>(&write);
    if (append == nullptr || append->event.decision != audit::Decision::refused || !append->event.actor.empty())
      return false;
    // Once a request: what the store refuses of it is refused again, in other words.
    frame.within_bound =
        frame.within_bound || app.strangers.records(signin::network_of(frame.peer), append->event);
    return !frame.within_bound;
  });
  if (left_out == 0) return;
  // Nor is the mark of a proof that came with it: anybody has a key to prove.
  std::erase_if(writes, [](const store::Write& write) {
    const auto* mark = std::get_if<store::Mark>(&write);
    return mark != nullptr && mark->once == store::Once::dpop_jti;
  });
}

Fault unanswered(const store::Refused& refusal) {
  return {Fault::Kind::unavailable, "the store refused write " + std::to_string(refusal.write) +
                                        " of a batch, and nothing was to be answered then"};
}

void settle(Answer answer, App& app, Frame frame, http::Send send);

// Has the work done by its pool; what comes of it is settled there, off the reactor. Where the pool is full, of whom
// nothing is known yet there is no record: that is counted.
void settle_later(Later later, App& app, Frame frame, http::Send send) {
  auto full = begin(std::move(later), [&app, frame, send](Answer answer) {
    settle(std::move(answer), app, frame, send);
    app.store.flush();
  });
  if (!full) return;
  if (full->writes.empty()) count(frame, 503);
  settle(std::move(*full), app, std::move(frame), std::move(send));
}

// Commits what the answer depends on, then sends it; when the store refused, the answer to that, the same way.
void settle(Answer answer, App& app, Frame frame, http::Send send) {
  if (answer.later) return settle_later(std::move(*answer.later), app, std::move(frame), std::move(send));
  hold_to_bound(answer.writes, frame, app);
  if (answer.writes.empty()) return send(frame.on(std::move(answer.response)));
  auto writes = std::move(answer.writes);
  auto committed = [&app, frame = std::move(frame), send = std::move(send), response = std::move(answer.response),
                    refused = std::move(answer.refused),
                    counted = answer.counted](Result<store::Outcome, Fault> outcome) mutable {
    if (!outcome) return send(frame.on(unavailable(frame, app, "store_failed", outcome.error())));
    const auto* refusal = std::get_if<store::Refused>(&*outcome);
    if (refusal == nullptr) {
      if (counted != nullptr) counted->add();
      return send(frame.on(std::move(response)));
    }
    // A batch that can be refused says what to answer then. One that does not is our mistake, and costs one answer.
    if (!refused) return send(frame.on(unavailable(frame, app, "refusal_unanswered", unanswered(*refusal))));
    settle(refused(*refusal), app, std::move(frame), std::move(send));
    app.store.flush();
  };
  app.store.commit(std::move(writes), std::move(committed));
}

}  // namespace

std::optional<std::size_t> body_bytes_kept(const http::Request& head) {
  const auto* route = find_route(head.method, split_tenant(head.path).path).route;
  if (route == nullptr) return std::nullopt;
  return route->form == Form::json ? std::numeric_limits<std::size_t>::max() : form_bytes_max;
}

void dispatch(const http::Request& request, App& app, http::Send send) {
  auto [tenant, path] = split_tenant(request.path);
  const auto match = find_route(request.method, path);
  Frame frame{.secure = request.secure,
              .cors = match.route != nullptr ? match.route->cors : Cors::no,
              .admin = path.starts_with("/v1"),
              .say = speaker_at(request, path),
              .correlation_id = request.correlation_id,
              .peer = request.peer};
  const auto nothing_here = [&](std::string_view at) {
    if (is_for_people(request, path)) return no_page(request, at, frame, 404);
    return problem(frame, 404, "Not found", "There is nothing at this path.");
  };
  if (asks_for_server(request)) return send(frame.on({.status = 204}));
  if (match.allow.empty() && leads_to_account(request, path))
    return send(frame.on(people::go(base_of(tenant) + "/account").response));
  if (match.allow.empty()) return send(frame.on(nothing_here(tenant)));
  if (match.route == nullptr && is_hidden(other_row(match, path), request, app))
    return send(frame.on(nothing_here(tenant)));
  if (match.route == nullptr) return send(no_such_method(request, tenant, path, match, std::move(frame)));
  if (auto refused = wrong_body(*match.route, request, app, frame)) return send(frame.on(std::move(*refused)));
  const auto known = app.directory.tenant(tenant);
  if (!known) return send(frame.on(unavailable(frame, app, "store_failed", known.error())));
  if (*known == nullptr) return send(frame.on(nothing_here("default")));

  auto issuer = issuer_of(app.config.origin, tenant);
  const Call call{request, std::move(tenant), std::move(issuer), match.params, app.clock.now()};
  auto answer = match.route->endpoint(call, app);
  settle(std::move(answer), app, std::move(frame), std::move(send));
}

}  // namespace deputy::endpoints
