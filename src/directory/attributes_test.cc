// Attributes: what they may be called, and what was called otherwise before.
#include <gtest/gtest.h>

#include "directory/noun.h"

using namespace deputy;
using namespace deputy::directory;

namespace {

// Controls, ends of lines, and what turns the direction of the text around it.
constexpr const char* hidden[] = {"\x7f", "\x1b[31m", "\n", "\t", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
                                  "\xe2\x80\xae", "\xe2\x81\xa6"};

std::string patched(const json::object& before, const json::object& attributes) {
  const auto checked = check_patch(noun(Kind::user), before, {{"attributes", attributes}});
  return checked ? json::serialize(checked->at("attributes")) : checked.error().field + " " + checked.error().sentence;
}

}  // namespace

TEST(Attributes, a37_have_names_of_one_line_without_control_characters) {
  for (const Kind kind : {Kind::user, Kind::agent})
    for (const std::string name : hidden) {
      json::object sent{{"attributes", {{"a" + name, 1}}}};
      if (kind == Kind::user) sent["username"] = "u";
      else sent.insert({{"name", "a"}, {"owner", "usr_01jd0000000000000000000000"}});
      const auto refused = check_new(noun(kind), sent);
      ASSERT_FALSE(refused) << name;
      EXPECT_EQ(refused.error().field, "attributes");
      EXPECT_TRUE(refused.error().sentence.ends_with("on one line, without control characters"));
    }
  EXPECT_TRUE(check_new(noun(Kind::user), {{"username", "u"}, {"attributes", {{"\u90e8 \u9580/\u00fc", 1}}}}));
}

TEST(Attributes, that_were_called_otherwise_before_hold_up_no_other_change) {
  for (const std::string name : hidden) {
    json::object user{{"username", "u"}, {"state", "active"}, {"attributes", {{name, 1}, {"a", 1}}}};
    EXPECT_TRUE(check_patch(noun(Kind::user), user, {{"name", "U"}}));
    EXPECT_EQ(patched(user, {{name, nullptr}, {"a", 2}}), R"({"a":2})");
    EXPECT_TRUE(patched(user, {{"a", 2}}).starts_with("{")) << "it stays as it was";
    EXPECT_TRUE(patched(user, {{name, 2}}).starts_with("attributes must name")) << "and is not written again";
    EXPECT_TRUE(patched({{"username", "u"}}, {{name, 1}}).starts_with("attributes must name"));
  }
}
