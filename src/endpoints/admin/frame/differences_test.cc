// What an event tells of a change: what differs, no secret, and no more than fits.
#include "endpoints/admin/frame/differences.h"

#include <gtest/gtest.h>

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
  EXPECT_LE(text.size(), changes_bytes_max + 4096);
  const auto shown = read(text);
  EXPECT_EQ(shown.at("before").at("name"), "a");
  EXPECT_EQ(shown.at("after").at("name"), "b");
  EXPECT_EQ(shown.at("before").at("attributes").at("badge"), "old");
  EXPECT_EQ(shown.at("after").at("attributes").at("badge"), "new");
  const auto& left_out = shown.at("left_out").as_array();
  EXPECT_EQ(left_out.size() + shown.at("after").at("attributes").as_object().size(), 51u);
  EXPECT_EQ(left_out.size(), 46u) << "four of 16,000 and the small ones fit";
  EXPECT_TRUE(std::string(left_out[0].as_string()).starts_with("attributes/notes"));
  EXPECT_FALSE(shown.at("before").at("attributes").as_object().contains(
      std::string(left_out[0].as_string()).substr(std::string("attributes/").size())));
  // A member that is no attribute is named alone.
  EXPECT_EQ(told({}, {{"name", "a"}, {"schema", std::string(changes_bytes_max, 's')}}),
            read(R"({"after":{"name":"a"},"left_out":["schema"]})"));
}
