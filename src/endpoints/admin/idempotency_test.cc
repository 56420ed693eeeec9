// Idempotency-Key: sent twice, done once; the kept answer is nobody else's and is sealed.
#include <gtest/gtest.h>

#include <future>

#include "base/pack.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Idempotency : testing::Test, Administration {
  http::Response post(std::string_view token, std::string_view path, const json::object& body, std::string key) {
    return call(token, "POST", path, body, {{"Idempotency-Key", std::move(key)}});
  }
};

}  // namespace

TEST_F(Idempotency, the_same_request_gets_the_same_answer_with_the_same_secret) {
  const auto path = "/v1/agents/" + agent_of(admin.id) + "/credentials";
  const auto first = post(admin_token(), path, {{"type", "secret"}}, "k1");
  const auto again = post(admin_token(), path, {{"type", "secret"}}, "k1");
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(header_at(again, "Location"), header_at(first, "Location"));
  EXPECT_EQ(items_of(call(admin_token(), "GET", path)).size(), 1u);
  EXPECT_EQ(events("credential.create").size(), 1u);
  EXPECT_EQ(post(admin_token(), path, {{"type", "secret"}}, "k2").status, 201);
  EXPECT_EQ(items_of(call(admin_token(), "GET", path)).size(), 2u);
}

TEST_F(Idempotency, refuses_a_key_that_was_used_for_another_request) {
  ASSERT_EQ(post(admin_token(), "/v1/users", {{"username", "a"}}, "k").status, 201);
  EXPECT_EQ(problem_of(post(admin_token(), "/v1/users", {{"username", "b"}}, "k")), "422 idempotency_mismatch");
  EXPECT_EQ(problem_of(post(admin_token(), "/v1/groups", {{"username", "a"}}, "k")), "422 idempotency_mismatch");
}

TEST_F(Idempotency, a38_a_key_is_the_callers_own) {
  const auto other = officer("other", {"users:*"});
  const auto first = post(admin_token(), "/v1/users", {{"username", "a"}}, "k");
  const auto theirs = post(token_of(other), "/v1/users", {{"username", "b"}}, "k");
  EXPECT_EQ(theirs.status, 201);
  EXPECT_NE(theirs.body, first.body);
}

TEST_F(Idempotency, i3_who_acts_for_the_caller_is_not_given_what_was_kept_for_the_caller) {
  const auto chief = given_agent("chief"), helper = given_agent("helper");
  given_assignment(role_at_own_api("locksmith", {"credentials:write"}), helper.id, {{"acts", "others"}});
  given_assignment(role_at_own_api("everything", {"*"}), chief.id);
  const auto path = "/v1/agents/" + chief.id + "/credentials";
  const auto made = post(token_of(chief), path, {{"type", "secret"}}, "k");
  ASSERT_EQ(made.status, 201) << made.body;
  change(directory::Kind::agent, chief.id, {{"delegates", json::array{json::value(helper.id)}}});
  const auto for_chief = exchanged(helper, token_of(chief));
  EXPECT_EQ(problem_of(post(for_chief, path, {{"type", "secret"}}, "k")), "403 exceeds_authority");
  EXPECT_EQ(post(token_of(chief), path, {{"type", "secret"}}, "k").body, made.body);
}

TEST_F(Idempotency, i1_a_narrowed_token_is_not_given_what_a_wider_one_made) {
  const auto chief = given_agent("chief");
  given_assignment(role_at_own_api("everything", {"*"}), chief.id);
  const auto path = "/v1/agents/" + chief.id + "/credentials";
  const auto made = post(token_of(chief), path, {{"type", "secret"}}, "k");
  ASSERT_EQ(made.status, 201) << made.body;
  const auto narrow = token_of(chief, "credentials:write");
  EXPECT_EQ(problem_of(post(narrow, path, {{"type", "secret"}}, "k")), "403 exceeds_authority");
  EXPECT_EQ(post(token_of(chief), path, {{"type", "secret"}}, "k").body, made.body);
}

TEST_F(Idempotency, a_wider_token_is_given_what_a_narrowed_one_made) {
  const auto made = post(token_of(admin, "users:write"), "/v1/users", {{"username", "a"}}, "k");
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(post(admin_token(), "/v1/users", {{"username", "a"}}, "k").body, made.body);
}

