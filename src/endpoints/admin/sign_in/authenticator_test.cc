// /v1/users/{id}/authenticators: seen without secrets, removed by those who may, and reset codes that let a person in.
#include "signin/authenticator.h"

#include <gtest/gtest.h>

#include "base/id.h"
#include "signin/password/password.h"
#include "tests/kit/administration.h"

namespace deputy::test {
namespace {

struct Authenticators : testing::Test, Administration {
  std::string alice = create_id("users", {{"username", "alice"}});
  std::string all = "/v1/users/" + alice + "/authenticators";

  signin::Attempt attempt() {
    audit::Event event;
    event.id = make_id("evt", clock.now(), random);
    event.at = clock.now();
    event.tenant = "default";
    event.action = "user.reset_password";
    event.decision = audit::Decision::refused;
    return {.tenant = "default", .peer = "192.0.2.1", .device = "", .session = "", .now = clock.now(),
            .event = std::move(event)};
  }
  std::string reset_code() {
    return text_at(body_of(call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code")), "code");
  }
  void set_password(std::string_view password) {
    auto changed = signin::reset_password(app().sign_in, attempt(), "alice", reset_code(), password);
    ASSERT_TRUE(changed) << changed.error().detail;
    ASSERT_TRUE(store->commit_now(std::move(changed->writes)));
  }
};

TEST_F(Authenticators, a_reset_code_is_shown_once_and_sets_a_password) {
  const auto made = call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(header_at(made, "Cache-Control"), "no-store");
  const auto document = body_of(made);
  const auto code = text_at(document, "code");
  EXPECT_EQ(text_at(document, "username"), "alice");
  const auto listed = call(admin_token(), "GET", all);
  EXPECT_EQ(items_of(listed, "type"), std::vector<std::string>{"reset_code"});
  EXPECT_EQ(listed.body.find(code), std::string::npos);
  EXPECT_EQ(listed.body.find("hash"), std::string::npos);
  for (const auto& event : events()) EXPECT_EQ(json::serialize(event).find(code), std::string::npos);

  const auto changed = signin::reset_password(app().sign_in, attempt(), "alice", code, "tram stop velvet");
  ASSERT_TRUE(changed) << changed.error().detail;
}

TEST_F(Authenticators, are_listed_without_anything_secret) {
  set_password("tram stop velvet");
  const auto listed = call(admin_token(), "GET", all);
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(items_of(listed, "type"), std::vector<std::string>{"password"});
  for (const auto* secret : {"hash", "argon2", "sealed", "public_key"})
    EXPECT_EQ(listed.body.find(secret), std::string::npos) << listed.body;
}

TEST_F(Authenticators, one_that_is_deleted_opens_nothing) {
  set_password("tram stop velvet");
  ASSERT_TRUE(signin::verify_password(app().sign_in, attempt(), "alice", "tram stop velvet"));
  const auto id = items_of(call(admin_token(), "GET", all)).at(0);
  EXPECT_EQ(call(admin_token(), "DELETE", all + "/" + id).status, 204);
  EXPECT_FALSE(signin::verify_password(app().sign_in, attempt(), "alice", "tram stop velvet"));
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", all + "/" + id)), "404 not_found");
  EXPECT_EQ(events("authenticator.delete").size(), 2u);
}

TEST_F(Authenticators, a38_one_is_found_under_its_own_user_only) {
  set_password("tram stop velvet");
  const auto id = items_of(call(admin_token(), "GET", all)).at(0);
  const auto bob = create_id("users", {{"username", "bob"}});
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/users/" + bob + "/authenticators/" + id)), "404 not_found");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", all + "/nonsense")), "404 not_found");
}

TEST_F(Authenticators, nobody_makes_a_code_for_someone_who_holds_more) {
  const auto clerk = officer("clerk", {"credentials:write", "users:read"});
  const auto path = "/v1/users/" + admin.id;
  EXPECT_EQ(problem_of(call(token_of(clerk), "POST", path + "/reset-code")), "403 exceeds_authority");
  EXPECT_EQ(call(token_of(clerk), "POST", "/v1/users/" + alice + "/reset-code").status, 201);
  const auto reader = officer("reader", {"users:read"});
  EXPECT_EQ(problem_of(call(token_of(reader), "POST", "/v1/users/" + alice + "/reset-code")), "403 exceeds_authority")
      << "everybody makes credentials of what is their own, and alice is not";
  EXPECT_EQ(call(token_of(reader), "GET", all).status, 200);
}

TEST_F(Authenticators, there_is_no_reset_code_where_passwords_are_off) {
  EXPECT_EQ(call(admin_token(), "PATCH", "/v1/tenants/default", json::object{{"sign_in_password", false}}).status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code")), "409 wrong_state");
}

TEST_F(Authenticators, there_is_no_reset_code_for_who_is_disabled) {
  const auto state = [&](std::string_view to) {
    EXPECT_EQ(call(admin_token(), "PATCH", "/v1/users/" + alice, json::object{{"state", to}}).status, 200);
    return call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code");
  };
  const auto refused = state("disabled");
  EXPECT_EQ(problem_of(refused), "409 wrong_state");
  EXPECT_NE(refused.body.find("set the user's state to active first"), std::string::npos) << refused.body;
  EXPECT_EQ(state("active").status, 201);
}

TEST_F(Authenticators, a_reset_code_of_before_is_void_for_who_was_disabled) {
  const auto code = reset_code();
  for (const auto* state : {"disabled", "active"})
    ASSERT_EQ(call(admin_token(), "PATCH", "/v1/users/" + alice, json::object{{"state", state}}).status, 200);
  EXPECT_FALSE(signin::reset_password(app().sign_in, attempt(), "alice", code, "tram stop velvet"));
  set_password("tram stop velvet");
}

TEST_F(Authenticators, go_with_their_user) {
  set_password("tram stop velvet");
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/users/" + alice).status, 204);
  EXPECT_TRUE(store->under("default", alice)->empty());
}

TEST_F(Authenticators, a_change_ends_the_sessions_of_the_user) {
  set_password("tram stop velvet");
  std::string ended;
  app().sign_in.end_sessions = [&](std::string_view, std::string_view user, std::string_view keep, Instant) {
    ended = std::string(user) + "/" + std::string(keep);
    return Result<store::Writes, Fault>(store::Writes{});
  };
  const auto id = items_of(call(admin_token(), "GET", all)).at(0);
  EXPECT_EQ(call(admin_token(), "DELETE", all + "/" + id).status, 204);
  EXPECT_EQ(ended, alice + "/");
}

}  // namespace
}  // namespace deputy::test
