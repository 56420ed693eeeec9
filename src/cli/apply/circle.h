// Circles: organizations and groups that a file would put into themselves.
#pragma once

#include <vector>

#include "cli/apply/match.h"

namespace deputy::cli::apply {

// Each circle there would be with what the file wants goes to `problems`, with the line of a record in it: no server
// takes the step that closes one, and what was done before it would stay.
void find_circles(const std::vector<Wanted>& wanted, const std::vector<Record>& current, Problems& problems);

}  // namespace deputy::cli::apply
