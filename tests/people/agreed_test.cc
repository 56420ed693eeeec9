// What was agreed to, and what comes of it later: switched off again, used up, taken back in part, asked about anew.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

struct Agreed : testing::Test, Flow {
  Agreed() {
    sign_in();
    world.clock.advance(Seconds(1));
  }
  // Who was sent to the consent page allows these scopes of what is offered, and lets this be told of them, and nothing
  // else.
  http::Response allowed(const http::Response& asked, const std::vector<std::string>& scopes,
                         std::string_view duration = "month", const std::vector<std::string>& told = {}) {
    EXPECT_EQ(outcome_of(asked), "/consent");
    const auto page = browse(location_of(asked));
    Pairs fields{{"answer", "allow"},
                 {"duration", std::string(duration)},
                 {"csrf", value_of(page, "csrf")},
                 {"shown", value_of(page, "shown")}};
    for (const auto& scope : scopes)
      fields.emplace_back("allow", between(page.body.substr(page.body.find(">" + scope + "<")),
                                           "name=\"allow\" value=\"", "\""));
    for (const auto& one : told) fields.emplace_back("tell", one);
    return world.form(location_of(asked), fields, {{"Cookie", cookie}});
  }
  json::object tokens(const http::Response& back) {
    EXPECT_EQ(outcome_of(back), "code") << back.body;
    return body_of(redeem(agent, redirected(back)["code"]));
  }
  std::vector<delegation::Delegation> live() {
    auto all = *world.store->delegations("default", {.under = user});
    std::erase_if(all, [](const auto& one) { return one.revoked_at.has_value(); });
    return all;
  }
  // The token for userinfo that these come with.
  std::string own(const json::object& tokens) {
    return text_at(body_of(refresh(agent, text_at(tokens, "refresh_token"), {{"resource", world.issuer}})),
                   "access_token");
  }
  // What is told by it: the names of the claims, or the error.
  std::string told_by(const std::string& token) {
    const auto answer = world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", "Bearer " + token}});
    if (answer.status != 200) return error_of(answer);
    std::string names;
    for (const auto& [name, value] : body_of(answer)) names += (names.empty() ? "" : " ") + std::string(name);
    return names;
  }
  void take_back(const std::string& delegation, const std::string& row) {
    const auto csrf = value_of(browse("/account"), "csrf");
    const auto answer = world.form("/account/withdraw", {{"csrf", csrf}, {"delegation", delegation}, {"scope", row}},
                                   {{"Cookie", cookie}});
    EXPECT_EQ(done_at(answer), "/account?done=withdrawn");
  }
  void scopes_of_invoices(json::array scopes) {
    world.change(Kind::resource, invoices_id, {{"scopes", std::move(scopes)}});
  }
};

const Pairs asked_anew{{"prompt", "consent"}};

Pairs limited(const std::string& limit) {
  return {{"prompt", "consent"}, {"authorization_details", R"([{"type":"limits",)" + limit + "}]"}};
}
// How it is asked for, and for how long it is given, where that is not remembered, or its one use is spent.
const std::vector<std::pair<Pairs, std::string>> soon_over{
    {limited(R"("expires_in":1800)"), "until_withdrawn"}, {limited(R"("uses":1)"), "month"}, {asked_anew, "once"}};

}  // namespace

TEST_F(Agreed, what_ends_before_a_code_of_it_would_is_asked_about_anew) {
  ASSERT_EQ(outcome_of(allowed(authorize(agent), {"read", "write"}, "hour")), "code");
  world.clock.advance(Seconds(3600 - 60));
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
  world.clock.advance(Millis(1));
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "consent_required");
}

TEST_F(Agreed, nothing_is_agreed_to_for_longer_than_its_agent_is_there) {
  const auto end = world.clock.now() + Seconds(7200);
  world.change(Kind::agent, agent.id, {{"expires_at", rfc3339(end)}});
  ASSERT_EQ(outcome_of(allowed(authorize(agent), {"read", "write"}, "until_withdrawn")), "code");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live().front().limits.not_after, end);
}

