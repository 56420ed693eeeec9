// Agent types: attributes held against a schema.
#include "directory/agent_type.h"

#include <gtest/gtest.h>

using namespace deputy;
using namespace deputy::directory;

namespace {

const json::object type = *parse_json_object(R"({"name": "bot", "schema": [
    {"name": "team", "type": "string", "required": true, "pattern": "[a-z]{2,8}"},
    {"name": "seats", "type": "number", "unique": true},
    {"name": "live", "type": "boolean"},
    {"name": "region", "type": "enum", "values": ["eu", "us"]},
    {"name": "account", "type": "string", "credential": true}]})");

std::string problem_with(std::string_view attributes) {
  const auto problem = check_attributes(rules_of(type), *parse_json_object(attributes));
  return problem ? problem->field : "none";
}

}  // namespace

TEST(AgentType, reads_its_rules) {
  const auto rules = rules_of(type);
  ASSERT_EQ(rules.size(), 5u);
  EXPECT_TRUE(rules[0].required);
  EXPECT_EQ(rules[0].pattern, "[a-z]{2,8}");
  EXPECT_TRUE(rules[1].unique);
  EXPECT_EQ(rules[3].values, (std::vector<std::string>{"eu", "us"}));
  EXPECT_TRUE(rules[4].credential);
  EXPECT_TRUE(rules[4].unique) << "what identifies an agent identifies one agent";
  EXPECT_TRUE(rules_of({}).empty());
}

TEST(AgentType, accepts_what_its_schema_allows) {
  EXPECT_EQ(problem_with(R"({"team": "blue"})"), "none");
  EXPECT_EQ(problem_with(R"({"team": "blue", "seats": 3.5, "live": false, "region": "us", "account": "x"})"), "none");
}

TEST(AgentType, names_the_attribute_that_breaks_a_rule) {
  EXPECT_EQ(problem_with(R"({})"), "attributes/team");
  EXPECT_EQ(problem_with(R"({"team": "b"})"), "attributes/team");
  EXPECT_EQ(problem_with(R"({"team": "Blue"})"), "attributes/team");
  EXPECT_EQ(problem_with(R"({"team": 5})"), "attributes/team");
  EXPECT_EQ(problem_with(R"({"team": "blue", "seats": "3"})"), "attributes/seats");
  EXPECT_EQ(problem_with(R"({"team": "blue", "live": 1})"), "attributes/live");
  EXPECT_EQ(problem_with(R"({"team": "blue", "region": "asia"})"), "attributes/region");
  EXPECT_EQ(problem_with(R"({"team": "blue", "account": ""})"), "attributes/account") << "everybody knows that secret";
  EXPECT_EQ(problem_with(R"({"team": "blue", "admin": true})"), "attributes");
}

TEST(AgentType, one_number_is_one_value_of_an_index) {
  const auto entry = [](std::string_view attributes) {
    const auto entries = unique_attributes("aty_1", rules_of(type), *parse_json_object(attributes));
    EXPECT_EQ(entries.size(), 1u);
    return entries.at(0).name + "=" + entries.at(0).value + (entries.at(0).unique ? "!" : "");
  };
  EXPECT_EQ(entry(R"({"seats": 1})"), "attribute:aty_1:seats=1!");
  EXPECT_EQ(entry(R"({"seats": 1.0})"), entry(R"({"seats": 1})"));
  EXPECT_EQ(entry(R"({"seats": 1e0})"), entry(R"({"seats": 1})"));
  EXPECT_EQ(entry(R"({"seats": -0.0})"), entry(R"({"seats": 0})"));
  EXPECT_NE(entry(R"({"seats": 1.5})"), entry(R"({"seats": 1})"));
}

TEST(AgentType, a_credential_is_known_by_its_hash_alone) {
  const auto rules = rules_of(*parse_json_object(R"({"schema": [
      {"name": "key", "type": "string", "pattern": "k-[a-z]+", "required": true, "credential": true}]})"));
  EXPECT_TRUE(unique_attributes("aty_1", rules, {{"key", "k-x"}}).empty());
  const auto entries = unique_attributes("aty_1", rules, {}, {{"key", "c0ffee"}});
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries.at(0).value, "c0ffee");
  EXPECT_EQ(check_attributes(rules, {})->field, "attributes/key");
  EXPECT_FALSE(check_attributes(rules, {}, {{"key", "c0ffee"}})) << "it has one already";
  EXPECT_EQ(check_attributes(rules, {{"key", "x"}}, {{"key", "c0ffee"}})->field, "attributes/key");
}
