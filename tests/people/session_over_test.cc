// A change that was asked for in a session which is over when it becomes durable: nothing comes of it, however long it
// waited for a thread.
#include <functional>

#include "flows/session.h"
#include "signin/authenticator.h"
#include "signin/sign_out.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"
#include "tests/kit/race.h"

namespace deputy::test {
namespace {

class SessionOver : public testing::Test {
 protected:
  SessionOver() {
    given_password(world, alice, "alice");
    owner.sign_in("alice");
  }
  std::string code_of(const http::Response& page) {
    const Secret secret(base32_decoded(between(page.body, "<p class=\"key\"><code>", "</code>")));
    return signin::totp_code(secret, signin::totp_step(world.clock.now()));
  }
  // By the password and a code of the app that was set up on this page.
  void sign_in_with_app(Person& browser, const http::Response& page) {
    world.clock.advance(Seconds(60));
    const auto due = browser.sign_in("alice", Person::secret_words, "/sign-in?other=1");
    ASSERT_EQ(browser.submit(due, "/sign-in/code", {{"code", code_of(page)}}).status, 303);
  }
  static Person::Filled new_password(Person& browser) {
    return Person::filled(browser.get("/account/security"), "/account/security/password",
                          {{"current", std::string(Person::secret_words)}, {"password", "five late trains home"}});
  }
  void owner_signs_others_out() {
    const auto out = owner.submit(owner.get("/account/devices"), "/account/devices", {{"session", "others"}});
    ASSERT_EQ(done_at(out), "/account/devices?done=ended");
  }
  std::vector<std::pair<std::string, std::uint64_t>> methods() {
    std::vector<std::pair<std::string, std::uint64_t>> each;
    const auto all = *signin::authenticators_of(*world.store, "default", alice);
    for (const auto& one : all)
      each.emplace_back(one.record.id, one.record.version);
    return each;
  }
  std::string id_of(signin::Type type) {
    const auto all = *signin::authenticators_of(*world.store, "default", alice);
    const auto* found = signin::find(all, type);
    return found == nullptr ? "" : found->record.id;
  }
  // What waited is done now, and changes nothing; it is on record.
  void expect_nothing_of(endpoints::Answer waiting, const char* why = "signed_out") {
    ASSERT_TRUE(waiting.later) << waiting.response.status;
    const auto before = methods();
    const auto answer = race.settled(waiting.later->work());
    EXPECT_EQ(header_at(answer, "Location"), "/account/security") << answer.status;
    EXPECT_EQ(methods(), before);
    const auto event = world.events("authenticator.update").back().as_object();
    EXPECT_EQ(text_at(event, "decision"), "refused") << json::serialize(event);
    EXPECT_EQ(text_at(event, "actor"), alice);
    EXPECT_TRUE(text_at(event, "reason").starts_with(why)) << json::serialize(event);
  }