TEST_F(Agreed, as_many_switches_as_a_page_may_hold_can_be_answered) {
  json::array scopes;
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const auto name = "s" + std::to_string(i);
    scopes.push_back(json::object{{"name", name}});
    all += (all.empty() ? "" : " ") + name;
  }
  scopes_of_invoices(std::move(scopes));
  const auto given = tokens(allow(authorize(agent, {{"scope", all}})));
  EXPECT_NE(text_at(given, "scope").find("s99"), std::string::npos);
}

TEST_F(Agreed, a28_what_is_switched_off_is_taken_from_what_was_allowed_before) {
  const auto before = tokens(allowed(authorize(agent), {"read", "write"}));
  ASSERT_EQ(text_at(before, "scope"), "read write");
  const auto until = live().at(0).limits;
  world.clock.advance(Seconds(60));
  const auto after = tokens(allowed(authorize(agent, asked_anew), {"read"}));
  EXPECT_EQ(text_at(after, "scope"), "read");
  EXPECT_FALSE(active(text_at(before, "access_token")));
  EXPECT_EQ(error_of(refresh(agent, text_at(before, "refresh_token"))), "400 invalid_grant");
  EXPECT_NE(error_of(world.exchange(agent, text_at(before, "access_token"))), "200");
  EXPECT_EQ(text_at(body_of(refresh(agent, text_at(after, "refresh_token"))), "scope"), "read");
  EXPECT_EQ(text_at(tokens(authorize(agent)), "scope"), "read") << "what was declined is not asked for again";
  const auto roots = live();
  ASSERT_EQ(roots.size(), 2u);
  EXPECT_EQ(roots[0].limits, until) << "what stays does so within the bounds it had";
  for (const auto& root : roots) EXPECT_EQ(delegation::scopes_at(root.authority, invoices_id).text(), "read");
  const auto events = world.events("consent.withdraw");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(text_at(events[0].as_object(), "subject"), user);
  EXPECT_EQ(text_at(events[0].as_object(), "scope_asked"), "write") << "is what was taken";
  EXPECT_EQ(text_at(events[0].as_object(), "scope_given"), "read") << "is what stays";
}

// docs/adr/0014: in every consent of the client that gives it, though it is not remembered, or nothing is left to draw.
TEST_F(Agreed, a28_what_is_switched_off_is_taken_from_what_ends_soon_or_is_spent_too) {
  for (const auto& [how, duration] : soon_over) {
    const auto before = tokens(allowed(authorize(agent, how), {"read", "write"}, duration));
    const auto token = text_at(before, "access_token");
    ASSERT_EQ(text_at(before, "scope"), "read write");
    ASSERT_TRUE(active(token));
    world.clock.advance(Seconds(60));
    const auto after = tokens(allowed(authorize(agent, asked_anew), {"read"}, "once"));
    EXPECT_FALSE(active(token)) << duration;
    EXPECT_EQ(before.contains("refresh_token"), duration != "once");
    if (before.contains("refresh_token"))
      EXPECT_EQ(error_of(refresh(agent, text_at(before, "refresh_token"))), "400 invalid_grant") << duration;
    for (const auto& root : live()) EXPECT_EQ(delegation::scopes_at(root.authority, invoices_id).text(), "read");
    tokens(allowed(authorize(agent, asked_anew), {"read"}, "once"));
    EXPECT_TRUE(active(text_at(after, "access_token"))) << "what is on ends nothing";
  }
}

TEST_F(Agreed, what_stands_off_by_itself_nobody_has_switched_off) {
  const auto goes_on = [&](const Pairs& how, const std::string& duration) {
    const auto before = tokens(allowed(authorize(agent, how), {"read", "write"}, duration));
    EXPECT_EQ(text_at(before, "scope"), "read write");
    world.clock.advance(Seconds(60));
    tokens(allowed(authorize(agent, asked_anew), {"read"}, "once"));
    return active(text_at(before, "access_token"));
  };
  const json::object read{{"name", "read"}}, write{{"name", "write"}};
  scopes_of_invoices({read, json::object{{"name", "write"}, {"sensitivity", "high"}}});
  for (const auto& [how, duration] : soon_over) EXPECT_TRUE(goes_on(how, duration)) << "sensitive, " << duration;
  scopes_of_invoices({read, write});
  tokens(allowed(authorize(agent, asked_anew), {"read"}));
  EXPECT_TRUE(goes_on(asked_anew, "once")) << "declined before";
}

