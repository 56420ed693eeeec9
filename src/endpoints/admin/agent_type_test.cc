// Changing the type of agents that there are: what it asks then stops nothing but a change of their attributes.
#include <gtest/gtest.h>

#include "endpoints/routing.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

json::object attribute(std::string_view name, std::string_view type, json::object more = {}) {
  more["name"] = name;
  more["type"] = type;
  return more;
}

struct AgentTypes : testing::Test, Administration {
  std::string owner = create_id("users", {{"username", "owner"}});
  std::string type = create_id(
      "agent-types",
      {{"name", "crawler"}, {"schema", json::array{attribute("team", "string"), attribute("level", "number"),
                                                   attribute("badge", "string", {{"credential", true}})}}});

  std::string agent_with(json::object attributes) {
    return agent_of(owner, {{"type", type}, {"attributes", std::move(attributes)}});
  }
  http::Response become(std::string_view token, json::array schema) {
    return call(token, "PATCH", "/v1/agent-types/" + type, {{"schema", std::move(schema)}});
  }
  std::string patched(const std::string& agent, json::object patch) {
    return problem_of(call(admin_token(), "PATCH", "/v1/agents/" + agent, patch));
  }
  json::object stored(const std::string& agent) {
    return *parse_json_object((*store->get("default", store::Kind::agent, agent))->body);
  }
  const json::object team = attribute("team", "string"), level = attribute("level", "number"),
                     badge = attribute("badge", "string", {{"credential", true}});
};

}  // namespace

TEST_F(AgentTypes, keeps_a_credential_as_long_as_an_agent_has_one) {
  const auto agent = agent_with({{"team", "red"}, {"badge", "S3CRET"}}), other = agent_with({{"team", "blue"}});
  const auto over = agent_with({{"badge", "0TH3R"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + over + "/revoke").status, 200);
  const auto refused = become(admin_token(), {team, level});
  EXPECT_EQ(problem_of(refused), "409 in_use");
  EXPECT_EQ(text_at(body_of(refused), "field"), "schema");
  const auto detail = text_at(body_of(refused), "detail");
  EXPECT_NE(detail.find("attributes/badge: agent " + agent + ". "), std::string::npos) << detail;
  const auto clerk = officer("clerk", {"agent_types:read", "agent_types:write"});
  const auto unseen = become(token_of(clerk), {team, level});
  EXPECT_EQ(problem_of(unseen), "409 in_use");
  EXPECT_EQ(unseen.body.find(agent), std::string::npos) << "who may not read agents learns none";
  ASSERT_EQ(patched(agent, {{"attributes", {{"badge", nullptr}}}}), "200");
  EXPECT_FALSE(stored(agent).contains("credential_attributes"));
  EXPECT_EQ(become(admin_token(), {team, level}).status, 200);
  EXPECT_EQ(patched(other, {{"name", "renamed"}}), "200");
}

TEST_F(AgentTypes, see_a_credential_that_comes_while_it_is_dropped) {
  const auto agent = agent_with({{"team", "red"}});
  const auto dropped = [&](const std::function<void()>& meanwhile) {
    http::Request request{.method = "PATCH",
                          .path = "/v1/agent-types/" + type,
                          .headers = {{"Authorization", "Bearer " + admin_token()},
                                      {"Content-Type", "application/json"}},
                          .body = json::serialize(json::object{{"schema", json::array{team, level}}})};
    const auto match = endpoints::find_route(request.method, request.path);
    return problem_of(Late{*this}.settled(match.route->endpoint, std::move(request), meanwhile, match.params));
  };
  EXPECT_EQ(dropped([&] { EXPECT_EQ(patched(agent, {{"attributes", {{"badge", "S3CRET"}}}}), "200"); }),
            "409 conflict");
  EXPECT_EQ(patched(agent, {{"attributes", {{"badge", nullptr}}}}), "200");
  EXPECT_EQ(dropped([&] { agent_with({{"badge", "0TH3R"}}); }), "409 conflict");
}

TEST_F(AgentTypes, hold_up_no_change_of_something_else_by_what_they_came_to_ask) {
  const auto agent = agent_with({{"team", "red"}, {"level", 3}, {"badge", "S3CRET"}});
  const auto held = stored(agent).at("credential_attributes");
  const std::vector<json::array> stricter{
      {team, level, badge, attribute("new", "string", {{"required", true}})},
      {team, attribute("level", "string"), badge},
      {attribute("team", "string", {{"pattern", "[a-c]+"}}), level, badge},
      {team, badge},
  };
  int soon = 1000;
  for (const auto& schema : stricter) {
    ASSERT_EQ(become(admin_token(), schema).status, 200);
    const auto ends = rfc3339(clock.now() + Seconds(--soon));
    EXPECT_EQ(patched(agent, {{"expires_at", ends}}), "200") << "a life can always be shortened";
    EXPECT_EQ(patched(agent, {{"attributes", {{"team", "rot"}}}}), "400 invalid_field") << "but they are held to it";
    EXPECT_EQ(patched(agent, {{"type", type}}), "400 invalid_field");
    EXPECT_EQ(stored(agent).at("credential_attributes"), held) << "nothing goes that nobody named";
  }
  EXPECT_EQ(patched(agent, {{"attributes", {{"level", nullptr}}}}), "200");
}

TEST_F(AgentTypes, a_unique_value_stays_taken_when_something_else_changes) {
  ASSERT_EQ(become(admin_token(), {attribute("team", "string", {{"unique", true}}), level, badge}).status, 200);
  const auto agent = agent_with({{"team", "red"}, {"badge", "S3CRET"}});
  ASSERT_EQ(patched(agent, {{"name", "renamed"}}), "200");
  for (const auto& taken : {json::object{{"team", "red"}}, json::object{{"badge", "S3CRET"}}})
    EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents",
                              {{"name", "a"}, {"owner", owner}, {"type", type}, {"attributes", taken}})),
              "409 not_unique");
}

