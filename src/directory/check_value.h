// One value held against one field: its type, its bounds, and what its members must be.
#pragma once

#include "directory/noun.h"

namespace deputy::directory {

// The problem, with `path` as where it is; none when the value is good. `before`: what was there; of attributes, those
// that stay as they were written are not asked again.
std::optional<FieldProblem> check_value(const Field& field, const json::value& value, const std::string& path,
                                        const json::value* before = nullptr);

}  // namespace deputy::directory
