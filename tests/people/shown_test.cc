// What the consent page shows of who asks, and that nothing is allowed but to whom it showed.
#include "flows/consent.h"
#include "flows/interaction.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class Shown : public testing::Test {
 protected:
  Shown() {
    given_password(world, alice, "alice");
    const auto role = world.given_role("staff", api, {"inv:read"});
    world.given_assignment(role, alice);
    world.given_assignment(role, agent.id, {{"acts", "others"}});
    person.sign_in("alice");
  }
  flows::AuthorizationRequest request() {
    flows::AuthorizationRequest made;
    made.client = agent.id;
    made.redirect_uri = "https://app.example/back";
    made.scope = *oauth::ScopeSet::parse("inv:read");
    made.resources = {"https://api.example/invoices"};
    made.code_challenge = "c";
    made.at = world.clock.now();
    return made;
  }
  http::Response asked(const flows::AuthorizationRequest& request) {
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return person.get("/consent?i=" + kept.id);
  }
  http::Response answered(const http::Response& page, const std::string& answer = "allow", Person::Fields more = {}) {
    more.insert(more.end(), {{"answer", answer},
                             {"duration", "month"},
                             {"allow", between(page.body, "name=\"allow\" value=\"", "\"")}});
    return person.submit(page, "/consent", std::move(more));
  }
  std::size_t delegations() { return world.store->delegations("default", {.under = alice, .limit = 50})->size(); }
  bool remembered() {
    auto& app = world.app();
    grants::World seams{"default",  world.issuer,        world.clock.now(), app.directory,
                        app.reader, app.trusted_issuers, app.store,         app.random};
    const auto client = *app.directory.principal("default", agent.id);
    const auto agreed = flows::agreed_before(request(), *client, alice, seams);
    EXPECT_TRUE(agreed) << agreed.error().description;
    return agreed && agreed->has_value();
  }

  World world;
  std::string alice = world.given_user("alice");
  Given agent = world.given_agent("Bookkeeper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  std::string api = world.given_resource("https://api.example/invoices", {"inv:read"});
  Person person{world};
};

TEST_F(Shown, a37_a_client_that_is_another_by_now_is_shown_again_before_anything_is_allowed) {
  const auto helper = world.given_agent("Helper");
  const json::array more_uris{"https://app.example/back", "app.example:/x"};
  const std::vector<json::object> changes{{{"name", "Bank"}},
                                          {{"delegates", json::array{helper.id}}},
                                          {{"redirect_uris", more_uris}},
                                          {{"owner", world.given_user("bob")}},
                                          {{"organization", world.put(store::Kind::organization, {{"name", "Acme"}})}}};
  for (const auto& change : changes) {
    const auto before = delegations();
    const auto page = asked(request());
    world.change(store::Kind::agent, agent.id, change);
    const auto again = answered(page);
    EXPECT_EQ(again.status, 400) << json::serialize(change);
    EXPECT_NE(again.body.find("has changed since"), std::string::npos) << again.body;
    EXPECT_EQ(delegations(), before);
    EXPECT_FALSE(remembered()) << json::serialize(change);
    const auto event = world.events("consent.give").back().as_object();
    EXPECT_TRUE(text_at(event, "reason").starts_with("client_changed")) << json::serialize(event);
    EXPECT_EQ(answered(again).status, 303);
    EXPECT_TRUE(remembered()) << json::serialize(change);
  }
  const auto page = asked(request());
  world.change(store::Kind::agent, agent.id, {{"name", "Someone"}});
  EXPECT_NE(header_at(answered(page, "deny"), "Location").find("error=access_denied"), std::string::npos)
      << "a no is a no to whoever it is";
}

TEST_F(Shown, a37_who_is_vouched_for_later_is_not_asked_about_again_and_who_no_longer_is_is) {
  const auto vouched = [&](bool is) { world.change(store::Kind::agent, agent.id, {{"verified", is}}); };
  EXPECT_EQ(answered(asked(request())).status, 303);
  vouched(true);
  EXPECT_TRUE(remembered()) << "no less than was shown";
  const auto page = asked(request());
  vouched(false);
  EXPECT_TRUE(remembered()) << "nobody was shown the mark";
  EXPECT_EQ(answered(page).status, 400) << "but this page shows it";
  vouched(true);
  EXPECT_EQ(answered(asked(request())).status, 303);
  EXPECT_TRUE(remembered());
  vouched(false);
  EXPECT_FALSE(remembered());
}

