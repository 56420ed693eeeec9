// The roots of a user, read from the newest on.
#include "grants/consents.h"

#include <algorithm>
#include <set>

#include "delegation/grow.h"
#include "delegation/state.h"

namespace deputy::grants {

using delegation::Delegation;

bool given_once(const Delegation& consent) {
  // One that was put together ends with the first of its parts, however soon that is.
  if (delegation::is_put_together(consent)) return false;
  return consent.limits.not_after && *consent.limits.not_after < consent.created_at + shortest_remembered;
}

Result<bool, Fault> parts_go_on(const Delegation& root, std::string_view tenant, store::Store& store) {
  if (!delegation::is_put_together(root)) return true;
  for (const auto& id : root.path) {
    if (id == root.id) break;
    TRY(const auto part, store.delegation(tenant, id));
    if (!part || part->revoked_at) return false;
  }
  return true;
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

}  // namespace

Result<std::vector<Delegation>, Fault> live_consents(const directory::Principal& client, std::string_view user,
                                                     World& world) {
  constexpr std::size_t chunk = 200;
  std::vector<Delegation> live;
  store::DelegationPage page{.under = std::string(user), .limit = chunk, .order = store::Page::Order::newest_first};
  for (;;) {
    TRY(auto delegations, world.store.delegations(world.tenant, page));
    for (auto& one : delegations) {
      page.after = one.id;
      if (one.actor != client.id || one.origin != delegation::Origin::consent) continue;
      if (delegation::is_dead(one, world.now) || given_once(one)) continue;
      live.push_back(std::move(one));
    }
    if (delegations.size() < chunk) return standing(std::move(live));
  }
}

}  // namespace deputy::grants
