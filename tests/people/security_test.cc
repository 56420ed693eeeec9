// /account/security, and coming back to it: a sign-in that is too long ago, and a code that was mistyped.
#include <regex>

#include "signin/authenticator.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class SecurityPages : public testing::Test {
 protected:
  SecurityPages() { given_password(world, alice, "alice"); }
  std::string code_of(const http::Response& page) {
    const Secret secret(base32_decoded(between(page.body, "<p class=\"key\"><code>", "</code>")));
    return signin::totp_code(secret, signin::totp_step(world.clock.now()));
  }
  static std::string wrong(std::string code) {
    code[5] = code[5] == '0' ? '1' : '0';
    return code;
  }
  // Where a browser ends up that signs in at such a link.
  std::string ends_at(const std::string& sign_in) {
    Person somebody(world);
    return header_at(somebody.sign_in("alice", Person::secret_words, sign_in), "Location");
  }

  std::vector<signin::Authenticator> methods() { return *signin::authenticators_of(*world.store, "default", alice); }
  std::string id_of(signin::Type type) {
    const auto all = methods();
    const auto* found = signin::find(all, type);
    return found == nullptr ? "" : found->record.id;
  }
  // Every POST below /account/security, for this browser.
  struct Change {
    std::string path;
    Person::Fields fields;
  };
  std::vector<Change> changes(const http::Response& page, signin::Type removed) {
    const std::string csrf = value_of(page, "csrf"), words(Person::secret_words);
    Person::Fields passkey{{"csrf", csrf}, {"label", "Phone"}, {"response", "{}"}};
    if (page.body.find("id=\"passkey\"") != std::string::npos) passkey = Passkey("another").made(page).fields;
    return {{"/account/security/app", {{"csrf", csrf}, {"enrolment", "none"}, {"code", "123456"}}},
            {"/account/security/passkey", passkey},
            {"/account/security/recovery-codes", {{"csrf", csrf}}},
            {"/account/security/password", {{"csrf", csrf}, {"current", words}, {"password", "five late trains home"}}},
            {"/account/security/remove", {{"csrf", csrf}, {"authenticator", id_of(removed)}}}};
  }
  // The page says so before anything is typed or made, and a device is not asked for a passkey that would be refused.
  static void expect_sign_in_first(const http::Response& page, const char* told) {
    const auto& html = page.body;
    EXPECT_NE(html.find(told), std::string::npos) << html;
    const std::string link = "href=\"/sign-in?to=%2Faccount%2Fsecurity&amp;again=1\">Sign in again<";
    EXPECT_NE(html.find(link), std::string::npos) << html;
    EXPECT_EQ(html.find("data-options"), std::string::npos) << html;
    EXPECT_EQ(html.find("type=\"password\""), std::string::npos) << html;
    EXPECT_LT(html.find("Sign in again"), html.find("<ul class=\"rows\">")) << "above what there is";
  }
  // Nothing is changed by this browser, and it is told how to sign in for that.
  void expect_too_weak(Person& browser, signin::Type removed, const char* told) {
    const auto before = methods();
    const auto versions = [](const auto& all) {
      std::vector<std::pair<std::string, std::uint64_t>> each;
      for (const auto& one : all) each.emplace_back(one.record.id, one.record.version);
      return each;
    };
    for (const auto& [path, fields] : changes(browser.get("/account/security"), removed)) {
      const auto answer = browser.post(path, fields);
      EXPECT_EQ(answer.status, 403) << path;
      EXPECT_NE(answer.body.find(told), std::string::npos) << path << answer.body;
      const auto event = world.events().back().as_object();
      EXPECT_TRUE(text_at(event, "reason").starts_with("weak_sign_in")) << path << json::serialize(event);
      EXPECT_EQ(text_at(event, "subject"), alice) << path;
    }
    expect_sign_in_first(browser.get("/account/security"), told);
    EXPECT_EQ(browser.get("/account/security/app").status, 403);
    EXPECT_EQ(versions(methods()), versions(before));
  }

  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
  Passkey phone{"phone"};
};

