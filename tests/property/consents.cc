// What a person agrees to, and what its client makes of it: a code, redeemed once or more often, and refresh tokens.
#include <algorithm>

#include "base/id.h"
#include "base/json.h"
#include "delegation/grow.h"
#include "delegation/registered.h"
#include "grants/carried.h"
#include "oauth/handle.h"
#include "oauth/pkce.h"
#include "tests/property/stage.h"

namespace deputy::property {
namespace {

constexpr auto verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

// Of which an object is one: as the product keeps it, its members in order.
delegation::Detail detail_of(const Place& place, const std::string& to, std::int64_t amount) {
  return {place.id, json::serialize(json::object{{"amount", amount}, {"to", to}, {"type", place.payment}})};
}

std::vector<delegation::Detail> stored_details(const Model& model, const std::map<std::string, Payments>& by_place) {
  std::vector<delegation::Detail> out;
  for (const auto& [place, payments] : by_place)
    for (const auto& [to, amount] : payments) out.push_back(detail_of(model.places.at(place), to, amount));
  return delegation::sorted(std::move(out));
}

delegation::Delegation stored(const Model& model, const Node& node, Instant now) {
  delegation::Delegation out{
      .tenant = "default", .subject = node.subject, .actor = node.actor, .chain = node.chain};
  for (const auto& [resource, scope, to] : node.pairs) out.authority.push_back({resource, scope, to});
  out.authority = delegation::sorted(std::move(out.authority));
  out.details = stored_details(model, node.payments);
  out.limits.not_after = node.bounds.not_after;
  if (node.bounds.depth) out.limits.max_depth = static_cast<int>(*node.bounds.depth);
  if (node.bounds.uses) out.limits.uses = static_cast<std::uint64_t>(*node.bounds.uses);
  out.origin = delegation::Origin::consent;
  out.created_at = now;
  delegation::give_id(out, node.id);
  return out;
}

std::string words(const Scopes& scopes) {
  std::string out;
  for (const auto& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

}  // namespace

std::uint64_t Stage::version_of(const std::string& principal) const {
  const auto record = world_.store->get("default", *directory::kind_of_id(principal), principal);
  require(record && *record, "a principal is not there");
  return (*record)->version;
}

// As the person's answer makes it: some scopes of some places, what called agents may draw, payments, limits.
void Stage::consent(Dice& dice) {
  const auto& user = model_.people.at(dice.pick(users_));
  const auto& client = model_.people.at(dice.pick(actors_));
  if (user.state == Person::State::removed || client.state == Person::State::removed) return pass(dice);
  Node node{.id = make_id("dlg", now(), world_.random), .parent = "", .subject = user.id, .actor = client.id};
  node.path = {node.id};
  if (client.kind == Person::Kind::agent) node.chain = {client.id};
  node.origin = "consent";
  if (dice.chance(30)) node.bounds.not_after = now() + Seconds(dice.between(1, 600));
  if (dice.chance(30)) node.bounds.depth = dice.between(1, 6);
  if (dice.chance(30)) node.bounds.uses = dice.between(1, 8);
  std::vector<std::string> places;
  for (auto left = dice.between(1, 2); left > 0; --left) {
    const auto& place = some_place(dice);
    if (std::count(places.begin(), places.end(), place.identifier) != 0) continue;
    places.push_back(place.identifier);
    Scopes all;
    for (const auto& [scope, parent] : place.scopes) all.insert(scope);
    for (auto scopes = dice.between(1, 4); scopes > 0; --scopes) node.pairs.insert({place.id, dice.pick(all), ""});
    if (dice.chance(25)) node.pairs.insert({place.id, dice.pick(all), random_delegate(dice, client.id)});
    if (!place.payment.empty() && dice.chance(70))
      for (auto count = dice.between(1, 3); count > 0; --count)
        node.payments[place.id].insert({dice.chance(50) ? "Ann" : "Bob", dice.between(1, 50)});
  }
  const auto outcome = world_.store->commit_now({store::Delegate{stored(model_, node, now())}});
  require(outcome && std::holds_alternative<Done>(*outcome), "a consent was not kept");
  model_.nodes[node.id] = node;
  say(user.name + " agrees to " + client.name + ": " + node.id);
  give_code(dice, node, places);
}

// A code for it, of a request that asked for some of that, and for what was declined.
void Stage::give_code(Dice& dice, const Node& node, const std::vector<std::string>& places) {
  const auto &user = model_.people.at(node.subject), &client = model_.people.at(node.actor);
  const auto number = std::to_string(model_.grants.size());
  Grant grant{.text = oauth::make_handle(oauth::code_prefix, now(), "code-" + number + node.id),
              .client = client.id,
              .user = user.id,
              .node = node.id,
              .places = places,
              .until = now() + grants::code_lifetime,
              .user_stops = user.stops,
              .client_stops = client.stops};
  if (dice.chance(40))
    for (const auto& [resource, scope, to] : node.pairs)
      if (dice.chance(70)) grant.scope.insert(scope);
  // At most one to each, so that one way alone leads from what was asked to what was agreed to.
  for (const auto& [place, payments] : node.payments) {
    std::map<std::string, std::int64_t> most;
    for (const auto& [to, amount] : payments) most[to] = std::max(most[to], amount);
    for (const auto& [to, amount] : most)
      if (dice.chance(80)) grant.payments[place].insert({to, dice.chance(60) ? amount : dice.between(1, amount + 3)});
    if (dice.chance(30)) grant.payments[place].insert({"Eve", dice.between(1, 50)});
  }
  const auto key = oauth::handle_key(grant.text);
  grants::Carried carried{.client = client.id, .user = user.id, .delegation = node.id};
  carried.scope = *oauth::ScopeSet::parse(words(grant.scope));
  carried.details = stored_details(model_, grant.payments);
  carried.resources = places;
  carried.resources_given = true;
  carried.code_challenge = oauth::code_challenge_of(verifier);
  carried.family = "drf_" + key;
  carried.refreshable = true;
  carried.at = carried.asked_at = carried.given_at = now();
  carried.user_version = version_of(user.id);
  carried.client_version = version_of(client.id);
  const auto outcome = world_.store->commit_now(
      {store::Keep{store::Use::code, "default", key, grant.until, grants::encode(carried)}});
  require(outcome && std::holds_alternative<Done>(*outcome), "a code was not kept");
  model_.grants.push_back(std::move(grant));
}

Redemption Stage::random_redemption(Dice& dice) const {
  const auto count = model_.grants.size();
  Redemption ask;
  ask.grant = dice.chance(70) ? count - 1 - dice.below(std::min<std::size_t>(count, 6)) : dice.below(count);
  const auto& grant = model_.grants[ask.grant];
  const auto& node = model_.nodes.at(grant.node);
  ask.caller = dice.chance(95) ? grant.client : dice.pick(actors_);
  if (dice.chance(40)) ask.resource = dice.pick(grant.places);
  if (dice.chance(5)) ask.resource = any_place(dice).identifier;
  Scopes agreed;
  for (const auto& [resource, scope, to] : node.pairs) agreed.insert(scope);
  if (dice.chance(35)) ask.scope = random_scopes(dice, agreed);
  const auto* place = meant(model_, ask);
  const auto asked = place == nullptr ? grant.payments.end() : grant.payments.find(place->id);
  const auto payments = asked == grant.payments.end() ? Payments() : asked->second;
  if (dice.chance(payments.empty() ? 3 : 30)) ask.payments = random_payments(dice, payments);
  return ask;
}

void Stage::redeem(Dice& dice) {
  if (model_.grants.empty()) return consent(dice);
  settle(random_redemption(dice));
}

// Asks the model, then the product, and holds one answer against the other.
void Stage::settle(const Redemption& ask) {
  const auto verdict = verdict_of(model_, ask, now());
  const auto grant = model_.grants[ask.grant];
  const bool is_code = grant.kind == Grant::Kind::code;
  Parameters form{{"grant_type", is_code ? "authorization_code" : "refresh_token"},
                  {is_code ? "code" : "refresh_token", grant.text}};
  if (is_code) form.emplace_back("code_verifier", verifier);
  if (ask.resource) form.emplace_back("resource", *ask.resource);
  if (!ask.scope.empty()) form.emplace_back("scope", words(ask.scope));
  const auto details = details_of(ask.payments, meant(model_, ask));
  if (!details.empty()) form.emplace_back("authorization_details", json::serialize(details));
  const auto& caller = model_.people.at(ask.caller);
  const auto response =
      world_.form("/oauth2/token", form, {{"Authorization", world_.basic({caller.id, caller.secret})}});
  say(caller.name + " redeems " + (is_code ? "code " : "refresh token ") + std::to_string(ask.grant) + ": " +
      (response.status == 200 ? "token " + std::to_string(model_.tokens.size()) : test::error_of(response)));
  if (response.status != 200) {
    require(!verdict.refused.empty(), "the model grants what was refused: " + response.body);
    if (!verdict.replay) return;
    model_.nodes.at(grant.node).dead = killed_ = true;
    ++counts["replayed"];
    return;
  }
  require(verdict.refused.empty(), "the model refuses what was granted: " + verdict.refused);
  Ask by;
  by.user = grant.user;
  const auto answer = test::body_of(response);
  check_issued(by, verdict, answer);
  keep_refresh_token(ask.grant, answer);
}

// A client that proves itself keeps the one that came with its code.
void Stage::keep_refresh_token(std::size_t number, const json::object& answer) {
  auto next = model_.grants[number];
  const auto text = test::text_at(answer, "refresh_token");
  require(text.empty() == (next.kind == Grant::Kind::refresh_token), "a refresh token that should not be, or none");
  if (text.empty()) return;
  model_.grants[number].used = true;
  next.kind = Grant::Kind::refresh_token;
  next.text = text;
  model_.grants.push_back(std::move(next));
}

}  // namespace deputy::property
