// Called: an agent to which a client makes a call, and which draws on what a person agreed to as onward for it. Nobody
// delegates to it: its resource declares what it needs, and a consent shows that (relation 3a of DELEGATION).
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "grants/exchange/step_up.h"
#include "grants/grant.h"

namespace deputy::grants::exchange {

struct Call {
  store::Directory::PrincipalPtr user, client, agent;
  store::Directory::ResourcePtr resource;  // where the agent would draw
};
struct Called {
  oauth::ScopeSet needed;  // of that resource
  Instant expires_by;      // with the token by which it is called
};

// What a consent to the client could hold for the agent. None: the client gets a token at no resource that the agent
// is, or the agent needs nothing there.
Result<std::optional<Called>, Fault> called(const Call& call, const SignIn& sign_in, World& world);

// What the agent needs of the resource, whoever calls it. Of an agent that is very many resources not each is looked
// at.
Result<oauth::ScopeSet, Fault> needed_at(const directory::Principal& agent, const directory::Resource& resource,
                                         World& world);
// Which of these scopes it needs there. The resource by which it was called, null if it is none of its own, is looked
// at first: mostly it needs them all.
Result<oauth::ScopeSet, Fault> still_needed(const oauth::ScopeSet& scopes, const directory::Principal& agent,
                                            const store::Directory::ResourcePtr& called,
                                            const directory::Resource& resource, World& world);

}  // namespace deputy::grants::exchange
