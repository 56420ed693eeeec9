// A7: no page of ours works in a frame, runs what was put into it, is kept, or tells where it was.
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
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }

  World world;
  Given client = world.given_application("Calendar");
  Person person{world}, nobody{world};
};

// May not be framed, run inline script, be kept, or tell where it was.
void expect_guarded(const http::Response& page, const std::string& where) {
  EXPECT_EQ(page.content_type, "text/html; charset=utf-8") << where << ": " << page.status;
  const auto policy = header_at(page, "Content-Security-Policy");
  for (const auto* part : {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'",
                           "form-action 'self'"})
    EXPECT_NE(policy.find(part), std::string::npos) << where << ": " << part;
  EXPECT_EQ(policy.find("unsafe"), std::string::npos) << where;
  EXPECT_EQ(header_at(page, "X-Frame-Options"), "DENY") << where;
  EXPECT_EQ(header_at(page, "Referrer-Policy"), "no-referrer") << where;
  EXPECT_EQ(header_at(page, "Cache-Control"), "no-store") << where;
  EXPECT_EQ(page.body.find("<script>"), std::string::npos) << where;
  EXPECT_EQ(page.body.find(" style="), std::string::npos) << where;
}

TEST_F(GuardedPages, a7_no_page_may_be_framed_run_inline_script_or_tell_where_it_was) {
  int pages = 0;
  for (const auto& route : endpoints::people_routes()) {
    if (route.method != "GET" || route.path.starts_with("/assets/")) continue;
    auto& who = route.path.starts_with("/account") ? person : nobody;
    const auto page = who.get(std::string(route.path));
    expect_guarded(page, std::string(route.path));
    pages += page.status == 200;
  }
  EXPECT_GE(pages, 7) << "and those were the pages themselves";
  const http::Headers by_browser{{"Accept", "text/html"}};
  for (const auto* path : {"/account/nope", "/oauth2/authorize", "/oauth2/authorize/continue?i=unknown"})
    expect_guarded(person.get(path, by_browser), path);
  const auto question = person.get("/oauth2/logout?client_id=" + client.id);
  EXPECT_EQ(question.status, 200);
  expect_guarded(question, "/oauth2/logout");
  const auto sent_on = nobody.get("/account");
  EXPECT_EQ(sent_on.status, 303);
  EXPECT_EQ(header_at(sent_on, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(header_at(sent_on, "Cache-Control"), "no-store");
}

TEST_F(GuardedPages, a7_the_page_that_asks_for_consent_may_not_be_framed_or_tell_where_it_was) {
  const json::array back{"https://app.example/back"};
  world.change(directory::Kind::application, client.id, {{"redirect_uris", back}});
  const auto page = person.get("/consent?i=" + waiting("https://app.example/back"));
  ASSERT_EQ(page.status, 200) << header_at(page, "Location");
  EXPECT_NE(page.body.find("who you are"), std::string::npos) << page.body;
  expect_guarded(page, "/consent");
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
