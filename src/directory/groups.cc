// Walking up.
#include "directory/groups.h"

#include <set>

namespace deputy::directory {

Result<bool, Fault> closes_cycle(const std::string& child, const std::string& parent, const Above& above) {
  std::set<std::string> level{parent}, seen;
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    if (depth >= nesting_max || level.contains(child)) return true;
    std::set<std::string> next;
    for (const auto& id : level) {
      if (!seen.insert(id).second) continue;
      TRY(auto parents, above(id));
      next.insert(parents.begin(), parents.end());
    }
    level = std::move(next);
  }
  return false;
}

}  // namespace deputy::directory
