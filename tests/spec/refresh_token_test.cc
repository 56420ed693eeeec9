// RFC 6749 §6 and RFC 9700 §4.14: refresh tokens, rotated or not, narrowed and never widened, and reuse (A17).
#include <gtest/gtest.h>

#include "flows/disclosure.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Refresh : testing::Test, Flow {
  std::string first(const Given& client, Pairs change = {}) {
    sign_in();
    consent(client);
    const auto tokens = redeem(client, code(client, std::move(change)));
    EXPECT_EQ(tokens.status, 200) << tokens.body;
    return at(tokens, "refresh_token");
  }
  static std::string at(const http::Response& response, std::string_view name) {
    return text_at(body_of(response), name);
  }
};

}  // namespace

TEST_F(Refresh, s6_a_client_that_proves_itself_keeps_its_refresh_token) {
  const auto token = first(agent);
  ASSERT_TRUE(token.starts_with("drt_"));
  for (int i = 0; i < 3; ++i) {
    const auto again = refresh(agent, token);
    ASSERT_EQ(again.status, 200) << again.body;
    EXPECT_FALSE(body_of(again).contains("refresh_token")) << "FAPI 2.0: no rotation";
    EXPECT_EQ(at(again, "scope"), "read write");
    world.clock.advance(Seconds(3600));
  }
}

TEST_F(Refresh, a_token_that_is_used_lives_on_and_one_that_is_not_ends) {
  const auto token = first(agent);
  for (int month = 0; month < 6; ++month) {
    world.clock.advance(Seconds(30 * 86'400));
    ASSERT_EQ(error_of(refresh(agent, token)), "200") << month;
  }
  world.clock.advance(Seconds(86'399));
  ASSERT_EQ(error_of(refresh(agent, token)), "200") << "used so soon again, it is not written anew";
  world.clock.advance(Seconds(90 * 86'400));
  ASSERT_EQ(error_of(refresh(agent, token)), "200") << "and is good for as long nonetheless";
  world.clock.advance(Seconds(91 * 86'400));
  EXPECT_EQ(error_of(refresh(agent, token)), "400 invalid_grant");
}

TEST_F(Refresh, s6_another_clients_or_an_unknown_token_is_invalid_grant) {
  const auto token = first(agent);
  EXPECT_EQ(error_of(refresh(other, token)), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(agent, "drt_unknown")), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(agent, "")), "400 invalid_request");
}

TEST_F(Refresh, a24_a_refresh_narrows_and_never_widens) {
  const auto token = first(agent, {{"scope", "read"}});
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "read"}}), "scope"), "read");
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "read write"}})), "400 invalid_scope");
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "approve"}})), "400 invalid_scope");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", payments}})), "400 invalid_target");
  EXPECT_EQ(error_of(refresh(agent, token)), "200") << "RFC 8707: without a resource it works, after refusals too";
}

TEST_F(Refresh, a24_who_asks_only_who_the_person_is_gets_nothing_of_a_resource) {
  sign_in();
  consent(agent);
  disclose(agent, "openid profile");
  const auto asked_for = [&] { return code(agent, {{"scope", "openid profile read write"}}); };
  const auto tokens = redeem(agent, asked_for(), {{"scope", "openid"}});
  EXPECT_EQ(at(tokens, "scope"), "openid") << tokens.body;
  EXPECT_EQ(text_at(claims_of(at(tokens, "access_token")), "aud"), world.issuer);
  const auto token = at(redeem(agent, asked_for()), "refresh_token");
  const auto less = refresh(agent, token, {{"scope", "openid profile"}});
  EXPECT_EQ(at(less, "scope"), "openid profile") << less.body;
  EXPECT_EQ(text_at(claims_of(at(less, "access_token")), "aud"), world.issuer);
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "openid"}, {"resource", invoices}})), "400 invalid_scope");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid read"}}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token), "scope"), "read write");
}

