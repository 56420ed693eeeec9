// Shows a plan: to a person as a difference, to a script as a list of steps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "cli/apply/plan.h"

namespace deputy::cli::apply {

// Ids by what a person calls them.
using Names = std::map<std::string, std::string>;
Names names_of(const std::vector<Record>& current);

// "+ user/alice", "~ role/reader", "- agent/old", with the fields below, indented.
std::string difference(const Step& step, const Names& names);
json::object as_json(const Step& step);
// "agent/a, agent/b and 3 more"
std::string few(const std::vector<std::string>& names);
// "2 to make, 1 to change, 0 to remove; 12 are as they should be."
std::string summary(const Plan& plan);

}  // namespace deputy::cli::apply
