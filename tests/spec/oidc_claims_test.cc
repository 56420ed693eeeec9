// OpenID Connect Core §5.5: single claims, asked for by name, agreed to like a scope, told where they were asked for.
#include <gtest/gtest.h>

#include "flows/disclosure.h"
#include "grants/carried.h"
#include "oauth/handle.h"
#include "tests/kit/openid.h"
#include "tokens/id_token.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto both = R"({"id_token":{"preferred_username":null},"userinfo":{"email":{"essential":true},"name":null}})";

struct Claims : testing::Test, Openid {
  Claims() { sign_in(); }
  http::Response asked(std::string_view claims, Pairs more = {}) {
    more.insert(more.end(), {{"scope", "openid"}, {"resource", ""}, {"claims", std::string(claims)}});
    return authorize(agent, std::move(more));
  }
  http::Response redeemed(const http::Response& answer) { return redeem(agent, redirected(answer)["code"]); }
  json::object told(const http::Response& tokens) {
    const auto info = userinfo(at(tokens, "access_token"));
    EXPECT_EQ(info.status, 200) << info.body;
    return body_of(info);
  }
  // What the person answers who was asked, and tells these alone.
  http::Response tells(const http::Response& asked, std::initializer_list<std::string> these) {
    const auto page = browse(location_of(asked));
    Pairs form{{"answer", "allow"}, {"csrf", value_of(page, "csrf")}, {"shown", value_of(page, "shown")}};
    for (const auto& one : these) form.emplace_back("tell", one);
    return world.form(location_of(asked), form, {{"Cookie", cookie}});
  }
  json::object with_sub(json::object more) {
    more["sub"] = user;
    return more;
  }
};

}  // namespace

TEST_F(Claims, s5_5_a_claim_is_asked_of_the_person_and_told_where_the_client_asked_for_it) {
  const auto waits = asked(both);
  ASSERT_EQ(outcome_of(waits), "/consent");
  const auto page = browse(location_of(waits)).body;
  for (const auto* words : {"Your name<", "Your username<", "Your e-mail address<"})
    EXPECT_NE(page.find(words), std::string::npos) << words;
  const auto needs = page.find("it says it needs this");
  EXPECT_GT(needs, page.find("Your e-mail address<")) << "s5_5_1: essential";
  EXPECT_EQ(page.find("it says it needs this", needs + 1), std::string::npos) << "the others are not";
  const auto first = redeemed(allow(waits));
  const auto claims = claims_of(at(first, "id_token"));
  EXPECT_EQ(text_at(claims, "preferred_username"), "alice");
  EXPECT_FALSE(claims.contains("name") || claims.contains("email")) << "they were asked for at userinfo";
  EXPECT_EQ(told(first), with_sub({{"name", "Alice A."}, {"email", "alice@example.com"}}));
  EXPECT_EQ(at(first, "scope"), "openid") << "a claim is no scope";
  const auto info = body_of(world.introspect(invoices_api, at(first, "access_token")));
  EXPECT_FALSE(json_boolean(info, "active").value_or(true)) << "and it is for nobody but the issuer";
}

TEST_F(Claims, s5_1_email_verified_is_asked_for_by_name_like_the_address) {
  world.change(directory::Kind::user, user, {{"email_verified", true}});
  const auto waits = asked(R"({"id_token":{"email_verified":null},"userinfo":{"email":null}})");
  ASSERT_EQ(outcome_of(waits), "/consent");
  EXPECT_NE(browse(location_of(waits)).body.find("Whether your e-mail address was verified<"), std::string::npos);
  const auto first = redeemed(allow(waits));
  const auto claims = claims_of(at(first, "id_token"));
  EXPECT_EQ(json_boolean(claims, "email_verified"), true);
  EXPECT_FALSE(claims.contains("email"));
  EXPECT_EQ(told(first), with_sub({{"email", "alice@example.com"}}));
}

