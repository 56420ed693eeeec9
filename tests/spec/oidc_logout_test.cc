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
  // What is recorded of clients that were to be told: "refused why".
  std::vector<std::string> tellings() {
    std::vector<std::string> found;
    for (const auto& event : world.events("session.tell"))
      found.push_back(text_at(event.as_object(), "decision") + " " + text_at(event.as_object(), "reason"));
    return found;
  }
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
  EXPECT_EQ(logout("?id_token_hint=" + id_token + "&client_id=" + other.id).status, 400);
  const auto nobodys = logout("?" + bye.substr(1));
  EXPECT_EQ(nobodys.status, 400) << "of no client, nothing is registered";
  EXPECT_NE(nobodys.body.find("send id_token_hint or client_id"), std::string::npos) << nobodys.body;
  EXPECT_TRUE(signed_in());
}

TEST_F(Logout, a7_s6_without_a_hint_the_person_is_asked) {
  const auto asked = logout("?client_id=" + agent.id + bye);
  ASSERT_EQ(asked.status, 200);
  EXPECT_NE(asked.body.find("<form"), std::string::npos);
  EXPECT_NE(asked.body.find("<a href=\"/account\">Stay signed in</a>"), std::string::npos) << asked.body;
  const auto policy = header_at(asked, "Content-Security-Policy");
  EXPECT_NE(policy.find("form-action 'self' https:;"), std::string::npos) << policy;
  EXPECT_TRUE(signed_in());
  const http::Headers headers{{"Cookie", cookie}, {"Content-Type", "application/x-www-form-urlencoded"}};
  const auto fields = "client_id=" + agent.id + bye;
  EXPECT_EQ(world.ask("POST", "/oauth2/logout", fields + "&csrf=forged", headers).status, 200);
  EXPECT_TRUE(signed_in()) << "another site's form signs nobody out";
  const auto csrf = percent_encode(value_of(asked, "csrf"));
  const auto done = world.ask("POST", "/oauth2/logout", fields + "&csrf=" + csrf, headers);
  EXPECT_EQ(location_of(done), "https://agent.example/bye");
  EXPECT_FALSE(signed_in());
}

TEST_F(Logout, s2_its_pages_are_in_the_language_that_was_asked_for) {
  const std::string chinese = "<html lang=\"zh-Hans\">";
  const auto refused = logout("?ui_locales=zh&client_id=" + agent.id + "&post_logout_redirect_uri=https%3A%2F%2Fevil");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find(chinese), std::string::npos) << refused.body;
  const auto asked = logout("?ui_locales=fr%20zh");
  EXPECT_NE(asked.body.find(chinese), std::string::npos) << asked.body;
  const auto done = world.form(
      "/oauth2/logout", {{"csrf", value_of(asked, "csrf")}, {"ui_locales", value_of(asked, "ui_locales")}},
      {{"Cookie", cookie}});
  EXPECT_NE(done.body.find("你已退出登录"), std::string::npos) << done.body;
  EXPECT_FALSE(signed_in());
}

TEST_F(Logout, s6_who_is_asked_is_told_as_whom_they_are_signed_in_and_why) {
  const std::string who = "Signed in as <bdi>Alice A.</bdi></p>", another = "speaks of another account";
  const std::string unshown = "cannot show that you asked for this";
  const auto opened = logout("").body, named = logout("?client_id=" + agent.id).body;
  const auto chinese = logout("?client_id=" + agent.id + "&ui_locales=zh").body;
  user = world.given_user("bob");
  sign_in();
  const auto of_alice = logout("?id_token_hint=" + id_token).body;
  const std::vector<std::array<std::string, 3>> pages{
      {opened, who, ""}, {named, who, unshown}, {of_alice, "<bdi>bob</bdi>.</p>", another}};
  for (const auto& [page, shown, why] : pages) {
    EXPECT_NE(page.find(shown), std::string::npos) << page;
    for (const auto& one : {another, unshown}) EXPECT_EQ(page.find(one) != std::string::npos, one == why) << page;
  }
  EXPECT_NE(chinese.find("应用无法证明这是你的请求。"), std::string::npos) << chinese;
}

TEST_F(Logout, who_is_signed_out_and_goes_nowhere_is_led_on) {
  const auto done = logout("?id_token_hint=" + id_token).body;
  EXPECT_NE(done.find("href=\"/sign-in\""), std::string::npos) << done;
  EXPECT_NE(done.find("Your agents go on"), std::string::npos) << done;
}

