// Passwords that are common, or made of a common one in the ways everybody knows.
#include "signin/password/common.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace deputy::signin {
namespace {

const std::unordered_set<std::string_view>& words() {
  static const std::unordered_set<std::string_view> set = [] {
    std::unordered_set<std::string_view> made;
    for (auto rest = common_passwords; !rest.empty();) {
      const auto end = rest.find(' ');
      made.insert(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
    return made;
  }();
  return set;
}

bool is_letter(char c) { return c >= 'a' && c <= 'z'; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

// "p@ssw0rd" is "password".
std::string without_signs(std::string text) {
  constexpr std::string_view signs = "@430157$!", letters = "aaeoistsi";
  for (char& c : text)
    if (const auto at = signs.find(c); at != std::string_view::npos) c = letters[at];
  return text;
}

std::string_view word_in(std::string_view text) {
  const auto first = std::find_if(text.begin(), text.end(), is_letter);
  const auto last = std::find_if(text.rbegin(), text.rend(), is_letter).base();
  return first < last ? std::string_view(first, static_cast<std::size_t>(last - first)) : std::string_view();
}

}  // namespace

bool is_common(std::string_view password) {
  const auto text = lower(password);
  if (words().contains(text) || words().contains(word_in(text))) return true;
  // The signs behind a word are no letters of it: "p@ssw0rd!" is "p@ssw0rd" first.
  auto stem = std::string_view(text);
  while (!stem.empty() && !is_letter(stem.back())) stem.remove_suffix(1);
  return words().contains(without_signs(std::string(stem))) || words().contains(without_signs(text));
}

bool is_pattern(std::string_view password) {
  const auto text = lower(password);
  constexpr std::string_view rows[] = {"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl",
                                       "zxcvbnm", "qwertzuiop", "azertyuiop"};
  for (const auto row : rows) {
    const std::string back(row.rbegin(), row.rend());
    if (row.find(text) != std::string_view::npos || back.find(text) != std::string::npos) return true;
  }
  constexpr std::size_t piece_max = 4;
  for (std::size_t piece = 1; piece <= piece_max && piece * 2 <= text.size(); ++piece)
    if (std::equal(text.begin() + static_cast<std::ptrdiff_t>(piece), text.end(), text.begin())) return true;
  return false;
}

}  // namespace deputy::signin
