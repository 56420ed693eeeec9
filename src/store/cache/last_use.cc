// Noting a use is one look-up; writing it is somebody else's, later.
#include "store/cache/last_use.h"

#include <functional>

namespace deputy::store {

void LastUse::note(std::string_view tenant, std::string_view credential, Instant at) {
  auto& shard = shards_[std::hash<std::string_view>{}(credential) % shards_.size()];
  std::lock_guard lock(shard.mutex);
  const auto known = shard.noted.find(credential);
  if (known != shard.noted.end()) {
    if (at < known->second + grain) return;
    known->second = at;
  } else {
    shard.noted.emplace(credential, at);
  }
  shard.due.push_back({std::string(tenant), Kind::credential, std::string(credential), at});
  if (shard.noted.size() > entries_max) shard.noted.clear();
}

Writes LastUse::take(std::size_t limit) {
  Writes writes;
  for (auto& shard : shards_) {
    std::lock_guard lock(shard.mutex);
    while (!shard.due.empty() && writes.size() < limit) {
      writes.emplace_back(std::move(shard.due.back()));
      shard.due.pop_back();
    }
  }
  return writes;
}

}  // namespace deputy::store