TEST_F(SecurityPages, whose_sign_in_is_too_long_ago_signs_in_again_and_comes_back) {
  person.sign_in("alice");
  world.clock.advance(Seconds(605));
  const auto refused = person.get("/account/security/app");
  EXPECT_EQ(refused.status, 403);
  const std::string link = "/sign-in?to=%2Faccount%2Fsecurity%2Fapp&again=1";
  const auto shown = "<a href=\"" + std::regex_replace(link, std::regex("&"), "&amp;") + "\">Sign in again</a>";
  EXPECT_NE(refused.body.find(shown), std::string::npos) << refused.body;
  const auto asked = person.get(link);
  ASSERT_EQ(asked.status, 200) << "signed in, and asked all the same";
  const auto mistyped = person.submit(asked, "/sign-in", {{"username", "alice"}, {"password", "mistyped"}});
  EXPECT_EQ(mistyped.status, 400);
  const auto in = person.submit(mistyped, "/sign-in",
                                {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  EXPECT_EQ(header_at(in, "Location"), "/account/security/app");
  EXPECT_EQ(person.get("/account/security/app").status, 200);
}

TEST_F(SecurityPages, what_a_stale_form_would_have_changed_is_come_back_to_as_well) {
  person.sign_in("alice");
  const auto page = person.get("/account/security");
  world.clock.advance(Seconds(605));
  const auto refused =
      person.submit(page, "/account/security/password",
                    {{"current", std::string(Person::secret_words)}, {"password", "five late trains"}});
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("href=\"/sign-in?to=%2Faccount%2Fsecurity&amp;again=1\""), std::string::npos);
}

TEST_F(SecurityPages, what_would_be_refused_is_not_begun) {
  person.sign_in("alice");
  const auto fresh = person.get("/account/security");
  EXPECT_NE(fresh.body.find("data-options"), std::string::npos) << fresh.body;
  EXPECT_EQ(between(fresh.body, "data-seconds=\"", "\""), "300") << "as long as a challenge is good";
  EXPECT_EQ(between(fresh.body, "data-page=\"", "\""), "/account/security");
  EXPECT_EQ(fresh.body.find("Sign in again"), std::string::npos) << fresh.body;
  world.clock.advance(Seconds(590));
  EXPECT_EQ(between(person.get("/account/security").body, "data-seconds=\"", "\""), "10") << "as the sign-in is";
  world.clock.advance(Seconds(11));
  const auto stale = person.get("/account/security");
  EXPECT_EQ(stale.status, 200);
  expect_sign_in_first(stale, "For this, sign in again: it was a while ago.");
  EXPECT_NE(person.get("/account/security", {{"Accept-Language", "zh"}}).body.find("更改登录方式"), std::string::npos);
}

TEST_F(SecurityPages, the_page_that_shows_the_first_codes_asks_for_the_app_before_anything_else_is_changed) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto codes = person.submit(page, "/account/security/app", {{"code", code_of(page)}});
  ASSERT_NE(codes.body.find("Your recovery codes"), std::string::npos) << codes.body;
  expect_sign_in_first(codes, "sign in again with a code from your app, or a recovery code");
}

TEST_F(SecurityPages, a_passkey_that_is_not_known_is_said_to_be_that_whatever_is_not_right_of_it) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  Person somebody(world);
  const auto told = [&](Passkey& key, std::string_view user) {
    const auto in = key.signs_in(somebody.get("/sign-in"), user);
    const auto page = somebody.post(in.target, in.fields);
    EXPECT_EQ(page.status, 400);
    return between(page.body, "role=\"alert\">", "<");
  };
  Passkey dead("dead");
  const std::string sentence = "This passkey is not known here. Use another, or sign in another way.";
  EXPECT_EQ(told(dead, alice), sentence);
  EXPECT_EQ(told(phone, world.given_user("bob")), sentence) << "nor is it told whose another is (A16)";
}

