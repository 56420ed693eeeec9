// A refusal at the token endpoint is recorded with what was found out by then: in whose name, where, by which path.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct RefusedEvents : testing::Test, Flow {
  RefusedEvents() {
    sign_in();
    root = consent(agent);
    tokens = body_of(redeem(agent, code(agent)));
  }
  std::string at(std::string_view name) { return text_at(tokens, name); }
  // The last event, which must be a refusal.
  json::object refused() {
    const auto all = world.events("token.issue");
    const auto event = all.empty() ? json::object() : all.back().as_object();
    EXPECT_EQ(text_of(event, "decision"), "refused");
    return event;
  }

  std::string root;
  json::object tokens;
};

}  // namespace

TEST_F(RefusedEvents, a_code_that_comes_twice_names_its_person_and_the_consent_that_it_ends) {
  const auto twice = code(agent);
  ASSERT_EQ(redeem(agent, twice).status, 200);
  ASSERT_EQ(error_of(redeem(agent, twice)), "400 invalid_grant");
  const auto event = refused();
  EXPECT_EQ(text_of(event, "subject"), user);
  EXPECT_EQ(text_of(event, "client"), agent.id);
  EXPECT_EQ(text_of(event, "target"), root);
  EXPECT_EQ(texts_of(event, "delegations"), std::vector<std::string>{root});
  EXPECT_EQ(texts_of(event, "chain"), std::vector<std::string>{agent.id});
}

TEST_F(RefusedEvents, another_clients_code_names_whose_it_is) {
  ASSERT_EQ(error_of(redeem(other, code(agent))), "400 invalid_grant");
  EXPECT_EQ(text_of(refused(), "subject"), user);
  EXPECT_EQ(text_of(refused(), "client"), other.id);
  EXPECT_EQ(text_of(refused(), "target"), root);
}

TEST_F(RefusedEvents, a_refresh_of_what_was_taken_back_names_it) {
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke").status, 200);
  ASSERT_EQ(error_of(refresh(agent, at("refresh_token"))), "400 invalid_grant");
  EXPECT_EQ(text_of(refused(), "subject"), user);
  EXPECT_EQ(text_of(refused(), "target"), root);
  ASSERT_EQ(error_of(refresh(agent, "drt_unknown")), "400 invalid_grant");
  EXPECT_EQ(text_of(refused(), "subject"), "");
}

TEST_F(RefusedEvents, a_refresh_for_more_names_the_resource) {
  ASSERT_EQ(error_of(refresh(agent, at("refresh_token"), {{"resource", payments}})), "400 invalid_target");
  EXPECT_EQ(text_of(refused(), "resource"), "") << "the person was not asked about it";
  world.change(directory::Kind::role, role, {{"permissions", json::array()}});
  ASSERT_EQ(error_of(refresh(agent, at("refresh_token"))), "400 invalid_scope");
  EXPECT_EQ(text_of(refused(), "resource"), invoices);
}

TEST_F(RefusedEvents, a_strangers_exchange_names_whose_token_it_was) {
  ASSERT_NE(world.exchange(other, at("access_token"), {{"resource", invoices}}).status, 200);
  const auto event = refused();
  EXPECT_EQ(text_of(event, "subject"), user);
  EXPECT_EQ(text_of(event, "actor"), other.id);
  EXPECT_EQ(texts_of(event, "delegations"), std::vector<std::string>{root});
  EXPECT_EQ(texts_of(event, "chain"), std::vector<std::string>{agent.id});
  ASSERT_EQ(error_of(world.exchange(agent, at("access_token"), {{"resource", invoices}, {"scope", "nothing"}})),
            "400 invalid_scope");
  EXPECT_EQ(text_of(refused(), "resource"), invoices);
}

