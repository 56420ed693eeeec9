// Groups in groups, organizations in organizations: closures over a look-up, and the refusal of cycles.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::directory {

// The ids directly above one: the groups a member is in, or an organization's parent.
using Above = std::function<Result<std::vector<std::string>, Fault>(const std::string& id)>;

constexpr std::size_t nesting_max = 16;

// True when putting `child` under `parent` would close a cycle (parent is child, or already lies below it), or would
// nest deeper than nesting_max.
Result<bool, Fault> closes_cycle(const std::string& child, const std::string& parent, const Above& above);

}  // namespace deputy::directory
