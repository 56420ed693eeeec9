// LastUse: when each credential was last used, to the quarter hour, kept in memory and written in small batches: a row
// a token would cost more than the token.
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/clock.h"
#include "store/store.h"

namespace deputy::store {

class LastUse {
 public:
  void note(std::string_view tenant, std::string_view credential, Instant at);
  // The last use that was noted, also while it is due; none: none was of late.
  std::optional<Instant> noted(std::string_view credential);
  // The writes that are due, at most `limit`, in the order of their ids and going on where the last ones ended: records
  // that were made together lie together, and are written with fewer pages. What they hold is forgotten here as due.
  Writes take(std::size_t limit);

  static constexpr Seconds grain{900};  // of uses that are nearer to each other than this, the first is noted;
                                      // one that a clock over set_back_max ahead told counts for nothing

 private:
  static constexpr std::size_t entries_max = 1u << 16;  // a shard; beyond, uses of the quarter hour are written again
  static constexpr std::size_t due_max = 1u << 14;      // beyond, a use is passed over: a later one is noted
  struct Shard {
    std::mutex mutex;
    boost::unordered_flat_map<std::uint64_t, Instant> noted;  // by the hash of the id: asked at every request
  };
  std::array<Shard, 8> shards_;
  std::atomic<std::size_t> waiting_ = 0;  // how many are due
  std::mutex due_mutex_;
  std::map<std::string, Touch> due_;  // by id; there is one quarter hour between two of the same
  std::string taken_;                 // the last that was
};

}  // namespace deputy::store
