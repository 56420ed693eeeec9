// What a random client asks: mostly what it may, sometimes what it may not, sometimes nonsense.
#include <algorithm>

#include "base/json.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/property/stage.h"

namespace deputy::property {
namespace {

constexpr auto jwt_type = "urn:ietf:params:oauth:token-type:jwt";
constexpr auto access_token_type = "urn:ietf:params:oauth:token-type:access_token";

std::string words(const Scopes& scopes) {
  std::string out;
  for (const auto& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

}  // namespace

// Mostly a live one, mostly a late one.
std::size_t Stage::random_token(Dice& dice) const {
  const auto count = model_.tokens.size();
  for (int tries = 0; tries < 8; ++tries) {
    const auto at = dice.chance(60) ? count - 1 - dice.below(std::min<std::size_t>(count, 12)) : dice.below(count);
    if (model_.live(model_.tokens[at], now())) return at;
  }
  return dice.below(count);
}

const Place& Stage::some_place(Dice& dice) const {
  std::vector<const Place*> there;
  for (const auto& [id, one] : model_.places)
    if (!one.gone) there.push_back(&one);
  return *dice.pick(there);
}

const Place& Stage::any_place(Dice& dice) const {
  return dice.chance(95) ? some_place(dice) : dice.pick(model_.places).second;
}

std::string Stage::random_person(Dice& dice, Person::Kind kind) const {
  return dice.pick(kind == Person::Kind::user ? users_ : kind == Person::Kind::agent ? agents_ : applications_);
}

// Somebody it may delegate to; where there is nobody, anybody.
std::string Stage::random_delegate(Dice& dice, const std::string& of) const {
  std::vector<std::string> able;
  for (const auto& id : actors_)
    if (model_.may_delegate(of, id)) able.push_back(id);
  return able.empty() || dice.chance(10) ? dice.pick(actors_) : dice.pick(able);
}

Scopes Stage::random_scopes(Dice& dice, const Scopes& from) const {
  Scopes out;
  for (auto left = dice.between(1, 3); left > 0 && !from.empty(); --left) out.insert(dice.pick(from));
  if (out.empty() || dice.chance(15)) out.insert(dice.chance(80) ? "a:r" : "undefined");
  return out;
}

void Stage::add_details(Dice& dice, Ask& ask) const {
  if (dice.chance(60)) {
    const auto& place = any_place(dice);
    Scopes from;
    if (ask.token) from = model_.tokens[*ask.token].scopes;
    if (from.empty() || dice.chance(50))
      for (const auto& [scope, parent] : place.scopes) from.insert(scope);
    const bool here = ask.token && dice.chance(70);
    // Mostly for the agent that will be called.
    const auto* called = ask.resource ? model_.place(*ask.resource) : nullptr;
    const auto& actor = called && dice.chance(60) ? called->principal : random_delegate(dice, ask.caller);
    ask.onward.push_back({.actor = dice.chance(3) ? "agt_nobody" : actor,
                          .resource = here ? model_.places.at(model_.tokens[*ask.token].resource).identifier
                                           : place.identifier,
                          .scope = random_scopes(dice, from)});
  }
  if (dice.chance(30)) ask.expires_in = dice.between(1, 600);
  if (dice.chance(30)) ask.depth = dice.between(1, 6);
  if (dice.chance(40)) ask.uses = dice.between(1, 8);
}

// Mostly less of what there is; sometimes more, or to somebody else.
Payments Stage::random_payments(Dice& dice, const Payments& from) const {
  Payments out;
  for (const auto& [to, amount] : from)
    if (dice.chance(60)) out.insert({to, dice.chance(90) ? dice.between(1, amount) : amount + 1});
  if (out.empty() || dice.chance(10)) out.insert({dice.chance(50) ? "Ann" : "Eve", dice.between(1, 50)});
  return out;
}

// Of the place's type, where it has one.
json::array Stage::details_of(const Payments& payments, const Place* place) {
  const std::string type = place == nullptr || place->payment.empty() ? "nobody's" : place->payment;
  json::array out;
  for (const auto& [to, amount] : payments)
    out.push_back(json::object{{"type", type}, {"to", to}, {"amount", amount}});
  return out;
}

// Who received a token asks for what is onward for it, where there is such a token.
std::optional<Ask> Stage::onward_ask(Dice& dice) const {
  const auto count = model_.tokens.size(), from = dice.below(count);
  for (std::size_t step = 0; step < count; ++step) {
    const auto at = (from + step) % count;
    const auto& token = model_.tokens[at];
    if (token.path.empty() || !model_.live(token, now())) continue;
    for (const auto& [resource, scope, to] : model_.nodes.at(token.path.back()).pairs) {
      if (to.empty() || to == token.holder()) continue;
      if (model_.places.at(token.resource).principal != to && !model_.may_delegate(token.holder(), to)) continue;
      return Ask{.caller = to, .token = at, .resource = model_.places.at(resource).identifier};
    }
  }
  return std::nullopt;
}

Ask Stage::random_ask(Dice& dice) const {
  Ask ask;
  ask.token = random_token(dice);
  const auto& token = model_.tokens[*ask.token];
  const auto who = dice.below(100);
  ask.caller = who < 50   ? token.holder()
               : who < 70 ? model_.places.at(token.resource).principal
               : who < 92 ? random_delegate(dice, token.holder())
               : who < 98 ? dice.pick(actors_)
                          : dice.pick(users_);
  const bool holds = ask.caller == token.holder();
  if (dice.chance(holds ? 60 : 5)) ask.requested_actor = random_delegate(dice, ask.caller);
  if (dice.chance(2)) ask.requested_actor = "agt_nobody";
  if (dice.chance(3)) ask.requested_actor = ask.caller;
  if (dice.chance(15)) ask.actor_token = random_token(dice);
  if (dice.chance(40)) ask.resource = any_place(dice).identifier;
  if (dice.chance(2)) ask.resource = "https://nowhere.example/";
  if (dice.chance(65)) ask.scope = random_scopes(dice, token.scopes);
  if (dice.chance(25)) add_details(dice, ask);
  if (dice.chance(token.payments.empty() ? 2 : 35)) ask.payments = random_payments(dice, token.payments);
  return ask;
}

std::string Stage::upstream_token(const Ask& ask) const {
  json::object claims{{"iss", "https://login.example"},
                      {"sub", model_.people.at(ask.user).name},
                      {"aud", world_.issuer},
                      {"iat", unix_seconds(ask.upstream_issued)},
                      {"exp", static_cast<double>(unix_millis(ask.upstream_expires)) / 1000}};
  if (ask.may_act) claims["may_act"] = json::object{{"sub", *ask.may_act}};
  static const auto kid = jose::thumbprint(key_.public_key().parts());
  return jose::sign(key_, crypto::Algorithm::ES256, kid, "JWT", json::serialize(claims));
}

Stage::Parameters Stage::parameters_of(const Ask& ask) const {
  Parameters out{{"subject_token_type", ask.token ? access_token_type : jwt_type},
                 {"subject_token", ask.token ? model_.tokens[*ask.token].text : upstream_token(ask)}};
  if (ask.requested_actor) out.emplace_back("requested_actor", *ask.requested_actor);
  if (ask.actor_token) out.emplace_back("actor_token", model_.tokens[*ask.actor_token].text);
  if (!ask.agreement.empty()) out.emplace_back("actor_token", ask.agreement);
  if (ask.resource) out.emplace_back("resource", *ask.resource);
  if (!ask.scope.empty()) out.emplace_back("scope", words(ask.scope));
  const auto* target = ask.resource ? model_.place(*ask.resource)
                       : ask.token  ? &model_.places.at(model_.tokens[*ask.token].resource)
                                    : nullptr;
  auto details = details_of(ask.payments, target);
  for (const auto& one : ask.onward)
    details.push_back(json::object{
        {"type", "onward"}, {"actor", one.actor}, {"resource", one.resource}, {"scope", words(one.scope)}});
  if (ask.limited()) {
    json::object limits{{"type", "limits"}};
    if (ask.expires_in) limits["expires_in"] = *ask.expires_in;
    if (ask.depth) limits["max_depth"] = *ask.depth;
    if (ask.uses) limits["uses"] = *ask.uses;
    details.push_back(std::move(limits));
  }
  if (!details.empty()) out.emplace_back("authorization_details", json::serialize(details));
  return out;
}

// Asks the model, then the product, and holds one answer against the other.
void Stage::settle(const Ask& ask) {
  const auto verdict = verdict_of(model_, ask, now());
  const auto parameters = parameters_of(ask);
  std::string line = model_.people.at(ask.caller).name + " exchanges " +
                     (ask.token ? "token " + std::to_string(*ask.token) : "for " + model_.people.at(ask.user).name);
  if (!ask.agreement.empty()) line += " with its holder's agreement";
  if (ask.actor_token) line += " with token " + std::to_string(*ask.actor_token);
  for (const auto& [name, value] : parameters)
    if (!name.starts_with("subject_token") && name != "actor_token") line += ", " + name + "=" + short_name(value);
  const auto& caller = model_.people.at(ask.caller);
  const auto response = world_.exchange({caller.id, caller.secret}, "", parameters);
  say(line + ": " + (response.status == 200 ? "token " + std::to_string(model_.tokens.size())
                                            : test::error_of(response)));
  if (response.status != 200) {
    require(!verdict.refused.empty(), "the model grants what was refused: " + response.body);
    const bool busy = response.body.find("temporarily_unavailable") != std::string::npos;
    require(busy ? response.status == 503 : response.status < 500, "a refusal that is none: " + response.body);
    ++counts["refused"];
    return;
  }
  require(verdict.refused.empty(), "the model refuses what was granted: " + verdict.refused);
  check_issued(ask, verdict, test::body_of(response));
}

}  // namespace deputy::property
