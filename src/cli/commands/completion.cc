// deputy completion bash|zsh|fish: scripts made from the table of commands, and from the server's own.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ostream>
#include <set>

#include "cli/commands/all.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

// What may stand at a place: one of these words, a file, or what only the person knows.
struct Values {
  enum class Sort { words, file, any } sort = Sort::any;
  std::vector<std::string> words = {};
};
struct Option {
  std::string name;              // with its dashes
  std::optional<Values> values;  // none: a switch
};
// Where a line stands that begins with these words.
struct Place {
  std::vector<std::string> next;  // the word that goes on
  std::vector<Option> options;
  Values argument;
};
using Places = std::map<std::string, Place>;  // by the words: "", "agent", "agent create"

Values values_of(const Flag& flag) {
  if (!flag.choices.empty()) return {Values::Sort::words, flag.choices};
  if (flag.value == "true|false") return {Values::Sort::words, {"true", "false"}};
  return {flag.value == "FILE" ? Values::Sort::file : Values::Sort::any};
}

Option option_of(const Flag& flag) {
  return {"--" + flag.name, flag.value.empty() ? std::nullopt : std::optional(values_of(flag))};
}

Values argument_of(const Command& command) {
  for (const Argument& argument : command.arguments) {
    if (!argument.choices.empty()) return {Values::Sort::words, argument.choices};
    if (argument.name == "FILE") return {Values::Sort::file};
  }
  return {};
}

// Of a setting the server says no more than its name, and its values where it has a few: those of files are called so.
Option server_option(const std::string& start, const std::string& name, const ServerWords& server) {
  if (name == "--help") return {name, std::nullopt};
  if (const auto few = server.find(start + " " + name); few != server.end())
    return {name, Values{Values::Sort::words, few->second}};
  const bool file = name == "--config" || name == "--data" || name.ends_with("file");
  return {name, Values{file ? Values::Sort::file : Values::Sort::any}};
}

void add_next(Place& place, const std::string& word) {
  if (std::find(place.next.begin(), place.next.end(), word) == place.next.end()) place.next.push_back(word);
}

Places all_places(const ServerWords& server) {
  Places places;
  for (const auto& [start, words] : server) {
    if (start.find("--") != std::string::npos) continue;  // the values of an option
    for (const std::string& word : words) {
      if (word.starts_with("--")) places[start].options.push_back(server_option(start, word, server));
      else add_next(places[start], word);
    }
  }
  for (const Command& command : commands()) {
    const auto space = command.words.find(' ');
    add_next(places[""], command.words.substr(0, space));
    if (space != std::string::npos) add_next(places[command.words.substr(0, space)], command.words.substr(space + 1));
    Place& place = places[command.words];
    for (const Flag& flag : command.flags) place.options.push_back(option_of(flag));
    for (const Flag& flag : common_flags()) place.options.push_back(option_of(flag));
    place.options.push_back({"--help", std::nullopt});
    place.argument = argument_of(command);
  }
  return places;
}

// As an assignment that bash and zsh both read.
std::string assigned(const Values& values) {
  if (values.sort == Values::Sort::file) return "files=1";
  if (values.sort == Values::Sort::any) return ":";
  return fmt::format("found='{}'", fmt::join(values.words, " "));
}

// What may come at each place.
std::string place_cases(const Places& places) {
  std::string text;
  for (const auto& [start, place] : places) {
    auto words = place.next;
    for (const Option& option : place.options) words.push_back(option.name);
    if (place.argument.sort == Values::Sort::words)
      words.insert(words.end(), place.argument.words.begin(), place.argument.words.end());
    const auto* files = place.argument.sort == Values::Sort::file ? " files=1" : "";
    text += fmt::format("    '{}') found='{}'{} ;;\n", start, fmt::join(words, " "), files);
  }
  return text;
}

// What may come behind each option: told by the option alone where it is the same at every place.
std::string option_cases(const Places& places) {
  std::map<std::string, std::set<std::string>> by_option, by_values;
  const auto each = [&](const auto& visit) {
    for (const auto& [start, place] : places)
      for (const Option& option : place.options)
        if (option.values) visit(start, option.name, assigned(*option.values));
  };
  each([&](const auto&, const auto& option, const auto& values) { by_option[option].insert(values); });
  each([&](const auto& start, const auto& option, const auto& values) {
    const bool same = by_option[option].size() == 1;
    by_values[values].insert(same ? fmt::format("*' {}'", option) : fmt::format("'{} {}'", start, option));
    if (option == "--file") by_values[values].insert("*' -f'");
  });
  std::string text;
  for (const auto& [values, options] : by_values)
    text += fmt::format("    {}) {} ;;\n", fmt::join(options, "|"), values);
  return text;
}

