// Delegation: the node of the tree. An actor may exercise some authority of a subject, within limits that only shrink.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "oauth/scope.h"

namespace deputy::delegation {

// The longest path of any tree, whatever its resources allow: a token's `dlg` and `act` stay small (depth bomb, A23).
inline constexpr int depth_max = 16;

// Kept by number: 1 was meant for an approval, is made by nothing, and stays taken.
enum class Origin : std::uint8_t { consent = 0, exchange = 2, own = 3 };
std::string_view name_of(Origin origin);

// One thing that may be done: a scope at a resource. With `onward`, it may be drawn by that agent alone, when it
// receives a token of this delegation; else by the actor.
struct Pair {
  std::string resource, scope, onward;  // an id of a resource, a scope, the id of an agent or nothing
  friend auto operator<=>(const Pair&, const Pair&) = default;
};
using Authority = std::vector<Pair>;  // sorted, without repeats

Authority sorted(Authority authority);
// The scopes of a resource that the actor (`onward` empty), or the agent named, may draw.
oauth::ScopeSet scopes_at(const Authority& authority, std::string_view resource, std::string_view onward = {});
Authority pairs_of(std::string_view resource, const oauth::ScopeSet& scopes, std::string_view onward = {});

// A structured permission (RFC 9396) of a type that a resource has registered: see registered.h.
struct Detail {
  std::string resource;  // its id
  std::string object;    // JSON, its members in one order
  friend auto operator<=>(const Detail&, const Detail&) = default;
};

// What a delegation is bounded by. Absent: not bounded here.
struct Limits {
  std::optional<Instant> not_after;
  std::optional<int> max_depth;           // longest path, from the root to any descendant
  std::optional<std::uint64_t> uses;      // tokens that may be drawn from it and from all below it
  friend bool operator==(const Limits&, const Limits&) = default;
};
// The tighter of both, limit by limit.
Limits tightest(const Limits& a, const Limits& b);

struct Delegation {
  std::string id, tenant;
  std::string parent;              // empty: a root
  std::vector<std::string> path;   // root first, itself last
  std::string subject, actor;      // ids of principals
  std::vector<std::string> chain;  // the actors of its tokens' `act`, outermost first
  Authority authority;
  std::vector<Detail> details;  // sorted, without repeats; of resources at which the actor may draw a scope
  Limits limits;
  std::vector<std::string> budgets;  // those of its path, itself among them, that bound uses
  Origin origin = Origin::exchange;
  std::string issuer;  // the id of the trusted issuer with whose token its path began; empty: with none
  Instant created_at;
  std::optional<Instant> revoked_at;
  std::string reason;  // why it was revoked

  // How it was used: never part of a decision.
  std::optional<Instant> used_at;     // when the last token was drawn
  std::optional<Instant> live_until;  // when the last token drawn expires
  std::uint64_t tokens_live_max = 0;  // tokens drawn since none was alive: no more than these can be alive
  std::uint64_t uses = 0;             // tokens drawn, from it and (where it bounds them) from all below it

  const std::string& under() const { return parent.empty() ? subject : parent; }  // what it hangs from
  friend bool operator==(const Delegation&, const Delegation&) = default;
};

// The chain of actors that a further actor heads (I2). The holder of a token without a chain is its first actor,
// unless it holds the token in its own name.
std::vector<std::string> chain_with(const std::string& actor, const std::vector<std::string>& chain,
                                    const std::string& holder, const std::string& subject);

// A hand-on like an earlier one, that can share its node: same parent, subject, actor, authority, details and
// limits.
bool identical(const Delegation& a, const Delegation& b);
// A number that identical delegations share, the same on every machine: where to look for one.
std::uint64_t fingerprint(const Delegation& delegation);

}  // namespace deputy::delegation
