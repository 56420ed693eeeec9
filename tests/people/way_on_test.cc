// Where something is wrong, a person reads a sentence in their language, and a way on; a program is told as ever.
#include "endpoints/people/browser.h"
#include "tests/kit/flow.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

const http::Headers browser{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};
http::Headers chinese() {
  auto headers = browser;
  headers.emplace_back("Accept-Language", "zh-CN,zh;q=0.9");
  return headers;
}

struct WayOn : testing::Test, Flow {
  http::Response get(const std::string& target, const http::Headers& headers = browser) {
    return world.ask("GET", target, "", headers);
  }
};

TEST_F(WayOn, a_mistake_of_the_application_is_told_in_the_persons_language) {
  for (const std::string path : {"/oauth2/authorize?client_id=nope",
                                 "/oauth2/logout?client_id=nope&post_logout_redirect_uri=https%3A%2F%2Fevil.example"}) {
    const auto page = get(path, chinese());
    EXPECT_EQ(page.status, 400) << path;
    EXPECT_NE(page.body.find("<p>将你带到这里的应用出了错；请返回该应用，或告知其运营者。</p>"), std::string::npos) << page.body;
    const auto event = world.events().back().as_object();
    EXPECT_NE(page.body.find("<code lang=\"en\">" + text_at(event, "correlation_id") + ": "), std::string::npos)
        << "for those who run it: " << page.body;
    EXPECT_NE(page.body.find("href=\"/account\""), std::string::npos);
    EXPECT_NE(get(path).body.find("made a mistake; go back to it, or tell those who run it."), std::string::npos);
  }
}

TEST_F(WayOn, what_cannot_be_read_is_told_in_the_language_that_it_asks_for) {
  for (const std::string path : {"/oauth2/authorize", "/oauth2/logout"})
    for (const auto* unreadable : {"?state=a&state=b&ui_locales=zh", "?ui_locales=fr+zh&state=%zz"}) {
      const auto page = get(path + unreadable);
      EXPECT_EQ(page.status, 400) << path << unreadable;
      EXPECT_NE(page.body.find("<html lang=\"zh-Hans\">"), std::string::npos) << path << unreadable << page.body;
    }
}

TEST_F(WayOn, a37_no_more_of_the_request_is_shown_than_before) {
  const auto page = get("/oauth2/authorize?client_id=%3Cscript%3Ealert(1)%3C/script%3E");
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(page.body.find("alert(1)"), std::string::npos);
}

TEST_F(WayOn, a_browser_at_the_bare_origin_is_sent_to_the_account) {
  for (const auto* path : {"/", "/account/"}) {
    const auto sent = get(path);
    EXPECT_EQ(sent.status, 303) << path;
    EXPECT_EQ(location_of(sent), "/account");
    EXPECT_EQ(world.ask("GET", path).status, 404) << "a program is told that nothing is there";
    EXPECT_EQ(world.ask("POST", path, "", browser).status, 404);
  }
  for (const auto* path : {"/t/acme", "/t/acme/", "/t/acme/account/"})
    EXPECT_EQ(location_of(get(path)), "/t/acme/account") << path;
  for (const auto* path : {"//evil.example", "//evil.example/", "/t//evil.example/", "/\\evil.example"})
    EXPECT_EQ(location_of(get(path)), "") << path;
}

// Who runs the server finds in its log what a person was only told of.
TEST_F(WayOn, what_did_not_work_is_told_with_the_number_of_the_request) {
  const auto page = endpoints::people::out_of_order(pages::Speaker(pages::Language::zh), "req_7");
  EXPECT_EQ(page.status, 503);
  EXPECT_NE(page.body.find("请将此编号告知此服务器的运营者："), std::string::npos) << page.body;
  EXPECT_NE(page.body.find("<code lang=\"en\">req_7</code>"), std::string::npos) << page.body;
}

TEST_F(WayOn, a_person_sees_at_which_tenant_they_sign_in) {
  ASSERT_EQ(world.admin_call("POST", "/v1/tenants", {{"id", "acme"}, {"name", "Acme"}}).status, 201);
  ASSERT_EQ(world.admin_call("POST", "/v1/tenants", {{"id", "acme-eu"}, {"name", "Acme"}}).status, 201);
  const auto title = [&](const std::string& path) { return between(get(path).body, "<title>", "</title>"); };
  EXPECT_EQ(title("/t/acme/sign-in"), "Sign in · \u2068Acme\u2069 · Deputy");
  EXPECT_EQ(title("/t/acme-eu/sign-in"), "Sign in · \u2068Acme\u2069 (acme-eu) · Deputy")
      << "two may bear one name";
  EXPECT_EQ(title("/t/acme/oauth2/logout?ui_locales=zh"), "你已退出登录 · \u2068Acme\u2069 · Deputy");
  EXPECT_EQ(title("/sign-in"), "Sign in · Deputy");
}

TEST_F(WayOn, a_browser_that_finds_nothing_is_shown_a_page) {
  for (const auto& [path, status] : std::map<std::string, int>{{"/account/nope", 404},
                                                               {"/sign-in/", 404},
                                                               {"/sign-in/nope", 404},
                                                               {"/sign-in/choose", 405},
                                                               {"/account/withdraw", 405},
                                                               {"/login", 404},
                                                               {"/Account", 404},
                                                               {"/accounts", 404},
                                                               {"/t/nobody/account", 404}}) {
    const auto page = get(path, chinese());
    EXPECT_EQ(page.status, status) << path;
    EXPECT_EQ(page.content_type, "text/html; charset=utf-8") << path;
    EXPECT_NE(page.body.find("此处没有内容"), std::string::npos) << path;
    EXPECT_NE(page.body.find("href=\"/account\""), std::string::npos) << path;
    EXPECT_NE(header_at(page, "Content-Security-Policy").find("default-src 'none'"), std::string::npos) << path;
    EXPECT_EQ(header_at(page, "Set-Cookie"), "") << path;
    EXPECT_EQ(header_at(page, "Allow"), status == 405 ? "POST" : "") << path;
    const auto program = world.ask("GET", path);
    EXPECT_EQ(program.status, status) << path;
    EXPECT_EQ(program.content_type, "application/problem+json") << path;
  }
  for (const auto* path : {"/v1/nope", "/oauth2/nope", "/.well-known/nope"})
    EXPECT_EQ(get(path).content_type, "application/problem+json") << path;
}

}  // namespace
}  // namespace deputy::test
