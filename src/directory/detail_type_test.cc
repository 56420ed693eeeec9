// Registered types: what may be registered, what lies within what, and the words a person is shown.
#include "directory/detail_type.h"

#include <gtest/gtest.h>

#include "directory/authority.h"

namespace deputy::directory {
namespace {

constexpr std::string_view payment = R"({
  "type": "payment", "description": "One payment",
  "schema": {"type": "object", "additionalProperties": false, "required": ["to", "amount"],
             "properties": {"to": {"type": "string"}, "amount": {"type": "number", "minimum": 0},
                            "actions": {"type": "array", "items": {"enum": ["pay", "cancel"]}},
                            "note": {"type": "string"}}},
  "display": {"en": "Pay up to {amount} to {to}", "zh": "向 {to} 付款，最多 {amount}"},
  "narrowing": {"amount": "at_most", "actions": "subset"}})";

json::object object_of(std::string_view text) { return json::parse(text).as_object(); }
DetailType type() { return *DetailType::from(object_of(payment)); }

// Where the problem is, when `change` replaces members of the type above.
std::string problem_of(std::string_view change) {
  auto body = object_of(payment);
  for (const auto& [name, value] : object_of(change)) {
    if (value.is_null()) body.erase(name);
    else body[name] = value;
  }
  const auto problem = check_detail_types(json::array{body}, "types", 20);
  if (!problem) EXPECT_TRUE(DetailType::from(body)) << change;
  return problem ? problem->field : "";
}

bool within(std::string_view narrower, std::string_view wider) {
  return type().within(object_of(narrower), object_of(wider));
}

TEST(DetailTypes, what_can_be_used_can_be_registered) {
  EXPECT_EQ(problem_of("{}"), "");
  EXPECT_EQ(problem_of(R"({"type":"https://pay.example/payment","narrowing":null,"description":null})"), "");
  EXPECT_EQ(problem_of(R"({"display":{"en":"Anything"}})"), "");
  EXPECT_FALSE(check_detail_types(json::array(), "types", 20));
}

TEST(DetailTypes, what_cannot_is_refused_where_it_is) {
  EXPECT_EQ(problem_of(R"({"type":"onward"})"), "types/0/type");
  EXPECT_EQ(problem_of(R"({"type":"limits"})"), "types/0/type");
  EXPECT_EQ(problem_of(R"({"type":"two words"})"), "types/0/type");
  EXPECT_EQ(problem_of(R"({"type":null})"), "types/0/type");
  EXPECT_EQ(problem_of(R"({"schema":null})"), "types/0/schema");
  EXPECT_EQ(problem_of(R"({"schema":{"type":"object"}})"), "types/0/schema");
  EXPECT_EQ(problem_of(R"({"display":null})"), "types/0/display");
  EXPECT_EQ(problem_of(R"({"display":{"zh":"x"}})"), "types/0/display");
  EXPECT_EQ(problem_of(R"({"display":{"en":"Pay {amount"}})"), "types/0/display");
  EXPECT_EQ(problem_of(R"({"display":{"en":"Pay amount}"}})"), "types/0/display");
  EXPECT_EQ(problem_of(R"({"display":{"en":"Pay {iban}"}})"), "types/0/display");
  EXPECT_EQ(problem_of("{\"display\":{\"en\":\"Pay \\u202E{amount}\"}}"), "types/0/display");
  EXPECT_EQ(problem_of(R"({"narrowing":{"amount":"less"}})"), "types/0/narrowing");
  EXPECT_EQ(problem_of(R"({"narrowing":{"iban":"equal"}})"), "types/0/narrowing");
  EXPECT_EQ(problem_of(R"({"narrowing":{"to":"at_most"}})"), "types/0/narrowing");
  EXPECT_EQ(problem_of(R"({"narrowing":{"actions":"at_most"}})"), "types/0/narrowing");
  EXPECT_EQ(problem_of(R"({"narrowing":{"amount":"subset"}})"), "types/0/narrowing");
  EXPECT_EQ(problem_of(R"({"extra":1})"), "types/0");
  EXPECT_TRUE(check_detail_types(json::array{object_of(payment), object_of(payment)}, "types", 20));
  EXPECT_TRUE(check_detail_types(json::array{object_of(payment)}, "types", 0));
  EXPECT_TRUE(check_detail_types(json::object(), "types", 20));
}

TEST(DetailTypes, a_rule_is_for_a_member_that_may_be_what_it_compares) {
  const auto narrowed = [](const std::string& member, const std::string& rule) {
    return problem_of(R"({"display":{"en":"x"},"narrowing":{"m":")" + rule +
                      R"("},"schema":{"type":"object","additionalProperties":false,"properties":{"m":)" + member +
                      "}}}");
  };
  for (const auto* number : {"{}", R"({"type":"integer"})", R"({"type":["number","null"]})", R"({"enum":[1,"x"]})",
                             R"({"const":5})", R"({"minimum":0})", R"({"anyOf":[{"type":"string"},{"type":"number"}]})"})
    EXPECT_EQ(narrowed(number, "at_most"), "") << number;
  for (const auto* none : {R"({"type":"string"})", R"({"type":["string","null"]})", R"({"enum":["EUR","USD"]})",
                           R"({"const":"x"})", R"({"oneOf":[{"type":"string"},{"type":"array"}]})",
                           R"({"allOf":[{"minimum":0},{"type":"string"}]})"}) {
    EXPECT_EQ(narrowed(none, "at_most"), "types/0/narrowing") << none;
    EXPECT_EQ(narrowed(none, "equal"), "") << none;
  }
  EXPECT_EQ(narrowed(R"({"enum":[["a"],["a","b"]]})", "subset"), "");
  EXPECT_EQ(narrowed(R"({"type":"object"})", "subset"), "types/0/narrowing");
}

TEST(DetailTypes, an_object_is_held_against_the_schema_and_the_name) {
  EXPECT_TRUE(type().accepts(object_of(R"({"type":"payment","to":"a","amount":5})")));
  EXPECT_FALSE(type().accepts(object_of(R"({"type":"payment","to":"a"})")));
  EXPECT_FALSE(type().accepts(object_of(R"({"type":"payment","to":"a","amount":5,"iban":"x"})")));
  EXPECT_FALSE(type().accepts(object_of(R"({"type":"other","to":"a","amount":5})")));
  EXPECT_FALSE(type().accepts(object_of(R"({"to":"a","amount":5})")));
}

TEST(DetailTypes, i1_narrower_is_what_each_members_rule_says) {
  constexpr auto wider = R"({"type":"payment","to":"a","amount":50,"actions":["pay","cancel"]})";
  EXPECT_TRUE(within(wider, wider));
  EXPECT_TRUE(within(R"({"actions":["pay"],"amount":49.5,"to":"a","type":"payment"})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"b","amount":50,"actions":["pay"]})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":50.5,"actions":["pay"]})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":50,"actions":["pay","refund"]})", wider));
  // One that is left out, or added, may mean more.
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":50})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":50,"actions":["pay"],"note":"x"})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":"1","actions":["pay"]})", wider));
  EXPECT_FALSE(within(R"({"type":"payment","to":"a","amount":50,"actions":"pay"})", wider));
}

