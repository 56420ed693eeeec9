// The revocation set: a look-up for each name a token bears.
#include "delegation/revocation_set.h"

#include <algorithm>
#include <limits>

namespace deputy::delegation {
namespace {

constexpr auto never = std::numeric_limits<std::uint32_t>::max();

std::uint32_t seconds(std::int64_t count) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, never));
}

// `iat` is in whole seconds: a token of the revoking second itself counts as issued before. An end is rounded up.
Times times_of(const Revocation& revocation) {
  Times times{.until = seconds(unix_seconds(revocation.until + Millis(999)))};
  const auto before = seconds(unix_seconds(revocation.issued_before));
  (revocation.kind == Kills::narrowing ? times.narrowed_before : times.issued_before) = before;
  return times;
}

constexpr std::size_t narrowed_max = 64;  // principals of one token: twice what a chain of ours can name

}  // namespace

bool RevocationSet::add(const Revocation& revocation) {
  const auto times = times_of(revocation);
  const StripedLock::Writing writing(lock_);
  const auto [found, fresh] = tenants_.try_emplace(revocation.tenant);
  auto& tenant = found->second;
  if (fresh) tenant.number = static_cast<std::uint32_t>(tenants_.size() - 1) & NameTable::of_max;
  const bool news = revocation.kind == Kills::narrowing
                        ? add_narrowing(tenant, revocation, times)
                        : names_.widen(revocation.kind, tenant.number, revocation.target, times);
  earliest_end_ = empty_ ? times.until : std::min(earliest_end_, times.until);
  empty_ = false;
  seen_.store(std::max(seen_.load(), revocation.seq), std::memory_order_release);
  return news;
}

bool RevocationSet::add_narrowing(Tenant& tenant, const Revocation& revocation, const Times& times) {
  bool news = false;
  auto& losses = tenant.resources[revocation.resource];
  for (const auto& scope : revocation.scopes) {
    const auto [found, fresh] = losses.try_emplace(scope);
    auto& loss = found->second;
    if (fresh) loss.number = std::min(losses_++, NameTable::of_max);
    // Numbers run out after 67 million losses of one process: then everybody's tokens are minted again.
    const bool everybodys = revocation.target.empty() || loss.number == NameTable::of_max;
    if (everybodys ? loss.everybody.widen(times)
                   : names_.widen(Kills::narrowing, loss.number, revocation.target, times))
      news = true;
    loss.everybody.until = std::max(loss.everybody.until, times.until);
  }
  if (!revocation.target.empty()) names_.widen(Kills::principal, tenant.number, revocation.target, times);
  return news;
}

bool RevocationSet::kills(std::string_view tenant, const TokenView& token) const {
  if (empty_.load(std::memory_order_acquire)) return false;
  const auto reading = lock_.read();
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return false;
  const auto of = found->second.number;
  if (names_.find(Kills::token, of, token.jti) != nullptr) return true;
  if (!token.kid.empty() && names_.find(Kills::key, of, token.kid) != nullptr) return true;
  for (const auto& kid : token.from_kids)
    if (names_.find(Kills::key, of, kid) != nullptr) return true;
  for (const auto& delegation : token.delegations)
    if (names_.find(Kills::delegation, of, delegation) != nullptr) return true;

  const auto issued_at = unix_seconds(token.issued_at);
  std::array<std::string_view, narrowed_max> narrowed;  // who lost something since
  std::size_t count = 0;
  const auto dead = [&](std::string_view principal) {
    const auto* times = names_.find(Kills::principal, of, principal);
    if (times == nullptr) return false;
    if (times->issued_before != 0 && issued_at <= times->issued_before) return true;
    if (times->narrowed_before == 0 || issued_at > times->narrowed_before) return false;
    if (count == narrowed.size()) return true;  // no token of ours: what cannot be looked through is not let pass
    narrowed[count++] = principal;
    return false;
  };
  if (dead(token.subject)) return true;
  if (token.client_id != token.subject && dead(token.client_id)) return true;
  for (const auto& actor : token.chain)
    if (actor != token.client_id && dead(actor)) return true;
  return lost(found->second, token, {narrowed.data(), count});
}

bool RevocationSet::lost(const Tenant& tenant, const TokenView& token,
                         std::span<const std::string_view> narrowed) const {
  if (tenant.resources.empty()) return false;
  const auto losses = tenant.resources.find(token.audience);
  if (losses == tenant.resources.end()) return false;
  const auto issued_at = unix_seconds(token.issued_at);
  for (auto rest = token.scope; !rest.empty();) {
    const auto scope = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), scope.size() + 1));
    const auto found = losses->second.find(scope);
    if (found == losses->second.end()) continue;
    const auto& loss = found->second;
    if (loss.everybody.narrowed_before != 0 && issued_at <= loss.everybody.narrowed_before) return true;
    for (const auto principal : narrowed) {
      const auto* times = names_.find(Kills::narrowing, loss.number, principal);
      if (times != nullptr && issued_at <= times->narrowed_before) return true;
    }
  }
  return false;
}

std::optional<Instant> RevocationSet::dead_until(std::string_view tenant, std::string_view principal) const {
  if (empty_.load(std::memory_order_acquire)) return std::nullopt;
  const auto reading = lock_.read();
  const auto found = tenants_.find(tenant);
  if (found == tenants_.end()) return std::nullopt;
  const auto* times = names_.find(Kills::principal, found->second.number, principal);
  if (times == nullptr || times->issued_before == 0) return std::nullopt;
  return from_unix_seconds(times->issued_before);
}

// A shard at a time: a check waits for the sweep of one at most.
void RevocationSet::purge(Instant now) {
  {
    const StripedLock::Writing writing(lock_);
    if (empty_ || from_unix_seconds(earliest_end_) >= now) return;
    earliest_end_ = never;
  }
  for (std::size_t shard = 0; shard < NameTable::shards; ++shard) {
    const StripedLock::Writing writing(lock_);
    earliest_end_ = std::min(earliest_end_, names_.purge(shard, unix_millis(now)));
  }
  purge_losses(now);
}

void RevocationSet::purge_losses(Instant now) {
  const StripedLock::Writing writing(lock_);
  for (auto& [name, tenant] : tenants_) {
    for (auto& [uri, losses] : tenant.resources)
      std::erase_if(losses, [&](const auto& loss) {
        const auto until = loss.second.everybody.until;
        if (from_unix_seconds(until) < now) return true;
        earliest_end_ = std::min(earliest_end_, until);
        return false;
      });
    std::erase_if(tenant.resources, [](const auto& resource) { return resource.second.empty(); });
  }
  const bool left = std::any_of(tenants_.begin(), tenants_.end(),
                                [](const auto& one) { return !one.second.resources.empty(); });
  empty_ = !left && names_.size() == 0;
}

std::size_t RevocationSet::size() const {
  const auto reading = lock_.read();
  std::size_t everybodys = 0;
  for (const auto& [name, tenant] : tenants_)
    for (const auto& [uri, losses] : tenant.resources)
      for (const auto& [scope, loss] : losses) everybodys += loss.everybody.narrowed_before != 0;
  return names_.size() + everybodys;
}

}  // namespace deputy::delegation
