// Authority as a sorted set of pairs, limits that only shrink, chains that only grow.
#include "delegation/delegation.h"

#include <algorithm>

#include "base/id.h"

namespace deputy::delegation {
namespace {

template <class T>
std::optional<T> lesser(const std::optional<T>& a, const std::optional<T>& b) {
  if (!a) return b;
  if (!b) return a;
  return std::min(*a, *b);
}

}  // namespace

std::string_view name_of(Origin origin) {
  switch (origin) {
    case Origin::consent: return "consent";
    case Origin::exchange: return "exchange";
    case Origin::own: break;
  }
  return "own";
}

Authority sorted(Authority authority) {
  std::sort(authority.begin(), authority.end());
  authority.erase(std::unique(authority.begin(), authority.end()), authority.end());
  return authority;
}

oauth::ScopeSet scopes_at(const Authority& authority, std::string_view resource, std::string_view onward) {
  oauth::ScopeSet scopes;
  for (const auto& pair : authority)
    if (pair.resource == resource && pair.onward == onward) scopes.add(pair.scope);
  return scopes;
}

Authority pairs_of(std::string_view resource, const oauth::ScopeSet& scopes, std::string_view onward) {
  Authority authority;
  for (const auto& scope : scopes.tokens())
    authority.push_back({std::string(resource), scope, std::string(onward)});
  return authority;  // a ScopeSet is sorted
}

Limits tightest(const Limits& a, const Limits& b) {
  return {.not_after = lesser(a.not_after, b.not_after),
          .max_depth = lesser(a.max_depth, b.max_depth),
          .uses = lesser(a.uses, b.uses)};
}

std::vector<std::string> chain_with(const std::string& actor, const std::vector<std::string>& chain,
                                    const std::string& holder, const std::string& subject) {
  std::vector<std::string> longer{actor};
  longer.insert(longer.end(), chain.begin(), chain.end());
  if (chain.empty() && holder != subject) longer.push_back(holder);
  return longer;
}

bool identical(const Delegation& a, const Delegation& b) {
  return a.tenant == b.tenant && a.parent == b.parent && a.subject == b.subject && a.actor == b.actor &&
         a.chain == b.chain && a.authority == b.authority && a.details == b.details && a.limits == b.limits &&
         a.origin == b.origin && a.issuer == b.issuer && !a.revoked_at && !b.revoked_at;
}

std::uint64_t fingerprint(const Delegation& delegation) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a: stable, and a collision only costs a comparison
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;  // no byte of UTF-8: where one text ends
  };
  add(delegation.tenant);
  add(delegation.parent);
  add(delegation.subject);
  add(delegation.actor);
  for (const auto& pair : delegation.authority) {
    add(pair.resource);
    add(pair.scope);
    add(pair.onward);
  }
  for (const auto& detail : delegation.details) {
    add(detail.resource);
    add(detail.object);
  }
  // Each hand-on that is bounded in time is bounded otherwise: without the limits they would all be candidates.
  const auto& limits = delegation.limits;
  add(limits.not_after ? std::to_string(unix_millis(*limits.not_after)) : "");
  add(limits.max_depth ? std::to_string(*limits.max_depth) : "");
  add(limits.uses ? std::to_string(*limits.uses) : "");
  // What hangs from one node or person lies together in an index, and beside what hangs from those made then: a number
  // of nothing but chance costs a page of the index for each delegation.
  constexpr int finer_bits = 6, hash_bits = 16;  // beside six bits within a millisecond, and those of it until 2039
  const auto under = id_uuid(delegation.under()).value_or(Uuid{});
  return under.order() >> finer_bits << hash_bits | hash >> (64 - hash_bits);
}

}  // namespace deputy::delegation