TEST_F(Refresh, a24_a_token_for_the_issuer_is_of_scopes_that_are_named) {
  sign_in();
  consent(agent);
  disclose(agent, "openid profile offline_access");
  const auto good = code(agent, {{"scope", "openid profile offline_access read write"}});
  const Pairs of_none{{"scope", "read"}, {"resource", world.issuer}};
  EXPECT_EQ(error_of(redeem(agent, good, of_none)), "400 invalid_scope");
  const auto token = at(redeem(agent, good), "refresh_token");
  EXPECT_EQ(error_of(refresh(agent, token, of_none)), "400 invalid_scope");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "profile read"}, {"resource", world.issuer}}), "scope"),
            "openid profile");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", world.issuer}})), "200");
  // The same where there is nothing but the issuer to get a token for.
  const auto of_the_person = code(agent, {{"scope", "openid offline_access"}, {"resource", ""}});
  const auto alone = at(redeem(agent, of_the_person), "refresh_token");
  for (const auto* of_nobody : {"read", "openid read", "openid zebra", "openid email", "zebra offline_access"})
    EXPECT_EQ(error_of(refresh(agent, alone, {{"scope", of_nobody}})), "400 invalid_scope") << of_nobody;
  EXPECT_EQ(error_of(redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}), {{"scope", "openid read"}})),
            "400 invalid_scope");
  EXPECT_EQ(at(refresh(agent, alone, {{"scope", "openid"}}), "scope"), "openid");
}

TEST_F(Refresh, s6_a_narrowed_refresh_leaves_the_grant_as_it_was) {
  const auto token = first(agent);
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "read"}}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token), "scope"), "read write");
}