TEST_F(Agreed, what_is_allowed_again_and_what_was_not_allowed_before_end_nothing) {
  const auto before = tokens(allowed(authorize(agent, {{"scope", "read"}}), {"read"}));
  world.clock.advance(Seconds(60));
  const auto after = tokens(allowed(authorize(agent, asked_anew), {"read"}));
  EXPECT_TRUE(active(text_at(before, "access_token")));
  EXPECT_EQ(live().size(), 2u);
  EXPECT_TRUE(world.events("consent.withdraw").empty());
}

TEST_F(Agreed, a_consent_whose_uses_are_spent_is_asked_for_again) {
  const Pairs bounded{{"authorization_details", R"([{"type":"limits","uses":2}])"}};
  const auto given = tokens(allowed(authorize(agent, bounded), {"read", "write"}));
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "code") << "one is left";
  EXPECT_EQ(error_of(refresh(agent, text_at(given, "refresh_token"))), "200");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/consent");
  EXPECT_EQ(outcome_of(authorize(agent, bounded)), "/consent");
}

TEST_F(Agreed, what_stays_of_an_hours_consent_goes_on_for_what_is_left_of_the_hour) {
  allowed(authorize(agent), {"read", "write"}, "hour");
  world.clock.advance(Seconds(60));
  take_back(live().at(0).id, invoices_id + " write ");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "code");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "write"}})), "/consent");
  world.clock.advance(Seconds(3540));
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/consent") << "the hour is over";
}

// docs/adr/0014: its end counts from when the request came, and so does how long it lasts.
TEST_F(Agreed, an_hour_that_the_request_asks_for_is_remembered_however_late_the_answer) {
  const auto asking = [](const std::string& seconds, const std::string& prompt) {
    return Pairs{{"prompt", prompt},
                 {"authorization_details", R"([{"type":"limits","expires_in":)" + seconds + "}]"}};
  };
  const auto answered = [&](const std::string& seconds, std::string_view duration) {
    const auto page = authorize(agent, asking(seconds, "consent"));
    world.clock.advance(Seconds(20));
    return tokens(allowed(page, {"read", "write"}, duration));
  };
  for (const auto& [seconds, duration] : {std::pair{"3600", "once"}, {"3599", "until_withdrawn"}}) {
    answered(seconds, duration);
    EXPECT_EQ(outcome_of(authorize(agent, asking(seconds, "none"))), "consent_required") << seconds;
  }
  const auto end = world.clock.now() + Seconds(3600);
  EXPECT_TRUE(answered("3600", "until_withdrawn").contains("refresh_token"));
  EXPECT_EQ(live().back().limits.not_after, end) << "as the page said";
  EXPECT_EQ(outcome_of(authorize(agent, asking("3600", "none"))), "code");
  world.clock.set(end);
  EXPECT_EQ(outcome_of(authorize(agent, asking("3600", "none"))), "consent_required");
}

TEST_F(Agreed, what_stays_of_what_was_given_once_is_not_remembered_either) {
  allowed(authorize(agent), {"read", "write"}, "once");
  world.clock.advance(Seconds(60));
  take_back(live().at(0).id, invoices_id + " write ");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/consent");
}

TEST_F(Agreed, a28_a_redirect_uri_that_is_removed_meanwhile_gets_no_code) {
  const auto asked = authorize(agent);
  const auto waits = location_of(asked).substr(location_of(asked).find("?i="));
  const auto page = browse(location_of(asked));
  const auto csrf = value_of(page, "csrf"), key = value_of(page, "allow");
  world.change(Kind::agent, agent.id, {{"redirect_uris", json::array{"https://agent.example/new"}}});
  for (const auto* said : {"allow", "no"}) {
    const auto answer = world.form("/consent" + waits, {{"csrf", csrf}, {"answer", said}, {"allow", key}},
                                   {{"Cookie", cookie}});
    EXPECT_EQ(location_of(answer), "/oauth2/authorize/continue" + waits);
  }
  EXPECT_EQ(location_of(browse("/consent" + waits)), "/oauth2/authorize/continue" + waits);
  const auto told = browse("/oauth2/authorize/continue" + waits);
  EXPECT_EQ(told.status, 400);
  EXPECT_EQ(location_of(told), "");
  EXPECT_TRUE(live().empty());
}

