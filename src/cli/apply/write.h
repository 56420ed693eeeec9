// Writes records as a file for `apply`.
#pragma once

#include <string>
#include <vector>

#include "cli/apply/record.h"

namespace deputy::cli::apply {

struct Written {
  std::string text;
  std::vector<std::string> notes;  // what is not in it, and what only this server takes back: a sentence each
};
// A document each, names for ids, defaults left out. Left out too: what the server made for itself, and agents that
// are revoked or have expired with what refers to them, since no file brings them back.
Written write(const std::vector<Record>& records);

}  // namespace deputy::cli::apply
