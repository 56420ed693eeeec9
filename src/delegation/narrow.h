// Narrow: what is left of what was asked when every limit on the way has had its word, and why the rest is not (I3).
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "directory/authority.h"
#include "oauth/scope.h"

namespace deputy::delegation {

// One bound: the scopes it allows at the resource, and how it is named where it takes a scope away.
struct Limit {
  const oauth::ScopeSet& allows;
  std::string reason;  // "the subject does not hold it", "agt_…'s ceiling"
};

struct Narrowed {
  oauth::ScopeSet given;
  std::vector<std::pair<std::string, std::string>> dropped;  // scope, reason: for events and explanations
};

// asked ∩ what the resource defines ∩ every limit, in their order: the first that lacks a scope is the reason. An
// empty `asked` means all that the first limit allows.
Narrowed narrow(const oauth::ScopeSet& asked, const directory::Resource& resource, std::span<const Limit> limits);

// "scope write dropped: why; …": what the event says, of a token that was given and of one that was not.
std::string reason_of(const std::vector<std::pair<std::string, std::string>>& dropped);

}  // namespace deputy::delegation
