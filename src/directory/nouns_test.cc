// The table of nouns agrees with itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "directory/noun.h"

namespace deputy::directory {
namespace {

TEST(Nouns, are_a_table_that_agrees_with_itself) {
  for (const auto& noun : nouns()) {
    const auto name = std::string(row(noun.kind).name);
    EXPECT_EQ(noun_of(noun.kind), &noun);
    EXPECT_TRUE(noun.doc.ends_with('.')) << name;
    std::set<std::string_view> names;
    for (const auto& field : noun.fields) {
      const auto where = name + "." + std::string(field.name);
      EXPECT_TRUE(names.insert(field.name).second) << where;
      EXPECT_TRUE(field.doc.ends_with('.')) << where;
      EXPECT_EQ(noun.field(field.name), &field) << where;
      EXPECT_TRUE(field.of.empty() || (field.of != field.name && names.contains(field.of))) << where;
      EXPECT_EQ(field.type == Type::choice, !field.choices.empty()) << where;
      EXPECT_EQ(field.type == Type::reference || field.type == Type::references, !field.kinds.empty()) << where;
      if (field.type == Type::choice && !field.fallback.empty()) {
        const std::string fallback(parse_json(field.fallback)->as_string());
        EXPECT_NE(std::find(field.choices.begin(), field.choices.end(), fallback), field.choices.end()) << where;
      }
    }
  }
  for (const auto kind : {Kind::membership, Kind::ownership, Kind::key}) EXPECT_EQ(noun_of(kind), nullptr);
}

}  // namespace
}  // namespace deputy::directory
