// A second click whose work is under way when the first becomes durable: it has looked for the first's answer before,
// and reads the rest after.
#include <functional>
#include <utility>

#include "signin/password/reset_code.h"
#include "signin/throttle/throttle.h"
#include "signin/totp/totp.h"
#include "tests/kit/base32.h"
#include "tests/kit/passkey.h"
#include "tests/kit/race.h"
#include "tests/sim/sim_store.h"

using namespace deputy;
using namespace deputy::test;

namespace {

// What is done once somebody has read so many times, at once and for good.
struct AfterReads final : sim::Between {
  AfterReads(sim::SimStore& store_, int reads_, std::function<void()> what_)
      : store(store_), reads(reads_), what(std::move(what_)) {
    store.between = this;
  }
  void point() override {
    if (++points < 2 * reads) return;  // one before each read, one after it
    store.between = nullptr;
    what();
  }
  bool read_fails() override { return false; }
  void queue(store::Writes, store::Committed) override { CHECK(false); }

  sim::SimStore& store;
  const int reads;
  std::function<void()> what;
  int points = 0;
};

struct SecondClick : testing::Test {
  // The first is done as soon as the second has not found it.
  void is_told_what_the_first_was(const Person& who, const Person::Filled& form, const std::string& leads_to,
                                  const std::string& action) {
    auto first = race.asked(who, "POST", form), second = race.asked(who, "POST", form);
    ASSERT_TRUE(first.later && second.later) << form.target;
    http::Response done;
    AfterReads meanwhile(late, 1, [&] { done = race.settled(first.later->work()); });
    const auto told = race.settled(second.later->work());
    EXPECT_EQ(meanwhile.points, 2);
    EXPECT_TRUE(header_at(done, "Location").starts_with(leads_to)) << done.status;
    EXPECT_EQ(told.status, 303) << told.body;
    EXPECT_EQ(header_at(told, "Location"), header_at(done, "Location"));
    EXPECT_EQ(text_at(world.events(action).back().as_object(), "decision"), "done");
  }
  // The same of a form that is decided at once, where the first is done after so many reads of the second. False: it
  // has read less often, and nothing was done.
  bool is_told_it(const Person& who, const Person::Filled& form, int reads) {
    auto first = race.decided(who, "POST", form);
    http::Response done;
    bool is_done = false;
    AfterReads meanwhile(late, reads, [&] {
      is_done = true;
      done = race.settled(std::move(first));
    });
    auto second = race.decided(who, "POST", form);
    late.between = nullptr;
    if (!is_done) return false;
    const auto told = race.settled(std::move(second));
    EXPECT_EQ(told.status, done.status) << reads << told.body;
    EXPECT_EQ(told.headers, done.headers) << reads;
    EXPECT_EQ(told.body, done.body) << reads;
    EXPECT_NE(text_at(world.events().back().as_object(), "decision"), "refused") << reads;
    return true;
  }
  // How many wrong ones are looked at until there are too many.
  int guesses_left(Person& who, const std::string& page, const std::string& action, Person::Fields fields) {
    for (int i = 0;; ++i) {
      const auto status = who.submit(who.get(page), action, fields).status;
      if (status == 429) return i;
      EXPECT_EQ(status, 400);
      if (status != 400) return -1;
    }
  }

  World world{std::make_unique<sim::SimStore>()};
  sim::SimStore& late = static_cast<sim::SimStore&>(*world.store);
  Race race{world};
  std::string alice = world.given_user("alice");
  Person person{world};
  const int guesses_max = static_cast<int>(signin::Throttle::Limits().pair.capacity);
};

}  // namespace

TEST_F(SecondClick, on_setting_a_password_by_a_code_is_told_what_the_first_was_and_is_no_guess) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(code && world.store->commit_now({std::move(code->write)}));
  const auto form = Person::filled(person.get("/sign-in/reset"), "/sign-in/reset",
                                   {{"username", "alice"}, {"code", code->code}, {"password", "six early buses"}});
  is_told_what_the_first_was(person, form, "/sign-in?set=", "user.reset");
  EXPECT_EQ(guesses_left(person, "/sign-in/reset", "/sign-in/reset",
                         {{"username", "alice"}, {"code", "wrong"}, {"password", "five late trains home"}}),
            guesses_max);
}

