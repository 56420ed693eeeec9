// RFC 6749 §4.1 as OAuth 2.1 has it, RFC 7636, RFC 8707 and RFC 9207: from a browser's request to a client's tokens.
#include <gtest/gtest.h>

#include "flows/disclosure.h"
#include "oauth/handle.h"
#include "oauth/pkce.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Code : testing::Test, Flow {};

std::string at(const http::Response& response, std::string_view name) { return text_at(body_of(response), name); }

}  // namespace

TEST_F(Code, s4_1_a_person_who_agreed_sends_a_client_off_with_a_token) {
  sign_in();
  const auto root = consent(agent);
  const auto answer = redirected(authorize(agent));
  EXPECT_EQ(answer.at("state"), "af0ifjsldkj");
  EXPECT_EQ(answer.at("iss"), world.issuer);
  const auto tokens = redeem(agent, answer.at("code"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(at(tokens, "token_type"), "Bearer");
  EXPECT_EQ(at(tokens, "scope"), "read write");
  const auto claims = claims_of(at(tokens, "access_token"));
  EXPECT_EQ(text_at(claims, "sub"), user);
  EXPECT_EQ(text_at(claims, "client_id"), agent.id);
  EXPECT_EQ(text_at(claims, "aud"), invoices);
  EXPECT_EQ(claims.at("act"), json::value(json::object{{"sub", agent.id}}));
  EXPECT_EQ(claims.at("dlg"), json::value(json::array{root}));
  EXPECT_EQ(text_at(claims, "acr"), "urn:deputy:acr:password");
  EXPECT_TRUE(active(at(tokens, "access_token")));
  EXPECT_FALSE(body_of(tokens).contains("id_token")) << "openid was not asked for";
}

TEST_F(Code, an_applications_own_token_bears_no_act) {
  sign_in();
  consent(app);
  const auto tokens = redeem(app, code(app));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_FALSE(claims_of(at(tokens, "access_token")).contains("act"));
}

TEST_F(Code, who_is_not_signed_in_or_has_not_agreed_is_asked_first) {
  EXPECT_EQ(outcome_of(authorize(agent)), "/sign-in");
  sign_in();
  const auto asked = authorize(agent);
  EXPECT_EQ(outcome_of(asked), "/consent");
  const auto interaction = location_of(asked).substr(location_of(asked).find("?i="));
  consent(agent);
  const auto back = browse("/oauth2/authorize/continue" + interaction);
  EXPECT_EQ(outcome_of(back), "code");
  EXPECT_EQ(location_of(browse("/oauth2/authorize/continue" + interaction)), location_of(back)) << "a second click";
  EXPECT_EQ(redeem(agent, redirected(back)["code"]).status, 200);
  EXPECT_EQ(browse("/oauth2/authorize/continue" + interaction).status, 400) << "it was answered";
  EXPECT_EQ(browse("/oauth2/authorize/continue?i=nothing").status, 400);
}

TEST_F(Code, s3_1_the_request_may_be_posted) {
  sign_in();
  consent(agent);
  std::string body;
  for (const auto& [name, value] : request(agent)) {
    if (name == "resource" || name == "redirect_uri") continue;
    body += (body.empty() ? "" : "&") + name + "=" + (name == "scope" ? "read" : value);
  }
  const http::Headers headers{{"Cookie", cookie}, {"Content-Type", "application/x-www-form-urlencoded"}};
  EXPECT_EQ(outcome_of(world.ask("POST", "/oauth2/authorize", body + "&resource=https%3A%2F%2Fapi.example%2Finvoices",
                                 headers)),
            "code");
}

TEST_F(Code, a7_s3_1_a_request_that_another_site_posts_finds_its_person_signed_in) {
  sign_in();
  consent(agent);
  const auto bare = world.form("/oauth2/authorize", request(agent));
  EXPECT_EQ(outcome_of(bare), "/oauth2/authorize");
  EXPECT_EQ(outcome_of(browse(location_of(bare))), "code") << location_of(bare);
}

TEST_F(Code, s4_1_2_1_nobody_is_redirected_to_where_no_client_is_registered) {
  sign_in();
  consent(agent);
  for (const Pairs& change : {Pairs{{"client_id", ""}}, Pairs{{"client_id", "agt_nobody"}}, Pairs{{"client_id", user}},
                              Pairs{{"redirect_uri", "https://evil.example/cb"}},
                              Pairs{{"redirect_uri", "https://agent.example/cb/../x"}},
                              Pairs{{"redirect_uri", "https://evil.example/cb"}, {"response_mode", "form_post"}}}) {
    const auto response = authorize(agent, change);
    EXPECT_EQ(response.status, 400) << change.front().first;
    EXPECT_EQ(location_of(response), "") << change.front().first;
    EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(response.body.find("evil"), std::string::npos) << "nothing that was sent is shown";
  }
}

TEST_F(Code, s4_1_2_1_everything_else_is_told_to_the_client) {
  sign_in();
  consent(agent);
  const std::vector<std::pair<Pairs, std::string>> rows{
      {{{"response_type", ""}}, "invalid_request"},
      {{{"response_type", "token"}}, "unsupported_response_type"},
      {{{"response_type", "code id_token"}}, "unsupported_response_type"},
      {{{"scope", ""}, {"resource", ""}}, "invalid_scope"},
      {{{"scope", "openid"}}, "invalid_scope"},
      {{{"scope", "read fly"}}, "invalid_scope"},
      {{{"resource", "https://api.example/nothing"}}, "invalid_target"},
      {{{"resource", ""}}, "invalid_target"},
      {{{"prompt", "none login"}}, "invalid_request"},
      {{{"prompt", "shout"}}, "invalid_request"},
      {{{"max_age", "-1"}}, "invalid_request"},
      {{{"claims", "no json"}}, "invalid_request"},
      {{{"dpop_jkt", "short"}}, "invalid_request"},
      {{{"authorization_details", R"([{"type":"payment"}])"}}, "invalid_authorization_details"},
      {{{"nonce", std::string(501, 'n')}}, "invalid_request"},
      {{{"login_hint", std::string(501, 'n')}}, "invalid_request"},
      {{{"ui_locales", std::string(501, 'n')}}, "invalid_request"},
      {{{"response_mode", "fragment"}}, "invalid_request"},
      {{{"id_token_hint", "no.id.token"}}, "invalid_request"},
  };
  for (const auto& [change, error] : rows) {
    const auto response = authorize(agent, change);
    auto answer = redirected(response);
    EXPECT_EQ(answer["error"], error) << change.front().first << "=" << change.front().second;
    EXPECT_EQ(answer["state"], "af0ifjsldkj");
    EXPECT_EQ(answer["iss"], world.issuer) << "RFC 9207 §2: errors too";
    EXPECT_TRUE(location_of(response).starts_with(callback));
  }
  EXPECT_EQ(world.events("authorization.request").size(), rows.size()) << "each is an event";
}

TEST_F(Code, a4_pkce_is_asked_of_everybody_and_is_s256) {
  sign_in();
  consent(agent);
  const std::map<std::string, Given> everybody{{callback, agent},
                                               {"http://127.0.0.1:51004/cb", app},
                                               {"https://portal.example/a", portal}};
  for (const auto& [uri, client] : everybody)
    for (const Pairs& flaw : {Pairs{{"code_challenge", ""}}, Pairs{{"code_challenge_method", "plain"}},
                              Pairs{{"code_challenge_method", ""}}, Pairs{{"code_challenge", "short"}}}) {
      auto change = flaw;
      change.emplace_back("redirect_uri", uri);
      EXPECT_EQ(outcome_of(authorize(client, change)), "invalid_request") << uri << " " << flaw[0].first;
    }
  const auto good = code(agent);
  EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", ""}})), "400 invalid_request");
  EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", std::string(43, 'x')}})), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", challenge}})), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, good)), "200") << "a refused redemption uses nothing up";
}