TEST_F(Logout, a7_a_form_of_another_site_comes_once_more_with_the_cookie_and_replaces_none) {
  const http::Headers from_elsewhere{{"Content-Type", "application/x-www-form-urlencoded"}};
  const auto bare = world.ask("POST", "/oauth2/logout",
                              "client_secret=s&id_token_hint=" + id_token + bye + "&state=a%26b", from_elsewhere);
  ASSERT_EQ(bare.status, 303);
  EXPECT_EQ(header_at(bare, "Set-Cookie"), "");
  const auto target = location_of(bare);
  EXPECT_TRUE(target.starts_with("/oauth2/logout?")) << target;
  EXPECT_NE(target.find("&state=a%26b"), std::string::npos) << target;
  EXPECT_EQ(target.find("client_secret"), std::string::npos) << target;
  EXPECT_TRUE(location_of(browse(target)).starts_with("https://agent.example/bye?"));
  EXPECT_FALSE(signed_in());
  for (const auto* body : {"", "state=1&state=2", "client_id=unknown"}) {
    for (const auto* path : {"/oauth2/logout", "/oauth2/authorize", "/sign-in", "/sign-in/reset"})
      EXPECT_EQ(header_at(world.ask("POST", path, body, from_elsewhere), "Set-Cookie"), "") << path << " " << body;
  }
  const auto large = world.ask("POST", "/oauth2/logout", "state=" + std::string(9000, 'x'), from_elsewhere);
  EXPECT_EQ(large.status, 200) << "too long for a query";
  EXPECT_EQ(header_at(large, "Set-Cookie"), "");
}

TEST_F(Logout, an_id_token_of_another_person_asks_too) {
  user = world.given_user("bob");
  sign_in();
  EXPECT_NE(logout("?id_token_hint=" + id_token).body.find("<form"), std::string::npos);
}

TEST_F(Logout, s2_an_id_token_of_another_session_of_the_person_asks_too) {
  logout("?id_token_hint=" + id_token);
  sign_in();
  const auto asked = logout("?id_token_hint=" + id_token + bye);
  EXPECT_EQ(asked.status, 200);
  EXPECT_NE(asked.body.find("<form"), std::string::npos) << "it is of a session that is over";
  EXPECT_TRUE(signed_in());
  const auto now = redeem(agent, code(agent, {{"scope", "openid profile"}, {"resource", ""}}));
  EXPECT_EQ(logout("?id_token_hint=" + text_at(body_of(now), "id_token") + bye).status, 303);
  EXPECT_FALSE(signed_in());
}

TEST_F(Logout, backchannel_s2_4_clients_of_the_session_are_sent_a_logout_token) {
  logout("?id_token_hint=" + id_token);
  world.deliver_logouts();
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
  EXPECT_EQ(claims.at("events"),
            (json::object{{"http://schemas.openid.net/event/backchannel-logout", json::object()}}));
}

TEST_F(Logout, backchannel_a_new_password_ends_the_sessions_and_their_clients_are_told) {
  given_password(world, user, "alice");
  EXPECT_FALSE(signed_in());
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  const auto claims = claims_of(world.posted[0].second.substr(13));
  EXPECT_EQ(text_at(claims, "iss"), world.issuer);
  EXPECT_EQ(text_at(claims, "sid"), text_at(claims_of(id_token), "sid"));
}

TEST_F(Logout, backchannel_who_is_disabled_is_signed_out_for_good_and_their_clients_are_told) {
  const auto token = world.access_token(world.admin, world.issuer + "/v1");
  const auto becomes = [&](const char* state) {
    return world
        .ask("PATCH", "/v1/users/" + user, json::serialize(json::object{{"state", state}}),
             {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}})
        .status;
  };
  EXPECT_EQ(becomes("disabled"), 200);
  EXPECT_EQ(becomes("active"), 200);
  EXPECT_FALSE(signed_in());
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(text_at(claims_of(world.posted[0].second.substr(13)), "sid"), text_at(claims_of(id_token), "sid"));
}

