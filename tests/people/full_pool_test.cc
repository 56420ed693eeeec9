// Where no thread is free to hash, and no place to wait for one: who asked is told, and is on record where known.
#include <latch>

#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class FullPool : public testing::Test {
 protected:
  FullPool() {
    given_password(world, alice, "alice");
    person.sign_in("alice");
  }
  // What is answered while the pool takes no more.
  http::Response meanwhile(const Person::Filled& form, Person& browser) {
    auto& pool = world.app().sign_in.pool;
    EXPECT_TRUE(pool.run([this] {
      busy.count_down();
      go_on.wait();
    }));
    busy.wait();  // its one thread
    while (pool.run([this] { go_on.wait(); })) {}
    auto answer = browser.post(form.target, form.fields);
    go_on.count_down();
    return answer;
  }

  std::latch busy{1}, go_on{1};  // they outlive the pool, whose thread waits
  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
};

TEST_F(FullPool, a_change_of_a_password_that_is_refused_for_it_is_an_event_of_who_asked) {
  const auto form = Person::filled(person.get("/account/security"), "/account/security/password",
                                   {{"current", std::string(Person::secret_words)}, {"password", "five late trains"}});
  const auto answer = meanwhile(form, person);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(header_at(answer, "Retry-After"), "1");
  const auto event = world.events("authenticator.update").back().as_object();
  EXPECT_EQ(text_at(event, "decision"), "refused") << json::serialize(event);
  EXPECT_EQ(text_at(event, "actor"), alice);
  EXPECT_EQ(text_at(event, "subject"), alice);
  EXPECT_TRUE(text_at(event, "reason").starts_with("unavailable")) << json::serialize(event);
}

TEST_F(FullPool, a_sign_in_that_is_refused_for_it_is_none_for_it_is_nobodys_yet) {
  Person somebody(world);
  const auto form = Person::filled(somebody.get("/sign-in"), "/sign-in",
                                   {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  const auto before = world.events().size();
  const auto answer = meanwhile(form, somebody);
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("<code lang=\"en\">req_"), std::string::npos) << "its number" << answer.body;
  EXPECT_EQ(world.events().size(), before);
}

}  // namespace
}  // namespace deputy::test