TEST_F(SecondClick, on_changing_a_password_is_told_what_the_first_was_and_is_no_guess) {
  given_password(world, alice, "alice");
  person.sign_in("alice");
  const auto form = Person::filled(
      person.get("/account/security"), "/account/security/password",
      {{"current", std::string(Person::secret_words)}, {"password", "five late trains home"}});
  is_told_what_the_first_was(person, form, "/account/security?done=password", "authenticator.update");
  EXPECT_EQ(guesses_left(person, "/account/security", "/account/security/password",
                         {{"current", "mistyped"}, {"password", "six early buses"}}),
            guesses_max);
}

TEST_F(SecondClick, on_a_code_is_told_what_the_first_was_however_far_it_has_come_and_is_no_guess) {
  given_password(world, alice, "alice");
  person.sign_in("alice");
  const auto app = person.get("/account/security/app");
  const Secret key(base32_decoded(between(app.body, "<p class=\"key\"><code>", "</code>")));
  const auto code = [&] { return signin::totp_code(key, signin::totp_step(world.clock.now())); };
  ASSERT_EQ(person.submit(app, "/account/security/app", {{"code", code()}}).status, 200);
  const signin::Bucket codes = signin::Throttle::Limits().second_factor;
  const auto codes_max = static_cast<int>(codes.capacity);
  int reads = 0;
  for (bool done = true; done;) {
    world.clock.advance(Seconds(codes_max * static_cast<int>(codes.refill.count())));  // so many may be tried again
    Person fresh(world), guesses(world);
    const auto form = Person::filled(fresh.sign_in("alice"), "/sign-in/code", {{"code", code()}});
    done = is_told_it(fresh, form, ++reads);
    if (!done) continue;
    const auto due = guesses.sign_in("alice");
    int left = 0;
    while (left <= codes_max && guesses.submit(due, "/sign-in/code", {{"code", "a wrong one"}}).status == 400) ++left;
    EXPECT_EQ(left, codes_max) << reads;
  }
  EXPECT_GT(reads, 4) << "it is looked at in more than one place";
}

TEST_F(SecondClick, on_a_passkey_that_counts_is_told_what_the_first_was_however_far_it_has_come) {
  given_password(world, alice, "alice");
  person.sign_in("alice");
  Passkey phone("phone");
  const auto make = phone.made(person.get("/account/security"));
  ASSERT_EQ(person.post(make.target, make.fields).status, 303);
  int reads = 0;
  std::uint32_t used = 0;
  for (bool done = true; done;) {
    Person fresh(world);
    const auto page = fresh.get("/sign-in");
    const auto response = phone.key.sign_in(
        {.type = "webauthn.get", .challenge = Passkey::challenge_on(page), .count = ++used}, alice);
    done = is_told_it(fresh, Person::filled(page, "/sign-in/passkey", {{"response", response}}), ++reads);
  }
  EXPECT_GT(reads, 4);
}

TEST_F(SecondClick, on_setting_up_an_app_is_told_what_the_first_was_however_far_it_has_come) {
  int reads = 0;
  for (bool done = true; done;) {
    const auto name = "user" + std::to_string(++reads);
    given_password(world, world.given_user(name), name);
    Person fresh(world);
    fresh.sign_in(name);
    const auto page = fresh.get("/account/security/app");
    const Secret key(base32_decoded(between(page.body, "<p class=\"key\"><code>", "</code>")));
    const auto code = signin::totp_code(key, signin::totp_step(world.clock.now()));
    done = is_told_it(fresh, Person::filled(page, "/account/security/app", {{"code", code}}), reads);
  }
  EXPECT_GT(reads, 8);
}
