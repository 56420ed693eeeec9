// Authority that shrinks and grows while tokens are made: roles given and taken, a role and a resource that say less.
#include "base/json.h"
#include "tests/sim/simulation.h"

namespace deputy::sim {
namespace {

using directory::Kind;

bool carries_lost_scope(const std::string& scope, const std::vector<std::string>& lost) {
  const auto held = oauth::ScopeSet::parse(scope);
  return held && std::any_of(lost.begin(), lost.end(), [&](const auto& one) { return held->contains(one); });
}

json::array scopes_of(std::vector<std::string_view> names) {
  json::array out;
  for (const auto name : names) out.push_back(json::object{{"name", name}});
  return out;
}

}  // namespace

json::object Simulation::permissions_of(std::vector<std::string_view> patterns) const {
  json::array scopes, permissions;
  for (const auto pattern : patterns) scopes.emplace_back(pattern);
  for (const auto& place : place_ids_) permissions.push_back(json::object{{"resource", place}, {"scopes", scopes}});
  return {{"permissions", permissions}};
}

void Simulation::ask_narrowing() {
  const bool shrinks = dice_.chance(45);
  const auto kind = shrinks ? Request::Kind::narrow : Request::Kind::grant;
  const auto what = dice_.below(3);
  if (what == 0 && shrinks && !assignments_.empty()) {
    const auto id = dice_.pick(assignments_);
    return administrate({.kind = kind, .what = "takes assignment " + id}, "DELETE", "/v1/assignments/" + id);
  }
  if (what == 0) {
    const auto& to = dice_.chance(70) ? user_ : dice_.pick(actors_).id;
    const json::object body{{"role", role_}, {"principal", to}, {"acts", "self"}};
    return administrate({.kind = Request::Kind::grant, .what = "gives the role to " + to}, "POST", "/v1/assignments",
                        json::serialize(body));
  }
  if (what == 1)
    return administrate({.kind = kind, .what = shrinks ? "shrinks the role" : "widens the role"}, "PATCH",
                        "/v1/roles/" + role_,
                        json::serialize(shrinks ? permissions_of({"read"}) : permissions_of({"read", "write"})));
  const auto& place = dice_.pick(place_ids_);
  const json::object body{{"scopes", shrinks ? scopes_of({"read"}) : scopes_of({"read", "write"})}};
  administrate({.kind = kind, .what = (shrinks ? "takes a scope from " : "gives a scope to ") + place}, "PATCH",
               "/v1/resources/" + place, json::serialize(body));
}

void Simulation::note_assignment(const http::Response& response) {
  const auto id = test::text_at(test::body_of(response), "id");
  if (id.starts_with("asn_")) assignments_.push_back(id);
}

// Does this token bear what the narrowing took away?
bool Simulation::bears_lost(const Issued& token, const store::Revocation& narrowing) {
  const auto& target = narrowing.target;
  const bool stands_in = target.empty() || token.subject == target || token.client == target ||
                         std::find(token.chain.begin(), token.chain.end(), target) != token.chain.end();
  return stands_in && token.audience == narrowing.resource && carries_lost_scope(token.scope, narrowing.scopes);
}

// I3: what was lost, and acknowledged as lost, is in no token that is asked for afterwards, unless it was given back.
// What an actor lost of its own it may still do for others here: it has no ceiling.
void Simulation::check_nothing_lost(const Issued& token) {
  const auto& request = requests_[token.request];
  for (const auto& ended : ended_) {
    const auto& target = ended.revocation.target;
    if (ended.revocation.kind != store::Kills::narrowing || ended.acknowledged >= request.began) continue;
    if (!target.empty() && target != token.subject) continue;
    const bool given_back = std::any_of(requests_.begin(), requests_.end(), [&](const Request& one) {
      return one.kind == Request::Kind::grant && one.durable != never && one.durable > ended.durable;
    });
    if (!given_back && bears_lost(token, ended.revocation))
      throw Broken{"a token bears what " + (target.empty() ? "everybody" : target) + " had lost before that"};
  }
}

// All is given back, straight in the store.
void Simulation::widen_everything() {
  world_->change(Kind::role, role_, permissions_of({"read", "write"}));
  for (const auto& place : place_ids_)
    world_->change(Kind::resource, place, {{"scopes", scopes_of({"read", "write"})}});
  world_->given_assignment(role_, user_);
  for (const auto& one : actors_) world_->given_assignment(role_, one.id);
}

}  // namespace deputy::sim
