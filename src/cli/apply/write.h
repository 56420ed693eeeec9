// Writes records as a file for `apply`.
#pragma once

#include <string>
#include <vector>

#include "cli/apply/record.h"

namespace deputy::cli::apply {

// A document each, names for ids, defaults left out. Left out too: what the server made for itself, and agents that
// are revoked with what is assigned to them, since no file brings them back.
std::string write(const std::vector<Record>& records);

}  // namespace deputy::cli::apply
