// The resources that an agent is, what each of them needs, and who gets a token there.
#include "grants/exchange/called.h"

#include <algorithm>

#include "grants/exchange/cast.h"

namespace deputy::grants::exchange {
namespace {

using store::Directory;

constexpr std::size_t resources_max = 50;  // that one agent is; beyond, nobody looks for them

Result<std::vector<Directory::ResourcePtr>, Fault> resources_of(const directory::Principal& agent, World& world) {
  std::vector<Directory::ResourcePtr> found;
  if (agent.kind != directory::Kind::agent) return found;
  TRY(const auto records, world.store.list(world.tenant, directory::Kind::resource,
                                           {.limit = resources_max,
                                            .where = store::Index{"principal", agent.id, false}}));
  for (const auto& record : records) {
    TRY(auto resource, world.directory.resource_by_id(world.tenant, record.id));
    if (resource != nullptr) found.push_back(std::move(resource));
  }
  return found;
}

// Does the client get a token for the user there: by its consent, as every other?
Result<bool, Fault> is_open_to(const Directory::ResourcePtr& resource, const Call& call, const SignIn& sign_in,
                               World& world) {
  const auto chain = first_chain(*call.client);
  if (!short_enough(chain, *resource) || !tokens::may_sign_for(*call.client, *resource)) return false;
  oauth::ScopeSet all;
  for (const auto& scope : resource->scopes) all.add(scope.name);
  const Cast cast{.subject = call.user, .actors = {call.client}, .at_most = std::nullopt};
  TRY(const auto narrowed, narrow_live({}, all, resource, cast, world, sign_in));
  return !narrowed.given.empty();
}

oauth::ScopeSet needed_of(const std::vector<Directory::ResourcePtr>& own, const directory::Resource& resource) {
  std::vector<const directory::Role*> needs;
  for (const auto& one : own) needs.push_back(&one->needs);
  return directory::scopes_given(resource, needs);
}

}  // namespace

Result<std::optional<Called>, Fault> called(const Call& call, const SignIn& sign_in, World& world) {
  TRY(const auto own, resources_of(*call.agent, world));
  auto needed = needed_of(own, *call.resource);
  if (needed.empty()) return std::optional<Called>();
  std::optional<Called> found;
  for (const auto& one : own) {
    TRY(const bool open, is_open_to(one, call, sign_in, world));
    if (!open) continue;
    const auto expires_by = world.now + one->token_lifetime;
    if (!found) found = Called{needed, expires_by};
    found->expires_by = std::max(found->expires_by, expires_by);
  }
  return found;
}

Result<oauth::ScopeSet, Fault> needed_at(const directory::Principal& agent, const directory::Resource& resource,
                                         World& world) {
  TRY(const auto own, resources_of(agent, world));
  return needed_of(own, resource);
}

Result<oauth::ScopeSet, Fault> still_needed(const oauth::ScopeSet& scopes, const directory::Principal& agent,
                                            const Directory::ResourcePtr& called, const directory::Resource& resource,
                                            World& world) {
  if (called != nullptr) {
    const auto needed = needed_of({called}, resource);
    if (auto of_it = scopes.intersect(needed); of_it == scopes) return of_it;
  }
  TRY(const auto needed, needed_at(agent, resource, world));
  return scopes.intersect(needed);
}

}  // namespace deputy::grants::exchange
