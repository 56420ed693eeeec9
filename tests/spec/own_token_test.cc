// RFC 7009 of an agent's own token, which was drawn from no delegation: it ends alone (docs/adr/0026).
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct OwnToken : testing::Test, Flow {
  OwnToken() {
    world.given_assignment(role, agent.id, {{"acts", "self"}});
    world.change(store::Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  }
  std::string own() { return world.access_token(agent, invoices, "read write"); }
  std::string handed_on(const std::string& token) {
    return world.exchanged(agent, token, {{"requested_actor", other.id}});
  }
  void give_up(const Given& client, const std::string& token) {
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(client)}}).status, 200);
    EXPECT_EQ(text_at(world.events("token.revoke").back().as_object(), "decision"), "done");
  }
  static std::vector<std::string> path_of(const std::string& token) { return texts_of(claims_of(token), "dlg"); }
};

}  // namespace

TEST_F(OwnToken, rfc7009_given_up_it_ends_alone_and_what_was_made_of_it_goes_on) {
  const auto token = own(), again = own();
  const auto handed = handed_on(token), narrowed = world.exchanged(agent, token, {{"scope", "read"}});
  ASSERT_TRUE(path_of(token).empty());
  ASSERT_TRUE(path_of(narrowed).empty());
  ASSERT_EQ(path_of(handed).size(), 1u);
  give_up(agent, token);
  EXPECT_FALSE(active(token));
  EXPECT_EQ(error_of(world.exchange(agent, token, {{"requested_actor", other.id}})), "400 invalid_request");
  for (const auto& one : {again, narrowed, handed}) EXPECT_TRUE(active(one));
  EXPECT_EQ(error_of(world.exchange(other, handed, {{"scope", "read"}})), "200");
  EXPECT_EQ(path_of(handed_on(again)), path_of(handed)) << "it hangs from each of the agent's own tokens";
}

TEST_F(OwnToken, what_was_handed_on_from_it_is_given_up_by_whoever_has_it) {
  const auto token = own();
  const auto handed = handed_on(token);
  give_up(other, handed);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
  EXPECT_NE(path_of(handed_on(token)), path_of(handed)) << "what has ended is not taken up again";
}

TEST_F(OwnToken, each_hand_on_for_a_time_of_its_own_is_a_delegation_of_its_own) {
  const auto token = own();
  const auto for_an_hour = [&] {
    world.clock.advance(Seconds(1));
    return path_of(world.exchanged(
        agent, token,
        {{"requested_actor", other.id}, {"authorization_details", R"([{"type":"limits","expires_in":3600}])"}}));
  };
  EXPECT_NE(for_an_hour(), for_an_hour());
  EXPECT_EQ(path_of(handed_on(token)), path_of(handed_on(token))) << "without one, it is shared";
}
