// Problems leave by refuse(), and by nothing else.
#include "endpoints/admin/frame/problem.h"

#include "base/json_text.h"
#include "base/log.h"

namespace deputy::endpoints::admin {
namespace {

// With the resource's metadata (RFC 9728 §5.1). The well-known part stands between host and path.
std::string challenge_parameters(const Case& of, const Problem& problem) {
  const auto path = std::string_view(of.issuer).substr(of.app->config.origin.size());
  std::string text = "resource_metadata=\"" + of.app->config.origin + "/.well-known/oauth-protected-resource" +
                     std::string(path) + "/v1\"";
  if (!problem.scope.empty()) text.append(", scope=\"").append(problem.scope).append("\"");
  return text;
}

}  // namespace

Problem::Problem(Fault fault)
    : type(fault.kind == Fault::Kind::unavailable ? ProblemType::temporarily_unavailable : ProblemType::server_error),
      reason(std::move(fault.detail)) {}

Problem::Problem(directory::FieldProblem problem)
    : type(ProblemType::invalid_field),
      detail((problem.field.empty() ? "The document" : problem.field) + " " + problem.sentence + "."),
      field(std::move(problem.field)) {}

Problem no_such_record(std::string_view reason) {
  return {ProblemType::not_found, "There is no such record, or it is out of your reach.", {}, std::string(reason)};
}

Case::Case(const Call& call, App& app_, std::string action)
    : app(&app_),
      tenant(call.tenant),
      issuer(call.issuer),
      scheme(scheme_of(call.request)),
      event(event_of(call, app_, action, audit::Decision::done)) {}

http::Response problem_response(const Case& of, const Problem& problem) {
  const auto& kind = row(problem.type);
  auto body = JsonText()
                  .text("type", error_uri(*of.app, kind.code))
                  .text("title", kind.title)
                  .number("status", kind.status)
                  .text("detail", problem.detail)
                  .text("field", problem.field)
                  .text("correlation_id", of.event.correlation_id)
                  .close();
  auto response = json_response(kind.status, std::move(body));
  response.content_type = "application/problem+json";
  // RFC 6750 §3.1: 400, 401 and 403 are what its errors are answered with.
  if (kind.status == 401 || problem.type == ProblemType::insufficient_scope || problem.of_token)
    challenge_with(response, of.scheme, kind.code, challenge_parameters(of, problem));
  if (kind.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Answer refuse(Case of, const Problem& problem) {
  Answer answer{.response = problem_response(of, problem), .writes = {}, .refused = {}};
  of.event.changes.clear();  // nothing was changed
  answer.writes.push_back(record_refusal(std::move(of.event), row(problem.type).code,
                                         problem.reason.empty() ? problem.detail : problem.reason));
  return answer;
}

Answer unanswered(const Case& of) {
  log::line(log::Level::error, "refusal_unanswered",
            {{"correlation_id", of.event.correlation_id}, {"action", of.event.action}});
  return refuse(of, Fault{Fault::Kind::unavailable, "the store refused, and nothing was to be answered then"});
}

}  // namespace deputy::endpoints::admin