TEST_F(Idempotency, a_repeat_still_needs_the_authority) {
  const auto other = officer("other", {"users:*"});
  const auto token = token_of(other);
  ASSERT_EQ(post(token, "/v1/users", {{"username", "a"}}, "k").status, 201);
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/users/" + other.id, {{"state", "disabled"}}).status, 200);
  EXPECT_EQ(problem_of(post(token, "/v1/users", {{"username", "a"}}, "k")), "401 invalid_token");
}

TEST_F(Idempotency, a_refused_request_is_not_kept) {
  create("users", {{"username", "taken"}});
  EXPECT_EQ(problem_of(post(admin_token(), "/v1/users", {{"username", "taken"}}, "k")), "409 not_unique");
  EXPECT_EQ(post(admin_token(), "/v1/users", {{"username", "free"}}, "k").status, 201);
}

TEST_F(Idempotency, refuses_keys_out_of_bounds) {
  for (const auto& key : {std::string(), std::string(256, 'k'), std::string("k\xc3\xa9y")})
    EXPECT_EQ(problem_of(post(admin_token(), "/v1/users", {{"username", "a"}}, key)), "400 invalid_request");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/users", {{"username", "a"}},
                            {{"Idempotency-Key", "a"}, {"Idempotency-Key", "b"}})),
            "400 invalid_request");
  EXPECT_EQ(post(admin_token(), "/v1/users", {{"username", "a"}}, std::string(255, 'k')).status, 201);
}

TEST_F(Idempotency, of_many_at_once_one_is_made_and_all_get_its_answer) {
  const auto token = admin_token();
  std::vector<std::future<http::Response>> answers;
  for (int i = 0; i < 16; ++i)
    answers.push_back(std::async(std::launch::async, [&] {
      return post(token, "/v1/users", {{"username", "wanted"}}, "k");
    }));
  std::set<std::string> bodies;
  for (auto& answer : answers) {
    const auto response = answer.get();
    EXPECT_EQ(response.status, 201) << response.body;
    bodies.insert(response.body);
  }
  EXPECT_EQ(bodies.size(), 1u);
  EXPECT_EQ(events("user.create").size(), 1u);
}

TEST_F(Idempotency, a_transition_is_made_once_too) {
  const auto path = "/v1/agents/" + agent_of(admin.id) + "/suspend";
  EXPECT_EQ(post(admin_token(), path, {}, "k").status, 200);
  EXPECT_EQ(post(admin_token(), path, {}, "k").status, 200);
  EXPECT_EQ(problem_of(post(admin_token(), path, {}, "other")), "409 wrong_state");
}

TEST_F(Idempotency, a_key_is_free_again_only_after_its_lifetime_and_never_does_the_work_twice_before) {
  ASSERT_EQ(post(admin_token(), "/v1/users", {{"username", "a"}}, "k").status, 201);
  clock.advance(Seconds(24 * 3600 + 1));
  EXPECT_EQ(problem_of(post(admin_token(), "/v1/users", {{"username", "b"}}, "k")), "409 conflict")
      << "past its time and not yet purged: the safe side";
  ASSERT_TRUE(store->purge(clock.now(), 100));
  EXPECT_EQ(post(admin_token(), "/v1/users", {{"username", "b"}}, "k").status, 201);
}

TEST_F(Idempotency, what_is_kept_is_sealed) {
  const auto path = "/v1/agents/" + agent_of(admin.id) + "/credentials";
  const auto made = post(admin_token(), path, {{"type", "secret"}}, "k");
  ASSERT_EQ(made.status, 201);
  std::string whose;
  for (const auto& part : {admin.id, admin.id, std::string("k")}) pack(whose, part);
  const auto key = crypto::sha256_base64url(whose);
  const auto kept = store->kept(store::Use::idempotency, "default", key, clock.now());
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->body.find(text_at(body_of(made), "secret")), std::string::npos);
  EXPECT_EQ((*kept)->body.find("dsk_"), std::string::npos);
  EXPECT_EQ(store->kept(store::Use::idempotency, "default", "k", clock.now())->has_value(), false);
}
