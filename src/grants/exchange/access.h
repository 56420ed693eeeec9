// Access: what a principal may get at a resource as things are, for itself and for others, by the rules of the grants.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "grants/exchange/cast.h"
#include "grants/grant.h"

namespace deputy::grants::exchange {

struct Access {
  oauth::ScopeSet scope;  // what a token would carry, if nothing else stood in the way
  std::vector<std::pair<std::string, std::string>> dropped;  // scope, reason
  std::vector<std::string> obstacles;                        // sentences; none: a token would be issued
};

// What stands in its way at any resource: sentences, as above.
std::vector<std::string> obstacles_anywhere(const directory::Principal& holder, Instant now);

// Of its own authority, where it asks for all that it holds (client_credentials).
Result<Access, Fault> access_for_itself(const store::Directory::PrincipalPtr& principal,
                                        const store::Directory::ResourcePtr& resource, World& world);

// As the first who acts for somebody who holds all that the resource defines and agrees to all of it: whoever holds
// less gives less.
Result<Access, Fault> access_for_others(const store::Directory::PrincipalPtr& actor,
                                        const store::Directory::ResourcePtr& resource, World& world);

}  // namespace deputy::grants::exchange
