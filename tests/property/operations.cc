// The operations: through the product's own endpoints where they kill tokens, straight in the store where they change
// what somebody holds.
#include <algorithm>
#include <array>

#include "base/json.h"
#include "tests/kit/forget.h"
#include "tests/property/stage.h"

namespace deputy::property {

using directory::Kind;

void require(bool condition, const std::string& what) {
  if (!condition) throw Broken{what};
}

std::ostream& operator<<(std::ostream& out, const Operation& operation) {
  constexpr std::array names{"nothing", "begin", "own",    "exchange", "consent",  "redeem", "give_up",
                             "cut",     "stop",  "start",  "end",      "remove",   "distrust", "assign",
                             "unassign", "role", "scopes", "expiry",   "delegates", "limits", "retire",
                             "replace", "member", "transfer", "ceiling", "trust",   "pass"};
  return out << names[static_cast<std::size_t>(operation.what)] << " " << operation.seed;
}

void Stage::perform(const Operation& operation) {
  Dice dice(operation.seed);
  killed_ = false;
  switch (operation.what) {
    case What::nothing: return;
    case What::begin: begin(dice); break;
    case What::own: own(dice); break;
    case What::exchange: exchange(dice); break;
    case What::consent: consent(dice); break;
    case What::redeem: redeem(dice); break;
    case What::give_up: give_up(dice); break;
    case What::cut: cut(dice); break;
    case What::stop: stop(dice); break;
    case What::start: start(dice); break;
    case What::end: end(dice); break;
    case What::remove: remove(dice); break;
    case What::distrust: distrust(dice); break;
    case What::assign: assign(dice); break;
    case What::unassign: unassign(dice); break;
    case What::role: change_role(dice); break;
    case What::scopes: change_scopes(dice); break;
    case What::expiry: change_expiry(dice); break;
    case What::delegates: dice.chance(30) ? name_fewer_delegates(dice) : change_delegates(dice); break;
    case What::limits: change_limits(dice); break;
    case What::retire: retire(dice); break;
    case What::replace: replace_role(dice); break;
    case What::member: change_member(dice); break;
    case What::transfer: transfer(dice); break;
    case What::ceiling: change_ceiling(dice); break;
    case What::trust: change_trust(dice); break;
    case What::pass: pass(dice); break;
  }
  check_some(dice);
  world_.clock.advance(Millis(dice.between(0, 400)));
}

void Stage::begin(Dice& dice) {
  Ask ask{.caller = dice.chance(5) ? dice.pick(users_) : dice.pick(actors_),
          .token = std::nullopt,
          .user = dice.pick(users_)};
  ask.upstream_expires = from_unix_seconds(unix_seconds(now())) +
                         (dice.chance(10) ? Millis(125 * dice.between(-120, 24)) : Seconds(dice.between(5, 3600)));
  ask.upstream_issued = from_unix_seconds(unix_seconds(now()) - (dice.chance(45) ? dice.between(0, 60) : 0));
  ask.resource = any_place(dice).identifier;
  if (dice.chance(10)) ask.may_act = dice.chance(60) ? ask.caller : dice.pick(actors_);
  if (dice.chance(3)) ask.resource.reset();
  if (dice.chance(3)) ask.requested_actor = dice.pick(actors_);
  if (dice.chance(40)) {
    Scopes all;
    for (const auto& [id, place] : model_.places)
      for (const auto& [scope, parent] : place.scopes) all.insert(scope);
    ask.scope = random_scopes(dice, all);
  }
  if (dice.chance(35)) add_details(dice, ask);
  settle(ask);
}

// Client credentials: its own authority, and no node.
void Stage::own(Dice& dice) {
  const auto& actor = model_.people.at(dice.pick(actors_));
  const auto& place = any_place(dice);
  const auto response = world_.token({actor.id, actor.secret}, {{"resource", place.identifier}});
  const auto held = model_.held(actor, place, false);
  auto expires = now() + Seconds(place.lifetime_s);
  if (actor.expires_at) expires = std::min(expires, *actor.expires_at);
  const Token minted{.subject = actor.id, .client = actor.id, .resource = place.id, .scopes = held,
                     .issued = unix_seconds(now())};
  const bool able = actor.active(now()) && !held.empty() && !is_over(unix_seconds(expires), now()) &&
                    !actor.waits(now()) && !model_.lost(minted);
  say(actor.name + " asks for its own at " + place.identifier + ": " +
      (response.status == 200 ? "token " + std::to_string(model_.tokens.size()) : test::error_of(response)));
  require(able == (response.status == 200), "an own token: the model and the product differ: " + response.body);
  if (response.status != 200) return;
  auto token = read_token(test::text_at(test::body_of(response), "access_token"));
  require(token.subject == actor.id && token.client == actor.id && token.chain.empty() && token.path.empty(),
          "an own token speaks of others");
  require(token.scopes == held && token.resource == place.id, "an own token gives something else than is held");
  require(token.expires == unix_seconds(expires), "an own token outlives its bounds");
  check_event(token);
  model_.tokens.push_back(std::move(token));
  check_token(model_.tokens.back());
  ++counts["own"];
}

void Stage::exchange(Dice& dice) {
  if (model_.tokens.empty()) return begin(dice);
  const auto onward = dice.chance(24) ? onward_ask(dice) : std::nullopt;
  auto ask = onward ? *onward : random_ask(dice);
  if (dice.chance(15)) agree(ask);
  settle(ask);
}

// The holder of the token gives the caller a token of its own for the server itself, where it still can.
void Stage::agree(Ask& ask) {
  const auto& holder = model_.people.at(model_.tokens[*ask.token].holder());
  const auto response = world_.token({holder.id, holder.secret});
  if (response.status != 200) return;
  ask.actor_token.reset();
  ask.agreement = test::text_at(test::body_of(response), "access_token");
}

// A client gives a token up, and with it all below its delegation. Another client's is left alone.
void Stage::give_up(Dice& dice) {
  if (model_.tokens.empty()) return;
  const auto at = random_token(dice);
  auto& token = model_.tokens[at];
  const auto past = unix_millis(now()) - token.expires * 1000;
  const bool opaque = model_.places.at(token.resource).opaque;
  if (opaque && past >= 0 && past < 1000) return;  // kept to the millisecond, which it does not tell
  const auto& caller = model_.people.at(dice.chance(90) ? token.client : dice.pick(actors_));
  const auto response = world_.form("/oauth2/revoke", {{"token", token.text}},
                                    {{"Authorization", world_.basic({caller.id, caller.secret})}});
  say(caller.name + " gives token " + std::to_string(at) + " up: " + std::to_string(response.status));
  require((response.status == 200) == caller.active(now()), "an answer to a revocation: " + response.body);
  if (response.status != 200 || caller.id != token.client) return;
  // A dead token still tells its delegation: while an opaque one is kept, and a JWT for a day.
  if (token.path.empty() ? !model_.live(token, now()) : past >= (opaque ? 0 : 86'400'000)) return;
  if (token.path.empty()) token.dead = true;
  else end_node(model_.nodes.at(token.path.back()));
  killed_ = true;
  ++counts["given up"];
}

void Stage::end_node(Node& node) {
  if (!node.dead) node.ended = now();
  node.dead = true;
}

// A delegation is revoked, and with it all below it; once more changes nothing.
void Stage::cut(Dice& dice) {
  if (model_.nodes.empty()) return pass(dice);
  auto& node = model_.nodes.at(dice.pick(model_.nodes).first);
  const auto response = administrate("POST", "delegations/" + node.id + "/revoke");
  say("delegation " + node.id + " is revoked: " + std::to_string(response.status));
  require(response.status == 200, "a delegation that was not revoked: " + response.body);
  if (!node.dead) ++counts["cut"];
  end_node(node);
  killed_ = true;
}

http::Response Stage::administrate(std::string_view method, const std::string& path, json::object body) {
  if (now() + Seconds(20) >= admin_until_) {
    const auto answer = test::body_of(world_.token(world_.admin, {{"resource", world_.issuer + "/v1"}}));
    admin_token_ = test::text_at(answer, "access_token");
    admin_until_ = now() + Seconds(json_integer(answer, "expires_in").value_or(0));
  }
  http::Headers headers{{"Authorization", "Bearer " + admin_token_}, {"Content-Type", "application/json"}};
  return world_.ask(method, "/v1/" + path, body.empty() ? "" : json::serialize(body), std::move(headers));
}

// What a revocation of a principal means: its tokens so far, this second's included.
void Stage::end_tokens_of(Person& person) {
  person.dead_through = std::max(person.dead_through.value_or(0), unix_seconds(now()));
  killed_ = true;
}
void Stage::revoke_tokens_of(Person& person) {
  end_tokens_of(person);
  ++counts["stopped"];
}

// An agent is suspended, a user or an application disabled.
void Stage::stop(Dice& dice) {
  const auto kind = dice.chance(70)   ? Person::Kind::agent
                    : dice.chance(50) ? Person::Kind::user
                                      : Person::Kind::application;
  auto& person = model_.people.at(random_person(dice, kind));
  const bool was_active = person.active(now());
  const auto response =
      kind == Person::Kind::agent ? administrate("POST", "agents/" + person.id + "/suspend")
                                  : administrate("PATCH", (kind == Person::Kind::user ? "users/" : "applications/") +
                                                              person.id, {{"state", "disabled"}});
  say(person.name + " is stopped: " + std::to_string(response.status));
  require(response.status == 200 || !was_active, "a stop that was refused: " + response.body);
  if (response.status != 200) return;
  person.state = Person::State::off;
  if (!was_active && kind != Person::Kind::agent) return;  // an agent that has expired is stopped like any other
  ++person.stops;
  person.stopped_at = now();
  revoke_tokens_of(person);
}

// One that is stopped goes on: what died then stays dead.
void Stage::start(Dice& dice) {
  std::vector<Person*> stopped;
  for (auto& [id, person] : model_.people)
    if (person.state == Person::State::off && (!person.expires_at || now() < *person.expires_at))
      stopped.push_back(&person);
  if (stopped.empty()) return pass(dice);
  auto& person = *dice.pick(stopped);
  const auto response = person.kind == Person::Kind::agent
                            ? administrate("POST", "agents/" + person.id + "/resume")
                            : administrate("PATCH", (person.kind == Person::Kind::user ? "users/" : "applications/") +
                                                        person.id, {{"state", "active"}});
  say(person.name + " goes on: " + std::to_string(response.status));
  require(response.status == 200, "a start that was refused: " + response.body);
  person.state = Person::State::on;
  ++counts["started"];
}

// An agent is revoked for good. Two stay: the world must go on.
void Stage::end(Dice& dice) {
  auto& person = model_.people.at(agents_[2 + dice.below(agents_.size() - 2)]);
  if (!dice.chance(10)) return stop(dice);
  const auto response = administrate("POST", "agents/" + person.id + "/revoke");
  say(person.name + " is revoked: " + std::to_string(response.status));
  const bool there = person.state == Person::State::on || person.state == Person::State::off;
  require((response.status == 200) == there, "a revocation: " + response.body);
  if (!there) return;
  person.state = Person::State::gone;
  revoke_tokens_of(person);
}

// One of those that the world can do without is deleted, when nothing refers to it any more; an agent is revoked first.
void Stage::remove(Dice& dice) {
  auto& person = model_.people.at(dice.pick(std::array{users_.back(), agents_.back(), applications_.front()}));
  if (person.state == Person::State::removed || !dice.chance(15)) return stop(dice);
  for (auto& [id, one] : model_.assignments)
    if (one.principal == person.id && !one.gone) take(one);
  for (const auto& id : actors_) {
    auto& other = model_.people.at(id);
    if (other.delegates.erase(person.id) != 0) write_delegates(other);
  }
  const bool is_agent = person.kind == Person::Kind::agent;
  if (is_agent && person.state != Person::State::gone)
    require(administrate("POST", "agents/" + person.id + "/revoke").status == 200, "an agent that was not revoked");
  const auto response = administrate(
      "DELETE", (is_agent ? "agents/" : person.kind == Person::Kind::user ? "users/" : "applications/") + person.id);
  say(person.name + " is deleted: " + std::to_string(response.status));
  require(response.status == 204, "a deletion that was refused: " + response.body);
  person.state = Person::State::removed;
  for (auto& [group, inside] : model_.members) inside.erase(person.id);
  model_.regroup();
  person.delegates.clear();
  revoke_tokens_of(person);
  ++counts["removed"];
}

void Stage::assign(Dice& dice) {
  const auto& to = dice.chance(30) ? dice.pick(users_) : dice.chance(20) ? dice.pick(groups_) : dice.pick(actors_);
  make_assignment(dice, to, dice.chance(60));  // of a user's, as an earlier server took it, nothing comes
  say(short_name(to) + " is assigned a role");
}

void Stage::unassign(Dice& dice) {
  std::vector<Assignment*> there;
  for (auto& [id, one] : model_.assignments)
    if (!one.gone) there.push_back(&one);
  if (there.size() < 12) return assign(dice);
  auto& one = *dice.pick(there);
  if (dice.chance(50)) {
    take(one);
  } else {
    narrowing([&] { take_by_administrator(one); });
  }
  say(short_name(one.principal) + " is assigned a role no longer");
}

void Stage::take(Assignment& one) {
  const auto record = world_.store->get("default", Kind::assignment, one.id);
  require(record && *record, "an assignment is not there");
  const auto outcome =
      world_.store->commit_now({store::Remove{"default", Kind::assignment, one.id, (*record)->version}});
  require(outcome && std::holds_alternative<Done>(*outcome), "an assignment was not removed");
  one.gone = true;
}

void Stage::change_expiry(Dice& dice) {
  auto& agent = model_.people.at(agents_[1 + dice.below(agents_.size() - 1)]);
  const auto at = now() + Millis(dice.between(1, 3'600'000));
  const auto response = administrate("PATCH", "agents/" + agent.id, {{"expires_at", rfc3339(at)}});
  say(agent.name + " expires at " + rfc3339(at) + ": " + std::to_string(response.status));
  const bool there = agent.state == Person::State::on || agent.state == Person::State::off;
  require((response.status == 200) == there, "an expiry: " + response.body);
  if (response.status != 200) return;
  const bool sooner = !agent.expires_at || at < *agent.expires_at;
  const bool comes_back = agent.expires_at && *agent.expires_at <= now();
  agent.expires_at = at;
  if (comes_back) {
    ++agent.stops;
    agent.stopped_at = now();
  }
  if (sooner || comes_back) revoke_tokens_of(agent);
}

void Stage::pass(Dice& dice) {
  const auto by = Millis(dice.chance(80) ? dice.between(0, 3'000) : dice.between(0, 120'000));
  world_.clock.advance(by);
  say(std::to_string(by.count()) + " ms pass");
  if (dice.chance(30)) test::forget(world_);
}

std::string Stage::transcript() const {
  std::string out;
  for (const auto& line : transcript_) out += line + "\n";
  return out;
}

// Ids are long and differ on every run.
std::string Stage::short_name(const std::string& text) const {
  auto out = text;
  for (const auto& [id, person] : model_.people)
    for (auto at = out.find(id); at != std::string::npos; at = out.find(id)) out.replace(at, id.size(), person.name);
  return out;
}

}  // namespace deputy::property