TEST_F(Agreed, a_scope_the_person_cannot_get_asks_nothing_of_their_sign_in) {
  scopes_of_invoices({json::object{{"name", "read"}}, json::object{{"name", "approve"}, {"acr", "phr"}}});
  world.change(Kind::role, role, {{"permissions", json::array{json::object{{"resource", invoices_id},
                                                                           {"scopes", json::array{"read"}}}}}});
  const Pairs more{{"scope", "read approve"}};
  const auto asked = authorize(agent, more);
  ASSERT_EQ(outcome_of(asked), "/consent");
  EXPECT_EQ(browse(location_of(asked)).body.find(">approve<"), std::string::npos);
  sign_out();
  const auto unknown = authorize(agent, more);
  ASSERT_EQ(outcome_of(unknown), "/sign-in");
  sign_in();
  const auto on = browse("/oauth2/authorize/continue" + location_of(unknown).substr(location_of(unknown).find("?i=")));
  EXPECT_EQ(text_at(tokens(allowed(on, {"read"})), "scope"), "read");
  EXPECT_EQ(outcome_of(authorize(agent, more)), "code");
}

TEST_F(Agreed, a34_a_scope_the_person_can_get_asks_of_their_sign_in_as_ever) {
  scopes_of_invoices({json::object{{"name", "read"}}, json::object{{"name", "approve"}, {"acr", "phr"}}});
  const Pairs more{{"scope", "read approve"}};
  EXPECT_EQ(outcome_of(authorize(agent, more)), "/sign-in");
  sign_out();
  const auto waits = location_of(authorize(agent, more));
  const auto id = waits.substr(waits.find("?i="));
  sign_in();
  EXPECT_EQ(outcome_of(browse("/consent" + id)), "/sign-in") << "by hand";
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + id)), "unmet_authentication_requirements");
}

TEST_F(Agreed, a37_whom_it_may_be_handed_on_to_is_asked_about_anew) {
  allow(authorize(agent));
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
  world.change(Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  const auto asked = authorize(agent);
  ASSERT_EQ(outcome_of(asked), "/consent");
  EXPECT_NE(browse(location_of(asked)).body.find(">Other<"), std::string::npos);
  allow(asked);
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "code");
}

TEST_F(Agreed, an_account_is_not_chosen_by_who_has_just_signed_in_for_it) {
  allow(authorize(agent));
  world.clock.advance(Seconds(1));
  const Pairs choose{{"prompt", "select_account"}};
  EXPECT_EQ(outcome_of(authorize(agent, choose)), "/sign-in") << "who was here before is asked";
  sign_out();
  const auto waits = location_of(authorize(agent, choose));
  sign_in();
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + waits.substr(waits.find("?i=")))), "code");
}

TEST_F(Agreed, oidc_s11_who_is_not_to_go_on_while_the_person_is_away_gets_no_refresh_token) {
  const Pairs more{{"scope", "openid offline_access read"}};
  const auto without = tokens(allowed(authorize(agent, more), {"read"}, "hour", {"openid"}));
  EXPECT_EQ(text_at(without, "scope"), "read");
  EXPECT_FALSE(without.contains("refresh_token"));
  EXPECT_FALSE(tokens(authorize(agent, more)).contains("refresh_token")) << "it is remembered";
  EXPECT_FALSE(tokens(authorize(agent, {{"scope", "openid read"}})).contains("refresh_token")) << "it was a no";
  const Pairs anew{{"scope", "openid offline_access read"}, {"prompt", "consent"}};
  const auto with = tokens(allowed(authorize(agent, anew), {"read"}, "hour", {"openid", "offline_access"}));
  EXPECT_TRUE(with.contains("refresh_token"));
  EXPECT_TRUE(tokens(authorize(agent, more)).contains("refresh_token"));
}

