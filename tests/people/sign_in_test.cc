// Signing in with a browser: what pages say, what they never say, and what a form is worth.
#include "base/id.h"
#include "endpoints/people/people.h"
#include "flows/interaction.h"
#include "signin/authenticator.h"
#include "signin/password/password.h"
#include "signin/totp/recovery_codes.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class SignInPages : public testing::Test {
 protected:
  SignInPages() : alice(world.given_user("alice")) { given_password(world, alice, "alice"); }

  std::string waiting(flows::AuthorizationRequest request = {}) {
    if (request.client.empty()) request.client = client.id;
    if (request.redirect_uri.empty()) request.redirect_uri = "https://app.example/back?x=1";
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }

  World world;
  std::string alice;
  Given client = world.given_application("Calendar");
  Person person{world};
};

TEST_F(SignInPages, a2_signing_in_answers_303_and_goes_on_with_the_request_that_waits) {
  const auto id = waiting();
  const auto page = person.get("/sign-in?i=" + id);
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("Calendar"), std::string::npos);
  const auto answer =
      person.submit(page, "/sign-in", {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  EXPECT_EQ(answer.status, 303) << answer.body;
  EXPECT_EQ(header_at(answer, "Location"), "/oauth2/authorize/continue?i=" + id);
}

TEST_F(SignInPages, whoever_comes_without_a_request_ends_at_their_account) {
  EXPECT_EQ(header_at(person.get("/account"), "Location"), "/sign-in");
  EXPECT_EQ(header_at(person.sign_in("alice"), "Location"), "/account");
  const auto page = person.get("/account");
  EXPECT_EQ(page.status, 200);
  EXPECT_NE(page.body.find("alice"), std::string::npos);
  EXPECT_EQ(header_at(person.get("/sign-in"), "Location"), "/account");
}

TEST_F(SignInPages, whoever_has_the_largest_record_that_is_taken_signs_in) {
  json::object attributes;
  for (int i = 0; i < 50; ++i) attributes["a" + std::to_string(i)] = std::string(2000, 'x');
  const auto changed = world.admin_call("PATCH", "/v1/users/" + alice, {{"attributes", attributes}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(header_at(person.sign_in("alice"), "Location"), "/account");
  EXPECT_EQ(person.get("/account").status, 200);
}

TEST_F(SignInPages, a16_an_unknown_name_and_a_wrong_password_get_the_same_page) {
  const auto wrong = person.sign_in("alice", "not the words"), unknown = person.sign_in("alina", "not the words");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(unknown.status, 400);
  const auto without = [](std::string text, const std::string& name) {
    text = std::regex_replace(text, std::regex("value=\"" + name + "\""), "value=\"\"");
    return std::regex_replace(text, std::regex("data-options=\"[^\"]*\""), "");
  };
  EXPECT_EQ(without(wrong.body, "alice"), without(unknown.body, "alina"));
  EXPECT_NE(wrong.body.find("role=\"alert\""), std::string::npos);
}

TEST_F(SignInPages, a36_the_cookie_of_before_is_worth_nothing_after) {
  person.get("/sign-in");
  const auto before = person.cookies();
  person.sign_in("alice");
  EXPECT_NE(person.cookies(), before);
  EXPECT_EQ(world.ask("GET", "/account", "", {{"Cookie", before}}).status, 303);
}

TEST_F(SignInPages, a7_a_form_of_another_browser_or_without_its_token_signs_nobody_in) {
  Person attacker(world);
  const auto theirs = attacker.get("/sign-in");
  const auto token = value_of(theirs, "csrf");
  person.get("/sign-in");
  for (const auto& csrf : {token, std::string(), std::string("x")}) {
    const auto answer = person.post(
        "/sign-in", {{"csrf", csrf}, {"username", "alice"}, {"password", std::string(Person::secret_words)}});
    EXPECT_EQ(answer.status, 403);
    EXPECT_EQ(answer.body.find("role=\"alert\""), std::string::npos);
    EXPECT_NE(answer.body.find("href=\"/sign-in\""), std::string::npos) << "it says how to go on";
  }
  EXPECT_EQ(person.get("/account").status, 303);
  EXPECT_EQ(text_at(world.events("user.sign_in").back().as_object(), "decision"), "refused");
}

TEST_F(SignInPages, a_request_that_is_gone_ends_on_a_page_that_says_how_to_go_on) {
  const auto id = waiting();
  world.clock.advance(flows::interaction_lifetime);
  for (const auto& target : {"/sign-in?i=" + id, std::string("/sign-in?i=unknown"), "/consent?i=" + id}) {
    const auto page = person.get(target);
    EXPECT_EQ(page.status, 400) << target;
    EXPECT_NE(page.body.find("begin again"), std::string::npos);
    EXPECT_NE(page.body.find("href=\"/account\""), std::string::npos);
  }
}

TEST_F(SignInPages, a_second_tab_goes_on_where_the_first_has_signed_in) {
  const auto id = waiting();
  const auto tab = person.get("/sign-in?i=" + id);
  person.sign_in("alice", Person::secret_words, "/sign-in?i=" + id);
  const auto answer = person.submit(tab, "/sign-in", {{"username", "alice"}, {"password", "mistyped"}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(header_at(answer, "Location"), "/oauth2/authorize/continue?i=" + id);
}

TEST_F(SignInPages, a34_a_second_factor_that_is_turned_off_meanwhile_is_asked_for_no_more) {
  const auto app = signin::make_authenticator(signin::Type::totp, "default", alice, world.clock.now(), world.random);
  ASSERT_TRUE(world.store->commit_now({signin::put_of(app, world.clock.now())}));
  const auto asked = person.sign_in("alice");
  ASSERT_NE(asked.body.find("action=\"/sign-in/code"), std::string::npos);
  const auto offered = [&](bool on) { world.change(directory::Kind::tenant, "default", {{"sign_in_totp", on}}); };
  offered(false);
  for (const auto* typed : {"123456", "a recovery code"}) {
    const auto anew = person.submit(asked, "/sign-in/code", {{"code", typed}});
    EXPECT_EQ(anew.status, 400);
    EXPECT_NE(anew.body.find("name=\"password\""), std::string::npos) << "by the password alone, from the beginning";
    EXPECT_NE(anew.body.find("role=\"alert\""), std::string::npos);
  }
  EXPECT_EQ(person.sign_in("alice").status, 303);
  EXPECT_EQ(person.get("/account/security").body.find("/account/security/recovery-codes"), std::string::npos);
  offered(true);
  EXPECT_NE(person.get("/account/security").body.find("/account/security/recovery-codes"), std::string::npos);
  Person again(world);
  EXPECT_NE(again.sign_in("alice").body.find("action=\"/sign-in/code"), std::string::npos) << "it is back";
}

TEST_F(SignInPages, a_second_factor_is_asked_for_on_a_page_that_one_comes_back_to_without_a_form) {
  const auto app = signin::make_authenticator(signin::Type::totp, "default", alice, world.clock.now(), world.random);
  ASSERT_TRUE(world.store->commit_now({signin::put_of(app, world.clock.now())}));
  const auto page = person.get("/sign-in?to=%2Faccount%2Fhistory");
  const auto sent =
      person.submit(page, "/sign-in", {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  EXPECT_EQ(sent.status, 303) << sent.body;
  const auto to = header_at(sent, "Location"), from_the_beginning = std::string("/sign-in?to=%2Faccount%2Fhistory");
  ASSERT_TRUE(to.starts_with("/sign-in/code?to=%2Faccount%2Fhistory&pending=")) << to;
  EXPECT_EQ(to.find("alice"), std::string::npos);
  for (const auto* time : {"first", "by the button that goes back"}) {
    const auto asked = person.get(to);
    EXPECT_EQ(asked.status, 200) << time;
    EXPECT_NE(asked.body.find("action=\"/sign-in/code?to=%2Faccount%2Fhistory\""), std::string::npos) << asked.body;
  }
  EXPECT_EQ(header_at(Person(world).get(to), "Location"), from_the_beginning) << "a7: it is another browser's";
  world.clock.advance(Seconds(300));
  EXPECT_EQ(header_at(person.get(to), "Location"), from_the_beginning) << "it was too long ago";
}

// What one request does while another, with the same password, is on its way to the store.
struct Overtaken {
  World& world;
  endpoints::Answer answer;

  // A sign-in as far as the pool takes it; nothing of it is written yet.
  Overtaken(World& at, Person& who, std::string_view words) : world(at) {
    const auto csrf = value_of(who.get("/sign-in"), "csrf");
    const http::Request request{.method = "POST",
                                .path = "/sign-in",
                                .headers = {{"Cookie", who.cookies()}},
                                .body = "csrf=" + csrf + "&username=alice&password=" + percent_encode(words),
                                .peer = world.peer,
                                .secure = true,
                                .correlation_id = "req_1"};
    const endpoints::Call call{request, "default", world.issuer, {}, world.clock.now()};
    answer = endpoints::people::sign_in(call, world.app()).later->work();
  }
  // The cookie that its browser has been given, whether or not it is worth anything.
  std::string becomes_durable() {
    auto next = std::move(answer);
    while (!next.writes.empty()) {
      const auto outcome = world.store->commit_now(std::move(next.writes));
      const auto* refusal = std::get_if<store::Refused>(&*outcome);
      if (refusal == nullptr) break;
      auto instead = next.refused(*refusal);
      next = std::move(instead);
    }
    const auto cookie = header_at(next.response, "Set-Cookie");
    return cookie.substr(0, cookie.find(';'));
  }
};

TEST_F(SignInPages, a28_a_sign_in_that_a_new_password_overtakes_opens_nothing) {
  Person thief(world);
  Overtaken theirs(world, thief, Person::secret_words);
  given_password(world, alice, "alice", "five late trains home");
  const auto cookie = theirs.becomes_durable();
  EXPECT_EQ(world.ask("GET", "/account", "", {{"Cookie", cookie}}).status, 303);
  EXPECT_EQ(text_at(world.events("user.sign_in").back().as_object(), "decision"), "refused");
}

TEST_F(SignInPages, a28_a_sign_in_that_is_written_while_the_password_changes_opens_nothing) {
  person.sign_in("alice");
  Person thief(world);
  Overtaken theirs(world, thief, Person::secret_words);
  const auto here = *flows::session_of({.headers = {{"Cookie", person.cookies()}}, .secure = true}, "default",
                                       *world.store, world.clock.now());
  ASSERT_TRUE(here && !here->id.empty());
  const auto now = world.clock.now();
  signin::Attempt attempt{.tenant = "default", .session = here->id, .now = now};
  attempt.event = {.id = make_id("evt", now, world.random), .at = now, .tenant = "default", .action = "user.test"};
  auto change = signin::change_password(world.app().sign_in, attempt, alice, Person::secret_words, "five late trains");
  ASSERT_TRUE(change);
  const auto cookie = theirs.becomes_durable();
  EXPECT_EQ(world.ask("GET", "/account", "", {{"Cookie", cookie}}).status, 200) << "until then it is good";
  const auto changed = world.store->commit_now(std::move(change->writes));
  ASSERT_TRUE(changed && std::holds_alternative<Done>(*changed)) << "nobody keeps them from changing it";
  EXPECT_EQ(world.ask("GET", "/account", "", {{"Cookie", cookie}}).status, 303);
  EXPECT_EQ(person.get("/account").status, 200) << "who changed it stays";
}

TEST_F(SignInPages, a28_a_sign_in_that_is_overtaken_by_a_stop_is_not_there_when_its_user_is_back) {
  for (const bool first : {true, false}) {
    Person thief(world);
    Overtaken theirs(world, thief, Person::secret_words);
    auto writes = *world.app().sign_in.end_sessions("default", alice, "", world.clock.now());  // as a stop has it
    std::string cookie;
    if (first) cookie = theirs.becomes_durable();
    ASSERT_TRUE(std::holds_alternative<Done>(*world.store->commit_now(std::move(writes))));
    if (!first) cookie = theirs.becomes_durable();
    EXPECT_EQ(world.ask("GET", "/account", "", {{"Cookie", cookie}}).status, 303) << first;
  }
  EXPECT_EQ(person.sign_in("alice").status, 303);
  EXPECT_EQ(person.get("/account").status, 200) << "whoever signs in anew is in";
}

TEST_F(SignInPages, a28_a_first_factor_is_worth_nothing_after_the_password_has_changed) {
  ASSERT_TRUE(world.store->commit_now({signin::put_of(
      signin::make_authenticator(signin::Type::totp, "default", alice, world.clock.now(), world.random),
      world.clock.now())}));
  auto codes = signin::make_recovery_codes(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(codes);
  ASSERT_TRUE(world.store->commit_now(std::move(codes->writes)));
  Person thief(world);
  const auto asked = thief.sign_in("alice");
  ASSERT_NE(asked.body.find("action=\"/sign-in/code"), std::string::npos);
  given_password(world, alice, "alice", "five late trains home");
  const auto anew = thief.submit(asked, "/sign-in/code", {{"code", codes->codes[0]}});
  EXPECT_EQ(anew.status, 400);
  EXPECT_NE(anew.body.find("name=\"password\""), std::string::npos) << "from the beginning";
  EXPECT_EQ(thief.get("/account").status, 303);
  const auto due = person.sign_in("alice", "five late trains home");
  EXPECT_EQ(person.submit(due, "/sign-in/code", {{"code", codes->codes[0]}}).status, 303) << "the code is still good";
}

TEST_F(SignInPages, too_many_tries_are_answered_429_with_the_time_to_wait) {
  http::Response last;
  for (int i = 0; i < 12; ++i) last = person.sign_in("alice", "wrong words " + std::to_string(i));
  EXPECT_EQ(last.status, 429);
  EXPECT_NE(header_at(last, "Retry-After"), "");
  EXPECT_NE(last.body.find("Too many tries. Try again in "), std::string::npos) << last.body;
}

TEST_F(SignInPages, the_hint_is_filled_in_and_the_language_is_the_one_asked_for) {
  flows::AuthorizationRequest request;
  request.login_hint = "alice\"><b>";
  request.ui_locales = "zh-Hans";
  const auto page = person.get("/sign-in?i=" + waiting(request), {{"Accept-Language", "en"}});
  EXPECT_NE(page.body.find("value=\"alice&quot;&gt;&lt;b&gt;\""), std::string::npos);
  EXPECT_NE(page.body.find("<html lang=\"zh-Hans\">"), std::string::npos);
  EXPECT_NE(page.body.find("登录"), std::string::npos);
}

TEST_F(SignInPages, a34_a_page_says_what_sign_in_is_wanted_and_offers_none_that_cannot_do) {
  const auto passkey = "needs a passkey", second = "needs more than a password", password = "name=\"password\"";
  const auto shown = [&](const flows::AuthorizationRequest& request, const std::string& text,
                         const http::Headers& headers = {}) {
    return person.get("/sign-in?i=" + waiting(request), headers).body.find(text) != std::string::npos;
  };
  for (const auto* text : {passkey, second}) EXPECT_FALSE(shown({}, text));
  for (auto list : {&flows::AuthorizationRequest::acr_values, &flows::AuthorizationRequest::essential_acr}) {
    flows::AuthorizationRequest request;
    request.*list = {"phr"};
    EXPECT_TRUE(shown(request, passkey));
    EXPECT_TRUE(shown(request, "需要使用通行密钥", {{"Accept-Language", "zh"}}));
    EXPECT_FALSE(shown(request, password)) << "it could never do";
    EXPECT_TRUE(shown(request, "id=\"passkey\""));
    request.*list = {"phr", "urn:deputy:acr:multi-factor"};
    EXPECT_TRUE(shown(request, second)) << "any of them";
    EXPECT_TRUE(shown(request, password));
    request.*list = {"phr", "urn:deputy:acr:password"};
    EXPECT_FALSE(shown(request, second));
  }
  flows::AuthorizationRequest request;
  request.required.acr = {"phr"};
  EXPECT_TRUE(shown(request, passkey));
  EXPECT_TRUE(shown(request, password)) << "whoever comes may not be able to get what asks for it";
  person.sign_in("alice");
  EXPECT_TRUE(shown(request, passkey));
  EXPECT_FALSE(shown(request, password)) << "who is here can";
  world.change(directory::Kind::tenant, "default", {{"sign_in_passkey", false}});
  EXPECT_TRUE(shown(request, password)) << "there is no other way in";
}

TEST_F(SignInPages, a_page_in_a_window_of_the_applications_can_report_back_to_it) {
  const auto opener = [&](const std::string& target) {
    return header_at(person.get(target), "Cross-Origin-Opener-Policy");
  };
  EXPECT_EQ(opener("/sign-in?i=" + waiting()), "");
  EXPECT_EQ(opener("/sign-in"), "same-origin");
  person.sign_in("alice");
  EXPECT_EQ(opener("/account"), "same-origin");
  EXPECT_EQ(header_at(person.get("/sign-in?i=" + waiting()), "X-Frame-Options"), "DENY") << "a frame is another thing";
}

TEST_F(SignInPages, an_account_is_chosen_once) {
  person.sign_in("alice");
  flows::AuthorizationRequest request;
  request.prompt_select_account = true;
  const auto id = waiting(request);
  const auto page = person.get("/sign-in?i=" + id);
  EXPECT_NE(page.body.find("Choose an account"), std::string::npos);
  const auto answer = person.submit(page, "/sign-in/choose", {{"as", "same"}});
  EXPECT_EQ(header_at(answer, "Location"), "/oauth2/authorize/continue?i=" + id);
  const auto kept = flows::find_interaction(id, "default", *world.store, world.clock.now());
  ASSERT_TRUE(kept && *kept);
  EXPECT_FALSE((*kept)->prompt_select_account);
}

TEST_F(SignInPages, a_weak_new_password_is_refused_with_the_reason_and_the_code_stays_good) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(world.store->commit_now({std::move(code->write)}));
  auto page = person.submit(person.get("/sign-in/reset"), "/sign-in/reset",
                            {{"username", "alice"}, {"code", code->code}, {"password", "short"}});
  EXPECT_EQ(page.status, 400);
  EXPECT_NE(page.body.find("too short"), std::string::npos) << page.body;
  page = person.submit(page, "/sign-in/reset",
                       {{"username", "alice"}, {"code", code->code}, {"password", "four grey owls asleep"}});
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(person.sign_in("alice", "four grey owls asleep").status, 303);
}

TEST_F(SignInPages, the_style_sheet_is_kept_for_ever_under_the_name_of_its_content) {
  const auto page = person.get("/sign-in");
  const auto start = page.body.find("/assets/style-");
  const auto name = page.body.substr(start, page.body.find('"', start) - start);
  const auto sheet = person.get(name);
  EXPECT_EQ(sheet.status, 200);
  EXPECT_EQ(sheet.content_type, "text/css; charset=utf-8");
  EXPECT_NE(header_at(sheet, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(person.get("/assets/style-0.css").status, 404);
}

}  // namespace
}  // namespace deputy::test