TEST_F(SecurityPages, a_second_click_is_told_what_the_first_was) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto set_up = Person::filled(page, "/account/security/app", {{"code", code_of(page)}});
  const auto codes = person.post(set_up.target, set_up.fields);
  EXPECT_NE(codes.body.find("Your recovery codes"), std::string::npos) << codes.body;
  EXPECT_EQ(person.post(set_up.target, set_up.fields).body, codes.body) << "they are shown no other time";

  world.clock.advance(Seconds(60));
  Person clicks(world);
  const auto asked = clicks.sign_in("alice");
  const auto factor = Person::filled(asked, "/sign-in/code", {{"code", code_of(page)}});
  Person clicks_again = clicks, clicks_late = clicks;
  const auto in = clicks.post(factor.target, factor.fields);
  EXPECT_EQ(header_at(in, "Location"), "/account");
  EXPECT_EQ(clicks_again.post(factor.target, factor.fields).headers, in.headers);
  EXPECT_EQ(clicks_again.get("/account").status, 200) << "in the session that the first click began";
  Person elsewhere(world);
  const auto other = elsewhere.sign_in("alice");
  const auto replayed = elsewhere.submit(other, "/sign-in/code", {{"code", code_of(page)}});
  EXPECT_EQ(replayed.status, 400) << "a code is good once";

  const std::string words(Person::secret_words);
  const auto change = Person::filled(clicks.get("/account/security"), "/account/security/password",
                                     {{"current", words}, {"password", "five late trains"}});
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(done_at(clicks.post(change.target, change.fields)), "/account/security?done=password");
  world.clock.advance(Seconds(31));
  EXPECT_EQ(clicks.post(change.target, change.fields).status, 400);
  EXPECT_EQ(clicks_late.post(factor.target, factor.fields).status, 400);
}

TEST_F(SecurityPages, a_second_click_with_the_cookie_of_the_first_goes_where_that_led) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  ASSERT_EQ(person.submit(page, "/account/security/app", {{"code", code_of(page)}}).status, 200);
  world.clock.advance(Seconds(60));
  given_password(world, world.given_user("bob"), "bob");
  Person two_factors(world), one(world);
  const auto due = two_factors.sign_in("alice", Person::secret_words, "/sign-in?to=%2Faccount%2Fhistory");
  const auto asked = one.get("/sign-in?to=%2Faccount%2Fhistory");
  const std::pair<Person&, Person::Filled> clicks[] = {
      {two_factors, Person::filled(due, "/sign-in/code", {{"code", code_of(page)}})},
      {one, Person::filled(asked, "/sign-in", {{"username", "bob"}, {"password", std::string(Person::secret_words)}})}};
  for (const auto& [who, form] : clicks) {
    for (const auto* click : {"first", "second"})
      EXPECT_EQ(header_at(who.post(form.target, form.fields), "Location"), "/account/history") << click;
    EXPECT_EQ(who.get("/account/history").status, 200);
    EXPECT_EQ(text_at(world.events("user.sign_in").back().as_object(), "decision"), "granted");
  }
}

TEST_F(SecurityPages, a_change_that_was_undone_meanwhile_is_made_again_and_not_only_said_to_be) {
  person.sign_in("alice");
  const std::string first(Person::secret_words), second = "five late trains home";
  const auto change = [&](const std::string& from, const std::string& to) {
    const auto changed = person.submit(person.get("/account/security"), "/account/security/password",
                                       {{"current", from}, {"password", to}});
    return done_at(changed);
  };
  for (const auto& [from, to] : {std::pair(first, second), std::pair(second, first), std::pair(first, second)}) {
    EXPECT_EQ(change(from, to), "/account/security?done=password");
    Person somebody(world);
    EXPECT_EQ(header_at(somebody.sign_in("alice", to), "Location"), "/account");
  }
  EXPECT_EQ(change(first, second), "/account/security?done=password") << "a second click";
}

TEST_F(SecurityPages, a34_whoever_knows_the_password_alone_changes_no_method_of_who_has_a_passkey) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(done_at(person.post(make.target, make.fields)), "/account/security?done=set-up");
  Person thief(world);
  ASSERT_EQ(thief.sign_in("alice").status, 303);
  for (auto* browser : {&thief, &person})
    expect_too_weak(*browser, signin::Type::passkey, "sign in again with your passkey");

  Person owner(world);
  const auto in = phone.signs_in(owner.get("/sign-in"), alice);
  ASSERT_EQ(owner.post(in.target, in.fields).status, 303);
  for (const auto& [path, fields] : changes(owner.get("/account/security"), signin::Type::passkey))
    EXPECT_NE(owner.post(path, fields).status, 403) << path;
  EXPECT_FALSE(id_of(signin::Type::passkey).empty()) << "the one that was just made";
}

