// CLI11, made from the table of commands: the one place that includes it.
#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>

#include "base/mistyped.h"
#include "client/refusal.h"
#include "oauth/dpop.h"

namespace deputy::cli {
namespace {

// CLI11 writes into variables of ours: one for each flag and argument of the command.
struct Values {
  std::deque<std::pair<std::string, std::vector<std::string>>> texts;
  std::deque<std::pair<std::string, bool>> switches;
  std::deque<std::pair<std::string, std::optional<std::string>>> arguments;
};

void add_flag(CLI::App& app, const Flag& flag, Values& values) {
  const std::string names = flag.name == "file" ? "-f,--file" : "--" + flag.name;
  if (flag.value.empty()) {
    auto& slot = values.switches.emplace_back(flag.name, false);
    app.add_flag(names, slot.second);
    return;
  }
  auto& slot = values.texts.emplace_back(flag.name, std::vector<std::string>());
  CLI::Option* option = app.add_option(names, slot.second);
  option->expected(1)->allow_extra_args(false);
  option->multi_option_policy(flag.times == Flag::Times::many ? CLI::MultiOptionPolicy::TakeAll
                                                              : CLI::MultiOptionPolicy::Throw);
  if (flag.times == Flag::Times::many) option->expected(1, 1 << 20)->allow_extra_args(false);
  if (flag.need == Flag::Need::required) option->required();
  if (!flag.choices.empty()) option->check(CLI::IsMember(flag.choices));
}

void add_argument(CLI::App& app, const Argument& argument, Values& values) {
  auto& slot = values.arguments.emplace_back(argument.name, std::nullopt);
  CLI::Option* option = app.add_option_function<std::string>(
      argument.name, [&slot](const std::string& text) { slot.second = text; });
  if (argument.need == Argument::Need::required) option->required();
}

// The longest row whose words begin the line, and how many words that is.
const Command* find_command(const std::vector<std::string>& words, std::size_t& length) {
  const Command* found = nullptr;
  for (const Command& command : commands()) {
    const auto count = static_cast<std::size_t>(std::count(command.words.begin(), command.words.end(), ' ')) + 1;
    if (words.size() < count || (found != nullptr && count <= length)) continue;
    std::string start = words[0];
    for (std::size_t i = 1; i < count; ++i) start += " " + words[i];
    if (start == command.words) {
      found = &command;
      length = count;
    }
  }
  return found;
}

bool is_dashed(const std::string& word) { return word.size() > 1 && word.front() == '-'; }  // "-" is standard input

// The flag that this word is, alone or with its value behind it; null: it is none.
const Flag* flag_in(const std::string& word, const Command& command) {
  const auto name = word.substr(0, word.find('='));
  const auto is_named = [&](const Flag& flag) {
    return name == "--" + flag.name || (flag.name == "file" && word.starts_with("-f"));
  };
  for (const auto* flags : {&command.flags, &common_flags()})
    if (const auto found = std::find_if(flags->begin(), flags->end(), is_named); found != flags->end()) return &*found;
  return nullptr;
}

// The words as CLI11 is to have them, which takes each that begins with '-' for an option: where an argument begins so,
// all of them behind "--". A key's kid may (RFC 7638 §3: base64url); of others nobody knows how they are meant.
Result<std::vector<std::string>, Failure> marked(const std::vector<std::string>& words, const Command& command) {
  std::vector<std::string> flags, arguments;
  for (auto word = words.begin(); word != words.end(); ++word) {
    if (*word == "--") {
      arguments.insert(arguments.end(), word + 1, words.end());
      break;
    }
    const Flag* flag = flag_in(*word, command);
    if (!is_dashed(*word) || (flag == nullptr && oauth::is_thumbprint(*word))) {
      arguments.push_back(*word);
      continue;
    }
    if (flag == nullptr)
      return misuse(fmt::format("there is no option {}; where it is meant as an argument, write -- before it; see "
                                "`deputy {} --help`", client::printable(*word), command.words));
    flags.push_back(*word);
    const bool whole = *word == "-f" || *word == "--" + flag->name;
    if (whole && !flag->value.empty() && word + 1 != words.end()) flags.push_back(*++word);
  }
  if (std::none_of(arguments.begin(), arguments.end(), is_dashed)) return words;
  flags.emplace_back("--");
  flags.insert(flags.end(), arguments.begin(), arguments.end());
  return flags;
}

// An empty word is a shell variable that is not set. In a path it would ask for something else than was meant, as a
// filter for all there is, as a file for none; only text may be empty.
Result<Done, Failure> check_empty(const Line& line, const Command& command) {
  const auto empty = [&](const std::string& name) {
    const auto words = line.all(name);
    return std::find(words.begin(), words.end(), "") != words.end();
  };
  const auto refused = [&](const std::string& what) {
    return misuse(fmt::format("{} is empty; see `deputy {} --help`", what, command.words));
  };
  for (const Argument& argument : command.arguments)
    if (empty(argument.name)) return refused(argument.name);
  for (const auto* flags : {&command.flags, &common_flags()})
    for (const Flag& flag : *flags)
      if (flag.value != kAnyText && empty(flag.name)) return refused("--" + flag.name);
  return Done{};
}

// "--profile acme user list": the same with its options where they are read. What else there is, is the typist's own.
std::string options_behind(const std::vector<std::string>& words) {
  static const Command none{};  // of which all commands have is known
  std::string options;
  auto word = words.begin();
  while (word != words.end() && is_dashed(*word)) {
    const Flag* flag = flag_in(*word, none);
    const bool has_value = flag != nullptr && !flag->value.empty() && *word == "--" + flag->name;
    options += " " + client::printable(*word++);
    if (has_value && word != words.end()) options += " " + client::printable(*word++);
  }
  std::size_t length = 0;
  const std::vector<std::string> rest(word, words.end());
  const Command* command = find_command(rest, length);
  if (command == nullptr) return "COMMAND" + options;
  return command->words + (rest.size() > length ? " …" : "") + options;
}

// What may come first; or, of a family, what may come behind it.
std::vector<std::string> first_words() {
  std::vector<std::string> words;
  for (const Family& family : families()) words.push_back(family.word);
  for (const Family& family : server_families()) words.push_back(family.word);
  return words;
}
std::vector<std::string> words_behind(const Family& family) {
  std::vector<std::string> words;
  for (const Command& command : commands())
    if (command.words.starts_with(family.word + " ")) words.push_back(command.words.substr(family.word.size() + 1));
  return words;
}

bool is_help(const std::string& word) { return word == "--help" || word == "-h" || word == "help"; }

std::variant<Chosen, Shown, Failure> without_command(const std::vector<std::string>& words) {
  if (words.empty() || is_help(words[0])) {
    if (words.size() < 2) return Shown{help_of_all()};
    std::vector<std::string> rest(words.begin() + 1, words.end());
    rest.emplace_back("--help");
    return parse(rest);
  }
  for (const Family& family : families()) {
    if (family.word != words[0]) continue;
    if (words.size() == 1 || is_help(words[1])) return Shown{help_of_family(family)};
    return Failure(Exit::usage,
                   no_such_command("deputy " + family.word, client::printable(words[1]), words_behind(family)));
  }
  if (is_dashed(words[0]))
    return Failure(Exit::usage, fmt::format("write {} behind the command: `deputy {}`",
                                            client::printable(words[0].substr(0, words[0].find('='))),
                                            options_behind(words)));
  return Failure(Exit::usage, no_such_command("deputy", client::printable(words[0]), first_words()));
}

std::string sentence_of(const CLI::ParseError& wrong, const Command& command) {
  std::string text = client::printable(wrong.what());
  if (!text.empty()) text.front() = static_cast<char>(text.front() == '-' ? '-' : text.front());
  while (text.ends_with('.') || text.ends_with(' ')) text.pop_back();
  return fmt::format("{}; see `deputy {} --help`", text, command.words);
}

}  // namespace

std::variant<Chosen, Shown, Failure> parse(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--version") return parse({"version"});
  std::size_t length = 0;
  const Command* command = find_command(words, length);
  if (command == nullptr) return without_command(words);
  try {
    CLI::App app;
    app.set_help_flag();
    bool help = false;
    app.add_flag("-h,--help", help);
    Values values;
    for (const Argument& argument : command->arguments) add_argument(app, argument, values);
    for (const Flag& flag : command->flags) add_flag(app, flag, values);
    for (const Flag& flag : common_flags()) add_flag(app, flag, values);
    std::vector<std::string> rest(words.begin() + static_cast<std::ptrdiff_t>(length), words.end());
    const auto options_end = std::find(rest.begin(), rest.end(), "--");
    if (std::any_of(rest.begin(), options_end,
                    [](const std::string& word) { return word == "--help" || word == "-h"; }))
      return Shown{help_of(*command)};
    auto ready = marked(rest, *command);
    if (!ready) return ready.error();
    std::reverse(ready->begin(), ready->end());  // as CLI11 takes them
    app.parse(*ready);
    Chosen chosen{command, {}};
    for (auto& [name, given] : values.texts)
      if (!given.empty()) chosen.line.set(name, given);
    for (auto& [name, given] : values.arguments)
      if (given) chosen.line.set(name, {*given});
    for (const auto& [name, given] : values.switches)
      if (given) chosen.line.set(name, {"true"});
    if (const auto full = check_empty(chosen.line, *command); !full) return full.error();
    return chosen;
  } catch (const CLI::ParseError& wrong) {
    return Failure(Exit::usage, sentence_of(wrong, *command));
  }
}

}  // namespace deputy::cli