TEST_F(Code, rfc7636_s4_1_a_verifier_has_43_to_128_characters) {
  sign_in();
  consent(agent);
  for (const auto& [length, outcome] : std::map<std::size_t, std::string>{
           {42, "400 invalid_grant"}, {43, "200"}, {128, "200"}, {129, "400 invalid_grant"}}) {
    const std::string own(length, 'v');
    const auto good = code(agent, {{"code_challenge", oauth::code_challenge_of(own)}});
    EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", own}})), outcome) << length;
  }
}

TEST_F(Code, a3_a_code_is_its_own_clients_alone) {
  sign_in();
  consent(agent);
  const auto good = code(agent);
  EXPECT_EQ(error_of(redeem(other, good)), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(app, good)), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, good, {{"redirect_uri", "https://agent.example/other"}})), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, "dac_forged")), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, "")), "400 invalid_request");
  EXPECT_EQ(error_of(redeem(agent, good, {{"redirect_uri", callback}})), "200");
}

TEST_F(Code, s4_1_2_a_code_is_used_once_and_a3_its_replay_ends_what_came_of_it) {
  sign_in();
  const auto root = consent(agent);
  const auto good = code(agent);
  const auto tokens = redeem(agent, good);
  ASSERT_EQ(tokens.status, 200);
  const auto refresh_token = at(tokens, "refresh_token");
  EXPECT_TRUE(active(at(tokens, "access_token")));
  EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
  EXPECT_FALSE(active(at(tokens, "access_token")));
  EXPECT_EQ(error_of(refresh(agent, refresh_token)), "400 invalid_grant");
  const auto node = world.store->delegation("default", root);
  ASSERT_TRUE(node && *node);
  EXPECT_TRUE((*node)->revoked_at);
}

