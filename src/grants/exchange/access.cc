// The steps that end in scopes are those of issuance itself; what else it asks about is noted down.
#include "grants/exchange/access.h"

#include "tokens/issue.h"

namespace deputy::grants::exchange {
namespace {

// What stands in anybody's way, whomever it acts for.
std::vector<std::string> obstacles_of(const directory::Principal& holder, const directory::Resource& resource,
                                      Instant now) {
  auto obstacles = obstacles_anywhere(holder, now);
  // FAPI 2.0 §5.4.1: its algorithms are not those of the resource.
  if (!tokens::may_sign_for(holder, resource))
    obstacles.push_back(holder.id + " is held to FAPI 2.0, and the resource wants its tokens signed with RS256");
  return obstacles;
}

}  // namespace

std::vector<std::string> obstacles_anywhere(const directory::Principal& holder, Instant now) {
  const auto state = holder.state(now);
  if (state == directory::State::active) return {};
  return {holder.id + " is " + std::string(directory::name_of(state))};
}

Result<Access, Fault> access_for_itself(const store::Directory::PrincipalPtr& principal,
                                        const store::Directory::ResourcePtr& resource, World& world) {
  Access access{.scope = {}, .dropped = {}, .obstacles = obstacles_of(*principal, *resource, world.now)};
  if (!may_hold_its_own(*principal, resource.get()))
    access.obstacles.push_back(principal->id + " is a user, whose own credential is for this server's API only: "
                                               "elsewhere an agent or an application acts for it");
  if (principal->registration.is_public)  // RFC 6749 §4.4
    access.obstacles.push_back(principal->id + " is a public client: it gets no token of its own");
  TRY(auto narrowed, narrow_own({}, principal, resource, world));
  access.scope = std::move(narrowed.given);
  access.dropped = std::move(narrowed.dropped);
  return access;
}

Result<Access, Fault> access_for_others(const store::Directory::PrincipalPtr& actor,
                                        const store::Directory::ResourcePtr& resource, World& world) {
  Access access{.scope = {}, .dropped = {}, .obstacles = obstacles_of(*actor, *resource, world.now)};
  if (const auto chain = first_chain(*actor); !short_enough(chain, *resource))
    access.obstacles.push_back("the chain is of " + std::to_string(chain.size()) + " agents, and " + resource->id +
                               " allows " + std::to_string(resource->delegation_depth_max));
  oauth::ScopeSet all;
  for (const auto& scope : resource->scopes) all.add(scope.name);
  TRY(const auto ceiling, ceiling_of(actor, resource, world));
  std::vector<delegation::Limit> limits{{all, "the resource does not define it"}};
  if (ceiling != nullptr) limits.push_back({*ceiling, name_of_ceiling(*actor)});
  auto narrowed = delegation::narrow({}, *resource, limits);
  access.scope = std::move(narrowed.given);
  access.dropped = std::move(narrowed.dropped);
  return access;
}

}  // namespace deputy::grants::exchange
