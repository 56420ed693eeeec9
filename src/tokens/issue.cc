// The mint: a claims set written straight into text, one signature, and the event it may not leave without.
#include "tokens/issue.h"

#include "base/id.h"
#include "base/json.h"
#include "base/json_text.h"
#include "delegation/narrow.h"
#include "oauth/handle.h"
#include "tokens/id_token.h"

namespace deputy::tokens {
namespace {

// {"sub":"outermost","act":{"sub":"next"}} (RFC 8693 §4.1)
std::string act_of(const std::vector<std::string>& chain) {
  std::string out, close;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    out.append(i == 0 ? "{\"sub\":" : ",\"act\":{\"sub\":");
    append_json_string(out, chain[i]);
    close.push_back('}');
  }
  return out.append(close);
}

// RFC 9068 §2.2, with the chain of RFC 8693 §4.1 and the path of delegations.
std::string claims_of(const Authorization& authorization, std::string_view issuer, std::string_view scope,
                      std::string_view jti, std::string_view kid, Instant now, Instant expires_at) {
  JsonText claims(640);
  claims.text("iss", issuer)
      .text("sub", authorization.subject)
      .text("aud", authorization.resource ? std::string_view(authorization.resource->identifier) : issuer)
      .text("client_id", authorization.client->client_id)
      .text("scope", scope)
      .json("authorization_details", authorization.details)  // RFC 9396 §9.1: of this resource alone
      .number("iat", unix_seconds(now))
      .number("exp", unix_seconds(expires_at))
      .text("jti", jti);
  if (const auto kind = directory::kind_of_id(authorization.subject))
    claims.text("sub_type", directory::row(*kind).name);
  claims.text("owner", authorization.client->owner);
  const auto& authentication = authorization.authentication;  // RFC 9068 §2.2.1, RFC 9470 §6.1
  if (authentication.auth_time) claims.number("auth_time", unix_seconds(*authentication.auth_time));
  claims.text("acr", authentication.acr).json("act", act_of(authorization.chain));
  const auto& drawn = authorization.drawn.delegation;
  claims.texts("dlg", drawn ? drawn->path : authorization.rests_on);
  auto from_kids = authorization.from_kids;
  std::erase(from_kids, kid);  // its own is in its header
  claims.texts("from_kids", from_kids);
  claims.texts("userinfo_claims", authorization.userinfo_claims);  // OIDC Core §5.5
  if (!authorization.jkt.empty())  // RFC 9449 §6.1
    claims.json("cnf", JsonText().text("jkt", authorization.jkt).close());
  return claims.close();
}

// What must still be true when the token becomes durable: nobody it speaks of has been revoked meanwhile.
store::Unrevoked unrevoked(const Authorization& authorization, const std::string& tenant) {
  store::Unrevoked still{.tenant = tenant, .names = authorization.chain, .seen = authorization.revocations_seen};
  still.names.push_back(authorization.subject);
  still.names.push_back(authorization.client->id);
  if (!authorization.presented.empty()) still.names.push_back(authorization.presented);
  still.names.insert(still.names.end(), authorization.from_kids.begin(), authorization.from_kids.end());
  still.names.insert(still.names.end(), authorization.rests_on.begin(), authorization.rests_on.end());
  if (const auto& delegation = authorization.drawn.delegation)
    still.names.insert(still.names.end(), delegation->path.begin(), delegation->path.end());
  return still;
}

// The node, as it is after this token; or one token more from a node that is there. Budgets above it count as well.
void draw(Drawn drawn, Instant now, Instant expires_at, store::Writes& writes) {
  if (!drawn.delegation) return;
  auto& node = *drawn.delegation;
  if (!drawn.made) {
    writes.emplace_back(store::Draw{std::move(node.tenant), std::move(node.id), std::move(node.budgets), now,
                                    expires_at});
    return;
  }
  auto budgets = node.budgets;
  std::erase(budgets, node.id);
  if (!budgets.empty()) writes.emplace_back(store::Draw{node.tenant, "", std::move(budgets), now, expires_at});
  node.used_at = now;
  node.live_until = expires_at;
  node.tokens_live_max = node.uses = 1;
  writes.emplace_back(store::Delegate{std::move(node)});
}

// The key that signs the token; null: none does, it is opaque.
using ActivePtr = std::shared_ptr<const TenantKeys::Active>;
Result<ActivePtr, oauth::Error> signing_key(const directory::Resource& resource, Keyring& keyring,
                                            std::string_view tenant) {
  const auto algorithm = crypto::algorithm_named(resource.algorithm);
  if (!algorithm) return Fail{oauth::Error(Fault{Fault::Kind::corrupt, "the resource names an unknown algorithm"})};
  if (resource.format == directory::Resource::Format::opaque) return ActivePtr();
  TRY(auto keys, keyring.keys(tenant));
  const auto active = keys->active.find(*algorithm);
  if (active == keys->active.end())
    return Fail{oauth::Error(Fault{Fault::Kind::unavailable, "no active key of the resource's algorithm"})};
  return ActivePtr(keys, &active->second);
}

oauth::Error too_long() {
  return oauth::Error(oauth::Code::invalid_scope,
                      "the token would be longer than any that is read: name fewer scopes, or less of what was agreed "
                      "to in authorization_details");
}

}  // namespace

