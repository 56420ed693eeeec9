// Two windows, two clicks: whatever two requests of one person decide before either is durable, each has an answer.
#include "tests/kit/race.h"

#include "flows/disclosure.h"
#include "flows/interaction.h"
#include "flows/session.h"
#include "tests/kit/flow.h"
#include "tests/kit/passkey.h"

namespace deputy::test {
namespace {

using Filled = Person::Filled;

struct Windows : testing::Test {
  Windows() {
    given_password(world, alice, "alice");
    const auto role = world.given_role("staff", api, {"inv:*"});
    world.given_assignment(role, alice);
    world.given_assignment(role, agent.id, {{"acts", "others"}});
    person.sign_in("alice");
    ceiling = world.given_assignment(role, helper.id, {{"acts", "others"}});
  }
  std::string waiting(const std::function<void(flows::AuthorizationRequest&)>& change = {}) {
    flows::AuthorizationRequest made;
    made.client = agent.id;
    made.redirect_uri = "https://app.example/back";
    made.state = "s1";
    made.scope = *oauth::ScopeSet::parse("openid inv:read");
    made.resources = {"https://api.example/invoices"};
    made.code_challenge = "c";
    made.at = world.clock.now();
    if (change) change(made);
    auto kept = flows::keep_interaction(made, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }
  Filled answer(const http::Response& page, const std::string& word) {
    Person::Fields fields{{"duration", "month"}, {"answer", word}, {"tell", "openid"}};
    fields.emplace_back("allow", between(page.body, "name=\"allow\" value=\"", "\""));
    return Person::filled(page, "/consent", std::move(fields));
  }
  // Both are decided, then both become durable.
  std::pair<http::Response, http::Response> both(const std::string& method, const Filled& one, const Filled& other) {
    auto first = race.decided(person, method, one), second = race.decided(person, method, other);
    auto before = race.settled(std::move(first));
    return {std::move(before), race.settled(std::move(second))};
  }
  std::pair<http::Response, http::Response> twice(const std::string& method, const Filled& one) {
    return both(method, one, one);
  }
  std::pair<http::Response, http::Response> twice(const std::string& page, const std::string& action,
                                                  Person::Fields fields) {
    return twice("POST", Person::filled(person.get(page), action, std::move(fields)));
  }

  World world;
  std::string alice = world.given_user("alice");
  Given agent = world.given_agent("Bookkeeper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  Given helper = world.given_agent("Helper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  std::string api = world.given_resource("https://api.example/invoices", {"inv:read", "inv:pay"});
  std::string ceiling;
  Person person{world};
  Race race{world};
};

}  // namespace

TEST_F(Windows, rfc9126_s7_3_of_two_visits_to_a_pushed_request_one_is_answered) {
  const auto pushed = [](auto& request) { request.request_uri = "pushed-once"; };
  const auto one = person.get("/consent?i=" + waiting(pushed)), other = person.get("/consent?i=" + waiting(pushed));
  const auto [first, second] = both("POST", answer(one, "allow"), answer(other, "allow"));
  EXPECT_TRUE(location_of(first).starts_with("https://app.example/back?code=")) << location_of(first);
  EXPECT_NE(second.body.find("This was answered already"), std::string::npos) << location_of(second);
  EXPECT_EQ(world.events("consent.give").size(), 1u);
}

TEST_F(Windows, a42_two_answers_to_one_page_are_one_answer) {
  const std::vector<std::pair<std::string, std::string>> pairs{
      {"deny", "deny"}, {"allow", "deny"}, {"deny", "allow"}, {"allow", "allow"}};
  for (const auto& [one, other] : pairs) {
    const auto page = person.get("/consent?i=" + waiting());
    ASSERT_EQ(page.status, 200) << page.body;
    const auto [first, second] = both("POST", answer(page, one), answer(page, other));
    EXPECT_TRUE(location_of(first).starts_with("https://app.example/back?")) << one << " " << other;
    if (one == other)
      EXPECT_EQ(location_of(second), location_of(first)) << one;
    else
      EXPECT_NE(second.body.find("This was answered already"), std::string::npos) << one << " " << other;
  }
}

TEST_F(Windows, a42_who_goes_back_twice_where_nothing_is_left_to_allow_gives_one_answer) {
  const auto id = waiting([&](auto& request) { request.client = helper.id; });
  ASSERT_EQ(person.get("/consent?i=" + id).status, 200);
  world.change(store::Kind::assignment, ceiling, {{"acts", "self"}});
  const auto [first, second] = twice("/consent?i=" + id, "/consent", {{"answer", "deny"}});
  EXPECT_NE(location_of(first).find("error=invalid_scope"), std::string::npos) << first.body;
  EXPECT_EQ(location_of(second), location_of(first));
}

// One window settles something of the request, another answers it meanwhile.
TEST_F(Windows, a42_what_was_answered_meanwhile_does_not_wait_again) {
  const std::string answered = "This was answered already";
  const auto is_over = [&](const std::string& i) {
    for (const auto* page : {"/consent", "/sign-in", "/oauth2/authorize/continue"})
      EXPECT_NE(person.get(page + i).body.find(answered), std::string::npos) << page;
  };
  const auto choosing = "?i=" + waiting([](auto& request) { request.prompt_select_account = true; });
  const auto choice = Person::filled(person.get("/sign-in" + choosing), "/sign-in/choose", {{"as", "same"}});
  const auto yes = answer(person.get("/consent" + choosing), "allow");
  auto chosen = race.decided(person, "POST", choice);
  EXPECT_EQ(outcome_of(person.post(yes.target, yes.fields)), "code");
  EXPECT_EQ(location_of(race.settled(std::move(chosen))), "/sign-in" + choosing);
  is_over(choosing);

  const auto stepping_up = "?i=" + waiting([](auto& request) { request.scope = *oauth::ScopeSet::parse("inv:pay"); });
  auto no = race.decided(person, "POST", answer(person.get("/consent" + stepping_up), "deny"));
  const json::array scopes{json::object{{"name", "inv:pay"}, {"acr", "phr"}}};
  world.change(store::Kind::resource, api, {{"scopes", scopes}});
  auto on = race.decided(person, "GET", {"/oauth2/authorize/continue" + stepping_up, {}});
  ASSERT_EQ(location_of(on.response), "/sign-in" + stepping_up);
  EXPECT_EQ(outcome_of(race.settled(std::move(no))), "access_denied");
  EXPECT_NE(race.settled(std::move(on)).body.find(answered), std::string::npos);
  is_over(stepping_up);
}

TEST_F(Windows, whatever_is_done_twice_at_once_has_two_answers) {
  const auto i = "?i=" + waiting([](auto& request) { request.prompt_select_account = true; });
  const auto choice = person.get("/sign-in" + i);
  const auto [one, other] = both("POST", Person::filled(choice, "/sign-in/choose", {{"as", "same"}}),
                                 Person::filled(choice, "/sign-in/choose", {{"as", "another"}}));
  EXPECT_EQ(one.status, 303);
  EXPECT_EQ(other.status, 303);

  // With a consent there is nothing to ask: both go back at once, and one with a code.
  const auto given = answer(person.get("/consent?i=" + waiting()), "allow");
  EXPECT_EQ(outcome_of(person.post(given.target, given.fields)), "code");
  const auto [back, late] = twice("GET", {"/oauth2/authorize/continue?i=" + waiting(), {}});
  EXPECT_EQ(outcome_of(back), "code") << back.body;
  EXPECT_EQ(location_of(late), location_of(back));

  const auto told = flows::disclosed_to(agent.id, alice, "default", *world.store);
  ASSERT_TRUE(told && *told);
  const auto [untold, again] = twice("/account", "/account/withdraw", {{"disclosure", (*told)->id}});
  EXPECT_TRUE(location_of(untold).starts_with("/account"));
  EXPECT_TRUE(location_of(again).starts_with("/account"));

  Person phone(world);
  phone.sign_in("alice");
  const auto [ended, ended_too] = twice("/account/devices", "/account/devices", {{"session", "others"}});
  EXPECT_TRUE(location_of(ended).starts_with("/account/devices"));
  EXPECT_TRUE(location_of(ended_too).starts_with("/account/devices"));
  phone.sign_in("alice");
  const auto page = person.get("/account/devices");
  const auto forget = between(page.body, "name=\"forget\" value=\"", "\"");
  const auto [forgotten, forgotten_too] = twice("/account/devices", "/account/devices", {{"forget", forget}});
  EXPECT_TRUE(location_of(forgotten).starts_with("/account/devices"));
  EXPECT_TRUE(location_of(forgotten_too).starts_with("/account/devices"));

  const std::string words(Person::secret_words);
  const auto [changed, changed_too] = twice("/account/security", "/account/security/password",
                                            {{"current", words}, {"password", "five late trains home"}});
  EXPECT_EQ(done_at(changed), "/account/security?done=password");
  EXPECT_EQ(location_of(changed_too), location_of(changed));

  const auto [out, out_too] = twice("/account", "/account/sign-out", {});
  EXPECT_EQ(out.status, 200);
  EXPECT_EQ(out_too.status, 303);
  const auto [in, in_too] =
      twice("/sign-in", "/sign-in", {{"username", "alice"}, {"password", "five late trains home"}});
  EXPECT_EQ(location_of(in), "/account");
  EXPECT_EQ(location_of(in_too), location_of(in));
}

TEST_F(Windows, a_sign_in_that_is_sent_twice_is_one_and_both_answers_bear_its_cookie) {
  Passkey passkey("phone");
  const auto make = passkey.made(person.get("/account/security"));
  ASSERT_EQ(done_at(person.post(make.target, make.fields)), "/account/security?done=set-up");
  const std::string waits = "?i=" + waiting([](auto& request) { request.prompt_login = true; });
  const Person::Fields typed{{"username", "alice"}, {"password", std::string(Person::secret_words)}};
  const std::vector<std::pair<std::string, std::string>> pages{
      {"/sign-in?again=1", "/account"}, {"/sign-in" + waits, "/oauth2/authorize/continue" + waits}};
  for (const auto& [page, leads_to] : pages)
    for (const bool by_passkey : {false, true}) {
      const auto shown = person.get(page);
      const auto form = by_passkey ? passkey.signs_in(shown, alice) : Person::filled(shown, "/sign-in", typed);
      const auto [first, second] = twice("POST", form);
      EXPECT_EQ(location_of(first), leads_to) << form.target;
      EXPECT_EQ(second.headers, first.headers) << form.target;
      Person late = person;
      EXPECT_EQ(header_at(late.post(form.target, form.fields), "Set-Cookie"), header_at(first, "Set-Cookie"))
          << "a third that comes after";
      person.took(second);
      EXPECT_EQ(person.get("/account").status, 200) << form.target;
    }
  for (const auto& event : world.events("user.sign_in"))
    EXPECT_EQ(text_at(event.as_object(), "decision"), "granted") << json::serialize(event);
}

TEST_F(Windows, a_first_sign_in_that_is_sent_twice_is_one_until_the_person_changes_how_they_sign_in) {
  Person fresh(world);
  const auto form = Person::filled(fresh.get("/sign-in"), "/sign-in",
                                   {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  const auto devices = [&] { return world.store->under("default", alice)->size(); };  // and all else of the person
  const auto before = devices();
  auto one = race.decided(fresh, "POST", form), two = race.decided(fresh, "POST", form);
  const auto in = race.settled(std::move(one)), too = race.settled(std::move(two));
  ASSERT_EQ(location_of(in), "/account");
  EXPECT_EQ(too.headers, in.headers);
  EXPECT_EQ(devices(), before + 2) << "a session, and a browser that is known now";
  Person elsewhere(world);
  elsewhere.sign_in("alice");
  const auto change = Person::filled(elsewhere.get("/account/security"), "/account/security/password",
                                     {{"current", std::string(Person::secret_words)},
                                      {"password", "five late trains home"}});
  ASSERT_EQ(done_at(elsewhere.post(change.target, change.fields)), "/account/security?done=password");
  Person third = fresh;
  EXPECT_EQ(third.post(form.target, form.fields).status, 400) << "the password is another by now";
}

TEST_F(Windows, a_second_click_on_sign_in_comes_back_with_the_code_that_the_first_led_to) {
  const auto given = answer(person.get("/consent?i=" + waiting()), "allow");
  ASSERT_EQ(outcome_of(person.post(given.target, given.fields)), "code");
  Person clicks(world);
  const auto form =
      Person::filled(clicks.get("/sign-in?i=" + waiting()), "/sign-in",
                     {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  const auto in = clicks.post(form.target, form.fields);
  const auto back = clicks.get(location_of(in));
  ASSERT_EQ(outcome_of(back), "code") << "what was allowed is not asked again";
  const auto late = clicks.post(form.target, form.fields);
  EXPECT_EQ(location_of(late), location_of(in)) << late.body;
  EXPECT_EQ(location_of(clicks.get(location_of(late))), location_of(back));
  EXPECT_EQ(Person(world).get(location_of(in)).status, 400) << "nobody else's browser";
  world.clock.advance(Seconds(31));
  EXPECT_NE(clicks.get(location_of(in)).body.find("This was answered already"), std::string::npos);
}

TEST_F(Windows, a_second_click_that_waits_for_a_thread_until_the_first_is_done_is_told_what_the_first_was) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(code && world.store->commit_now({std::move(code->write)}));
  Person forgetful(world);
  const auto reset = Person::filled(forgetful.get("/sign-in/reset"), "/sign-in/reset",
                                    {{"username", "alice"}, {"code", code->code}, {"password", "six early buses"}});
  const auto at_once = [&](const Person& who, const Filled& form) {
    auto first = race.asked(who, "POST", form), second = race.asked(who, "POST", form);
    EXPECT_TRUE(first.later && second.later) << form.target;
    const auto done = race.settled(first.later->work()), again = race.settled(second.later->work());
    EXPECT_EQ(again.status, 303) << again.body;
    EXPECT_EQ(location_of(again), location_of(done)) << form.target;
    return location_of(done);
  };
  EXPECT_TRUE(at_once(forgetful, reset).starts_with("/sign-in?set="));
  person.sign_in("alice", "six early buses");
  const auto change = Person::filled(person.get("/account/security"), "/account/security/password",
                                     {{"current", "six early buses"}, {"password", "five late trains home"}});
  EXPECT_TRUE(at_once(person, change).starts_with("/account/security?done=password"));
}

TEST_F(Windows, a_second_click_on_sign_in_that_waits_for_a_thread_until_the_first_is_done_begins_no_other_session) {
  const auto sessions = [&] { return flows::sessions_of(alice, "default", *world.store, world.clock.now())->size(); };
  Person fresh(world);
  const auto form = Person::filled(fresh.get("/sign-in"), "/sign-in",
                                   {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  const auto before = sessions();
  auto first = race.asked(fresh, "POST", form), second = race.asked(fresh, "POST", form);
  ASSERT_TRUE(first.later && second.later);
  const auto in = race.settled(first.later->work()), too = race.settled(second.later->work());
  EXPECT_EQ(location_of(in), "/account");
  EXPECT_EQ(too.headers, in.headers);
  EXPECT_EQ(sessions(), before + 1);
  fresh.took(too);
  EXPECT_EQ(fresh.get("/account").status, 200);
}

TEST_F(Windows, who_signs_out_twice_is_signed_out) {
  const auto asked = person.get("/oauth2/logout");
  const auto [first, second] = twice("POST", Person::filled(asked, "/oauth2/logout", {}));
  for (const auto* one : {&first, &second}) {
    EXPECT_EQ(one->status, 200) << one->body;
    EXPECT_NE(one->body.find("You are signed out"), std::string::npos) << one->body;
  }
  EXPECT_EQ(person.get("/account").status, 303);
}

TEST_F(Windows, a_reset_code_is_good_once_and_both_clicks_hear_of_it) {
  auto code = signin::make_reset_code(world.app().sign_in, "default", alice, world.clock.now());
  ASSERT_TRUE(code);
  ASSERT_TRUE(world.store->commit_now({std::move(code->write)}));
  const auto form =
      Person::filled(person.get("/sign-in/reset"), "/sign-in/reset",
                     {{"username", "alice"}, {"code", code->code}, {"password", "five late trains home"}});
  const auto [first, second] = twice("POST", form);
  EXPECT_TRUE(location_of(first).starts_with("/sign-in?set=")) << location_of(first);
  EXPECT_NE(person.get(location_of(first)).body.find("Your new password is set."), std::string::npos);
  for (auto* elsewhere : {"/sign-in?set=1", "/sign-in?set="})
    EXPECT_EQ(person.get(elsewhere).body.find("Your new password is set."), std::string::npos) << "a link says nothing";
  EXPECT_EQ(location_of(second), location_of(first));
  EXPECT_EQ(location_of(person.post(form.target, form.fields)), location_of(first)) << "and the third";
  Person other(world);
  EXPECT_EQ(other.get(location_of(first)).body.find("Your new password is set."), std::string::npos) << "another's";
  const auto elsewhere = Person::filled(other.get("/sign-in/reset"), "/sign-in/reset",
                                        {{"username", "alice"}, {"code", code->code}, {"password", "six early buses"}});
  EXPECT_EQ(other.post(elsewhere.target, elsewhere.fields).status, 400);
}

}  // namespace deputy::test
