// What a client asks of a person, and what comes of it, is recorded with the scopes and the resources: a refusal too.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Texts = std::vector<std::string>;

struct AskedEvents : testing::Test, Flow {
  AskedEvents() { sign_in(); }
  json::object last(std::string_view action) {
    const auto all = world.events(action);
    EXPECT_FALSE(all.empty()) << action;
    return all.empty() ? json::object() : all.back().as_object();
  }
  void expect_refused(const Pairs& change, const std::string& scope, const Texts& resources) {
    authorize(agent, change);
    const auto event = last("authorization.request");
    const auto what = change.empty() ? std::string() : change.front().first + "=" + change.front().second;
    EXPECT_EQ(text_of(event, "decision"), "refused") << what;
    EXPECT_EQ(text_of(event, "client"), agent.id) << what;
    EXPECT_EQ(text_of(event, "scope_asked"), scope) << what;
    EXPECT_EQ(texts_of(event, "resources"), resources) << what;
  }
};

}  // namespace

TEST_F(AskedEvents, a_refused_request_says_what_was_asked_and_where) {
  expect_refused({{"prompt", "none"}}, "read write", {invoices});
  expect_refused({{"code_challenge", ""}}, "read write", {invoices});
  expect_refused({{"redirect_uri", "https://evil.example/cb"}}, "read write", {invoices});
  expect_refused({{"scope", "fly"}}, "fly", {invoices});
  expect_refused({{"scope", "a  b"}}, "", {invoices});
  expect_refused({{"resource", invoices}, {"resource", "https://nowhere.example"}}, "read write", {invoices});
  expect_refused({{"resource", "https://nowhere.example"}}, "read write", {});
  Pairs many{{"prompt", "shout"}};
  for (int i = 0; i < 21; ++i) many.emplace_back("resource", invoices);
  expect_refused(many, "read write", {});
}

TEST_F(AskedEvents, one_that_is_let_through_says_it_too) {
  consent(agent);
  code(agent);
  const auto event = last("authorization.request");
  EXPECT_EQ(text_of(event, "decision"), "granted");
  EXPECT_EQ(text_of(event, "scope_asked"), "read write");
  EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
}

TEST_F(AskedEvents, a_push_says_it_too_refused_or_done) {
  ASSERT_EQ(error_of(push(agent, request(agent, {{"scope", "fly"}}))), "400 invalid_scope");
  auto event = last("authorization.push");
  EXPECT_EQ(text_of(event, "decision"), "refused");
  EXPECT_EQ(text_of(event, "scope_asked"), "fly");
  EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
  ASSERT_EQ(push(agent, request(agent)).status, 201);
  event = last("authorization.push");
  EXPECT_EQ(text_of(event, "decision"), "done");
  EXPECT_EQ(text_of(event, "scope_asked"), "read write");
  EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
}

TEST_F(AskedEvents, a_yes_names_the_resources_that_it_gives_something_of) {
  const Pairs both{{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}};
  ASSERT_EQ(outcome_of(allow(authorize(agent, both))), "code");
  auto event = last("consent.give");
  EXPECT_EQ(text_of(event, "scope_asked"), "pay read");
  auto resources = texts_of(event, "resources");
  std::sort(resources.begin(), resources.end());
  EXPECT_EQ(resources, (Texts{invoices, payments}));
  const auto asked = authorize(agent, {{"scope", "write pay"}, {"resource", invoices}, {"resource", payments},
                                       {"prompt", "consent"}});
  auto fields = all_allowed(browse(location_of(asked)).body);
  // Both are offered, payments alone is allowed: the first switch of the page is the one at invoices.
  fields.erase(std::find_if(fields.begin(), fields.end(), [](const auto& one) { return one.first == "allow"; }));
  ASSERT_EQ(outcome_of(world.form(location_of(asked), fields, {{"Cookie", cookie}})), "code");
  event = last("consent.give");
  EXPECT_EQ(text_of(event, "scope_given"), "pay");
  EXPECT_EQ(texts_of(event, "resources"), Texts{payments});
}

TEST_F(AskedEvents, a_no_says_what_was_not_allowed) {
  const auto asked = authorize(agent);
  auto fields = all_allowed(browse(location_of(asked)).body);
  ASSERT_EQ(fields.front().first, "answer");
  fields.front().second = "deny";
  ASSERT_EQ(outcome_of(world.form(location_of(asked), fields, {{"Cookie", cookie}})), "access_denied");
  const auto event = last("consent.refuse");
  EXPECT_EQ(text_of(event, "subject"), user);
  EXPECT_EQ(text_of(event, "client"), agent.id);
  EXPECT_EQ(text_of(event, "scope_asked"), "read write");
  EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
}

TEST_F(AskedEvents, what_is_taken_back_is_told_where_and_so_is_what_stays) {
  allow(authorize(agent, {{"scope", "read write pay"}, {"resource", invoices}, {"resource", payments}}));
  const auto take_back = [&](const std::string& row) {
    const auto all = *world.store->delegations("default", {.under = user});
    world.form("/account/withdraw",
               {{"csrf", value_of(browse("/account"), "csrf")}, {"delegation", all.back().id}, {"scope", row}},
               {{"Cookie", cookie}});
    const auto event = last("consent.withdraw");
    EXPECT_EQ(texts_of(event, "delegations"), Texts{all.back().id});
    return event;
  };
  auto event = take_back(invoices_id + " read ");
  EXPECT_EQ(text_of(event, "scope_asked"), "read");
  EXPECT_EQ(texts_of(event, "resources"), Texts{invoices});
  EXPECT_EQ(text_of(event, "scope_given"), "pay write");
  event = take_back("");
  EXPECT_EQ(text_of(event, "scope_asked"), "pay write");
  auto resources = texts_of(event, "resources");
  std::sort(resources.begin(), resources.end());
  EXPECT_EQ(resources, (Texts{invoices, payments}));
  EXPECT_EQ(text_of(event, "scope_given"), "");
}
