// The roots of a user, read from the newest on.
#include "grants/consents.h"

#include "delegation/state.h"

namespace deputy::grants {

using delegation::Delegation;

bool given_once(const Delegation& consent) {
  return consent.limits.not_after && *consent.limits.not_after < consent.created_at + shortest_remembered;
}

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
    if (delegations.size() < chunk) return live;
  }
}

}  // namespace deputy::grants
