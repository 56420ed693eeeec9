// Who signed in less strongly than a request asks is asked again where they can do more, and the client is told where
// they cannot.
#include "tests/kit/flow.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

struct Stronger : testing::Test, Flow {
  Stronger() { given_password(world, user, "alice"); }
  // Where a browser is sent that signs in by the password for a request that wants more.
  http::Response by_password() {
    const auto waits = person.get("/oauth2/authorize?" + form_text(request(agent, {{"acr_values", multi_factor}})));
    const auto page = location_of(waits);
    EXPECT_EQ(outcome_of(waits), "/sign-in");
    return person.get(location_of(person.sign_in("alice", Person::secret_words, page)));
  }

  static constexpr auto multi_factor = "urn:deputy:acr:multi-factor";
  Person person{world};
  Passkey phone{"phone"};
};

TEST_F(Stronger, rfc9470_s5_the_client_hears_of_it_where_the_person_can_do_no_more) {
  EXPECT_EQ(outcome_of(by_password()), "unmet_authentication_requirements");
}

TEST_F(Stronger, who_has_a_passkey_is_asked_for_it_after_the_password) {
  Person earlier(world);
  earlier.sign_in("alice");
  const auto make = phone.made(earlier.get("/account/security"));
  ASSERT_EQ(earlier.post(make.target, make.fields).status, 303);
  const auto again = by_password();
  ASSERT_EQ(outcome_of(again), "/sign-in") << "the request is not over";
  const auto page = person.get(location_of(again));
  EXPECT_NE(page.body.find("needs a passkey"), std::string::npos) << page.body;
  EXPECT_LT(page.body.find("id=\"passkey\""), page.body.find("name=\"password\"")) << page.body;
  EXPECT_NE(page.body.find("/sign-in/back"), std::string::npos) << "who has lost it has a way back";
  const auto form = phone.signs_in(page, user);
  const auto in = person.post(form.target, form.fields);
  ASSERT_EQ(in.status, 303) << in.body;
  EXPECT_EQ(outcome_of(person.get(location_of(in))), "/consent");
}

TEST_F(Stronger, a_passkey_that_would_not_do_either_is_asked_for_by_nobody) {
  Person earlier(world);
  earlier.sign_in("alice");
  const auto make = phone.made(earlier.get("/account/security"));
  ASSERT_EQ(earlier.post(make.target, make.fields).status, 303);
  const json::object low{{"acr", "low"}, {"amr", json::array{"pwd"}}};
  const json::object high{{"acr", multi_factor}, {"amr", json::array{"otp"}}};
  world.change(directory::Kind::tenant, "default", {{"acr_values", json::array{low, high}}});
  EXPECT_EQ(outcome_of(by_password()), "unmet_authentication_requirements");
}

}  // namespace
}  // namespace deputy::test
