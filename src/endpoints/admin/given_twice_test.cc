// What somebody has is not given once more: one assignment gives it, and its end takes it away.
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct GivenTwice : testing::Test, Administration {};

}  // namespace

TEST_F(GivenTwice, the_same_is_not_given_twice) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto readers = role_at_own_api("readers", {"users:read"});
  const auto robot = agent_of(admin.id);
  const json::object plain{{"role", readers}, {"principal", robot}};
  const auto assign = [&](json::object more) {
    for (const auto& [name, value] : plain) more[name] = value;
    return call(admin_token(), "POST", "/v1/assignments", more);
  };
  const auto first = assign({});
  ASSERT_EQ(first.status, 201) << first.body;
  EXPECT_EQ(problem_of(assign({})), "409 not_unique");
  EXPECT_EQ(problem_of(assign({{"acts", "self"}})), "409 not_unique") << "what is so anyway";
  EXPECT_EQ(problem_of(assign({{"acts", "others"}})), "201");
  EXPECT_EQ(problem_of(assign({{"organization", acme}})), "201");
  EXPECT_EQ(problem_of(assign({{"organization", acme}})), "409 not_unique");
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + text_at(body_of(first), "id")).status, 204);
  EXPECT_EQ(problem_of(assign({})), "201");
}

TEST_F(GivenTwice, what_was_given_twice_by_an_earlier_version_goes_on_and_is_not_given_a_third_time) {
  const auto readers = role_at_own_api("readers", {"users:read"});
  const auto officer_user = user("officer");
  const auto one = given_assignment(readers, officer_user.id), other = given_assignment(readers, officer_user.id);
  EXPECT_EQ(call(token_of(officer_user), "GET", "/v1/users").status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/assignments",
                            {{"role", readers}, {"principal", officer_user.id}})),
            "409 not_unique");
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + one).status, 204);
  EXPECT_EQ(call(token_of(officer_user), "GET", "/v1/users").status, 200);
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + other).status, 204);
}

TEST_F(GivenTwice, of_many_at_once_that_give_the_same_one_does) {
  const json::object same{{"role", role_at_own_api("readers", {"users:read"})}, {"principal", agent_of(admin.id)}};
  const auto token = admin_token();
  std::vector<std::future<std::string>> answers;
  for (int i = 0; i < 16; ++i)
    answers.push_back(std::async(std::launch::async, [&] {
      return problem_of(call(token, "POST", "/v1/assignments", same));
    }));
  std::map<std::string, int> counted;
  for (auto& answer : answers) ++counted[answer.get()];
  EXPECT_EQ(counted, (std::map<std::string, int>{{"201", 1}, {"409 not_unique", 15}}));
}
