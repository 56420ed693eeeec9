// A form from before somebody signed in in another window: it goes on only as who it means.
#include <optional>

#include "flows/interaction.h"
#include "signin/authenticator.h"
#include "signin/totp/recovery_codes.h"
#include "tests/kit/passkey.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class OldForm : public testing::Test {
 protected:
  OldForm() {
    given_password(world, alice, "alice");
    given_password(world, bob, "bob", bobs_words);
  }
  std::string waiting(flows::AuthorizationRequest request = {}) {
    request.client = client.id;
    request.redirect_uri = "https://app.example/back";
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }
  http::Response typed(const http::Response& tab, const std::string& username, std::string_view words = "mistyped") {
    return person->submit(tab, "/sign-in", {{"username", username}, {"password", std::string(words)}});
  }
  // Nobody is gone on as: the page to sign in is there again, and it is on record.
  void expect_anew(const http::Response& answer, const std::string& username = "") {
    EXPECT_EQ(answer.status, 403) << header_at(answer, "Location");
    EXPECT_NE(answer.body.find("Somebody signed in here in another window"), std::string::npos) << answer.body;
    EXPECT_EQ(between(answer.body.substr(answer.body.find("name=\"username\"")), "value=\"", "\""), username);
    const auto event = world.events("user.sign_in").back().as_object();
    EXPECT_EQ(text_at(event, "decision"), "refused");
    EXPECT_TRUE(text_at(event, "reason").starts_with("csrf")) << json::serialize(event);
  }
  std::string given_second_factor(const std::string& user) {
    const auto app = signin::make_authenticator(signin::Type::totp, "default", user, world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({signin::put_of(app, world.clock.now())}));
    auto codes = signin::make_recovery_codes(world.app().sign_in, "default", user, world.clock.now());
    EXPECT_TRUE(codes && world.store->commit_now(std::move(codes->writes)));
    return codes->codes[0];
  }
  bool is_here(const std::string& username) {
    return person->get("/account").body.find(username) != std::string::npos;
  }

  static constexpr std::string_view bobs_words = "nine loud geese at dawn";
  World world;
  std::string alice = world.given_user("alice"), bob = world.given_user("bob");
  Given client = world.given_application("Calendar");
  std::optional<Person> person{std::in_place, world};
};

}  // namespace

TEST_F(OldForm, who_types_another_name_than_is_signed_in_goes_on_as_nobody) {
  flows::AuthorizationRequest hinted;
  hinted.login_hint = "bob";
  for (const auto& path : {"/sign-in?i=" + waiting(), "/sign-in?i=" + waiting(hinted), std::string("/sign-in")}) {
    person.emplace(world);
    const auto tab = person->get(path);
    person->sign_in("alice");
    const auto anew = typed(tab, "bob");
    expect_anew(anew, "bob");
    expect_anew(typed(tab, "nobody"), "nobody");  // A16: whether there is one or not
    EXPECT_EQ(typed(tab, "alice").status, 303) << "who is here goes on";
    EXPECT_TRUE(is_here("alice"));
    const auto in = typed(anew, "bob", bobs_words);
    EXPECT_EQ(in.status, 303) << in.body;
    EXPECT_TRUE(is_here("bob"));
    EXPECT_EQ(header_at(typed(anew, "bob", bobs_words), "Location"), header_at(in, "Location")) << "a second click";
  }
}

TEST_F(OldForm, oidc_s3_1_2_1_who_chose_another_account_never_goes_on_as_who_was_here) {
  person->sign_in("alice");
  flows::AuthorizationRequest request;
  request.prompt_select_account = true;
  const auto id = waiting(request);
  const auto chosen = person->submit(person->get("/sign-in?i=" + id), "/sign-in/choose", {{"as", "another"}});
  EXPECT_EQ(header_at(chosen, "Location"), "/sign-in?i=" + id + "&other=1");
  const auto tab = person->get(header_at(chosen, "Location"));
  ASSERT_EQ(person->sign_in("alice", Person::secret_words, "/sign-in?other=1").status, 303);
  expect_anew(typed(tab, "bob"), "bob");
  expect_anew(typed(tab, "alice"), "alice");
  ASSERT_EQ(person->sign_in("bob", bobs_words, "/sign-in?other=1").status, 303);
  EXPECT_EQ(header_at(typed(tab, "bob"), "Location"), "/oauth2/authorize/continue?i=" + id);
}

