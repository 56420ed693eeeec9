// What is written is what a parser reads.
#include "base/json_text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace deputy {
namespace {

TEST(JsonText, holds_what_it_is_given_in_that_order_and_leaves_out_what_is_empty) {
  JsonText text;
  text.text("a", "").texts("b", {}).json("c", "").text("d", "x\"\n").texts("e", {"1", "\\"}).number("f", -7);
  EXPECT_EQ(text.flag("g", true).flag("h", false).json("i", R"({"j":[]})").members(R"(,"k":1)").close(),
            R"({"d":"x\"\u000a","e":["1","\\"],"f":-7,"g":true,"h":false,"i":{"j":[]},"k":1})");
  EXPECT_EQ(JsonText().close(), "{}");
}

TEST(JsonText, reads_back_as_it_was_whatever_the_text) {
  std::string every;
  for (int c = 0; c < 128; ++c) every.push_back(static_cast<char>(c));
  every += "é中\xF0\x9F\x90\x8D";
  const auto read = parse_json_object(JsonText(8).text("every", every).texts("list", {every, ""}).close());
  ASSERT_TRUE(read);
  EXPECT_EQ(text_of(*read, "every"), every);
  EXPECT_EQ(texts_of(*read, "list"), (std::vector<std::string>{every, ""}));
}

}  // namespace
}  // namespace deputy
