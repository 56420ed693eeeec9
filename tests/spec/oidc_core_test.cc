// OpenID Connect Core: ID tokens, how a person must sign in; and RFC 9470's step-up.
#include <gtest/gtest.h>

#include <set>

#include "base/encoding.h"
#include "jose/jwt.h"
#include "tests/kit/openid.h"
#include "tokens/id_token.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Core : testing::Test, Openid {};

}  // namespace

TEST_F(Core, s2_an_id_token_says_who_signed_in_when_and_how) {
  sign_in({"pop", "user", "mfa"});
  disclose(agent, "openid profile");
  world.clock.advance(Seconds(100));
  const auto response = tokens({{"nonce", "n-0S6_WzA2Mj"}});
  ASSERT_EQ(response.status, 200) << response.body;
  const auto token = at(response, "id_token");
  const auto claims = claims_of(token);
  EXPECT_EQ(text_at(claims, "iss"), world.issuer);
  EXPECT_EQ(text_at(claims, "sub"), user);
  EXPECT_EQ(text_at(claims, "aud"), agent.id);
  EXPECT_EQ(text_at(claims, "azp"), agent.id);
  EXPECT_EQ(text_at(claims, "nonce"), "n-0S6_WzA2Mj");
  EXPECT_EQ(text_at(claims, "acr"), "phr");
  EXPECT_EQ(claims.at("amr"), json::value(json::array{"pop", "user", "mfa"}));
  EXPECT_EQ(text_at(claims, "sid"), session);
  EXPECT_EQ(json_integer(claims, "auth_time"), unix_seconds(world.clock.now()) - 100);
  EXPECT_EQ(json_integer(claims, "iat"), unix_seconds(world.clock.now()));
  EXPECT_EQ(text_at(claims, "at_hash"), tokens::at_hash_of(at(response, "access_token")));
  EXPECT_FALSE(claims.contains("act")) << "a person signs in for themselves";
  EXPECT_FALSE(claims.contains("name")) << "userinfo says that";
  EXPECT_EQ(text_at(header_of(token), "alg"), "RS256");
  EXPECT_EQ(text_at(header_of(token), "typ"), "JWT");
}

TEST_F(Core, discovery_s3_claims_supported_are_those_that_are_said) {
  sign_in();
  disclose(agent, "openid profile email");
  world.change(directory::Kind::user, user, {{"email_verified", true}});
  const auto response = tokens({{"scope", "openid profile email"}, {"nonce", "n"}});
  std::set<std::string> said, listed;
  for (const auto& [name, value] : claims_of(at(response, "id_token"))) said.insert(std::string(name));
  for (const auto& [name, value] : body_of(userinfo(at(response, "access_token")))) said.insert(std::string(name));
  const auto document = body_of(world.ask("GET", "/.well-known/openid-configuration"));
  for (const auto& one : document.at("claims_supported").as_array()) listed.insert(std::string(one.as_string()));
  EXPECT_EQ(listed, said);
}

TEST_F(Core, s3_1_3_7_the_signature_verifies_under_the_published_keys_by_the_clients_algorithm) {
  sign_in();
  disclose(agent, "openid profile");
  for (const auto* algorithm : {"RS256", "ES256", "EdDSA"}) {
    world.change(directory::Kind::agent, agent.id, {{"id_token_signed_response_alg", algorithm}});
    const auto keys = jose::JwkSet::parse(world.ask("GET", "/oauth2/jwks").body);
    ASSERT_TRUE(keys);
    const auto token = at(tokens(), "id_token");
    EXPECT_EQ(text_at(header_of(token), "alg"), algorithm);
    EXPECT_TRUE(jose::verify(token, *keys, {.types = {"jwt"}, .issuer = world.issuer, .audience = agent.id},
                             world.clock.now()));
  }
}

TEST_F(Core, a11_an_id_token_opens_nothing) {
  sign_in();
  disclose(agent, "openid profile");
  const auto token = at(tokens(), "id_token");
  EXPECT_EQ(userinfo(token).status, 401);
  EXPECT_EQ(world.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + token}}).status, 401);
  EXPECT_FALSE(active(token));
}

TEST_F(Core, s3_1_2_1_prompt_none_shows_no_page) {
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "login_required");
  sign_in();
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "consent_required");
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "code");
}

