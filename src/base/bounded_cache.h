// BoundedCache: text → shared value, within a bound of bytes; what has not been used lately goes first. Safe from many
// threads.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

namespace deputy {

// A look-up among many thousands of entries costs what it touches that is in no processor's cache: so an entry is one
// place of one array, and the table over it holds numbers alone.
template <class V>
class BoundedCache {
 public:
  // `bytes_max` bounds the sum of the costs given to put(), each with what the cache itself needs for an entry.
  explicit BoundedCache(std::size_t bytes_max) : shard_bytes_max_(bytes_max / shard_count) {}

  std::shared_ptr<const V> find(std::string_view text) {
    const auto hash = hash_of(text);
    auto& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.places.find(hash);
    if (found == shard.places.end()) return nullptr;
    auto& entry = shard.entries[found->second];
    if (entry.key != text) return nullptr;
    entry.used = true;
    return entry.value;
  }

  // Of two texts with one hash the later one takes the place of the other.
  void put(std::string_view text, std::shared_ptr<const V> value, std::size_t cost) {
    const auto hash = hash_of(text);
    auto& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    if (const auto found = shard.places.find(hash); found != shard.places.end()) drop(shard, found->second);
    const auto bytes = cost + text.size() + entry_overhead;
    if (bytes > shard_bytes_max_) return;
    while (shard.bytes + bytes > shard_bytes_max_) give_way(shard);
    const auto place = free_place(shard);
    auto& entry = shard.entries[place];
    entry.hash = hash;
    entry.key = text;
    entry.value = std::move(value);
    entry.bytes = bytes;
    entry.used = false;
    shard.places.emplace(hash, place);
    shard.bytes += bytes;
  }

  void erase(std::string_view text) {
    const auto hash = hash_of(text);
    auto& shard = shard_of(hash);
    std::lock_guard lock(shard.mutex);
    const auto found = shard.places.find(hash);
    if (found != shard.places.end() && shard.entries[found->second].key == text) drop(shard, found->second);
  }

  void clear() {
    for (auto& shard : shards_) {
      std::lock_guard lock(shard.mutex);
      shard.places.clear();
      shard.entries.clear();
      shard.free.clear();
      shard.hand = 0;
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
  static constexpr std::size_t entry_overhead = 160;  // entry, its place in the table, control block, room to grow
  using Place = std::uint32_t;
  struct Entry {
    std::uint64_t hash = 0;
    std::string key;
    std::shared_ptr<const V> value;
    std::size_t bytes = 0;  // 0: nobody's
    bool used = false;      // since it was put, or was last spared
  };
  struct Shard {
    mutable std::mutex mutex;
    boost::unordered_flat_map<std::uint64_t, Place> places;  // by hash
    std::vector<Entry> entries;
    std::vector<Place> free;  // of the entries
    Place hand = 0;           // the next entry to be asked to give way
    std::size_t bytes = 0;
  };

  static std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }
  Shard& shard_of(std::uint64_t hash) { return shards_[hash % shard_count]; }

  // One after the other in a ring; who was used since its turn came last is spared once (second chance).
  static void give_way(Shard& shard) {
    for (;;) {
      const auto place = shard.hand;
      shard.hand = place + 1 < shard.entries.size() ? place + 1 : 0;
      auto& entry = shard.entries[place];
      if (entry.bytes != 0 && !std::exchange(entry.used, false)) return drop(shard, place);
    }
  }
  static Place free_place(Shard& shard) {
    if (shard.free.empty()) {
      shard.entries.emplace_back();
      return static_cast<Place>(shard.entries.size() - 1);
    }
    const auto place = shard.free.back();
    shard.free.pop_back();
    return place;
  }
  static void drop(Shard& shard, Place place) {
    auto& entry = shard.entries[place];
    shard.places.erase(entry.hash);
    shard.bytes -= std::exchange(entry.bytes, 0);
    entry.value.reset();
    shard.free.push_back(place);
  }

  std::size_t shard_bytes_max_;
  std::array<Shard, shard_count> shards_;
};

}  // namespace deputy
