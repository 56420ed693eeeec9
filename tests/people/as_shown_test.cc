// What is allowed is what the page showed: where that has changed since, it is shown again, and choices stay.
#include <algorithm>

#include "flows/interaction.h"
#include "tests/kit/person.h"

namespace deputy::test {
namespace {

class AsShown : public testing::Test {
 protected:
  AsShown() {
    given_password(world, alice, "alice");
    world.change(store::Kind::resource, api,
                 {{"scopes", json::array{scope("inv:read", "Read your notes"), scope("inv:draft", "Draft notes"),
                                         scope("inv:pay", "Pay", "high"), scope("inv:send", "Send notes")}}});
    world.given_assignment(role, alice);
    world.given_assignment(role, agent.id, {{"acts", "others"}});
    person.sign_in("alice");
  }
  static json::object scope(std::string_view name, std::string_view description, std::string_view sensitivity = "low") {
    return {{"name", name}, {"description", description}, {"sensitivity", sensitivity}};
  }
  http::Response asked(std::string_view scope, const std::string& details = "") {
    flows::AuthorizationRequest request;
    request.client = agent.id;
    request.redirect_uri = "https://app.example/back";
    request.scope = *oauth::ScopeSet::parse(scope);
    request.resources = {"https://api.example/notes"};
    request.details = details;
    request.code_challenge = "c";
    request.at = world.clock.now();
    auto kept = flows::keep_interaction(request, "default", world.clock.now(), world.random);
    EXPECT_TRUE(world.store->commit_now({std::move(kept.keep)}));
    return person.get("/consent?i=" + kept.id);
  }
  // The switch that stands behind these words, as it is written.
  static std::string input_of(const http::Response& page, const std::string& words) {
    const auto at = page.body.find(">" + words + "<");
    EXPECT_NE(at, std::string::npos) << words << "\n" << page.body;
    return at == std::string::npos ? "" : between(page.body.substr(at), "<input", ">");
  }
  static bool is_on(const http::Response& page, const std::string& words) {
    return input_of(page, words).find(" checked") != std::string::npos;
  }
  http::Response answered(const http::Response& page, const std::vector<std::string>& on,
                          const std::string& duration = "month", const std::vector<std::string>& told = {}) {
    Person::Fields fields{{"duration", duration}, {"answer", "allow"}};
    for (const auto& words : on) fields.emplace_back("allow", between(input_of(page, words), "value=\"", "\""));
    for (const auto& one : told) fields.emplace_back("tell", one);
    return person.submit(page, "/consent", fields);
  }
  // Nothing was allowed, the page says that what is asked for has changed, and so it is recorded.
  void expect_again(const http::Response& answer) {
    EXPECT_EQ(answer.status, 400) << header_at(answer, "Location");
    EXPECT_NE(answer.body.find("What it asks for, or what you allowed before, has changed since."), std::string::npos)
        << answer.body;
    const auto event = world.events("consent.give").back().as_object();
    EXPECT_TRUE(text_at(event, "reason").starts_with("offer_changed")) << json::serialize(event);
  }
  void expect_given(const http::Response& answer) {
    EXPECT_NE(header_at(answer, "Location").find("code="), std::string::npos) << answer.body;
  }
  std::vector<std::string> live() {
    std::vector<std::string> scopes;
    const auto all = *world.store->delegations("default", {.under = alice, .limit = 50});
    for (const auto& one : all)
      if (!one.revoked_at) scopes.push_back(delegation::scopes_at(one.authority, api).text());
    return scopes;
  }