TEST_F(Core, s3_1_2_1_the_page_that_posts_an_answer_speaks_the_persons_language) {
  const auto posted = [&](Pairs change, http::Headers headers) {
    change.emplace_back("response_mode", "form_post");
    std::string query;
    for (const auto& [name, value] : request(agent, std::move(change)))
      query += (query.empty() ? "?" : "&") + name + "=" + percent_encode(value);
    if (!cookie.empty()) headers.emplace_back("Cookie", cookie);
    const auto response = world.ask("GET", "/oauth2/authorize" + query, "", headers);
    EXPECT_EQ(response.status, 200) << response.body;
    return response.body;
  };
  const auto speaks = [](const std::string& page, const std::string& tag, const std::string& title,
                         const std::string& button) {
    EXPECT_NE(page.find("<html lang=\"" + tag + "\">"), std::string::npos) << page;
    EXPECT_NE(page.find("<title>" + title + " · Deputy</title>"), std::string::npos) << page;
    EXPECT_NE(page.find("<h1>" + title + "</h1>"), std::string::npos) << page;
    EXPECT_NE(page.find(">" + button + "</button>"), std::string::npos) << page;
  };
  speaks(posted({{"prompt", "none"}, {"ui_locales", "fr zh-CN"}}, {}), "zh-Hans", "返回应用", "继续");
  sign_in();
  consent(agent);
  speaks(posted({{"ui_locales", "zh"}}, {}), "zh-Hans", "返回应用", "继续");
  speaks(posted({}, {{"Accept-Language", "zh-CN,en;q=0.5"}}), "zh-Hans", "返回应用", "继续");
  speaks(posted({}, {}), "en", "Back to the application", "Continue");
}

TEST_F(Core, s3_1_2_1_prompt_login_and_consent_ask_again) {
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(5));
  const auto again = authorize(agent, {{"prompt", "login"}});
  EXPECT_EQ(outcome_of(again), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "consent"}})), "/consent");
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "select_account"}})), "/sign-in");
  const auto go_on = "/oauth2/authorize/continue" + location_of(again).substr(location_of(again).find("?i="));
  EXPECT_EQ(outcome_of(browse(go_on)), "/sign-in") << "going on by hand is no sign-in";
  sign_in();
  EXPECT_EQ(outcome_of(browse(go_on)), "code");
}

TEST_F(Core, a34_s3_1_2_1_max_age_wants_a_recent_sign_in) {
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(300));
  EXPECT_EQ(outcome_of(authorize(agent, {{"max_age", "300"}})), "code");
  EXPECT_EQ(outcome_of(authorize(agent, {{"max_age", "299"}})), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"max_age", "299"}, {"prompt", "none"}})), "login_required");
  const auto waits = authorize(agent, {{"max_age", "0"}});
  EXPECT_EQ(outcome_of(waits), "/sign-in");
  sign_in();
  world.clock.advance(Seconds(3));
  const auto go_on = "/oauth2/authorize/continue" + location_of(waits).substr(location_of(waits).find("?i="));
  EXPECT_EQ(outcome_of(browse(go_on)), "code") << "who signed in for this did so recently enough";
}

TEST_F(Core, a34_rfc9470_a_resource_or_scope_asks_for_a_stronger_sign_in) {
  world.change(directory::Kind::resource, invoices_id,
               {{"scopes", json::array{json::object{{"name", "read"}},
                                       json::object{{"name", "write"}, {"acr", "urn:deputy:acr:multi-factor"}}}}});
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "code");
  const auto waits = authorize(agent);
  EXPECT_EQ(outcome_of(waits), "/sign-in");
  const auto go_on = "/oauth2/authorize/continue" + location_of(waits).substr(location_of(waits).find("?i="));
  sign_in();
  EXPECT_EQ(outcome_of(browse(go_on)), "unmet_authentication_requirements") << "again, and no stronger";
  sign_in({"pwd", "otp", "mfa"});
  const auto tokens = redeem(agent, code(agent));
  EXPECT_EQ(text_at(claims_of(at(tokens, "access_token")), "acr"), "urn:deputy:acr:multi-factor");
}

