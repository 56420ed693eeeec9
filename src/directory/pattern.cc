// A set of states moved along the text, one byte at a time: no backtracking.
#include "directory/pattern.h"

#include <charconv>

namespace deputy::directory {
namespace {

using Set = std::array<bool, 256>;
constexpr std::size_t steps_max = 500, repeat_max = 100, text_max = 2000;

void add_range(Set& set, unsigned char from, unsigned char to) {
  for (int c = from; c <= to; ++c) set[static_cast<std::size_t>(c)] = true;
}

// After a backslash: \d, \w, or the character itself.
void add_escape(Set& set, char c) {
  if (c == 'd') return add_range(set, '0', '9');
  if (c == 'w') {
    add_range(set, 'a', 'z');
    add_range(set, 'A', 'Z');
    add_range(set, '0', '9');
    return add_range(set, '_', '_');
  }
  add_range(set, static_cast<unsigned char>(c), static_cast<unsigned char>(c));
}

// "[a-z_]" from just after the '['; leaves `text` after the ']'.
bool read_class(std::string_view& text, Set& set) {
  const bool negated = text.starts_with('^');
  if (negated) text.remove_prefix(1);
  bool any = false;
  while (!text.empty() && text.front() != ']') {
    auto from = text.front();
    text.remove_prefix(1);
    any = true;
    if (from == '\\') {
      if (text.empty()) return false;
      add_escape(set, text.front());
      text.remove_prefix(1);
      continue;
    }
    auto to = from;
    if (text.size() >= 2 && text[0] == '-' && text[1] != ']') {
      to = text[1];
      if (to == '\\') return false;  // "[a-\\d]" has no one meaning
      text.remove_prefix(2);
    }
    if (static_cast<unsigned char>(to) < static_cast<unsigned char>(from)) return false;
    add_range(set, static_cast<unsigned char>(from), static_cast<unsigned char>(to));
  }
  if (text.empty() || !any) return false;
  text.remove_prefix(1);
  if (negated)
    for (auto& one : set) one = !one;
  return true;
}

bool read_atom(std::string_view& text, Set& set) {
  const char c = text.front();
  text.remove_prefix(1);
  if (c == '[') return read_class(text, set);
  if (c == '.') return add_range(set, 0, 255), true;
  if (c == '\\') {
    if (text.empty()) return false;
    add_escape(set, text.front());
    text.remove_prefix(1);
    return true;
  }
  if (std::string_view("?*+{}()|]^$").find(c) != std::string_view::npos) return false;
  return add_range(set, static_cast<unsigned char>(c), static_cast<unsigned char>(c)), true;
}

struct Times {
  std::size_t least = 1, most = 1;
  bool unbounded = false;
};

bool read_number(std::string_view& text, std::size_t& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || out > repeat_max) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool read_times(std::string_view& text, Times& times) {
  if (text.empty()) return true;
  const char c = text.front();
  if (c == '?') times = {0, 1, false};
  else if (c == '*') times = {0, 1, true};
  else if (c == '+') times = {1, 1, true};
  else if (c != '{') return true;
  text.remove_prefix(1);
  if (c != '{') return true;
  if (!read_number(text, times.least)) return false;
  times.most = times.least;
  if (text.starts_with(',')) {
    text.remove_prefix(1);
    if (!read_number(text, times.most)) return false;
  }
  if (!text.starts_with('}') || times.most < times.least || times.most == 0) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<Pattern> Pattern::parse(std::string_view text) {
  Pattern pattern;
  while (!text.empty()) {
    Step step;
    Times times;
    if (!read_atom(text, step.accepts) || !read_times(text, times)) return std::nullopt;
    for (std::size_t i = 0; i < times.most; ++i) {
      step.optional = i >= times.least;
      step.repeats = times.unbounded;
      pattern.steps_.push_back(step);
    }
    if (pattern.steps_.size() > steps_max) return std::nullopt;
  }
  return pattern;
}

bool Pattern::matches(std::string_view text, std::size_t* steps) const {
  if (steps != nullptr) *steps = 0;
  if (text.size() > text_max) return false;
  // at[i]: the text so far may be followed by step i; at[size]: it may end here.
  std::vector<char> at(steps_.size() + 1, 0), next(steps_.size() + 1, 0);
  const auto skip = [&](std::vector<char>& states) {
    if (steps != nullptr) *steps += states.size();
    for (std::size_t i = 0; i < steps_.size(); ++i)
      if (states[i] && steps_[i].optional) states[i + 1] = 1;
  };
  at[0] = 1;
  skip(at);
  for (const char c : text) {
    std::fill(next.begin(), next.end(), 0);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
      if (!at[i] || !steps_[i].accepts[static_cast<unsigned char>(c)]) continue;
      next[i + 1] = 1;
      if (steps_[i].repeats) next[i] = 1;  // taken again; whether it may be left was said by the line above
    }
    skip(next);
    at.swap(next);
  }
  return at.back() != 0;
}

}  // namespace deputy::directory