  World world;
  std::string alice = world.given_user("alice");
  Given agent = world.given_agent("Bookkeeper", {{"redirect_uris", json::array{"https://app.example/back"}}});
  std::string api = world.given_resource("https://api.example/notes", {"inv:read"});
  std::string role = world.given_role("staff", api, {"inv:*"});
  Person person{world};
};

}  // namespace

TEST_F(AsShown, a37_choices_stay_where_the_client_has_changed) {
  const auto page = asked("inv:read inv:draft openid email");
  world.change(store::Kind::agent, agent.id, {{"name", "Bank"}});
  const auto again = answered(page, {"inv:read"}, "month", {"openid"});
  EXPECT_EQ(again.status, 400);
  EXPECT_NE(again.body.find("of who asks has changed since"), std::string::npos) << again.body;
  EXPECT_TRUE(is_on(again, "inv:read") && !is_on(again, "inv:draft"));
  EXPECT_NE(between(again.body, "value=\"openid\"", ">").find(" checked"), std::string::npos);
  EXPECT_EQ(between(again.body, "value=\"email\"", ">").find(" checked"), std::string::npos);
  EXPECT_NE(between(again.body, "value=\"month\"", ">").find(" checked"), std::string::npos);
}

TEST_F(AsShown, a37_nothing_is_allowed_but_in_the_words_that_were_shown) {
  const auto others = [&] { return json::array{scope("inv:draft", "Draft notes")}; };
  auto renamed = others(), sensitive = others();
  renamed.push_back(scope("inv:read", "Delete all of your notes for ever"));
  sensitive.push_back(scope("inv:read", "Read your notes", "high"));
  const std::vector<json::object> changes{{{"name", "Treasury"}}, {{"scopes", renamed}}, {{"scopes", sensitive}}};
  for (const auto& change : changes) {
    const auto page = asked("inv:read inv:draft");
    world.change(store::Kind::resource, api, change);
    const auto again = answered(page, {"inv:read", "inv:draft"});
    expect_again(again);
    EXPECT_TRUE(live().empty()) << json::serialize(change);
    EXPECT_TRUE(is_on(again, "inv:draft"));
    EXPECT_EQ(is_on(again, "inv:read"), change != changes.back()) << "what is sensitive is switched on by hand";
  }
  expect_given(answered(asked("inv:read inv:draft"), {"inv:read"}));
}

TEST_F(AsShown, a_scope_that_was_not_shown_is_not_remembered_as_declined) {
  const auto defined = json::array{scope("inv:read", "Read your notes"), scope("inv:draft", "Draft notes")};
  world.change(store::Kind::resource, api, {{"scopes", json::array{defined[0]}}});
  const auto page = asked("inv:read inv:draft");
  ASSERT_EQ(page.body.find("inv:draft"), std::string::npos);
  world.change(store::Kind::resource, api, {{"scopes", defined}});
  const auto again = answered(page, {"inv:read"});
  expect_again(again);
  EXPECT_FALSE(is_on(again, "inv:draft")) << "nobody has switched it on";
  expect_given(answered(again, {"inv:read", "inv:draft"}));
  EXPECT_EQ(live(), std::vector<std::string>{"inv:draft inv:read"});
}

TEST_F(AsShown, what_one_window_allows_another_does_not_take_back_unsaid) {
  const std::string scopes = "inv:read inv:pay openid email";
  const auto first = asked(scopes), second = asked(scopes);
  ASSERT_FALSE(is_on(first, "inv:pay")) << "it is sensitive";
  expect_given(answered(second, {"inv:read", "inv:pay"}, "until_withdrawn", {"openid", "email"}));
  const auto again = answered(first, {"inv:read"}, "month", {"openid"});
  expect_again(again);
  EXPECT_EQ(live(), std::vector<std::string>{"inv:pay inv:read"});
  EXPECT_TRUE(is_on(again, "inv:pay")) << "it was allowed meanwhile";
  EXPECT_NE(between(again.body, "value=\"email\"", ">").find(" checked"), std::string::npos);
  expect_given(answered(again, {"inv:read"}, "month", {"openid"}));
  EXPECT_EQ(live(), (std::vector<std::string>{"inv:read", "inv:read"})) << "who switches it off now has seen it";
}

TEST_F(AsShown, nor_does_it_take_back_unsaid_what_was_allowed_this_once) {
  const std::string scopes = "inv:read inv:draft inv:pay";
  const auto first = asked(scopes), second = asked(scopes), elsewhere = asked("inv:send");
  expect_given(answered(second, {"inv:read", "inv:draft", "inv:pay"}, "once"));
  const auto again = answered(first, {"inv:read"}, "once");
  expect_again(again);
  EXPECT_EQ(live(), std::vector<std::string>{"inv:draft inv:pay inv:read"});
  EXPECT_TRUE(is_on(again, "inv:read") && !is_on(again, "inv:draft") && !is_on(again, "inv:pay"));
  expect_given(answered(again, {"inv:read"}, "once"));
  auto left = live();
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{"inv:pay inv:read", "inv:read"})) << "that stood off by itself";
  expect_given(answered(elsewhere, {"inv:send"}, "once"));
}

TEST_F(AsShown, what_was_allowed_this_once_before_may_end_while_a_page_is_open) {
  expect_given(answered(asked("inv:read"), {"inv:read"}, "once"));
  world.clock.advance(Seconds(60));
  const auto page = asked("inv:read inv:draft");
  world.clock.advance(Seconds(300));
  expect_given(answered(page, {"inv:read"}));
}