TEST_F(OldForm, a_choice_is_made_anew_where_somebody_else_is_here) {
  person->sign_in("alice");
  flows::AuthorizationRequest request;
  request.prompt_select_account = true;
  const auto id = waiting(request);
  const auto tab = person->get("/sign-in?i=" + id);
  ASSERT_EQ(person->sign_in("bob", bobs_words, "/sign-in?other=1").status, 303);
  expect_anew(person->submit(tab, "/sign-in/choose", {{"as", "same"}}));
  EXPECT_TRUE((*flows::find_interaction(id, "default", *world.store, world.clock.now()))->prompt_select_account);
}

TEST_F(OldForm, a_code_means_whose_first_factor_it_follows) {
  const auto code = given_second_factor(alice);
  given_second_factor(bob);
  const auto id = waiting();
  Person other = *person;
  const auto bobs = person->sign_in("bob", bobs_words, "/sign-in?i=" + id);
  const auto hers = person->sign_in("alice", Person::secret_words, "/sign-in?i=" + id);
  ASSERT_EQ(person->submit(hers, "/sign-in/code", {{"code", code}}).status, 303);
  expect_anew(person->submit(bobs, "/sign-in/code", {{"code", "000000"}}));
  EXPECT_EQ(header_at(person->submit(hers, "/sign-in/code", {{"code", code}}), "Location"),
            "/oauth2/authorize/continue?i=" + id);
  EXPECT_EQ(other.submit(hers, "/sign-in/code", {{"code", code}}).status, 403) << "a7: nobody is signed in there";
}

TEST_F(OldForm, a_passkey_means_whose_it_is) {
  const auto id = waiting();
  Passkey passkey("phone");
  const auto tab = person->get("/sign-in?i=" + id);
  person->sign_in("alice");
  const auto of = [&](const std::string& user) {
    const auto form = passkey.signs_in(tab, user);
    return person->post(form.target, form.fields);
  };
  expect_anew(of(bob));
  EXPECT_EQ(header_at(of(alice), "Location"), "/oauth2/authorize/continue?i=" + id);
}

TEST_F(OldForm, who_does_not_sign_in_is_not_signed_in) {
  flows::AuthorizationRequest request;
  request.acr_values = {"phr"};
  const auto tab = person->get("/sign-in?i=" + waiting(request));
  person->sign_in("alice");
  const auto answer = person->submit(tab, "/sign-in/back", {});
  EXPECT_EQ(answer.status, 403) << header_at(answer, "Location");
  EXPECT_NE(answer.body.find("action=\"/sign-in/back"), std::string::npos) << answer.body;
}

TEST_F(OldForm, of_a_request_that_is_answered_only_who_was_meant_is_shown_how) {
  const auto id = waiting();
  const auto tab = person->get("/sign-in?i=" + id);
  person->sign_in("alice", Person::secret_words, "/sign-in?i=" + id);
  const auto request = *flows::find_interaction(id, "default", *world.store, world.clock.now());
  ASSERT_TRUE(request && world.store->commit_now(
                             flows::answer_interaction(id, *request, "default", world.clock.now())));
  EXPECT_NE(typed(tab, "bob").body.find("This was answered already"), std::string::npos);
  EXPECT_EQ(header_at(typed(tab, "alice"), "Location"), "/oauth2/authorize/continue?i=" + id);
}

}  // namespace deputy::test
