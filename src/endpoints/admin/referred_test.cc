// A record that others refer to is not deleted, and the refusal says which they are.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Referred : testing::Test, Administration {
  std::string detail_of_deletion(std::string_view token, const std::string& path) {
    const auto response = call(token, "DELETE", path);
    EXPECT_EQ(problem_of(response), "409 in_use") << path;
    return text_at(body_of(response), "detail");
  }
  // An agent that is revoked, and still holds a role.
  std::string revoked_agent(const std::string& owner, json::object more = {}) {
    const auto agent = agent_of(owner, std::move(more));
    EXPECT_EQ(call(admin_token(), "POST", "/v1/agents/" + agent + "/revoke").status, 200);
    return agent;
  }
};

}  // namespace

TEST_F(Referred, a_refused_deletion_names_the_kind_and_the_ids) {
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto agent = revoked_agent(owner);
  const auto service = given_resource("https://service.example", {"ask"}, {{"principal", agent}});
  const auto assignment = create_id("assignments", {{"role", role_at_own_api("r", {"agents:read"})},
                                                    {"principal", agent}});
  const auto detail = detail_of_deletion(admin_token(), "/v1/agents/" + agent);
  EXPECT_NE(detail.find("resource " + service), std::string::npos) << detail;
  EXPECT_NE(detail.find("assignment " + assignment), std::string::npos) << detail;
  const auto refused = events("agent.delete");
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(json::serialize(refused[0]).find(assignment), std::string::npos) << "the reason of an event is fixed";
}

TEST_F(Referred, a_refused_deletion_names_ten_ids_at_most) {
  const auto owner = create_id("users", {{"username", "owner"}});
  for (int i = 0; i < 12; ++i) agent_of(owner, {{"name", "bot " + std::to_string(i)}});
  const auto detail = detail_of_deletion(admin_token(), "/v1/users/" + owner);
  std::size_t named = 0;
  for (auto at = detail.find("agt_"); at != std::string::npos; at = detail.find("agt_", at + 1)) ++named;
  EXPECT_EQ(named, 10u) << detail;
  EXPECT_NE(detail.find("and others"), std::string::npos) << detail;
}

TEST_F(Referred, a38_a_refused_deletion_names_nothing_that_the_caller_may_not_read) {
  const auto acme = create_id("organizations", {{"name", "Acme"}}),
             other = create_id("organizations", {{"name", "Other"}});
  const auto agent = revoked_agent(create_id("users", {{"username", "owner"}}), {{"organization", acme}});
  const auto assignment = create_id("assignments", {{"role", role_at_own_api("r", {"agents:read"})},
                                                    {"principal", agent}, {"organization", other}});
  const auto blind = officer("blind", {"agents:write", "agents:read"});
  EXPECT_EQ(detail_of_deletion(token_of(blind), "/v1/agents/" + agent).find(assignment), std::string::npos)
      << "no assignments:read";
  const auto near = officer("near", {"agents:write", "agents:read", "assignments:read"}, acme);
  const auto hidden = detail_of_deletion(token_of(near), "/v1/agents/" + agent);
  EXPECT_EQ(hidden.find(assignment), std::string::npos) << "out of its reach";
  EXPECT_NE(hidden.find("assignment"), std::string::npos) << hidden;
  const auto seeing = officer("seeing", {"agents:write", "agents:read", "assignments:read"});
  EXPECT_NE(detail_of_deletion(token_of(seeing), "/v1/agents/" + agent).find(assignment), std::string::npos);
  EXPECT_EQ(detail_of_deletion(token_of(seeing, "agents:write"), "/v1/agents/" + agent).find(assignment),
            std::string::npos)
      << "a token says less than its holder may";
}

TEST_F(Referred, a38_who_names_a_delegate_keeps_neither_an_agent_nor_a_group) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = officer("boss", {"agents:*", "groups:*"}, acme), plain = user("plain");
  const auto mine = "/v1/agents/" + agent_of(plain.id);
  const auto agent = agent_of(boss.id, {{"organization", acme}});
  const auto group = create_id("groups", {{"name", "team"}, {"organization", acme}});
  const auto patch = [&](const json::object& body) { return problem_of(call(token_of(plain), "PATCH", mine, body)); };
  ASSERT_EQ(patch({{"delegates", json::array{agent, group}}}), "200");
  ASSERT_EQ(call(token_of(boss), "POST", "/v1/agents/" + agent + "/revoke").status, 200);
  EXPECT_EQ(problem_of(call(token_of(boss), "DELETE", "/v1/agents/" + agent)), "204");
  EXPECT_EQ(problem_of(call(token_of(boss), "DELETE", "/v1/groups/" + group)), "204");
  // The record says what it said, and is changed like any other.
  EXPECT_EQ(body_of(call(token_of(plain), "GET", mine)).at("delegates"), (json::array{agent, group}));
  EXPECT_EQ(patch({{"name", "renamed"}}), "200");
  const auto other = agent_of(plain.id, {{"name", "other"}});
  EXPECT_EQ(patch({{"delegates", json::array{group, other}}}), "200");
  EXPECT_EQ(patch({{"delegates", json::array{agent, group}}}), "422 missing_reference") << "it was taken out";
  EXPECT_EQ(problem_of(call(token_of(plain), "POST", "/v1/agents",
                            {{"name", "new"}, {"owner", plain.id}, {"delegates", json::array{group}}})),
            "422 missing_reference");
}

TEST_F(Referred, a_group_that_owns_is_kept_though_it_is_a_delegate_too) {
  const auto group = create_id("groups", {{"name", "team"}});
  const auto owned = agent_of(group, {{"delegates", json::array{group}}});
  EXPECT_NE(detail_of_deletion(admin_token(), "/v1/groups/" + group).find("agent " + owned), std::string::npos);
}
