// The rules of DELEGATION's I3 and I4, as a reader of it would write them down.
#include "tests/property/model.h"

#include <algorithm>

namespace deputy::property {
namespace {

bool matches(const std::string& pattern, const std::string& scope) {
  if (pattern.empty() || pattern.back() != '*') return pattern == scope;
  const auto prefix = pattern.substr(0, pattern.size() - 1);
  return scope.size() > prefix.size() && scope.compare(0, prefix.size(), prefix) == 0;
}

}  // namespace

Scopes meet(const Scopes& a, const Scopes& b) {
  Scopes out;
  for (const auto& one : a)
    if (b.contains(one)) out.insert(one);
  return out;
}

const Person* Model::person(const std::string& id) const {
  const auto found = people.find(id);
  return found == people.end() || found->second.state == Person::State::removed ? nullptr : &found->second;
}

const Place* Model::place(const std::string& identifier) const {
  for (const auto& [id, one] : places)
    if (one.identifier == identifier && !one.gone) return &one;
  return nullptr;
}

const Place* Model::there(const std::string& id) const {
  const auto& one = places.at(id);
  return one.gone ? nullptr : &one;
}

void Model::regroup() {
  for (auto& [id, person] : people) {
    person.groups.clear();
    for (bool grown = true; grown;) {  // until no group above is missing
      grown = false;
      for (const auto& [group, inside] : members) {
        const bool in = inside.contains(id) || std::any_of(person.groups.begin(), person.groups.end(),
                                                           [&](const auto& below) { return inside.contains(below); });
        if (in && person.groups.insert(group).second) grown = true;
      }
    }
  }
}

bool Model::names(const Token& token, const std::string& target) const {
  return token.subject == target || people.at(token.client).called() == target ||
         std::find(token.chain.begin(), token.chain.end(), target) != token.chain.end();
}

bool Model::takes(const Narrowing& narrowing, const Token& token) const {
  return token.issued <= narrowing.through && places.at(token.resource).identifier == narrowing.resource &&
         (narrowing.target.empty() || names(token, narrowing.target)) && !meet(token.scopes, narrowing.scopes).empty();
}

bool Model::lost(const Token& token) const {
  return std::any_of(narrowings.begin(), narrowings.end(), [&](const auto& one) { return takes(one, token); });
}

bool Model::may_delegate(const std::string& from, const std::string& to) const {
  const auto& delegates = people.at(from).delegates;
  const auto& other = people.at(to);
  if (other.kind == Person::Kind::user) return false;  // an actor is an agent or an application, whatever its groups
  return delegates.contains(to) || std::any_of(other.groups.begin(), other.groups.end(),
                                               [&](const auto& group) { return delegates.contains(group); });
}

Scopes Model::given(const Place& place, const std::set<std::string>& patterns) {
  Scopes out;
  for (const auto& [scope, parent] : place.scopes)
    for (const auto& pattern : patterns)
      if (matches(pattern, scope)) out.insert(scope);
  for (bool grown = true; grown;) {  // until no child of a given scope is missing
    grown = false;
    for (const auto& [scope, parent] : place.scopes)
      if (out.contains(parent) && out.insert(scope).second) grown = true;
  }
  return out;
}

Scopes Model::held(const Person& person, const Place& place, bool for_others) const {
  std::set<std::string> patterns;
  for (const auto& [id, one] : assignments) {
    if (one.gone || one.for_others != for_others) continue;
    if (one.principal != person.id && !person.groups.contains(one.principal)) continue;
    const auto& by_resource = roles.at(one.role).patterns;
    if (const auto at = by_resource.find(place.id); at != by_resource.end())
      patterns.insert(at->second.begin(), at->second.end());
  }
  return given(place, patterns);
}

bool Model::within(const Payments& narrower, const Payments& wider) {
  std::map<std::string, std::vector<std::int64_t>> asked, there;
  for (const auto& [to, amount] : narrower) asked[to].push_back(amount);
  for (const auto& [to, amount] : wider) there[to].push_back(amount);
  return std::all_of(asked.begin(), asked.end(), [&](auto& one) {
    auto& [to, amounts] = one;
    auto& most = there[to];
    std::sort(amounts.rbegin(), amounts.rend());
    std::sort(most.rbegin(), most.rend());
    if (amounts.size() > most.size()) return false;
    for (std::size_t i = 0; i < amounts.size(); ++i)  // the largest is the hardest to place
      if (amounts[i] > most[i]) return false;
    return true;
  });
}

Scopes Model::drawable(const Node& node, const Place& place, const std::string& onward) const {
  Scopes out;
  for (const auto& [resource, scope, to] : node.pairs)
    if (resource == place.id && to == onward) out.insert(scope);
  return out;
}

Payments Model::payments(const Node& node, const Place& place) const {
  const auto at = node.payments.find(place.id);
  return at == node.payments.end() ? Payments() : at->second;
}

bool Model::live(const Token& token, Instant now) const {
  if (token.dead || unix_millis(now) >= token.expires * 1000) return false;
  for (const auto& id : token.path)
    if (nodes.at(id).dead) return false;
  auto named = token.chain;
  named.push_back(token.subject);
  named.push_back(token.client);
  return std::none_of(named.begin(), named.end(), [&](const auto& id) {
    const auto& dead_through = people.at(id).dead_through;
    return dead_through && token.issued <= *dead_through;
  });
}

bool Model::active(const Token& token, Instant now) const {
  auto named = token.chain;
  named.push_back(token.subject);
  named.push_back(token.client);
  return live(token, now) &&
         std::all_of(named.begin(), named.end(), [&](const auto& id) { return people.at(id).active(now); });
}

}  // namespace deputy::property