TEST_F(Refresh, rfc9449_s5_a_public_clients_token_is_good_with_its_key_alone) {
  const KeyHolder mine(world), thief(world);
  sign_in();
  consent(app);
  const auto asked = [&](Pairs form, http::Headers headers) {
    form.emplace_back("client_id", app.id);
    return world.form("/oauth2/token", form, std::move(headers));
  };
  const Pairs redemption{{"grant_type", "authorization_code"}, {"code", code(app)}, {"code_verifier", verifier}};
  const auto tokens = asked(redemption, mine.at_token_endpoint());
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(jkt_of(claims_of(at(tokens, "access_token"))), mine.jkt());
  const Pairs again{{"grant_type", "refresh_token"}, {"refresh_token", at(tokens, "refresh_token")}};
  EXPECT_EQ(error_of(asked(again, {})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(asked(again, thief.at_token_endpoint())), "400 invalid_grant");
  EXPECT_EQ(error_of(asked(again, mine.at_token_endpoint())), "200");
}

// RFC 9449 §5: "the refresh token MUST be bound to the same public key", from the first proof on.
TEST_F(Refresh, rfc9449_s5_a_public_clients_token_is_bound_to_the_first_key_that_a_refresh_proves) {
  const KeyHolder mine(world), thief(world);
  const auto unbound = first(app);
  const auto asked = [&](const std::string& token, http::Headers headers) {
    return world.form("/oauth2/token",
                      {{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", app.id}},
                      std::move(headers));
  };
  const auto tokens = asked(unbound, mine.at_token_endpoint());
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(jkt_of(claims_of(at(tokens, "access_token"))), mine.jkt());
  const auto bound = at(tokens, "refresh_token");
  ASSERT_FALSE(bound.empty());
  // As if the answer had been lost: it is given again to the same key, and to no other.
  EXPECT_EQ(error_of(asked(unbound, {})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(asked(unbound, thief.at_token_endpoint())), "400 invalid_grant");
  EXPECT_EQ(at(asked(unbound, mine.at_token_endpoint()), "refresh_token"), bound);

  EXPECT_EQ(error_of(asked(bound, {})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(asked(bound, thief.at_token_endpoint())), "400 invalid_grant");
  for (int i = 0; i < 2; ++i) {
    world.clock.advance(Seconds(3600));
    const auto again = asked(bound, mine.at_token_endpoint());
    ASSERT_EQ(again.status, 200) << again.body;
    EXPECT_FALSE(body_of(again).contains("refresh_token")) << "bound, it rotates no more";
  }
  EXPECT_EQ(error_of(asked(unbound, mine.at_token_endpoint())), "400 invalid_grant");
  EXPECT_EQ(error_of(asked(bound, mine.at_token_endpoint())), "400 invalid_grant") << "a reuse ends it all the same";
}

TEST_F(Refresh, rfc9449_s5_an_answer_without_a_key_is_not_given_again_to_one) {
  const KeyHolder holder(world);
  const auto one = first(app);
  const auto two = at(refresh(app, one), "refresh_token");
  EXPECT_EQ(error_of(world.form("/oauth2/token",
                                {{"grant_type", "refresh_token"}, {"refresh_token", one}, {"client_id", app.id}},
                                holder.at_token_endpoint())),
            "400 invalid_grant");
  EXPECT_EQ(at(refresh(app, one), "refresh_token"), two);
}

TEST_F(Refresh, a17_a_public_clients_token_rotates_and_its_reuse_ends_everything) {
  const auto one = first(app);
  const auto two = refresh(app, one);
  ASSERT_EQ(two.status, 200) << two.body;
  const auto successor = at(two, "refresh_token");
  EXPECT_NE(successor, one);
  world.clock.advance(Seconds(11));
  EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(app, successor)), "400 invalid_grant") << "thief and client: neither goes on";
  EXPECT_FALSE(active(at(two, "access_token")));
}

TEST_F(Refresh, a17_an_answer_that_was_lost_is_given_again_for_ten_seconds) {
  const auto one = first(app);
  const auto successor = at(refresh(app, one), "refresh_token");
  world.clock.advance(Seconds(10));
  const auto again = refresh(app, one);
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(at(again, "refresh_token"), successor) << "the same one: two holders of it would still meet";
  EXPECT_EQ(error_of(refresh(app, successor)), "200");
}

TEST_F(Refresh, a17_a_chain_of_rotations_is_one_family) {
  auto token = first(app);
  const auto oldest = token;
  for (int i = 0; i < 4; ++i) {
    world.clock.advance(Seconds(60));
    token = at(refresh(app, token), "refresh_token");
  }
  EXPECT_EQ(error_of(refresh(app, oldest)), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(app, token)), "400 invalid_grant");
}

TEST_F(Refresh, a17_a_reuse_is_noticed_for_as_long_as_its_successor_can_live) {
  const auto oldest = first(app);
  auto token = at(refresh(app, oldest), "refresh_token");
  for (int i = 0; i < 3; ++i) {
    world.clock.advance(Seconds(27 * 86'400));
    while (*world.store->purge(world.clock.now(), 1000) != 0) {}
    const auto next = refresh(app, token);
    ASSERT_EQ(next.status, 200) << next.body;
    token = at(next, "refresh_token");
  }
  EXPECT_EQ(error_of(refresh(app, oldest)), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(app, token)), "400 invalid_grant");
}

TEST_F(Refresh, a17_a_family_without_a_delegation_ends_too) {
  sign_in();
  disclose(app, "openid offline_access");
  const auto tokens = redeem(app, code(app, {{"scope", "openid offline_access"}, {"resource", ""}}));
  const auto one = at(tokens, "refresh_token");
  const auto two = at(refresh(app, one), "refresh_token");
  ASSERT_FALSE(two.empty());
  world.clock.advance(Seconds(11));
  EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(app, two)), "400 invalid_grant");
}

TEST_F(Refresh, s6_naming_all_that_was_asked_for_gives_what_the_person_gives_of_it) {
  sign_in();
  consent(agent, {"read"});
  disclose(agent, "openid profile");
  const auto before = flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(before && *before);
  const flows::Said said{.told = {}, .declined = {"email"}};
  ASSERT_TRUE(world.store->commit_now(
      {flows::disclose(*before, said, agent.id, user, "default", world.random, world.clock.now())}));
  const auto tokens = redeem(agent, code(agent, {{"scope", "openid profile email read"}}),
                             {{"scope", "openid profile email read"}});
  EXPECT_EQ(at(tokens, "scope"), "read") << tokens.body;
  const auto token = at(tokens, "refresh_token");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid profile email read"}}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid email profile"}}), "scope"), "openid profile");
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "email"}})), "400 invalid_scope") << "nothing is given of it";
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "openid offline_access read"}})), "400 invalid_scope")
      << "nobody was asked for that";
  // The same where it is taken back later.
  const auto now = flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(world.store->commit_now(
      {flows::disclose(*now, {.told = {}, .declined = {"profile"}}, agent.id, user, "default", world.random,
                       world.clock.now())}));
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid profile email read"}}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid profile"}}), "scope"), "openid");
}