// HTML §4.10.22.2: Enter on a switch or a duration presses the form's first button.
TEST_F(Shown, a37_enter_on_a_switch_allows_nothing_and_shows_the_page_as_it_was) {
  auto asking = request();
  asking.scope = *oauth::ScopeSet::parse("openid email inv:read");
  const auto page = asked(asking);
  const auto first = between(between(page.body, "action=\"/consent", "</form>"), "<button", "</button>");
  EXPECT_NE(first.find("value=\"stay\""), std::string::npos) << first;
  EXPECT_NE(first.find("tabindex=\"-1\""), std::string::npos) << first;
  EXPECT_EQ(first.find("disabled"), std::string::npos) << "Chromium passes that over";
  const auto is_on = [](const http::Response& shown, const std::string& value) {
    return between(shown.body, "value=\"" + value + "\"", ">").find("checked") != std::string::npos;
  };
  const auto read = between(page.body, "name=\"allow\" value=\"", "\"");
  EXPECT_TRUE(is_on(page, read) && is_on(page, "openid") && is_on(page, "email") && is_on(page, "hour"));
  for (const std::string word : {"stay", "perhaps"}) {
    const auto again =
        person.submit(page, "/consent", {{"answer", word}, {"duration", "month"}, {"tell", "email"}});
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_NE(again.body.find("Nothing was allowed yet."), std::string::npos) << word;
    EXPECT_TRUE(is_on(again, "email") && !is_on(again, "openid") && !is_on(again, read)) << word;
    EXPECT_TRUE(is_on(again, "month") && !is_on(again, "hour")) << word;
  }
  const auto on = person.submit(page, "/consent", {{"answer", "stay"}, {"allow", read}});
  EXPECT_TRUE(is_on(on, read) && is_on(on, "hour"));
  EXPECT_EQ(delegations(), 0u);
  EXPECT_TRUE(world.events("consent.refuse").empty());
  EXPECT_EQ(answered(on).status, 303) << "the request waits on";
  EXPECT_EQ(delegations(), 1u);
}

TEST_F(Shown, as_whom_one_allows_it_stands_before_all_else) {
  world.change(store::Kind::user, alice, {{"name", "Alice Ferrari"}});
  const auto head = between(asked(request()).body, "</h1>", "<form");
  const auto at = head.find("Signed in as <b><bdi>Alice Ferrari (alice)</bdi></b>.");
  EXPECT_LT(at, head.find("Identifier")) << head;
  EXPECT_NE(head.find("other=1"), std::string::npos) << head;
}

