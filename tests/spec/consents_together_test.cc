// Consents that were given apart, asked for together: remembered per user, client and resource, and taken back apart.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Together : testing::Test, Flow {
  Together() {
    world.change(directory::Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
    sign_in();
  }
  json::object tokens(Pairs change = {}) { return body_of(redeem(agent, code(agent, std::move(change)))); }
  std::vector<delegation::Delegation> roots() { return *world.store->delegations("default", {.under = user}); }
  static std::vector<std::string> path_of(const json::object& tokens) {
    return texts_of(claims_of(text_at(tokens, "access_token")), "dlg");
  }
  std::string state_of(const std::string& id) {
    return text_at(body_of(world.admin_call("GET", "/v1/delegations/" + id)), "state");
  }
  // At their account, as the page's button does.
  void take_back(const std::string& delegation, const std::string& scope) {
    const auto csrf = value_of(browse("/account"), "csrf"), row = invoices_id + " " + scope + " ";
    const auto answer = world.form("/account/withdraw", {{"csrf", csrf}, {"delegation", delegation}, {"scope", row}},
                                   {{"Cookie", cookie}});
    EXPECT_EQ(done_at(answer), "/account?done=withdrawn");
  }
};

}  // namespace

TEST_F(Together, what_was_agreed_to_apart_is_not_asked_for_again) {
  const auto first = consent(agent, {"read"});
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
  const auto second = consent(agent, {"write"});
  const auto given = tokens();
  EXPECT_EQ(text_at(given, "scope"), "read write");
  EXPECT_TRUE(active(text_at(given, "access_token")));
  const auto path = path_of(given);
  EXPECT_EQ(path, (std::vector<std::string>{second, first, path.back()})) << "it rests on both";
  EXPECT_EQ(path_of(tokens()), path) << "once for all";
  EXPECT_EQ(roots().size(), 3u);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read approve"}})), "/consent") << "that is more";
  EXPECT_EQ(path_of(tokens({{"scope", "read"}})).size(), 3u);
  const auto event = world.events("authorization.request").back().as_object();
  EXPECT_EQ(text_at(event, "decision"), "granted");
}

TEST_F(Together, the_same_of_several_resources) {
  consent(agent, {"read"});
  const auto paid = authorize(agent, {{"scope", "pay"}, {"resource", payments}});
  allow(paid);
  const auto given = tokens({{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}});
  EXPECT_EQ(text_at(given, "scope"), "read");
  const auto there = body_of(refresh(agent, text_at(given, "refresh_token"), {{"resource", payments}}));
  EXPECT_EQ(text_at(there, "scope"), "pay");
}

TEST_F(Together, a28_taking_one_back_ends_what_was_put_together_and_leaves_the_other) {
  const auto first = consent(agent, {"read"}), second = consent(agent, {"write"});
  const auto given = tokens();
  const auto whole = path_of(given).back(), token = text_at(given, "access_token");
  EXPECT_EQ(error_of(world.exchange(agent, token, {{"requested_actor", other.id}})), "200");
  const auto page = browse("/account").body;
  EXPECT_EQ(page.find(whole), std::string::npos) << "it is no more than its parts";
  for (const auto& part : {first, second}) EXPECT_NE(page.find(part), std::string::npos);
  EXPECT_NE(page.find(">Other<"), std::string::npos) << "who it was handed on to hangs below each";
  const auto preview = body_of(world.admin_call("POST", "/v1/delegations/" + first + "/revoke?preview=true"));
  EXPECT_EQ(json_integer(preview, "delegations"), 3) << json::serialize(preview);
  EXPECT_EQ(state_of(whole), "live");
  const auto tree_of = [&](const std::string& id) {
    std::vector<std::string> lines;
    const auto tree = body_of(world.admin_call("GET", "/v1/delegations/" + id + "/tree"));
    for (const auto& item : tree.at("items").as_array()) {
      const auto& node = item.as_object();
      lines.push_back(std::to_string(*json_integer(node, "depth")) + (node.contains("put_together") ? "+ " : " ") +
                      text_at(node, "state") + " " + text_at(node, "actor"));
    }
    return lines;
  };
  using Lines = std::vector<std::string>;
  const auto lines = [&](const std::string& top, const std::string& state) {
    return Lines{"0 " + top + agent.id, "1+ " + state + agent.id, "2 " + state + other.id};
  };
  EXPECT_EQ(tree_of(first), lines("live ", "live ")) << "what the preview counts is what the tree shows";
  EXPECT_EQ(tree_of(second), lines("live ", "live "));
  EXPECT_EQ(tree_of(whole), (Lines{"0 live " + agent.id, "1 live " + other.id}));
  take_back(first, "read");
  EXPECT_EQ(tree_of(second), lines("live ", "cut_off "));
  EXPECT_EQ(tree_of(first), lines("revoked ", "cut_off "));
  EXPECT_FALSE(active(token));
  EXPECT_EQ(state_of(whole), "cut_off");
  EXPECT_EQ(browse("/account").body.find(">Other<"), std::string::npos) << "it is over for them too";
  EXPECT_EQ(state_of(second), "live");
  EXPECT_EQ(error_of(refresh(agent, text_at(given, "refresh_token"))), "400 invalid_grant");
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
  EXPECT_EQ(text_at(tokens({{"scope", "write"}}), "scope"), "write");
  world.clock.advance(Seconds(20 * 86'400));
  world.app().reader.purge(world.clock.now());
  EXPECT_EQ(error_of(refresh(agent, text_at(given, "refresh_token"))), "400 invalid_grant")
      << "also when the entry that killed its tokens is gone";
}

TEST_F(Together, i6_it_ends_with_the_first_of_its_parts) {
  consent(agent, {"read"});
  allow(authorize(agent, {{"scope", "write"}}), "hour");
  world.clock.advance(Seconds(1800));
  const auto given = tokens();
  EXPECT_EQ(text_at(given, "scope"), "read write");
  EXPECT_EQ(path_of(tokens()), path_of(given)) << "remembered for what is left of the hour";
  world.clock.advance(Seconds(1800));
  EXPECT_EQ(error_of(refresh(agent, text_at(given, "refresh_token"))), "400 invalid_grant");
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "code");
}

TEST_F(Together, what_was_given_this_once_is_no_part_of_it) {
  consent(agent, {"read"});
  allow(authorize(agent, {{"scope", "write"}}), "once");
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
}
