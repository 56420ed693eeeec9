// A consent that ends otherwise than by being taken back is an event of its own, consent.end, whatever ended it.
#include <gtest/gtest.h>

#include <set>

#include "tests/kit/flow.h"
#include "tests/kit/race.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Texts = std::vector<std::string>;

struct ConsentEnd : testing::Test, Flow {
  ConsentEnd() { sign_in(); }
  std::vector<json::object> ended() {
    std::vector<json::object> all;
    for (const auto& event : world.events("consent.end")) all.push_back(event.as_object());
    return all;
  }
  // The one that there is.
  json::object only() {
    const auto all = ended();
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? json::object() : all.front();
  }
  void expect_whole(const json::object& event, const Given& client, const std::string& root) {
    EXPECT_EQ(text_of(event, "decision"), "done");
    EXPECT_EQ(text_of(event, "subject"), user);
    EXPECT_EQ(text_of(event, "client"), client.id);
    EXPECT_EQ(text_of(event, "target"), root);
    EXPECT_EQ(texts_of(event, "delegations"), Texts{root});
    EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
    EXPECT_NE(text_of(event, "correlation_id"), "");
    EXPECT_TRUE((*world.store->delegation("default", root))->revoked_at) << "it is so";
  }
  void revoke(const Given& client, const std::string& token) {
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(client)}}).status, 200);
  }
  // All of its agent's, or one row.
  void take_back(const std::string& root, const std::string& row = "") {
    const auto csrf = value_of(browse("/account"), "csrf");
    world.form("/account/withdraw", {{"csrf", csrf}, {"delegation", root}, {"scope", row}}, {{"Cookie", cookie}});
  }
  // Of two consents, asked for together: the tokens, and the path of both and of what was put together of them.
  std::pair<json::object, Texts> together() {
    consent(agent, {"read"});
    consent(agent, {"write"});
    auto tokens = body_of(redeem(agent, code(agent)));
    auto path = texts_of(claims_of(text_at(tokens, "access_token")), "dlg");
    EXPECT_EQ(path.size(), 3u);
    return {std::move(tokens), std::move(path)};
  }
  void transfer() {
    const auto owner = world.given_user("bob");
    ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/transfer", {{"owner", owner}}).status, 200);
  }
  http::Headers as_admin() {
    return {{"Authorization", "Bearer " + world.access_token(world.admin, world.issuer + "/v1")},
            {"Content-Type", "application/json"}};
  }
};

}  // namespace

TEST_F(ConsentEnd, a3_by_a_code_that_came_twice) {
  const auto root = consent(agent);
  const auto twice = code(agent);
  ASSERT_EQ(redeem(agent, twice).status, 200);
  EXPECT_TRUE(ended().empty());
  for (int i = 0; i < 2; ++i) ASSERT_EQ(error_of(redeem(agent, twice)), "400 invalid_grant");
  const auto event = only();
  expect_whole(event, agent, root);
  EXPECT_EQ(text_of(event, "actor"), agent.id);
  EXPECT_EQ(text_of(event, "reason"), "its code was used twice");
  EXPECT_EQ(texts_of(event, "chain"), Texts{agent.id});
}

TEST_F(ConsentEnd, a17_by_a_refresh_token_that_came_twice) {
  const auto first = text_at(body_of(redeem(app, code(app))), "refresh_token");
  ASSERT_EQ(refresh(app, first).status, 200);
  world.clock.advance(Seconds(11));
  ASSERT_EQ(error_of(refresh(app, first)), "400 invalid_grant");
  const auto event = only();
  expect_whole(event, app, text_of(event, "target"));
  EXPECT_EQ(text_of(event, "actor"), app.id) << "a public client too";
  EXPECT_EQ(text_of(event, "reason"), "a refresh token was used twice");
}

TEST_F(ConsentEnd, by_its_client_that_gives_a_token_up) {
  for (const auto* which : {"access_token", "refresh_token"}) {
    const auto before = ended().size();
    const auto root = consent(agent);
    revoke(agent, text_at(body_of(redeem(agent, code(agent))), which));
    ASSERT_EQ(ended().size(), before + 1) << which;
    expect_whole(ended().back(), agent, root);
    EXPECT_EQ(text_of(ended().back(), "actor"), agent.id);
    EXPECT_EQ(text_of(ended().back(), "reason"), "revoked by its client");
    EXPECT_EQ(texts_of(world.events("token.revoke").back().as_object(), "delegations"), Texts{root});
  }
}

TEST_F(ConsentEnd, by_its_client_that_gives_up_a_token_that_is_expired) {
  const auto root = consent(agent);
  const auto token = text_at(body_of(redeem(agent, code(agent))), "access_token");
  world.clock.advance(Seconds(3600));
  ASSERT_FALSE(active(token));
  revoke(agent, token);
  expect_whole(only(), agent, root);
  const auto event = world.events("token.revoke").back().as_object();
  EXPECT_EQ(text_of(event, "subject"), user);
  EXPECT_EQ(text_of(event, "resource"), invoices);
  EXPECT_EQ(text_of(event, "jti"), text_at(claims_of(token), "jti"));
  EXPECT_EQ(texts_of(event, "delegations"), Texts{root});
}