TEST_F(Claims, s5_5_what_was_agreed_is_remembered_and_asked_again_only_for_more) {
  redeemed(allow(asked(R"({"userinfo":{"email":null}})")));
  EXPECT_EQ(outcome_of(asked(R"({"userinfo":{"email":null}})")), "code");
  EXPECT_EQ(outcome_of(asked(R"({"id_token":{"email":null}})", {{"prompt", "none"}})), "code") << "it may know it";
  EXPECT_EQ(outcome_of(asked(R"({"userinfo":{"email":null,"name":null}})")), "/consent");
  EXPECT_EQ(outcome_of(asked(R"({"userinfo":{"email":null,"name":null}})", {{"prompt", "none"}})), "consent_required");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "openid email"}, {"resource", ""}})), "/consent")
      << "a scope may come to mean more than the claim";
  EXPECT_EQ(told(redeemed(asked(""))), with_sub({})) << "who does not ask is not told";
}

TEST_F(Claims, s5_5_what_was_declined_is_not_told_and_not_asked_for_again) {
  const auto first = redeemed(tells(asked(both), {"openid", "claim*name"}));
  EXPECT_EQ(told(first), with_sub({{"name", "Alice A."}})) << "s5_5_1: no error, even where it is essential";
  EXPECT_FALSE(claims_of(at(first, "id_token")).contains("preferred_username"));
  EXPECT_EQ(told(redeemed(asked(both))), with_sub({{"name", "Alice A."}}));
}

TEST_F(Claims, a37_a_claim_that_was_not_asked_for_is_not_given) {
  const auto only_name = tells(asked(R"({"userinfo":{"name":null}})"), {"openid", "claim*name", "claim*email"});
  redeemed(only_name);
  EXPECT_EQ(outcome_of(asked(R"({"userinfo":{"email":null}})")), "/consent");
}

TEST_F(Claims, s5_5_what_a_scope_tells_is_told_by_name_as_well) {
  disclose(agent, "openid profile email");
  const auto known = redeemed(asked(both));
  EXPECT_EQ(text_at(claims_of(at(known, "id_token")), "preferred_username"), "alice");
  EXPECT_EQ(told(known), with_sub({{"name", "Alice A."}, {"email", "alice@example.com"}}));
  const auto response = tokens({{"scope", "openid profile"}, {"claims", R"({"id_token":{"name":null}})"}});
  EXPECT_EQ(text_at(claims_of(at(response, "id_token")), "name"), "Alice A.");
}

TEST_F(Claims, s5_5_without_openid_nobody_is_told_anything) {
  consent(agent);
  const auto answer = authorize(agent, {{"claims", both}});
  EXPECT_EQ(outcome_of(answer), "code");
  EXPECT_FALSE(body_of(redeemed(answer)).contains("id_token"));
}

TEST_F(Claims, a28_a_refresh_and_a_token_tell_it_until_it_is_taken_back) {
  const auto waits = authorize(agent, {{"scope", "openid offline_access"}, {"resource", ""}, {"claims", both}});
  const auto first = redeemed(allow(waits));
  const auto lasting = at(first, "refresh_token");
  const auto again = refresh(agent, lasting);
  EXPECT_EQ(told(again), with_sub({{"name", "Alice A."}, {"email", "alice@example.com"}}));
  EXPECT_EQ(text_at(claims_of(at(again, "id_token")), "preferred_username"), "alice");
  const auto page = browse("/account");
  EXPECT_NE(page.body.find(">email name preferred_username offline_access openid<"), std::string::npos) << page.body;
  world.form("/account/withdraw", {{"csrf", value_of(page, "csrf")}, {"disclosure", value_of(page, "disclosure")}},
             {{"Cookie", cookie}});
  const auto event = world.events("consent.withdraw").back().as_object();
  EXPECT_NE(text_at(event, "scope_asked"), "") << "what was taken";
  EXPECT_FALSE(event.contains("scope_given")) << "nothing stays";
  EXPECT_EQ(userinfo(at(first, "access_token")).status, 401);
  EXPECT_EQ(userinfo(at(again, "access_token")).status, 401);
  EXPECT_EQ(error_of(refresh(agent, lasting)), "400 invalid_grant");
  EXPECT_EQ(outcome_of(asked(both)), "/consent");
}

