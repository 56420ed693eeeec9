// What the store says goes on, less what was given for one time, is used up, or stands on what is not among these.
#include "grants/consents.h"

#include <algorithm>
#include <set>

#include "delegation/grow.h"

namespace deputy::grants {

using delegation::Delegation;

bool given_once(const Delegation& consent) {
  // One that was put together ends with the first of its parts, however soon that is.
  if (delegation::is_put_together(consent)) return false;
  return consent.limits.not_after && *consent.limits.not_after < consent.created_at + shortest_remembered;
}

bool is_spent(const Delegation& node) { return node.limits.uses && node.uses >= *node.limits.uses; }

Result<bool, Fault> parts_go_on(const Delegation& root, std::string_view tenant, store::Store& store) {
  if (!delegation::is_put_together(root)) return true;
  for (const auto& id : root.path) {
    if (id == root.id) break;
    TRY(const auto part, store.delegation(tenant, id));
    if (!part || part->revoked_at) return false;
  }
  return true;
}

Result<std::vector<std::string>, Fault> resources_of(const delegation::Authority& authority, std::string_view tenant,
                                                     store::Directory& directory) {
  std::set<std::string_view> ids;
  for (const auto& pair : authority) ids.insert(pair.resource);
  std::vector<std::string> identifiers;
  for (const auto& id : ids) {
    TRY(const auto resource, directory.resource_by_id(tenant, id));
    if (resource != nullptr) identifiers.push_back(resource->identifier);
  }
  return identifiers;
}

namespace {

// Those whose parts are all among the live ones; a part is older than what was made of it.
std::vector<Delegation> standing(std::vector<Delegation> live) {
  std::set<std::string> ids;
  for (const auto& one : live) ids.insert(one.id);
  std::erase_if(live, [&](const auto& one) {
    return delegation::is_put_together(one) &&
           !std::all_of(one.path.begin(), one.path.end(), [&](const auto& id) { return ids.contains(id); });
  });
  return live;
}

// How well a root answers: all that is asked for there, something, or nothing.
int fitness(const Delegation& root, const directory::Resource& resource, const oauth::ScopeSet& asked) {
  const auto held = delegation::scopes_at(root.authority, resource.id);
  return held.empty() ? 0 : asked.within(held) ? 2 : 1;
}

}  // namespace

const Delegation& best_of(const std::vector<Delegation>& roots, const store::Directory::ResourcePtr& resource,
                          const oauth::ScopeSet& asked) {
  if (resource == nullptr) return roots.front();
  const auto fits_less = [&](const Delegation& a, const Delegation& b) {
    return fitness(a, *resource, asked) < fitness(b, *resource, asked);
  };
  return *std::max_element(roots.begin(), roots.end(), fits_less);
}

Result<std::vector<Delegation>, Fault> consents_going_on(const directory::Principal& client, std::string_view user,
                                                     World& world) {
  constexpr std::size_t newest = 1000;  // a client that a person agreed to more often than that asks them again
  TRY(auto live, world.store.consents({world.tenant, user, client.id}, world.now, newest));
  // With its last use it is over as a consent: nothing can be drawn from it, nor from what was put together of it.
  std::erase_if(live, is_spent);
  return standing(std::move(live));
}

Result<std::vector<Delegation>, Fault> live_consents(const directory::Principal& client, std::string_view user,
                                                     World& world) {
  TRY(auto live, consents_going_on(client, user, world));
  std::erase_if(live, given_once);
  return live;
}

}  // namespace deputy::grants
