// The end of a root, and what stays of it: both of one batch.
#include "flows/withdrawal.h"

#include <algorithm>

#include "base/id.h"
#include "delegation/grow.h"
#include "delegation/registered.h"
#include "directory/authority.h"
#include "grants/consents.h"

namespace deputy::flows {

using delegation::Delegation;

bool Taken::some_of(const Delegation& root) const {
  return std::any_of(root.authority.begin(), root.authority.end(), pair) ||
         std::any_of(root.details.begin(), root.details.end(), detail);
}

std::optional<Delegation> what_stays(const Delegation& root, const Taken& taken, Random& random, Instant now) {
  delegation::Authority left;
  bool own = false;
  for (const auto& pair : root.authority) {
    if (taken.pair(pair)) continue;
    own = own || pair.onward.empty();
    left.push_back(pair);
  }
  std::vector<delegation::Detail> details;
  for (const auto& detail : root.details)
    if (!taken.detail(detail) && !delegation::scopes_at(left, detail.resource).empty()) details.push_back(detail);
  if (!own) return std::nullopt;
  auto limits = root.limits;
  if (limits.uses) limits.uses = *limits.uses - std::min(*limits.uses, root.uses);
  if (limits.uses == 0u) return std::nullopt;
  auto node = delegation::grow({.parent = nullptr,
                                .tenant = root.tenant,
                                .subject = root.subject,
                                .actor = root.actor,
                                .chain = root.chain,
                                .authority = std::move(left),
                                .details = std::move(details),
                                .asked = limits,
                                .origin = root.origin,
                                .issuer = root.issuer,
                                .at = root.created_at});
  if (!node) return std::nullopt;
  delegation::give_id(*node, make_id("dlg", now, random));
  node->used_at = root.used_at;
  return std::move(node).take();
}

namespace {

oauth::ScopeSet scopes_of(const delegation::Authority& authority) {
  oauth::ScopeSet scopes;
  for (const auto& pair : authority) scopes.add(pair.scope);
  return scopes;
}

// The sorted `all` without those of the sorted `stay`.
template <class Rows>
Rows without(const Rows& all, const Rows& stay) {
  Rows gone;
  std::set_difference(all.begin(), all.end(), stay.begin(), stay.end(), std::back_inserter(gone));
  return gone;
}

}  // namespace

Result<store::Writes, Fault> withdraw(const Delegation& root, std::optional<Delegation> stays, audit::Event event,
                                      std::uint64_t revocations_seen, store::Directory& directory, Instant now) {
  const std::string reason(taken_back);
  auto gone = stays ? without(root.authority, stays->authority) : root.authority;
  event.scope_asked = scopes_of(gone).text();
  for (const auto& detail : stays ? without(root.details, stays->details) : root.details)
    gone.push_back({.resource = detail.resource, .scope = {}, .onward = {}});  // it may have gone alone
  TRY(auto resources, grants::resources_of(gone, root.tenant, directory));
  event.resources = std::move(resources);
  event.actor = event.subject = root.subject;
  event.client = root.actor;
  event.target = root.id;
  event.delegations = root.path;
  event.reason = reason;
  std::optional<std::uint64_t> uses;
  if (stays && stays->limits.uses) uses = root.uses;
  store::Writes writes{store::Unrevoked{root.tenant, {root.id, root.actor}, revocations_seen},
                       store::EndDelegation{root.tenant, root.id, now, reason, uses},
                       store::Revoke{{.tenant = root.tenant,
                                      .kind = store::Kills::delegation,
                                      .target = root.id,
                                      .issued_before = now,
                                      // What is drawn while this is being written is refused.
                                      .until = now + directory::token_lifetime_max,
                                      .at = now,
                                      .reason = reason}}};
  if (stays) {
    event.scope_given = scopes_of(stays->authority).text();
    event.details = delegation::text_of(stays->details);
    writes.emplace_back(store::Delegate{std::move(*stays)});
  }
  writes.emplace_back(store::Append{std::move(event)});
  return writes;
}

}  // namespace deputy::flows