TEST_F(Logout, backchannel_who_is_deleted_is_signed_out_and_nothing_of_them_stays) {
  user = world.given_user("bob");
  given_password(world, user, "bob");
  sign_in();
  disclose(agent, "openid");
  EXPECT_TRUE(signed_in());
  Person elsewhere(world);
  EXPECT_EQ(elsewhere.sign_in("bob").status, 303);
  const auto token = world.access_token(world.admin, world.issuer + "/v1");
  EXPECT_EQ(world.ask("DELETE", "/v1/users/" + user, "", {{"Authorization", "Bearer " + token}}).status, 204);
  EXPECT_TRUE(world.store->under("default", user)->empty());
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(text_at(claims_of(world.posted[0].second.substr(13)), "sid"), session);
}

TEST_F(Logout, backchannel_clients_of_other_sessions_are_not_told) {
  const auto first = cookie;
  sign_in();  // at another browser, where they go to another client
  world.change(store::Kind::agent, other.id, {{"backchannel_logout_uri", "https://other.example/logout"}});
  disclose(other, "openid");
  const Pairs asked{{"scope", "openid"}, {"resource", ""}, {"redirect_uri", "https://other.example/cb"}};
  const auto hint = text_at(body_of(redeem(other, code(other, asked))), "id_token");
  EXPECT_EQ(logout("?id_token_hint=" + hint).status, 200);
  EXPECT_FALSE(signed_in());
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(world.posted[0].first, "https://other.example/logout");
  const auto claims = claims_of(world.posted[0].second.substr(13));
  EXPECT_EQ(text_at(claims, "aud"), other.id);
  EXPECT_EQ(text_at(claims, "sid"), session);
  cookie = first;
  EXPECT_TRUE(signed_in());
}

TEST_F(Logout, backchannel_s2_8_a_client_that_is_away_is_told_when_it_is_back) {
  world.post_status = 503;
  logout("?id_token_hint=" + id_token);
  world.deliver_logouts();
  world.deliver_logouts();
  EXPECT_EQ(world.posted.size(), 1u) << "not again at once";
  world.clock.advance(Seconds(30));
  world.deliver_logouts();
  EXPECT_EQ(world.posted.size(), 2u);
  world.post_status = 200;
  world.clock.advance(Seconds(60));
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 3u);
  EXPECT_NE(text_at(claims_of(world.posted[2].second.substr(13)), "jti"),
            text_at(claims_of(world.posted[0].second.substr(13)), "jti"));
  world.clock.advance(Seconds(86'400));
  world.deliver_logouts();
  EXPECT_EQ(world.posted.size(), 3u) << "once it was taken, never again";
  ASSERT_EQ(tellings().size(), 1u);
  EXPECT_EQ(tellings()[0], "granted ");
}

TEST_F(Logout, backchannel_s2_8_a_client_that_refuses_is_asked_once) {
  world.post_status = 400;
  logout("?id_token_hint=" + id_token);
  for (int i = 0; i < 3; ++i) {
    world.deliver_logouts();
    world.clock.advance(Seconds(3600));
  }
  EXPECT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(tellings(), std::vector<std::string>{"refused the client refused it"});
}

TEST_F(Logout, backchannel_a_client_that_stays_away_is_tried_for_most_of_a_day_and_that_is_recorded) {
  world.post_status = 500;
  logout("?id_token_hint=" + id_token);
  const auto began = world.clock.now();
  while (tellings().empty() && world.clock.now() < began + Seconds(2 * 86'400)) {
    world.deliver_logouts();
    world.clock.advance(Seconds(60));
  }
  EXPECT_GT(world.clock.now(), began + Seconds(12 * 3600));
  EXPECT_EQ(world.posted.size(), 11u);
  EXPECT_EQ(tellings(), std::vector<std::string>{"refused the client was away for too long"});
}

TEST_F(Logout, backchannel_a_restart_between_the_end_and_its_telling_loses_nothing) {
  logout("?id_token_hint=" + id_token);
  ASSERT_TRUE(world.posted.empty());
  world.restart();
  world.post_status = 503;
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  world.restart();
  world.post_status = 200;
  world.clock.advance(Seconds(30));
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 2u);
  EXPECT_EQ(text_at(claims_of(world.posted[1].second.substr(13)), "sub"), user);
}

TEST_F(Logout, backchannel_a_client_that_moved_is_told_where_it_is_now) {
  logout("?id_token_hint=" + id_token);
  world.post_status = 503;
  world.deliver_logouts();
  world.change(store::Kind::agent, agent.id, {{"backchannel_logout_uri", "https://moved.example/logout"}});
  world.clock.advance(Seconds(30));
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 2u);
  EXPECT_EQ(world.posted[1].first, "https://moved.example/logout");
}

