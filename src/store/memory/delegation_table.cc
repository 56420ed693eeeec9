// A vector in the order of making, and where each id stands in it.
#include "store/memory/delegation_table.h"

#include <algorithm>
#include <set>

#include "delegation/state.h"

namespace deputy::store {
namespace {

// A consent to this client that was not ended.
bool is_agreed(const Delegation& one, std::string_view tenant, std::string_view client) {
  return one.tenant == tenant && one.actor == client && one.origin == delegation::Origin::consent && !one.revoked_at;
}

bool is_spent(const Delegation& one) { return one.limits.uses && one.uses >= *one.limits.uses; }

bool is_begun(const Delegation& one, const BegunWith& with) {
  return one.tenant == with.tenant && one.under() == with.user && one.actor == with.client &&
         one.issuer == with.issuer && one.parent.empty() && !one.issuer.empty();
}

}  // namespace

std::optional<Refused::Why> DelegationTable::apply(const Delegate& delegate, std::vector<Undo>& undo) {
  const Key key{delegate.delegation.tenant, delegate.delegation.id};
  if (!places_.emplace(key, all_.size()).second) return Why::exists;
  all_.push_back(delegate.delegation);
  fingerprints_.push_back(delegation::fingerprint(delegate.delegation));
  undo.push_back([this, key] {
    places_.erase(key);
    all_.pop_back();
    fingerprints_.pop_back();
  });
  return std::nullopt;
}

const Delegation* DelegationTable::find(std::string_view tenant, std::string_view id) const {
  const auto found = places_.find({std::string(tenant), std::string(id)});
  return found == places_.end() ? nullptr : &all_[found->second];
}

DelegationTable::Undo DelegationTable::change(std::size_t at, const std::function<void(Delegation&)>& how) {
  auto before = all_[at];
  how(all_[at]);
  return [this, at, before = std::move(before)] { all_[at] = before; };
}

std::optional<Refused::Why> DelegationTable::may_draw(const Draw& draw) const {
  auto all = draw.budgets;
  if (!draw.id.empty()) all.push_back(draw.id);
  for (const auto& id : all) {
    const auto* delegation = find(draw.tenant, id);
    if (delegation == nullptr) return Why::missing;
    if (delegation->revoked_at) return Why::revoked;
    if (is_spent(*delegation)) return Why::spent;
  }
  return std::nullopt;
}

std::optional<Refused::Why> DelegationTable::apply(const Draw& draw, std::vector<Undo>& undo) {
  if (const auto why = may_draw(draw)) return why;
  for (const auto& id : draw.budgets)
    undo.push_back(change(places_.at({draw.tenant, id}), [](Delegation& one) { ++one.uses; }));
  if (draw.id.empty()) return std::nullopt;
  const bool counted = std::find(draw.budgets.begin(), draw.budgets.end(), draw.id) != draw.budgets.end();
  undo.push_back(change(places_.at({draw.tenant, draw.id}), [&](Delegation& one) {
    const bool alone = !one.live_until || *one.live_until <= draw.at;
    one.tokens_live_max = alone ? 1 : one.tokens_live_max + 1;
    const bool keeps = one.used_at && *one.used_at > draw.at && *one.used_at <= draw.at + set_back_max;
    if (!keeps) one.used_at = draw.at;
    one.live_until = std::max(one.live_until.value_or(draw.expires_at), draw.expires_at);
    if (!counted) ++one.uses;
  }));
  return std::nullopt;
}

std::optional<Refused::Why> DelegationTable::apply(const EndDelegation& end, std::vector<Undo>& undo) {
  const auto found = places_.find({end.tenant, end.id});
  if (found == places_.end()) return end.uses ? std::optional(Why::missing) : std::nullopt;
  if (all_[found->second].revoked_at) return end.uses ? std::optional(Why::revoked) : std::nullopt;
  if (end.uses && *end.uses != all_[found->second].uses) return Why::version;
  undo.push_back(change(found->second, [&](Delegation& one) {
    one.revoked_at = end.at;
    one.reason = end.reason;
  }));
  return std::nullopt;
}

std::optional<Refused::Why> DelegationTable::apply(const EndConsents& end, std::vector<Undo>& undo) {
  if (end.those) {
    const std::set<std::string_view> named(end.those->begin(), end.those->end());
    for (const auto& one : all_)
      if (is_agreed(one, end.tenant, end.client) && !delegation::is_dead(one, end.at) && !named.contains(one.id))
        return Why::version;
  }
  for (std::size_t at = 0; at < all_.size(); ++at) {
    if (!is_agreed(all_[at], end.tenant, end.client)) continue;
    undo.push_back(change(at, [&](Delegation& consent) {
      consent.revoked_at = end.at;
      consent.reason = end.reason;
    }));
  }
  return std::nullopt;
}

std::optional<Delegation> DelegationTable::get(std::string_view tenant, std::string_view id) const {
  const auto* delegation = find(tenant, id);
  return delegation == nullptr ? std::nullopt : std::optional(*delegation);
}

std::vector<Delegation> DelegationTable::list(std::string_view tenant, const DelegationPage& page) const {
  std::vector<Delegation> found;
  const auto wanted = [&](const Delegation& one) {
    return one.tenant == tenant && (page.actor.empty() || one.actor == page.actor) &&
           (page.under.empty() || one.under() == page.under);
  };
  const bool forward = page.order == Page::Order::oldest_first;
  auto after = places_.find({std::string(tenant), page.after});
  if (!page.after.empty() && after == places_.end()) return found;
  std::size_t at = page.after.empty() ? (forward ? 0 : all_.size()) : after->second + (forward ? 1 : 0);
  while (found.size() < page.limit && (forward ? at < all_.size() : at > 0)) {
    const auto& one = all_[forward ? at++ : --at];
    if (wanted(one)) found.push_back(one);
  }
  return found;
}

std::vector<Delegation> DelegationTable::consents(const ConsentsOf& of, Instant now, std::size_t limit) const {
  std::vector<Delegation> found;
  for (auto one = all_.rbegin(); one != all_.rend() && found.size() < limit; ++one)
    if (one->tenant == of.tenant && one->under() == of.user && one->actor == of.client &&
        one->origin == delegation::Origin::consent && !delegation::is_dead(*one, now))
      found.push_back(*one);
  return found;
}

std::vector<Delegation> DelegationTable::consents_to(std::string_view tenant, std::string_view client,
                                                     Instant now, std::size_t limit) const {
  std::vector<Delegation> found;
  for (const auto& one : all_) {
    if (found.size() == limit) break;
    if (is_agreed(one, tenant, client) && !delegation::is_dead(one, now)) found.push_back(one);
  }
  return found;
}

std::optional<Instant> DelegationTable::first_end(const BegunWith& of, Instant since, Instant until) const {
  std::optional<Instant> first;
  for (const auto& one : all_) {
    if (!one.revoked_at || !is_begun(one, of)) continue;
    const auto ended = std::max(one.created_at, *one.revoked_at);
    if (ended >= since && ended <= until && (!first || ended < *first)) first = ended;
  }
  return first;
}

std::optional<Refused::Why> DelegationTable::apply(const NoneEnded& none, std::vector<Undo>&) const {
  return first_end(none.of, none.since, none.until) ? std::optional(Why::revoked) : std::nullopt;
}

// What hangs from one that is ended, by this batch too, goes on no more.
std::optional<std::string> DelegationTable::handed_on(const NoneHandedOn& none) const {
  const auto is_ended = [&](const std::string& id) {
    const auto* above = find(none.tenant, id);
    return above != nullptr && above->revoked_at;
  };
  const auto after = places_.find({none.tenant, none.after});
  for (std::size_t at = after == places_.end() ? 0 : after->second + 1; at < all_.size(); ++at) {
    const auto& one = all_[at];
    if (one.tenant != none.tenant) continue;
    const auto who = none.who(one.chain, one.subject, one.actor);
    if (who && std::none_of(one.path.begin(), one.path.end(), is_ended)) return who;
  }
  return std::nullopt;
}

std::vector<Delegation> DelegationTable::begun(const BegunWith& of, Instant made_by, Instant now) const {
  std::vector<std::pair<Instant, std::size_t>> looked_at;  // when it was made, and where it stands
  for (std::size_t at = 0; at < all_.size(); ++at)
    if (is_begun(all_[at], of) && !all_[at].revoked_at && all_[at].created_at <= made_by)
      looked_at.emplace_back(all_[at].created_at, at);
  std::sort(looked_at.rbegin(), looked_at.rend());
  if (looked_at.size() > Store::begun_looked_at) looked_at.resize(Store::begun_looked_at);
  std::vector<Delegation> found;
  for (const auto& [made, at] : looked_at)
    if (!delegation::is_dead(all_[at], now) && !is_spent(all_[at])) found.push_back(all_[at]);
  return found;
}

std::optional<Delegation> DelegationTable::identical(const Delegation& like) const {
  const auto fingerprint = delegation::fingerprint(like);
  std::size_t looked_at = 0;
  for (std::size_t at = all_.size(); at > 0 && looked_at < Store::identical_looked_at; --at) {
    const auto& one = all_[at - 1];
    if (fingerprints_[at - 1] != fingerprint || one.revoked_at) continue;
    if (delegation::identical(one, like)) return one;
    ++looked_at;
  }
  return std::nullopt;
}

}  // namespace deputy::store
