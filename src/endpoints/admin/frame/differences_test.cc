// What an event tells of a change: what differs, no secret, and no more than fits.
#include "endpoints/admin/frame/differences.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/hash.h"

using namespace deputy;
using namespace deputy::endpoints::admin;

namespace {

json::object read(const std::string& text) { return json::parse(text).as_object(); }
json::object told(json::object before, json::object after) {
  return read(differences(std::move(before), std::move(after)));
}

}  // namespace

TEST(Differences, are_the_members_that_are_not_alike) {
  EXPECT_EQ(told({{"name", "a"}, {"owner", "usr_1"}}, {{"name", "b"}, {"owner", "usr_1"}, {"lang", "en"}}),
            read(R"({"before":{"name":"a"},"after":{"name":"b","lang":"en"}})"));
  EXPECT_EQ(told({}, {{"name", "a"}}), read(R"({"after":{"name":"a"}})"));
  EXPECT_EQ(told({{"name", "a"}}, {}), read(R"({"before":{"name":"a"}})"));
  EXPECT_EQ(told({{"name", "a"}}, {{"name", "a"}}), read("{}"));
}

TEST(Differences, hold_no_secret) {
  EXPECT_EQ(told({{"secret_hash", "x"}, {"name", "a"}}, {{"secret_hash", "y"}, {"sealed", "z"}}),
            read(R"({"before":{"name":"a"}})"));
}

TEST(Differences, of_attributes_are_those_that_are_not_alike) {
  EXPECT_EQ(told({{"attributes", {{"team", "red"}, {"level", 1}, {"gone", true}}}},
                 {{"attributes", {{"team", "red"}, {"level", 2}, {"new", true}}}}),
            read(R"({"before":{"attributes":{"level":1,"gone":true}},"after":{"attributes":{"level":2,"new":true}}})"));
  // Those of a type are a list, and told whole.
  EXPECT_EQ(told({{"attributes", json::array{"a", "b"}}}, {{"attributes", json::array{"a"}}}),
            read(R"({"before":{"attributes":["a","b"]},"after":{"attributes":["a"]}})"));
}

TEST(Differences, that_are_too_much_are_named_the_largest_first) {
  json::object before, after;
  for (int i = 0; i < 50; ++i) {
    before["notes" + std::to_string(i)] = std::string(8000, 'a');
    after["notes" + std::to_string(i)] = std::string(8000, 'b');
  }
  before["badge"] = "old";
  after["badge"] = "new";
  const auto text = differences({{"name", "a"}, {"attributes", before}}, {{"name", "b"}, {"attributes", after}});
  EXPECT_LE(text.size(), changes_bytes_max + 4096) << "braces and commas";
  const auto shown = read(text);
  EXPECT_EQ(shown.at("before").at("name"), "a");
  EXPECT_EQ(shown.at("after").at("name"), "b");
  EXPECT_EQ(shown.at("before").at("attributes").at("badge"), "old");
  EXPECT_EQ(shown.at("after").at("attributes").at("badge"), "new");
  const auto& left_out = shown.at("left_out").as_array();
  EXPECT_EQ(left_out.size() + shown.at("after").at("attributes").as_object().size(), 51u);
  EXPECT_EQ(left_out.size(), 47u) << "three of 16,000, the small ones and what stands for the others fit";
  const std::string first(left_out[0].at("member").as_string()), under = "attributes/";
  ASSERT_TRUE(first.starts_with(under + "notes")) << first;
  EXPECT_FALSE(shown.at("before").at("attributes").as_object().contains(first.substr(under.size())));
  EXPECT_EQ(left_out[0].at("before").at("bytes"), 8002);
  EXPECT_NE(left_out[0].at("before").at("sha256"), left_out[0].at("after").at("sha256"));
  // A member that is no attribute is named alone. The digest is that of its JSON.
  const std::string schema(changes_bytes_max, 's');
  EXPECT_EQ(told({}, {{"name", "a"}, {"schema", schema}}),
            read(R"({"after":{"name":"a"},"left_out":[{"member":"schema","after":{"sha256":")" +
                 hex(as_text(crypto::sha256('"' + schema + '"'))) + R"(","bytes":)" +
                 std::to_string(schema.size() + 2) + "}}]}"));
}

TEST(Differences, that_are_too_much_tell_which_elements_of_a_list_came_and_went) {
  const auto key = [](const char* kid) { return json::value{{"kid", kid}, {"kty", "EC"}}; };
  const json::object padding{{"pad", std::string(changes_bytes_max, 'p')}};
  const json::value same{{"kty", "EC"}, {"kid", "stays"}};  // its members in another order
  const json::object before{{"keys", json::array{padding, key("stays"), key("old")}}};
  const json::object after{{"keys", json::array{same, key("new"), padding}}};
  const auto shown = told({{"jwks", before}}, {{"jwks", after}});
  ASSERT_EQ(shown.size(), 1u) << json::serialize(shown);
  const auto& one = shown.at("left_out").at(0).as_object();
  EXPECT_EQ(one.at("member"), "jwks");
  EXPECT_EQ(one.at("went"), json::array{key("old")});
  EXPECT_EQ(one.at("came"), json::array{key("new")});
  // What came is too large itself: its digest is told.
  const auto large = told({{"scopes", json::array{"a"}}}, {{"scopes", json::array{"a", padding}}});
  EXPECT_FALSE(large.at("left_out").at(0).as_object().contains("came"));
  EXPECT_EQ(large.at("left_out").at(0).at("after").at("sha256").as_string().size(), 64u);
}

TEST(Differences, digest_a_value_whatever_the_order_of_its_members) {
  const std::string pad(changes_bytes_max, 'p');
  const auto digest = [](const json::value& value) {
    return told({}, {{"schema", value}}).at("left_out").at(0).at("after").at("sha256");
  };
  EXPECT_EQ(digest({{"a", 1}, {"b", {{"c", pad}, {"d", nullptr}}}}),
            digest({{"b", {{"d", nullptr}, {"c", pad}}}, {"a", 1}}));
  EXPECT_NE(digest({{"a", 1}, {"b", pad}}), digest({{"a", 2}, {"b", pad}}));
}
