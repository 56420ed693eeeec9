// Schemas: what is taken, what is refused rather than passed over, and what an object is held against.
#include "directory/json_schema.h"

#include <gtest/gtest.h>

namespace deputy::directory {
namespace {

json::object object_of(std::string_view text) { return json::parse(text).as_object(); }

// A closed schema of one member.
std::string refusal_of(std::string_view member) {
  const auto compiled = JsonSchema::compile(
      object_of(R"({"type":"object","additionalProperties":false,"properties":{"a":)" + std::string(member) + "}}"));
  return compiled ? "" : compiled.error();
}

bool accepts(std::string_view member, std::string_view value) {
  const auto compiled = JsonSchema::compile(
      object_of(R"({"type":"object","additionalProperties":false,"required":["a"],"properties":{"a":)" +
                std::string(member) + "}}"));
  EXPECT_TRUE(compiled) << member;
  return compiled && compiled->accepts(json::parse(R"({"a":)" + std::string(value) + "}"));
}

TEST(Schema, holds_each_keyword_that_it_takes) {
  const std::vector<std::array<std::string_view, 3>> rows{
      // schema, accepted, refused
      {R"({"type":"string"})", R"("x")", "1"},
      {R"({"type":["integer","null"]})", "null", "1.5"},
      {R"({"enum":["EUR","USD"]})", R"("EUR")", R"("eur")"},
      {R"({"const":{"b":1}})", R"({"b":1})", R"({"b":2})"},
      {R"({"type":"number","minimum":1,"maximum":5})", "5", "5.01"},
      {R"({"type":"number","exclusiveMinimum":0})", "0.5", "0"},
      {R"({"type":"number","exclusiveMaximum":5})", "4", "5"},
      {R"({"type":"string","minLength":2,"maxLength":3})", R"("äö")", R"("abcd")"},
      {R"({"type":"array","items":{"type":"string"},"minItems":1,"maxItems":2})", R"(["x"])", R"(["x",2])"},
      {R"({"type":"array","uniqueItems":true})", "[1,2]", "[1,1]"},
      {R"({"type":"object","properties":{"b":{}},"additionalProperties":false})", R"({"b":1})", R"({"c":1})"},
      {R"({"type":"object","additionalProperties":{"type":"integer"}})", R"({"b":1})", R"({"b":"1"})"},
      {R"({"type":"object","minProperties":1,"maxProperties":1})", R"({"b":1})", "{}"},
      {R"({"allOf":[{"type":"integer"},{"minimum":3}]})", "3", "2"},
      {R"({"anyOf":[{"const":1},{"const":2}]})", "2", "3"},
      {R"({"oneOf":[{"type":"integer"},{"minimum":3}]})", "2", "3"},
      {R"({"not":{"type":"string"}})", "1", R"("x")"},
      {R"({"type":"string","format":"date"})", R"("2026-11-28")", R"("28.11.2026")"},
      {R"({"type":"string","format":"date-time"})", R"("2026-11-28T12:00:00Z")", R"("2026-11-28")"},
  };
  for (const auto& [schema, good, bad] : rows) {
    EXPECT_TRUE(accepts(schema, good)) << schema;
    EXPECT_FALSE(accepts(schema, bad)) << schema;
  }
}

TEST(Schema, is_closed_and_of_an_object) {
  EXPECT_FALSE(JsonSchema::compile(object_of("{}")));
  EXPECT_FALSE(JsonSchema::compile(object_of(R"({"type":"object"})")));
  EXPECT_FALSE(JsonSchema::compile(object_of(R"({"type":"array","additionalProperties":false})")));
  const auto none = JsonSchema::compile(object_of(R"({"type":"object","additionalProperties":false})"));
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->accepts(json::object()));
  EXPECT_FALSE(none->accepts(json::object{{"a", 1}}));
  EXPECT_FALSE(none->accepts(json::array()));
}

TEST(Schema, a42_a_keyword_that_would_be_passed_over_is_refused) {
  for (const auto* member : {R"({"pattern":"(a+)+$"})", R"({"patternProperties":{"a":{}}})", R"({"$ref":"#"})",
                             R"({"$ref":"https://evil.example/schema"})", R"({"if":{},"then":{}})",
                             R"({"dependencies":{}})", R"({"multipleOf":2})", R"({"unevaluatedProperties":false})",
                             R"({"contains":{}})", R"({"$defs":{}})", R"({"format":"email"})", R"({"MAXIMUM":1})"})
    EXPECT_NE(refusal_of(member), "") << member;
}

TEST(Schema, what_a_keyword_holds_is_of_its_shape) {
  for (const auto* member : {"true", "[]", R"({"type":"any"})", R"({"type":[]})", R"({"properties":[]})",
                             R"({"properties":{"a/b":{}}})", R"({"required":[1]})", R"({"required":true})",
                             R"({"additionalProperties":1})", R"({"items":[{}]})", R"({"enum":[]})",
                             R"({"minimum":"1"})", R"({"maxLength":-1})", R"({"maxLength":1.5})",
                             R"({"uniqueItems":1})", R"({"allOf":[]})", R"({"allOf":{}})", R"({"not":[]})",
                             R"({"title":1})"})
    EXPECT_NE(refusal_of(member), "") << member;
}

TEST(Schema, is_bounded_in_size_and_depth) {
  std::string deep = R"({"type":"string"})";
  for (int i = 0; i < 3; ++i) deep = R"({"allOf":[)" + deep + "]}";
  EXPECT_EQ(refusal_of(deep), "");
  for (int i = 0; i < 6; ++i) deep = R"({"allOf":[)" + deep + "]}";
  EXPECT_NE(refusal_of(deep), "");
  EXPECT_NE(refusal_of(R"({"title":")" + std::string(4100, 'x') + R"("})"), "");
}

}  // namespace
}  // namespace deputy::directory
