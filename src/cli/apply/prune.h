// Prune: what earlier runs of a file made and it no longer holds, and the steps that remove it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/apply/match.h"
#include "cli/apply/plan.h"

namespace deputy::cli::apply {

// The ids of what goes: of `made_earlier` what the file does not want; with an agent every assignment that it has, as
// `agent delete` has it.
std::set<std::string> unwanted(const std::vector<Wanted>& wanted, const std::vector<Record>& current,
                               const std::set<std::string>& made_earlier);

// Removes these, a record before those it refers to. Nothing is begun that would stop half way, with an agent revoked
// for good: what the file names of them, or another record that stays refers to, goes to `problems`.
std::vector<Step> removals(const std::set<std::string>& going, const std::vector<Wanted>& wanted,
                           const std::vector<Record>& current, Problems& problems);

}  // namespace deputy::cli::apply