// Two functions of both shells: what may come at a place, and behind an option; false where there is none such.
std::string functions(const Places& places) {
  return "_deputy_words() {\n  case \"$1\" in\n" + place_cases(places) +
         "    *) return 1 ;;\n  esac\n}\n"
         "_deputy_values() {\n  case \"$1\" in\n" +
         option_cases(places) + "    *) return 1 ;;\n  esac\n}\n";
}

std::string bash(const Places& places) {
  return R"(# bash completion of deputy: source <(deputy completion bash)
_deputy() {
  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD - 1]}" start="" found="" files="" i
  # bash parts --option=value at the sign.
  if [[ $current == "=" ]]; then
    current=""
  elif [[ $before == "=" ]]; then
    before="${COMP_WORDS[COMP_CWORD - 2]}"
  fi
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    [[ ${COMP_WORDS[i]} == -* ]] && break
    local longer="${start:+$start }${COMP_WORDS[i]}"
    _deputy_words "$longer" || break
    start="$longer"
  done
  found="" files=""
  _deputy_values "$start $before" || _deputy_words "$start"
  if [[ -n $files && $current != -* ]]; then
    COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
  else
    COMPREPLY=($(compgen -W "$found" -- "$current"))
  fi
}
)" + functions(places) +
         "complete -F _deputy deputy\n";
}

std::string zsh(const Places& places) {
  return "#compdef deputy\n# zsh completion of deputy: source <(deputy completion zsh)\n" + functions(places) +
         R"(_deputy() {
  local current="${words[CURRENT]}" before="${words[CURRENT - 1]}" start="" found="" files="" longer i
  local -a reply
  if [[ $current == --*=* ]]; then
    before="${current%%=*}"
    current="${current#*=}"
    compset -P '*='
  fi
  for ((i = 2; i < CURRENT && i < 4; i++)); do
    [[ "${words[i]}" == -* ]] && break
    longer="${start:+$start }${words[i]}"
    _deputy_words "$longer" || break
    start="$longer"
  done
  found="" files=""
  _deputy_values "$start $before" || _deputy_words "$start"
  if [[ -n $files && $current != -* ]]; then
    _files
  else
    reply=(${(s: :)found})
    compadd -a reply
  fi
}
compdef _deputy deputy
)";
}

std::string fish_values(const Values& values) {
  if (values.sort == Values::Sort::file) return " -r -F";
  if (values.sort == Values::Sort::any) return " -x";
  return fmt::format(" -x -a '{}'", fmt::join(values.words, " "));
}

std::string fish(const Places& places) {
  std::string text = R"(# fish completion of deputy: deputy completion fish | source
# Does the line begin with these words?
function __deputy_within
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l count (count $argv)
    test (count $typed) -ge $count; and test "$typed[1..$count]" = "$argv"
end
# Is it these words, and no more?
function __deputy_after
    set -l typed (commandline -opc)
    set -e typed[1]
    test "$typed" = "$argv"
end
complete -c deputy -f
)";
  for (const auto& [start, place] : places) {
    const auto within = fmt::format("complete -c deputy -n '__deputy_within {}'", start);
    if (!place.next.empty())
      text += fmt::format("complete -c deputy -n '__deputy_after {}' -a '{}'\n", start, fmt::join(place.next, " "));
    if (place.argument.sort == Values::Sort::words)
      text += fmt::format("complete -c deputy -n '__deputy_after {}' -a '{}'\n", start,
                          fmt::join(place.argument.words, " "));
    if (place.argument.sort == Values::Sort::file) text += within + " -F\n";
    for (const Option& option : place.options)
      text += fmt::format("{} {}-l {}{}\n", within, option.name == "--file" ? "-s f " : "", option.name.substr(2),
                          option.values ? fish_values(*option.values) : "");
  }
  return text;
}

Result<Done, Failure> completion(const Line& line, Session& session) {
  const auto& server = session.world().server_words;
  const Places places = all_places(server ? server() : ServerWords());
  const std::string shell = line.text("SHELL");
  if (shell == "bash")
    session.out() << bash(places);
  else if (shell == "zsh")
    session.out() << zsh(places);
  else if (shell == "fish")
    session.out() << fish(places);
  else
    return misuse("completion is for bash, zsh or fish");
  return Done{};
}

}  // namespace

void add_completion(Table& table) {
  table.push_back({.words = "completion",
                   .doc = "Write a shell's completion of these commands.",
                   .example = "source <(deputy completion bash)",
                   .arguments = {{.name = "SHELL", .doc = "bash, zsh or fish.", .choices = {"bash", "zsh", "fish"}}},
                   .run = completion});
}

}  // namespace deputy::cli