oauth::Error signed_with_rs256() {
  return oauth::Error(oauth::Code::invalid_target,
                      "the resource wants its tokens signed with RS256, which the client's profile does not allow "
                      "(FAPI 2.0 section 5.4.1)");
}

Result<Issued, oauth::Error> issue(Authorization authorization, std::string_view issuer, Keyring& keyring,
                                   Random& random, Instant now, audit::Event& event) {
  // A token for the issuer itself says who its holder is and opens nothing: it needs no longer life than the default.
  static const directory::Resource itself;
  const auto& resource = authorization.resource ? *authorization.resource : itself;
  // A19: such a token is drawn from nothing. A resource that was registered under the issuer's name, while it could be,
  // is not told apart from it, and has none.
  if (resource.identifier == issuer)
    return Fail{oauth::Error(oauth::Code::invalid_target,
                             "the resource bears this server's own identifier: register it under another")};
  if (!may_sign_for(*authorization.client, resource)) return Fail{signed_with_rs256()};
  TRY(const auto key, signing_key(resource, keyring, event.tenant));

  auto expires_at = now + resource.token_lifetime;
  if (authorization.client->expires_at) expires_at = std::min(expires_at, *authorization.client->expires_at);  // I6
  if (authorization.expires_by) expires_at = std::min(expires_at, *authorization.expires_by);
  if (const auto& node = authorization.drawn.delegation; node && node->limits.not_after)
    expires_at = std::min(expires_at, *node->limits.not_after);

  // `exp` is in whole seconds: a token of somebody who ends within this one would be over as it is made.
  if (std::chrono::floor<Seconds>(expires_at) <= now)
    return Fail{oauth::Error(oauth::Code::temporarily_unavailable,
                             "what the token would rest on ends within this second: try again")};

  // The event and the token bear one id: from either the other is found without an index.
  auto jti = "jti_" + event.id.substr(event.id.find('_') + 1);
  const auto scope = authorization.scope.text();
  auto claims = claims_of(authorization, issuer, scope, jti, key ? std::string_view(key->kid) : "", now, expires_at);

  Issued issued;
  auto& tokens = issued.tokens;
  issued.writes.emplace_back(unrevoked(authorization, event.tenant));
  if (authorization.once) {
    issued.once = issued.writes.size();
    auto& mark = authorization.once->mark;
    if (authorization.once->body == SingleUse::Body::behind_the_jti) mark.body.insert(0, jti + " ");
    issued.writes.emplace_back(std::move(mark));
  }
  for (auto& write : authorization.more) issued.writes.push_back(std::move(write));
  if (key == nullptr) {
    tokens.access_token = oauth::make_handle(oauth::opaque_token_prefix, now, random);
    issued.writes.emplace_back(store::Keep{.use = store::Use::opaque_token,
                                           .tenant = event.tenant,
                                           .key = oauth::handle_key(tokens.access_token),
                                           .until = expires_at,
                                           .body = std::move(claims)});
  } else {
    tokens.access_token = key->access_token.sign(claims);
    if (tokens.access_token.size() > access_token_octets_max) return Fail{too_long()};
    // A10: its key may be found compromised before the token is durable. So may that of the ID token.
    std::get<store::Unrevoked>(issued.writes.front()).names.push_back(key->kid);
  }
  tokens.expires_in = std::chrono::floor<Seconds>(expires_at) - std::chrono::floor<Seconds>(now);
  tokens.scope = scope;
  tokens.details = authorization.details;
  tokens.jti = jti;
  tokens.refresh_token = authorization.refresh_token;
  if (authorization.id_token) {
    TRY(auto id_token, make_id_token(authorization, tokens.access_token, issuer, keyring, event.tenant, now));
    tokens.id_token = std::move(id_token.text);
    std::get<store::Unrevoked>(issued.writes.front()).names.push_back(std::move(id_token.kid));
  }
  tokens.issued_token_type = authorization.issued_token_type;
  tokens.token_type = token_type(authorization.jkt);

  event.jti = std::move(jti);
  event.decision = audit::Decision::granted;
  event.subject = authorization.subject;
  event.resource = authorization.resource ? std::string(authorization.resource->identifier) : std::string(issuer);
  event.scope_asked = authorization.asked.text();
  event.scope_given = scope;
  event.details = authorization.details;
  event.reason = delegation::reason_of(authorization.dropped);
  const auto& node = authorization.drawn.delegation;
  event.delegations = node ? node->path : authorization.rests_on;
  if (node) event.target = node->id;
  event.chain = std::move(authorization.chain);
  draw(std::move(authorization.drawn), now, expires_at, issued.writes);
  issued.writes.emplace_back(store::Append{std::move(event)});
  return issued;
}

}  // namespace deputy::tokens