  World world;
  std::string alice = world.given_user("alice");
  Person owner{world}, thief{world};
  Race race{world};
};

TEST_F(SessionOver, a_password_that_waited_for_a_thread_is_not_set_by_who_was_signed_out_meanwhile) {
  thief.sign_in("alice");
  auto waits = race.asked(thief, "POST", new_password(thief));
  owner_signs_others_out();
  expect_nothing_of(std::move(waits));
  Person somebody(world);
  EXPECT_EQ(header_at(somebody.sign_in("alice"), "Location"), "/account") << "by the password that there was";
}

TEST_F(SessionOver, nor_by_who_holds_the_cookie_from_before_the_owner_signed_in_anew) {
  Person copied = owner;
  auto waits = race.asked(copied, "POST", new_password(copied));
  ASSERT_EQ(owner.sign_in("alice", Person::secret_words, "/sign-in?again=1").status, 303);
  expect_nothing_of(std::move(waits));
}

TEST_F(SessionOver, nor_by_a_session_that_a_sign_out_of_all_ended_by_its_mark_alone) {
  thief.sign_in("alice");
  const auto sessions = flows::sessions_of(alice, "default", *world.store, world.clock.now());
  ASSERT_TRUE(sessions && sessions->size() == 2);
  auto waits = race.asked(thief, "POST", new_password(thief));
  // As after a change that did not see the thief's session, which was written at the same moment.
  const auto before = signin::sign_out_of(*world.store, "default", alice);
  ASSERT_TRUE(world.store->commit_now({signin::sign_out(*before, "default", alice, sessions->at(1).id,
                                                        world.app().random, world.clock.now())}));
  expect_nothing_of(std::move(waits));
  EXPECT_EQ(owner.get("/account").status, 200) << "whose session was spared";
}

TEST_F(SessionOver, a34_nor_by_a_sign_in_that_is_too_weak_by_then) {
  Person copied = owner;
  auto waits = race.asked(copied, "POST", new_password(copied));
  const auto make = Passkey("owners").made(owner.get("/account/security"));
  ASSERT_EQ(done_at(owner.post(make.target, make.fields)), "/account/security?done=set-up");
  expect_nothing_of(std::move(waits), "weak_sign_in");
}

TEST_F(SessionOver, no_method_is_made_changed_or_removed_by_who_was_signed_out_meanwhile) {
  const auto app = owner.get("/account/security/app");
  ASSERT_EQ(owner.submit(app, "/account/security/app", {{"code", code_of(app)}}).status, 200);
  using Asked = std::function<Person::Filled()>;
  const std::vector<std::pair<std::string, Asked>> changes{
      {"authenticator.create",
       [&] { return Passkey("theirs").made(thief.get("/account/security")); }},
      {"authenticator.create",
       [&] {
         const auto page = thief.get("/account/security/app");
         return Person::filled(page, "/account/security/app", {{"code", code_of(page)}});
       }},
      {"authenticator.update",
       [&] { return Person::filled(thief.get("/account/security"), "/account/security/recovery-codes", {}); }},
      {"authenticator.update", [&] { return new_password(thief); }},
      {"authenticator.delete",
       [&] {
         return Person::filled(thief.get("/account/security"), "/account/security/remove",
                               {{"authenticator", id_of(signin::Type::totp)}});
       }}};
  for (const auto& [action, asked] : changes) {
    sign_in_with_app(thief, app);
    const auto before = methods();
    const auto form = asked();
    auto late = race.decided(thief, "POST", form);
    owner_signs_others_out();
    const auto answer = race.settled(std::move(late));
    EXPECT_EQ(header_at(answer, "Location"), "/account/security") << form.target << answer.status;
    EXPECT_EQ(answer.body.find("recovery codes"), std::string::npos) << form.target;
    EXPECT_EQ(methods(), before) << form.target;
    const auto event = world.events(action).back().as_object();
    EXPECT_EQ(text_at(event, "decision"), "refused") << form.target << json::serialize(event);
    EXPECT_TRUE(text_at(event, "reason").starts_with("signed_out")) << form.target << json::serialize(event);
  }
}

TEST_F(SessionOver, who_was_signed_out_signs_nobody_out_and_is_on_record) {
  for (const std::string action : {"session.end", "browser.forget"}) {
    thief.sign_in("alice");
    const auto page = thief.get("/account/devices");
    const Person::Fields asked = action == "session.end"
                                     ? Person::Fields{{"session", "others"}}
                                     : Person::Fields{{"forget", between(page.body, "name=\"forget\" value=\"", "\"")}};
    auto late = race.decided(thief, "POST", Person::filled(page, "/account/devices", asked));
    owner_signs_others_out();
    EXPECT_EQ(header_at(race.settled(std::move(late)), "Location"), "/account/devices");
    EXPECT_EQ(owner.get("/account").status, 200) << action;
    EXPECT_EQ(thief.get("/account").status, 303) << action;
    const auto event = world.events(action).back().as_object();
    EXPECT_EQ(text_at(event, "decision"), "refused") << json::serialize(event);
    EXPECT_EQ(text_at(event, "actor"), alice) << json::serialize(event);
    EXPECT_TRUE(text_at(event, "reason").starts_with("signed_out")) << json::serialize(event);
  }
}

}  // namespace
}  // namespace deputy::test
