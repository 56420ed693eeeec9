// NameTable: names and until when tokens that bear them are dead, in 32 bytes where the name is an id of ours.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/id.h"
#include "delegation/revocation.h"

namespace deputy::delegation {

// Whole seconds since 1970; 0: never.
struct Times {
  std::uint32_t issued_before = 0;    // tokens with iat up to this are dead
  std::uint32_t narrowed_before = 0;  // of a principal: it lost scopes; which, the narrowings say
  std::uint32_t until = 0;            // then nothing is left that this could kill
  // A later entry for the same name only ever widens the earlier one. False: it was as wide already.
  bool widen(const Times& other);
  bool operator==(const Times&) const = default;
};

// Not thread-safe: the set that owns it locks.
class NameTable {
 public:
  // A name belongs to a tenant or, of kind narrowing, to what was lost: `of` is the number of that.
  const Times* find(Kills kind, std::uint32_t of, std::string_view name) const;
  bool widen(Kills kind, std::uint32_t of, std::string_view name, const Times& times);
  std::size_t size() const;

  static constexpr std::uint32_t of_max = (1u << 26) - 1;

  // Purging goes shard by shard, so that nobody waits for all of it. Erases what ended before `now_ms` and gives the
  // least `until` of what stays.
  static constexpr std::size_t shards = 64;
  std::uint32_t purge(std::size_t shard, std::int64_t now_ms);

 private:
  struct Name {
    std::array<std::uint32_t, 4> id;  // the UUID, where four bytes are enough of an alignment
    std::uint32_t space;              // kind, prefix and `of`
    bool operator==(const Name&) const = default;
  };
  struct Hash {
    using is_avalanching = void;
    std::size_t operator()(const Name& name) const;
  };
  // Nearly all that is asked for is not there. The filter says so of most names by one bit, found by the name's last
  // letters as they stand: the random end of a UUIDv7, not yet decoded.
  struct Shard {
    boost::unordered_flat_map<Name, Times, Hash> names;
    std::vector<std::uint64_t> filter;
    bool may_hold(std::uint64_t mark) const {
      return !filter.empty() && (filter[mark >> 12 & (filter.size() - 1)] >> (mark >> 6 & 63) & 1) != 0;
    }
    void note(std::uint64_t mark) { filter[mark >> 12 & (filter.size() - 1)] |= std::uint64_t{1} << (mark >> 6 & 63); }
  };

  static std::optional<Name> compact(Kills kind, std::uint32_t of, std::string_view name);
  static std::uint64_t mark_of(std::string_view name);
  static std::uint64_t mark_of(const Name& name);
  void note(std::size_t shard, std::uint64_t mark);
  void make_filter(std::size_t shard);

  std::array<Shard, shards> ids_;
  std::unordered_map<std::string, Times> texts_;  // kids, and names that came from elsewhere: few
};

}  // namespace deputy::delegation
