// A change of nothing, and members that are not a caller's to send.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {
struct Sent : testing::Test, Administration {};
}  // namespace

TEST_F(Sent, a_change_of_nothing_leaves_the_version_and_records_nothing) {
  const auto id = create_id("users", {{"username", "alice"}, {"name", "Alice"}});
  clock.advance(Seconds(5));
  const auto before = body_of(call(admin_token(), "GET", "/v1/users/" + id));
  for (const json::object& patch : {json::object{}, json::object{{"name", "Alice"}}}) {
    const auto same = call(admin_token(), "PATCH", "/v1/users/" + id, patch, {{"If-Match", "\"1\""}});
    EXPECT_EQ(same.status, 200);
    EXPECT_EQ(body_of(same), before);
    EXPECT_EQ(header_at(same, "ETag"), "\"1\"");
  }
  EXPECT_TRUE(events("user.update").empty());
}

TEST_F(Sent, says_of_what_is_shown_of_every_record_that_it_is_not_sent) {
  const auto id = create_id("users", {{"username", "alice"}});
  const auto whole = body_of(call(admin_token(), "GET", "/v1/users/" + id));
  const auto answer = call(admin_token(), "PATCH", "/v1/users/" + id, whole);
  EXPECT_EQ(problem_of(answer), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(answer), "detail"), "id is set by the server: leave it out.");
  EXPECT_EQ(text_at(body_of(answer), "field"), "id");
}
