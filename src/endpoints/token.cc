// POST /oauth2/token (RFC 6749 §3.2): who is the client, which grant, what is it entitled to, one signature.
#include "base/json.h"
#include "base/metrics.h"
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/oauth.h"
#include "grants/all.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;

constexpr std::string_view repeatable[] = {"resource"};  // RFC 8707 §2

// What is known so far, for the event: it grows down the ladder, and whichever rung refuses, it is recorded.
struct Attempt {
  audit::Event event;
  store::Writes writes;
  std::optional<audit::Event> if_spent;  // the event as it was before issuing, where the store may refuse the writes
};

Result<tokens::Issued, Error> ladder(const Call& call, App& app, Attempt& attempt) {
  TRY(auto form, parse_form(call, repeatable));
  TRY(auto client, authenticate_client(call, app, form, attempt.event));
  attempt.writes = std::move(client.writes);

  const auto grant_type = form.get("grant_type");
  if (!grant_type) return Fail{Error(Code::invalid_request, "grant_type is missing")};
  const auto* grant = grants::find(*grant_type);
  if (grant == nullptr)
    return Fail{Error(Code::unsupported_grant_type, "this server does not speak that grant: see its metadata")};
  TRY(auto scope, oauth::ScopeSet::parse(form.get("scope").value_or("")));
  attempt.event.scope_asked = scope.text();

  grants::World world{call.tenant, call.issuer, call.now, app.directory, app.reader};
  TRY(auto authorization, grant->authorize({client.principal, form, std::move(scope)}, world));
  if (!attempt.writes.empty()) attempt.if_spent = attempt.event;
  return tokens::issue(authorization, call.issuer, app.keyring, app.random, call.now, attempt.event);
}

// RFC 6749 §5.1; `scope` always, so that a client never has to guess what it got.
std::string body_of(const tokens::TokenSet& tokens) {
  std::string body = "{\"access_token\":";
  body.reserve(tokens.access_token.size() + tokens.scope.size() + 96);
  append_json_string(body, tokens.access_token);
  body.append(",\"token_type\":\"Bearer\",\"expires_in\":").append(std::to_string(tokens.expires_in.count()));
  body.append(",\"scope\":");
  append_json_string(body, tokens.scope);
  body.push_back('}');
  return body;
}

}  // namespace

Result<oauth::Form, oauth::Error> parse_form(const Call& call, std::span<const std::string_view> may_repeat) {
  // RFC 6749 §3.2; OAuth 2.1 §3.2: parameters travel in the body, never in the query, where logs keep them (A21).
  if (!call.request.query.empty())
    return Fail{Error(Code::invalid_request, "send the parameters in the body, not in the query")};
  return oauth::Form::parse(call.request.body, may_repeat);
}

Answer token(const Call& call, App& app) {
  Attempt attempt{event_of(call, app, "token.issue", audit::Decision::refused), {}, {}};
  auto issued = ladder(call, app, attempt);
  if (!issued) return refuse(app, std::move(attempt.event), issued.error());

  static auto count = metrics::counter("deputy_tokens_issued_total", "Access tokens issued.");
  count.add();
  Answer answer{.response = json_response(200, body_of(issued->tokens)),
                .writes = std::move(attempt.writes),
                .refused = {}};
  for (auto& write : issued->writes) answer.writes.push_back(std::move(write));
  // The only condition in the batch is an assertion's jti: spent by another request, here or on another node (A14).
  if (attempt.if_spent)
    answer.refused = [&app, event = std::move(*attempt.if_spent)](const store::Refused&) mutable {
      return refuse(app, std::move(event), client_refused("the assertion was used before"));
    };
  return answer;
}

}  // namespace deputy::endpoints
