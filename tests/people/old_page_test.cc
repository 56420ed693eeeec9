// A page that was open for too long: its form does nothing, and a browser finds the page as it is now, which says so.
// The request that waits is kept, and nobody is signed in, signed out or answered for by what somebody else sent.
#include <fmt/format.h>

#include "flows/interaction.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class OldPage : public testing::Test {
 protected:
  OldPage() {
    given_password(world, alice, "alice");
    given_password(world, bob, "bob", bobs_words);
    const auto role = world.given_role("staff", api, {"inv:read"});
    world.given_assignment(role, alice);
    world.given_assignment(role, agent.id, {{"acts", "others"}});
  }
  std::string waiting() {
    flows::AuthorizationRequest made;
    made.client = agent.id;
    made.redirect_uri = "https://app.example/back";
    made.state = "s1";
    made.scope = *oauth::ScopeSet::parse("inv:read");
    made.resources = {"https://api.example/invoices"};
    made.code_challenge = "c";
    made.at = world.clock.now();
    auto kept = flows::keep_interaction(made, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return kept.id;
  }
  std::optional<flows::AuthorizationRequest> request_of(const std::string& id) {
    return *flows::find_interaction(id, "default", *world.store, world.clock.now());
  }
  static Person::Fields old(Person::Fields more = {}) {
    more.emplace_back("csrf", "of another session");
    return more;
  }
  http::Response post(const std::string& target, const Person::Fields& fields) {
    return person.post(target, fields, browsers);
  }
  http::Response submit(const http::Response& page, const std::string& action, Person::Fields fields) {
    return person.submit(page, action, std::move(fields), browsers);
  }
  // Where a browser is sent on to, and finds a page as often as it is loaded, that says so.
  http::Response led_to(const http::Response& answer, const std::string& page, const std::string& words,
                        const std::string& why = "csrf") {
    EXPECT_EQ(answer.status, 303) << page << answer.body;
    EXPECT_EQ(all_headers(answer, "Set-Cookie"), "") << page;
    const auto to = header_at(answer, "Location");
    EXPECT_TRUE(to.starts_with(page + "note=")) << to;
    EXPECT_TRUE(text_at(world.events().back().as_object(), "reason").starts_with(why)) << page;
    http::Response found;
    for (int time = 0; time < 2; ++time) {
      found = person.get(to);
      EXPECT_EQ(found.status, 200) << to;
      EXPECT_NE(found.body.find("role=\"alert\">" + words), std::string::npos) << to << found.body;
      EXPECT_EQ(found.body.find("aria-invalid"), std::string::npos) << "nothing that was typed was looked at: " << to;
    }
    return found;
  }
  static std::string typed(const http::Response& page, const std::string& field) {
    return between(page.body, "name=\"" + field + "\" type=\"text\" value=\"", "\"");
  }
  bool signed_in() { return person.get("/account").status == 200; }

  static constexpr std::string_view bobs_words = "nine loud geese at dawn";
  static constexpr const char* too_long = "That page was open too long, or another window was quicker.";
  static constexpr const char* another = "Somebody signed in here in another window meanwhile.";
  const http::Headers browsers{{"Accept", "text/html,application/xhtml+xml,*/*;q=0.8"}};
  World world;
  std::string alice = world.given_user("alice"), bob = world.given_user("bob");
  Given agent = world.given_agent("Bookkeeper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  std::string api = world.given_resource("https://api.example/invoices", {"inv:read"});
  Person person{world};
};

TEST_F(OldPage, each_way_to_sign_in_leads_to_its_page_anew_and_the_request_waits_still) {
  const auto id = waiting();
  const auto before = request_of(id);
  ASSERT_TRUE(before);
  person.get("/sign-in?i=" + id);
  for (const auto* path : {"/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/back", "/sign-in/choose"})
    led_to(post(fmt::format("{}?i={}", path, id), old({{"as", "another"}, {"response", "{}"}, {"pending", "x"}})),
           "/sign-in?i=" + id + "&", too_long);
  const auto page = led_to(post("/sign-in?i=" + id, old({{"username", " alice"}, {"password", "mistyped"}})),
                           "/sign-in?i=" + id + "&", too_long);
  EXPECT_EQ(typed(page, "username"), "alice") << "as it was typed";
  EXPECT_EQ(page.body.find("mistyped"), std::string::npos);
  EXPECT_FALSE(signed_in());
  EXPECT_EQ(request_of(id), before);
  const auto in = submit(page, "/sign-in", {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  EXPECT_EQ(header_at(in, "Location"), "/oauth2/authorize/continue?i=" + id) << in.body;
}

TEST_F(OldPage, who_came_by_themselves_goes_on_to_where_they_would_have) {
  person.get("/sign-in");
  const auto page = led_to(post("/sign-in?to=%2Faccount%2Fhistory", old({{"username", "alice"}})),
                           "/sign-in?to=%2Faccount%2Fhistory&", too_long);
  const auto in = submit(page, "/sign-in", {{"username", "alice"}, {"password", std::string(Person::secret_words)}});
  EXPECT_EQ(header_at(in, "Location"), "/account/history");
  EXPECT_TRUE(header_at(post("/sign-in?to=https%3A%2F%2Felsewhere.example%2F", old()), "Location")
                  .starts_with("/sign-in?other=1&note="))
      << "a2: to a page of ours alone";
}

TEST_F(OldPage, a_new_password_is_asked_for_anew_and_no_code_is_filled_in_that_another_site_may_have_sent) {
  const auto id = waiting();
  person.get("/sign-in/reset?i=" + id);
  const auto page = led_to(post("/sign-in/reset?i=" + id, old({{"username", "alice"},
                                                                {"code", "k7m2p-x4q9t"},
                                                                {"password", "five late trains home"}})),
                           "/sign-in/reset?i=" + id + "&", too_long);
  EXPECT_EQ(typed(page, "username"), "alice");
  EXPECT_EQ(typed(page, "code"), "");
  EXPECT_TRUE(request_of(id));
  const auto chinese = person.get(header_at(post("/sign-in/reset", old()), "Location"), {{"Accept-Language", "zh"}});
  EXPECT_NE(chinese.body.find("该页面打开时间过长"), std::string::npos) << chinese.body;
}

TEST_F(OldPage, a_form_from_before_somebody_else_signed_in_leads_to_the_page_to_sign_in_as_who_it_means) {
  const auto id = waiting();
  const auto tab = person.get("/sign-in?i=" + id);
  ASSERT_EQ(person.sign_in("alice").status, 303);
  const auto anew = "/sign-in?i=" + id + "&other=1&";
  for (const auto* path : {"/sign-in/code", "/sign-in/passkey", "/sign-in/back", "/sign-in/choose"})
    led_to(post(fmt::format("{}?i={}", path, id), old({{"as", "same"}})), anew, another);
  const auto page = led_to(submit(tab, "/sign-in", {{"username", "bob"}, {"password", std::string(bobs_words)}}), anew,
                           another);
  EXPECT_EQ(typed(page, "username"), "bob");
  EXPECT_NE(person.get("/account").body.find("alice"), std::string::npos) << "nobody else is here yet";
  EXPECT_TRUE(request_of(id));
  const auto in = submit(page, "/sign-in", {{"username", "bob"}, {"password", std::string(bobs_words)}});
  EXPECT_EQ(header_at(in, "Location"), "/oauth2/authorize/continue?i=" + id) << in.body;
}

TEST_F(OldPage, a_consent_from_before_the_last_sign_in_allows_nothing_and_is_asked_for_again) {
  ASSERT_EQ(person.sign_in("alice").status, 303);
  const auto id = waiting(), here = "/consent?i=" + id;
  const auto answer = [&](const http::Response& page) {
    return submit(page, "/consent", {{"answer", "allow"},
                                     {"duration", "month"},
                                     {"allow", between(page.body, "name=\"allow\" value=\"", "\"")}});
  };
  const auto form = person.get(here);
  ASSERT_EQ(form.status, 200) << header_at(form, "Location");
  ASSERT_EQ(person.sign_in("alice", Person::secret_words, "/sign-in?again=1").status, 303);
  const auto page = led_to(answer(form), here + "&", "That page was from before the last sign-in here");
  EXPECT_EQ(world.store->delegations("default", {.limit = 50})->size(), 0u);
  ASSERT_TRUE(request_of(id));
  EXPECT_TRUE(header_at(answer(page), "Location").starts_with("https://app.example/back?code="));
}

TEST_F(OldPage, a_form_to_sign_out_from_before_the_last_sign_in_asks_again) {
  ASSERT_EQ(person.sign_in("alice").status, 303);
  const auto form = Person::filled(person.get("/oauth2/logout?state=s"), "/oauth2/logout", {});
  ASSERT_EQ(person.sign_in("alice", Person::secret_words, "/sign-in?again=1").status, 303);
  const auto program = person.post(form.target, form.fields);
  EXPECT_EQ(program.status, 200);
  EXPECT_NE(program.body.find("Do you want to sign out?"), std::string::npos) << program.body;
  const auto again = post(form.target, form.fields);
  EXPECT_EQ(again.status, 303);
  ASSERT_EQ(header_at(again, "Location"), "/oauth2/logout?state=s");
  const auto page = person.get(header_at(again, "Location"));
  EXPECT_EQ(page.status, 200);
  EXPECT_TRUE(signed_in()) << "a7: and nobody was signed out";
  EXPECT_NE(submit(page, "/oauth2/logout", {}).body.find("You are signed out"), std::string::npos);
  EXPECT_FALSE(signed_in());
}

// As another site's form comes (SameSite=Lax).
TEST_F(OldPage, a7_a_form_without_a_cookie_leads_nowhere_and_changes_nothing) {
  ASSERT_EQ(person.sign_in("alice").status, 303);
  const auto id = waiting();
  const auto before = request_of(id);
  for (const auto* path : {"/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/back", "/sign-in/choose",
                           "/sign-in/reset"}) {
    const auto target = fmt::format("{}?i={}", path, id);
    const auto answer = world.form(target, old({{"username", "alice"}, {"as", "another"}}), browsers);
    EXPECT_EQ(answer.status, 403) << path;
    EXPECT_EQ(all_headers(answer, "Set-Cookie"), "") << path;
    EXPECT_NE(answer.body.find("This page needs cookies"), std::string::npos) << path;
    EXPECT_NE(answer.body.find("you signed out in another window"), std::string::npos) << path;
    EXPECT_NE(answer.body.find("?i=" + id + "\""), std::string::npos) << path << ": it says how to go on";
  }
  EXPECT_EQ(request_of(id), before);
  EXPECT_TRUE(signed_in());
}

TEST_F(OldPage, a_form_that_cannot_be_read_is_not_said_to_be_old_and_leads_to_its_page_too) {
  const auto id = waiting();
  person.get("/sign-in?i=" + id);
  const Person::Fields twice{{"username", "alice"}, {"username", "bob"}}, tab{{"username", "ali\tce"}};
  const auto unread = [&](const std::string& path, const std::string& page) {
    for (const auto& fields : {twice, tab}) {
      led_to(post(path + "?i=" + id, fields), page + "?i=" + id + "&",
             "That form cannot be read, and nothing was changed.", "invalid_request");
      const auto program = person.post(path + "?i=" + id, fields);
      EXPECT_EQ(program.status, 400) << path;
      EXPECT_NE(program.body.find("This form cannot be read"), std::string::npos) << path << program.body;
      EXPECT_NE(program.body.find("href=\"" + page + "?i=" + id + "\""), std::string::npos) << path << program.body;
      EXPECT_TRUE(text_at(world.events().back().as_object(), "reason").starts_with("invalid_request")) << path;
    }
  };
  for (const auto* path : {"/sign-in", "/sign-in/code", "/sign-in/passkey", "/sign-in/back", "/sign-in/choose"})
    unread(path, "/sign-in");
  unread("/sign-in/reset", "/sign-in/reset");
  ASSERT_EQ(person.sign_in("alice").status, 303);
  led_to(post("/sign-in", twice), "/sign-in?other=1&", "That form cannot be read", "invalid_request");
  unread("/consent", "/consent");
  EXPECT_TRUE(request_of(id)) << "it waits still";
}

}  // namespace
}  // namespace deputy::test
