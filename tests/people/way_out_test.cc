// Where a person would come to a standstill: each page says what is wanting, and leads on or back.
#include <fmt/format.h>

#include "flows/interaction.h"
#include "tests/kit/flow.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class WaysOut : public testing::Test {
 protected:
  WaysOut() {
    given_password(world, alice, "alice");
    world.change(directory::Kind::application, client.id, {{"redirect_uris", json::array{back}}});
  }

  std::string waiting(flows::AuthorizationRequest request = {}) {
    request.client = client.id;
    request.redirect_uri = back;
    request.state = "s1";
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }
  static flows::AuthorizationRequest by_passkey() {
    flows::AuthorizationRequest request;
    request.acr_values = {"phr"};
    return request;
  }
  void offered(json::object change) { world.change(directory::Kind::tenant, "default", std::move(change)); }
  static bool says(const http::Response& page, std::string_view text) {
    return page.body.find(text) != std::string::npos;
  }

  static constexpr const char* back = "https://app.example/back";
  static constexpr const char* needs = "a browser that runs scripts and knows passkeys";
  World world;
  std::string alice = world.given_user("alice");
  Given client = world.given_application("Calendar");
  Person person{world};
};

TEST_F(WaysOut, where_only_a_passkey_does_who_has_none_goes_back_to_the_application) {
  const auto go_back = [&](const http::Response& page) {
    EXPECT_EQ(page.status, 200) << page.body;
    EXPECT_TRUE(says(page, needs)) << page.body;
    const auto form = Person::filled(page, "/sign-in/back", {});
    const auto answer = person.post(form.target, form.fields);
    EXPECT_EQ(answer.status, 303) << answer.body;
    EXPECT_TRUE(location_of(answer).starts_with(back)) << location_of(answer);
    auto parameters = redirected(answer);
    EXPECT_EQ(parameters["error"], "access_denied");
    EXPECT_EQ(parameters["state"], "s1");
    EXPECT_EQ(parameters["iss"], world.issuer);
    const auto events = world.events("authorization.request");
    ASSERT_FALSE(events.empty());
    const auto& event = events.back().as_object();
    EXPECT_EQ(text_at(event, "decision"), "refused");
    EXPECT_EQ(text_at(event, "client"), client.id);
    EXPECT_EQ(person.post(form.target, form.fields).headers, answer.headers) << "a second click";
    world.clock.advance(Seconds(31));
    EXPECT_TRUE(says(person.post(form.target, form.fields), "This was answered already"));
  };
  go_back(person.get("/sign-in?i=" + waiting(by_passkey())));
  offered({{"sign_in_password", false}});
  go_back(person.get("/sign-in?i=" + waiting()));
  const auto alone = person.get("/sign-in");
  EXPECT_TRUE(says(alone, needs));
  EXPECT_FALSE(says(alone, "/sign-in/back")) << "nobody waits for them";
  EXPECT_TRUE(says(person.get("/sign-in", {{"Accept-Language", "zh"}}), "能运行脚本并支持通行密钥的浏览器"));
}

TEST_F(WaysOut, a_page_with_a_password_has_a_way_back_too) {
  const auto page = person.get("/sign-in?i=" + waiting());
  EXPECT_FALSE(says(page, needs));
  EXPECT_EQ(redirected(person.submit(page, "/sign-in/back", {}))["error"], "access_denied");
  EXPECT_FALSE(says(person.get("/sign-in"), "/sign-in/back")) << "nobody waits for them";
}

TEST_F(WaysOut, where_nobody_can_sign_in_the_page_says_so) {
  offered({{"sign_in_password", false}, {"sign_in_passkey", false}});
  const auto page = person.get("/sign-in?i=" + waiting());
  EXPECT_TRUE(says(page, "Nobody can sign in here"));
  EXPECT_FALSE(says(page, needs));
  EXPECT_EQ(redirected(person.submit(page, "/sign-in/back", {}))["error"], "access_denied");
}

TEST_F(WaysOut, a7_nobody_is_sent_back_by_a_form_of_somebody_elses) {
  const auto page = person.get("/sign-in?i=" + waiting(by_passkey()));
  const auto form = Person::filled(page, "/sign-in/back", {{"csrf", "x"}});
  EXPECT_EQ(person.post(form.target, form.fields).status, 403);
  EXPECT_EQ(person.get(form.target.substr(0, 8) + form.target.substr(form.target.find('?'))).status, 200)
      << "the request waits still";
}

