// What a browser that comes back finds where a form was refused: a page of its own, that sends nothing again.
#include "signin/authenticator.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

struct GoingBack : testing::Test {
  GoingBack() { given_password(world, alice, "alice"); }
  // As a browser sends a form: a page is what it wants.
  http::Response submit(const http::Response& page, const std::string& action, Person::Fields fields) {
    return person.submit(page, action, std::move(fields), {{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}});
  }
  // Where the refusal is told, which is no answer to a form.
  std::string told_at(const http::Response& answer, const std::string& page) {
    EXPECT_EQ(answer.status, 303) << answer.body;
    EXPECT_EQ(header_at(answer, "Cache-Control"), "no-store");
    const auto to = header_at(answer, "Location");
    EXPECT_TRUE(to.starts_with(page)) << to;
    EXPECT_NE(to.find("note="), std::string::npos) << to;
    EXPECT_EQ(to.find("alice"), std::string::npos) << to;
    EXPECT_EQ(text_at(world.events().back().as_object(), "decision"), "refused");
    return to;
  }
  static bool alerts(const http::Response& page, const std::string& words) {
    return page.body.find("class=\"alert\" role=\"alert\">" + words) != std::string::npos;
  }

  static std::string typed(const http::Response& page, const std::string& field) {
    return between(page.body, "name=\"" + field + "\" type=\"text\" value=\"", "\"");
  }

  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
  const std::string words{Person::secret_words};
};

TEST_F(GoingBack, a_wrong_password_is_told_on_a_page_that_is_loaded_as_often_as_one_likes) {
  const auto form = person.get("/sign-in?to=%2Faccount%2Fhistory");
  const auto to = told_at(submit(form, "/sign-in", {{"username", "alice"}, {"password", "mistyped"}}),
                          "/sign-in?to=%2Faccount%2Fhistory&note=");
  for (const auto* time : {"first", "by the button that goes back"}) {
    const auto page = person.get(to);
    EXPECT_EQ(page.status, 200) << time;
    EXPECT_TRUE(alerts(page, "That does not match.")) << time << page.body;
    EXPECT_EQ(typed(page, "username"), "alice") << time;
    EXPECT_EQ(page.body.find("mistyped"), std::string::npos) << time;
  }
  const auto in = submit(person.get(to), "/sign-in", {{"username", "alice"}, {"password", words}});
  EXPECT_EQ(header_at(in, "Location"), "/account/history");
  EXPECT_EQ(header_at(person.get(to), "Location"), "/account/history") << "back again: they are signed in";
}

TEST_F(GoingBack, who_mistypes_as_somebody_else_is_told_so_and_stays_who_they_were) {
  const auto in = submit(person.get("/sign-in"), "/sign-in", {{"username", "alice"}, {"password", words}});
  ASSERT_EQ(header_at(in, "Location"), "/account");
  const auto to = told_at(submit(person.get("/sign-in?other=1"), "/sign-in", {{"username", "bob"}, {"password", "no"}}),
                          "/sign-in?other=1&note=");
  const auto page = person.get(to);
  EXPECT_EQ(page.status, 200) << "not the account of who is here";
  EXPECT_TRUE(alerts(page, "That does not match.")) << page.body;
  EXPECT_EQ(typed(page, "username"), "bob");
}

TEST_F(GoingBack, a7_a_note_opens_in_its_own_browser_and_for_a_few_minutes_only) {
  const auto form = person.get("/sign-in");
  const auto to = told_at(submit(form, "/sign-in", {{"username", "alice"}, {"password", "mistyped"}}),
                          "/sign-in?note=");
  Person somebody(world);
  somebody.get("/sign-in");
  for (const auto& link : {to, to + "A", std::string("/sign-in?note="), std::string("/sign-in?note=wrong")}) {
    const auto page = somebody.get(link);
    EXPECT_EQ(page.status, 200) << link;
    EXPECT_FALSE(alerts(page, "")) << link << page.body;
    EXPECT_EQ(typed(page, "username"), "") << link;
  }
  EXPECT_TRUE(alerts(person.get(to), "That does not match."));
  world.clock.advance(Seconds(300));
  EXPECT_FALSE(alerts(person.get(to), "")) << "that was long ago";
}

