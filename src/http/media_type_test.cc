// Content-Type and Accept as clients write them.
#include "http/media_type.h"

#include <gtest/gtest.h>

namespace deputy::http {
namespace {

bool rather_jwt(std::vector<std::string> lines) {
  Request request;
  for (auto& line : lines) request.headers.emplace_back("accept", std::move(line));
  return prefers(request, "application/x+jwt", "application/json");
}

TEST(MediaType, is_compared_without_case_and_parameters) {
  EXPECT_TRUE(is_media_type("application/json", "application/json"));
  EXPECT_TRUE(is_media_type("Application/JSON ; charset=utf-8", "application/json"));
  EXPECT_FALSE(is_media_type("application/jsonx", "application/json"));
  EXPECT_FALSE(is_media_type("", "application/json"));
}

TEST(MediaType, a_charset_is_utf_8_or_none) {
  for (const auto* good : {"", "application/json", "application/json;", "application/json; charset=utf-8",
                           "application/json;CharSet=UTF-8 ; x=y", "application/json; charset=\"Utf-8\"",
                           "application/json; x=\"; charset=utf-16\"", "application/json; charsets=utf-16"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const auto* bad : {"application/json; charset=utf-16", "application/json;charset=iso-8859-1",
                          "application/json; charset=", "application/json; charset", "application/json; x=y; charset=x",
                          "application/json; charset=utf-8; charset=utf-16", "application/json; charset=\"utf-16\""})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

TEST(Accept, a_type_is_named_by_itself) {
  EXPECT_TRUE(rather_jwt({"application/x+jwt"}));
  EXPECT_TRUE(rather_jwt({"text/html;level=1 , APPLICATION/X+jwt"}));
  for (const auto* other : {"", "*/*", "application/*", "application/x+jwtx", "xapplication/x+jwt", "application/json",
                            "application/y;of=\"a, application/x+jwt\"", ";q=1", ",,"})
    EXPECT_FALSE(rather_jwt({other})) << other;
  EXPECT_FALSE(rather_jwt({}));
}

TEST(Accept, the_greater_weight_is_preferred_and_of_two_alike_what_is_named) {
  EXPECT_TRUE(rather_jwt({"application/x+jwt, application/json"}));
  EXPECT_TRUE(rather_jwt({"application/x+jwt;q=0.8, application/json; Q=0.799"}));
  EXPECT_FALSE(rather_jwt({"application/x+jwt;q=0.5, application/json"}));
  EXPECT_FALSE(rather_jwt({"application/x+jwt;q=0.5, */*"}));
  EXPECT_FALSE(rather_jwt({"application/x+jwt;q=0.5, application/*;q=0.6"}));
}

TEST(Accept, the_most_specific_range_counts) {
  EXPECT_TRUE(rather_jwt({"application/x+jwt;q=0.5, application/json;q=0.1, application/*;q=0.6, */*"}));
  EXPECT_TRUE(rather_jwt({"*/*, application/*;q=0.1, application/x+jwt;q=0.5"}));
}

TEST(Accept, a_weight_of_nothing_and_a_malformed_one_are_a_no) {
  for (const auto* q : {"0", "0.", "0.000", "", "2", "1.1", "1.001", "0.1234", "x", "-1", "1e0", "0,5"})
    EXPECT_FALSE(rather_jwt({std::string("application/x+jwt;q=") + q})) << q;
  for (const auto* q : {"1", "1.", "1.000", "0.001", " 1"})
    EXPECT_TRUE(rather_jwt({std::string("application/x+jwt;q=") + q})) << q;
}

TEST(Accept, all_its_lines_are_one_list) {
  EXPECT_TRUE(rather_jwt({"application/json;q=0.9", "application/x+jwt"}));
  EXPECT_FALSE(rather_jwt({"application/x+jwt;q=0.5", "application/json"}));
}

}  // namespace
}  // namespace deputy::http
