// Authority that an administrator takes away: what is out and bears it dies with that, and nothing else is said of it.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "tests/property/stage.h"

namespace deputy::property {
namespace {

using Kind = directory::Kind;

constexpr std::size_t watched = 64;  // late tokens that a change is held against

const std::array<std::set<std::string>, 4> trusts{{{"a*", "b"}, {"a*"}, {"a:r*", "b"}, {"*"}}};

// What tokens bear that would be given to those they speak of now (I3). It reads what each holds once.
class Bearing {
 public:
  explicit Bearing(const Model& model) : model_(model) {}

  Scopes of(const Token& token) {
    const auto& place = model_.places.at(token.resource);
    if (place.gone || static_cast<std::int64_t>(token.chain.size()) > place.chain_max || !links_stand(token)) return {};
    auto left = meet(token.scopes, held(token.subject, place, false));
    auto actors = token.chain;
    if (actors.empty() && token.client != token.subject) actors = {token.client};
    for (const auto& id : actors)
      if (!model_.people.at(id).any) left = meet(left, held(id, place, true));
    const auto issuer = token.path.empty() ? std::string() : model_.nodes.at(token.path.front()).issuer;
    if (issuer.empty()) return left;
    const auto at = model_.trusted.find(place.id);
    if (issuer != model_.issuer || at == model_.trusted.end()) return {};
    return meet(left, Model::given(place, at->second));
  }

 private:
  const Scopes& held(const std::string& id, const Place& place, bool for_others) {
    const auto [found, fresh] = held_.try_emplace({id, place.id, for_others});
    if (fresh) found->second = model_.held(model_.people.at(id), place, for_others);
    return found->second;
  }

  // Each is a delegate of the one before it, or may have been called by it.
  bool links_stand(const Token& token) const {
    auto all = token.chain;
    if (model_.people.at(token.subject).kind != Person::Kind::user) all.push_back(token.subject);
    for (std::size_t i = 1; i < all.size(); ++i)
      if (!model_.may_delegate(all[i], all[i - 1]) && !is_a_place(all[i - 1])) return false;
    return true;
  }
  bool is_a_place(const std::string& id) const {
    return std::any_of(model_.places.begin(), model_.places.end(),
                       [&](const auto& one) { return !one.second.gone && one.second.principal == id; });
  }