TEST_F(GoingBack, too_many_tries_are_429_to_a_program_and_a_page_that_counts_down_to_a_browser) {
  const auto tries = [&](const http::Response& page) {
    return submit(page, "/sign-in", {{"username", "alice"}, {"password", "mistyped"}});
  };
  const auto form = person.get("/sign-in");
  http::Response last;
  for (int i = 0; i < 12; ++i)
    last = person.submit(form, "/sign-in", {{"username", "alice"}, {"password", "wrong " + std::to_string(i)}});
  ASSERT_EQ(last.status, 429);
  const auto wait = std::stoll(header_at(last, "Retry-After"));
  EXPECT_TRUE(alerts(last, "Too many tries.")) << last.body;
  const auto to = told_at(tries(form), "/sign-in?note=");
  EXPECT_TRUE(alerts(person.get(to), "Too many tries."));
  world.clock.advance(Seconds(std::min<std::int64_t>(wait, 300)));
  EXPECT_FALSE(alerts(person.get(to), "Too many tries.")) << "they may try again";
}

TEST_F(GoingBack, a_wrong_code_is_told_on_the_page_of_codes_with_what_was_proven_before) {
  const auto app = signin::make_authenticator(signin::Type::totp, "default", alice, world.clock.now(), world.random);
  ASSERT_TRUE(world.store->commit_now({signin::put_of(app, world.clock.now())}));
  const auto due = person.sign_in("alice");
  const auto pending = value_of(due, "pending");
  const auto to = told_at(submit(due, "/sign-in/code", {{"code", "a wrong code"}}), "/sign-in/code?pending=");
  for (int time = 0; time < 2; ++time) {
    const auto page = person.get(to);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(alerts(page, "That does not match.")) << page.body;
    EXPECT_EQ(value_of(page, "pending"), pending);
  }
  world.clock.advance(Seconds(300));
  const auto anew = told_at(submit(due, "/sign-in/code", {{"code", "a wrong code"}}), "/sign-in?note=");
  EXPECT_TRUE(alerts(person.get(anew), "That took too long. Sign in again."));
}

TEST_F(GoingBack, a_new_password_that_is_not_taken_is_told_beside_the_code_as_it_was_typed) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(code && world.store->commit_now({std::move(code->write)}));
  const auto tries = [&](const http::Response& page, const std::string& typed, const char* fresh) {
    return submit(page, "/sign-in/reset", {{"username", "alice"}, {"code", typed}, {"password", fresh}});
  };
  const auto weak = told_at(tries(person.get("/sign-in/reset"), code->code, "short"), "/sign-in/reset?note=");
  EXPECT_EQ(weak.find(code->code), std::string::npos) << "sealed";
  const auto page = person.get(weak);
  EXPECT_TRUE(alerts(page, "That password is too short")) << page.body;
  EXPECT_EQ(typed(page, "username"), "alice");
  EXPECT_EQ(typed(page, "code"), code->code);
  const auto wrong = person.get(told_at(tries(page, "wrong-code", "five late trains home"), "/sign-in/reset?note="));
  EXPECT_TRUE(alerts(wrong, "That does not match.")) << wrong.body;
  EXPECT_EQ(typed(wrong, "code"), "");
  EXPECT_TRUE(header_at(tries(wrong, code->code, "five late trains home"), "Location").starts_with("/sign-in?set="));
}

TEST_F(GoingBack, a_password_that_is_not_changed_is_told_at_its_form_with_what_was_typed_nowhere) {
  person.sign_in("alice");
  const auto change = [&](const http::Response& page, const std::string& current, const std::string& fresh) {
    return submit(page, "/account/security/password", {{"current", current}, {"password", fresh}});
  };
  const auto to = told_at(change(person.get("/account/security"), words, "short"), "/account/security?note=");
  http::Response page;
  for (int time = 0; time < 2; ++time) {
    page = person.get(to);
    EXPECT_EQ(page.status, 200);
    ASSERT_TRUE(alerts(page, "That password is too short")) << page.body;
    EXPECT_GT(page.body.find("That password is too short"), page.body.find("Change your password"));
    EXPECT_EQ(page.body.find("\"short\""), std::string::npos);
  }
  EXPECT_EQ(done_at(change(page, words, "five late trains home")), "/account/security?done=password");
  EXPECT_FALSE(alerts(person.get(to), "")) << "it is mended";
}

