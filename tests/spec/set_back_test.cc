// What a clock that was ahead leaves behind when it is set back: tokens, sessions and marks of the future.
#include <gtest/gtest.h>

#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct SetBack : testing::Test, Openid {
  SetBack() {
    world.given_assignment(role, agent.id, {{"acts", "self"}});
    sign_in();
    disclose(agent, "openid profile");
  }

  std::string own() { return world.access_token(agent, invoices, "read"); }
  std::string for_userinfo() { return at(tokens(), "access_token"); }
  // As by another node, or after a restart: what was verified before is remembered by nobody.
  void set_back(Seconds by) {
    world.restart();
    world.clock.advance(-by);
  }
  void give_up(const std::string& token) {
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(agent)}}).status, 200);
    EXPECT_EQ(text_at(world.events("token.revoke").back().as_object(), "decision"), "done");
  }
};

}  // namespace

TEST_F(SetBack, rfc7519_s4_1_6_a_token_of_the_next_minute_is_good_and_one_further_ahead_is_not) {
  const auto token = own();
  set_back(set_back_max);
  EXPECT_TRUE(active(token));
  set_back(Seconds(1));
  EXPECT_FALSE(active(token));
}

TEST_F(SetBack, what_was_drawn_just_before_opens_userinfo_v1_and_an_exchange) {
  const auto token = own(), persons = for_userinfo(), admins = world.access_token(world.admin, world.issuer + "/v1");
  set_back(Seconds(2));
  EXPECT_EQ(error_of(world.exchange(agent, token, {{"scope", "read"}})), "200");
  EXPECT_EQ(userinfo(persons).status, 200);
  EXPECT_EQ(world.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + admins}}).status, 200);
}

TEST_F(SetBack, rfc7519_s4_1_4_its_end_is_held_to_the_instant) {
  const auto token = own();
  const auto end = from_unix_seconds(*json_integer(claims_of(token), "exp"));
  world.restart();
  world.clock.set(end - Millis(1));
  EXPECT_TRUE(active(token));
  world.restart();
  world.clock.set(end);
  EXPECT_FALSE(active(token));
}

TEST_F(SetBack, rfc7009_s2_1_what_was_issued_ahead_of_the_clock_is_given_up_for_good) {
  for (const auto by : {Seconds(2), Seconds(3600), Seconds(365 * 86'400)}) {
    for (const bool persons : {false, true}) {
      const auto token = persons ? for_userinfo() : own();
      const auto right = world.clock.now();
      const auto opens = [&] { return persons ? userinfo(token).status == 200 : active(token); };
      set_back(by);
      give_up(token);
      EXPECT_FALSE(opens()) << by.count();
      world.clock.set(right + Seconds(1));
      EXPECT_FALSE(opens()) << by.count() << ": the clock is right again";
      world.restart();
      EXPECT_FALSE(opens()) << by.count();
    }
  }
}

TEST_F(SetBack, a28_what_was_issued_ahead_of_the_clock_dies_with_who_is_stopped) {
  const auto token = own();
  set_back(Seconds(30));
  EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/suspend").status, 200);
  EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/resume").status, 200);
  EXPECT_FALSE(active(token));
  world.clock.advance(Seconds(31));
  EXPECT_FALSE(active(token));
}

// Whoever waited with a stolen token would be given the live one, and nobody would be alarmed.
TEST_F(SetBack, a17_a_spent_refresh_token_opens_nothing_again) {
  const auto first = [&] {
    consent(app);
    return at(redeem(app, code(app)), "refresh_token");
  };
  for (const auto by : {Seconds(6), Seconds(60), Seconds(3600)}) {
    const auto one = first();
    const auto two = refresh(app, one);
    ASSERT_EQ(two.status, 200) << two.body;
    world.clock.advance(-by);
    EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant") << by.count();
    EXPECT_EQ(error_of(refresh(app, at(two, "refresh_token"))), "400 invalid_grant") << by.count() << ": both end";
    world.clock.advance(by + Seconds(2));
    EXPECT_FALSE(active(at(two, "access_token"))) << by.count();
  }
}

// By the clock it was spent a moment ago, and what came of it will be used in a while: so it was set back in between.
TEST_F(SetBack, a17_nor_does_one_whose_successor_was_used_where_the_clock_comes_back_to_its_use) {
  for (const auto by : {Seconds(290), Seconds(295), Seconds(305)}) {
    consent(app);
    const auto one = at(redeem(app, code(app)), "refresh_token");
    const auto two = at(refresh(app, one), "refresh_token");
    world.clock.advance(Seconds(300));
    const auto three = refresh(app, two);
    ASSERT_EQ(three.status, 200) << three.body;
    world.clock.advance(-by);
    EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant") << by.count();
    EXPECT_EQ(error_of(refresh(app, at(three, "refresh_token"))), "400 invalid_grant") << by.count() << ": all end";
    world.clock.advance(by + Seconds(2));
    EXPECT_FALSE(active(at(three, "access_token"))) << by.count();
  }
}

TEST_F(SetBack, an_answer_that_was_lost_is_given_again_though_its_successor_was_used) {
  consent(app);
  const auto one = at(redeem(app, code(app)), "refresh_token");
  const auto two = at(refresh(app, one), "refresh_token");
  world.clock.advance(Seconds(9));
  ASSERT_EQ(error_of(refresh(app, two)), "200");
  EXPECT_EQ(at(refresh(app, one), "refresh_token"), two) << "two threads of one client, of which one was slow";
  world.clock.advance(Seconds(-5));
  EXPECT_EQ(at(refresh(app, one), "refresh_token"), two) << "by a node a little behind";
}

TEST_F(SetBack, an_answer_that_was_lost_is_given_again_by_a_node_a_little_behind) {
  consent(app);
  const auto one = at(redeem(app, code(app)), "refresh_token");
  const auto two = at(refresh(app, one), "refresh_token");
  world.clock.advance(Seconds(-5));
  EXPECT_EQ(at(refresh(app, one), "refresh_token"), two);
}

TEST_F(SetBack, a34_who_signed_in_further_ahead_signs_in_again) {
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
  world.clock.advance(-set_back_max);
  EXPECT_EQ(outcome_of(authorize(agent)), "code") << "a small step signs nobody out";
  world.clock.advance(Seconds(-1));
  for (const Pairs& change : {Pairs{}, Pairs{{"prompt", "login"}}, Pairs{{"max_age", "60"}},
                              Pairs{{"login_hint", "somebody"}}})
    EXPECT_EQ(outcome_of(authorize(agent, change)), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "login_required");
  sign_in();
  EXPECT_EQ(outcome_of(authorize(agent, {{"max_age", "60"}})), "code");
}

TEST_F(SetBack, who_waits_for_what_was_issued_ahead_is_told_for_how_long) {
  const auto token = own();
  world.clock.advance(Seconds(-600));
  for (const auto* action : {"suspend", "resume"})
    EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/" + action).status, 200);
  const auto asked = world.token(agent, {{"resource", invoices}});
  EXPECT_EQ(error_of(asked), "503 temporarily_unavailable");
  EXPECT_EQ(header_at(asked, "Retry-After"), "601");
  EXPECT_EQ(asked.body.find("this second"), std::string::npos) << asked.body;
  world.clock.advance(Seconds(601));
  EXPECT_EQ(error_of(world.token(agent, {{"resource", invoices}})), "200");
  EXPECT_FALSE(active(token));
}
