// Help, written from the table of commands.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/output.h"

namespace deputy::cli {
namespace {

std::string synopsis(const Command& command) {
  std::string line = "deputy " + command.words;
  for (const Argument& argument : command.arguments)
    line += argument.need == Argument::Need::required ? " " + argument.name : " [" + argument.name + "]";
  for (const Flag& flag : command.flags)
    if (flag.need != Flag::Need::optional) line += fmt::format(" --{} {}", flag.name, flag.value);
  const bool optional = std::any_of(command.flags.begin(), command.flags.end(),
                                    [](const Flag& flag) { return flag.need == Flag::Need::optional; });
  return optional ? line + " [OPTIONS]" : line;
}

// Two columns: the second begins behind the widest of the first.
std::string columns(const std::vector<std::pair<std::string, std::string>>& rows) {
  std::size_t wide = 0;
  for (const auto& [left, right] : rows) wide = std::max(wide, width(left));
  std::string text;
  for (const auto& [left, right] : rows)
    text += fmt::format("  {}{}  {}\n", left, std::string(wide - width(left), ' '), right);
  return text;
}

std::pair<std::string, std::string> row_of(const Flag& flag) {
  std::string left = (flag.name == "file" ? "-f, --" : "--") + flag.name;
  if (!flag.value.empty()) left += " " + flag.value;
  std::string right = flag.doc;
  if (!flag.choices.empty()) right += fmt::format(" One of: {}.", fmt::join(flag.choices, ", "));
  if (flag.times == Flag::Times::many) right += " May stand more than once.";
  return {left, right};
}

}  // namespace

std::string help_of(const Command& command) {
  std::string text = fmt::format("{}\n\nUsage: {}\n", command.doc, synopsis(command));
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Argument& argument : command.arguments) rows.emplace_back(argument.name, argument.doc);
  if (!rows.empty()) text += "\n" + columns(rows);
  rows.clear();
  for (const Flag& flag : command.flags) rows.push_back(row_of(flag));
  if (!rows.empty()) text += "\nOptions:\n" + columns(rows);
  rows.clear();
  for (const Flag& flag : common_flags()) rows.push_back(row_of(flag));
  rows.emplace_back("-h, --help", "This text.");
  text += "\nCommon options:\n" + columns(rows);
  if (!command.example.empty()) text += fmt::format("\nExample:\n  {}\n", command.example);
  return text;
}

std::string help_of_family(const Family& family) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Command& command : commands())
    if (command.words.starts_with(family.word + " ")) rows.emplace_back(command.words, command.doc);
  return fmt::format("{}\n\nCommands:\n{}\n`deputy COMMAND --help` says more of each.\n", family.doc, columns(rows));
}

std::string help_of_all() {
  std::vector<std::pair<std::string, std::string>> rows, server;
  for (const Family& family : families()) rows.emplace_back(family.word, family.doc);
  for (const Family& family : server_families()) server.emplace_back(family.word, family.doc);
  return fmt::format(
      "Deputy: identity for AI agents.\n\nUsage: deputy COMMAND …\n\nCommands:\n{}\nServer:\n{}\n"
      "`deputy COMMAND --help` says more of each. Exit status: 0 done, 1 refused, 2 wrong command line "
      "or setting, 3 not now: the same may be done a little later.\n",
      columns(rows), columns(server));
}

}  // namespace deputy::cli
