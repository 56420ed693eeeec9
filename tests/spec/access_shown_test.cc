// GET /v1/…/access: what is named there is for who would be shown the record it names.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kit/administration.h"

using namespace deputy;
using directory::Kind;
using test::body_of;
using test::items_of;
using test::text_at;

namespace {

struct AccessShown : testing::Test, test::Administration {
  std::string booking = given_resource("https://booking.example", {"read", "write", "read:own"});
  std::string other = given_resource("https://other.example", {"x"});
  std::string reader = given_role("reader", booking, {"read", "read:*"});
};

}  // namespace

TEST_F(AccessShown, a38_names_a_role_assignment_and_group_to_who_would_be_shown_the_assignment_alone) {
  const auto alice = user("alice");
  const auto agent = agent_of(alice.id);
  const auto group = put(Kind::group, {{"name", "on-call"}});
  put(Kind::membership, {{"group", group}, {"member", agent}}, agent);
  const auto assignment = given_assignment(reader, group);
  const auto way = [&](const std::string& token) {
    const auto found = body_of(call(token, "GET", "/v1/agents/" + agent + "/access")).at("items").as_array();
    EXPECT_EQ(found.size(), 1u);
    return found.at(0).at("by").as_array().at(0).as_object();
  };
  json::object said{{"acts", "self"}, {"scope", "read read:own"}};
  EXPECT_EQ(way(token_of(alice)), said);
  EXPECT_EQ(way(token_of(admin, "agents:read roles:read")), said);
  said["role"] = reader;
  said["assignment"] = assignment;
  said["group"] = group;
  EXPECT_EQ(way(token_of(admin, "agents:read assignments:read")), said);
  said["role_name"] = "reader";
  EXPECT_EQ(way(token_of(admin, "agents:read assignments:read roles:read")), said);
}

TEST_F(AccessShown, a38_names_to_an_organizations_administrator_the_assignments_that_they_are_listed) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto agent = agent_of(admin.id, {{"organization", acme}});
  const auto there = given_assignment(reader, agent);
  const auto of_tenant = given_assignment(role_at_own_api("everywhere", {"users:read"}), agent);
  const auto token = token_of(officer("boss", {"agents:read", "assignments:read", "roles:read"}, acme));
  const auto listed = items_of(call(token, "GET", "/v1/assignments"));
  const auto found = body_of(call(token, "GET", "/v1/agents/" + agent + "/access")).at("items").as_array();
  ASSERT_EQ(found.size(), 2u);
  for (const auto& item : found) {
    const auto way = item.at("by").as_array().at(0).as_object();
    const bool is_theirs = text_at(item.as_object(), "resource") == booking;
    EXPECT_EQ(text_at(way, "assignment"), is_theirs ? there : "");
    EXPECT_EQ(text_at(way, "role_name"), is_theirs ? "reader" : "");
    EXPECT_EQ(text_at(way, "scope"), is_theirs ? "read read:own" : "users:read");
    EXPECT_EQ(std::count(listed.begin(), listed.end(), is_theirs ? there : of_tenant), is_theirs ? 1 : 0);
  }
}

TEST_F(AccessShown, a38_without_a_ceiling_is_one_line_to_who_may_not_list_the_resources) {
  const auto agent = given_agent("bot", {{"delegation", "any"}, {"state", "suspended"}});
  for (const char* acts : {"self", "others"}) given_assignment(reader, agent.id, {{"acts", acts}});
  given_assignment(given_role("of the other", other, {"*"}), agent.id, {{"acts", "others"}});
  const auto token = token_of(officer("auditor", {"agents:read"}));
  const auto page = [&](const std::string& query) {
    return body_of(call(token, "GET", "/v1/agents/" + agent.id + "/access" + query));
  };
  const json::object line{{"others", json::object{{"obstacles", json::array{json::value(agent.id + " is suspended")}},
                                                  {"ceiling", "any"}}},
                          {"by", json::array()}};
  const auto whole = page("");
  const auto& all = whole.at("items").as_array();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(text_at(all[0].as_object(), "resource"), booking);
  EXPECT_FALSE(all[0].as_object().contains("others"));
  EXPECT_EQ(all[0].at("by").as_array().size(), 1u);
  EXPECT_EQ(all[1], line);
  EXPECT_FALSE(whole.contains("next_cursor"));
  const auto first = page("?limit=1");
  EXPECT_EQ(first.at("items").as_array(), json::array{all[0]});
  const auto second = page("?limit=1&cursor=" + text_at(first, "next_cursor"));
  EXPECT_EQ(second.at("items").as_array(), json::array{line});
  EXPECT_FALSE(second.contains("next_cursor"));
}
