// POST /oauth2/revoke (RFC 7009): a client gives a token up, and with it the delegation it was drawn from.
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/consent_end.h"
#include "endpoints/marks.h"
#include "endpoints/oauth.h"
#include "grants/consents.h"
#include "grants/redeem.h"
#include "oauth/handle.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;
using TokenPtr = std::shared_ptr<const tokens::AccessToken>;

constexpr std::string_view by_its_client = "revoked by its client";

void end_delegation(const Call& call, const std::string& id, store::Writes& writes) {
  writes.emplace_back(store::EndDelegation{call.tenant, id, call.now, std::string(by_its_client)});
  // A token drawn while this is being written is refused; one drawn before lives no longer than any may.
  writes.emplace_back(store::Revoke{{.tenant = call.tenant,
                                     .kind = store::Kills::delegation,
                                     .target = id,
                                     .issued_before = call.now,
                                     .until = call.now + directory::token_lifetime_max,
                                     .at = call.now,
                                     .reason = std::string(by_its_client)}});
}

// What dies with the token: its delegation, and with it all below; or the token alone, where it is the client's own, or
// says only who a person is: what that rests on goes on.
// It goes on the feed for those who verify offline; an opaque one is forgotten too.
void write_revocation(const Call& call, const tokens::AccessToken& token, std::string_view text,
                      store::Writes& writes) {
  if (!token.delegations.empty() && token.audience != call.issuer)
    end_delegation(call, token.delegations.back(), writes);
  else
    writes.emplace_back(store::Revoke{{.tenant = call.tenant,
                                       .kind = store::Kills::token,
                                       .target = token.jti,
                                       .issued_before = call.now,
                                       .until = token.expires_at,
                                       .at = call.now,
                                       .reason = std::string(by_its_client)}});
  if (token.opaque)
    writes.emplace_back(store::Drop{store::Use::opaque_token, call.tenant, oauth::handle_key(text)});
}

// A token of the client's that opens nothing now: one that is expired, or killed by a narrowing, leaves alive what it
// was drawn from, and its client wants that gone; one that was issued by a clock far ahead opens again when it is then.
// Null: none, another client's, of what has ended already, or an opaque one that is expired, and so forgotten.
Result<TokenPtr, Fault> dead_token(const Call& call, App& app, const directory::Principal& client,
                                   std::string_view text, tokens::NotActive why) {
  TRY(auto token, app.reader.read_dead(text, call.tenant, call.issuer, call.now));
  if (token == nullptr || token->client_id != client.client_id) return TokenPtr();
  if (token->delegations.empty() || token->audience == call.issuer) {  // not drawn from what it rests on
    const bool opens_later = why == tokens::NotActive::unknown && call.now < token->expires_at;
    return opens_later ? token : TokenPtr();
  }
  TRY(const auto found, app.store.delegation(call.tenant, token->delegations.back()));
  if (!found || found->revoked_at) return TokenPtr();
  TRY(const bool goes_on, grants::parts_go_on(*found, call.tenant, app.store));
  return goes_on ? token : TokenPtr();
}

// §2.1: a refresh token takes with it all that came of the same grant. True: it was one, of whoever.
Result<bool, Error> revoke_refresh_token(const Call& call, App& app, const directory::Principal& client,
                                         std::string_view text, audit::Event& event, store::Writes& writes) {
  if (!text.starts_with(oauth::refresh_prefix)) return false;
  TRY(const auto kept, app.store.kept(store::Use::refresh_token, call.tenant, oauth::handle_key(text), call.now));
  const auto carried = kept ? grants::decode(kept->body) : std::nullopt;
  if (!carried || carried->client != client.id) {
    event.reason = carried ? "another client's token" : "no live token";
    return true;
  }
  event.decision = audit::Decision::done;
  event.subject = carried->user;
  event.target = carried->delegation;
  TRY(const auto root, app.store.delegation(call.tenant, carried->delegation));
  if (root) event.delegations = root->path;
  for (auto& write : grants::end_of_family(*carried, call.tenant, call.now, "revoked by its client"))
    writes.push_back(std::move(write));
  writes.emplace_back(store::Drop{store::Use::refresh_token, call.tenant, oauth::handle_key(text)});
  return true;
}

Result<store::Writes, Error> ladder(const Call& call, App& app, audit::Event& event, store::Writes& marks) {
  TRY(auto form, parse_form(call));
  TRY(auto client, authenticate_client(call, app, form, event, marks, Public::allowed));
  store::Writes writes;
  const auto text = form.get("token");
  if (!text) return Fail{Error(Code::invalid_request, "token is missing")};
  TRY(const bool was_refresh_token, revoke_refresh_token(call, app, *client.principal, *text, event, writes));
  if (was_refresh_token) return writes;
  // §2.2: an unknown, expired or revoked token is no error: the client's purpose is already reached. §2.1: nor is
  // another client's, which is left alone; an error would say that the token is real (A16). A wrong token_type_hint
  // changes nothing: a token shows which kind it is.
  TRY(auto read, app.reader.read(*text, call.tenant, call.issuer, call.now));
  TokenPtr token;
  if (auto* live = std::get_if<TokenPtr>(&read)) {
    token = std::move(*live);
  } else {
    TRY(auto dead, dead_token(call, app, *client.principal, *text, std::get<tokens::NotActive>(read)));
    token = std::move(dead);
  }
  if (token == nullptr || token->client_id != client.principal->client_id) {
    event.reason = token == nullptr ? "no live token" : "another client's token";
    return writes;
  }
  event.decision = audit::Decision::done;
  event.subject = token->subject;
  event.resource = token->audience;
  event.jti = token->jti;
  event.delegations = token->delegations;
  write_revocation(call, *token, *text, writes);
  return writes;
}

}  // namespace

Answer revoke(const Call& call, App& app) {
  auto event = event_of(call, app, "token.revoke", audit::Decision::refused);
  store::Writes marks;
  auto writes = ladder(call, app, event, marks);
  const auto refusal = plain_refusal(app);
  if (!writes) return refuse_once(refusal, std::move(event), writes.error(), std::move(marks));
  if (event.decision == audit::Decision::done) event.actor = event.client;  // a public client, by its token
  auto ends = consent_ends(app, event, *writes);
  if (!ends) return refuse_once(refusal, std::move(event), Error(ends.error()), std::move(marks));
  Answer answer{.response = json_response(200, ""), .writes = marks, .refused = {}};
  answer.response.content_type.clear();
  for (auto& end : *ends) answer.writes.push_back(std::move(end));
  for (auto& write : *writes) answer.writes.push_back(std::move(write));
  answer.writes.emplace_back(store::Append{event});
  answer.refused = once_only(refusal, std::move(event), std::move(marks));
  return answer;
}

}  // namespace deputy::endpoints
