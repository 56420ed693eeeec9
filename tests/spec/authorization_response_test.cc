// RFC 6749 §4.1.2, OAuth 2.0 Form Post Response Mode and RFC 9207: how an answer comes back to its client, and to
// nobody else.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Responses : testing::Test, Flow {
  Responses() {
    sign_in();
    consent(agent);
  }
};

}  // namespace

TEST_F(Responses, a2_form_post_goes_to_the_registered_uri_and_nowhere_else) {
  const auto response = authorize(agent, {{"response_mode", "form_post"}, {"state", "\"><script>alert(1)</script>"}});
  ASSERT_EQ(response.status, 200);
  EXPECT_NE(response.body.find("action=\"" + std::string(callback) + "\""), std::string::npos) << response.body;
  EXPECT_NE(response.body.find("value=\"&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;\""), std::string::npos)
      << response.body;
  EXPECT_EQ(response.body.find("<script>"), std::string::npos);
  EXPECT_EQ(response.body.find("<form"), response.body.rfind("<form")) << "there is no other";
  const auto policy = header_at(response, "Content-Security-Policy");
  EXPECT_NE(policy.find("form-action https:;"), std::string::npos) << policy;
}

TEST_F(Responses, form_post_s2_the_form_has_the_answer_in_it_and_nothing_of_this_server) {
  const auto names = [&](Pairs change) {
    change.emplace_back("response_mode", "form_post");
    const auto response = authorize(agent, std::move(change));
    const auto form = between(response.body, "<form", "</form>");
    EXPECT_NE(form.find("<button type=\"submit\""), std::string::npos) << "for who runs no script: " << form;
    EXPECT_EQ(form.find("disabled"), std::string::npos) << form;
    std::vector<std::string> found;
    for (auto at = form.find("name=\""); at != std::string::npos; at = form.find("name=\"", at + 1))
      found.push_back(form.substr(at + 6, form.find('"', at + 6) - at - 6));
    return found;
  };
  EXPECT_EQ(names({{"state", "s-1"}}), (std::vector<std::string>{"code", "state", "iss"}));
  EXPECT_EQ(names({{"state", "s-1"}, {"scope", "fly"}}),
            (std::vector<std::string>{"error", "error_description", "state", "iss"}));
}

