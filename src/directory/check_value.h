// One value held against one field: its type, its bounds, and what its members must be.
#pragma once

#include "directory/noun.h"

namespace deputy::directory {

// The problem, with `path` as where it is; none when the value is good.
std::optional<FieldProblem> check_value(const Field& field, const json::value& value, const std::string& path);

}  // namespace deputy::directory
