// RFC 3339 read strictly, and back.
#include "directory/instant.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace deputy;
using directory::parse_rfc3339;

TEST(Instant, reads_what_rfc_3339_writes) {
  EXPECT_EQ(parse_rfc3339("2026-11-24T06:03:47Z"), from_unix_seconds(1'795'500'227));
  EXPECT_EQ(parse_rfc3339("2026-11-24T06:03:47.5Z"), from_unix_millis(1'795'500'227'500));
  EXPECT_EQ(parse_rfc3339("2026-11-24t06:03:47.123999z"), from_unix_millis(1'795'500'227'123));
  EXPECT_EQ(parse_rfc3339("2026-11-24T07:33:47+01:30"), from_unix_seconds(1'795'500'227));
  EXPECT_EQ(parse_rfc3339("2026-11-23T22:03:47-08:00"), from_unix_seconds(1'795'500'227));
  EXPECT_TRUE(parse_rfc3339("2028-02-29T00:00:00Z"));
}

TEST(Instant, refuses_all_else) {
  for (const auto* bad : {"", "2026-11-24", "2026-11-24T06:03:47", "2026-11-24 06:03:47Z", "2026-11-24T06:03Z",
                          "2026-13-01T00:00:00Z", "2027-02-29T00:00:00Z", "2026-11-24T24:00:00Z",
                          "2026-11-24T06:60:00Z", "2026-11-24T06:03:60Z", "2026-11-24T06:03:47.Z",
                          "2026-11-24T06:03:47+0100", "2026-11-24T06:03:47+24:00", "2026-11-24T06:03:47Z ",
                          "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
                          "+2026-11-24T06:03:47Z", "20266-11-24T06:03:47Z"})
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
}

RC_GTEST_PROP(Instant, what_is_written_is_read_as_it_was, ()) {
  constexpr std::int64_t end_of_9999 = 253'402'300'800'000;
  const auto at = from_unix_millis(*rc::gen::inRange<std::int64_t>(0, end_of_9999));
  RC_ASSERT(parse_rfc3339(rfc3339(at)) == at);
}
