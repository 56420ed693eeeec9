// The revocation set: a hash look-up for each name a token bears.
#include "delegation/revocation_set.h"

#include <algorithm>
#include <mutex>

namespace deputy::delegation {
namespace {

std::string key_of(Kills kind, std::string_view tenant, std::string_view target) {
  std::string key;
  key.reserve(tenant.size() + target.size() + 2);
  key.push_back(static_cast<char>('a' + static_cast<int>(kind)));
  key.append(tenant).push_back('/');
  return key.append(target);
}

}  // namespace

void RevocationSet::add(const Revocation& revocation) {
  std::unique_lock lock(mutex_);
  auto& entry = entries_[key_of(revocation.kind, revocation.tenant, revocation.target)];
  entry.issued_before = std::max(entry.issued_before, revocation.issued_before);
  entry.until = std::max(entry.until, revocation.until);
  seen_ = std::max(seen_, revocation.seq);
}

const RevocationSet::Entry* RevocationSet::find(Kills kind, std::string_view tenant,
                                                std::string_view target) const {
  const auto found = entries_.find(key_of(kind, tenant, target));
  return found == entries_.end() ? nullptr : &found->second;
}

bool RevocationSet::kills(std::string_view tenant, const TokenView& token) const {
  std::shared_lock lock(mutex_);
  if (entries_.empty()) return false;
  if (find(Kills::token, tenant, token.jti) != nullptr) return true;
  if (!token.kid.empty() && find(Kills::key, tenant, token.kid) != nullptr) return true;
  for (const auto& delegation : token.delegations)
    if (find(Kills::delegation, tenant, delegation) != nullptr) return true;
  // `iat` is in whole seconds: a token of the revoking second itself counts as issued before.
  const auto dead = [&](std::string_view principal) {
    const auto* entry = find(Kills::principal, tenant, principal);
    return entry != nullptr && unix_seconds(token.issued_at) <= unix_seconds(entry->issued_before);
  };
  if (dead(token.subject) || dead(token.client_id)) return true;
  return std::any_of(token.chain.begin(), token.chain.end(), dead);
}

std::optional<Instant> RevocationSet::dead_until(std::string_view tenant, std::string_view principal) const {
  std::shared_lock lock(mutex_);
  if (entries_.empty()) return std::nullopt;
  const auto* entry = find(Kills::principal, tenant, principal);
  if (entry == nullptr) return std::nullopt;
  return entry->issued_before;
}

void RevocationSet::purge(Instant now) {
  std::unique_lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& item) { return item.second.until < now; });
}

std::size_t RevocationSet::size() const {
  std::shared_lock lock(mutex_);
  return entries_.size();
}

std::uint64_t RevocationSet::seen() const {
  std::shared_lock lock(mutex_);
  return seen_;
}

}  // namespace deputy::delegation
