// A passkey that a device was asked for in time, and an app that was shown its key then, which come when the sign-in is
// too long ago by itself.
#include <algorithm>

#include "signin/authenticator.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class BegunInTime : public testing::Test {
 protected:
  BegunInTime() {
    given_password(world, alice, "alice");
    person.sign_in("alice");
    world.clock.advance(Seconds(590));
    page = person.get("/account/security");
  }
  std::ptrdiff_t passkeys() { return count(signin::Type::passkey); }
  std::ptrdiff_t count(signin::Type type) {
    const auto all = signin::authenticators_of(*world.store, "default", alice);
    EXPECT_TRUE(all);
    return std::count_if(all->begin(), all->end(), [&](auto& one) { return one.type == type; });
  }
  static std::string key_on(const http::Response& form) {
    return between(form.body, "<p class=\"key\"><code>", "</code>");
  }
  std::string code_of(const http::Response& form) {
    const Secret secret(base32_decoded(key_on(form)));
    return signin::totp_code(secret, signin::totp_step(world.clock.now()));
  }
  http::Response confirms(Person& browser, const http::Response& form, Person::Fields fields) {
    return browser.submit(form, app, std::move(fields), {{"Accept", "text/html"}});
  }
  http::Response sends(Person& browser, const Person::Filled& form) { return browser.post(form.target, form.fields); }
  // Why nothing was added.
  std::string refused_for(const http::Response& answer) {
    EXPECT_GE(answer.status, 400);
    EXPECT_EQ(passkeys() + count(signin::Type::totp), 0);
    return text_at(world.events("authenticator.create").back().as_object(), "reason");
  }

  const std::string app = "/account/security/app";
  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
  Passkey phone{"phone"};
  http::Response page;
};

TEST_F(BegunInTime, a_passkey_that_is_begun_in_time_is_taken_when_the_device_is_done) {
  world.clock.advance(Seconds(305));  // ten seconds to ask the device, and its five minutes
  EXPECT_EQ(done_at(sends(person, phone.made(page))), "/account/security?done=set-up");
  EXPECT_EQ(passkeys(), 1);
}

TEST_F(BegunInTime, a34_it_is_taken_no_longer_than_a_device_is_given_and_none_is_begun_any_more) {
  const auto form = phone.made(page);
  world.clock.advance(Seconds(311));
  EXPECT_TRUE(refused_for(sends(person, form)).starts_with("expired"));
  EXPECT_EQ(person.get("/account/security").body.find("data-options"), std::string::npos);
}

TEST_F(BegunInTime, a34_it_is_good_in_the_session_that_was_asked_and_once) {
  // The answer to the page's challenge by another passkey, from whoever has a page by now.
  Passkey another("another");
  const auto answers = [&](Person& browser) {
    const auto response =
        another.key.register_as({.type = "webauthn.create", .challenge = Passkey::challenge_on(page)});
    return sends(browser, Person::filled(browser.get("/account/security"), "/account/security/passkey",
                                         {{"response", response}}));
  };
  Person elsewhere(world);
  elsewhere.sign_in("alice");
  EXPECT_TRUE(refused_for(answers(elsewhere)).starts_with("expired"));
  world.clock.advance(Seconds(60));
  ASSERT_EQ(sends(person, phone.made(page)).status, 303);
  const auto in = phone.signs_in(person.get("/sign-in?again=1"), alice);
  ASSERT_EQ(sends(person, in).status, 303) << "the same session, as strong as can be";
  EXPECT_EQ(header_at(answers(person), "Location"), "/account/security") << "and nothing was done";
  EXPECT_EQ(passkeys(), 1);
}

TEST_F(BegunInTime, a34_nothing_else_is_changed_by_who_has_begun_a_passkey) {
  world.clock.advance(Seconds(60));
  const auto answer = person.submit(page, "/account/security/password",
                                    {{"current", std::string(Person::secret_words)}, {"password", "five late trains"}});
  EXPECT_EQ(answer.status, 403);
  EXPECT_TRUE(text_at(world.events("authenticator.update").back().as_object(), "reason").starts_with("stale_sign_in"));
}

TEST_F(BegunInTime, a34_a_weak_sign_in_adds_none_though_it_was_begun_in_time) {
  const auto form = phone.made(page);
  Passkey owners("owners");
  const auto first = owners.made(person.get("/account/security"));
  ASSERT_EQ(sends(person, first).status, 303);
  world.clock.advance(Seconds(60));
  const auto answer = sends(person, form);
  EXPECT_EQ(answer.status, 403) << "who has a passkey signs in by it before another is added";
  EXPECT_TRUE(text_at(world.events("authenticator.create").back().as_object(), "reason").starts_with("weak_sign_in"));
}

