// A random world: few names, so that what is asked, held, agreed and forbidden meet often.
#include <array>

#include "base/json.h"
#include "jose/jwk.h"
#include "tests/property/stage.h"

namespace deputy::property {
namespace {

using directory::Kind;

constexpr std::array<const char*, 7> names{"a", "a:r", "a:r:own", "a:w", "b", "b:r", "c"};
constexpr std::array<const char*, 8> patterns{"*", "*", "a:*", "a:r*", "a", "b*", "b:r", "c"};
constexpr auto trusted_issuer = "https://login.example";

// Making keys is most of a world's time.
const crypto::PrivateKey& issuers_key() {
  static const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  return key;
}

json::array definitions_of(const Place& place) {
  json::array out;
  for (const auto& [name, parent] : place.scopes) {
    json::object one{{"name", name}};
    if (!parent.empty()) one["parent"] = parent;
    out.push_back(std::move(one));
  }
  return out;
}

// Of which one is within another where it is to the same and for no more.
json::array payment_type(const std::string& name) {
  auto type = json::parse(R"({"description":"One payment",
      "schema":{"type":"object","additionalProperties":false,"required":["to","amount"],
                "properties":{"to":{"type":"string"},"amount":{"type":"integer","minimum":1}}},
      "display":{"en":"Pay up to {amount} to {to}"},"narrowing":{"amount":"at_most"}})");
  type.as_object()["type"] = name;
  return {std::move(type)};
}

void random_definitions(Dice& dice, Place& place) {
  place.scopes.clear();
  std::string earlier;
  for (const auto* name : names) {
    if (dice.chance(30)) continue;
    place.scopes[name] = !earlier.empty() && dice.chance(30) ? earlier : "";
    earlier = name;
  }
  // More than a request of old could name, all of them of one kind.
  if (dice.chance(3))
    for (int i = 100; i < 220; ++i) place.scopes["a:r:" + std::to_string(i)] = "";
  if (place.scopes.empty()) place.scopes["a"] = "";
}

}  // namespace

json::array list(const std::set<std::string>& texts) {
  json::array out;
  for (const auto& text : texts) out.emplace_back(text);
  return out;
}

Stage::Stage(std::uint64_t seed) : key_(issuers_key()) {
  Dice dice(seed);
  build_people(dice);
  build_places(dice);
  build_groups(dice);
  build_roles(dice);
  build_trust();
}

Person& Stage::add(Person::Kind kind, test::Given given, std::string name) {
  Person person{.kind = kind, .id = given.id, .name = std::move(name), .secret = given.secret};
  return model_.people[given.id] = std::move(person);
}

void Stage::build_people(Dice& dice) {
  custodian_ = world_.given_user("custodian");
  for (const auto* name : {"ann", "ben"}) {
    const auto id = world_.given_user(name);
    users_.push_back(add(Person::Kind::user, {id, world_.given_secret(id)}, name).id);
  }
  for (const auto* name : {"north", "south", "east", "west", "far"}) {
    const bool any = dice.chance(20), agreement = dice.chance(15);
    auto& agent = add(Person::Kind::agent,
                      world_.given_agent(name, {{"owner", users_.front()},
                                                {"delegation", any ? "any" : "ceiling"},
                                                {"agreement_required", agreement}}),
                      name);
    agent.any = any;
    agent.agreement = agreement;
    owners_[agent.id] = users_.front();
    agents_.push_back(agent.id);
  }
  // An application that was imported bears its earlier client_id in its tokens.
  for (const auto* name : {"desk", "imported"}) {
    auto& application = add(Person::Kind::application, world_.given_application(name), name);
    if (std::string_view(name) == "imported") {
      application.client_id = "earlier-name";
      world_.change(Kind::application, application.id, {{"client_id", application.client_id}});
    }
    application.any = dice.chance(20);
    if (application.any) world_.change(Kind::application, application.id, {{"delegation", "any"}});
    applications_.push_back(application.id);
  }
  actors_ = agents_;
  actors_.insert(actors_.end(), applications_.begin(), applications_.end());
}

void Stage::build_places(Dice& dice) {
  // One is an API, and opaque; one is an API; two are agents.
  const auto api = add(Person::Kind::application, world_.given_application("api"), "api").id;
  const std::array principals{api, api, agents_[0], agents_[1]};
  for (std::size_t i = 0; i < principals.size(); ++i) {
    Place place{.identifier = "https://place" + std::to_string(i) + ".example/", .principal = principals[i]};
    place.opaque = i == 0;
    if (i < 2) place.payment = "payment-" + std::to_string(i);  // a type is of one resource alone
    place.lifetime_s = dice.between(30, 900);
    place.chain_max = dice.chance(50) ? dice.between(5, 16) : dice.between(1, 4);
    build_place(dice, std::move(place));
  }
}

std::string Stage::build_place(Dice& dice, Place place) {
  random_definitions(dice, place);
  place.id = world_.given_resource(place.identifier, {},
                                   {{"scopes", definitions_of(place)},
                                    {"principal", place.principal},
                                    {"token_lifetime_s", place.lifetime_s},
                                    {"delegation_depth_max", place.chain_max},
                                    {"authorization_details_types",
                                     place.payment.empty() ? json::array() : payment_type(place.payment)},
                                    {"token_format", place.opaque ? "opaque" : "jwt"}});
  auto id = place.id;
  model_.places.emplace(id, std::move(place));
  return id;
}