TEST_F(SecurityPages, the_page_to_sign_in_again_says_how_and_a_passkey_comes_first) {
  person.sign_in("alice");
  const auto before = person.get("/sign-in?again=1").body;
  EXPECT_NE(before.find("sign in again with your password."), std::string::npos) << before;
  EXPECT_LT(before.find("action=\"/sign-in?again=1\""), before.find("id=\"passkey\"")) << "she has none";
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  const auto after = person.get("/sign-in?again=1").body;
  EXPECT_NE(after.find("sign in again with your passkey."), std::string::npos) << after;
  EXPECT_LT(after.find("id=\"passkey\""), after.find("action=\"/sign-in?again=1\"")) << after;
  EXPECT_NE(after.find("class=\"primary\">Sign in with a passkey<"), std::string::npos) << after;
  EXPECT_NE(after.find("class=\"plain\">Sign in<"), std::string::npos) << after;
  const auto stranger = Person(world).get("/sign-in?again=1").body;
  EXPECT_EQ(stranger.find("sign in again"), std::string::npos) << "of nobody else is it told";
  EXPECT_NE(stranger.find("class=\"primary\">Sign in<"), std::string::npos) << stranger;
}

TEST_F(SecurityPages, a34_who_has_lost_a_passkey_goes_on_when_an_administrator_has_removed_it) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  const auto lost = "/v1/users/" + alice + "/authenticators/" + id_of(signin::Type::passkey);
  ASSERT_EQ(world.admin_call("DELETE", lost).status, 204);
  person.sign_in("alice");
  const auto anew = Passkey("new phone").made(person.get("/account/security"));
  EXPECT_EQ(done_at(person.post(anew.target, anew.fields)), "/account/security?done=set-up");
}

TEST_F(SecurityPages, a34_a_session_from_before_the_app_changes_nothing_and_a_recovery_code_stands_for_the_app) {
  person.sign_in("alice");
  const auto page = person.get("/account/security/app");
  const auto codes = person.submit(page, "/account/security/app", {{"code", code_of(page)}});
  ASSERT_EQ(codes.status, 200) << codes.body;
  expect_too_weak(person, signin::Type::totp, "sign in again with a code from your app, or a recovery code");
  Person lost_the_app(world);
  const auto due = lost_the_app.sign_in("alice");
  const auto code = between(codes.body, "<li><code>", "</code>");
  ASSERT_EQ(lost_the_app.submit(due, "/sign-in/code", {{"code", code}}).status, 303);
  const auto anew = lost_the_app.get("/account/security/app");
  EXPECT_EQ(lost_the_app.submit(anew, "/account/security/app", {{"code", code_of(anew)}}).status, 200);
  EXPECT_EQ(lost_the_app
                .submit(lost_the_app.get("/account/security"), "/account/security/remove",
                        {{"authenticator", id_of(signin::Type::totp)}})
                .status,
            303);
}

TEST_F(SecurityPages, a34_the_tenants_own_table_says_which_of_two_is_the_stronger) {
  person.sign_in("alice");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  const auto tries = [&] { return person.get("/account/security/app").status; };
  EXPECT_EQ(tries(), 403);
  const json::object held{{"acr", "held"}, {"amr", json::array{"pop"}}};
  const json::object known{{"acr", "known"}, {"amr", json::array{"pwd"}}};
  world.change(store::Kind::tenant, "default", {{"acr_values", json::array{known}}});
  EXPECT_EQ(tries(), 403) << "it says nothing of passkeys";
  world.change(store::Kind::tenant, "default", {{"acr_values", json::array{held, known}}});
  EXPECT_EQ(tries(), 200) << "a passkey is worth less here";
  Person by_passkey(world);
  const auto in = phone.signs_in(by_passkey.get("/sign-in"), alice);
  ASSERT_EQ(by_passkey.post(in.target, in.fields).status, 303);
  const auto refused = by_passkey.get("/account/security/app");
  EXPECT_NE(refused.body.find("sign in again with your password"), std::string::npos) << refused.body;
  world.change(store::Kind::tenant, "default", {{"acr_values", nullptr}, {"sign_in_passkey", false}});
  EXPECT_EQ(tries(), 200) << "what is turned off counts for nothing";
}

TEST_F(SecurityPages, who_was_on_the_way_to_a_page_of_the_account_comes_to_it) {
  for (const std::string page :
       {"/account/devices", "/account/security", "/account/security/app", "/account/history"}) {
    const auto sent = header_at(person.get(page), "Location");
    EXPECT_EQ(sent, "/sign-in?to=" + percent_encode(page));
    EXPECT_EQ(ends_at(sent), page);
  }
  EXPECT_EQ(header_at(person.get("/account"), "Location"), "/sign-in");
  person.sign_in("alice");
  EXPECT_EQ(header_at(person.get("/sign-in?to=%2Faccount%2Fhistory"), "Location"), "/account/history");
}

