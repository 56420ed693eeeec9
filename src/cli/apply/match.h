// Match: which record of a file is which record of a server, and what each symbol means.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/apply/read.h"
#include "cli/apply/record.h"

namespace deputy::cli::apply {

// A record wanted, its references made ids wherever the server has what they name.
struct Wanted {
  Record record;
  const Record* held = nullptr;  // the one on the server; none: to be made
};

// All that is ambiguous, missing, twice there, revoked, or of a kind that cannot be read goes to `problems`.
std::vector<Wanted> match(const std::vector<Record>& desired, const std::vector<Record>& current,
                          const std::set<Kind>& unreadable, Problems& problems);

}  // namespace deputy::cli::apply