TEST_F(GoingBack, a_form_of_the_account_from_before_the_last_sign_in_leads_to_its_page_as_it_is_now) {
  person.sign_in("alice");
  const auto security = person.get("/account/security"), app = person.get("/account/security/app"),
             agents = person.get("/account");
  person.sign_in("alice", words, "/sign-in?again=1");
  const std::string before = "That page was from before the last sign-in here, and nothing was changed.";
  const Person::Fields change{{"current", words}, {"password", "five late trains home"}};
  const auto told = [&](const http::Response& form, const std::string& action, const std::string& to) {
    const auto at = told_at(submit(form, action, change), to + "?note=");
    EXPECT_TRUE(text_at(world.events().back().as_object(), "reason").starts_with("csrf")) << action;
    http::Response page;
    for (int time = 0; time < 2; ++time) {
      page = person.get(at);
      EXPECT_EQ(page.status, 200) << action;
      EXPECT_TRUE(alerts(page, before)) << action << page.body;
      EXPECT_EQ(page.body.find("aria-invalid"), std::string::npos) << "what was typed was not looked at: " << action;
    }
    return page;
  };
  told(security, "/account/security/remove", "/account/security");
  told(app, "/account/security/app", "/account/security/app");
  told(agents, "/account/sign-out", "/account/devices");
  const auto page = told(security, "/account/security/password", "/account/security");
  const auto program = person.submit(security, "/account/security/password", change);
  EXPECT_EQ(program.status, 403);
  EXPECT_NE(program.body.find("href=\"/account/security\""), std::string::npos) << program.body;
  EXPECT_EQ(done_at(submit(page, "/account/security/password", change)), "/account/security?done=password");
}

TEST_F(GoingBack, a_form_that_cannot_be_read_is_refused_as_that_and_is_not_said_to_be_old) {
  person.sign_in("alice");
  const auto csrf = value_of(person.get("/account/security"), "csrf");
  const Person::Fields twice{{"csrf", csrf}, {"current", words}, {"password", "five late"}, {"password", "six early"}};
  for (const auto* accepts : {"text/html", "application/json"}) {
    auto answer = person.post("/account/security/password", twice, {{"Accept", accepts}});
    const auto event = world.events("authenticator.update").back().as_object();
    EXPECT_TRUE(text_at(event, "reason").starts_with("invalid_request")) << json::serialize(event);
    EXPECT_EQ(text_at(event, "actor"), alice);
    if (accepts == std::string_view("text/html")) {
      answer = person.get(told_at(answer, "/account/security?note="));
      EXPECT_TRUE(alerts(answer, "That form cannot be read, and nothing was changed.")) << answer.body;
    } else {
      EXPECT_EQ(answer.status, 400);
      EXPECT_NE(answer.body.find("href=\"/account/security\""), std::string::npos) << answer.body;
      EXPECT_NE(answer.body.find("This form cannot be read"), std::string::npos) << answer.body;
      EXPECT_NE(answer.body.find("Nothing was changed."), std::string::npos) << answer.body;
    }
    for (const auto* untrue : {"before the last sign-in", "too old", "open too long"})
      EXPECT_EQ(answer.body.find(untrue), std::string::npos) << answer.body;
  }
  const auto chinese = person.post("/account/security/password", twice, {{"Accept-Language", "zh"}});
  EXPECT_NE(chinese.body.find("无法读取此表单"), std::string::npos) << chinese.body;
}

TEST_F(GoingBack, a_change_that_wants_a_newer_sign_in_leads_to_the_page_that_says_so) {
  person.sign_in("alice");
  const auto security = person.get("/account/security"), app = person.get("/account/security/app");
  world.clock.advance(Seconds(605));
  const Person::Fields change{{"current", words}, {"password", "five late trains home"}, {"code", "123456"}};
  const auto again = [](const http::Response& page, const std::string& to) {
    return alerts(page, "For this, sign in again: it was a while ago. <a href=\"/sign-in?to=" + percent_encode(to) +
                            "&amp;again=1\">Sign in again</a>");
  };
  const auto to = told_at(submit(security, "/account/security/password", change), "/account/security?note=");
  for (int time = 0; time < 2; ++time) {
    const auto page = person.get(to);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(again(page, "/account/security")) << page.body;
  }
  world.clock.advance(Seconds(300));  // a key that was shown in time may be confirmed for so much longer
  const auto app_at = told_at(submit(app, "/account/security/app", change), "/account/security/app?note=");
  EXPECT_TRUE(again(person.get(app_at), "/account/security/app"));
  person.sign_in("alice", words, "/sign-in?again=1");
  for (const auto& there : {to, app_at}) {
    const auto page = person.get(there);
    EXPECT_EQ(page.status, 200) << there;
    EXPECT_FALSE(alerts(page, "")) << "it is new by now: " << page.body;
  }
}

