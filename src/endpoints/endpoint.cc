// What all answers share: JSON bodies, errors in the protocol's words, and the record of a refusal.
#include "endpoints/endpoint.h"

#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "endpoints/app.h"

namespace deputy::endpoints {

http::Response json_response(int status, std::string body) {
  return {.status = status,
          .content_type = "application/json",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}},
          .feed = nullptr};
}

http::Response blank_problem(int status, std::string_view title, std::string_view detail,
                             std::string_view correlation_id) {
  auto response = json_response(status, json::serialize(json::object{{"type", "about:blank"},
                                                                     {"title", title},
                                                                     {"status", status},
                                                                     {"detail", detail},
                                                                     {"correlation_id", correlation_id}}));
  response.content_type = "application/problem+json";
  return response;
}

std::string error_uri(const App& app, std::string_view code) {
  return app.config.origin + "/errors#" + std::string(code);
}

http::Response oauth_error(const App& app, const oauth::Error& error) {
  const auto& row = oauth::row(error.code);
  std::string body = "{\"error\":";
  append_json_string(body, row.wire);
  if (!error.description.empty()) {
    body.append(",\"error_description\":");
    append_json_string(body, error.description);
  }
  body.append(",\"error_uri\":");
  append_json_string(body, error_uri(app, row.wire));
  body.push_back('}');
  auto response = json_response(row.status, std::move(body));
  // RFC 6749 §5.2: 401 "MUST include the WWW-Authenticate response header field". With the reason too, for libraries
  // that show a challenge instead of the body; a description holds no quote and no backslash.
  if (error.code == oauth::Code::invalid_client)
    response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"deputy\", charset=\"UTF-8\", error=\"" +
                                                          std::string(row.wire) + "\", error_description=\"" +
                                                          error.description + "\"");
  if (row.status == 503) response.headers.emplace_back("Retry-After", std::to_string(error.retry_after.count()));
  return response;
}

std::optional<Answer> begin(Later later, std::function<void(Answer)> done) {
  CHECK(later.pool != nullptr && later.work && later.when_full);
  const bool taken = later.pool->run([work = std::move(later.work), done = std::move(done)] { done(work()); });
  if (taken) return std::nullopt;
  auto answer = later.when_full();
  auto& response = answer.response;
  response.status = 503;
  if (!http::only_value(response.headers, "Retry-After")) response.headers.emplace_back("Retry-After", "1");
  return answer;
}

audit::Event event_of(const Call& call, App& app, std::string_view action, audit::Decision decision) {
  audit::Event event;
  event.id = make_id("evt", call.now, app.random);
  event.at = call.now;
  event.tenant = call.tenant;
  event.correlation_id = call.request.correlation_id;
  event.action = action;
  event.decision = decision;
  return event;
}

store::Write record_refusal(audit::Event event, std::string_view code, std::string_view detail,
                            std::string_view of_sent) {
  metrics::counter("deputy_refused_total", "Requests refused, by what was asked and why.",
                   {{"action", event.action}, {"code", std::string(code)}})
      .add();
  log::line(log::Level::info, "refused",
            {{"correlation_id", event.correlation_id},
             {"tenant", event.tenant},
             {"action", event.action},
             {"code", code},
             {"detail", detail},
             {"client", event.client}});
  event.decision = audit::Decision::refused;
  const auto why = of_sent.empty() ? detail : of_sent;
  event.reason = std::string(code).append(why.empty() ? "" : ": ").append(why);
  return store::Append{std::move(event)};
}

oauth::Error too_many_requests() {
  return oauth::Error(oauth::Code::temporarily_unavailable,
                      "too many requests came from this address: wait a little, then try again");
}

void ask_to_wait(http::Response& response, Seconds wait) {
  response.status = 429;
  std::erase_if(response.headers, [](const auto& header) { return header.first == "Retry-After"; });
  response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
}

Answer refuse(const App& app, audit::Event event, const oauth::Error& error) {
  const auto& row = oauth::row(error.code);
  Answer answer{.response = oauth_error(app, error), .writes = {}, .refused = {}};
  answer.writes.push_back(record_refusal(std::move(event), row.wire,
                                         error.detail.empty() ? error.description : error.detail, error.of_sent));
  return answer;
}

}  // namespace deputy::endpoints