TEST_F(ConsentEnd, an_opaque_token_that_expired_is_forgotten_and_ends_nothing) {
  world.change(store::Kind::resource, invoices_id, {{"token_format", "opaque"}});
  const auto root = consent(agent);
  const auto given = body_of(redeem(agent, code(agent)));
  const auto token = text_at(given, "access_token");
  ASSERT_TRUE(token.starts_with("dot_"));
  world.clock.advance(Seconds(*json_integer(given, "expires_in")));
  revoke(agent, token);
  EXPECT_EQ(text_of(world.events("token.revoke").back().as_object(), "reason"), "no live token");
  EXPECT_FALSE((*world.store->delegation("default", root))->revoked_at);
  EXPECT_TRUE(ended().empty());
}

TEST_F(ConsentEnd, but_once_whatever_else_is_given_up) {
  consent(agent);
  const auto tokens = body_of(redeem(agent, code(agent)));
  revoke(agent, text_at(tokens, "access_token"));
  ASSERT_EQ(ended().size(), 1u);
  revoke(agent, text_at(tokens, "refresh_token"));
  EXPECT_EQ(text_of(world.events("token.revoke").back().as_object(), "decision"), "done");
  EXPECT_EQ(ended().size(), 1u) << "it had ended";
}

TEST_F(ConsentEnd, not_with_what_was_handed_on_alone) {
  world.change(store::Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  consent(agent);
  const auto own = text_at(body_of(redeem(agent, code(agent))), "access_token");
  revoke(other, world.exchanged(agent, own, {{"requested_actor", other.id}}));
  EXPECT_EQ(text_of(world.events("token.revoke").back().as_object(), "decision"), "done");
  EXPECT_TRUE(ended().empty());
}

TEST_F(ConsentEnd, by_an_administrator) {
  const auto root = consent(agent);
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke", {{"reason", "odd bookings"}}).status, 200);
  const auto event = only();
  expect_whole(event, agent, root);
  EXPECT_EQ(text_of(event, "actor"), world.admin.id);
  EXPECT_EQ(text_of(event, "reason"), "odd bookings");
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke").status, 200);
  EXPECT_EQ(ended().size(), 1u) << "it had ended";
}

TEST_F(ConsentEnd, a37_with_the_owner_that_its_client_had) {
  const auto one = consent(agent), two = consent(agent, {"read"});
  consent(other);
  const auto bob = world.given_user("bob");
  const auto path = "/v1/agents/" + agent.id + "/transfer";
  ASSERT_EQ(world.admin_call("POST", path + "?preview=true", {{"owner", bob}}).status, 200);
  EXPECT_TRUE(ended().empty());
  ASSERT_EQ(world.admin_call("POST", path, {{"owner", bob}}).status, 200);
  const auto events = ended();
  ASSERT_EQ(events.size(), 2u);
  for (const auto& event : events) {
    expect_whole(event, agent, text_of(event, "target"));
    EXPECT_EQ(text_of(event, "actor"), world.admin.id);
    EXPECT_EQ(text_of(event, "reason"), "transferred");
  }
  EXPECT_EQ(std::set({text_of(events[0], "target"), text_of(events[1], "target")}), std::set({one, two}));
  const auto root = consent(portal);
  ASSERT_EQ(world.admin_call("PATCH", "/v1/applications/" + portal.id, {{"owner", bob}}).status, 200);
  ASSERT_EQ(ended().size(), 3u);
  expect_whole(ended().back(), portal, root);
}

TEST_F(ConsentEnd, a37_of_one_that_is_given_while_the_owner_changes_too) {
  const auto one = consent(agent);
  Race race{world};
  const json::object to{{"owner", world.given_user("bob")}};
  const auto path = "/v1/agents/" + agent.id + "/transfer";
  auto transfer = race.decided("POST", path, json::serialize(to), as_admin());
  const auto two = consent(agent, {"read"});
  EXPECT_EQ(race.settled(std::move(transfer)).status, 200) << "it is decided once more";
  for (const auto& id : {one, two}) EXPECT_TRUE((*world.store->delegation("default", id))->revoked_at);
  EXPECT_EQ(ended().size(), 2u) << "each is told";
}

TEST_F(ConsentEnd, of_very_many_the_rest_is_told_at_once) {
  auto one = **world.store->delegation("default", consent(agent));
  store::Writes more;
  for (int i = 0; i < 1000; ++i) {
    one.id = "dlg_" + std::to_string(i);
    one.path = {one.id};
    more.emplace_back(store::Delegate{one});
  }
  ASSERT_TRUE(world.store->commit_now(std::move(more)));
  const auto owner = world.given_user("bob");
  ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/transfer", {{"owner", owner}}).status, 200);
  const auto events = ended();
  ASSERT_EQ(events.size(), 1001u);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(text_of(events[i], "subject"), user);
  EXPECT_EQ(text_of(events.back(), "subject"), "");
  EXPECT_EQ(text_of(events.back(), "client"), agent.id);
  EXPECT_EQ(text_of(events.back(), "actor"), world.admin.id);
  EXPECT_TRUE(text_of(events.back(), "reason").starts_with("transferred: there were more than 1000 consents"));
  EXPECT_TRUE(world.store->consents_to("default", agent.id, world.clock.now(), 1)->empty()) << "all have ended";
}

TEST_F(ConsentEnd, not_where_its_time_was_over_before) {
  const auto root = consent(agent);
  const auto for_a_second = [&] {
    auto one = **world.store->delegation("default", root);
    one.id = make_id("dlg", world.clock.now(), world.random);
    one.path = {one.id};
    one.limits.not_after = world.clock.now() + Seconds(1);
    EXPECT_TRUE(world.store->commit_now({store::Delegate{one}}));
    return one.id;
  };
  const auto over = for_a_second(), over_too = for_a_second();
  world.clock.advance(Seconds(1));
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + over + "/revoke").status, 200);
  EXPECT_TRUE((*world.store->delegation("default", over))->revoked_at);
  EXPECT_TRUE(ended().empty());
  const auto owner = world.given_user("bob");
  ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/transfer", {{"owner", owner}}).status, 200);
  EXPECT_TRUE((*world.store->delegation("default", over_too))->revoked_at);
  EXPECT_EQ(text_of(only(), "target"), root);
}