TEST_F(Logout, backchannel_whoever_signs_in_at_anothers_browser_ends_their_session_and_its_clients_are_told) {
  const http::Request request{.method = "POST", .path = "/sign-in", .headers = {{"Cookie", cookie}}, .secure = true};
  const auto before = flows::session_of(request, "default", *world.store, world.clock.now());
  ASSERT_TRUE(before && *before);
  const auto opened = flows::sign_in({.user = world.given_user("bob")}, *before, request, {"default", world.issuer}, {},
                                     world.random, world.clock.now());
  ASSERT_TRUE(std::holds_alternative<Done>(*world.store->commit_now(opened.writes)));
  world.deliver_logouts();
  ASSERT_EQ(world.posted.size(), 1u);
  EXPECT_EQ(text_at(claims_of(world.posted[0].second.substr(13)), "sub"), user);
}

TEST_F(Logout, backchannel_who_signs_in_again_at_their_own_browser_ends_nothing) {
  const http::Request request{.method = "POST", .path = "/sign-in", .headers = {{"Cookie", cookie}}, .secure = true};
  const auto before = flows::session_of(request, "default", *world.store, world.clock.now());
  ASSERT_TRUE(before && *before);
  const auto opened = flows::sign_in({.user = user}, *before, request, {"default", world.issuer}, {}, world.random,
                                     world.clock.now());
  ASSERT_TRUE(std::holds_alternative<Done>(*world.store->commit_now(opened.writes)));
  world.deliver_logouts();
  EXPECT_TRUE(world.posted.empty());
}

TEST_F(Logout, backchannel_a_session_that_is_kept_up_for_weeks_forgets_no_client) {
  given_password(world, user, "alice");
  world.deliver_logouts();
  world.posted.clear();
  Person person(world);
  person.sign_in("alice");
  cookie = person.cookies();
  const auto first = redeem(agent, code(agent, {{"scope", "openid profile"}, {"resource", ""}}));
  for (int hours = 0; hours < 35 * 24; hours += 6) {
    world.clock.advance(Seconds(6 * 3600));
    if (hours % (6 * 24) == 0) {
      const auto asked = authorize(other, {{"scope", "openid"},
                                           {"resource", ""},
                                           {"prompt", "login"},
                                           {"redirect_uri", "https://other.example/cb"}});
      person.sign_in("alice", Person::secret_words, location_of(asked));
    }
    ASSERT_EQ(person.get("/account").status, 200) << hours;
    cookie = person.cookies();
  }
  EXPECT_EQ(logout("?id_token_hint=" + text_at(body_of(first), "id_token")).status, 200);
  world.deliver_logouts();
  EXPECT_EQ(world.posted.size(), 1u) << "the client that was used on the first day alone";
}

TEST_F(Logout, s4_whoever_has_an_id_token_of_a_key_that_is_gone_is_asked) {
  const auto algorithm = text_at(header_of(id_token), "alg");
  const auto rotated = world.admin_call("POST", "/v1/keys/rotate", {{"algorithm", algorithm}});
  ASSERT_LT(rotated.status, 300) << rotated.body;
  const auto& config = world.app().keyring.config();
  for (const auto wait : {config.publish_ahead, config.retire_after}) {
    world.clock.advance(wait + Seconds(60));
    world.app().keyring.tick();
  }
  sign_in();
  for (const auto& hint : {"?id_token_hint=" + id_token + bye, std::string("?id_token_hint=no.id.token")}) {
    const auto asked = logout(hint);
    EXPECT_EQ(asked.status, 200) << asked.body;
    EXPECT_NE(asked.body.find("Do you want to sign out?"), std::string::npos) << asked.body;
    EXPECT_EQ(asked.body.find("agent.example/bye"), std::string::npos) << "a2: nobody shows whose it is";
    EXPECT_TRUE(signed_in());
  }
  const auto asked = logout("?client_id=" + agent.id + "&id_token_hint=" + id_token + bye).body;
  const auto csrf = between(asked, "name=\"csrf\" value=\"", "\"");
  const auto done = world.ask("POST", "/oauth2/logout",
                              "client_id=" + agent.id + bye + "&csrf=" + percent_encode(csrf),
                              {{"Cookie", cookie}, {"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_EQ(location_of(done), "https://agent.example/bye");
  EXPECT_FALSE(signed_in());
  EXPECT_EQ(logout("?id_token_hint=" + id_token + bye).status, 200) << "who is signed out already is told so";
}