TEST_F(SecurityPages, the_way_back_is_kept_over_the_second_factor) {
  person.sign_in("alice");
  const auto form = person.get("/account/security/app");
  const auto key = code_of(form);
  ASSERT_EQ(person.submit(form, "/account/security/app", {{"code", key}}).status, 200);
  world.clock.advance(Seconds(60));
  Person phone(world);
  const auto due = phone.sign_in("alice", Person::secret_words, "/sign-in?to=%2Faccount%2Fhistory");
  const auto in = phone.submit(due, "/sign-in/code", {{"code", code_of(form)}});
  EXPECT_EQ(header_at(in, "Location"), "/account/history");
}

TEST_F(SecurityPages, a2_the_way_back_leads_to_our_own_pages_of_the_account_only) {
  for (const auto* evil :
       {"//evil.example", "https://evil.example/account", "https:evil.example", "\\\\evil.example", "/\\evil.example",
        "/account\\..\\evil", "//evil.example/account", "/account/../evil", "/account//evil.example", "/account/",
        "/account?x=1", "/account#x", "/account/security/../../oauth2/logout", "/account@evil.example",
        "%2F%2Fevil.example", "%2Faccount", "/%2Fevil.example", "javascript:alert(1)", " /account/history",
        "/account/history\r\nSet-Cookie: a=b", "/oauth2/logout", "/ACCOUNT/HISTORY", "/account/sign-out", ""}) {
    EXPECT_EQ(ends_at("/sign-in?to=" + percent_encode(evil)), "/account") << evil;
    EXPECT_EQ(ends_at("/sign-in?again=1&to=" + percent_encode(evil)), "/account") << evil;
    Person here(world);
    EXPECT_EQ(here.get("/sign-in?to=" + percent_encode(evil)).body.find("evil"), std::string::npos) << evil;
  }
  EXPECT_EQ(ends_at("/sign-in?to=%2Faccount%2Fhistory&to=%2F%2Fevil.example"), "/account") << "twice is nothing";
  EXPECT_EQ(ends_at("/sign-in?to=//evil.example"), "/account") << "also as it is";
}

TEST_F(SecurityPages, a_mistyped_code_leaves_the_key_that_was_scanned_good) {
  person.sign_in("alice");
  const auto form = person.get("/account/security/app");
  const auto key = between(form.body, "<p class=\"key\"><code>", "</code>");
  const auto again = person.submit(form, "/account/security/app", {{"code", wrong(code_of(form))}});
  EXPECT_EQ(again.status, 400);
  EXPECT_NE(again.body.find("role=\"alert\""), std::string::npos);
  EXPECT_NE(again.body.find("class=\"qr\""), std::string::npos) << again.body;
  EXPECT_EQ(between(again.body, "<p class=\"key\"><code>", "</code>"), key);
  EXPECT_EQ(text_at(world.events("authenticator.create").back().as_object(), "decision"), "refused");
  const auto set_up = person.submit(again, "/account/security/app", {{"code", code_of(again)}});
  EXPECT_EQ(set_up.status, 200) << set_up.body;
  EXPECT_NE(set_up.body.find("Your recovery codes"), std::string::npos);
}

TEST_F(SecurityPages, a_key_that_is_too_old_or_anothers_is_not_shown_again) {
  person.sign_in("alice");
  const auto form = person.get("/account/security/app");
  const auto enrolment = between(form.body, "name=\"enrolment\" value=\"", "\"");
  auto answer = person.submit(form, "/account/security/app", {{"code", "123456"}, {"enrolment", "made-up"}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body.find("class=\"qr\""), std::string::npos);
  const auto bob = world.given_user("bob");
  given_password(world, bob, "bob");
  Person other(world);
  other.sign_in("bob");
  const auto theirs = other.get("/account/security/app");
  answer = other.submit(theirs, "/account/security/app",
                        {{"code", "12345x"}, {"enrolment", enrolment}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body.find("class=\"qr\""), std::string::npos);
  world.clock.advance(Seconds(901));
  person.sign_in("alice", Person::secret_words, "/sign-in?again=1");
  const auto fresh = person.get("/account/security/app");
  answer = person.submit(fresh, "/account/security/app", {{"code", code_of(form)}, {"enrolment", enrolment}});
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.body.find("class=\"qr\""), std::string::npos);
}

}  // namespace
}  // namespace deputy::test