  const Model& model_;
  std::map<std::tuple<std::string, std::string, bool>, Scopes> held_;
};

}  // namespace

// I3, of what is out: a token that bears what this takes away dies with it.
void Stage::narrowing(const std::function<void()>& change) {
  const auto& tokens = model_.tokens;
  std::vector<std::pair<std::size_t, Scopes>> were;
  Bearing before(model_);
  for (auto at = tokens.size() - std::min(tokens.size(), watched); at < tokens.size(); ++at)
    if (model_.live(tokens[at], now())) were.emplace_back(at, before.of(tokens[at]));
  change();
  follow_revocations();
  killed_ = true;
  Bearing after(model_);
  for (const auto& [at, scopes] : were) {
    if (!model_.live(tokens[at], now())) {
      ++counts["taken away"];
      continue;
    }
    const auto left = after.of(tokens[at]);
    require(std::includes(left.begin(), left.end(), scopes.begin(), scopes.end()),
            "I3: token " + std::to_string(at) + " bears what was taken away, and lives");
  }
}

// As an enforcement point does that hears of each entry.
void Stage::follow_revocations() {
  constexpr std::size_t page = 500;
  const auto second = unix_seconds(now());
  std::erase_if(model_.narrowings, [&](const auto& one) { return one.through < second; });
  for (auto more = true; more;) {
    const auto all = world_.store->revocations(revocations_seen_, page);
    require(bool(all), "the revocations cannot be read");
    for (const auto& one : *all) {
      follow(one);
      revocations_seen_ = one.seq;
    }
    more = all->size() == page;
  }
}

void Stage::follow(const store::Revocation& one) {
  const auto through = unix_seconds(one.issued_before);
  if (one.kind == store::Kills::narrowing) {
    const Narrowing narrowing{
        .target = one.target, .resource = one.resource, .scopes = {one.scopes.begin(), one.scopes.end()},
        .through = through};
    for (auto& token : model_.tokens)
      if (!token.dead && model_.takes(narrowing, token)) token.dead = true;
    if (through >= unix_seconds(now())) model_.narrowings.push_back(narrowing);
    return;
  }
  if (one.kind != store::Kills::principal || one.issued_before == delegation::nothing_issued) return;
  for (auto& token : model_.tokens)
    if (token.issued <= through && model_.names(token, one.target)) token.dead = true;
  if (const auto found = model_.people.find(one.target); found != model_.people.end())
    found->second.waits_through = std::max(found->second.waits_through.value_or(0), through);
}

void Stage::take_by_administrator(Assignment& one) {
  const auto response = administrate("DELETE", "assignments/" + one.id);
  require(response.status == 204, "an assignment that was not removed: " + response.body);
  one.gone = true;
}

// A resource's tokens live shorter or longer, and their chains may be so long.
void Stage::change_limits(Dice& dice) {
  auto& place = model_.places.at(some_place(dice).id);
  narrowing([&] {
    place.lifetime_s = dice.between(30, 900);
    if (dice.chance(50)) place.chain_max = dice.chance(50) ? dice.between(5, 16) : dice.between(1, 4);
    const auto response =
        administrate("PATCH", "resources/" + place.id,
                     {{"token_lifetime_s", place.lifetime_s}, {"delegation_depth_max", place.chain_max}});
    say(place.identifier + " gives " + std::to_string(place.lifetime_s) + " s to chains of " +
        std::to_string(place.chain_max));
    require(response.status == 200, "limits that were refused: " + response.body);
  });
}

// A resource is deleted, when nothing refers to it any more, and its principal has another. One without a type of
// authorization details: such a type is of one resource alone.
void Stage::retire(Dice& dice) {
  std::vector<Place*> plain;
  for (auto& [id, one] : model_.places)
    if (!one.gone && one.payment.empty()) plain.push_back(&one);
  if (plain.empty() || !dice.chance(25)) return pass(dice);
  auto& place = *dice.pick(plain);
  narrowing([&] {
    for (auto& [id, role] : model_.roles) {
      if (role.patterns.erase(place.id) == 0) continue;
      json::array permissions;
      for (const auto& [resource, given] : role.patterns)
        permissions.push_back(json::object{{"resource", resource}, {"scopes", list(given)}});
      const auto response = administrate("PATCH", "roles/" + id, {{"permissions", std::move(permissions)}});
      require(response.status == 200, "a role that goes on naming a resource: " + response.body);
    }
    if (model_.trusted.erase(place.id) != 0) {
      const auto response =
          administrate("PATCH", "trusted-issuers/" + model_.issuer, {{"permissions", trusted_permissions()}});
      require(response.status == 200, "a trusted issuer that goes on naming a resource: " + response.body);
    }
    const auto response = administrate("DELETE", "resources/" + place.id);
    say(place.identifier + " is deleted: " + std::to_string(response.status));
    require(response.status == 204, "a resource that was not deleted: " + response.body);
    place.gone = true;
    place.scopes.clear();
  });
  for (const auto& token : model_.tokens)
    require(token.resource != place.id || !model_.live(token, now()), "a token outlives its resource");
  Place next{.identifier = "https://place" + std::to_string(model_.places.size()) + ".example/",
             .principal = place.principal};
  next.lifetime_s = dice.between(30, 900);
  next.chain_max = dice.between(2, 16);
  model_.trusted[build_place(dice, std::move(next))] = trusts[0];
  world_.change(Kind::trusted_issuer, model_.issuer, {{"permissions", trusted_permissions()}});
  for (int i = 0; i < 2; ++i) change_role(dice);
  ++counts["retired"];
}

// A role is deleted, when nobody has it any more; who had it has another.
void Stage::replace_role(Dice& dice) {
  if (!dice.chance(25)) return pass(dice);
  auto& id = roles_[dice.below(roles_.size())];
  std::vector<Assignment> were;
  narrowing([&] {
    for (auto& [number, one] : model_.assignments) {
      if (one.gone || one.role != id) continue;
      were.push_back(one);
      take_by_administrator(one);
    }
    const auto response = administrate("DELETE", "roles/" + id);
    say("role " + id + " is deleted: " + std::to_string(response.status));
    require(response.status == 204, "a role that was not deleted: " + response.body);
    model_.roles.erase(id);
  });
  Role role;
  json::object body{{"name", "instead of " + id}};
  say("instead there is one that gives " + random_role_body(dice, role, body));
  role.id = id = world_.put(Kind::role, body);
  model_.roles[role.id] = role;
  for (const auto& one : were) give_role(role.id, one.principal, one.for_others);
  ++counts["replaced"];
}

// Somebody, or a group, comes into a group or leaves it.
void Stage::change_member(Dice& dice) {
  const auto& group = dice.pick(groups_);
  auto& inside = model_.members[group];
  std::vector<std::string> able;
  for (const auto& [id, person] : model_.people)
    if (person.state != Person::State::removed) able.push_back(id);
  if (group == groups_[1]) able.push_back(groups_[0]);  // and not the other way round: no circle
  const auto who = inside.empty() || dice.chance(50) ? dice.pick(able) : dice.pick(inside);
  const auto path = "groups/" + group + "/members";
  if (!inside.contains(who)) {
    const auto response = administrate("POST", path, {{"member", who}});
    say(short_name(who) + " comes into " + group + ": " + std::to_string(response.status));
    require(response.status == 201, "a member that was not taken in: " + response.body);
    inside.insert(who);
    return model_.regroup();
  }
  narrowing([&] {
    const auto response = administrate("DELETE", path + "/" + who);
    say(short_name(who) + " leaves " + group + ": " + std::to_string(response.status));
    require(response.status == 204, "a member that was not let go: " + response.body);
    inside.erase(who);
    model_.regroup();
  });
  ++counts["left a group"];
}

// An agent has another owner: its tokens end, and what people agreed to with the owner before (A28, A37).
void Stage::transfer(Dice& dice) {
  auto& agent = model_.people.at(dice.pick(agents_));
  auto& owner = owners_.at(agent.id);
  const auto to = owner == custodian_ ? users_.front() : custodian_;
  const auto response = administrate("POST", "agents/" + agent.id + "/transfer", {{"owner", to}});
  say(agent.name + " is transferred: " + std::to_string(response.status));
  const bool there = agent.state == Person::State::on || agent.state == Person::State::off;
  require((response.status == 200) == there, "a transfer: " + response.body);
  if (!there) return;
  owner = to;
  ++agent.stops;
  agent.stopped_at = now();
  end_tokens_of(agent);
  for (auto& [id, node] : model_.nodes)
    if (node.origin == "consent" && node.actor == agent.id) end_node(node);
  ++counts["transferred"];
}

// An actor is limited by its ceiling, or is not any more; or it must agree to what its delegates do with its tokens.
void Stage::change_ceiling(Dice& dice) {
  auto& actor = model_.people.at(dice.pick(actors_));
  const bool is_agent = actor.kind == Person::Kind::agent;
  const bool there = actor.state == Person::State::on || actor.state == Person::State::off;
  const auto path = (is_agent ? "agents/" : "applications/") + actor.id;
  const bool of_agreement = dice.chance(30);
  narrowing([&] {
    const auto response =
        of_agreement ? administrate("PATCH", path, {{"agreement_required", !actor.agreement}})
                     : administrate("PATCH", path, {{"delegation", actor.any ? "ceiling" : "any"}});
    say(actor.name + (of_agreement ? "'s agreement" : "'s ceiling") + " is another: " +
        std::to_string(response.status));
    require((response.status == 200) == there, "a change of what an actor may do: " + response.body);
    if (!there) return;
    if (of_agreement) {
      actor.agreement = !actor.agreement;
      return;
    }
    actor.any = !actor.any;
    if (actor.any) return;
    end_tokens_of(actor);
    ++counts["ceilings lowered"];
  });
}

// The trusted issuer's tokens give something else from now on.
void Stage::change_trust(Dice& dice) {
  narrowing([&] {
    for (auto& [id, given] : model_.trusted)
      if (dice.chance(50)) given = dice.pick(trusts);
    const auto permissions = trusted_permissions();
    say("the trusted issuer gives " + json::serialize(permissions));
    const auto response = administrate("PATCH", "trusted-issuers/" + model_.issuer, {{"permissions", permissions}});
    require(response.status == 200, "permissions that were refused: " + response.body);
  });
}

// An agent may hand on to fewer. No application can be named at /v1: those are taken out.
void Stage::name_fewer_delegates(Dice& dice) {
  auto& agent = model_.people.at(dice.pick(agents_));
  const bool there = agent.state == Person::State::on || agent.state == Person::State::off;
  std::set<std::string> left;
  for (const auto& one : agent.delegates)
    if (!one.starts_with("app_") && dice.chance(60)) left.insert(one);
  narrowing([&] {
    const auto response = administrate("PATCH", "agents/" + agent.id, {{"delegates", list(left)}});
    say(agent.name + " may delegate to no more than " + json::serialize(list(left)) + ": " +
        std::to_string(response.status));
    require((response.status == 200) == there, "fewer delegates: " + response.body);
    if (there) agent.delegates = left;
  });
}

}  // namespace deputy::property