TEST_F(BegunInTime, an_app_that_was_shown_its_key_in_time_is_set_up_up_to_five_minutes_after_none_is_made_any_more) {
  const auto form = person.get(app);
  world.clock.advance(Seconds(309));
  auto code = code_of(form);
  code[5] = code[5] == '0' ? '1' : '0';
  const auto mistyped = confirms(person, form, {{"code", code}});
  const auto again = person.get(header_at(mistyped, "Location"));
  EXPECT_EQ(key_on(again), key_on(form)) << "one wrong digit: their app has it already";
  EXPECT_EQ(person.get(app).status, 403) << "no other is made";
  const auto set_up = confirms(person, again, {{"code", code_of(form)}});
  EXPECT_TRUE(header_at(set_up, "Location").starts_with("/account/security?made=")) << set_up.body;
  EXPECT_EQ(count(signin::Type::totp), 1);
}

TEST_F(BegunInTime, a_key_that_was_confirmed_is_shown_no_more_at_the_address_where_it_was_shown_again) {
  ASSERT_EQ(sends(person, phone.made(page)).status, 303);
  ASSERT_EQ(sends(person, phone.signs_in(person.get("/sign-in?again=1"), alice)).status, 303) << "as strong as can be";
  const auto form = person.get(app);
  const auto address = app + "?enrolment=" + value_of(form, "enrolment");
  EXPECT_EQ(key_on(person.get(address)), key_on(form));
  ASSERT_EQ(confirms(person, form, {{"code", code_of(form)}}).status, 303);
  ASSERT_EQ(count(signin::Type::totp), 1);
  const auto again = person.get(address);
  EXPECT_EQ(again.status, 200);
  EXPECT_NE(key_on(again), key_on(form)) << "another is begun";
  world.clock.advance(Seconds(605));
  const auto late = person.get(address);
  EXPECT_EQ(late.status, 403) << "as for one that is to be begun";
  EXPECT_EQ(late.body.find(key_on(form)), std::string::npos);
}

TEST_F(BegunInTime, a34_an_app_that_was_removed_is_not_set_up_again_by_what_was_begun) {
  ASSERT_EQ(sends(person, phone.made(page)).status, 303);
  ASSERT_EQ(sends(person, phone.signs_in(person.get("/sign-in?again=1"), alice)).status, 303) << "as strong as can be";
  const auto form = person.get(app);
  const auto address = app + "?enrolment=" + value_of(form, "enrolment");
  ASSERT_EQ(confirms(person, form, {{"code", code_of(form)}}).status, 303);
  const auto all = signin::authenticators_of(*world.store, "default", alice);
  const auto* made = signin::find(*all, signin::Type::totp);
  ASSERT_NE(made, nullptr);
  const auto removed = person.submit(person.get("/account/security"), "/account/security/remove",
                                     {{"authenticator", made->record.id}});
  ASSERT_EQ(done_at(removed), "/account/security?done=removed");
  world.clock.advance(Seconds(60));
  const auto again = person.get(address);
  EXPECT_EQ(again.status, 200);
  EXPECT_NE(key_on(again), key_on(form)) << "who holds the address has no key that counts";
  EXPECT_EQ(person.submit(form, app, {{"code", code_of(form)}}).status, 400);
  EXPECT_TRUE(text_at(world.events("authenticator.create").back().as_object(), "reason").starts_with("expired"));
  EXPECT_EQ(count(signin::Type::totp), 0);
  EXPECT_EQ(confirms(person, again, {{"code", code_of(again)}}).status, 303) << "another is set up";
  EXPECT_EQ(count(signin::Type::totp), 1);
}

TEST_F(BegunInTime, a34_the_key_is_good_no_longer_and_in_the_session_that_was_shown_it) {
  const auto form = person.get(app);
  Person elsewhere(world);
  elsewhere.sign_in("alice");
  const auto other = elsewhere.submit(elsewhere.get(app), app,
                                      {{"code", code_of(form)}, {"enrolment", value_of(form, "enrolment")}});
  EXPECT_TRUE(refused_for(other).starts_with("expired"));
  world.clock.advance(Seconds(310));
  const auto late = person.submit(form, app, {{"code", code_of(form)}});
  EXPECT_EQ(late.status, 403);
  EXPECT_TRUE(refused_for(late).starts_with("stale_sign_in"));
}

TEST_F(BegunInTime, a34_a_weak_sign_in_sets_up_no_app_though_it_was_shown_its_key_in_time) {
  const auto form = person.get(app);
  ASSERT_EQ(sends(person, phone.made(page)).status, 303);
  world.clock.advance(Seconds(60));
  EXPECT_EQ(person.submit(form, app, {{"code", code_of(form)}}).status, 403);
  EXPECT_TRUE(text_at(world.events("authenticator.create").back().as_object(), "reason").starts_with("weak_sign_in"));
  EXPECT_EQ(count(signin::Type::totp), 0);
}

}  // namespace
}  // namespace deputy::test
