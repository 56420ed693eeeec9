// POST /oauth2/introspect (RFC 7662), and its signed form (RFC 9701): a resource asks about a token that was sent to
// it.
#include "base/json_text.h"
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/marks.h"
#include "endpoints/oauth.h"
#include "http/media_type.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;
using TokenPtr = std::shared_ptr<const tokens::AccessToken>;

constexpr std::string_view jwt_type = "application/token-introspection+jwt";

struct Found {
  store::Directory::PrincipalPtr client;
  TokenPtr token;  // null: not active, or not this caller's business
};

// RFC 7662 §2.2, §4: a resource sees only tokens meant for it; to any other caller they do not exist (A20).
Result<bool, Error> may_see(const Call& call, App& app, const directory::Principal& client,
                            const tokens::AccessToken& token) {
  TRY(auto resource, app.directory.resource(call.tenant, token.audience));
  return resource != nullptr && !resource->principal.empty() && resource->principal == client.id;
}

// What is true of the people behind the token now: a suspended agent's tokens are dead, whatever they say.
Result<bool, Error> still_active(const Call& call, App& app, const tokens::AccessToken& token) {
  std::vector<std::string_view> all{token.client_id, token.subject};
  all.insert(all.end(), token.chain.begin(), token.chain.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  for (const auto id : all) {
    TRY(auto principal, app.directory.principal(call.tenant, id));
    if (principal == nullptr || principal->state(call.now) != directory::State::active) return false;
  }
  return true;
}

Result<Found, Error> ladder(const Call& call, App& app, audit::Event& event, store::Writes& marks) {
  TRY(auto form, parse_form(call));
  // RFC 7662 §2.1: "the authorization server MUST also require some form of authorization": token scanning.
  TRY(auto client, authenticate_client(call, app, form, event, marks));
  const auto text = form.get("token");
  if (!text) return Fail{Error(Code::invalid_request, "token is missing")};
  Found found{client.principal, nullptr};
  TRY(auto read, app.reader.read(*text, call.tenant, call.issuer, call.now));
  const auto* token = std::get_if<TokenPtr>(&read);
  if (token == nullptr) return found;
  TRY(auto visible, may_see(call, app, *found.client, **token));
  if (!visible) return found;
  TRY(auto active, still_active(call, app, **token));
  if (active) found.token = *token;
  return found;
}

std::string answer_of(const TokenPtr& token) {
  if (token == nullptr) return R"({"active":false})";  // RFC 7662 §2.2: and nothing else
  JsonText out(512);
  out.flag("active", true)
      .text("iss", token->issuer)
      .text("sub", token->subject)
      .text("aud", token->audience)
      .text("client_id", token->client_id)
      .text("scope", token->scope)
      .json("authorization_details", token->details)  // RFC 9396 §9.2
      .text("jti", token->jti)
      .text("token_type", tokens::token_type(token->jkt))
      .number("iat", unix_seconds(token->issued_at))
      .number("exp", unix_seconds(token->expires_at))
      .text("sub_type", token->subject_type)
      .text("owner", token->owner)
      .text("acr", token->acr);  // RFC 9470 §6.2
  if (token->auth_time) out.number("auth_time", unix_seconds(*token->auth_time));
  if (!token->jkt.empty())  // RFC 9449 §6.2: a resource cannot tell by the token itself
    out.json("cnf", JsonText().text("jkt", token->jkt).close());
  return out.json("act", token->act_json)
      .texts("dlg", token->delegations)
      .texts("from_kids", token->from_kids)
      .close();
}

// RFC 9701 §5: everything about the token inside `token_introspection`, so that the answer can never be replayed as
// an access token itself (§8.1).
Result<std::string, Error> signed_answer(const Call& call, App& app, const Found& found) {
  TRY(auto keys, app.keyring.keys(call.tenant));
  const auto active = keys->active.find(crypto::Algorithm::ES256);
  if (active == keys->active.end()) return Fail{Error(Fault{Fault::Kind::unavailable, "no active ES256 key"})};
  const auto claims = JsonText(1024)
                          .text("iss", call.issuer)
                          .text("aud", found.client->client_id)
                          .number("iat", unix_seconds(call.now))
                          .json("token_introspection", answer_of(found.token))
                          .close();
  return active->second.introspection.sign(claims);
}

}  // namespace

Answer introspect(const Call& call, App& app) {
  auto event = event_of(call, app, "token.introspect", audit::Decision::refused);
  store::Writes marks;
  auto found = ladder(call, app, event, marks);
  const auto refusal = plain_refusal(app);
  if (!found) return refuse_once(refusal, std::move(event), found.error(), std::move(marks));
  Answer answer{.response = {}, .writes = marks, .refused = {}};
  if (http::prefers(call.request, jwt_type, "application/json")) {  // RFC 9701 §4
    auto text = signed_answer(call, app, *found);
    if (!text) return refuse_once(refusal, std::move(event), text.error(), std::move(marks));
    answer.response = json_response(200, std::move(text).take());
    answer.response.content_type = jwt_type;
  } else {
    answer.response = json_response(200, answer_of(found->token));
  }
  answer.refused = once_only(refusal, std::move(event), std::move(marks));
  return answer;
}

}  // namespace deputy::endpoints
