// Patterns: what the small language means, and that nobody can make it slow.
#include "directory/pattern.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

using deputy::directory::Pattern;

namespace {

bool matches(std::string_view pattern, std::string_view text) {
  const auto parsed = Pattern::parse(pattern);
  EXPECT_TRUE(parsed) << pattern;
  return parsed && parsed->matches(text);
}

// The plain meaning, by trying everything: right, and exponential.
bool matches_slowly(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  const bool starred = pattern.size() > 1 && pattern[1] == '*', optional = pattern.size() > 1 && pattern[1] == '?';
  const auto rest = pattern.substr(starred || optional ? 2 : 1);
  if ((starred || optional) && matches_slowly(rest, text)) return true;
  if (text.empty() || (pattern[0] != '.' && pattern[0] != text[0])) return false;
  return matches_slowly(starred ? pattern : rest, text.substr(1));
}

}  // namespace

TEST(Pattern, reads_each_form) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_FALSE(matches("", "a"));
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_TRUE(matches("a.c", "a/c"));
  EXPECT_TRUE(matches("[a-c_]+", "ab_c"));
  EXPECT_FALSE(matches("[a-c_]+", "abd"));
  EXPECT_TRUE(matches("[^0-9]*", "abc"));
  EXPECT_FALSE(matches("[^0-9]*", "ab1"));
  EXPECT_TRUE(matches("[a-]", "-"));
  EXPECT_TRUE(matches(R"(\d{4}-\d{2})", "2026-11"));
  EXPECT_FALSE(matches(R"(\d{4}-\d{2})", "2026-1"));
  EXPECT_TRUE(matches(R"(\w{2,3})", "a_"));
  EXPECT_TRUE(matches(R"(\w{2,3})", "a_9"));
  EXPECT_FALSE(matches(R"(\w{2,3})", "a_9x"));
  EXPECT_FALSE(matches(R"(\w{2,3})", "a"));
  EXPECT_TRUE(matches(R"(\.\*)", ".*"));
  EXPECT_TRUE(matches("https?://x", "http://x"));
}

TEST(Pattern, is_anchored_at_both_ends) {
  EXPECT_FALSE(matches("b", "abc"));
  EXPECT_FALSE(matches("ab", "abc"));
  EXPECT_FALSE(matches("bc", "abc"));
  EXPECT_FALSE(matches(R"(\d+)", "12\n"));
}

TEST(Pattern, refuses_what_is_not_its_language) {
  for (const auto* bad : {"*", "+a", "a**", "a??", "(a)", "a|b", "^a", "a$", "[", "[]", "[a", "[z-a]", R"([a-\d])",
                          "\\", "a{", "a{x}", "a{2", "a{3,2}", "a{101}", "a{0}", "a{1,}", "}", "]",
                          "a{99999999999999999999}", "[ab]{100}[ab]{100}[ab]{100}[ab]{100}[ab]{100}[ab]"})
    EXPECT_FALSE(Pattern::parse(bad)) << bad;
}

// A backtracking matcher takes 2^100 steps for this one. Steps are counted, not seconds.
TEST(Pattern, a42_takes_no_more_steps_than_pattern_times_text) {
  std::string hostile;
  for (int i = 0; i < 100; ++i) hostile += "a?";
  hostile += "a{100}";
  const auto pattern = Pattern::parse(hostile);
  ASSERT_TRUE(pattern);
  std::size_t steps = 0;
  EXPECT_TRUE(pattern->matches(std::string(100, 'a'), &steps));
  EXPECT_LE(steps, 201u * 101u);
  EXPECT_FALSE(pattern->matches(std::string(1999, 'a') + "b", &steps));
  EXPECT_LE(steps, 201u * 2001u);
  EXPECT_FALSE(pattern->matches(std::string(2001, 'a'), &steps));
  EXPECT_EQ(steps, 0u);
}

RC_GTEST_PROP(Pattern, means_what_trying_everything_means, ()) {
  const auto atoms = *rc::gen::container<std::vector<std::pair<char, char>>>(
      rc::gen::pair(rc::gen::elementOf(std::string("ab.")), rc::gen::elementOf(std::string("*? "))));
  std::string pattern;
  for (std::size_t i = 0; i < std::min<std::size_t>(atoms.size(), 8); ++i) {
    pattern.push_back(atoms[i].first);
    if (atoms[i].second != ' ') pattern.push_back(atoms[i].second);
  }
  auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab")));
  text.resize(std::min<std::size_t>(text.size(), 12));
  const auto parsed = Pattern::parse(pattern);
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->matches(text) == matches_slowly(pattern, text));
}