TEST_F(Core, a34_of_what_several_ask_for_by_a_tenants_own_table_each_must_hold) {
  world.change(directory::Kind::tenant, "default",
               {{"acr_values", json::array{json::object{{"acr", "silver"}, {"amr", json::array{"pwd"}}},
                                           json::object{{"acr", "gold"}, {"amr", json::array{"mfa"}}}}}});
  const auto ask = [&](std::string_view resource, std::string_view read, std::string_view write) {
    const auto scope = [](std::string_view name, std::string_view acr) {
      json::object one{{"name", name}};
      if (!acr.empty()) one["acr"] = acr;
      return one;
    };
    world.change(directory::Kind::resource, invoices_id,
                 {{"acr", resource.empty() ? json::value() : json::value(resource)},
                  {"scopes", json::array{scope("read", read), scope("write", write)}}});
  };
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(1));
  const std::vector<std::array<std::string_view, 3>> asked{
      {"silver", "", "gold"}, {"gold", "", "silver"}, {"", "silver", "gold"}, {"", "gold", "silver"}};
  for (const auto& [resource, read, write] : asked) {
    ask(resource, read, write);
    EXPECT_EQ(outcome_of(authorize(agent)), "/sign-in") << resource << read << write;
  }
  sign_in({"pwd", "otp", "mfa"});
  for (const auto& [resource, read, write] : asked) {
    ask(resource, read, write);
    EXPECT_EQ(outcome_of(authorize(agent)), "code") << resource << read << write;
  }
  ask("silver", "", "bronze");
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent)), "unmet_authentication_requirements")
      << "what the table does not know is satisfied by nothing else";
}

TEST_F(Core, rfc9470_s4_acr_values_are_satisfied_by_any_of_them_or_a_stronger) {
  sign_in({"pwd", "otp", "mfa"});
  consent(agent);
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent, {{"acr_values", "phr urn:deputy:acr:password"}})), "code");
  EXPECT_EQ(outcome_of(authorize(agent, {{"acr_values", "phr"}})), "/sign-in");
  EXPECT_EQ(outcome_of(authorize(agent, {{"claims", R"({"id_token":{"acr":{"essential":true,"value":"phr"}}})"}})),
            "/sign-in");
}

TEST_F(Core, rfc9470_s4_acr_values_and_max_age_hold_both_or_the_request_is_refused) {
  sign_in({"pwd", "otp", "mfa"});
  consent(agent);
  world.clock.advance(Seconds(300));
  const auto asked = [&](const char* acr, const char* max_age, const char* prompt = "") {
    return authorize(agent, {{"acr_values", acr}, {"max_age", max_age}, {"prompt", prompt}});
  };
  const auto* held = "urn:deputy:acr:multi-factor";
  EXPECT_EQ(outcome_of(asked(held, "300")), "code");
  EXPECT_EQ(outcome_of(asked(held, "299")), "/sign-in");
  EXPECT_EQ(outcome_of(asked("phr", "300")), "/sign-in");
  EXPECT_EQ(outcome_of(asked(held, "299", "none")), "login_required");
  EXPECT_EQ(outcome_of(asked("phr", "300", "none")), "login_required");
  const auto waits = location_of(asked("phr", "0"));
  sign_in({"pwd", "otp", "mfa"});
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + waits.substr(waits.find("?i=")))),
            "unmet_authentication_requirements")
      << "recently enough, and not as strongly as was asked";
}

TEST_F(Core, a34_s5_5_1_1_a_weak_acr_value_stands_for_no_essential_acr) {
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(1));
  const Pairs both{{"acr_values", "urn:deputy:acr:password"},
                   {"claims", R"({"id_token":{"acr":{"essential":true,"values":["phr"]}}})"}};
  EXPECT_EQ(outcome_of(authorize(agent, both)), "/sign-in");
  sign_in({"pop", "mfa"});
  EXPECT_EQ(outcome_of(authorize(agent, both)), "code");
}

TEST_F(Core, a34_who_comes_to_consent_by_hand_has_the_acr_that_was_asked_for) {
  const auto by_hand = [&](const http::Response& asked) {
    const auto id = location_of(asked).substr(location_of(asked).find("?i="));
    return outcome_of(browse("/consent" + id));
  };
  sign_in();
  world.clock.advance(Seconds(1));
  EXPECT_EQ(by_hand(authorize(agent, {{"acr_values", "phr"}})), "/sign-in");
  EXPECT_EQ(by_hand(authorize(agent, {{"claims", R"({"id_token":{"acr":{"essential":true,"value":"phr"}}})"}})),
            "/sign-in");
  EXPECT_EQ(by_hand(authorize(agent)), "200");
}

