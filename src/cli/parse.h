// Parse: the words typed, against the table of commands.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/command.h"
#include "cli/output.h"

namespace deputy::cli {

// A command to run, with what its line holds; or text to show (help); or why the line is wrong.
struct Chosen {
  const Command* command;
  Line line;
};
struct Shown {
  std::string text;
};
std::variant<Chosen, Shown, Failure> parse(const std::vector<std::string>& words);

}  // namespace deputy::cli
