// A second click whose work is under way when the first becomes durable: it has looked for the first's answer before,
// and reads the rest after.
#include <functional>
#include <utility>

#include "signin/password/reset_code.h"
#include "signin/throttle/throttle.h"
#include "tests/kit/race.h"
#include "tests/sim/sim_store.h"

using namespace deputy;
using namespace deputy::test;

namespace {

// What is done once somebody has read something, at once and for good.
struct AfterNextRead final : sim::Between {
  explicit AfterNextRead(sim::SimStore& store_, std::function<void()> what_) : store(store_), what(std::move(what_)) {
    store.between = this;
  }
  void point() override {
    if (++points < 2) return;  // before the read
    store.between = nullptr;
    what();
  }
  bool read_fails() override { return false; }
  void queue(store::Writes, store::Committed) override { CHECK(false); }

  sim::SimStore& store;
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
    AfterNextRead meanwhile(late, [&] { done = race.settled(first.later->work()); });
    const auto told = race.settled(second.later->work());
    EXPECT_EQ(meanwhile.points, 2);
    EXPECT_TRUE(header_at(done, "Location").starts_with(leads_to)) << done.status;
    EXPECT_EQ(told.status, 303) << told.body;
    EXPECT_EQ(header_at(told, "Location"), header_at(done, "Location"));
    EXPECT_EQ(text_at(world.events(action).back().as_object(), "decision"), "done");
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
