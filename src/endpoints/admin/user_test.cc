// Usernames: no two that look alike.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Users : testing::Test, Administration {
  http::Response made(std::string_view username) {
    return call(admin_token(), "POST", "/v1/users", {{"username", username}});
  }
  http::Response patched(const std::string& id, const json::object& patch) {
    return call(admin_token(), "PATCH", "/v1/users/" + id, patch);
  }
};

}  // namespace

TEST_F(Users, a37_one_whose_name_differs_only_in_the_case_of_its_letters_is_there_already) {
  const auto alice = text_at(body_of(made("alice")), "id"), bob = text_at(body_of(made("Bob@Example.com")), "id");
  for (const auto* taken : {"alice", "Alice", "ALICE", "bob@example.com"}) {
    const auto refused = made(taken);
    EXPECT_EQ(problem_of(refused), "409 not_unique") << taken;
    EXPECT_EQ(text_at(body_of(refused), "field"), "username");
    EXPECT_EQ(refused.body.find(taken), std::string::npos);
  }
  EXPECT_EQ(problem_of(patched(bob, {{"username", "ALICE"}})), "409 not_unique");
  EXPECT_EQ(problem_of(patched(alice, {{"username", "Alice"}})), "200") << "its own in another case";
  EXPECT_EQ(problem_of(patched(bob, {{"username", "bob"}})), "200");
  EXPECT_EQ(problem_of(made("BOB@example.com")), "201") << "it is free again";
}

TEST_F(Users, two_that_were_there_before_go_on_and_can_be_told_apart) {
  const auto one = create_id("users", {{"username", "carol"}});
  const auto other = put(store::Kind::user, {{"username", "Carol"}, {"state", "active"}});
  for (const auto& id : {one, other}) EXPECT_EQ(problem_of(patched(id, {{"name", "C."}})), "200");
  EXPECT_EQ(problem_of(patched(other, {{"state", "disabled"}})), "200");
  EXPECT_EQ(problem_of(made("CAROL")), "409 not_unique");
  EXPECT_EQ(problem_of(patched(other, {{"username", "carol-2"}})), "200");
}