TEST_F(ConsentEnd, i4_not_of_what_was_put_together_of_consents_that_were_taken_back) {
  const auto [tokens, path] = together();
  take_back(path[0]);
  take_back(path[1]);
  transfer();
  EXPECT_TRUE((*world.store->delegation("default", path[2]))->revoked_at);
  EXPECT_TRUE(ended().empty());
}

TEST_F(ConsentEnd, i4_once_of_what_was_put_together_of_consents_that_go_on) {
  const auto [tokens, path] = together();
  transfer();
  std::set<std::string> targets;
  for (const auto& event : ended()) targets.insert(text_of(event, "target"));
  EXPECT_EQ(targets, std::set(path.begin(), path.end()));
  EXPECT_EQ(ended().size(), 3u);
}

TEST_F(ConsentEnd, i4_not_where_its_client_gives_up_what_died_with_a_part) {
  const auto [tokens, path] = together();
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + path[0] + "/revoke").status, 200);
  EXPECT_EQ(text_of(only(), "target"), path[0]);
  revoke(agent, text_at(tokens, "access_token"));
  const auto event = world.events("token.revoke").back().as_object();
  EXPECT_EQ(text_of(event, "decision"), "refused");
  EXPECT_EQ(text_of(event, "reason"), "no live token");
  EXPECT_FALSE((*world.store->delegation("default", path[2]))->revoked_at);
  revoke(agent, text_at(tokens, "refresh_token"));
  EXPECT_EQ(text_of(world.events("token.revoke").back().as_object(), "decision"), "done");
  EXPECT_EQ(ended().size(), 1u) << "it had ended";
}

// Both are decided, then both become durable.
TEST_F(ConsentEnd, once_where_two_requests_bring_it_together) {
  Race race{world};
  const auto give_up = [&](const json::object& tokens, std::string_view which) {
    return race.decided("POST", "/oauth2/revoke", form_text({{"token", text_at(tokens, which)}}),
                        {{"Authorization", world.basic(agent)}});
  };
  const auto root = consent(agent);
  const auto tokens = body_of(redeem(agent, code(agent)));
  auto one = give_up(tokens, "access_token"), other_one = give_up(tokens, "refresh_token");
  EXPECT_EQ(race.settled(std::move(one)).status, 200);
  EXPECT_EQ(race.settled(std::move(other_one)).status, 200);
  expect_whole(only(), agent, root);
  EXPECT_EQ(world.events("token.revoke").size(), 2u);

  const auto second = consent(agent);
  const auto path = "/v1/delegations/" + second + "/revoke";
  auto call = race.decided("POST", path, "", as_admin()), other_call = race.decided("POST", path, "", as_admin());
  EXPECT_EQ(race.settled(std::move(call)).status, 200);
  EXPECT_EQ(race.settled(std::move(other_call)).status, 200);
  ASSERT_EQ(ended().size(), 2u);
  expect_whole(ended().back(), agent, second);
}

TEST_F(ConsentEnd, not_where_the_person_was_quicker_than_a_transfer) {
  Race race{world};
  const auto kept = consent(agent), withdrawn = consent(agent, {"approve"});
  const json::object to{{"owner", world.given_user("bob")}};
  auto transfer = race.decided("POST", "/v1/agents/" + agent.id + "/transfer", json::serialize(to), as_admin());
  take_back(withdrawn, invoices_id + " approve ");
  EXPECT_EQ(race.settled(std::move(transfer)).status, 200);
  EXPECT_EQ(text_of(world.events("consent.withdraw").back().as_object(), "target"), withdrawn);
  expect_whole(only(), agent, kept);
}

TEST_F(ConsentEnd, not_where_the_person_took_it_back) {
  take_back(consent(agent));
  EXPECT_EQ(world.events("consent.withdraw").size(), 1u);
  EXPECT_TRUE(ended().empty());
}
