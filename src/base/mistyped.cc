// Distances between words: optimal string alignment, row by row.
#include "base/mistyped.h"

#include <algorithm>
#include <utility>

namespace deputy {
namespace {

constexpr std::size_t length_max = 64;  // no command is as long, and the time goes with the square

std::size_t slips(std::string_view typed, std::string_view word) {
  std::vector<std::size_t> before_last(word.size() + 1), last(word.size() + 1), row(word.size() + 1);
  for (std::size_t j = 0; j <= word.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= typed.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= word.size(); ++j) {
      const bool same = typed[i - 1] == word[j - 1];
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && typed[i - 1] == word[j - 2] && typed[i - 2] == word[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, row);
  }
  return last[word.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view typed, const std::vector<std::string>& words) {
  if (typed.size() > length_max) return std::nullopt;
  std::size_t fewest = typed.size() <= 4 ? 1 : 2;
  std::optional<std::string> found;
  for (const auto& word : words) {
    const auto count = slips(typed, word);
    if (count > fewest || (found && count == fewest)) continue;
    fewest = count;
    found = word;
  }
  return found;
}

std::string no_such_command(const std::string& start, const std::string& typed,
                            const std::vector<std::string>& words) {
  const auto meant = nearest(typed, words);
  return "`" + start + "` has no command " + typed +
         (meant ? "; did you mean `" + start + " " + *meant + "`? See `" : "; see `") + start + " --help`";
}

}  // namespace deputy
