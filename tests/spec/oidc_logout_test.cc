// OpenID Connect RP-Initiated Logout 1.0 and Back-Channel Logout 1.0.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "flows/session.h"
#include "jose/jwt.h"
#include "tests/kit/flow.h"
#include "tests/kit/person.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Logout : testing::Test, Flow {
  void SetUp() override {
    sign_in();
    disclose(agent, "openid profile");
    const auto response = redeem(agent, code(agent, {{"scope", "openid profile"}, {"resource", ""}}));
    id_token = text_at(body_of(response), "id_token");
    ASSERT_FALSE(id_token.empty()) << response.body;
  }
  http::Response logout(const std::string& query) { return browse("/oauth2/logout" + query); }
  bool signed_in() { return outcome_of(authorize(agent, {{"scope", "openid"}, {"resource", ""}})) == "code"; }
  std::string id_token;
  const std::string bye = "&post_logout_redirect_uri=https%3A%2F%2Fagent.example%2Fbye";
};

}  // namespace

TEST_F(Logout, s2_who_brings_an_id_token_signs_its_person_out) {
  EXPECT_TRUE(signed_in());
  const auto response = logout("?id_token_hint=" + id_token + bye + "&state=s%26t");
  EXPECT_EQ(response.status, 303);
  EXPECT_EQ(location_of(response), "https://agent.example/bye?state=s%26t");
  EXPECT_FALSE(signed_in());
  EXPECT_EQ(world.events("session.end").size(), 1u);
}

TEST_F(Logout, s2_an_expired_id_token_is_a_hint_as_good) {
  world.clock.advance(Seconds(7200));
  EXPECT_EQ(logout("?id_token_hint=" + id_token).status, 200);
  EXPECT_FALSE(signed_in());
}

TEST_F(Logout, a2_s3_the_browser_goes_nowhere_that_is_not_registered) {
  for (const auto* to : {"https://evil.example", "https://agent.example/bye/", "https://agent.example/cb", "//evil"}) {
    const auto response = logout("?id_token_hint=" + id_token + "&post_logout_redirect_uri=" + percent_encode(to));
    EXPECT_EQ(response.status, 400) << to;
    EXPECT_EQ(location_of(response), "");
  }
  EXPECT_EQ(logout("?id_token_hint=no.id.token").status, 400);
  EXPECT_EQ(logout("?id_token_hint=" + id_token + "&client_id=" + other.id).status, 400);
  EXPECT_EQ(logout("?" + bye.substr(1)).status, 400) << "of no client, nothing is registered";
  EXPECT_TRUE(signed_in());
}

TEST_F(Logout, a7_s6_without_a_hint_the_person_is_asked) {
  const auto asked = logout("?client_id=" + agent.id + bye);
  ASSERT_EQ(asked.status, 200);
  EXPECT_NE(asked.body.find("<form"), std::string::npos);
  const auto policy = std::find_if(asked.headers.begin(), asked.headers.end(),
                                   [](const auto& one) { return one.first == "Content-Security-Policy"; });
  ASSERT_NE(policy, asked.headers.end());
  EXPECT_NE(policy->second.find("form-action 'self' https://agent.example;"), std::string::npos) << policy->second;
  EXPECT_TRUE(signed_in());
  const http::Headers headers{{"Cookie", cookie}, {"Content-Type", "application/x-www-form-urlencoded"}};
  const auto fields = "client_id=" + agent.id + bye;
  EXPECT_EQ(world.ask("POST", "/oauth2/logout", fields + "&csrf=forged", headers).status, 200);
  EXPECT_TRUE(signed_in()) << "another site's form signs nobody out";
  const auto at = asked.body.find("name=\"csrf\" value=\"");
  ASSERT_NE(at, std::string::npos) << asked.body;
  const auto from = at + std::string_view("name=\"csrf\" value=\"").size();
  const auto csrf = asked.body.substr(from, asked.body.find('"', from) - from);
  const auto done = world.ask("POST", "/oauth2/logout", fields + "&csrf=" + percent_encode(csrf), headers);
  EXPECT_EQ(location_of(done), "https://agent.example/bye");
  EXPECT_FALSE(signed_in());
}

TEST_F(Logout, an_id_token_of_another_person_asks_too) {
  user = world.given_user("bob");
  sign_in();
  EXPECT_NE(logout("?id_token_hint=" + id_token).body.find("<form"), std::string::npos);
}

TEST_F(Logout, backchannel_s2_4_clients_of_the_session_are_sent_a_logout_token) {
  logout("?id_token_hint=" + id_token);
  world.app().backchannel_logout.wait_idle();
  ASSERT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(world.posted[0].first, "https://agent.example/logout");
  ASSERT_TRUE(world.posted[0].second.starts_with("logout_token="));
  const auto token = world.posted[0].second.substr(13);
  const auto keys = jose::JwkSet::parse(world.ask("GET", "/oauth2/jwks").body);
  ASSERT_TRUE(keys);
  EXPECT_TRUE(jose::verify(token, *keys, {.types = {"logout+jwt"}, .issuer = world.issuer, .audience = agent.id},
                           world.clock.now()));
  const auto claims = claims_of(token);
  EXPECT_EQ(text_at(claims, "sub"), user);
  EXPECT_EQ(text_at(claims, "sid"), text_at(claims_of(id_token), "sid"));
  EXPECT_TRUE(claims.contains("jti"));
  EXPECT_FALSE(claims.contains("nonce")) << "so that it passes for no ID token";
  EXPECT_TRUE(claims.at("events").as_object().contains("http://schemas.openid.net/event/backchannel-logout"));
}

TEST_F(Logout, backchannel_a_new_password_ends_the_sessions_and_their_clients_are_told) {
  given_password(world, user, "alice");
  EXPECT_FALSE(signed_in());
  world.app().backchannel_logout.wait_idle();
  ASSERT_EQ(world.posted.size(), 1u);
  const auto claims = claims_of(world.posted[0].second.substr(13));
  EXPECT_EQ(text_at(claims, "iss"), world.issuer);
  EXPECT_EQ(text_at(claims, "sid"), text_at(claims_of(id_token), "sid"));
}

TEST_F(Logout, backchannel_clients_of_other_sessions_are_not_told) {
  sign_in();  // another browser's session, in which nobody went to the agent
  logout("");
  const auto response = logout("?id_token_hint=" + id_token);
  EXPECT_EQ(response.status, 200);
  world.app().backchannel_logout.wait_idle();
  EXPECT_TRUE(world.posted.empty());
}

TEST_F(Logout, backchannel_s2_8_a_client_that_is_away_is_tried_again_and_one_that_refuses_is_not) {
  world.post_status = 503;
  logout("?id_token_hint=" + id_token);
  world.app().backchannel_logout.wait_idle();
  EXPECT_EQ(world.posted.size(), 3u);
}

TEST_F(Logout, a11_a_logout_token_is_no_hint) {
  logout("?id_token_hint=" + id_token);
  world.app().backchannel_logout.wait_idle();
  ASSERT_FALSE(world.posted.empty());
  sign_in();
  EXPECT_EQ(logout("?id_token_hint=" + world.posted[0].second.substr(13)).status, 400);
}
