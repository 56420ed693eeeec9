// POST /oauth2/revoke (RFC 7009): a client gives a token up, and with it the delegation it was drawn from.
#include "endpoints/app.h"
#include "endpoints/client_auth.h"
#include "endpoints/oauth.h"
#include "grants/redeem.h"
#include "oauth/handle.h"

namespace deputy::endpoints {
namespace {

using oauth::Code;
using oauth::Error;
using TokenPtr = std::shared_ptr<const tokens::AccessToken>;

// What dies with the token: its delegation, and with it all below; or the token alone, where it is the client's own.
// It goes on the feed for those who verify offline; an opaque one is forgotten too.
void write_revocation(const Call& call, const tokens::AccessToken& token, std::string_view text,
                      store::Writes& writes) {
  const bool delegated = !token.delegations.empty();
  constexpr std::string_view reason = "revoked by its client";
  if (delegated)
    writes.emplace_back(store::EndDelegation{call.tenant, token.delegations.back(), call.now, std::string(reason)});
  writes.emplace_back(store::Revoke{
      {.tenant = call.tenant,
       .kind = delegated ? store::Kills::delegation : store::Kills::token,
       .target = delegated ? token.delegations.back() : token.jti,
       .issued_before = call.now,
       // A token drawn while this is being written is refused; one drawn before lives no longer than any may.
       .until = delegated ? call.now + directory::token_lifetime_max : token.expires_at,
       .at = call.now,
       .reason = std::string(reason)}});
  if (token.opaque)
    writes.emplace_back(store::Drop{store::Use::opaque_token, call.tenant, oauth::handle_key(text)});
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
  for (auto& write : grants::end_of_family(*carried, call.tenant, call.now, "revoked by its client"))
    writes.push_back(std::move(write));
  writes.emplace_back(store::Drop{store::Use::refresh_token, call.tenant, oauth::handle_key(text)});
  return true;
}

Result<store::Writes, Error> ladder(const Call& call, App& app, audit::Event& event) {
  TRY(auto form, parse_form(call));
  TRY(auto client, authenticate_client(call, app, form, event, Public::allowed));
  auto writes = std::move(client.writes);
  const auto text = form.get("token");
  if (!text) return Fail{Error(Code::invalid_request, "token is missing")};
  TRY(const bool was_refresh_token, revoke_refresh_token(call, app, *client.principal, *text, event, writes));
  if (was_refresh_token) return writes;
  // §2.2: an unknown, expired or revoked token is no error: the client's purpose is already reached. §2.1: nor is
  // another client's, which is left alone; an error would say that the token is real (A16). A wrong token_type_hint
  // changes nothing: a token shows which kind it is.
  TRY(auto read, app.reader.read(*text, call.tenant, call.issuer, call.now));
  const auto* token = std::get_if<TokenPtr>(&read);
  if (token == nullptr || (*token)->client_id != client.principal->client_id) {
    event.reason = token == nullptr ? "no live token" : "another client's token";
    return writes;
  }
  event.decision = audit::Decision::done;
  event.subject = (*token)->subject;
  event.resource = (*token)->audience;
  event.jti = (*token)->jti;
  event.delegations = (*token)->delegations;
  write_revocation(call, **token, *text, writes);
  return writes;
}

}  // namespace

Answer revoke(const Call& call, App& app) {
  auto event = event_of(call, app, "token.revoke", audit::Decision::refused);
  auto writes = ladder(call, app, event);
  if (!writes) return refuse(app, std::move(event), writes.error());
  Answer answer{.response = json_response(200, ""), .writes = std::move(writes).take(), .refused = {}};
  answer.response.content_type.clear();
  answer.writes.emplace_back(store::Append{event});
  answer.refused = [&app, event = std::move(event)](const store::Refused&) mutable {
    return refuse(app, std::move(event), client_refused("the assertion was used before"));
  };
  return answer;
}

}  // namespace deputy::endpoints
