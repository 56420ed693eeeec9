// Groups in groups, organizations in organizations: closures over a look-up, and the refusal of cycles.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::directory {

// The ids directly above one: the groups a member is in, or an organization's parent.
using Above = std::function<Result<std::vector<std::string>, Fault>(const std::string& id)>;

constexpr std::size_t nesting_max = 16;

// All that lies above one, up to nesting_max levels. It holds the id itself only where the records hold a cycle.
struct Ancestry {
  std::set<std::string, std::less<>> ids;
  bool too_deep = false;  // there was more: what lies beyond counts for nothing
};
Result<Ancestry, Fault> ancestry_of(const std::string& id, const Above& above);

// True when `id` is `ancestor` or lies below it.
Result<bool, Fault> within(const std::string& id, std::string_view ancestor, const Above& above);

// True when putting `child` under `parent` would close a cycle (parent is child, or already lies below it), or would
// nest it deeper than nesting_max. What lies below `child` is not looked at, so groups may come to lie deeper than that
// all the same: who reads what somebody is given, or loses, walks all the way.
Result<bool, Fault> closes_cycle(const std::string& child, const std::string& parent, const Above& above);

}  // namespace deputy::directory
