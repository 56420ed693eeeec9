// What modules of the OpenID Foundation's conformance suite ask of us that no other test does: docs/certification.md
// names the module of each.
#include <gtest/gtest.h>

#include "tests/kit/key_holder.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Certification : testing::Test, Openid {
  Certification() {
    sign_in();
    disclose(agent, "openid profile email");
    world.clock.advance(Seconds(1));
  }
};

}  // namespace

// oidcc-display-page, oidcc-display-popup, oidcc-ui-locales, oidcc-claims-locales,
// oidcc-ensure-request-with-unknown-parameter-succeeds
TEST_F(Certification, s3_1_2_1_what_is_optional_or_unknown_in_a_request_is_no_reason_to_refuse_it) {
  const std::vector<Pairs> each{{{"display", "page"}},    {{"display", "popup"}},      {{"ui_locales", "se"}},
                                {{"claims_locales", "se"}}, {{"extra", "foobar"}}, {{"login_hint", "alice"}}};
  for (auto change : each) {
    const auto name = change[0].first;
    const auto told = tokens(std::move(change));
    ASSERT_EQ(told.status, 200) << name << told.body;
    EXPECT_EQ(text_at(claims_of(at(told, "id_token")), "sub"), user) << name;
  }
}

// oidcc-ensure-request-without-nonce-succeeds-for-code-flow,
// fapi2-security-profile-final-ensure-authorization-request-with(out)-…
TEST_F(Certification, s2_a_nonce_comes_back_as_it_was_sent_and_none_where_none_was) {
  EXPECT_FALSE(claims_of(at(tokens(), "id_token")).contains("nonce"));
  for (const std::size_t length : {1u, 64u, 384u}) {
    const std::string nonce(length, 'n');
    EXPECT_EQ(text_at(claims_of(at(tokens({{"nonce", nonce}}), "id_token")), "nonce"), nonce);
  }
  EXPECT_FALSE(redirected(authorize(agent, {{"scope", "openid"}, {"resource", ""}, {"state", ""}})).contains("state"));
  const std::string state(384, 's');
  EXPECT_EQ(redirected(authorize(agent, {{"scope", "openid"}, {"resource", ""}, {"state", state}}))["state"], state);
}

// oidcc-ensure-other-scope-order-succeeds, oidcc-scope-all
TEST_F(Certification, rfc6749_s3_3_the_order_of_scopes_does_not_matter) {
  const auto all = body_of(userinfo(at(tokens({{"scope", "email profile openid"}}), "access_token")));
  EXPECT_EQ(all, (json::object{{"sub", user}, {"name", "Alice A."}, {"preferred_username", "alice"},
                               {"email", "alice@example.com"}}));
}

// oidcc-prompt-none-logged-in, oidcc-id-token-hint, oidcc-max-age-10000: one person, who signed in once
TEST_F(Certification, s3_1_2_1_a_second_silent_request_is_of_the_same_person_and_sign_in) {
  const auto first = at(tokens({{"max_age", "15000"}}), "id_token");
  world.clock.advance(Seconds(10));
  const auto second = at(tokens({{"prompt", "none"}, {"id_token_hint", first}, {"max_age", "10000"}}), "id_token");
  const auto before = claims_of(first), after = claims_of(second);
  EXPECT_EQ(text_at(after, "sub"), text_at(before, "sub"));
  EXPECT_EQ(json_integer(after, "auth_time"), json_integer(before, "auth_time"));
  EXPECT_EQ(json_integer(after, "iat"), *json_integer(before, "iat") + 10);
}