TEST_F(Core, rfc9470_s6_2_introspection_says_acr_and_auth_time) {
  sign_in();
  consent(agent);
  const auto token = at(redeem(agent, code(agent)), "access_token");
  const auto answer = body_of(world.introspect(invoices_api, token));
  EXPECT_EQ(text_at(answer, "acr"), "urn:deputy:acr:password");
  EXPECT_EQ(json_integer(answer, "auth_time"), unix_seconds(world.clock.now()));
}

TEST_F(Core, s3_1_2_1_id_token_hint_names_the_person) {
  sign_in();
  consent(agent);
  disclose(agent, "openid profile");
  const auto hint = at(tokens(), "id_token");
  world.clock.advance(Seconds(3600));
  EXPECT_EQ(outcome_of(authorize(agent, {{"id_token_hint", hint}})), "code") << "an expired hint is a hint";
  EXPECT_EQ(outcome_of(authorize(other, {{"id_token_hint", hint}, {"redirect_uri", "https://other.example/cb"}})),
            "invalid_request");
  user = world.given_user("bob");
  sign_in();
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(authorize(agent, {{"id_token_hint", hint}, {"prompt", "none"}})), "login_required");
  EXPECT_EQ(outcome_of(authorize(agent, {{"id_token_hint", hint}})), "/sign-in");
}

TEST_F(Core, s3_1_2_2_nobody_is_answered_of_but_whom_the_request_names) {
  sign_in();
  consent(agent);
  disclose(agent, "openid profile");
  const auto alice = user;
  const auto hint = at(tokens(), "id_token");
  const std::vector<Pairs> named{{{"id_token_hint", hint}},
                                 {{"claims", R"({"id_token":{"sub":{"value":")" + alice + R"("}}})"}}};
  for (const auto& change : named) {
    user = alice;
    sign_in();
    EXPECT_EQ(outcome_of(authorize(agent, change)), "code");
    user = world.given_user("bob" + std::to_string(change.front().second.size()));
    world.given_assignment(role, user);
    sign_in();
    consent(agent);
    world.clock.advance(Seconds(1));
    auto silent = change;
    silent.emplace_back("prompt", "none");
    EXPECT_EQ(outcome_of(authorize(agent, silent)), "login_required");
    EXPECT_EQ(outcome_of(authorize(agent)), "code") << "of anybody, Bob";
    const auto waits = authorize(agent, change), waits_too = authorize(agent, change);
    EXPECT_EQ(outcome_of(waits), "/sign-in");
    const auto query = [](const auto& asked) { return location_of(asked).substr(location_of(asked).find("?i=")); };
    EXPECT_EQ(outcome_of(browse("/consent" + query(waits))), "/sign-in") << "going on by hand is no way round";
    sign_in();
    EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + query(waits))), "login_required") << "Bob once more";
    user = alice;
    sign_in();
    EXPECT_EQ(outcome_of(browse("/oauth2/authorize/continue" + query(waits_too))), "code");
  }
  const auto two = authorize(agent, {{"id_token_hint", hint},
                                     {"claims", R"({"id_token":{"sub":{"value":"usr_another"}}})"}});
  EXPECT_EQ(outcome_of(two), "invalid_request");
}

TEST_F(Core, s3_1_2_1_a_login_hint_keeps_another_persons_session_from_being_used) {
  sign_in();
  consent(agent);
  world.clock.advance(Seconds(1));
  for (const auto* mine : {"alice", "ALICE@example.com"})
    EXPECT_EQ(outcome_of(authorize(agent, {{"login_hint", mine}})), "code") << mine;
  world.given_user("bob");
  for (const auto* others : {"bob", "nobody", "ALICE"}) {
    EXPECT_EQ(outcome_of(authorize(agent, {{"login_hint", others}, {"prompt", "none"}})), "login_required")
        << "a16: the same, whether there is such a person";
    const auto waits = authorize(agent, {{"login_hint", others}});
    EXPECT_EQ(outcome_of(waits), "/sign-in");
    sign_in();
    const auto go_on = "/oauth2/authorize/continue" + location_of(waits).substr(location_of(waits).find("?i="));
    EXPECT_EQ(outcome_of(browse(go_on)), "code") << "a hint is a hint: Alice signed in for this";
    world.clock.advance(Seconds(1));
  }
}

