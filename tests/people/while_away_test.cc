// "Stay connected while you are away" (offline_access, OIDC Core §11), switched off or taken back: the agent goes on
// with its person there, and not without them.
#include <gtest/gtest.h>

#include "flows/disclosure.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

const std::string staying = "openid offline_access read";

struct WhileAway : testing::Test, Flow {
  WhileAway() {
    sign_in();
    world.clock.advance(Seconds(1));
  }
  // Who is asked for these scopes allows what is offered of the resource, and lets these of their own be told.
  http::Response allowed(const std::string& scope, const std::vector<std::string>& told,
                         std::string_view duration = "month") {
    const auto asked = authorize(agent, {{"scope", scope}, {"prompt", "consent"}});
    EXPECT_EQ(outcome_of(asked), "/consent");
    auto fields = all_allowed(browse(location_of(asked)).body, duration);
    std::erase_if(fields, [](const auto& one) { return one.first == "tell"; });
    for (const auto& one : told) fields.emplace_back("tell", one);
    return world.form(location_of(asked), fields, {{"Cookie", cookie}});
  }
  http::Response silently(const std::string& scope) { return authorize(agent, {{"scope", scope}}); }
  // The refresh token that comes of this; empty: none. What it may do is another thing, and is given.
  std::string lasting(const http::Response& back) {
    EXPECT_EQ(outcome_of(back), "code") << back.body;
    const auto tokens = body_of(redeem(agent, redirected(back)["code"]));
    EXPECT_EQ(text_at(tokens, "scope"), "read");
    return tokens.contains("refresh_token") ? text_at(tokens, "refresh_token") : std::string();
  }
  std::string goes_on(const std::string& token) { return error_of(refresh(agent, token)); }
  std::string take_back(const std::string& name, const std::string& value) {
    const auto csrf = value_of(browse("/account"), "csrf");
    const auto answer = world.form("/account/withdraw", {{"csrf", csrf}, {name, value}}, {{"Cookie", cookie}});
    world.clock.advance(Seconds(2));  // nothing is minted in the second of a revocation
    return done_at(answer);
  }
};

constexpr auto over = "400 invalid_grant";

}  // namespace

TEST_F(WhileAway, a28_oidc_s11_what_is_switched_off_later_ends_what_went_on_without_them) {
  const auto before = lasting(allowed(staying, {"openid", "offline_access"}));
  const auto unasked = lasting(silently("openid read")), unnamed = lasting(silently("read"));
  for (const auto& token : {before, unasked, unnamed}) EXPECT_EQ(goes_on(token), "200");
  world.clock.advance(Seconds(60));
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  for (const auto& token : {before, unasked, unnamed}) EXPECT_EQ(goes_on(token), over);
}

TEST_F(WhileAway, a28_oidc_s11_it_is_switched_off_beside_a_yes_for_this_once_too) {
  const auto before = lasting(allowed(staying, {"openid", "offline_access"}));
  world.clock.advance(Seconds(60));
  EXPECT_EQ(lasting(allowed(staying, {"openid"}, "once")), "");
  EXPECT_EQ(goes_on(before), over);
  EXPECT_EQ(outcome_of(silently("openid read")), "code") << "that it is them is still told";
}

// What went on came of requests without the scope: nothing was told of it before.
TEST_F(WhileAway, a28_oidc_s11_a_no_beside_a_yes_for_this_once_is_kept_where_it_was_never_told) {
  const auto before = lasting(allowed("openid read", {"openid"})), unnamed = lasting(silently("read"));
  for (const auto& token : {before, unnamed}) EXPECT_EQ(goes_on(token), "200");
  world.clock.advance(Seconds(60));
  EXPECT_EQ(lasting(allowed(staying, {"openid"}, "once")), "");
  for (const auto& token : {before, unnamed}) EXPECT_EQ(goes_on(token), over);
  EXPECT_EQ(lasting(silently("read")), "");
}

TEST_F(WhileAway, a28_oidc_s11_what_a_no_ended_does_not_begin_again_with_a_yes) {
  const auto before = lasting(allowed(staying, {"openid", "offline_access"}));
  const auto unasked = lasting(silently("openid read")), unnamed = lasting(silently("read"));
  world.clock.advance(Seconds(60));
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  world.clock.advance(Seconds(60));
  const auto after = lasting(allowed(staying, {"openid", "offline_access"}));
  const auto unnamed_after = lasting(silently("read"));
  for (const auto& token : {before, unasked, unnamed}) EXPECT_EQ(goes_on(token), over);
  for (const auto& token : {after, unnamed_after}) EXPECT_EQ(goes_on(token), "200");
}