// oidcc-ensure-request-with-acr-values-succeeds: of those that the metadata lists, all at once
TEST_F(Certification, rfc9470_s4_the_acr_values_of_the_metadata_are_satisfied_by_whoever_signs_in) {
  const auto document = body_of(world.ask("GET", "/.well-known/openid-configuration"));
  std::string listed;
  for (const auto& one : document.at("acr_values_supported").as_array())
    listed.append(listed.empty() ? "" : " ").append(std::string_view(one.as_string()));
  ASSERT_FALSE(listed.empty());
  const auto said = text_at(claims_of(at(tokens({{"acr_values", listed}}), "id_token")), "acr");
  EXPECT_NE((" " + listed + " ").find(" " + said + " "), std::string::npos) << said << " of " << listed;
}

// oidcc-userinfo-post-body, which ends with a warning where a token is not taken so
TEST_F(Certification, a21_a_token_in_the_body_opens_nothing) {
  const auto token = at(tokens(), "access_token");
  EXPECT_EQ(world.form("/oauth2/userinfo", {{"access_token", token}}).status, 401);
  EXPECT_EQ(userinfo(token, "POST").status, 200);
}

// oidcc-codereuse-30seconds
TEST_F(Certification, a3_a_code_that_comes_again_after_half_a_minute_ends_the_token_that_came_of_it) {
  const auto once = code(agent, {{"scope", "openid profile"}, {"resource", ""}});
  const auto token = at(redeem(agent, once), "access_token");
  EXPECT_EQ(userinfo(token).status, 200);
  world.clock.advance(Seconds(30));
  EXPECT_EQ(error_of(redeem(agent, once)), "400 invalid_grant");
  EXPECT_EQ(userinfo(token).status, 401);
}

// fapi2-security-profile-final-happy-flow: its second client's redirect URI has a query of its own
TEST_F(Certification, rfc6749_s3_1_2_the_query_of_a_redirect_uri_is_kept) {
  const std::string with_query = "https://agent.example/cb?dummy1=lorem&dummy2=ipsum";
  world.change(directory::Kind::agent, agent.id, {{"redirect_uris", json::array{json::string(with_query)}}});
  const Pairs change{{"redirect_uri", with_query}, {"scope", "openid"}, {"resource", ""}};
  const auto answer = authorize(agent, change);
  EXPECT_TRUE(location_of(answer).starts_with(with_query + "&")) << location_of(answer);
  EXPECT_EQ(outcome_of(answer), "code");
  EXPECT_EQ(error_of(redeem(agent, redirected(answer)["code"], {{"redirect_uri", with_query}})), "200");
}

// fapi2-security-profile-final-access-token-type-header-case-sensitivity
TEST_F(Certification, rfc9110_s11_1_the_name_of_a_scheme_is_the_same_in_any_case) {
  const KeyHolder holder(world);
  const auto bound = at(world.form("/oauth2/token",
                                   {{"grant_type", "authorization_code"},
                                    {"code", code(agent, {{"scope", "openid"}, {"resource", ""}})},
                                    {"code_verifier", verifier}},
                                   {{"Authorization", world.basic(agent)},
                                    {"DPoP", holder.proof("POST", "/oauth2/token")}}),
                        "access_token");
  for (const auto* scheme : {"DPoP", "dpOp", "dpop", "DPOP"})
    EXPECT_EQ(world.ask("GET", "/oauth2/userinfo", "",
                        {{"Authorization", scheme + (" " + bound)},
                         {"DPoP", holder.proof("GET", "/oauth2/userinfo", bound)}})
                  .status,
              200)
        << scheme;
  const auto token = at(tokens(), "access_token");
  for (const auto* scheme : {"bEARER", "bearer"})
    EXPECT_EQ(world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", scheme + (" " + token)}}).status, 200)
        << scheme;
}

// fapi2-security-profile-final-par-attempt-invalid-http-method
TEST_F(Certification, rfc9126_s2_3_a_request_is_pushed_by_post_alone) {
  for (const auto* method : {"PUT", "GET", "DELETE"}) {
    const auto answer = world.ask(method, "/oauth2/par", "", {{"Authorization", world.basic(agent)}});
    EXPECT_EQ(answer.status, 405) << method;
  }
}