TEST_F(Agreed, what_was_not_to_be_told_stays_switched_off) {
  allowed(authorize(agent, {{"scope", "openid email profile read"}}), {"read"}, "month", {"openid", "profile"});
  const auto asked = authorize(agent, {{"scope", "openid email profile read write"}});
  ASSERT_EQ(outcome_of(asked), "/consent");
  const auto page = browse(location_of(asked)).body;
  const auto is_on = [&](const std::string& value) {
    return between(page, "name=\"tell\" value=\"" + value + "\"", ">").find("checked") != std::string::npos;
  };
  EXPECT_TRUE(is_on("openid"));
  EXPECT_TRUE(is_on("profile"));
  EXPECT_FALSE(is_on("email")) << "the last word is kept";
  const auto who = page.substr(page.find("Who you are"), page.find("name=\"allow\"") - page.find("Who you are"));
  EXPECT_NE(who.find("allowed before"), std::string::npos);
  EXPECT_EQ(between(who, "Your e-mail address", "</label>").find("allowed before"), std::string::npos);
}

TEST_F(Agreed, a28_what_is_not_to_be_told_any_more_is_told_by_no_token_that_is_out) {
  const auto all = [&](Pairs more = {}) {
    more.emplace_back("scope", "openid profile email read");
    return authorize(agent, std::move(more));
  };
  const auto before = tokens(allowed(all(), {"read"}, "month", {"openid", "profile", "email"}));
  const auto token = own(before);
  EXPECT_EQ(told_by(token), "name preferred_username email sub");
  world.clock.advance(Seconds(60));
  allowed(all({{"prompt", "consent"}}), {"read"}, "month", {"openid", "profile"});
  EXPECT_EQ(told_by(token), "name preferred_username sub");
  EXPECT_EQ(told_by(own(before)), "name preferred_username sub");
  EXPECT_TRUE(active(text_at(before, "access_token"))) << "what it may do goes on";
  const auto told = text_at(world.events("userinfo.read").back().as_object(), "scope_given");
  EXPECT_EQ(told, "openid profile") << "and so it is recorded";
  allowed(all({{"prompt", "consent"}}), {"read"});
  EXPECT_EQ(told_by(token), "401 invalid_token") << "nothing is left to tell";
  allowed(all({{"prompt", "consent"}}), {"read"}, "month", {"openid", "email"});
  EXPECT_EQ(told_by(token), "email sub") << "allowed again";
}

TEST_F(Agreed, a28_a_single_claim_and_what_was_told_once_are_held_against_what_was_said_since) {
  const std::string claims = R"({"userinfo":{"email":null,"name":null}})";
  const auto asked = [&](Pairs more = {}) {
    more.emplace_back("scope", "openid read");
    more.emplace_back("claims", claims);
    return authorize(agent, std::move(more));
  };
  const std::vector<std::string> both{"openid", "claim*email", "claim*name"};
  const auto once = redeem(agent, redirected(allowed(asked(), {"read"}, "once", both))["code"],
                           {{"resource", world.issuer}});
  const auto token = text_at(body_of(once), "access_token");
  EXPECT_EQ(told_by(token), "name email sub");
  world.clock.advance(Seconds(60));
  const auto lasting = own(tokens(allowed(asked(), {"read"}, "month", both)));
  world.clock.advance(Seconds(60));
  allowed(asked({{"prompt", "consent"}}), {"read"}, "month", {"openid", "claim*name"});
  for (const auto& one : {token, lasting}) EXPECT_EQ(told_by(one), "name sub");
  world.clock.advance(Seconds(60));
  const auto again = redeem(agent, redirected(allowed(asked({{"prompt", "consent"}}), {"read"}, "once", both))["code"],
                            {{"resource", world.issuer}});
  EXPECT_EQ(told_by(text_at(body_of(again), "access_token")), "name email sub") << "this once, after all";
}

TEST_F(Agreed, the_account_says_how_many_uses_are_left) {
  const Pairs bounded{{"authorization_details", R"([{"type":"limits","uses":2}])"}};
  const auto given = redirected(allowed(authorize(agent, bounded), {"read", "write"}))["code"];
  EXPECT_NE(browse("/account").body.find("Uses left: 2 of 2"), std::string::npos);
  const auto first = body_of(redeem(agent, given));
  EXPECT_NE(browse("/account").body.find("Uses left: 1 of 2"), std::string::npos);
  EXPECT_EQ(error_of(refresh(agent, text_at(first, "refresh_token"))), "200");
  const auto spent = browse("/account").body;
  EXPECT_EQ(spent.find("Uses left"), std::string::npos);
  EXPECT_NE(spent.find("All its uses are spent"), std::string::npos);
}