// The code of before the no, and not the token of after it, says when it was given.
TEST_F(WhileAway, a28_oidc_s11_a_code_from_before_a_no_gives_nothing_that_a_yes_begins_again) {
  const auto back = allowed(staying, {"openid", "offline_access"});
  world.clock.advance(Seconds(1));
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  world.clock.advance(Seconds(1));
  EXPECT_NE(lasting(allowed(staying, {"openid", "offline_access"})), "");
  const auto late = body_of(redeem(agent, redirected(back)["code"]));
  if (late.contains("refresh_token")) EXPECT_EQ(goes_on(text_at(late, "refresh_token")), over);
}

TEST_F(WhileAway, a28_oidc_s11_a_no_from_before_its_instant_was_noted_ends_what_was_given_before) {
  const auto before = lasting(allowed(staying, {"openid", "offline_access"}));
  world.clock.advance(Seconds(60));
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  const auto said = *flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(said);
  auto put = flows::disclose(said, {.told = said->scope}, agent.id, user, "default", world.random, world.clock.now());
  auto body = parse_stored(put.record.body);
  ASSERT_TRUE(body && body->erase("away_ended_at") == 1u);
  put.record.body = json::serialize(*body);
  ASSERT_TRUE(world.store->commit_now({std::move(put)}));
  EXPECT_EQ(goes_on(before), over);
  world.clock.advance(Seconds(60));
  const auto after = lasting(allowed(staying, {"openid", "offline_access"}));
  EXPECT_EQ(goes_on(before), over);
  EXPECT_EQ(goes_on(after), "200");
}

TEST_F(WhileAway, a28_a_client_that_asks_for_ever_more_has_no_no_forgotten) {
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  const auto said = *flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(said);
  flows::Said more{.told = said->scope};
  for (int i = 0; i < 600; ++i) more.declined.push_back("res_" + std::to_string(i) + " read ");
  ASSERT_TRUE(world.store->commit_now(
      {flows::disclose(said, more, agent.id, user, "default", world.random, world.clock.now())}));
  EXPECT_EQ(lasting(silently("read")), "");
  const auto kept = *flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->declined.size(), 500u) << "and of the rest the oldest are";
}

TEST_F(WhileAway, oidc_s11_who_leaves_the_scope_out_after_a_no_goes_on_no_more_for_that) {
  EXPECT_EQ(lasting(allowed(staying, {"openid"})), "");
  EXPECT_EQ(lasting(silently(staying)), "");
  EXPECT_EQ(lasting(silently("openid read")), "");
  EXPECT_EQ(lasting(silently("read")), "");
  EXPECT_EQ(lasting(allowed("openid read", {"openid"})), "") << "a page that does not ask it changes nothing";
  EXPECT_NE(lasting(allowed(staying, {"openid", "offline_access"})), "");
  EXPECT_NE(lasting(silently("openid read")), "") << "the last word counts";
}

TEST_F(WhileAway, a28_oidc_s11_what_is_taken_back_at_the_account_ends_it_and_is_a_no) {
  const auto before = lasting(allowed(staying, {"openid", "offline_access"}));
  const auto unasked = lasting(silently("openid read"));
  EXPECT_EQ(take_back("disclosure", value_of(browse("/account"), "disclosure")), "/account?done=withdrawn");
  for (const auto& token : {before, unasked}) EXPECT_EQ(goes_on(token), over);
  EXPECT_EQ(lasting(silently("read")), "") << "what it may do stays allowed";
  EXPECT_EQ(outcome_of(silently("openid read")), "/consent");
  EXPECT_NE(lasting(allowed(staying, {"openid", "offline_access"})), "");
  EXPECT_EQ(goes_on(before), over) << "what was taken back does not come back";
}

TEST_F(WhileAway, a_no_goes_with_the_row_that_is_taken_back_and_with_all_of_it_is_forgotten) {
  lasting(allowed(staying, {"openid"}));
  EXPECT_EQ(take_back("disclosure", value_of(browse("/account"), "disclosure")), "/account?done=withdrawn");
  EXPECT_EQ(lasting(silently("read")), "") << "it is still a no";
  lasting(allowed(staying, {"openid", "offline_access"}));
  const auto roots = *world.store->delegations("default", {.under = user});
  ASSERT_FALSE(roots.empty());
  EXPECT_EQ(take_back("delegation", roots.back().id), "/account?done=withdrawn-all");
  EXPECT_EQ(outcome_of(silently("read")), "/consent");
  EXPECT_NE(lasting(allow(silently("read"))), "") << "nobody has said anything of it since";
}
