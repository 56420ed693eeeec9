// KeptTable: kept keys and marks in memory. Its owner holds the lock, and keeps the undo of each change.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "store/store.h"

namespace deputy::store {

class KeptTable {
 public:
  using Undo = std::function<void()>;
  using Why = Refused::Why;

  // Each adds what undoes it, or gives the condition that does not hold.
  std::optional<Why> apply(const Keep& keep, std::vector<Undo>& undo);
  std::optional<Why> apply(const Drop& drop, std::vector<Undo>& undo);
  std::optional<Why> apply(const Mark& mark, std::vector<Undo>& undo);
  // Up to `limit` that ended; gives how many.
  std::size_t purge(Instant now, std::size_t limit);

  std::optional<Kept> get(Use use, std::string_view tenant, std::string_view key, Instant now) const;
  std::vector<std::string> keys(Use use, std::string_view tenant, std::string_view prefix, Instant now,
                                std::size_t limit) const;

 private:
  using Key = std::tuple<Use, std::string, std::string>;              // use, tenant, key
  using MarkKey = std::tuple<Instant, Once, std::string, std::string>;  // until, once, tenant, key
  std::map<Key, Kept> kept_;
  std::set<MarkKey> marks_;
};

}  // namespace deputy::store