TEST_F(Core, s3_1_2_1_an_openid_request_names_its_redirect_uri) {
  sign_in();
  consent(agent);
  disclose(agent, "openid");
  const auto without = [&](std::string_view scope) {
    return authorize(agent, {{"redirect_uri", ""}, {"scope", std::string(scope)}});
  };
  const auto page = without("openid read");
  EXPECT_EQ(page.status, 400);
  EXPECT_NE(page.body.find("redirect_uri is missing"), std::string::npos) << page.body;
  EXPECT_EQ(error_of(push(agent, request(agent, {{"redirect_uri", ""}, {"scope", "openid read"}}))),
            "400 invalid_request");
  EXPECT_EQ(outcome_of(without("read")), "code") << "RFC 6749 §3.1.2.3: there is only one";
  world.change(directory::Kind::agent, agent.id, {{"default_scope", "openid read"}});
  EXPECT_EQ(without("").status, 400) << "an ID token would come of it all the same";
}

TEST_F(Core, s3_1_2_1_what_cannot_be_answered_is_said_in_the_language_that_was_asked_for) {
  const auto in_chinese = [](const http::Response& page) {
    EXPECT_EQ(page.status, 400) << page.body;
    return page.body.find("<html lang=\"zh-Hans\">") != std::string::npos &&
           page.body.find("无法处理此请求") != std::string::npos;
  };
  const Pairs lost{{"redirect_uri", "https://elsewhere.example/cb"}, {"ui_locales", "fr zh-CN en"}};
  EXPECT_TRUE(in_chinese(authorize(agent, lost)));
  EXPECT_TRUE(in_chinese(authorize(agent, {{"client_id", "nobody"}, {"ui_locales", "zh"}})));
  EXPECT_TRUE(in_chinese(browse("/oauth2/authorize?client_id=a&client_id=b&ui_locales=fr%20zh")));
  const auto resources = "&resource=https%3A%2F%2Fa.example&resource=https%3A%2F%2Fb.example";
  EXPECT_TRUE(in_chinese(browse("/oauth2/authorize?" + form_text(request(agent, lost)) + resources)));
  sign_in();
  EXPECT_TRUE(in_chinese(world.form("/oauth2/authorize", request(agent, lost), {{"Cookie", cookie}})));
  const auto pushed = text_at(body_of(push(agent, request(agent, {{"ui_locales", "zh"}}))), "request_uri");
  world.change(directory::Kind::agent, agent.id, {{"redirect_uris", json::array{"https://elsewhere.example/cb"}}});
  const auto target = "/oauth2/authorize?" + form_text({{"client_id", agent.id}, {"request_uri", pushed}});
  EXPECT_TRUE(in_chinese(browse(target))) << "as it was pushed";
}

TEST_F(Core, s12_2_a_refresh_renews_the_id_token_and_keeps_auth_time) {
  sign_in();
  disclose(agent, "openid offline_access");
  const auto first = tokens({{"scope", "openid offline_access"}, {"nonce", "abc"}});
  world.clock.advance(Seconds(1000));
  const auto again = refresh(agent, at(first, "refresh_token"));
  ASSERT_EQ(again.status, 200) << again.body;
  const auto before = claims_of(at(first, "id_token")), after = claims_of(at(again, "id_token"));
  EXPECT_EQ(before.at("auth_time"), after.at("auth_time"));
  EXPECT_EQ(before.at("sub"), after.at("sub"));
  EXPECT_EQ(json_integer(after, "iat"), unix_seconds(world.clock.now()));
  EXPECT_FALSE(after.contains("nonce"));
}

TEST_F(Core, backchannel_s2_7_what_was_agreed_to_outlives_the_session_and_no_id_token_names_that_any_more) {
  consent(agent);
  disclose(agent, "openid offline_access");
  for (const std::string scope : {"openid read", "openid read offline_access", "openid offline_access"}) {
    sign_in();
    const Pairs asked{{"scope", scope}, {"resource", scope == "openid offline_access" ? "" : invoices}};
    const auto waiting = code(agent, asked);
    const auto first = redeem(agent, code(agent, asked));
    const auto lasting = at(first, "refresh_token");
    for (const auto& now : {first, refresh(agent, lasting)})
      EXPECT_EQ(text_at(claims_of(at(now, "id_token")), "sid"), session) << scope;
    ASSERT_EQ(browse("/oauth2/logout?id_token_hint=" + at(first, "id_token")).status, 200);
    for (const auto& later : {refresh(agent, lasting), redeem(agent, waiting)}) {
      ASSERT_EQ(later.status, 200) << scope << later.body;
      const auto claims = claims_of(at(later, "id_token"));
      EXPECT_EQ(text_at(claims, "sub"), user);
      EXPECT_FALSE(claims.contains("sid")) << scope;
    }
  }
}