TEST(DetailTypes, large_numbers_are_compared_exactly) {
  const auto of = [](std::string_view amount) {
    return R"({"type":"payment","to":"a","amount":)" + std::string(amount) + "}";
  };
  EXPECT_TRUE(within(of("9007199254740992"), of("9007199254740993")));
  EXPECT_FALSE(within(of("9007199254740993"), of("9007199254740992")));
  EXPECT_FALSE(within(of("18446744073709551615"), of("9223372036854775807")));
}

TEST(DetailTypes, a37_a_person_is_shown_every_member_and_which_words_are_the_requests) {
  const auto detail = object_of(R"({"type":"payment","to":"Bob. Pay 1","amount":50,"note":"rent","actions":["pay"]})");
  const auto english = shown(type(), detail, "en");
  ASSERT_EQ(english.pieces.size(), 4u);
  EXPECT_EQ(english.pieces[0].text, "Pay up to ");
  EXPECT_EQ(english.pieces[0].kind, Shown::Piece::Kind::words);
  EXPECT_EQ(english.pieces[1].text, "50");
  EXPECT_EQ(english.pieces[3].text, "Bob. Pay 1");
  EXPECT_EQ(english.pieces[3].kind, Shown::Piece::Kind::value);
  using Rest = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(english.rest, (Rest{{"note", "rent"}, {"actions", "pay"}}));
  EXPECT_EQ(shown(type(), detail, "zh-Hans").pieces[0].text, "向 ");
  EXPECT_EQ(shown(type(), detail, "fr").pieces[0].text, "Pay up to ");
}

TEST(DetailTypes, a_resource_with_a_type_that_cannot_be_read_is_damaged) {
  json::object body{{"identifier", "https://pay.example"}, {"authorization_details_types", {object_of(payment)}}};
  const auto resource = Resource::from("res_1", body);
  ASSERT_TRUE(resource);
  EXPECT_NE(resource->detail_type("payment"), nullptr);
  EXPECT_EQ(resource->detail_type("other"), nullptr);
  body["authorization_details_types"].as_array()[0].as_object().erase("schema");
  EXPECT_FALSE(Resource::from("res_1", body));
}

}  // namespace
}  // namespace deputy::directory
