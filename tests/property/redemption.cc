// The rules of a code and of a refresh token: what was agreed to, as far as it was asked for and is true now.
#include <algorithm>

#include "tests/property/verdict.h"

namespace deputy::property {
namespace {

// What was asked for and agreed to there: each of those asked that lies within one of what was agreed to.
Payments agreed(const Model& model, const Grant& grant, const Node& node, const Place& place) {
  Payments out;
  const auto asked = grant.payments.find(place.id);
  if (asked == grant.payments.end()) return out;
  for (const auto& one : asked->second)
    if (Model::within({one}, model.payments(node, place))) out.insert(one);
  return out;
}

// Of everybody that the token would speak of: active, not stopped since, not revoked this very second.
std::string wrong_with(const Model& model, const Grant& grant, const Chain& actors, Instant now) {
  auto cast = actors;
  cast.push_back(grant.user);
  for (const auto& id : cast) {
    const auto& one = model.people.at(id);
    if (!one.active(now)) return "somebody is not active";
    if (one.stops != (id == grant.user ? grant.user_stops : grant.client_stops)) return "somebody was stopped since";
    if (one.waits(now)) return "revoked this very second";
  }
  return "";
}

Chain actors_of(const Grant& grant, const Node& node) { return node.chain.empty() ? Chain{grant.client} : node.chain; }

// Of what is asked, what is left at a place (I3).
Scopes left_at(const Model& model, const Redemption& ask, const Place& place) {
  const auto& grant = model.grants.at(ask.grant);
  const auto& node = model.nodes.at(grant.node);
  const auto pool = model.drawable(node, place);
  const auto asked = ask.scope.empty() ? grant.scope : ask.scope;
  auto left = meet(asked.empty() ? pool : asked, pool);
  left = meet(left, model.held(model.people.at(grant.user), place, false));
  for (const auto& id : actors_of(grant, node))
    if (const auto& actor = model.people.at(id); !actor.any) left = meet(left, model.held(actor, place, true));
  return left;
}

}  // namespace

const Place* meant(const Model& model, const Redemption& ask) {
  if (ask.resource) return model.place(*ask.resource);
  const auto& grant = model.grants.at(ask.grant);
  const auto& asked = ask.scope.empty() ? grant.scope : ask.scope;
  const Place* first = nullptr;
  for (const auto& identifier : grant.places) {
    const auto* place = model.place(identifier);
    const auto pool = place == nullptr ? Scopes() : model.drawable(model.nodes.at(grant.node), *place);
    if (pool.empty()) return nullptr;  // it is gone: one is to be named
    if (asked.empty() || !meet(asked, pool).empty()) return place;
    if (first == nullptr) first = place;
  }
  return first;
}

Verdict verdict_of(const Model& model, const Redemption& ask, Instant now) {
  Verdict verdict;
  const auto refused = [&](std::string why) {
    verdict.refused = std::move(why);
    return verdict;
  };
  const auto& grant = model.grants.at(ask.grant);
  const auto& node = model.nodes.at(grant.node);
  const auto& caller = model.people.at(ask.caller);
  if (!caller.active(now) || ask.caller != grant.client) return refused("not its client, or not active");
  const bool is_code = grant.kind == Grant::Kind::code;
  if (is_code && !grant.used && now >= grant.until) return refused("the code is expired");
  if (node.dead || (node.bounds.not_after && now >= *node.bounds.not_after)) return refused("the consent is over");

  const auto within = [](const Scopes& a, const Scopes& b) { return meet(a, b) == a; };
  if (!grant.scope.empty() && !within(ask.scope, grant.scope)) return refused("a scope that nobody was asked for");
  const auto* place = meant(model, ask);
  if (place == nullptr || std::count(grant.places.begin(), grant.places.end(), place->identifier) == 0)
    return refused("a resource that nobody was asked for");
  const auto pool = model.drawable(node, *place);
  if (pool.empty()) return refused("nothing of this resource was agreed to");

  const auto actors = actors_of(grant, node);
  if (static_cast<std::int64_t>(node.chain.size()) > place->chain_max) return refused("the chain is too long");
  if (const auto why = wrong_with(model, grant, actors, now); !why.empty()) return refused(why);

  auto left = left_at(model, ask, *place);
  if (left.empty()) return refused("nothing is left");

  verdict.payments = agreed(model, grant, node, *place);
  if (!ask.payments.empty()) {
    const bool there = !place->payment.empty() && Model::within(ask.payments, verdict.payments);
    if (!there) return refused("a payment that is not within");
    verdict.payments = ask.payments;
  }
  auto expires = now + Seconds(place->lifetime_s);  // I6
  if (node.bounds.not_after) expires = std::min(expires, *node.bounds.not_after);
  for (const auto& id : actors)
    if (const auto& until = model.people.at(id).expires_at) expires = std::min(expires, *until);
  verdict.expires = unix_seconds(expires);
  if (is_over(verdict.expires, now)) return refused("it would be over as it is made");
  const Token minted{.subject = grant.user,
                     .client = ask.caller,
                     .resource = place->id,
                     .scopes = left,
                     .chain = node.chain,
                     .issued = unix_seconds(now)};
  if (model.lost(minted)) return refused("taken away this very second");
  verdict.replay = is_code && grant.used;
  if (verdict.replay) return refused("the code was used before");
  if (node.bounds.uses && node.drawn >= *node.bounds.uses) return refused("the budget is spent");

  verdict.relation = Relation::redeems;
  verdict.actor = ask.caller;
  verdict.place = place;
  verdict.chain = node.chain;
  verdict.scopes = std::move(left);
  verdict.pool = pool;
  verdict.node = node;
  return verdict;
}

}  // namespace deputy::property
