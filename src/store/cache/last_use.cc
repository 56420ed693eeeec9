// Noting a use is one look-up; writing it is somebody else's, later.
#include "store/cache/last_use.h"

#include <functional>

namespace deputy::store {

void LastUse::note(std::string_view tenant, std::string_view credential, Instant at) {
  if (waiting_.load(std::memory_order_relaxed) >= due_max) return;
  {
    const std::uint64_t hash = std::hash<std::string_view>{}(credential);
    auto& shard = shards_[hash % shards_.size()];
    std::lock_guard lock(shard.mutex);
    const auto known = shard.noted.find(hash);
    if (known != shard.noted.end()) {
      if (at < known->second + grain && known->second <= at + set_back_max) return;
      known->second = at;
    } else {
      shard.noted.emplace(hash, at);
    }
    if (shard.noted.size() > entries_max) shard.noted.clear();
  }
  const std::string id(credential);
  std::lock_guard lock(due_mutex_);
  due_.insert_or_assign(id, Touch{std::string(tenant), Kind::credential, id, at});
  waiting_ = due_.size();
}

std::optional<Instant> LastUse::noted(std::string_view credential) {
  {
    const std::uint64_t hash = std::hash<std::string_view>{}(credential);
    auto& shard = shards_[hash % shards_.size()];
    std::lock_guard lock(shard.mutex);
    if (const auto known = shard.noted.find(hash); known != shard.noted.end()) return known->second;
  }
  std::lock_guard lock(due_mutex_);
  const auto due = due_.find(std::string(credential));
  return due == due_.end() ? std::nullopt : std::optional(due->second.at);
}

Writes LastUse::take(std::size_t limit) {
  Writes writes;
  std::lock_guard lock(due_mutex_);
  while (!due_.empty() && writes.size() < limit) {
    auto next = due_.upper_bound(taken_);
    if (next == due_.end()) next = due_.begin();
    taken_ = next->first;
    writes.emplace_back(std::move(next->second));
    due_.erase(next);
  }
  waiting_ = due_.size();
  return writes;
}

}  // namespace deputy::store
