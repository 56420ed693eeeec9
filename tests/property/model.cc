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

const Person* Model::person(const std::string& id) const {
  const auto found = people.find(id);
  return found == people.end() ? nullptr : &found->second;
}

const Place* Model::place(const std::string& identifier) const {
  for (const auto& [id, one] : places)
    if (one.identifier == identifier) return &one;
  return nullptr;
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
