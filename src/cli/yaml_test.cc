// YAML in and out.
#include "cli/yaml.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace deputy::cli {
namespace {

// Short ones, whole ones, and any that there are.
double random_double(std::mt19937& random) {
  if (random() % 2) return static_cast<double>(static_cast<int>(random() % 2000) - 1000) / 8;
  const auto bits = std::uint64_t{random()} << 32 | random();
  const auto number = std::bit_cast<double>(bits);
  return std::isfinite(number) ? number : 1e300;
}

json::value random_value(std::mt19937& random, int depth) {
  const char* texts[] = {"",     "a",    "true", "No",  "~",      "12",   "-1",     "a: b",  "a #b", "- a", "ü",
                         "a\nb", " a",   "a ",   "'a'", "\"",     "*a",   "2026-01-01", "0x1f", "1.5", "user/alice",
                         "https://b.test/?a=b#c", "=",   "<<",  "{a}", "null", "x:",  "\t",    "!t",   "y",
                         "a\x7f", "\xc2\x85 b", "a\u2028b", " \u2029", "\ufeff", "a\u202eb",
                         "\U0001f916", "\u009b", "\u200f\u061c"};
  const auto text = [&] { return json::string(texts[random() % std::size(texts)]); };
  switch (random() % (depth > 3 ? 6 : 8)) {
    case 0: return nullptr;
    case 1: return random() % 2 == 0;
    case 2: return static_cast<std::int64_t>(random()) - (1 << 20);
    case 3: return text();
    case 4: return random_double(random);
    case 5: return std::numeric_limits<std::uint64_t>::max() - random();
    case 6: {
      json::array list;
      for (auto count = random() % 4; count > 0; --count) list.push_back(random_value(random, depth + 1));
      return list;
    }
    default: {
      json::object object;
      for (auto count = random() % 4; count > 0; --count) object[text()] = random_value(random, depth + 1);
      return object;
    }
  }
}

TEST(Yaml, gives_back_what_was_written) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    const json::value value = json::object{{"value", random_value(random, 0)}};
    const std::string text = to_yaml(value);
    const auto read = parse_yaml(text);
    ASSERT_TRUE(read) << seed << "\n" << text << "\n" << read.error().sentence;
    ASSERT_EQ(read->size(), 1u) << seed << "\n" << text;
    ASSERT_EQ(read->front().value, value) << seed << "\n" << text;
  }
}

TEST(Yaml, reads_as_numbers_what_is_written_back_as_it_was_and_nothing_else) {
  const auto read = [](const std::string& text) { return parse_yaml("a: " + text + "\n")->front().value.at("a"); };
  EXPECT_EQ(read("1.5"), json::value(1.5));
  EXPECT_EQ(read("-0.25"), json::value(-0.25));
  EXPECT_EQ(read("2.0"), json::value(2.0));
  EXPECT_EQ(read("1e+300"), json::value(1e300));
  EXPECT_EQ(read("1.5E0"), json::value(1.5)) << "as `--output json` writes it";
  EXPECT_EQ(read("-7"), json::value(-7));
  EXPECT_EQ(read("0"), json::value(0));
  EXPECT_EQ(read("18446744073709551615"), json::value(18446744073709551615u));
  for (const auto* text : {"1.", ".5", "1e", "+1.5", "1.5.2", "0x1f", "inf", "nan", "1e999", "01.5", "1_000", "007",
                           "01234", "0049123", "1.10", "-0", "12345678901234567890123", "12e4", "0.1000000000000000001"})
    EXPECT_EQ(read(text), json::value(text)) << text;
  EXPECT_EQ(to_yaml(json::object{{"ratio", 1.5}, {"whole", 2.0}, {"zip", "01234"}}),
            "ratio: 1.5\nwhole: 2.0\nzip: \"01234\"\n");
}

TEST(Yaml, escapes_what_other_readers_refuse_or_take_for_the_end_of_a_line) {
  EXPECT_EQ(to_yaml(json::object{{"a\u2028", "\xc2\x85\x7f\u2029\ufeff\uffff\u202e"}}),
            "\"a\\u2028\": \"\\u0085\\u007f\\u2029\\ufeff\\uffff\\u202e\"\n");
  EXPECT_EQ(to_yaml(json::object{{"a", "\u00a0\u738b"}}), "a: \"\u00a0\u738b\"\n");
}

TEST(Yaml, names_the_line_of_each_document_key_and_problem) {
  const auto documents = parse_yaml("# first\nkind: a\n---\n---\nkind: b\n");
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 2u);
  EXPECT_EQ(documents->at(0).line, 2);
  EXPECT_EQ(documents->at(1).line, 5);
  const auto lines = parse_yaml("---\nkind: a\nscopes:\n- name: x\n  nom: y\n- name: z\n")->front().lines;
  EXPECT_EQ(line_of(lines, "scopes", 1), 3);
  EXPECT_EQ(line_of(lines, "scopes/0/nom", 1), 5);
  EXPECT_EQ(line_of(lines, "scopes/1/description", 1), 6) << "the nearest around what is not there";
  EXPECT_EQ(line_of(lines, "name", 1), 1);
  const auto twice = parse_yaml("kind: a\nname: x\nname: y\n");
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().line, 3);
}

TEST(Yaml, a12_refuses_what_could_be_read_two_ways_or_without_end) {
  for (const auto* text : {"a: !!python/object x\n", "a: [b\n", "a: b: c\n", "? [a]\n: b\n"})
    EXPECT_FALSE(parse_yaml(text)) << text;
  std::string deep = "a: ";
  for (int i = 0; i < 40; ++i) deep += "[";
  for (int i = 0; i < 40; ++i) deep += "]";
  EXPECT_FALSE(parse_yaml(deep));
  std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) laughs += ", " + before;
    laughs += "]\n";
  }
  EXPECT_FALSE(parse_yaml(laughs));
}

}  // namespace
}  // namespace deputy::cli