TEST_F(Claims, a28_one_that_is_declined_later_is_told_no_more) {
  const auto waits = authorize(agent, {{"scope", "openid offline_access"}, {"resource", ""}, {"claims", both}});
  const auto lasting = at(redeemed(allow(waits)), "refresh_token");
  const auto anew = authorize(agent, {{"scope", "openid"}, {"resource", ""}, {"claims", both}, {"prompt", "consent"}});
  redeemed(tells(anew, {"openid", "claim*name"}));
  EXPECT_EQ(told(refresh(agent, lasting)), with_sub({{"name", "Alice A."}}));
}

TEST_F(Claims, s5_5_what_is_not_understood_is_passed_over_and_what_is_malformed_refused) {
  disclose(agent, "openid");
  for (const auto* good : {"{}", R"({"userinfo":{"shoe_size":null,"http://x.example/y":{"essential":true}}})",
                           R"({"elsewhere":[1],"id_token":{"auth_time":{"essential":true}},"userinfo":{}})"})
    EXPECT_EQ(outcome_of(asked(good)), "code") << good;
  for (const auto* bad : {"no json", "[]", R"({"userinfo":["email"]})", R"({"id_token":null})",
                          R"({"userinfo":{"email":true}})", R"({"userinfo":{"sub":{"value":7}}})",
                          R"({"userinfo":{"sub":{"values":[]}}})"})
    EXPECT_EQ(outcome_of(asked(bad)), "invalid_request") << bad;
}

TEST_F(Claims, s5_5_1_a_sub_names_whom_it_may_be_about_wherever_it_is_asked_for) {
  disclose(agent, "openid");
  const auto value = [](const std::string& who) { return R"({"value":")" + who + "\"}"; };
  const auto outcome = [&](const std::string& claims) { return outcome_of(asked(claims, {{"prompt", "none"}})); };
  EXPECT_EQ(outcome(R"({"userinfo":{"sub":)" + value(user) + "}}"), "code");
  EXPECT_EQ(outcome(R"({"userinfo":{"sub":)" + value("usr_another") + "}}"), "login_required");
  EXPECT_EQ(outcome(R"({"id_token":{"sub":{"values":["usr_another",")" + user + R"("]}}})"), "code");
  EXPECT_EQ(outcome(R"({"id_token":{"sub":{"values":["usr_another","usr_third"]}}})"), "login_required");
  EXPECT_EQ(outcome(R"({"id_token":{"sub":{"values":["usr_another",")" + user + R"("]}},"userinfo":{"sub":)" +
                    value("usr_another") + "}}"),
            "login_required")
      << "both must hold";
  EXPECT_EQ(outcome(R"({"id_token":{"sub":)" + value(user) + R"(},"userinfo":{"sub":)" + value("usr_another") + "}}"),
            "invalid_request")
      << "nobody is both";
}