TEST_F(Responses, a7_form_post_runs_the_one_script_that_is_served_for_it) {
  for (const auto* scope : {"read", "fly"}) {  // a code, an error
    const auto response = authorize(agent, {{"response_mode", "form_post"}, {"scope", scope}});
    ASSERT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(between(header_at(response, "Content-Security-Policy"), "script-src ", ";"), "'self'");
    EXPECT_EQ(response.body.find("<script"), response.body.rfind("<script")) << "there is no other";
    const auto script = browse(between(response.body, "<script src=\"", "\" defer></script>"));
    EXPECT_EQ(script.status, 200);
    EXPECT_EQ(script.content_type, "text/javascript; charset=utf-8");
    EXPECT_EQ(header_at(script, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_NE(script.body.find("form.submit()"), std::string::npos) << script.body;
    EXPECT_NE(script.body.find("disabled = true"), std::string::npos) << "pressed twice: " << script.body;
  }
}

// RFC 3986 §6.2.3 would give it one: redirect URIs are compared, and answered, as they are spelled.
TEST_F(Responses, a1_a_redirect_uri_without_a_path_stays_without_one) {
  world.change(directory::Kind::application, app.id, {{"redirect_uris", json::array{"http://localhost:4242"}}});
  const auto goes_to = [&](const char* uri) {
    const auto asked = authorize(app, {{"redirect_uri", uri}});
    if (asked.status != 303) return std::to_string(asked.status);
    const auto location = location_of(allow(asked));
    return location.substr(0, location.find('=') + 1);
  };
  EXPECT_EQ(goes_to("http://localhost:4242"), "http://localhost:4242?code=");
  EXPECT_EQ(goes_to("http://localhost:51004"), "http://localhost:51004?code=");
  EXPECT_EQ(goes_to("http://localhost:4242/"), "400");
}

TEST_F(Responses, a7_what_bears_an_answer_is_not_kept_or_framed_and_tells_nobody_where_it_was) {
  for (const auto& [scope, what] : std::map<std::string, std::string>{{"read", "code"}, {"fly", "error"}}) {
    const auto by_query = authorize(agent, {{"scope", scope}});
    EXPECT_NE(location_of(by_query).find(what + "="), std::string::npos) << location_of(by_query);
    const auto by_form = authorize(agent, {{"scope", scope}, {"response_mode", "form_post"}});
    EXPECT_NE(value_of(by_form, what), "");
    for (const auto& answer : {by_query, by_form}) {
      EXPECT_EQ(header_at(answer, "Referrer-Policy"), "no-referrer") << what << answer.status;
      EXPECT_EQ(header_at(answer, "Cache-Control"), "no-store") << what << answer.status;
    }
    EXPECT_EQ(header_at(by_form, "Content-Security-Policy"),
              "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action https:; "
              "frame-ancestors 'none'; base-uri 'none'");
    EXPECT_EQ(header_at(by_form, "X-Frame-Options"), "DENY");
    EXPECT_EQ(header_at(by_form, "Cross-Origin-Opener-Policy"), "") << "what opened the window is reported to";
  }
}

TEST_F(Responses, a5_every_answer_names_its_issuer) {
  const auto document = body_of(world.ask("GET", "/.well-known/oauth-authorization-server"));
  EXPECT_EQ(document.at("authorization_response_iss_parameter_supported"), json::value(true));
  const auto issuer = text_at(document, "issuer");
  EXPECT_EQ(redirected(authorize(agent))["iss"], issuer);
  for (const auto* scope : {"read", "fly"})
    EXPECT_EQ(value_of(authorize(agent, {{"response_mode", "form_post"}, {"scope", scope}}), "iss"), issuer) << scope;
  const auto asked = authorize(agent, {{"prompt", "consent"}});
  const Pairs no{{"answer", "deny"}, {"csrf", value_of(browse(location_of(asked)), "csrf")}};
  auto denied = redirected(world.form(location_of(asked), no, {{"Cookie", cookie}}));
  EXPECT_EQ(denied["error"], "access_denied");
  EXPECT_EQ(denied["iss"], issuer);
}

TEST_F(Responses, s4_1_2_1_a_state_that_is_too_long_is_told_and_not_sent_back) {
  const std::string longest(2000, 's'), too_long(2001, 's');
  EXPECT_EQ(redirected(authorize(agent, {{"state", longest}}))["state"], longest);
  const auto response = authorize(agent, {{"state", too_long}});
  EXPECT_TRUE(location_of(response).starts_with(callback)) << location_of(response);
  auto answer = redirected(response);
  EXPECT_EQ(answer["error"], "invalid_request");
  EXPECT_FALSE(answer.contains("state"));
  EXPECT_EQ(answer["iss"], world.issuer);
  const auto by_form = authorize(agent, {{"state", too_long}, {"response_mode", "form_post"}});
  EXPECT_EQ(value_of(by_form, "error"), "invalid_request");
  EXPECT_EQ(by_form.body.find("name=\"state\""), std::string::npos);
}

TEST_F(Responses, what_is_of_the_longest_length_is_taken) {
  world.clock.advance(Seconds(1));
  for (const auto* name : {"nonce", "ui_locales"})
    EXPECT_EQ(outcome_of(authorize(agent, {{name, std::string(500, 'n')}})), "code") << name;
  EXPECT_EQ(outcome_of(authorize(agent, {{"login_hint", std::string(500, 'n')}})), "/sign-in") << "somebody else's";
}

// Who asks need not be known, and what they ask is kept and written down.
TEST_F(Responses, a42_what_is_longer_than_anybody_needs_is_refused) {
  const std::string longest(200, 'a'), too_long(201, 'a');
  std::string ten = longest;
  for (int i = 1; i < 10; ++i) ten += " " + longest;
  const auto asked = [&](const std::string& acr) { return outcome_of(authorize(agent, {{"acr_values", acr}})); };
  for (const auto& acr : {longest, ten}) EXPECT_EQ(asked(acr), "unmet_authentication_requirements") << acr;
  for (const auto& acr : {too_long, "phr " + too_long, ten + " phr", "phr" + std::string(2100, ' ')})
    EXPECT_EQ(asked(acr), "invalid_request") << acr;
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "login" + std::string(500, ' ')}})), "invalid_request");
}

TEST_F(Responses, a21_a_secret_that_is_posted_by_mistake_stands_in_no_url) {
  auto form = request(agent);
  for (const auto* name : {"client_secret", "client_assertion", "csrf", "code_verifier", "password", "refresh_token",
                           "access_token", "code", "token", "anything_else"})
    form.emplace_back(name, std::string("hidden ") + name);
  const auto target = location_of(world.form("/oauth2/authorize", form));
  EXPECT_TRUE(target.starts_with("/oauth2/authorize?")) << target;
  EXPECT_EQ(target.find("hidden"), std::string::npos) << target;
  EXPECT_EQ(outcome_of(browse(target)), "code");
}