TEST_F(Code, a3_a_replay_is_noticed_long_after_the_code_expired) {
  for (const auto late : {Seconds(120), Seconds(20 * 86'400), Seconds(89 * 86'400)}) {
    sign_in();
    const auto root = consent(agent);
    const auto good = code(agent);
    const auto tokens = redeem(agent, good);
    ASSERT_EQ(tokens.status, 200) << tokens.body;
    world.clock.advance(late);
    while (*world.store->purge(world.clock.now(), 1000) != 0) {}
    EXPECT_EQ(error_of(redeem(other, good)), "400 invalid_grant");
    EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", std::string(43, 'x')}})), "400 invalid_grant");
    EXPECT_FALSE((*world.store->delegation("default", root))->revoked_at) << "a guess is no replay";
    EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
    EXPECT_TRUE((*world.store->delegation("default", root))->revoked_at) << late.count();
    EXPECT_EQ(error_of(refresh(agent, at(tokens, "refresh_token"))), "400 invalid_grant");
  }
}

TEST_F(Code, a42_a_used_code_is_remembered_no_longer_than_what_came_of_it_can_live) {
  const auto marked = [&](const std::string& good, Seconds later) {
    return (*world.store->kept(store::Use::code_used, "default", oauth::handle_key(good), world.clock.now() + later))
        .has_value();
  };
  sign_in();
  consent(agent);
  disclose(agent, "openid");
  const auto goes_on = code(agent), told = code(agent, {{"scope", "openid"}, {"resource", ""}});
  ASSERT_EQ(redeem(agent, goes_on).status, 200);
  ASSERT_EQ(redeem(agent, told).status, 200);
  EXPECT_TRUE(marked(goes_on, Seconds(91 * 86'400 - 1)));
  EXPECT_FALSE(marked(goes_on, Seconds(91 * 86'400)));
  EXPECT_TRUE(marked(told, Seconds(86'399)));
  EXPECT_FALSE(marked(told, Seconds(86'400))) << "there is no refresh token";
}

TEST_F(Code, a3_a_replay_without_a_delegation_ends_the_token_too) {
  sign_in();
  disclose(agent, "openid offline_access");
  const auto good = code(agent, {{"scope", "openid offline_access"}, {"resource", ""}});
  const auto tokens = redeem(agent, good);
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const auto bearer = [&] {
    return world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", "Bearer " + at(tokens, "access_token")}}).status;
  };
  EXPECT_EQ(bearer(), 200);
  EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
  EXPECT_EQ(bearer(), 401);
  EXPECT_EQ(error_of(refresh(agent, at(tokens, "refresh_token"))), "400 invalid_grant");
}

TEST_F(Code, s10_5_a_code_lives_a_minute) {
  sign_in();
  consent(agent);
  const auto good = code(agent);
  world.clock.advance(Seconds(60));
  EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
}

TEST_F(Code, a6_a_repeated_parameter_has_no_meaning) {
  sign_in();
  consent(agent);
  std::string query;
  for (const auto& [name, value] : request(agent, {{"resource", ""}, {"scope", "read"}, {"redirect_uri", ""}}))
    query += (query.empty() ? "" : "&") + name + "=" + value;
  for (const auto* again : {"&state=2", "&client_id=x", "&redirect_uri=a&redirect_uri=b", "&code_challenge=x"}) {
    const auto response = browse("/oauth2/authorize?" + query + again);
    EXPECT_EQ(response.status, 400) << again;
    EXPECT_EQ(location_of(response), "");
  }
}

TEST_F(Code, a8_no_password_and_no_implicit_grant_by_any_name) {
  EXPECT_EQ(error_of(token_request(agent, {{"grant_type", "password"}, {"username", "alice"}, {"password", "x"}})),
            "400 unsupported_grant_type");
  EXPECT_EQ(error_of(token_request(agent, {{"grant_type", "implicit"}})), "400 unsupported_grant_type");
  sign_in();
  consent(agent);
  const auto asked = authorize(agent, {{"prompt", "consent"}});
  const auto again = location_of(asked).substr(location_of(asked).find("?i="));
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + again + "&response_type=token")), "/consent")
      << "what was checked is what counts";
}

TEST_F(Code, s4_4_a_public_client_gets_nothing_of_its_own) {
  EXPECT_EQ(error_of(token_request(app, {{"grant_type", "client_credentials"}, {"resource", invoices}})),
            "400 unauthorized_client");
  EXPECT_EQ(error_of(world.form("/oauth2/introspect", {{"client_id", app.id}, {"token", "x"}})), "401 invalid_client");
  EXPECT_EQ(error_of(token_request({agent.id, ""}, {{"grant_type", "client_credentials"}})), "401 invalid_client")
      << "a client that has a secret proves it";
}

TEST_F(Code, a28_who_is_suspended_meanwhile_redeems_nothing) {
  sign_in();
  consent(agent);
  const auto good = code(agent);
  ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/suspend", {{"reason", "test"}}).status, 200);
  EXPECT_EQ(error_of(redeem(agent, good)), "401 invalid_client");
}

TEST_F(Code, a28_whose_person_is_disabled_meanwhile_redeems_nothing) {
  sign_in();
  consent(agent);
  const auto good = code(agent);
  world.change(directory::Kind::user, user, {{"state", "disabled"}});
  EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
  EXPECT_EQ(outcome_of(authorize(agent)), "/sign-in");
}

TEST_F(Code, what_was_taken_away_meanwhile_is_not_given) {
  sign_in();
  const auto root = consent(agent);
  const auto good = code(agent);
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke", {{"reason", "test"}}).status, 200);
  EXPECT_EQ(error_of(redeem(agent, good)), "400 invalid_grant");
}

TEST_F(Code, rfc8707_s2_2_scope_and_resource_narrow_at_the_token_endpoint) {
  sign_in();
  consent(agent);
  const auto narrow = redeem(agent, code(agent), {{"scope", "read"}});
  EXPECT_EQ(at(narrow, "scope"), "read");
  EXPECT_EQ(error_of(redeem(agent, code(agent), {{"resource", payments}})), "400 invalid_target");
  EXPECT_EQ(error_of(redeem(agent, code(agent), {{"resource", world.issuer}})), "400 invalid_target");
  EXPECT_EQ(error_of(redeem(agent, code(agent), {{"scope", "approve"}})), "400 invalid_scope");
}

TEST_F(Code, a_consent_that_is_wider_than_the_request_gives_no_more_than_was_asked) {
  sign_in();
  consent(agent, {"read", "write", "approve"});
  const auto tokens = redeem(agent, code(agent, {{"scope", "read"}}));
  EXPECT_EQ(at(tokens, "scope"), "read");
  EXPECT_EQ(error_of(refresh(agent, at(tokens, "refresh_token"), {{"scope", "approve"}})), "400 invalid_scope");
}

TEST_F(Code, the_default_scope_and_resource_are_the_clients) {
  world.change(directory::Kind::agent, agent.id, {{"default_scope", "read"}, {"default_resource", invoices_id}});
  sign_in();
  consent(agent);
  const auto tokens = redeem(agent, code(agent, {{"scope", ""}, {"resource", ""}}));
  EXPECT_EQ(at(tokens, "scope"), "read");
  EXPECT_EQ(text_at(claims_of(at(tokens, "access_token")), "aud"), invoices);
}

TEST_F(Code, a_resource_alone_asks_for_what_it_has) {
  sign_in();
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", ""}})), "/consent") << "approve was not agreed to";
  consent(agent, {"read", "write", "approve"});
  EXPECT_EQ(at(redeem(agent, code(agent, {{"scope", ""}})), "scope"), "approve read write");
}

TEST_F(Code, a1_a_native_apps_port_is_free_and_its_host_is_not) {
  sign_in();
  EXPECT_EQ(outcome_of(authorize(app)), "/consent");
  EXPECT_EQ(authorize(app, {{"redirect_uri", "http://localhost:51004/cb"}}).status, 400);
}

TEST_F(Code, rfc8252_s8_6_who_can_be_impersonated_is_asked_for_each_time) {
  sign_in();
  consent(app);
  disclose(app, "openid");
  EXPECT_EQ(outcome_of(authorize(app)), "/consent") << "whatever was agreed to before";
  EXPECT_EQ(outcome_of(authorize(app, {{"prompt", "none"}})), "consent_required");
  EXPECT_EQ(outcome_of(authorize(app, {{"scope", "openid"}, {"resource", ""}})), "/consent");
  EXPECT_EQ(outcome_of(allow(authorize(app))), "code");
  const json::array uris{"http://127.0.0.1/cb", "com.example.app:/cb", "https://app.example/cb"};
  world.change(directory::Kind::application, app.id, {{"redirect_uris", uris}});
  EXPECT_EQ(outcome_of(allow(authorize(app, {{"redirect_uri", "https://app.example/cb"}}))), "code");
  EXPECT_EQ(outcome_of(authorize(app, {{"redirect_uri", "com.example.app:/cb"}})), "/consent");
  EXPECT_EQ(outcome_of(authorize(app, {{"redirect_uri", "https://app.example/cb"}})), "code") << "the site is its own";
  world.change(directory::Kind::application, portal.id, {{"redirect_uris", json::array{"http://127.0.0.1/cb"}}});
  consent(portal);
  EXPECT_EQ(outcome_of(authorize(portal, {{"redirect_uri", "http://127.0.0.1:7/cb"}})), "code") << "it has a secret";
}

TEST_F(Code, a37_a_client_that_shows_itself_as_another_is_asked_for_again) {
  sign_in();
  const auto asked = [&](std::string_view scope) { return authorize(agent, {{"scope", std::string(scope)}}); };
  const auto becomes = [&](const json::object& patch) { world.change(store::Kind::agent, agent.id, patch); };
  ASSERT_EQ(outcome_of(asked("openid read")), "/consent");
  allow(asked("openid read"));
  becomes({{"description", "Keeps books."}});
  EXPECT_EQ(outcome_of(asked("openid read")), "code");
  for (const auto& patch : {json::object{{"name", "Your Bank"}},
                            json::object{{"redirect_uris", json::array{callback, "https://bank.example/cb"}}}}) {
    becomes(patch);
    ASSERT_EQ(outcome_of(asked("openid read")), "/consent") << json::serialize(patch);
    allow(asked("openid read"));
    EXPECT_EQ(outcome_of(asked("openid read")), "code");
  }
  const auto told = flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(told && *told);
  const auto now = world.clock.now();
  ASSERT_TRUE(world.store->commit_now(flows::take_back(**told, {}, user, "default", "", world.random, now)));
  EXPECT_EQ(outcome_of(asked("openid read")), "/consent");
  EXPECT_EQ(outcome_of(asked("read")), "code") << "the consent goes on";
  becomes({{"name", "Scout"}});
  EXPECT_EQ(outcome_of(asked("read")), "/consent") << "and how the client was shown is still known";
}

TEST_F(Code, a_client_with_several_redirect_uris_names_one) {
  sign_in();
  consent(portal);
  EXPECT_EQ(authorize(portal, {{"redirect_uri", ""}}).status, 400);
  EXPECT_EQ(outcome_of(authorize(portal, {{"redirect_uri", "https://portal.example/b"}})), "code");
}