TEST_F(RefusedEvents, an_exchange_of_a_token_that_is_over_names_whose_it_was) {
  const auto expect_named = [&](const json::object& event, const std::string& reason) {
    EXPECT_EQ(text_of(event, "reason"), "invalid_request: the subject token is " + reason);
    EXPECT_EQ(text_of(event, "subject"), user);
    EXPECT_EQ(texts_of(event, "delegations"), std::vector<std::string>{root});
    EXPECT_EQ(texts_of(event, "chain"), std::vector<std::string>{agent.id});
  };
  const auto token = at("access_token");
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke").status, 200);
  ASSERT_EQ(error_of(world.exchange(agent, token)), "400 invalid_request");
  expect_named(refused(), "revoked");
  world.restart();
  ASSERT_EQ(error_of(world.exchange(agent, token)), "400 invalid_request");
  expect_named(refused(), "revoked");
  world.clock.advance(Seconds(*json_integer(tokens, "expires_in")));
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(error_of(world.exchange(agent, token)), "400 invalid_request");
    expect_named(refused(), "expired");
    world.restart();  // it is verified again, and not remembered
  }
  world.clock.advance(directory::token_lifetime_max + Seconds(1));
  ASSERT_EQ(error_of(world.exchange(agent, token)), "400 invalid_request");
  EXPECT_EQ(text_of(refused(), "subject"), "") << "nothing is known of it any more";
}

TEST_F(RefusedEvents, an_opaque_token_names_whose_it_was_until_it_expires) {
  world.change(store::Kind::resource, invoices_id, {{"token_format", "opaque"}});
  tokens = body_of(redeem(agent, code(agent)));
  ASSERT_TRUE(at("access_token").starts_with("dot_"));
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke").status, 200);
  ASSERT_EQ(error_of(world.exchange(agent, at("access_token"))), "400 invalid_request");
  EXPECT_EQ(text_of(refused(), "subject"), user);
  EXPECT_EQ(texts_of(refused(), "delegations"), std::vector<std::string>{root});
  world.clock.advance(Seconds(*json_integer(tokens, "expires_in")));
  ASSERT_EQ(error_of(world.exchange(agent, at("access_token"))), "400 invalid_request");
  EXPECT_EQ(text_of(refused(), "subject"), "") << "nothing of it is kept";
}

TEST_F(RefusedEvents, an_exchange_of_what_is_forged_names_nobody) {
  auto token = at("access_token");
  auto& letter = token[token.size() - 20];  // of the signature
  letter = letter == 'A' ? 'B' : 'A';
  ASSERT_EQ(error_of(world.exchange(agent, token)), "400 invalid_request");
  EXPECT_EQ(text_of(refused(), "subject"), "");
  EXPECT_TRUE(texts_of(refused(), "delegations").empty());
}

TEST_F(RefusedEvents, an_agent_for_itself_is_its_own_subject) {
  ASSERT_EQ(error_of(world.token(agent, {{"resource", invoices}, {"scope", "nothing"}})), "400 invalid_scope");
  EXPECT_EQ(text_of(refused(), "subject"), agent.id);
  EXPECT_EQ(text_of(refused(), "resource"), invoices);
}

// Whoever names a client writes into the log by what it is refused: no more than an honest request needs.
TEST_F(RefusedEvents, a42_a_stranger_has_no_long_scope_written_into_the_log) {
  const std::string longest(100, 's'), too_long(101, 's');
  const auto redeemed = [&](const std::string& scope) { return redeem(app, "dac_none", {{"scope", scope}}); };
  ASSERT_EQ(error_of(redeemed(longest)), "400 invalid_grant");
  EXPECT_EQ(text_of(refused(), "scope_asked"), longest);
  std::string many = longest;
  while (many.size() <= 8192) many += " " + longest;
  for (const auto& scope : {too_long, std::string(60'000, 's'), "read " + too_long, many}) {
    EXPECT_EQ(error_of(redeemed(scope)), "400 invalid_scope");
    EXPECT_FALSE(refused().contains("scope_asked"));
    EXPECT_EQ(error_of(push(app, request(app, {{"scope", scope}}))), "400 invalid_scope");
    (void)authorize(app, {{"scope", scope}, {"redirect_uri", "https://evil.example"}});
    (void)authorize(app, {{"scope", scope}});
  }
  for (const auto* action : {"authorization.push", "authorization.request"}) {
    int refused = 0;
    for (const auto& event : world.events(action)) {
      if (text_at(event.as_object(), "decision") != "refused") continue;
      ++refused;
      EXPECT_FALSE(event.as_object().contains("scope_asked")) << event;
    }
    EXPECT_GE(refused, 4) << action;
  }
}
