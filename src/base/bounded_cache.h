// BoundedCache: text → shared value, within a bound of bytes; the least recently used goes first. Safe from many
// threads.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace deputy {

template <class V>
class BoundedCache {
 public:
  // `bytes_max` bounds the sum of the costs given to put(), each with what the cache itself needs for an entry.
  explicit BoundedCache(std::size_t bytes_max) : shard_bytes_max_(bytes_max / shard_count) {}

  std::shared_ptr<const V> find(std::string_view key) {
    auto& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return nullptr;
    shard.order.splice(shard.order.begin(), shard.order, found->second);
    return found->second->value;
  }

  void put(std::string_view key, std::shared_ptr<const V> value, std::size_t cost) {
    auto& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    if (const auto found = shard.entries.find(key); found != shard.entries.end()) drop(shard, found);
    shard.order.push_front({std::string(key), std::move(value), cost + key.size() + entry_overhead});
    shard.entries.emplace(shard.order.front().key, shard.order.begin());
    shard.bytes += shard.order.front().cost;
    while (shard.bytes > shard_bytes_max_ && !shard.order.empty())
      drop(shard, shard.entries.find(shard.order.back().key));
  }

  void erase(std::string_view key) {
    auto& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    if (const auto found = shard.entries.find(key); found != shard.entries.end()) drop(shard, found);
  }

  void clear() {
    for (auto& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.entries.clear();
      shard.order.clear();
      shard.bytes = 0;
    }
  }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (auto& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      sum += shard.bytes;
    }
    return sum;
  }

 private:
  static constexpr std::size_t shard_count = 16;
  static constexpr std::size_t entry_overhead = 160;  // list node, map node, control block
  struct Entry {
    std::string key;
    std::shared_ptr<const V> value;
    std::size_t cost;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> order;  // most recently used first
    std::unordered_map<std::string_view, typename std::list<Entry>::iterator> entries;
    std::size_t bytes = 0;
  };
  using Found = typename std::unordered_map<std::string_view, typename std::list<Entry>::iterator>::iterator;

  static void drop(Shard& shard, Found found) {
    const auto at = found->second;
    shard.bytes -= at->cost;
    shard.entries.erase(found);
    shard.order.erase(at);
  }
  Shard& shard_of(std::string_view key) { return shards_[std::hash<std::string_view>{}(key) % shard_count]; }

  std::size_t shard_bytes_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace deputy
