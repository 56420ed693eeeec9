// Tables whose cells hold any script.
#include "cli/output.h"

#include <gtest/gtest.h>

#include <sstream>

namespace deputy::cli {
namespace {

TEST(Width, is_what_a_terminal_gives_the_text) {
  EXPECT_EQ(width(""), 0u);
  EXPECT_EQ(width("bot"), 3u);
  EXPECT_EQ(width("J\u00fcrgen"), 6u);
  EXPECT_EQ(width("Ju\u0308rgen"), 6u) << "a mark that is set on a letter";
  EXPECT_EQ(width("\u738b\u5c0f\u660e"), 6u);
  EXPECT_EQ(width("\uff21\uff22"), 4u) << "full width";
  EXPECT_EQ(width("\uac00a"), 3u);
  EXPECT_EQ(width("\U0001f916"), 2u);
  EXPECT_EQ(width("\xff\xfe"), 2u) << "no text at all";
}

TEST(Table, has_its_columns_below_each_other_in_any_script) {
  std::ostringstream out;
  json::array agents;
  for (const auto* name : {"\u738b", "ann", "e\u0301"})
    agents.push_back(json::object{{"name", name}, {"state", "active"}});
  show_list(out, Format::table, agents, {"name", "state"});
  EXPECT_EQ(out.str(), "NAME  STATE\n\u738b    active\nann   active\ne\u0301     active\n");
}

}  // namespace
}  // namespace deputy::cli