TEST_F(AgentTypes, an_agent_that_leaves_one_loses_no_credential_that_was_not_named) {
  const auto agent = agent_with({{"team", "red"}, {"badge", "S3CRET"}});
  const auto other = create_id("agent-types", {{"name", "walker"}, {"schema", json::array{team, badge}}});
  const auto bare = create_id("agent-types", {{"name", "bare"}, {"schema", json::array{team}}});
  const auto before = stored(agent);
  const auto refused = [&](json::object patch, std::string_view way_out) {
    const auto response = call(admin_token(), "PATCH", "/v1/agents/" + agent, patch);
    EXPECT_EQ(problem_of(response), "409 wrong_state") << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), "type");
    const auto detail = text_at(body_of(response), "detail");
    EXPECT_NE(detail.find("attributes/badge"), std::string::npos) << detail;
    EXPECT_NE(detail.find(way_out), std::string::npos) << detail;
    EXPECT_EQ(stored(agent), before);
  };
  refused({{"type", other}}, "send it once more for the new type, or null");
  refused({{"type", bare}, {"attributes", {{"team", "blue"}}}}, "or null");
  refused({{"type", nullptr}}, "take it away by null");
  refused({{"type", nullptr}, {"attributes", {{"badge", "S3CRET"}}}}, "take it away by null");
  EXPECT_EQ(patched(agent, {{"type", type}, {"name", "renamed"}}), "200") << "that is the type it has";
  EXPECT_EQ(stored(agent).at("credential_attributes"), before.at("credential_attributes"));

  EXPECT_EQ(patched(agent, {{"type", other}, {"attributes", {{"badge", "S3CRET"}}}}), "200");
  const json::object same{{"name", "a"}, {"owner", owner}, {"type", other}, {"attributes", {{"badge", "S3CRET"}}}};
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents", same)), "409 not_unique") << "and it holds others off";
  EXPECT_EQ(patched(agent, {{"type", bare}, {"attributes", {{"badge", nullptr}}}}), "200");
  EXPECT_FALSE(stored(agent).contains("credential_attributes"));
  const auto second = agent_with({{"badge", "0TH3R"}});
  EXPECT_EQ(patched(second, {{"type", nullptr}, {"attributes", nullptr}}), "200") << "all attributes are named by that";
}
