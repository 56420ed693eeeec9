// GET and POST /oauth2/userinfo (OpenID Connect Core §5.3): who the person is, to who holds a token that is for this.
#include "directory/person.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/marks.h"
#include "endpoints/possession.h"
#include "flows/disclosure.h"

namespace deputy::endpoints::authorize {
namespace {

using oauth::Code;
using oauth::Error;

struct Told {
  json::object claims;
  std::string words;  // the scopes and single claims that say which: for the record, which holds no values
};

Result<Told, Error> ladder(const Call& call, App& app, audit::Event& event, store::Writes& marks) {
  TRY(auto presented, presented_token(call, app));
  marks = std::move(presented.writes);
  const auto& token = *presented.token;
  event.client = presented.client;
  event.subject = token.subject;
  event.actor = token.chain.empty() ? token.subject : token.chain.front();
  event.jti = token.jti;
  event.delegations = token.delegations;
  // A token of an API says who its person is to that API, and opens nothing here (A19).
  if (token.audience != call.issuer)
    return Fail{Error(Code::invalid_token, "the access token is for another resource: get one for the issuer itself")};
  TRY(const auto scope, oauth::ScopeSet::parse_stored(token.scope));
  if (!scope.contains("openid"))
    return Fail{Error(Code::insufficient_scope, "the access token lacks the scope openid")};
  // Whatever was true when it was issued, everybody it names is active now (A28).
  auto named = token.chain;
  named.push_back(token.subject);
  named.push_back(token.client_id);
  for (const auto& id : named) {
    TRY(const auto principal, app.directory.principal(call.tenant, id));
    if (principal == nullptr || principal->state(call.now) != directory::State::active)
      return Fail{Error(Code::invalid_token, "the access token is not valid", "somebody it names is not active")};
  }
  TRY(const auto record, app.store.get(call.tenant, directory::Kind::user, token.subject));
  if (!record) return Fail{Error(Code::invalid_token, "the access token is not valid", "its subject is no user")};
  TRY(const auto body, parse_stored(record->body));
  auto given = scope;
  for (const auto& claim : token.userinfo_claims) given.add(directory::token_of_claim(claim));
  // What its person switched off since is told no more, whatever the token carries (A28).
  TRY(const auto what, flows::still_told(given,
                                         {.client = event.client,
                                          .user = token.subject,
                                          .rests_on = token.delegations,
                                          .at = token.issued_at},
                                         call.tenant, app.store));
  if (!what.contains("openid"))
    return Fail{Error(Code::invalid_token, "the access token is not valid", "its person is not told of any more")};
  Told told{.claims = directory::person_claims(body, what), .words = what.text()};
  told.claims["sub"] = token.subject;  // §5.3.2: the same as in the ID token
  return told;
}

// How the token came and what the client may use next: by value, for the request is gone when the store has refused.
struct Door {
  Scheme scheme;
  std::string nonce;
};

Answer refused(const Door& door, const App& app, audit::Event event, const Error& error) {
  auto answer = refuse(app, std::move(event), error);
  auto& response = answer.response;
  std::erase_if(response.headers, [](const auto& header) { return header.first == "WWW-Authenticate"; });
  const auto scheme = door.scheme;
  const bool of_token = oauth::row(error.code).status < 500;
  // RFC 6750 §3.1: 400 and 403 are what these two say elsewhere, too.
  const bool own_status = error.code == Code::insufficient_scope || error.code == Code::invalid_request;
  if (of_token && !own_status) response.status = 401;
  if (of_token)
    challenge_with(response, scheme, scheme == Scheme::none ? "" : oauth::row(error.code).wire,
                   error.code == Code::insufficient_scope ? "scope=\"openid\"" : "");
  offer_nonce(response, door.nonce);
  return answer;
}

}  // namespace

Answer userinfo(const Call& call, App& app) {
  auto event = event_of(call, app, "userinfo.read", audit::Decision::refused);
  store::Writes marks;
  auto told = ladder(call, app, event, marks);
  // A18: 401 for a replay too, for this is a resource.
  const Door door{scheme_of(call.request), fresh_nonce(call, app)};
  const Refusal refusal = [&app, door](audit::Event of, const Error& error) {
    return refused(door, app, std::move(of), error);
  };
  if (!told) return refuse_once(refusal, std::move(event), told.error(), std::move(marks));
  Answer answer{.response = json_response(200, json::serialize(told->claims)), .writes = marks};
  auto given = event;
  given.decision = audit::Decision::granted;
  given.resource = call.issuer;
  given.scope_given = std::move(told->words);
  answer.writes.emplace_back(store::Append{std::move(given)});
  answer.refused = once_only(refusal, std::move(event), std::move(marks));
  offer_nonce(answer.response, door.nonce);  // RFC 9449 §8.2, §9: before the one that it used is too old
  return answer;
}

}  // namespace deputy::endpoints::authorize
