// Members of groups: nested, never in a circle, each once.
#include <gtest/gtest.h>

#include <future>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Groups : testing::Test, Administration {
  std::string group(std::string_view name) { return create_id("groups", {{"name", name}}); }
  std::string put_in(const std::string& group, const std::string& member) {
    return problem_of(call(admin_token(), "POST", "/v1/groups/" + group + "/members", {{"member", member}}));
  }
  std::string take_out(const std::string& group, const std::string& member) {
    return problem_of(call(admin_token(), "DELETE", "/v1/groups/" + group + "/members/" + member));
  }
  std::vector<std::string> members_of(const std::string& group) {
    return items_of(call(admin_token(), "GET", "/v1/groups/" + group + "/members"), "member");
  }
};

}  // namespace

TEST_F(Groups, members_come_and_go) {
  const auto team = group("team");
  const auto user = create_id("users", {{"username", "u"}}), agent = agent_of(user);
  EXPECT_EQ(put_in(team, user), "201");
  EXPECT_EQ(put_in(team, agent), "201");
  EXPECT_EQ(put_in(team, user), "409 not_unique");
  EXPECT_EQ(members_of(team), (std::vector{user, agent}));
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/groups/" + team)), "409 in_use");
  EXPECT_EQ(take_out(team, user), "204");
  EXPECT_EQ(take_out(team, user), "404 not_found");
  EXPECT_EQ(take_out(team, agent), "204");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/groups/" + team)), "204");
  EXPECT_EQ(events("group.member_add").size(), 3u);
}

TEST_F(Groups, refuses_members_that_are_none) {
  const auto team = group("team");
  EXPECT_EQ(put_in(team, "usr_" + std::string(26, '0')), "422 missing_reference");
  EXPECT_EQ(put_in(team, own_api()), "400 invalid_field");
  EXPECT_EQ(put_in(team, "x"), "400 invalid_field");
  EXPECT_EQ(put_in("grp_" + std::string(26, '0'), admin.id), "404 not_found");
}

TEST_F(Groups, never_form_a_circle) {
  const auto a = group("a"), b = group("b"), c = group("c");
  EXPECT_EQ(put_in(a, a), "400 invalid_field");
  EXPECT_EQ(put_in(a, b), "201");
  EXPECT_EQ(put_in(b, c), "201");
  EXPECT_EQ(put_in(c, a), "400 invalid_field");
  EXPECT_EQ(put_in(b, a), "400 invalid_field");
  EXPECT_EQ(put_in(a, c), "201") << "a second way up is no circle";
}

TEST_F(Groups, what_is_assigned_to_a_group_reaches_members_of_members) {
  const auto outer = group("outer"), inner = group("inner");
  const auto alice = user("alice");
  ASSERT_EQ(put_in(outer, inner), "201");
  ASSERT_EQ(put_in(inner, alice.id), "201");
  create("assignments", {{"role", role_at_own_api("r", {"groups:read"})}, {"principal", outer}});
  const auto token = token_of(alice);
  EXPECT_EQ(call(token, "GET", "/v1/groups").status, 200);
  ASSERT_EQ(take_out(outer, inner), "204");
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/groups")), "401 invalid_token");
}

// Each addition alone is fine; both together would close a circle.
TEST_F(Groups, of_two_additions_that_close_a_circle_together_one_is_refused) {
  for (int round = 0; round < 20; ++round) {
    const auto a = group("a" + std::to_string(round)), b = group("b" + std::to_string(round));
    const auto token = admin_token();
    const auto join = [&](const std::string& into, const std::string& member) {
      return std::async(std::launch::async, [&, into, member] {
        return call(token, "POST", "/v1/groups/" + into + "/members", {{"member", member}}).status;
      });
    };
    auto one = join(a, b), other = join(b, a);
    const std::multiset<int> statuses{one.get(), other.get()};
    EXPECT_EQ(statuses.count(201), 1u);
    EXPECT_EQ(statuses.count(409) + statuses.count(400), 1u);
  }
}