void Stage::build_groups(Dice& dice) {
  for (const auto* name : {"inner", "outer"}) groups_.push_back(world_.put(Kind::group, {{"name", name}}));
  const auto join = [&](const std::string& member, const std::string& group) {
    const auto response = administrate("POST", "groups/" + group + "/members", {{"member", member}});
    require(response.status == 201, "a member that was not taken in: " + response.body);
    model_.members[group].insert(member);
  };
  join(groups_[0], groups_[1]);
  for (const auto& [id, person] : model_.people)
    if (dice.chance(40)) join(id, groups_[0]);
  model_.regroup();
  for (std::size_t i = 0; i < 2 * actors_.size(); ++i) change_delegates(dice);
}

std::string Stage::random_role_body(Dice& dice, Role& role, json::object& body) const {
  role.patterns.clear();
  json::array permissions;
  for (const auto& [id, place] : model_.places) {
    if (place.gone || dice.chance(25)) continue;
    auto& given = role.patterns[id];
    for (auto left = dice.between(1, 3); left > 0; --left) given.insert(dice.pick(patterns));
    permissions.push_back(json::object{{"resource", id}, {"scopes", list(given)}});
  }
  body["permissions"] = std::move(permissions);
  return json::serialize(body);
}

void Stage::make_assignment(Dice& dice, const std::string& principal, bool for_others) {
  give_role(dice.pick(roles_), principal, for_others);
}

void Stage::give_role(const std::string& role, const std::string& principal, bool for_others) {
  const auto id = world_.given_assignment(role, principal, {{"acts", for_others ? "others" : "self"}});
  model_.assignments[id] = {.id = id, .principal = principal, .role = role, .for_others = for_others};
}

void Stage::build_roles(Dice& dice) {
  for (int i = 0; i < 4; ++i) {
    Role role;
    json::object body{{"name", "role " + std::to_string(i)}};
    random_role_body(dice, role, body);
    role.id = world_.put(Kind::role, body);
    roles_.push_back(role.id);
    model_.roles[role.id] = role;
  }
  for (const auto& id : users_)
    for (int i = 0; i < 2; ++i) make_assignment(dice, id, false);
  for (const auto& id : actors_) {
    make_assignment(dice, id, true);
    make_assignment(dice, id, dice.chance(50));
  }
  make_assignment(dice, groups_[1], false);
}

void Stage::build_trust() {
  model_.trusted.clear();
  for (const auto& [id, place] : model_.places)
    if (!place.gone) model_.trusted[id] = {"a*", "b"};
  const auto kid = jose::thumbprint(key_.public_key().parts());
  const auto jwk = jose::public_jwk(key_.public_key(), kid, crypto::Algorithm::ES256);
  model_.issuer = world_.put(Kind::trusted_issuer, {{"issuer", trusted_issuer},
                                                    {"subject_claim", "sub"},
                                                    {"subject_field", "username"},
                                                    {"state", "active"},
                                                    {"jwks", json::object{{"keys", json::array{jwk}}}},
                                                    {"permissions", trusted_permissions()}});
}

json::array Stage::trusted_permissions() const {
  json::array permissions;
  for (const auto& [id, given] : model_.trusted)
    permissions.push_back(json::object{{"resource", id}, {"scopes", list(given)}});
  return permissions;
}

// Also an operation: the trusted issuer is removed, and what comes after it is another.
void Stage::distrust(Dice& dice) {
  if (!dice.chance(15)) return pass(dice);
  narrowing([&] {
    const auto response = administrate("DELETE", "trusted-issuers/" + model_.issuer);
    require(response.status == 204, "a trusted issuer that was not removed: " + response.body);
    model_.issuer.clear();
    model_.trusted.clear();
  });
  build_trust();
  say("the trusted issuer is another");
}

// Also an operation: a resource defines other scopes from now on.
void Stage::change_scopes(Dice& dice) {
  auto& place = model_.places.at(some_place(dice).id);
  narrowing([&] {
    random_definitions(dice, place);
    const auto response = administrate("PATCH", "resources/" + place.id, {{"scopes", definitions_of(place)}});
    require(response.status == 200, "scopes that were refused: " + response.body);
  });
  say("the scopes of " + place.identifier + " are " + json::serialize(definitions_of(place)));
}

// Also an operation: a role gives something else from now on.
void Stage::change_role(Dice& dice) {
  auto& role = model_.roles.at(dice.pick(roles_));
  json::object body;
  if (dice.chance(50)) {
    say("role " + role.id + " gives, straight in the store, " + random_role_body(dice, role, body));
    return world_.change(Kind::role, role.id, body);
  }
  narrowing([&] {
    say("role " + role.id + " gives " + random_role_body(dice, role, body));
    const auto response = administrate("PATCH", "roles/" + role.id, body);
    require(response.status == 200, "a role that was not changed: " + response.body);
  });
}

// Also an operation: an actor may hand on to others from now on.
void Stage::change_delegates(Dice& dice) {
  auto& actor = model_.people.at(dice.pick(actors_));
  if (actor.state == Person::State::removed) return pass(dice);
  actor.delegates.clear();
  for (auto left = dice.between(0, 5); left > 0; --left) {
    const auto& to = dice.chance(15) ? dice.pick(groups_) : dice.pick(actors_);
    if (!model_.people.contains(to) || model_.person(to)) actor.delegates.insert(to);
  }
  write_delegates(actor);
}

void Stage::write_delegates(const Person& actor) {
  const auto kind = actor.kind == Person::Kind::agent ? Kind::agent : Kind::application;
  world_.change(kind, actor.id, {{"delegates", list(actor.delegates)}});
  say(actor.name + " may delegate to " + json::serialize(list(actor.delegates)));
}

}  // namespace deputy::property
