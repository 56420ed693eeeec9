// deputy completion bash|zsh|fish: scripts made from the table of commands.
#include <fmt/format.h>

#include <ostream>

#include "cli/commands/all.h"
#include "cli/session.h"

namespace deputy::cli {
namespace {

// For each beginning of a command line ("", "agent", "agent create"), the words that may come next.
std::map<std::string, std::vector<std::string>> next_words() {
  std::map<std::string, std::vector<std::string>> next;
  const auto add = [&](const std::string& start, const std::string& word) {
    auto& words = next[start];
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  };
  for (const auto* word : {"serve", "init", "recover", "config"}) add("", word);
  for (const Command& command : commands()) {
    const auto space = command.words.find(' ');
    add("", command.words.substr(0, space));
    if (space != std::string::npos) add(command.words.substr(0, space), command.words.substr(space + 1));
    for (const Flag& flag : command.flags) add(command.words, "--" + flag.name);
    for (const Flag& flag : common_flags()) add(command.words, "--" + flag.name);
    add(command.words, "--help");
  }
  return next;
}

std::string cases(std::string_view end) {
  std::string text;
  for (const auto& [start, words] : next_words())
    text += fmt::format("    '{}') found='{}' {}\n", start, fmt::join(words, " "), end);
  return text;
}

std::string bash() {
  return R"(# bash completion of deputy: source <(deputy completion bash)
_deputy() {
  local current="${COMP_WORDS[COMP_CWORD]}" start="" found="" i
  for ((i = 1; i < COMP_CWORD && i < 3; i++)); do
    [[ ${COMP_WORDS[i]} == -* ]] && break
    local longer="${start:+$start }${COMP_WORDS[i]}"
    _deputy_words "$longer" || break
    start="$longer"
  done
  _deputy_words "$start"
  COMPREPLY=($(compgen -W "$found" -- "$current"))
  [[ ${#COMPREPLY[@]} -eq 0 ]] && COMPREPLY=($(compgen -f -- "$current"))
}
_deputy_words() {
  case "$1" in
)" + cases(";;") +
         R"(    *) return 1 ;;
  esac
}
complete -F _deputy deputy
)";
}

std::string zsh() {
  return R"(#compdef deputy
# zsh completion of deputy: source <(deputy completion zsh)
_deputy_words() {
  local found=""
  case "$1" in
)" + cases(";;") +
         R"(    *) return 1 ;;
  esac
  reply=(${(s: :)found})
}
_deputy() {
  local start="" longer i
  local -a reply
  for ((i = 2; i < CURRENT && i < 4; i++)); do
    [[ "${words[i]}" == -* ]] && break
    longer="${start:+$start }${words[i]}"
    _deputy_words "$longer" || break
    start="$longer"
  done
  _deputy_words "$start"
  compadd -a reply || _files
}
compdef _deputy deputy
)";
}

std::string fish() {
  std::string text = "# fish completion of deputy: deputy completion fish | source\n";
  for (const auto& [start, words] : next_words()) {
    std::string condition = start.empty() ? "__fish_use_subcommand" : "__fish_seen_subcommand_from " + start;
    if (const auto space = start.find(' '); space != std::string::npos)
      condition = fmt::format("__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}",
                              start.substr(0, space),
                              start.substr(space + 1));
    for (const std::string& word : words) {
      const bool flag = word.starts_with("--");
      text += fmt::format("complete -c deputy {}-n '{}' {} {}\n", flag ? "" : "-f ", condition, flag ? "-l" : "-a",
                          flag ? word.substr(2) : word);
    }
  }
  return text;
}

Result<Done, Failure> completion(const Line& line, Session& session) {
  const std::string shell = line.text("SHELL");
  if (shell == "bash")
    session.out() << bash();
  else if (shell == "zsh")
    session.out() << zsh();
  else if (shell == "fish")
    session.out() << fish();
  else
    return misuse("completion is for bash, zsh or fish");
  return Done{};
}

}  // namespace

void add_completion(Table& table) {
  table.push_back({.words = "completion",
                   .doc = "Write a shell's completion of these commands.",
                   .example = "source <(deputy completion bash)",
                   .arguments = {{"SHELL", "bash, zsh or fish."}},
                   .run = completion});
}

}  // namespace deputy::cli
