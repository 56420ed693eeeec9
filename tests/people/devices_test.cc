// /account/devices: in which browsers a person is signed in, which are known, and ending either.
#include "flows/session.h"
#include "signin/known_browser.h"
#include "signin/sign_out.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class DevicePages : public testing::Test {
 protected:
  DevicePages() {
    given_password(world, alice, "alice");
    person.sign_in("alice");
  }

  World world;
  std::string alice = world.given_user("alice");
  Person person{world};
};

TEST_F(DevicePages, other_browsers_are_signed_out_one_by_one_or_all) {
  Person phone(world), work(world);
  phone.sign_in("alice");
  work.sign_in("alice");
  EXPECT_EQ(flows::sessions_of(alice, "default", *world.store, world.clock.now())->size(), 3u);
  const auto answer = person.submit(person.get("/account/devices"), "/account/devices", {{"session", "others"}});
  EXPECT_EQ(answer.status, 303);
  EXPECT_EQ(phone.get("/account").status, 303);
  EXPECT_EQ(work.get("/account").status, 303);
  EXPECT_EQ(person.get("/account").status, 200);
  person.submit(person.get("/account"), "/account/sign-out", {});
  EXPECT_EQ(person.get("/account").status, 303);
}

TEST_F(DevicePages, what_a_sign_out_of_all_has_ended_is_in_no_list) {
  Person phone(world);
  phone.sign_in("alice");
  const auto sessions = flows::sessions_of(alice, "default", *world.store, world.clock.now());
  ASSERT_EQ(sessions->size(), 2u);
  const auto &of_phone = sessions->at(0).id, &mine = sessions->at(1).id;
  EXPECT_NE(person.get("/account/devices").body.find(of_phone), std::string::npos);
  const auto before = signin::sign_out_of(*world.store, "default", alice);
  // As after a change that did not see the phone's session, which was written at the same moment.
  ASSERT_TRUE(world.store->commit_now(
      {signin::sign_out(*before, "default", alice, mine, world.app().random, world.clock.now())}));
  const auto page = person.get("/account/devices");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body.find(of_phone), std::string::npos);
  EXPECT_EQ(phone.get("/account").status, 303);
}

TEST_F(DevicePages, my_browsers_are_listed_and_a38_forgetting_one_ends_its_sessions_and_its_mark) {
  const auto browsers = [&] { return *signin::known_browsers(alice, "default", *world.store, world.clock.now()); };
  Person phone(world);
  phone.sign_in("alice");
  ASSERT_EQ(browsers().size(), 2u);
  world.clock.advance(Seconds(3600));
  const auto mine = person.get("/account/devices");
  EXPECT_EQ(browsers().at(0).seen_at, world.clock.now()) << "using it is being seen";
  EXPECT_NE(mine.body.find("this browser"), std::string::npos);
  const auto forgotten = browsers().at(1).id;
  // Nobody forgets another's, or the browser they sit at.
  given_password(world, world.given_user("mallory"), "mallory");
  Person mallory(world);
  mallory.sign_in("mallory");
  const auto csrf = value_of(mallory.get("/account/devices"), "csrf");
  const auto not_theirs = mallory.post("/account/devices", {{"csrf", csrf}, {"forget", forgotten}});
  EXPECT_EQ(done_at(not_theirs), "/account/devices?done=forgotten");
  person.submit(mine, "/account/devices", {{"forget", browsers().at(0).id}});
  EXPECT_EQ(browsers().size(), 2u);
  EXPECT_EQ(phone.get("/account").status, 200);

  EXPECT_EQ(person.submit(person.get("/account/devices"), "/account/devices", {{"forget", forgotten}}).status, 303);
  EXPECT_EQ(browsers().size(), 1u);
  EXPECT_EQ(phone.get("/account").status, 303) << "its session is over";
  EXPECT_EQ(text_at(world.events("browser.forget").back().as_object(), "target"), forgotten);
  EXPECT_EQ(person.get("/account").status, 200);
}

TEST_F(DevicePages, a_browser_that_is_signed_out_stays_known_and_is_known_again) {
  const auto browsers = [&] { return *signin::known_browsers(alice, "default", *world.store, world.clock.now()); };
  const auto id = browsers().at(0).id;
  person.submit(person.get("/account"), "/account/sign-out", {});
  ASSERT_EQ(browsers().size(), 1u);
  person.sign_in("alice");
  ASSERT_EQ(browsers().size(), 1u) << "by the mark in its cookie";
  EXPECT_EQ(browsers().at(0).id, id);
  Person phone(world);
  phone.sign_in("alice");
  phone.submit(phone.get("/account"), "/account/sign-out", {});
  EXPECT_NE(person.get("/account/devices").body.find("Not signed in"), std::string::npos);
}

}  // namespace
}  // namespace deputy::test
