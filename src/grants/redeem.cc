// Live authority for codes and refresh tokens: the same narrowing that an exchange goes through (I3, I4, I6).
#include "grants/redeem.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "delegation/details.h"
#include "delegation/registered.h"
#include "directory/person.h"
#include "grants/consents.h"
#include "grants/exchange/cast.h"
#include "oauth/claims_request.h"
#include "oauth/handle.h"
#include "signin/methods.h"
#include "tokens/session_end.h"

namespace deputy::grants {
namespace {

using namespace exchange;
using oauth::Code;
using oauth::Error;
using ResourcePtr = store::Directory::ResourcePtr;

Fail<Error> over(std::string why) {
  return Fail{Error(Code::invalid_grant, "what the person agreed to is over: ask them again", std::move(why))};
}

// RFC 6749 §5.2: what is over is invalid_grant. `exp` is in whole seconds, so what ends within this one gives no token
// any more, and no later try would get one.
Result<Done, Error> check_end(const std::optional<Instant>& end, Instant now) {
  if (end && std::chrono::floor<Seconds>(*end) <= now) return over("it has ended, or does within this second");
  return Done{};
}

// RFC 9449 §5, §10: bound to a key, it opens nothing without a proof of that key.
Result<Done, Error> check_key(const Carried& carried, const TokenRequest& request) {
  if (carried.jkt.empty() || carried.jkt == request.jkt) return Done{};
  if (request.jkt.empty())
    return Fail{Error(Code::invalid_dpop_proof, "send a DPoP proof of the key that this grant is bound to")};
  return Fail{Error(Code::invalid_grant, "this grant is bound to another key")};
}

Result<std::optional<delegation::Delegation>, Error> delegation_of(const Carried& carried, World& world) {
  if (carried.delegation.empty()) return std::optional<delegation::Delegation>();
  TRY(auto found, world.store.delegation(world.tenant, carried.delegation, store::Store::Counts::of_late));
  if (found) world.about.delegations = found->path;
  if (!found || found->revoked_at) return over("its delegation is revoked");
  TRY(const auto goes_on, check_end(found->limits.not_after, world.now));
  TRY(const bool whole, parts_go_on(*found, world.tenant, world.store));
  if (!whole) return over("one of the consents that its delegation was put together of is revoked");
  return found;
}

// What the person says now of what they gave.
struct Said {
  oauth::ScopeSet told;  // what was given, as far as the record by which it is remembered still says so
  bool may_go_on = true;  // while they are away
};
Result<Said, Error> said_now(const Carried& carried, World& world) {
  const bool of_a_code = !carried.redirect_uri.empty();
  // Told this once, by a code alone: a refresh token without a record is from before there were any, and tells nothing.
  if (of_a_code && (carried.disclosure.empty() || carried.openid.empty())) return Said{.told = carried.openid};
  // The one record of this user and client (flows/disclosure.h). What was taken back is told no more by a later one.
  TRY(const auto record, world.store.find(world.tenant, directory::Kind::disclosure, "client",
                                          carried.user + " " + carried.client));
  Said said;
  if (record) {
    TRY(const auto body, parse_stored(record->body));
    TRY(const auto scope, oauth::ScopeSet::parse_stored(json_text(body, "scope").value_or("")));
    const auto no = texts_of(body, "declined");
    // A yes after a no is for what is given from then on: what that had ended does not begin again.
    const auto ended = json_integer(body, "away_ended_at");
    const bool is_ended = std::find(no.begin(), no.end(), "offline_access") != no.end() ||
                          (ended && carried.given_at <= from_unix_millis(*ended));
    said.may_go_on = of_a_code || !is_ended;
    for (const auto& one : carried.openid.tokens())
      if (record->id == carried.disclosure && directory::may_tell(scope, one)) said.told.add(one);
  }
  const bool taken_back = carried.openid.contains("offline_access") && !said.told.contains("offline_access");
  if (taken_back && !carried.disclosure.empty()) said.may_go_on = false;
  return said;
}

Fail<Error> not_given() {
  return Fail{Error(Code::invalid_target, "name a resource that the person was asked about (RFC 8707 section 2.2)")};
}

// Does a token request name scopes of the issuer itself alone? Those that it ignored are no resource's either.
bool only_of_the_issuer(const oauth::ScopeSet& asked, const Carried& carried) {
  const auto& words = asked.tokens();
  return !words.empty() && std::all_of(words.begin(), words.end(), [&](const auto& scope) {
    return carried.openid.contains(scope) || carried.openid_asked.contains(scope);
  });
}

// Is any of them given by the issuer itself? What it ignored is not, nor what the person declined or took back.
bool any_told(const oauth::ScopeSet& asked, const Carried& carried) {
  return !asked.intersect(directory::scopes_told(carried.openid)).empty();
}

// Of a request that names none (RFC 8707 §2.2): the first of the grant's own at which something was agreed to of the
// scopes that are named. What is lost there later leads to no other, nor does a resource that is gone, or is another
// under its name: who names none would show that one's token at the first (A19). Of a grant from before that was noted
// nobody knows whether what gives nothing was declined or is another: it is passed over.
Result<ResourcePtr, Error> first_given(const Carried& carried, const delegation::Delegation& delegation,
                                       const oauth::ScopeSet& scopes, World& world) {
  ResourcePtr meant;
  bool gone = false;
  for (const auto& identifier : carried.resources) {
    if (identifier == world.issuer) continue;  // A19: no resource is given tokens under that name
    TRY(auto resource, world.directory.resource(world.tenant, identifier));
    const auto pool = resource ? delegation::scopes_at(delegation.authority, resource->id) : oauth::ScopeSet();
    gone = gone || (carried.resources_given ? pool.empty() : resource == nullptr);
    if (pool.empty()) continue;
    const bool gives = scopes.empty() || !pool.intersect(scopes).empty();
    if (gives || meant == nullptr) meant = std::move(resource);
    if (gives) break;
  }
  if (meant == nullptr) return over("none of its resources is there any more as the one that was agreed to");
  if (gone)
    return Fail{Error(Code::invalid_target, "name the resource: one that stands before it is gone")};
  return meant;
}

// The resource asked for; none asked for: one of the request, or the only one. Null: the issuer itself.
Result<ResourcePtr, Error> target(const Carried& carried, const delegation::Delegation* delegation,
                                  const oauth::ScopeSet& scopes, const TokenRequest& request, World& world) {
  const auto named = request.form.all("resource");
  if (named.size() > 1)
    return Fail{Error(Code::invalid_target, "name one resource: each access token is for one (RFC 8707 section 2)")};
  std::string identifier(named.empty() ? "" : named.front());
  // RFC 6749 §6: who asks only who the person is gets nothing of a resource besides, and nothing at all where none of
  // it is given: a token of none of the scopes that are named is none that was asked for.
  const bool only_who = only_of_the_issuer(request.scope, carried);
  const bool told = any_told(request.scope, carried);
  if (only_who && !told)
    return Fail{Error(Code::invalid_scope, "none of these scopes was given, or none is any more: name others that the "
                                           "person was asked for, or leave scope out")};
  if (identifier.empty() && (delegation == nullptr || only_who)) identifier = world.issuer;
  if (identifier.empty() && !carried.resources.empty())
    return first_given(carried, *delegation, scopes, world);
  const auto& asked = carried.resources;  // empty: those of the client's registration
  const bool asked_for = asked.empty() || std::find(asked.begin(), asked.end(), identifier) != asked.end();
  if (identifier == world.issuer) {
    if (!carried.openid.contains("openid")) return not_given();
    if (!told && !request.scope.empty())
      return Fail{Error(Code::invalid_scope, "none of these scopes is given by this server itself: name the resource "
                                             "that defines them, where the person was asked about it, or leave them "
                                             "out")};
    return ResourcePtr();
  }
  if (delegation == nullptr || (!identifier.empty() && !asked_for)) return not_given();
  if (only_who)
    return Fail{Error(Code::invalid_scope, "none of these scopes is one of the resource: name those you need, or leave "
                                           "the resource out")};
  ResourcePtr resource;
  if (identifier.empty()) {
    TRY(auto found, world.directory.resource_by_id(world.tenant, delegation->authority.front().resource));
    resource = std::move(found);
  } else {
    TRY(auto found, world.directory.resource(world.tenant, identifier));
    resource = std::move(found);
  }
  if (resource == nullptr || delegation::scopes_at(delegation->authority, resource->id).empty()) return not_given();
  return resource;
}

// RFC 6749 §6: "MUST NOT include any scope not originally granted by the resource owner" (A24). What of the person was
// asked for and is not given, or not any more, is left out, as of a resource (I3).
Result<oauth::ScopeSet, Error> asked_of(const Carried& carried, const TokenRequest& request) {
  // No scope named means all of what was agreed to at resources: without a delegation, nothing was.
  const bool all_of_it = carried.scope.empty() && !carried.delegation.empty();
  oauth::ScopeSet rest;
  for (const auto& scope : request.scope.tokens()) {
    if (carried.openid.contains(scope) || carried.openid_asked.contains(scope)) continue;
    if (!all_of_it && !carried.scope.contains(scope))
      return Fail{Error(Code::invalid_scope, "a scope was not among those the person was asked for")};
    rest.add(scope);
  }
  return rest.empty() ? carried.scope : rest;
}

// What was agreed to of what this client asked for at this resource. A token request may name less of it (RFC 9396 §6),
// and what it names is given or refused; it never gets more (RFC 6749 §6, A24).
Result<std::vector<delegation::Detail>, Error> details_at(const ResourcePtr& resource, const Carried& carried,
                                                          const delegation::Delegation& delegation,
                                                          const TokenRequest& request, const World& world) {
  auto agreed = delegation::drawable(carried.details, delegation.details, *resource);
  const auto text = request.form.get("authorization_details");
  if (!text) return agreed;
  TRY(const auto sent, delegation::parse_details(*text, world.now));
  // RFC 9396 §5: those of our own shape what is agreed to, or what is handed on.
  if (!sent.as_it_is())
    return Fail{Error(Code::invalid_authorization_details, "onward and limits belong to an authorization request or to "
                                                           "an exchange")};
  TRY(const auto asked, delegation::resolve(sent.registered, {&resource, 1}));
  return delegation::narrowed(asked, agreed, *resource);
}

// A28: what was given before one of them was stopped, or passed on to another owner, does not come back with them.
Result<Done, Error> check_stopped_since(const Carried& carried, const Cast& cast) {
  const auto stopped = [&](const auto& one, std::uint64_t given_at) {
    if (given_at != 0 && one->dead_version != 0) return given_at <= one->dead_version;
    return one->dead_through && carried.at <= *one->dead_through;  // given, or stopped, before versions were noted
  };
  if (stopped(cast.subject, carried.user_version)) return over(cast.subject->id + " was stopped since");
  for (const auto& actor : cast.actors)  // a consent's only actor is its client
    if (stopped(actor, carried.client_version)) return over(actor->id + " was stopped, or transferred, since");
  return Done{};
}

// Of what was asked for by name (OIDC Core §5.5), those claims that were given, by themselves or by a scope.
oauth::ScopeSet given_of(const std::vector<oauth::ClaimsRequest::Claim>& asked, const oauth::ScopeSet& told) {
  oauth::ScopeSet given;
  for (const auto& claim : asked)
    if (!directory::scope_of_claim(claim.name).empty())
      if (const auto token = directory::token_of_claim(claim.name); directory::may_tell(told, token)) given.add(token);
  return given;
}

// What an ID token says of the person: only what was asked for it by name. The rest is userinfo's.
Result<std::string, Error> id_token_claims(const Carried& carried, const oauth::ClaimsRequest& asked, World& world) {
  std::string out;
  const auto given = given_of(asked.id_token, carried.openid);
  if (given.empty()) return out;
  TRY(const auto record, world.store.get(world.tenant, directory::Kind::user, carried.user));
  if (!record) return out;
  TRY(const auto body, parse_stored(record->body));
  for (const auto& [name, value] : directory::person_claims(body, given)) {
    out.push_back(',');
    append_json_string(out, name);
    out.append(":").append(json::serialize(value));
  }
  return out;
}

// What was agreed to goes on without the session (docs/adr/0013). But of its end the client was told, and no ID token
// names it any more (OpenID Connect Back-Channel Logout §2.7), nor one that is being made as it ends.
Result<Done, Error> add_id_token(const Carried& carried, const oauth::ClaimsRequest& claims, World& world,
                                 tokens::Authorization& out) {
  if (!carried.openid.contains("openid")) return Done{};
  if (!carried.disclosure.empty()) out.rests_on.push_back(carried.disclosure);  // taken back, it tells nothing
  TRY(auto said, id_token_claims(carried, claims, world));
  out.id_token = tokens::IdToken{carried.nonce, std::move(said)};
  auto& sid = out.authentication.sid;
  TRY(const bool live, tokens::is_live_session(sid, carried.user, world.tenant, world.store, world.now));
  if (live) out.more.emplace_back(store::Require{std::string(world.tenant), directory::Kind::session, sid});
  else sid.clear();
  return Done{};
}

// A token for the issuer itself. It is not drawn from the consent, whose budget is for what resources are asked; it
// ends with it, and with what was agreed to be told.
Result<tokens::Authorization, Error> of_the_person(const Carried& carried, const TokenRequest& request,
                                                   const std::optional<delegation::Delegation>& delegation,
                                                   const oauth::ClaimsRequest& claims, tokens::Authorization out) {
  if (request.form.get("authorization_details"))  // RFC 9396 §5
    return Fail{Error(Code::invalid_authorization_details, "this server itself has no authorization details")};
  const auto scopes = directory::scopes_told(carried.openid);
  out.scope = request.scope.empty() ? scopes : request.scope.intersect(scopes);
  out.scope.add("openid");
  const auto given = given_of(claims.userinfo, carried.openid);
  for (const auto& token : given.tokens())
    out.userinfo_claims.emplace_back(directory::claim_of_token(token));
  if (!delegation) {
    out.rests_on.push_back(carried.family);  // by which all that came of one code ends
    return out;
  }
  out.rests_on.insert(out.rests_on.end(), delegation->path.begin(), delegation->path.end());
  const auto& end = delegation->limits.not_after;
  if (end) out.expires_by = out.expires_by ? std::min(*out.expires_by, *end) : *end;
  return out;
}

// `carried` with what may still be told of the person, and no more.
Result<tokens::Authorization, Error> redeem_now(const Carried& carried, const TokenRequest& request, World& world) {
  const auto& client = request.client;
  TRY(auto delegation, delegation_of(carried, world));
  TRY(const auto asked, asked_of(carried, request));
  TRY(auto resource, target(carried, delegation ? &*delegation : nullptr, asked, request, world));
  world.about.resource = resource ? resource->identifier : std::string(world.issuer);

  const auto chain = delegation ? delegation->chain : first_chain(*client);
  world.about.chain = chain;
  const auto bounding = bounded_by(chain, client->id, carried.user);
  TRY(const auto cast, cast_of(carried.user, bounding, world));
  if (const auto dead = not_active(cast, carried.user, bounding, world.now)) return over(*dead + " is not active");
  TRY(const auto unbroken, check_stopped_since(carried, cast));
  TRY(const auto goes_on, check_end(first_expiry(cast), world.now));
  if (const auto revoked = revoked_just_now(carried.user, bounding, world))
    return Fail{ask_to_wait("somebody this speaks of", revoked->wait)};

  tokens::Authorization out{.client = client,
                            .subject = carried.user,
                            .resource = resource,
                            .asked = request.scope,
                            .chain = chain,
                            .presented = carried.family,
                            .expires_by = first_expiry(cast),
                            .jkt = std::string(request.jkt),
                            .authentication = carried.authentication};
  TRY(auto acr, signin::acr_now(carried.authentication.amr, world.tenant, world.directory));
  out.authentication.acr = std::move(acr);
  TRY(const auto claims, oauth::ClaimsRequest::parse_stored(carried.claims));
  TRY(const auto signed_in, add_id_token(carried, claims, world, out));
  if (resource == nullptr) return of_the_person(carried, request, delegation, claims, std::move(out));
  if (!short_enough(chain, *resource))
    return Fail{Error(Code::invalid_target, "the chain of agents would be longer than the resource allows")};
  const auto pool = delegation::scopes_at(delegation->authority, resource->id);
  // A refresh comes long after the sign-in: how old that may be was asked when the person was (docs/adr/0013).
  const SignIn sign_in{.acr = out.authentication.acr,
                       .auth_time = carried.authentication.auth_time,
                       .asked_at = carried.asked_at};
  TRY(auto narrowed, narrow_live(asked, pool, resource, cast, world, sign_in));
  if (narrowed.given.empty())
    return Fail{Error(Code::invalid_scope,
                      "nothing is left of the scopes at this resource: see the audit for each one's reason",
                      {}, delegation::reason_of(narrowed.dropped))};
  TRY(const auto details, details_at(resource, carried, *delegation, request, world));
  const auto scope = narrowed.given.text();
  if (!world.reader.may_mint(world.tenant, {.subject = carried.user, .client_id = client->client_id,
                                            .audience = resource->identifier, .scope = scope, .chain = chain,
                                            .delegations = delegation->path, .issued_at = world.now}))
    return Fail{Error(Code::temporarily_unavailable, "one of the scopes was taken away this second: try again")};
  out.scope = std::move(narrowed.given);
  out.details = delegation::text_of(details);
  out.dropped = std::move(narrowed.dropped);
  out.drawn = {.delegation = std::move(delegation), .made = false};
  return out;
}

}  // namespace

Result<tokens::Authorization, Error> redeem(const Carried& carried, const TokenRequest& request, World& world) {
  TRY(const auto key, check_key(carried, request));
  if (world.reader.is_revoked(world.tenant, carried.family, carried.at)) return over("its family is revoked");
  TRY(auto said, said_now(carried, world));
  // OIDC Core §11: nor with what was agreed to beside it; that goes on with the person there, who is asked for a code.
  if (!said.may_go_on) return over("it may not go on while its person is away");
  if (said.told == carried.openid) return redeem_now(carried, request, world);
  // Who only learns who the person is has nothing else to go on with.
  if (carried.delegation.empty() && !said.told.contains("openid")) return over("it is told no more of its person");
  auto rest = carried;
  rest.openid = std::move(said.told);
  return redeem_now(rest, request, world);
}

void tell_of(const Carried& carried, World& world) {
  world.about.subject = carried.user;
  world.about.target = carried.delegation;
}

store::Writes end_of_family(const Carried& carried, std::string_view tenant, Instant now, std::string_view reason) {
  const std::string in(tenant), why(reason);
  store::Writes writes;
  const auto revoke = [&](store::Kills kind, const std::string& target, Seconds lives) {
    writes.emplace_back(store::Revoke{{.tenant = in,
                                       .kind = kind,
                                       .target = target,
                                       .issued_before = now,
                                       .until = now + lives,
                                       .at = now,
                                       .reason = why}});
  };
  if (!carried.delegation.empty()) writes.emplace_back(store::EndDelegation{in, carried.delegation, now, why});
  // Every access token rests on the delegation; without one, on the family itself.
  revoke(store::Kills::delegation, carried.delegation.empty() ? carried.family : carried.delegation,
         directory::token_lifetime_max);
  // Every refresh token that came of this code, for as long as one of them could live.
  revoke(store::Kills::token, carried.family, refresh_kept);
  return writes;
}

void add_refresh_token(const Carried& carried, std::string handle, const World& world,
                       tokens::Authorization& authorization) {
  authorization.more.emplace_back(store::Keep{.use = store::Use::refresh_token,
                                              .tenant = std::string(world.tenant),
                                              .key = oauth::handle_key(handle),
                                              .until = world.now + refresh_kept,
                                              .body = encode(carried)});
  authorization.refresh_token = std::move(handle);
}

bool rotates(const Carried& carried, const directory::Principal& client) {
  return client.registration.is_public && carried.jkt.empty();
}

}  // namespace deputy::grants