TEST_F(GoingBack, what_cannot_be_removed_is_told_on_the_page_of_all_methods) {
  person.sign_in("alice");
  const auto last = submit(person.get("/account/security"), "/account/security/remove", {});
  EXPECT_TRUE(alerts(person.get(told_at(last, "/account/security?note=")), "That is the last way")) << last.body;
  const auto page = person.get("/account/security");
  const auto gone = submit(page, "/account/security/remove", {{"authenticator", "atr_gone"}});
  const auto none = person.post("/account/security/recovery-codes", {{"csrf", value_of(page, "csrf")}},
                                {{"Accept", "text/html"}});
  for (const auto& one : {gone, none})
    EXPECT_TRUE(alerts(person.get(told_at(one, "/account/security?note=")),
                       "That took too long, or was done before: nothing was changed."));
}

TEST_F(GoingBack, a_mistyped_code_of_a_new_app_is_told_beside_the_same_key) {
  person.sign_in("alice");
  const auto form = person.get("/account/security/app");
  const auto key = [](const http::Response& page) { return between(page.body, "<p class=\"key\"><code>", "</code>"); };
  const auto to =
      told_at(submit(form, "/account/security/app", {{"code", "wrong"}}), "/account/security/app?enrolment=");
  for (int time = 0; time < 2; ++time) {
    const auto page = person.get(to);
    EXPECT_EQ(page.status, 200);
    EXPECT_TRUE(alerts(page, "That does not match.")) << page.body;
    EXPECT_EQ(key(page), key(form));
  }
  given_password(world, world.given_user("bob"), "bob");
  Person other(world);
  other.sign_in("bob");
  const auto theirs = other.get(to);
  EXPECT_NE(key(theirs), key(form)) << "a7: a key is its own person's";
  EXPECT_FALSE(alerts(theirs, "")) << theirs.body;
  EXPECT_NE(key(person.get("/account/security/app")), key(form)) << "who begins anew gets a new one";
}

TEST_F(GoingBack, new_recovery_codes_are_on_a_page_of_their_own_and_soon_on_none) {
  person.sign_in("alice");
  const auto form = person.get("/account/security/app");
  const Secret secret(base32_decoded(between(form.body, "<p class=\"key\"><code>", "</code>")));
  const auto code = signin::totp_code(secret, signin::totp_step(world.clock.now()));
  const auto confirm = [&] { return submit(form, "/account/security/app", {{"code", code}}); };
  const auto shown = [](const http::Response& page) {
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(header_at(page, "Cache-Control"), "no-store");
    return page.body.find("Your recovery codes") != std::string::npos;
  };
  const auto set_up = confirm();
  EXPECT_EQ(set_up.status, 303) << set_up.body;
  EXPECT_EQ(set_up.body.find("Your recovery codes"), std::string::npos) << "nobody comes back to what a form answered";
  const auto to = header_at(set_up, "Location");
  EXPECT_TRUE(to.starts_with("/account/security?made=")) << to;
  const auto page = person.get(to);
  ASSERT_TRUE(shown(page)) << page.body;
  EXPECT_EQ(person.get(to).body, page.body) << "an answer may be lost";
  EXPECT_EQ(header_at(confirm(), "Location"), to) << "a second click";

  given_password(world, world.given_user("bob"), "bob");
  Person other(world);
  other.sign_in("bob");
  EXPECT_FALSE(shown(other.get(to))) << "a7: they are shown to one browser";
  EXPECT_FALSE(shown(person.get("/account/security?made=none")));
  world.clock.advance(Seconds(31));
  const auto later = person.get(to);
  EXPECT_FALSE(shown(later)) << "back again";
  EXPECT_NE(later.body.find("10 left"), std::string::npos) << later.body;
}

TEST_F(GoingBack, a_passkey_that_is_not_known_and_a_name_that_is_no_name_are_told_too) {
  const auto passkey = submit(person.get("/sign-in"), "/sign-in/passkey", {{"response", "{}"}});
  EXPECT_TRUE(alerts(person.get(told_at(passkey, "/sign-in?note=")), "This passkey is not known here."));
  const auto long_name = submit(person.get("/sign-in"), "/sign-in",
                                {{"username", std::string(5'000, 'a')}, {"password", "mistyped"}});
  EXPECT_LT(header_at(long_name, "Location").size(), 1'000u) << "a URL holds no such thing";
  EXPECT_TRUE(alerts(person.get(header_at(long_name, "Location")), "That does not match."));
}

}  // namespace
}  // namespace deputy::test