// The example of appendix A.3, whose ID token is signed with RS256.
TEST_F(Claims, s3_1_3_6_at_hash_is_the_left_half_of_the_access_tokens_hash) {
  EXPECT_EQ(tokens::at_hash_of("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
  disclose(agent, "openid profile");
  for (const auto* algorithm : {"RS256", "ES256", "EdDSA"}) {
    world.change(directory::Kind::agent, agent.id, {{"id_token_signed_response_alg", algorithm}});
    const auto response = tokens();
    const auto claims = claims_of(at(response, "id_token"));
    // EdDSA's name tells no hash, and where a code is redeemed the claim is optional.
    const bool names_a_hash = std::string_view(algorithm) != "EdDSA";
    ASSERT_EQ(claims.contains("at_hash"), names_a_hash) << algorithm;
    if (names_a_hash)
      EXPECT_EQ(text_at(claims, "at_hash"), tokens::at_hash_of(at(response, "access_token"))) << algorithm;
  }
}

TEST_F(Claims, a34_s5_5_1_1_an_essential_acr_that_cannot_be_read_is_refused) {
  disclose(agent, "openid");
  const auto outcome = [&](const std::string& members) {
    return outcome_of(asked(R"({"id_token":{"acr":{)" + members + "}}}"));
  };
  for (const std::string bad : {R"("value":["phr"])", R"("value":7)", R"("values":[])", R"("values":"phr")",
                                R"("values":["phr",7])", R"("value":"phr","values":7)",
                                R"("value":null,"values":[])"}) {
    EXPECT_EQ(outcome(R"("essential":true,)" + bad), "invalid_request") << bad;
    EXPECT_EQ(outcome(bad), "code") << "it may be passed over where it is not essential: " << bad;
  }
  for (const std::string none : {"", R"(,"value":null)", R"(,"values":null)", R"(,"value":null,"values":null)"})
    EXPECT_EQ(outcome(R"("essential":true)" + none), "code") << "any will do: " << none;
  for (const std::string one : {R"("values":["phr"])", R"("value":null,"values":["phr"])",
                                R"("value":"phr","values":null)"})
    EXPECT_EQ(outcome(R"("essential":true,)" + one), "unmet_authentication_requirements") << one;
}

// What was let in before such requests were refused goes on as it was read then.
TEST_F(Claims, s5_5_1_1_a_grant_from_before_with_an_acr_that_cannot_be_read_goes_on) {
  disclose(agent, "openid offline_access");
  const auto token = text_at(body_of(tokens({{"scope", "openid offline_access"}, {"resource", ""}})), "refresh_token");
  const auto key = oauth::handle_key(token);
  const auto kept = world.store->kept(store::Use::refresh_token, "default", key, world.clock.now());
  ASSERT_TRUE(kept && *kept);
  auto carried = grants::decode((*kept)->body);
  ASSERT_TRUE(carried);
  carried->claims = R"({"id_token":{"acr":{"essential":true,"value":["phr"]}}})";
  ASSERT_TRUE(world.store->commit_now(
      {store::Drop{store::Use::refresh_token, "default", key},
       store::Keep{store::Use::refresh_token, "default", key, (*kept)->until, grants::encode(*carried)}}));
  EXPECT_EQ(error_of(refresh(agent, token)), "200");
}

TEST_F(Claims, s3_1_2_1_without_openid_no_code_is_given_that_nothing_could_redeem) {
  const auto who = [&](const std::string& scope, Pairs more = {}) {
    more.insert(more.end(), {{"scope", scope}, {"resource", ""}});
    return authorize(agent, std::move(more));
  };
  EXPECT_EQ(outcome_of(tells(who("openid profile"), {"profile"})), "access_denied");
  const flows::Said without{.told = *oauth::ScopeSet::parse("profile"), .declined = {"openid"}};
  ASSERT_TRUE(world.store->commit_now(
      {flows::disclose(std::nullopt, without, agent.id, user, "default", world.random, world.clock.now())}));
  EXPECT_EQ(outcome_of(who("openid profile")), "/consent") << "as it was remembered before: they are asked again";
  EXPECT_EQ(outcome_of(who("openid profile", {{"prompt", "none"}})), "consent_required");
  for (const auto* scope : {"profile", "email", "offline_access", "profile email offline_access"}) {
    EXPECT_EQ(outcome_of(who(scope)), "invalid_scope") << scope;
    EXPECT_EQ(error_of(push(agent, request(agent, {{"scope", scope}, {"resource", ""}}))), "400 invalid_scope");
  }
  EXPECT_EQ(error_of(redeemed(tells(who("openid profile"), {"openid"}))), "200");
}