TEST_F(AsShown, a37_a_change_of_who_asks_hides_no_change_of_what_is_asked_for) {
  const auto expect_both = [&](const http::Response& answer) {
    EXPECT_EQ(answer.status, 400) << header_at(answer, "Location");
    EXPECT_NE(answer.body.find("of who asks has changed since, and so has what it asks for"), std::string::npos)
        << answer.body;
    const auto event = world.events("consent.give").back().as_object();
    EXPECT_TRUE(text_at(event, "reason").starts_with("client_changed")) << json::serialize(event);
  };
  const auto page = asked("inv:read inv:pay"), other = asked("inv:read inv:draft");
  expect_given(answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"}, "until_withdrawn"));
  world.change(store::Kind::agent, agent.id, {{"name", "Bank"}});
  const auto again = answered(page, {"inv:read"});
  expect_both(again);
  EXPECT_TRUE(is_on(again, "inv:read") && is_on(again, "inv:pay")) << "it was allowed meanwhile";

  const auto root = world.store->delegations("default", {.under = alice, .limit = 50})->at(0).id;
  person.submit(person.get("/account"), "/account/withdraw", {{"delegation", root}, {"scope", ""}});
  ASSERT_TRUE(live().empty());
  const json::array scopes{scope("inv:read", "Delete all of your notes", "high"), scope("inv:draft", "Draft notes")};
  world.change(store::Kind::resource, api, {{"scopes", scopes}});
  const auto sensitive = answered(other, {"inv:read", "inv:draft"});
  expect_both(sensitive);
  EXPECT_FALSE(is_on(sensitive, "inv:read")) << "what is sensitive is switched on by hand";
  EXPECT_TRUE(is_on(sensitive, "inv:draft"));
  EXPECT_TRUE(live().empty());
}

TEST_F(AsShown, a_page_of_an_older_server_switches_nothing_on_again) {
  expect_given(answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"}));
  const auto page = asked("inv:read inv:pay");
  const auto read = between(input_of(page, "inv:read"), "value=\"", "\"");
  auto old = Person::filled(page, "/consent", {{"duration", "month"}, {"answer", "allow"}, {"allow", read}});
  // It said who asks, and neither what for nor what of it was allowed before.
  std::erase_if(old.fields, [](const auto& one) { return one.first == "agreed"; });
  for (auto& [name, value] : old.fields)
    if (name == "shown") value.resize(value.find('.'));
  const auto again = person.post(old.target, old.fields);
  expect_again(again);
  EXPECT_TRUE(is_on(again, "inv:read") && !is_on(again, "inv:pay"));
}

TEST_F(AsShown, what_is_switched_off_stays_so_where_something_else_has_changed) {
  expect_given(answered(asked("inv:read inv:draft"), {"inv:read", "inv:draft"}));
  const auto page = asked("inv:read inv:draft inv:send");
  world.change(store::Kind::resource, api, {{"name", "Treasury"}});
  const auto again = answered(page, {"inv:read", "inv:send"}, "hour");
  expect_again(again);
  EXPECT_TRUE(is_on(again, "inv:read") && is_on(again, "inv:send") && !is_on(again, "inv:draft"));
  EXPECT_NE(between(again.body, "value=\"hour\"", ">").find(" checked"), std::string::npos);
}

TEST_F(AsShown, a37_what_was_taken_back_meanwhile_is_not_given_again_unsaid) {
  expect_given(answered(asked("inv:read inv:pay"), {"inv:read", "inv:pay"}));
  const auto page = asked("inv:read inv:pay inv:send");
  ASSERT_TRUE(is_on(page, "inv:pay")) << "it was allowed before";
  const auto root = world.store->delegations("default", {.under = alice, .limit = 50})->at(0).id;
  person.submit(person.get("/account"), "/account/withdraw", {{"delegation", root}, {"scope", ""}});
  const auto again = answered(page, {"inv:read", "inv:pay", "inv:send"});
  expect_again(again);
  EXPECT_FALSE(is_on(again, "inv:pay"));
  EXPECT_TRUE(live().empty());
}

TEST_F(AsShown, rfc9396_a_detail_is_agreed_to_in_the_words_that_were_shown) {
  const auto type = [](std::string_view words) {
    auto made = json::parse(R"({"type": "payment", "description": "One payment",
        "schema": {"type": "object", "additionalProperties": false, "required": ["amount"],
                   "properties": {"amount": {"type": "integer"}}},
        "narrowing": {"amount": "at_most"}})").as_object();
    made["display"] = {{"en", words}};
    return json::array{made};
  };
  const std::string details = R"([{"type":"payment","amount":5}])";
  world.change(store::Kind::resource, api, {{"authorization_details_types", type("Look at {amount}")}});
  const auto page = asked("inv:read", details);
  ASSERT_NE(page.body.find("Look at"), std::string::npos) << page.body;
  world.change(store::Kind::resource, api, {{"authorization_details_types", type("Pay {amount}")}});
  const auto again = answered(page, {"inv:read"});
  expect_again(again);
  EXPECT_EQ(again.body.find("Look at"), std::string::npos);
  expect_given(answered(again, {"inv:read"}));
}

TEST_F(AsShown, until_when_it_was_allowed_and_that_no_shorter_time_shortens_it) {
  const auto says = [](const http::Response& page, const std::string& words) {
    return page.body.find(words) != std::string::npos;
  };
  const std::string no_shorter = "A shorter time does not shorten what you allowed earlier";
  const auto until = world.clock.now() + Seconds(30 * 86'400);
  const auto first = asked("inv:read");
  EXPECT_FALSE(says(first, "allowed before") || says(first, no_shorter));
  expect_given(answered(first, {"inv:read"}, "month"));
  world.clock.advance(Seconds(60));
  expect_given(answered(asked("inv:read"), {"inv:read"}, "hour"));
  const auto page = asked("inv:read inv:draft openid");
  EXPECT_TRUE(says(page, "allowed before, until <time datetime=\"" + rfc3339(until))) << "by the longest of both";
  EXPECT_TRUE(says(page, no_shorter));
  EXPECT_EQ(between(page.body, ">inv:draft<", "</label>").find("allowed before"), std::string::npos);
  expect_given(answered(page, {"inv:read", "inv:draft"}, "until_withdrawn", {"openid"}));
  world.clock.advance(Seconds(60));
  expect_given(answered(asked("inv:read"), {"inv:read"}, "hour"));
  const auto last = asked("inv:read openid");
  EXPECT_TRUE(says(last, "allowed before, until you take it back"));
  EXPECT_FALSE(says(last, "allowed before, until <time"));
  EXPECT_EQ(live().size(), 4u) << "as the page says";
}

TEST_F(AsShown, a_request_ends_when_the_page_says) {
  const std::string details = R"([{"type":"limits","expires_in":7200}])";
  const auto end = world.clock.now() + Seconds(7200);
  const auto page = asked("inv:read", details);
  world.clock.advance(Seconds(65));
  const auto later = person.submit(page, "/consent", {{"answer", "stay"}});
  for (const auto* shown : {&page, &later})
    EXPECT_NE(shown->body.find("end at <time datetime=\"" + rfc3339(end)), std::string::npos) << shown->body;
  expect_given(answered(page, {"inv:read"}, "until_withdrawn"));
  EXPECT_EQ(world.store->delegations("default", {.under = alice, .limit = 50})->at(0).limits.not_after, end);

  const auto late = asked("inv:read", R"([{"type":"limits","expires_in":60}])");
  world.clock.advance(Seconds(60));
  EXPECT_NE(header_at(answered(late, {"inv:read"}), "Location").find("error=access_denied"), std::string::npos);
  EXPECT_EQ(live().size(), 1u) << "it is over before it begins";
}

TEST_F(AsShown, a_duration_that_the_request_cuts_is_named_so_and_each_is_there_once) {
  const auto names = [&](const std::string& limit) {
    const auto page = asked("inv:read", limit.empty() ? limit : R"([{"type":"limits",)" + limit + "}]");
    std::string all;
    const auto form = between(page.body, "For how long", "</fieldset>");
    const std::string radio = "name=\"duration\"";
    for (auto at = form.find(radio); at != std::string::npos; at = form.find(radio, at + 1)) {
      const auto choice = form.substr(at, form.find("</label>", at) - at);
      const bool chosen = between(choice, "value", ">").find(" checked") != std::string::npos;
      all += between(choice, "<span>", " <") + (chosen ? "* " : " ");
    }
    return all;
  };
  EXPECT_EQ(names(R"("expires_in":60)"), "This once* ");
  EXPECT_EQ(names(R"("expires_in":1800)"), "This once As long as it asked* ");
  EXPECT_EQ(names(R"("expires_in":7200)"), "This once One hour* As long as it asked ");
  EXPECT_EQ(names(R"("expires_in":31536000)"), "This once One hour* 30 days As long as it asked ");
  EXPECT_EQ(names(R"("uses":3)"), names(""));
  EXPECT_EQ(names(""), "This once One hour* 30 days Until I take it back ");
}

}  // namespace deputy::test
