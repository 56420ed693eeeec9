// Command: one row of the command line, from which parsing, help and completion are all made.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/failure.h"

namespace deputy::cli {

class Session;

// The value of a flag that may be any text, an empty one too.
inline constexpr std::string_view kAnyText = "TEXT";

struct Flag {
  std::string name;   // without the dashes
  std::string value;  // what stands behind it, for help; empty: a switch
  std::string doc;
  enum class Times { once, many } times = Times::once;
  enum class Need { optional, required, here_or_in_file } need = Need::optional;  // --file: not the parser's matter
  std::vector<std::string> choices = {};
};

struct Argument {
  std::string name;  // AGENT
  std::string doc;
  enum class Need { optional, required } need = Need::required;
  std::vector<std::string> choices = {};  // for completion
};

// What was typed, sorted by the rows of the command.
class Line {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  std::string text(const std::string& name) const {  // the first value; empty if absent
    const auto found = values_.find(name);
    return found == values_.end() || found->second.empty() ? std::string() : found->second.front();
  }
  std::vector<std::string> all(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>() : found->second;
  }
  void set(const std::string& name, std::vector<std::string> values) { values_[name] = std::move(values); }

 private:
  std::map<std::string, std::vector<std::string>> values_;  // flags by name, arguments by their NAME
};

struct Command {
  std::string words;  // "agent create"
  std::string doc;    // one sentence
  std::string example;
  std::vector<Argument> arguments = {};
  std::vector<Flag> flags = {};
  std::function<Result<Done, Failure>(const Line&, Session&)> run;
};

// Every command, in the order help shows them; made once.
const std::vector<Command>& commands();
// What the first words are about, for the list that `deputy --help` shows.
struct Family {
  std::string word, doc;
};
const std::vector<Family>& families();
// The same of the server's own commands, which are no rows of this table.
const std::vector<Family>& server_families();
// Flags that every command takes.
const std::vector<Flag>& common_flags();

std::string help_of_all();
std::string help_of_family(const Family& family);
std::string help_of(const Command& command);

}  // namespace deputy::cli
