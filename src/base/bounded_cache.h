// BoundedCache: text → shared value, within a bound of bytes; what has not been used lately goes first. Safe from many
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

  std::shared_ptr<const V> find(std::string_view text) {
    const Key key(text);
    auto& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(key);
    if (found == shard.entries.end()) return nullptr;
    found->second->used = true;  // and not moved to the front: that would touch four more entries, all cold
    return found->second->value;
  }

  void put(std::string_view text, std::shared_ptr<const V> value, std::size_t cost) {
    const Key key(text);
    auto& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    if (const auto found = shard.entries.find(key); found != shard.entries.end()) drop(shard, found);
    const auto bytes = cost + text.size() + entry_overhead;
    if (bytes > shard_bytes_max_) return;
    while (shard.bytes + bytes > shard_bytes_max_) give_way(shard);
    shard.order.push_front({std::string(text), std::move(value), bytes, false});
    shard.entries.emplace(Key(shard.order.front().key, key.hash), shard.order.begin());
    shard.bytes += bytes;
  }

  void erase(std::string_view text) {
    const Key key(text);
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
  struct Key {  // hashed once, for the shard and for the map
    std::string_view text;
    std::size_t hash;
    explicit Key(std::string_view text_) : Key(text_, std::hash<std::string_view>{}(text_)) {}
    Key(std::string_view text_, std::size_t hash_) : text(text_), hash(hash_) {}
    bool operator==(const Key& other) const { return hash == other.hash && text == other.text; }
  };
  struct HashOf {
    std::size_t operator()(const Key& key) const { return key.hash; }
  };
  struct Entry {
    std::string key;
    std::shared_ptr<const V> value;
    std::size_t cost;
    bool used;  // since it was put, or was last spared
  };
  using Entries = std::unordered_map<Key, typename std::list<Entry>::iterator, HashOf>;
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> order;  // the next to go at the back
    Entries entries;
    std::size_t bytes = 0;
  };

  // The last in order goes, unless it was used since its turn came last: then it is spared once (second chance).
  static void give_way(Shard& shard) {
    auto& last = shard.order.back();
    if (!last.used) return drop(shard, shard.entries.find(Key(last.key)));
    last.used = false;
    shard.order.splice(shard.order.begin(), shard.order, std::prev(shard.order.end()));
  }
  static void drop(Shard& shard, typename Entries::iterator found) {
    const auto at = found->second;
    shard.bytes -= at->cost;
    shard.entries.erase(found);
    shard.order.erase(at);
  }
  Shard& shard_of(const Key& key) { return shards_[key.hash % shard_count]; }

  std::size_t shard_bytes_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace deputy
