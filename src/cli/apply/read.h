// Reads a file for `apply` into records, checked by the same rules as the server's.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "cli/apply/record.h"

namespace deputy::cli::apply {

struct Problem {
  int line;  // 0: of the file as a whole
  std::string sentence;
};
using Problems = std::vector<Problem>;

// Every document as a record: complete (defaults filled in), canonical, references as symbols or ids. All that is
// wrong is told at once, of each field and of each item of a list one thing.
Result<std::vector<Record>, Problems> read(const std::string& text);

}  // namespace deputy::cli::apply