TEST_F(Refresh, a_refused_refresh_uses_nothing_up) {
  const auto token = first(app);
  EXPECT_EQ(error_of(refresh(app, token, {{"scope", "approve"}})), "400 invalid_scope");
  world.clock.advance(Seconds(60));
  EXPECT_EQ(error_of(refresh(app, token)), "200");
}

TEST_F(Refresh, without_offline_access_who_only_learns_a_name_gets_no_refresh_token) {
  sign_in();
  disclose(agent, "openid");
  const auto tokens = redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}));
  ASSERT_EQ(tokens.status, 200);
  EXPECT_FALSE(body_of(tokens).contains("refresh_token"));
}

TEST_F(Refresh, a28_a_suspended_agent_or_a_disabled_person_ends_it) {
  const auto token = first(agent);
  world.change(directory::Kind::user, user, {{"state", "disabled"}});
  EXPECT_EQ(error_of(refresh(agent, token)), "400 invalid_grant");
  world.change(directory::Kind::user, user, {{"state", "active"}});
  world.change(directory::Kind::agent, agent.id, {{"state", "suspended"}});
  EXPECT_EQ(error_of(refresh(agent, token)), "401 invalid_client");
}

// A stop takes its instant when it is asked for, and is on disk later; and a clock may be set back.
TEST_F(Refresh, a28_what_is_given_while_a_stop_is_on_its_way_does_not_come_back) {
  const auto admin = [&](std::string_view method, const std::string& path, json::object body) {
    EXPECT_EQ(error_of(world.admin_call(method, "/v1/" + path, std::move(body))), "200") << path;
  };
  const auto stopped_at_an_earlier_instant = [&](auto stop, auto start) {
    const auto token = first(agent);
    world.clock.advance(Seconds(-5));
    stop();
    world.clock.advance(Seconds(10));
    start();
    world.clock.advance(Seconds(2));
    return error_of(refresh(agent, token));
  };
  const auto user_state = [&](const char* state) { admin("PATCH", "users/" + user, {{"state", state}}); };
  EXPECT_EQ(stopped_at_an_earlier_instant([&] { user_state("disabled"); }, [&] { user_state("active"); }),
            "400 invalid_grant");
  const auto agents = [&](const char* what) { admin("POST", "agents/" + agent.id + "/" + what, {}); };
  EXPECT_EQ(stopped_at_an_earlier_instant([&] { agents("suspend"); }, [&] { agents("resume"); }), "400 invalid_grant");
  EXPECT_EQ(stopped_at_an_earlier_instant(
                [&] { admin("POST", "agents/" + agent.id + "/transfer", {{"owner", user}}); }, [] {}),
            "400 invalid_grant");
  EXPECT_EQ(error_of(refresh(agent, first(agent))), "200");
}