TEST_F(Shown, until_when_each_duration_is_and_none_that_the_request_makes_no_longer) {
  const auto choice = [&](std::optional<int> expires_in, const std::string& name) -> std::string {
    auto asking = request();
    if (expires_in) asking.details = R"([{"type":"limits","expires_in":)" + std::to_string(*expires_in) + "}]";
    const auto page = asked(asking).body;
    const auto at = page.find("name=\"duration\" value=\"" + name + "\"");
    return at == std::string::npos ? "" : page.substr(at, page.find("</label>", at) - at);
  };
  const auto until = [&](const std::string& words, int seconds) {
    return words.find("Until <time datetime=\"" + rfc3339(world.clock.now() + Seconds(seconds))) != std::string::npos;
  };
  world.change(store::Kind::resource, api, {{"token_lifetime_s", 300}});
  EXPECT_TRUE(until(choice({}, "once"), 300)) << choice({}, "once");
  EXPECT_NE(choice({}, "once").find("and not renewed"), std::string::npos);
  EXPECT_TRUE(until(choice({}, "hour"), 3600)) << choice({}, "hour");
  EXPECT_EQ(choice({}, "hour").find("not renewed"), std::string::npos);
  EXPECT_TRUE(until(choice({}, "month"), 30 * 86'400)) << choice({}, "month");
  EXPECT_NE(choice({}, "until_withdrawn"), "");
  EXPECT_EQ(choice({}, "until_withdrawn").find("<time"), std::string::npos);
  EXPECT_TRUE(until(choice(7200, "hour"), 3600));
  EXPECT_TRUE(until(choice(7200, "month"), 7200)) << "what is asked for bounds it";
  EXPECT_EQ(choice(7200, "until_withdrawn"), "");
  EXPECT_TRUE(until(choice(1800, "hour"), 1800));
  EXPECT_EQ(choice(1800, "month"), "");
  world.change(store::Kind::agent, agent.id, {{"expires_at", rfc3339(world.clock.now() + Seconds(5400))}});
  EXPECT_TRUE(until(choice({}, "hour"), 3600));
  EXPECT_TRUE(until(choice({}, "month"), 5400)) << "the agent expires by then";
  EXPECT_EQ(choice({}, "until_withdrawn"), "");
  EXPECT_TRUE(until(choice(1800, "hour"), 1800));
}

TEST_F(Shown, that_it_is_them_is_first_and_staying_connected_is_beside_how_long) {
  auto asking = request();
  asking.scope = *oauth::ScopeSet::parse("email offline_access openid profile inv:read");
  const auto order = [&](const std::string& page) {
    std::string found;
    for (auto at = page.find("name=\"tell\""); at != std::string::npos; at = page.find("name=\"tell\"", at + 1))
      found += between(page.substr(at), "value=\"", "\"") + " ";
    return found;
  };
  const auto page = asked(asking);
  EXPECT_EQ(order(page.body), "openid profile email offline_access ");
  EXPECT_EQ(order(between(page.body, "For how long", "</fieldset>")), "offline_access ");
  const auto again = person.submit(page, "/consent", {{"answer", "stay"}, {"tell", "openid"}});
  EXPECT_EQ(between(again.body, "value=\"offline_access\"", ">").find("checked"), std::string::npos) << "as it was";
  asking.scope = *oauth::ScopeSet::parse("offline_access openid");
  asking.resources.clear();
  EXPECT_EQ(order(between(asked(asking).body, "Who you are", "</fieldset>")), "openid offline_access ");
}

TEST_F(Shown, how_long_it_may_know_who_one_is) {
  const auto says = [](const http::Response& page) {
    const auto at = page.body.find("Told until you take it back");
    return at == std::string::npos ? "" : page.body.substr(at, page.body.find('<', at) - at);
  };
  EXPECT_EQ(says(asked(request())), "") << "nothing is told";
  auto asking = request();
  asking.scope = *oauth::ScopeSet::parse("openid inv:read");
  const auto page = asked(asking);
  EXPECT_EQ(says(page),
            "Told until you take it back, however long the rest lasts; with “This once”, only now.");
  EXPECT_EQ(answered(page, "allow", {{"tell", "openid"}}).status, 303);
  world.clock.advance(Seconds(31 * 86'400));
  person.sign_in("alice");
  const auto account = person.get("/account").body;
  EXPECT_NE(account.find("Nothing acts for you"), std::string::npos) << "the month is over";
  EXPECT_NE(between(account, "Who may know who you are", "</ul>").find("Until you take it back"), std::string::npos);
  asking.scope = *oauth::ScopeSet::parse("openid email");
  asking.resources.clear();
  asking.at = world.clock.now();
  EXPECT_EQ(says(asked(asking)), "Told until you take it back.");
}

TEST_F(Shown, a_depth_that_is_asked_for_is_told_and_nobody_is_listed_whom_it_leaves_out) {
  world.change(store::Kind::agent, agent.id, {{"delegates", json::array{world.given_agent("Helper").id}}});
  const auto says = [&](const std::string& details, std::string_view words) {
    auto asking = request();
    asking.details = details;
    return asked(asking).body.find(words) != std::string::npos;
  };
  const std::string none = R"([{"type":"limits","max_depth":1}])", two = R"([{"type":"limits","max_depth":3}])";
  EXPECT_TRUE(says(none, "It asked that nobody else may act on this."));
  EXPECT_FALSE(says(none, "It may hand on")) << "it may not";
  EXPECT_TRUE(says(two, "It asked that this be handed on 2 times in a row at most."));
  EXPECT_TRUE(says(R"([{"type":"limits","max_depth":2,"uses":1}])", "It asked that this be handed on once at most."));
  EXPECT_TRUE(says(R"([{"type":"limits","uses":1}])", "It asked for one use at most."));
  EXPECT_FALSE(says(two, "A group:"));
  world.change(store::Kind::agent, agent.id,
               {{"delegates", json::array{world.put(directory::Kind::group, {{"name", "helpers"}})}}});
  EXPECT_TRUE(says(two, "A group: whoever is in it at the time"));
  world.change(store::Kind::agent, agent.id, {{"delegates", json::array{world.given_agent("Helper").id}}});
  for (const auto& details : {two, std::string()}) {
    EXPECT_TRUE(says(details, "It may hand on")) << details;
    EXPECT_TRUE(says(details, "Helper")) << details;
    EXPECT_FALSE(says(details, "nobody else")) << details;
  }
  EXPECT_FALSE(says("", "times in a row"));
}

TEST_F(Shown, whose_a_client_is_and_that_it_is_vouched_for) {
  const auto fact = [](const http::Response& page) {
    return between(page.body, "<dt>Organization</dt><dd>", "</dd>");
  };
  const auto mark = [](const http::Response& page) {
    return between(page.body, "<bdi>Bookkeeper</bdi></b>", "</div>");
  };
  auto page = asked(request());
  EXPECT_EQ(fact(page), "none");
  EXPECT_EQ(mark(page), "<span class=\"badge high\">not verified</span>");
  const auto acme = world.put(store::Kind::organization, {{"name", "Acme Ltd"}});
  world.change(store::Kind::agent, agent.id, {{"organization", acme}, {"verified", true}});
  page = asked(request());
  EXPECT_EQ(fact(page), "<bdi>Acme Ltd</bdi>");
  EXPECT_EQ(mark(page), "<span class=\"badge good\">verified</span>");
}

// As it may have been stored before such names were refused.
TEST_F(Shown, a37_who_has_a_name_of_which_nothing_is_seen_is_shown_by_the_id) {
  for (const auto* blank : {" ", "\u200b", "\u3164", "\u2800"}) {
    world.change(store::Kind::agent, agent.id, {{"name", blank}});
    const auto page = asked(request());
    EXPECT_NE(page.body.find("<bdi>" + agent.id + "</bdi> act for you?"), std::string::npos) << page.body;
    EXPECT_EQ(page.body.find("<bdi></bdi>"), std::string::npos) << page.body;
  }
}

TEST_F(Shown, what_is_sensitive_says_so_and_is_off_until_it_is_switched_on) {
  world.change(store::Kind::resource, api,
               {{"scopes", json::array{json::object{{"name", "inv:read"}},
                                       json::object{{"name", "inv:send"}, {"sensitivity", "medium"}},
                                       json::object{{"name", "inv:pay"}, {"sensitivity", "high"}}}}});
  const auto role = world.given_role("all", api, {"*"});
  world.given_assignment(role, alice);
  world.given_assignment(role, agent.id, {{"acts", "others"}});
  auto asking = request();
  asking.scope = *oauth::ScopeSet::parse("inv:pay inv:read inv:send");
  const auto page = asked(asking);
  const std::string sensitive = ">sensitive<", needs_care = ">needs care<", on = " checked";
  const auto says = [&](const std::string& scope, const std::string& what) {
    return between(page.body, "<bdi>" + scope + "</bdi>", "</label>").find(what) != std::string::npos;
  };
  EXPECT_TRUE(says("inv:pay", sensitive) && !says("inv:pay", needs_care) && !says("inv:pay", on)) << page.body;
  EXPECT_TRUE(says("inv:send", needs_care) && !says("inv:send", sensitive) && says("inv:send", on)) << page.body;
  EXPECT_TRUE(!says("inv:read", needs_care) && !says("inv:read", sensitive) && says("inv:read", on)) << page.body;
}

// docs/adr/0014: two tabs, two people.
TEST_F(Shown, i3_who_can_allow_nothing_neither_allows_nor_loses_what_another_was_asked) {
  given_password(world, world.given_user("bob"), "bob");
  const auto page = asked(request());
  const auto id = between(page.body, "action=\"/consent?i=", "\""), here = "/consent?i=" + id;
  ASSERT_EQ(person.sign_in("bob", Person::secret_words, "/sign-in?other=1").status, 303);
  EXPECT_EQ(answered(page).status, 403) << "alice's form, and bob's session";
  const auto nothing = person.get(here);
  EXPECT_EQ(nothing.status, 200) << header_at(nothing, "Location");
  EXPECT_NE(nothing.body.find("Nothing can be allowed"), std::string::npos) << nothing.body;
  EXPECT_NE(nothing.body.find("<bdi>Bookkeeper</bdi>"), std::string::npos) << nothing.body;
  EXPECT_EQ(nothing.body.find("inv:read"), std::string::npos) << "nothing is offered";
  const auto key = between(page.body, "name=\"allow\" value=\"", "\"");
  const auto tried = person.submit(nothing, "/consent", {{"answer", "allow"}, {"duration", "month"}, {"allow", key}});
  EXPECT_NE(tried.body.find("Nothing can be allowed"), std::string::npos) << header_at(tried, "Location");
  EXPECT_EQ(world.store->delegations("default", {.limit = 50})->size(), 0u);
  const auto back = person.sign_in("alice", Person::secret_words, "/sign-in?i=" + id + "&other=1");
  EXPECT_EQ(header_at(back, "Location"), "/oauth2/authorize/continue?i=" + id);
  EXPECT_NE(header_at(answered(person.get(here)), "Location").find("code="), std::string::npos);
  EXPECT_EQ(delegations(), 1u);
}

TEST_F(Shown, i3_who_goes_back_where_nothing_can_be_allowed_has_the_client_told) {
  given_password(world, world.given_user("bob"), "bob");
  const auto page = asked(request());
  ASSERT_EQ(person.sign_in("bob", Person::secret_words, "/sign-in?other=1").status, 303);
  const auto nothing = person.get("/consent?i=" + between(page.body, "action=\"/consent?i=", "\""));
  const auto back = person.submit(nothing, "/consent", {{"answer", "deny"}});
  EXPECT_NE(header_at(back, "Location").find("error=invalid_scope"), std::string::npos) << back.body;
  EXPECT_TRUE(text_at(world.events("consent.refuse").back().as_object(), "reason").starts_with("invalid_scope"));
}

TEST_F(Shown, a37_what_was_shown_is_said_by_the_page_of_this_browser_and_request_alone) {
  const auto page = asked(request()), other = asked(request());
  for (const auto& shown : {std::string(), std::string("guess"), value_of(page, "csrf"), value_of(other, "shown")})
    EXPECT_EQ(answered(page, "allow", {{"shown", shown}}).status, 400) << shown;
  EXPECT_EQ(delegations(), 0u);
  EXPECT_EQ(answered(page).status, 303);
}

TEST_F(Shown, a37_a_private_use_scheme_is_shown_whole_whatever_it_holds) {
  const auto says = [&](const std::string& uri) {
    world.change(store::Kind::agent, agent.id, {{"redirect_uris", json::array{uri}}});
    auto asking = request();
    asking.redirect_uri = uri;
    return between(between(asked(asking).body, "Takes you back to", "</dd>"), "<bdi>", "</bdi>");
  };
  EXPECT_EQ(says("com.evil.app://accounts.google.com/cb"), "com.evil.app://accounts.google.com/cb");
  EXPECT_EQ(says("com.evil.app:/cb"), "com.evil.app:/cb");
  EXPECT_EQ(says("https://app.example:8443/back?x=1"), "app.example:8443");
  EXPECT_EQ(says("http://127.0.0.1/back"), "127.0.0.1");
}

}  // namespace
}  // namespace deputy::test
