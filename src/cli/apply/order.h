// Order: which record of a file has its turn when, so that each step of a plan is possible.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/apply/match.h"

namespace deputy::cli::apply {

struct Turn {
  const Wanted* wanted;
  std::set<std::string> left_out;  // of one to be made: fields that have to wait until all are there
};

// Each record after those it refers to, whether they are made or changed, and after those that give up what it takes:
// a name, or a type of authorization details. Where records that are to be made refer to each other in a circle, one
// has its turn without the optional fields that close it. What waits without end goes to `problems`.
std::vector<Turn> in_order(const std::vector<Wanted>& wanted, const std::vector<Record>& current, Problems& problems);

}  // namespace deputy::cli::apply