TEST_F(WaysOut, a28_nobody_is_sent_back_to_a_uri_that_is_taken_out_meanwhile) {
  const auto page = person.get("/sign-in?i=" + waiting(by_passkey()));
  world.change(directory::Kind::application, client.id, {{"redirect_uris", json::array{}}});
  const auto answer = person.submit(page, "/sign-in/back", {});
  EXPECT_TRUE(location_of(answer).starts_with("/oauth2/authorize/continue?i=")) << location_of(answer);
}

TEST_F(WaysOut, what_a_second_factor_is_said_to_be_is_what_can_be_used) {
  flows::AuthorizationRequest request;
  request.acr_values = {"urn:deputy:acr:multi-factor"};
  const auto shown = [&] { return person.get("/sign-in?i=" + waiting(request)); };
  EXPECT_TRUE(says(shown(), "a code from your app with it, or a passkey."));
  offered({{"sign_in_passkey", false}});
  EXPECT_TRUE(says(shown(), "a code from your app with it.")) << "there is no passkey to sign in with";
  offered({{"sign_in_passkey", true}, {"sign_in_password", false}});
  EXPECT_TRUE(says(shown(), "What is asked for needs a passkey.")) << "there is no password that a code goes with";
  EXPECT_FALSE(says(shown(), "a code from your app"));
}

TEST_F(WaysOut, a_form_that_comes_without_a_cookie_is_told_of_cookies) {
  for (const auto* path : {"/sign-in", "/sign-in/reset"}) {
    const auto filled = Person::filled(person.get(path), path, {{"username", "alice"}, {"password", "x"}});
    Person without(world);
    const auto answer = without.post(filled.target, filled.fields);
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_TRUE(says(answer, "This page needs cookies")) << answer.body;
    EXPECT_TRUE(says(answer, fmt::format("href=\"{}\"", path))) << answer.body;
    EXPECT_FALSE(says(answer, "open too long"));
  }
  const auto chinese = world.form("/sign-in", {{"username", "alice"}}, {{"Accept-Language", "zh"}});
  EXPECT_TRUE(says(chinese, "此页面需要 Cookie")) << chinese.body;
}

TEST_F(WaysOut, a16_a_hint_that_is_an_address_is_filled_in_for_nobody) {
  world.change(directory::Kind::user, alice, {{"email", "alice@example.com"}});
  world.given_user("bob@example.com");
  flows::AuthorizationRequest request;
  for (const auto* hint : {"alice@example.com", "bob@example.com", "nobody@example.com"}) {
    request.login_hint = hint;
    for (const auto* path : {"/sign-in", "/sign-in/reset"})
      EXPECT_FALSE(says(person.get(path + ("?i=" + waiting(request))), "@example.com")) << hint;
  }
  request.login_hint = "alice";
  for (const auto* path : {"/sign-in", "/sign-in/reset"})
    EXPECT_TRUE(says(person.get(path + ("?i=" + waiting(request))), "value=\"alice\"")) << path;
}

TEST_F(WaysOut, spaces_around_a_username_cost_no_guess) {
  for (const auto* typed : {"alice ", "  alice", " alice  "})
    EXPECT_EQ(Person(world).sign_in(typed).status, 303) << typed;
  EXPECT_EQ(person.sign_in("   ").status, 400);
  EXPECT_EQ(person.sign_in("Alice").status, 400) << "two usernames may differ by case";
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(world.store->commit_now({std::move(code->write)}));
  const auto set = person.submit(person.get("/sign-in/reset"), "/sign-in/reset",
                                 {{"username", " alice "}, {"code", code->code}, {"password", "five late trains"}});
  EXPECT_EQ(set.status, 303) << set.body;
}

TEST_F(WaysOut, a_password_of_many_chinese_characters_is_taken) {
  std::string words;
  for (int i = 0; i < 64; ++i) words += std::string("\xe4\xb8") + static_cast<char>(0x80 + i);
  for (int i = 0; i < 36; ++i) words += std::string("\xe4\xb9") + static_cast<char>(0x80 + i);
  given_password(world, alice, "alice", words);
  EXPECT_EQ(person.sign_in("alice", words).status, 303);
}

}  // namespace
}  // namespace deputy::test
