// An agent that passes on to another owner: what people agreed to with the one before ends, and they are asked again.
#include <gtest/gtest.h>

#include "endpoints/people/people.h"
#include "tests/kit/flow.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

struct Transferred : testing::Test, Flow {
  Transferred() {
    sign_in();
    world.clock.advance(Seconds(1));
  }
  http::Response act(const std::string& verb, json::object body = {}) {
    return world.admin_call("POST", "/v1/agents/" + agent.id + "/" + verb, std::move(body));
  }
  void passes_on() {
    ASSERT_EQ(act("transfer", {{"owner", bob}}).status, 200);
    world.clock.advance(Seconds(2));  // within the second itself nobody's tokens are made
  }
  std::string silently() { return outcome_of(authorize(agent, {{"prompt", "none"}})); }
  std::vector<delegation::Delegation> live() {
    auto all = *world.store->delegations("default", {.under = user});
    std::erase_if(all, [](const auto& one) { return one.revoked_at.has_value(); });
    return all;
  }

  std::string bob = world.put(Kind::user, {{"username", "bob"}, {"name", "Bob B."}, {"state", "active"}});
};

}  // namespace

TEST_F(Transferred, a37_who_takes_an_agent_of_a_group_for_himself_is_not_agreed_to) {
  const Given mallory{bob, world.given_secret(bob)};
  const auto team = text_at(body_of(world.admin_call("POST", "/v1/groups", {{"name", "team"}})), "id");
  ASSERT_EQ(world.admin_call("POST", "/v1/groups/" + team + "/members", {{"member", bob}}).status, 201);
  world.change(Kind::agent, agent.id, {{"owner", team}});
  ASSERT_EQ(outcome_of(allow(authorize(agent))), "code");
  ASSERT_EQ(silently(), "code");
  const auto taken = world.ask("POST", "/v1/agents/" + agent.id + "/transfer",
                               json::serialize(json::object{{"owner", bob}}),
                               {{"Authorization", "Bearer " + world.access_token(mallory, world.issuer + "/v1")},
                                {"Content-Type", "application/json"}});
  ASSERT_EQ(taken.status, 200) << taken.body;
  world.clock.advance(Seconds(2));
  EXPECT_EQ(silently(), "consent_required");
  const auto asked = authorize(agent);
  ASSERT_EQ(outcome_of(asked), "/consent");
  const auto page = browse(location_of(asked)).body;
  EXPECT_NE(page.find("Bob B."), std::string::npos);
  EXPECT_EQ(page.find("allowed before"), std::string::npos) << "not with him";
  EXPECT_EQ(outcome_of(allow(asked)), "code");
  EXPECT_EQ(silently(), "code");
}

TEST_F(Transferred, a28_consents_end_with_the_transfer_and_stay_on_record) {
  allow(authorize(agent));
  const auto root = live().at(0).id, others = consent(other);
  passes_on();
  const auto document = body_of(world.admin_call("GET", "/v1/delegations/" + root));
  EXPECT_EQ(text_at(document, "state"), "revoked");
  EXPECT_EQ(text_at(document, "reason"), "transferred");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live().at(0).id, others) << "another agent's goes on";
  const auto account = browse("/account").body;
  EXPECT_EQ(account.find(root), std::string::npos);
  EXPECT_NE(account.find(others), std::string::npos);
}

TEST_F(Transferred, a_suspension_that_the_same_owner_ends_takes_no_consent) {
  allow(authorize(agent));
  ASSERT_EQ(act("suspend").status, 200);
  ASSERT_EQ(act("resume").status, 200);
  world.clock.advance(Seconds(2));
  EXPECT_EQ(silently(), "code");
}

TEST_F(Transferred, a37_a_page_that_showed_another_owner_allows_nothing) {
  const auto asked = authorize(agent);
  const auto page = browse(location_of(asked)).body;
  passes_on();
  const auto answer = world.form(location_of(asked), all_allowed(page), {{"Cookie", cookie}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_NE(answer.body.find("has changed since"), std::string::npos) << answer.body;
  EXPECT_NE(answer.body.find("Bob B."), std::string::npos);
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(outcome_of(allow(asked)), "code");
}

TEST_F(Transferred, a28_a_yes_that_was_on_its_way_is_written_for_nobody_else) {
  const auto at = location_of(authorize(agent));
  const http::Request request{.method = "POST",
                              .path = "/consent",
                              .query = at.substr(at.find('?') + 1),
                              .headers = {{"Cookie", cookie}},
                              .body = form_text(all_allowed(browse(at).body))};
  Late late{world};
  const auto back = late.settled(endpoints::people::consent, request, [&] { passes_on(); });
  EXPECT_NE(outcome_of(back), "code");
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(silently(), "consent_required");
}

TEST_F(Transferred, the_preview_counts_the_consents_among_what_ends) {
  const auto root = consent(agent);
  consent(other);
  redeem(agent, code(agent));
  const auto answer = act("transfer?preview=true", {{"owner", bob}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto would = body_of(answer);
  EXPECT_EQ(would.at("delegations"), 1) << answer.body;
  EXPECT_EQ(would.at("live_tokens_max"), 1);
  const auto& again = would.at("minted_again").as_array();
  ASSERT_EQ(again.size(), 1u) << answer.body;
  EXPECT_EQ(again.at(0).at("live_tokens_max"), 0) << "what ends is not minted again";
  EXPECT_FALSE((*world.store->delegation("default", root))->revoked_at) << "it was only asked";
}

TEST_F(Transferred, a37_another_owner_of_an_application_goes_on_with_nothing) {
  const auto first = [&] {
    consent(portal);
    const auto given = code(portal, {{"redirect_uri", "https://portal.example/a"}});
    return text_at(body_of(redeem(portal, given)), "refresh_token");
  };
  const auto before = first();
  EXPECT_EQ(error_of(refresh(portal, before)), "200");
  const auto patch = [&](json::object body) {
    EXPECT_EQ(error_of(world.admin_call("PATCH", "/v1/applications/" + portal.id, std::move(body))), "200");
    world.clock.advance(Seconds(2));
  };
  patch({{"description", "another"}});
  EXPECT_EQ(error_of(refresh(portal, before)), "200");
  patch({{"owner", user}});
  EXPECT_EQ(error_of(refresh(portal, before)), "400 invalid_grant");
  const auto agreed = *world.store->delegations("default", {.actor = portal.id});
  ASSERT_FALSE(agreed.empty());
  for (const auto& one : agreed) EXPECT_EQ(one.reason, "transferred") << one.id;
  const auto again = first();
  patch({{"owner", user}});
  EXPECT_EQ(error_of(refresh(portal, again)), "200") << "the same owner";
}
