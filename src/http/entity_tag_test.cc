// Which entity tags a request names.
#include "http/entity_tag.h"

#include <gtest/gtest.h>

namespace deputy::http {
namespace {

bool weakly(Headers headers) {
  return names_tag({.headers = std::move(headers)}, "If-None-Match", R"("one")", TagComparison::weak);
}
bool strongly(std::string value) {
  return names_tag({.headers = {{"if-match", std::move(value)}}}, "If-Match", R"("one")", TagComparison::strong);
}

TEST(EntityTag, s13_1_2_is_found_alone_in_a_list_and_on_another_line) {
  for (const auto* named : {R"("one")", R"(W/"one")", R"("two", "one")", R"(W/"two",	W/"one")", R"(, "one" ,)", "*",
                            R"("a,b", "one")", R"("","one")"})
    EXPECT_TRUE(weakly({{"If-None-Match", named}})) << named;
  EXPECT_TRUE(weakly({{"If-None-Match", R"("two")"}, {"IF-NONE-MATCH", R"("one")"}}));
}

TEST(EntityTag, s13_1_2_another_is_not_this_one) {
  for (const auto* other : {R"("two")", R"("ONE")", "one", "", R"("one)", R"(w/"one")", R"("a, "one")", R"("two" "one")",
                            R"(*, "two")"})
    EXPECT_FALSE(weakly({{"If-None-Match", other}})) << other;
  EXPECT_FALSE(weakly({{"If-Match", R"("one")"}}));
  EXPECT_FALSE(weakly({}));
}

TEST(EntityTag, s13_1_1_a_weak_tag_permits_no_change) {
  EXPECT_TRUE(strongly(R"("two", "one")"));
  EXPECT_FALSE(strongly(R"(W/"one")"));
}

}  // namespace
}  // namespace deputy::http
