// Usernames: no two that look alike; addresses: whose word it is that they are verified.
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

TEST_F(Users, an_address_is_verified_until_it_changes) {
  const auto alice = create_id("users", {{"username", "alice"}, {"email", "a@example.com"}, {"email_verified", true}});
  const auto now = [&](const json::object& patch) {
    const auto answer = patched(alice, patch);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto user = body_of(answer);
    return text_at(user, "email") + (user.contains("email_verified") ? json::serialize(user.at("email_verified")) : "");
  };
  EXPECT_EQ(now({{"name", "A."}, {"email", "a@example.com"}}), "a@example.comtrue");
  EXPECT_EQ(now({{"email", "b@example.com"}}), "b@example.com");
  EXPECT_EQ(now({{"email", "c@example.com"}, {"email_verified", true}}), "c@example.comtrue");
  EXPECT_EQ(now({{"email_verified", false}}), "c@example.comfalse");
  EXPECT_EQ(now({{"email", nullptr}}), "");
  for (const bool said : {true, false}) {
    const auto alone = patched(alice, {{"email_verified", said}});
    EXPECT_EQ(problem_of(alone), "400 invalid_field") << alone.body;
    EXPECT_EQ(text_at(body_of(alone), "field"), "email_verified");
  }
}

TEST_F(Users, a37_that_an_address_is_verified_is_for_the_whole_tenants_administrators_to_say) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = token_of(officer("boss", {"*"}, acme));
  const json::object carol{{"username", "carol"}, {"organization", acme}, {"email", "c@example.com"}};
  auto verified = carol;
  verified["email_verified"] = true;
  const auto refused = call(boss, "POST", "/v1/users", verified);
  EXPECT_EQ(problem_of(refused), "403 exceeds_authority");
  EXPECT_EQ(text_at(body_of(refused), "field"), "email_verified");
  const auto at = "/v1/users/" + create_id("users", carol);
  const auto said = [&](const json::object& patch) { return problem_of(call(boss, "PATCH", at, patch)); };
  EXPECT_EQ(said({{"email_verified", true}}), "403 exceeds_authority");
  EXPECT_EQ(said({{"email_verified", false}}), "200") << "that is no promise";
  ASSERT_EQ(call(admin_token(), "PATCH", at, {{"email_verified", true}}).status, 200);
  EXPECT_EQ(said({{"name", "Carol"}, {"email_verified", true}}), "200") << "as it is";
  EXPECT_EQ(said({{"email", "other@example.com"}, {"email_verified", true}}), "403 exceeds_authority");
  EXPECT_EQ(said({{"email", "other@example.com"}}), "200");
  EXPECT_FALSE(body_of(call(boss, "GET", at)).contains("email_verified"));
}
