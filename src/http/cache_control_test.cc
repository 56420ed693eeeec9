// What Cache-Control is understood to say.
#include "http/cache_control.h"

#include <gtest/gtest.h>

namespace deputy::http {
namespace {

TEST(CacheControl, max_age_is_a_directive_whatever_its_case_place_and_quotes) {
  for (const auto* text : {"max-age=90", "public, max-age=90", "Max-Age=90", "MAX-AGE=\"90\"", "max-age=90,public",
                           "\tpublic ,\tmax-age=90 , immutable", "private=\"a, max-age=1\", max-age=90",
                           "x=\"\\\"\", max-age=90", "max-age=90, max-age=1", ",max-age=90"})
    EXPECT_EQ(max_age(text), Seconds(90)) << text;
}

TEST(CacheControl, another_directive_is_not_max_age) {
  for (const auto* text : {"", "public", "s-maxage=90", "x-max-age=90", "private=\"max-age=90\"", "max-agent=90",
                           "no-storage", "x=\", max-age=90"})
    EXPECT_EQ(max_age(text), std::nullopt) << text;
}

TEST(CacheControl, what_may_not_be_kept_or_is_no_number_is_stale_at_once) {
  for (const auto* text : {"no-store", "max-age=90, No-Store", "no-cache, max-age=90", "no-cache=\"Set-Cookie\"",
                           "max-age=", "max-age", "max-age=-1", "max-age=9x", "max-age=1.5", "max-age=\"\""})
    EXPECT_EQ(max_age(text), Seconds(0)) << text;
}

TEST(CacheControl, an_age_beyond_counting_is_a_long_one) {
  EXPECT_EQ(max_age("max-age=99999999999999999999999"), Seconds(1LL << 31));
}

}  // namespace
}  // namespace deputy::http
