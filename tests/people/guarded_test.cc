// A7: no page of ours works in a frame, runs what was put into it, is kept, is taken for what it is not, or tells where
// it was.
#include <gtest/gtest.h>

#include "endpoints/routes.h"
#include "flows/interaction.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class GuardedPages : public testing::Test {
 protected:
  GuardedPages() {
    given_password(world, world.given_user("alice"), "alice");
    person.sign_in("alice");
  }
  std::string waiting(const std::string& redirect_uri) {
    flows::AuthorizationRequest request;
    request.client = client.id;
    request.redirect_uri = redirect_uri;
    request.scope = *oauth::ScopeSet::parse("openid");
    request.code_challenge = "c";
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }

  World world;
  Given client = world.given_application("Calendar");
  Person person{world}, nobody{world};
};

constexpr std::string_view of_one_person = "no-store";

// May not be framed, run inline script, be kept, be taken for what it is not, or tell where it was. The policy is held
// to the letter: whatever more it allowed would be seen here.
void expect_guarded(const http::Response& page, const std::string& where, const std::string& form_action = "'self'",
                    std::string_view cache_control = of_one_person) {
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8") << where << ": " << page.status;
  EXPECT_EQ(all_headers(page, "Content-Security-Policy"),
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action " +
                form_action + "; frame-ancestors 'none'; base-uri 'none'")
      << where;
  EXPECT_EQ(all_headers(page, "X-Frame-Options"), "DENY") << where;
  EXPECT_EQ(all_headers(page, "Referrer-Policy"), "no-referrer") << where;
  EXPECT_EQ(all_headers(page, "Cache-Control"), cache_control) << where;
  EXPECT_NE(page.lines.find("X-Content-Type-Options: nosniff\r\n"), std::string_view::npos) << where;
  const auto& html = page.document ? *page.document : page.body;
  EXPECT_TRUE(html.starts_with("<!doctype html><html lang=\"")) << where;
  for (const auto* never : {"<script>", "<style", " style=", " onclick=", " onload=", "javascript:"})
    EXPECT_EQ(html.find(never), std::string::npos) << where << ": " << never;
}

void expect_sent_on(const http::Response& response, const std::string& where) {
  EXPECT_EQ(response.status, 303) << where << ": " << response.body;
  EXPECT_TRUE(header_at(response, "Location").starts_with("/")) << where;
  EXPECT_EQ(all_headers(response, "Referrer-Policy"), "no-referrer") << where;
  EXPECT_EQ(all_headers(response, "Cache-Control"), "no-store") << where;
  EXPECT_NE(response.lines.find("X-Content-Type-Options: nosniff\r\n"), std::string_view::npos) << where;
}

TEST_F(GuardedPages, a7_no_page_may_be_framed_run_inline_script_or_tell_where_it_was) {
  int pages = 0;
  for (const auto& route : endpoints::people_routes()) {
    if (route.method != "GET" || route.path.starts_with("/assets/")) continue;
    auto& who = route.path.starts_with("/account") ? person : nobody;
    const auto page = who.get(std::string(route.path));
    if (route.path == "/sign-in/code") {  // no page without a first factor
      expect_sent_on(page, "/sign-in/code");
      continue;
    }
    expect_guarded(page, std::string(route.path));
    pages += page.status == 200;
  }
  EXPECT_GE(pages, 7) << "and those were the pages themselves";
  const auto question = person.get("/oauth2/logout?client_id=" + client.id);
  EXPECT_EQ(question.status, 200);
  expect_guarded(question, "/oauth2/logout");
  expect_sent_on(nobody.get("/account"), "/account");
}

TEST_F(GuardedPages, a7_nor_may_a_page_that_says_what_went_wrong) {
  const http::Headers by_browser{{"Accept", "text/html"}};
  for (const auto* path :
       {"/account/nope", "/account/withdraw", "/sign-in/choose", "/t/nobody/account", "/oauth2/authorize",
        "/oauth2/authorize?client_id=nobody", "/oauth2/authorize/continue?i=unknown", "/sign-in?i=unknown",
        "/consent?i=unknown", "/oauth2/logout?client_id=nobody&post_logout_redirect_uri=https://evil.example/"}) {
    const auto page = person.get(path, by_browser);
    EXPECT_GE(page.status, 400) << path;
    expect_guarded(page, path);
  }
}

TEST_F(GuardedPages, a7_nor_may_what_answers_a_form_that_is_not_of_this_browser) {
  int refused = 0;
  for (const auto& route : endpoints::people_routes()) {
    if (route.method != "POST") continue;
    const std::string path(route.path);
    for (auto* who : {&person, &nobody}) {
      const auto answer = who->post(path, {{"csrf", "guess"}});
      if (answer.status == 303) {
        expect_sent_on(answer, path);
      } else {
        EXPECT_GE(answer.status, 400) << path;
        expect_guarded(answer, path);
        refused += answer.status == 403;
      }
    }
  }
  EXPECT_GE(refused, 10) << "and most were refused for that";
}

TEST_F(GuardedPages, a7_nor_may_the_page_of_all_errors_which_is_everybodys_and_has_no_form) {
  expect_guarded(nobody.get("/errors"), "/errors", "'none'", "public, max-age=3600");
}

TEST_F(GuardedPages, a7_the_page_that_asks_for_consent_may_not_be_framed_or_tell_where_it_was) {
  const json::array back{"https://app.example/back"};
  world.change(directory::Kind::application, client.id, {{"redirect_uris", back}});
  const auto page = person.get("/consent?i=" + waiting("https://app.example/back"));
  ASSERT_EQ(page.status, 200) << header_at(page, "Location");
  EXPECT_NE(page.body.find("who you are"), std::string::npos) << page.body;
  expect_guarded(page, "/consent", "'self' https:");
}

TEST_F(GuardedPages, a7_a_pages_form_leads_to_this_server_and_to_where_the_request_goes_back) {
  const auto alone = header_at(nobody.get("/sign-in"), "Content-Security-Policy");
  EXPECT_NE(alone.find("form-action 'self';"), std::string::npos) << alone;
  // Where the redirect URI may send on to: a browser holds all of that against the page.
  const std::map<std::string, std::string> ways{{"https://app.example/back", "https:"},
                                                {"http://[::1]:8080/back", "http: https:"},
                                                {"http://127.0.0.1/back", "http: https:"},
                                                {"com.example.app:/back", "com.example.app:"}};
  for (const auto& [uri, leads_to] : ways) {
    const auto policy = header_at(nobody.get("/sign-in?i=" + waiting(uri)), "Content-Security-Policy");
    EXPECT_NE(policy.find("form-action 'self' " + leads_to + ";"), std::string::npos) << policy;
  }
}

}  // namespace
}  // namespace deputy::test
