// What is onward for an agent that is called: drawn for as long as somebody before it lets it, and explain agrees.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

// The other agent is a desk, which the agent calls for the person.
struct Onward : testing::Test, Flow {
  Onward() {
    desk_id = world.given_resource(desk, {"ask"}, {{"principal", other.id}});
    const auto asks = world.given_role("asks", desk_id, {"ask"});
    world.given_assignment(asks, user);
    for (const auto& one : {agent, portal}) world.given_assignment(asks, one.id, {{"acts", "others"}});
    sign_in();
  }
  void delegates(json::array to) { world.change(Kind::agent, agent.id, {{"delegates", std::move(to)}}); }
  void needs(json::array scopes) {
    json::array needs;
    if (!scopes.empty()) needs.push_back(json::object{{"resource", payments_id}, {"scopes", std::move(scopes)}});
    world.change(Kind::resource, desk_id, {{"needs", std::move(needs)}});
  }
  std::string onward() const {
    return R"([{"type":"onward","actor":")" + other.id + R"(","resource":")" + payments + R"(","scope":"pay"}])";
  }
  // The agent's token at the desk, when the person has allowed all that they are asked for.
  std::string agreed(Pairs asked = {{"scope", "ask"}, {"resource", desk}}) {
    const auto page = authorize(agent, std::move(asked));
    EXPECT_EQ(outcome_of(page), "/consent");
    return text_at(body_of(redeem(agent, redirected(allow(page))["code"])), "access_token");
  }
  // What the desk draws with it at the payments: the scope, or why not.
  std::string drawn(const std::string& token) {
    const auto answer = world.exchange(other, token, {{"resource", payments}});
    return answer.status == 200 ? text_at(body_of(answer), "scope") : error_of(answer);
  }
  json::object explained() {
    return body_of(world.admin_call("POST", "/v1/explain", {{"actor", other.id}, {"subject", user},
                                                            {"through", json::array{agent.id}},
                                                            {"resource", payments}}));
  }
  bool explained_as_agreed() {
    return text_of(explained().at("assumed").as_array().front()).ends_with("(a live consent gives some of it)");
  }
  static std::string text_of(const json::value& text) { return std::string(text.as_string()); }

  static constexpr auto desk = "https://other.example/desk";
  std::string desk_id;
};

}  // namespace

TEST_F(Onward, i3_what_a_delegate_may_draw_further_ends_when_it_is_none_any_more) {
  delegates({other.id});
  const auto token = agreed({{"scope", "ask"}, {"resource", desk}, {"authorization_details", onward()}});
  EXPECT_EQ(drawn(token), "pay");
  delegates({});
  EXPECT_EQ(drawn(token), "400 invalid_target");
  EXPECT_FALSE(explained().at("issued").as_bool());
  const auto group = world.put(Kind::group, {{"name", "desks"}});
  world.put(Kind::membership, {{"group", group}, {"member", other.id}}, other.id);
  delegates({group});
  EXPECT_EQ(drawn(token), "pay");
}

TEST_F(Onward, i3_what_a_called_agent_needs_it_draws_while_it_needs_it) {
  needs({"pay", "refund"});
  const auto token = agreed();
  EXPECT_EQ(drawn(token), "pay refund") << "nobody delegates to it";
  EXPECT_TRUE(explained().at("issued").as_bool());
  EXPECT_TRUE(explained_as_agreed());
  needs({"refund"});
  EXPECT_EQ(drawn(token), "refund");
  EXPECT_EQ(text_at(explained(), "scope"), "refund");
  needs({});
  EXPECT_EQ(drawn(token), "400 invalid_target");
  EXPECT_FALSE(explained().at("issued").as_bool());
  needs({"pay", "refund"});
  EXPECT_EQ(drawn(token), "pay refund") << "the consent goes on";
}

TEST_F(Onward, i3_what_was_drawn_by_a_need_ends_with_it) {
  world.change(Kind::resource, payments_id, {{"principal", invoices_api.id}});
  needs({"pay", "refund"});
  const auto token = agreed();
  const auto both = text_at(body_of(world.exchange(other, token, {{"resource", payments}})), "access_token");
  const auto refunds =
      text_at(body_of(world.exchange(other, token, {{"resource", payments}, {"scope", "refund"}})), "access_token");
  ASSERT_TRUE(active(both));
  world.clock.advance(Seconds(1));
  const json::array left{json::object{{"resource", payments_id}, {"scopes", json::array{"refund"}}}};
  ASSERT_EQ(world.admin_call("PATCH", "/v1/resources/" + desk_id, {{"needs", left}}).status, 200);
  EXPECT_FALSE(active(both)) << "it gives what is needed no more";
  EXPECT_FALSE(active(refunds)) << "it could have been drawn from one that does";
  world.clock.advance(Seconds(1));
  EXPECT_EQ(drawn(token), "refund");
}

TEST_F(Onward, what_nobody_could_draw_below_the_delegation_is_not_asked_for) {
  needs({"pay"});
  delegates({other.id});
  const auto asked_for = [&](const std::string& details) {
    const auto page = authorize(agent, {{"scope", "ask"}, {"resource", desk}, {"authorization_details", details}});
    const auto shown = browse(location_of(page)).body;
    return shown.substr(0, shown.find("The request in full")).find("example/payments") != std::string::npos;
  };
  const std::string limit = R"({"type":"limits","max_depth":1})";
  EXPECT_TRUE(asked_for("[" + std::string(R"({"type":"limits","max_depth":2})") + "]"));
  EXPECT_FALSE(asked_for("[" + limit + "]"));
  EXPECT_FALSE(asked_for(onward().insert(1, limit + ",")));
}

TEST_F(Onward, explain_finds_what_was_agreed_to_for_a_delegate_that_is_called) {
  needs({"pay"});
  delegates({other.id});
  EXPECT_FALSE(explained_as_agreed());
  const auto token = agreed();
  EXPECT_EQ(drawn(token), "pay");
  EXPECT_TRUE(explained_as_agreed()) << "though there is nothing in it for the agent itself";
  delegates({});
  EXPECT_TRUE(explained_as_agreed());
}

// Who gave it need not be who calls: the delegate is the agent's, and the portal passes the call on.
TEST_F(Onward, i3_anybody_on_the_chain_may_have_let_it_draw_further) {
  delegates({portal.id, other.id});
  const auto token = agreed({{"scope", "ask pay"}, {"resource", desk}, {"resource", payments}});
  const auto passed = world.exchanged(agent, token, {{"requested_actor", portal.id}, {"resource", desk},
                                                     {"authorization_details", onward()}});
  EXPECT_EQ(drawn(passed), "pay");
  delegates({portal.id});
  EXPECT_EQ(drawn(passed), "400 invalid_target");
  world.change(Kind::application, portal.id, {{"delegates", json::array{other.id}}});
  EXPECT_EQ(drawn(passed), "pay");
}
