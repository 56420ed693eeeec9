// grant_type=urn:ietf:params:oauth:grant-type:token-exchange (RFC 8693): a token is narrowed, handed on, or drawn upon
// by who received it. Who may do which is delegation/relation.cc; what is left of it, everybody on the chain.
#include <algorithm>

#include "base/id.h"
#include "delegation/grow.h"
#include "delegation/registered.h"
#include "grants/exchange/binding.h"
#include "grants/exchange/cast.h"
#include "grants/exchange/request.h"
#include "grants/exchange/source.h"
#include "grants/exchange/subject.h"
#include "grants/exchange/upstream.h"
#include "grants/grant.h"

namespace deputy::grants {
namespace {

using namespace exchange;
using delegation::Relation;
using oauth::Code;
using oauth::Error;
using PrincipalPtr = store::Directory::PrincipalPtr;

// Everybody the relation is decided by. Pointers live as long as this does.
struct Parties {
  PrincipalPtr caller, holder, named, actor_holder;
  std::string actor_jkt;  // the key that the actor token is bound to
  std::string actor_jti;  // what the actor token is known by
  std::vector<std::string> actor_kids;  // the keys that signed it, and what it was made of
  bool actor_agrees = false;
};

Error no_such_actor() {
  // The same whether there is no such agent or it is not the client's to name (A16).
  return Error(Code::unauthorized_client, "the actor is not among those the client may delegate to");
}

Result<Parties, Error> parties_of(const exchange::Request& request, const Subject& subject, const PrincipalPtr& caller,
                                  World& world) {
  Parties parties{.caller = caller, .holder = caller, .named = nullptr, .actor_holder = nullptr, .actor_jkt = {},
                  .actor_jti = {}, .actor_kids = {}, .actor_agrees = false};
  if (subject.holder != caller->id && subject.holder != caller->client_id) {
    TRY(auto holder, world.directory.principal(world.tenant, subject.holder));
    if (holder == nullptr) return Fail{Error(Code::invalid_request, "the subject token is not valid", "holder gone")};
    parties.holder = std::move(holder);
    // Before anybody is looked up: who may not name another learns of nobody (A16).
    const auto& named = request.requested_actor;
    if (named && *named != caller->id && *named != caller->client_id)
      return Fail{Error(Code::invalid_request, "only the holder of the subject token may name another actor")};
  }
  if (request.requested_actor) {
    TRY(auto named, world.directory.principal(world.tenant, *request.requested_actor));
    if (named == nullptr) return Fail{no_such_actor()};
    parties.named = std::move(named);
  }
  if (request.actor_token) {
    TRY(auto token, read_actor(*request.actor_token, world));
    TRY(auto holder, world.directory.principal(world.tenant, token.holder));
    if (holder == nullptr || holder->state(world.now) != directory::State::active)
      return Fail{Error(Code::invalid_request, "the actor token is not valid")};
    // Whoever received a call holds the token of that call: only one that opens nothing was given to agree.
    parties.actor_agrees = token.own_of == holder->id && token.jti != subject.jti;
    parties.actor_holder = std::move(holder);
    parties.actor_jkt = std::move(token.jkt);
    parties.actor_jti = std::move(token.jti);
    parties.actor_kids = std::move(token.kids);
  }
  return parties;
}

// A trusted issuer's `may_act` may name a client by the id it was imported with.
Result<std::optional<std::string>, Error> may_act_of(const Subject& subject, World& world) {
  if (!subject.may_act) return std::optional<std::string>();
  TRY(auto principal, world.directory.principal(world.tenant, *subject.may_act));
  return std::optional(principal == nullptr ? *subject.may_act : principal->id);
}

Result<Source, Error> source_of(const Subject& subject, const Parties& parties, World& world) {
  TRY(auto parent, delegation_of(subject, world));
  TRY(auto may_act, may_act_of(subject, world));
  TRY(auto resource, world.directory.resource(world.tenant, subject.audience));
  const bool is_audience = resource && resource->principal == parties.caller->id;
  TRY(auto standing, delegation::standing_of({.caller = *parties.caller,
                                              .holder = *parties.holder,
                                              .named = parties.named.get(),
                                              .actor_holder = parties.actor_holder.get(),
                                              .actor_agrees = parties.actor_agrees,
                                              .is_audience = is_audience}));
  const bool foreign = subject.at_most.has_value();
  // A user acts for themselves, here; elsewhere, and for another, an agent does, by consent (docs/adr/0004).
  if (foreign && parties.caller->kind == directory::Kind::user)
    return Fail{Error(Code::unauthorized_client, "a user's own credential is for this server's API only")};
  if (foreign && standing.relation != Relation::narrows)
    return Fail{Error(Code::invalid_request, "a trusted issuer's token is exchanged by its actor itself")};
  // RFC 8693 §4.4: whoever else presents it may not act, whatever else would allow it (docs/adr/0022).
  if (may_act && *may_act != parties.caller->id)
    return Fail{Error(Code::unauthorized_client, "the subject token's may_act names another actor")};
  const bool begins = foreign && !parent;
  return Source{std::move(parent), standing, is_audience, begins};
}

std::vector<std::string> chain_of(const Subject& subject, const Source& source, const Parties& parties) {
  if (source.begins) return first_chain(*parties.caller);
  if (source.standing.relation == Relation::narrows) return subject.chain;
  return delegation::chain_with(source.standing.actor->id, subject.chain, parties.holder->id, subject.subject);
}

// A28: a trusted issuer's token from before one of them was stopped, or passed on to another owner, does not come back
// with them (docs/adr/0032).
Result<Done, Error> check_stopped_since(const Subject& subject, const Cast& cast, Instant now) {
  const auto stopped = [&](const auto& one) {
    const auto& at = one->dead_through;
    return at && subject.issued_at <= *at && *at <= believed_until(now);
  };
  const auto refused = [&](const auto& one, std::string_view what) {
    return Fail{from_before(subject.issued_at, one->id + std::string(what) + " since it was issued")};
  };
  if (stopped(cast.subject)) return refused(cast.subject, " was stopped");
  for (const auto& actor : cast.actors)  // its only actor is its client
    if (stopped(actor)) return refused(actor, " was stopped, or transferred,");
  return Done{};
}

// I4: everybody is active, or nothing is issued; and nobody's tokens were revoked this very second.
Result<Cast, Error> live_cast(const Subject& subject, const Source& source, const std::vector<std::string>& chain,
                              const Parties& parties, World& world) {
  TRY(auto cast, cast_of(subject.subject, chain, world));
  if (const auto dead = not_active(cast, subject.subject, chain, world.now))
    return Fail{Error(Code::invalid_request, "the subject token is not valid", *dead + " is not active")};
  if (parties.holder->state(world.now) != directory::State::active)
    return Fail{Error(Code::invalid_request, "the subject token is not valid", "its holder is not active")};
  if (const auto revoked = revoked_just_now(subject.subject, chain, world))
    return Fail{ask_to_wait("somebody on the chain", revoked->wait)};
  if (subject.at_most) {
    TRY(auto unbroken, check_stopped_since(subject, cast, world.now));
  }
  if (!source.parent || source.parent->issuer.empty()) return cast;
  // I3: what began with a trusted issuer's token gives no more than that issuer gives now.
  TRY(auto gives, world.trusted_issuers.gives(world.tenant, source.parent->issuer));
  cast.at_most = std::move(gives);
  if (!cast.at_most)
    return Fail{Error(Code::invalid_request, "the subject token is not valid",
                      "the trusted issuer it began with is gone or disabled")};
  return cast;
}

// What the caller lets the one that is called draw further (DELEGATION): of its own, and to its own delegates.
Result<delegation::Authority, Error> onward_of(const exchange::Request& request, const Subject& subject,
                                               const Source& source, const Parties& parties, World& world) {
  delegation::Authority pairs;
  for (const auto& onward : request.details.onward) {
    TRY(auto actor, world.directory.principal(world.tenant, onward.actor));
    if (actor == nullptr || !delegation::delegates_to(*parties.caller, *actor))
      return Fail{Error(Code::unauthorized_client, "the actor of a detail of type onward is not among those the "
                                                   "client may delegate to")};
    TRY(auto resource, world.directory.resource(world.tenant, onward.resource));
    const auto givable = resource == nullptr ? oauth::ScopeSet() : source.givable(subject, *resource);
    const auto given = onward.scope.intersect(givable);
    if (given.empty())
      return Fail{Error(Code::invalid_authorization_details, "nothing of a detail of type onward is the client's to "
                                                             "give")};
    for (auto& pair : delegation::pairs_of(resource->id, given, actor->id)) pairs.push_back(std::move(pair));
  }
  // Who draws on what is onward for it receives, with it, what was agreed for those it will call in turn.
  if (source.standing.relation == Relation::received && source.parent)
    for (const auto& pair : source.parent->authority)
      if (!pair.onward.empty() && pair.onward != parties.caller->id) pairs.push_back(pair);
  return pairs;
}

// How the person signed in, as the subject token says; a trusted issuer's says nothing of it. What is drawn only now is
// held against now; what the token has already was when it was given.
SignIn sign_in_of(const Subject& subject, const directory::Resource& resource, const World& world) {
  return {.acr = subject.authentication.acr,
          .auth_time = subject.authentication.auth_time,
          .asked_at = world.now,
          .held = resource.identifier == subject.audience ? subject.scope : oauth::ScopeSet()};
}

// What is asked of the registered types is within what the subject token gives, by the rules of each (RFC 9396 §6.1);
// who sends none inherits them, and who sends an empty list has none.
Result<std::vector<delegation::Detail>, Error> details_of(const exchange::Request& request, const Subject& subject,
                                                          const Source& source,
                                                          const store::Directory::ResourcePtr& resource) {
  auto pool = source.details(subject, *resource);
  if (request.details.registered.empty() && !request.details.none) return pool;
  TRY(const auto asked, delegation::resolve(request.details.registered, {&resource, 1}));
  return delegation::narrowed(asked, pool, *resource);
}

// Have all tokens been drawn that it allows itself, as of the last commit? What was drawn since, the store refuses.
Result<bool, Fault> is_spent(const delegation::Delegation& node, World& world) {
  if (!node.limits.uses) return false;
  TRY(const auto now, world.store.delegation(world.tenant, node.id));
  return !now || now->uses >= *node.limits.uses;
}

// The node the token is drawn from: the parent itself where it is only narrowed, one that is there already where the
// same was handed on before, or a new one. Who hands on the same again when it is spent gives it anew; the budgets
// above are counted with each (I1).
Result<tokens::Drawn, Error> node_of(delegation::Branch branch, bool as_it_is, World& world) {
  if (as_it_is) {
    if (branch.parent == nullptr) return tokens::Drawn{};
    return tokens::Drawn{.delegation = *branch.parent, .made = false};
  }
  TRY(auto node, delegation::grow(branch));
  TRY(auto earlier, world.store.identical_delegation(node));
  if (earlier) {
    TRY(const bool spent, is_spent(*earlier, world));
    if (!spent) return tokens::Drawn{.delegation = std::move(*earlier), .made = false, .shared = true};
  }
  delegation::give_id(node, make_id("dlg", world.now, world.random));
  return tokens::Drawn{.delegation = std::move(node), .made = true};
}

// RFC 8693 §2.2.1: the answer says what was issued, and what the resource makes opaque is no JWT.
Result<Done, Error> check_type(const exchange::Request& request, const directory::Resource& resource) {
  if (request.issued_token_type != jwt_type || resource.format != directory::Resource::Format::opaque) return Done{};
  return Fail{Error(Code::invalid_request, "the tokens of this resource are opaque: leave requested_token_type out, or "
                                           "name an access token")};
}

// A10: the keys of which one was stolen, if the subject token, or the one by which an actor agrees, was forged: what is
// made ends with each of them.
Result<std::vector<std::string>, Error> keys_behind(const Subject& subject, const Parties& parties) {
  constexpr std::size_t kids_max = 16;  // a token lives a day: keys do not rotate so often
  auto kids = subject.kids;
  kids.insert(kids.end(), parties.actor_kids.begin(), parties.actor_kids.end());
  std::sort(kids.begin(), kids.end());
  kids.erase(std::unique(kids.begin(), kids.end()), kids.end());
  if (kids.size() <= kids_max) return kids;
  return Fail{Error(Code::invalid_request, "the subject token is not valid", "it descends from too many keys")};
}

// Who signs out while this is decided is signed out, an agreement that is revoked meanwhile is none, and nothing begins
// again that ends meanwhile.
store::Writes still_true(const Subject& subject, const Source& source, const Parties& parties,
                         std::uint64_t revocations_seen, const World& world) {
  const std::string tenant(world.tenant);
  store::Writes writes;
  if (!parties.actor_jti.empty())
    writes.emplace_back(store::Unrevoked{tenant, {parties.actor_jti}, revocations_seen});
  if (source.begins)
    writes.emplace_back(store::NoneEnded{{tenant, subject.subject, subject.holder, subject.at_most->id},
                                         subject.issued_at, believed_until(world.now)});
  if (!subject.session.empty())
    writes.emplace_back(store::Require{tenant, directory::Kind::session, subject.session});
  return writes;
}

// What was lost this very second is in no new token; what was lost and given back would be dead at birth.
Result<Done, Error> check_not_lost(const Subject& subject, const directory::Principal& holder,
                                   const directory::Resource& resource, std::string_view scope,
                                   const std::vector<std::string>& chain, const World& world) {
  if (world.reader.may_mint(world.tenant, {.subject = subject.subject, .client_id = holder.client_id,
                                           .audience = resource.identifier, .scope = scope, .chain = chain,
                                           .delegations = subject.delegations, .issued_at = world.now}))
    return Done{};
  return Fail{Error(Code::temporarily_unavailable, "one of the scopes was taken away this second: try again")};
}

Result<tokens::Authorization, Error> authorize(const TokenRequest& request, World& world) {
  const auto revocations_seen = world.reader.revocations_seen();  // before the subject token is read
  TRY(const auto asked, exchange::parse(request.form, world.now));
  TRY(const auto subject, read_subject(asked, request, world));
  tell_of(subject, world);
  TRY(const auto parties, parties_of(asked, subject, request.client, world));
  TRY(auto from_kids, keys_behind(subject, parties));
  TRY(const auto source, source_of(subject, parties, world));
  TRY(auto possessed, check_possession(subject, source, request.jkt));
  TRY(const auto resource, target_of_exchange(request, subject, source, world));
  world.about.resource = resource->identifier;
  TRY(auto jkt, key_of_new_token(source, *resource, parties.actor_jkt, request.jkt));
  const auto chain = chain_of(subject, source, parties);
  world.about.chain = chain;
  if (!short_enough(chain, *resource))
    return Fail{Error(Code::invalid_target, "the chain of agents would be longer than the resource allows")};
  const auto bounding = bounded_by(chain, source.standing.actor->id, subject.subject);
  TRY(const auto cast, live_cast(subject, source, bounding, parties, world));

  TRY(const auto pool, source.pool(subject, *resource, cast, world));
  if (pool.empty()) return Fail{Error(Code::invalid_target, "the subject token gives nothing at this resource")};
  TRY(auto typed, check_type(asked, *resource));
  TRY(auto narrowed, narrow_live(request.scope, pool, resource, cast, world, sign_in_of(subject, *resource, world)));
  // I3: an empty result is invalid_scope, never an empty token.
  if (narrowed.given.empty())
    return Fail{Error(Code::invalid_scope,
                      "nothing is left of the scopes asked for: see the audit for each one's reason",
                      {}, delegation::reason_of(narrowed.dropped))};

  TRY(auto holder, world.directory.principal(world.tenant, source.standing.actor->id));
  TRY(auto not_lost, check_not_lost(subject, *holder, *resource, narrowed.given.text(), chain, world));

  TRY(auto details, details_of(asked, subject, source, resource));
  const auto details_given = delegation::text_of(details);
  TRY(auto authority, onward_of(asked, subject, source, parties, world));
  for (auto& pair : delegation::pairs_of(resource->id, narrowed.given)) authority.push_back(std::move(pair));
  const bool as_it_is = source.standing.relation == Relation::narrows && asked.details.as_it_is() && !source.begins;
  TRY(auto drawn, node_of({.parent = source.parent ? &*source.parent : nullptr,
                           .tenant = std::string(world.tenant),
                           .subject = subject.subject,
                           .actor = source.standing.actor->id,
                           .chain = chain,
                           .authority = std::move(authority),
                           .details = std::move(details),
                           .asked = asked.details.limits,
                           .origin = source.origin(),
                           .issuer = source.begins ? subject.at_most->id : std::string(),
                           .at = world.now},
                          as_it_is, world));
  auto expires_by = subject.expires_at;  // I6: no token outlives what it was made from
  if (const auto expiry = first_expiry(cast)) expires_by = std::min(expires_by, *expiry);
  return tokens::Authorization{.client = std::move(holder),
                               .subject = subject.subject,
                               .resource = resource,
                               .asked = request.scope,
                               .scope = std::move(narrowed.given),
                               .details = details_given,
                               .dropped = std::move(narrowed.dropped),
                               .chain = chain,
                               .drawn = std::move(drawn),
                               .presented = subject.jti,
                               .from_kids = std::move(from_kids),
                               .expires_by = expires_by,
                               .issued_token_type = std::string(asked.issued_token_type),
                               .jkt = std::move(jkt),
                               .authentication = subject.authentication,
                               .spent = Code::invalid_request,  // RFC 8693 §2.2.2
                               .more = still_true(subject, source, parties, revocations_seen, world)};
}

}  // namespace

constinit const Grant token_exchange{"urn:ietf:params:oauth:grant-type:token-exchange", "RFC 8693",
                                     exchange::parameters, Grant::ClientAuth::required, authorize};

}  // namespace deputy::grants
