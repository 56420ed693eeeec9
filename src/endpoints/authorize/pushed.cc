// POST /oauth2/par (RFC 9126): a client sends its authorization request itself, and the browser carries a reference.
#include <algorithm>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/client_auth.h"
#include "endpoints/marks.h"
#include "endpoints/oauth.h"
#include "endpoints/possession.h"

namespace deputy::endpoints::authorize {
namespace {

using oauth::Code;
using oauth::Error;

// What is read of the request later: not what proved the client, and nothing that would be kept in vain (A42).
std::string text_of(const oauth::Form& form) {
  std::string text;
  for (const auto& [name, value] : form.parameters()) {
    if (std::find(std::begin(parameters_read), std::end(parameters_read), name) == std::end(parameters_read)) continue;
    text.append(text.empty() ? "" : "&").append(percent_encode(name)).append("=").append(percent_encode(value));
  }
  return text;
}

struct Pushed {
  std::string request_uri;
  store::Keep kept;
};

Result<Pushed, Error> ladder(const Call& call, App& app, audit::Event& event, store::Writes& marks) {
  // The query is refused as at the token endpoint; `resource` alone may repeat.
  TRY(auto form, parse_form(call, repeatable));
  TRY(auto client, authenticate_client(call, app, form, event, marks, Public::allowed));
  // Before the request is looked at: a proof that came with a bad one is spent with it (A18).
  TRY(auto possession, possession_of(call, app, *client.principal));
  for (auto& write : possession.writes) marks.push_back(std::move(write));
  // §2.1: "The request_uri authorization request parameter is one exception, and it MUST NOT be provided".
  if (form.get("request_uri"))
    return Fail{Error(Code::invalid_request, "push the request itself, not a request_uri (RFC 9126 section 2.1)")};
  const auto request_uri = std::string(request_uri_prefix) + base64url(as_text(app.random.bytes<32>()));
  Parameters parameters{.client = client.principal,
                        .form = std::move(form),
                        .request_uri = crypto::sha256_base64url(request_uri)};
  if (const auto request = parameters.form.get("request")) {
    TRY(auto inside, read_request_object(*request, *client.principal, call, app));
    parameters.form = std::move(inside);
    parameters.is_signed = true;
  }
  tell_of_asked(parameters.form, call, app, event);
  // Refused here what would be refused later, so that the client is told and not the person (§2.3).
  flows::AuthorizationRequest checked{.client = client.principal->id,
                                      .request_uri = parameters.request_uri,
                                      .is_signed = parameters.is_signed,
                                      .at = call.now};
  TRY(const auto redirect, check_redirect(parameters, checked));
  TRY(const auto rest, check_request(parameters, call, app, checked));
  flows::tell_of(checked, event);  // with what is asked for where nothing is named
  TRY(const auto possible, check_possible(checked, {}, Ways::ever, call, app));
  // RFC 9449 §10.1: a proof sent with the push binds the code as `dpop_jkt` would.
  TRY(auto jkt, requested_key(checked.dpop_jkt, possession));
  Pushed out{.request_uri = request_uri, .kept = {}};
  const json::object body{{"client", client.principal->id},
                          {"signed", parameters.is_signed},
                          {"jkt", jkt},
                          {"form", text_of(parameters.form)}};
  out.kept = {.use = store::Use::request_uri,
              .tenant = call.tenant,
              .key = parameters.request_uri,
              .until = call.now + flows::pushed_lifetime,
              .body = json::serialize(body)};
  return out;
}

}  // namespace

Answer push(const Call& call, App& app) {
  auto event = event_of(call, app, "authorization.push", audit::Decision::refused);
  store::Writes marks;
  auto pushed = ladder(call, app, event, marks);
  auto nonce = fresh_nonce(call, app);
  const auto refusal = [&app, nonce](audit::Event refused, const Error& error) {
    auto answer = refuse(app, std::move(refused), error);
    offer_nonce(answer.response, nonce);
    return answer;
  };
  // A42: whoever names a public client has a request kept: as many as the bound of their source allows.
  const auto wait = pushed && event.actor.empty()
                        ? app.strangers.take(signin::network_of(call.request.peer), call.now)
                        : std::nullopt;
  if (!pushed || wait) {
    auto refused =
        refuse_once(refusal, std::move(event), wait ? too_many_requests() : pushed.error(), std::move(marks));
    if (wait) ask_to_wait(refused.response, *wait);
    return refused;
  }
  const json::object body{{"request_uri", pushed->request_uri}, {"expires_in", flows::pushed_lifetime.count()}};
  auto before = event;
  event.decision = audit::Decision::done;
  Answer answer{.response = json_response(201, json::serialize(body)), .writes = marks, .refused = {}};
  answer.writes.emplace_back(std::move(pushed->kept));
  answer.writes.emplace_back(store::Append{std::move(event)});
  answer.refused = once_only(refusal, std::move(before), std::move(marks));
  offer_nonce(answer.response, std::move(nonce));
  return answer;
}

}  // namespace deputy::endpoints::authorize