TEST_F(Refresh, a28_it_does_not_come_back_with_who_was_stopped) {
  const auto admin = [&](std::string_view method, const std::string& path, json::object body) {
    EXPECT_EQ(error_of(world.admin_call(method, "/v1/" + path, std::move(body))), "200") << path;
    world.clock.advance(Seconds(2));  // nothing is minted in the second of a revocation
  };
  const auto refreshed = [&](const Given& client, std::string_view token) { return error_of(refresh(client, token)); };
  const auto agents = first(agent);
  admin("PATCH", "users/" + user, {{"state", "disabled"}});
  admin("PATCH", "users/" + user, {{"state", "active"}});
  EXPECT_EQ(refreshed(agent, agents), "400 invalid_grant");

  const auto again = first(agent);
  EXPECT_EQ(refreshed(agent, again), "200") << "what the person gives anew is good";
  admin("POST", "agents/" + agent.id + "/suspend", {});
  admin("POST", "agents/" + agent.id + "/resume", {});
  EXPECT_EQ(refreshed(agent, again), "400 invalid_grant");

  const auto third = first(agent);
  admin("PATCH", "agents/" + agent.id, {{"description", "another"}});
  EXPECT_EQ(refreshed(agent, third), "200");
  admin("POST", "agents/" + agent.id + "/transfer", {{"owner", user}});
  EXPECT_EQ(refreshed(agent, third), "400 invalid_grant");
  const auto read = world.admin_call("GET", "/v1/agents/" + agent.id);
  EXPECT_EQ(read.body.find("refresh_dead"), std::string::npos) << "it is the server's own";
}

TEST_F(Refresh, a28_what_was_given_before_an_agent_expired_does_not_come_back_with_it) {
  const auto expires = [&](const json::value& at) {
    EXPECT_EQ(error_of(world.admin_call("PATCH", "/v1/agents/" + agent.id, {{"expires_at", at}})), "200");
    world.clock.advance(Seconds(2));
  };
  const auto in = [&](Seconds time) { return json::value(rfc3339(world.clock.now() + time)); };
  for (const bool has_no_end_then : {false, true}) {
    const auto token = first(agent);
    expires(in(Seconds(30)));
    EXPECT_EQ(error_of(refresh(agent, token)), "200");
    const auto given = code(agent);
    world.clock.advance(Seconds(30));
    EXPECT_EQ(error_of(refresh(agent, token)), "401 invalid_client");
    expires(has_no_end_then ? json::value(nullptr) : in(Seconds(3600)));
    EXPECT_EQ(error_of(refresh(agent, token)), "400 invalid_grant");
    EXPECT_EQ(error_of(redeem(agent, given)), "400 invalid_grant");
  }
  const auto token = first(agent);
  expires(in(Seconds(3600)));
  expires(in(Seconds(7200)));
  EXPECT_EQ(error_of(refresh(agent, token)), "200") << "it never came to its end";
}

TEST_F(Refresh, rfc7009_s2_1_giving_it_up_ends_the_grant) {
  sign_in();
  consent(agent);
  const auto tokens = redeem(agent, code(agent));
  const auto token = at(tokens, "refresh_token");
  const auto give_up = [&](const Given& client) {
    return world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(client)}}).status;
  };
  EXPECT_EQ(give_up(other), 200);
  EXPECT_EQ(error_of(refresh(agent, token)), "200") << "another client's token is left alone";
  EXPECT_EQ(give_up(agent), 200);
  EXPECT_EQ(error_of(refresh(agent, token)), "400 invalid_grant");
  EXPECT_FALSE(active(at(tokens, "access_token")));
}

TEST_F(Refresh, rfc6749_s5_2_one_that_rests_on_a_spent_budget_is_invalid_grant) {
  sign_in();
  const auto asked = authorize(agent, {{"authorization_details", R"([{"type":"limits","uses":1}])"}});
  const auto tokens = redeem(agent, redirected(allow(asked))["code"]);
  ASSERT_EQ(error_of(tokens), "200") << tokens.body;
  EXPECT_EQ(error_of(refresh(agent, at(tokens, "refresh_token"))), "400 invalid_grant");
}

TEST_F(Refresh, rfc7009_s2_1_a_public_client_gives_its_token_up_by_name) {
  const auto token = first(app);
  EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}, {"client_id", app.id}}).status, 200);
  EXPECT_EQ(error_of(refresh(app, token)), "400 invalid_grant");
}

TEST_F(Refresh, a21_codes_and_refresh_tokens_are_nowhere_in_the_audit) {
  const auto token = first(app);
  refresh(app, token);
  const auto all = json::serialize(world.events());
  EXPECT_EQ(all.find("drt_"), std::string::npos);
  EXPECT_EQ(all.find("dac_"), std::string::npos);
}
