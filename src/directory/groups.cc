// Walking up, a level at a time; each id is looked up once.
#include "directory/groups.h"

namespace deputy::directory {

Result<Ancestry, Fault> ancestry_of(const std::string& id, const Above& above) {
  Ancestry found;
  std::vector<std::string> level{id};
  for (std::size_t depth = 0; !level.empty(); ++depth) {
    std::vector<std::string> next;
    for (const auto& one : level) {
      TRY(auto parents, above(one));
      for (auto& parent : parents)
        if (!found.ids.contains(parent)) next.push_back(std::move(parent));
    }
    if (depth == nesting_max && !next.empty()) {
      found.too_deep = true;
      break;
    }
    level.clear();
    for (auto& one : next)
      if (found.ids.insert(one).second) level.push_back(std::move(one));
  }
  return found;
}

Result<bool, Fault> within(const std::string& id, std::string_view ancestor, const Above& above) {
  if (id == ancestor) return true;
  TRY(auto ancestry, ancestry_of(id, above));
  return ancestry.ids.contains(ancestor);
}

// The walk begins at the child, as if it were under the parent already: its depth then is what a reader will see.
Result<bool, Fault> closes_cycle(const std::string& child, const std::string& parent, const Above& above) {
  const Above then = [&](const std::string& id) -> Result<std::vector<std::string>, Fault> {
    if (id == child) return std::vector<std::string>{parent};
    return above(id);
  };
  TRY(auto ancestry, ancestry_of(child, then));
  return ancestry.too_deep || ancestry.ids.contains(child);
}

}  // namespace deputy::directory
