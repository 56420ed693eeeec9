// RFC 9700 §4.11.2, docs/adr/0035: whom a request that is wrong sends on to its client, and whom it tells so first.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct SentOn : testing::Test, Flow {
  http::Response wrong(Pairs more = {}) {
    more.emplace_back("scope", "zebra");
    return authorize(agent, std::move(more));
  }
  // A page that sends nobody anywhere, and says where its link would.
  static void expect_told(const http::Response& page) {
    EXPECT_EQ(page.status, 400);
    EXPECT_EQ(location_of(page), "");
    EXPECT_NE(page.body.find("Go on to <bdi>agent.example</bdi>"), std::string::npos) << page.body;
  }
  const std::string begins = std::string("href=\"") + callback + "?error=";
};

}  // namespace

TEST_F(SentOn, a2_rfc9700_s4_11_2_who_is_not_signed_in_is_told_and_not_sent) {
  const auto page = wrong();
  expect_told(page);
  EXPECT_NE(page.body.find("a scope is defined by none of the resources"), std::string::npos) << page.body;
  const auto link = between(page.body, begins, "\"");
  EXPECT_TRUE(link.starts_with("invalid_scope&amp;error_description=")) << link;
  EXPECT_NE(link.find("&amp;state=af0ifjsldkj&amp;iss="), std::string::npos) << "the answer that it would have been";
  EXPECT_NE(header_at(page, "Content-Security-Policy").find("form-action 'none'"), std::string::npos);
  const auto event = world.events("authorization.request").back().as_object();
  EXPECT_EQ(text_at(event, "client"), agent.id);
  EXPECT_TRUE(text_at(event, "reason").starts_with("invalid_scope")) << text_at(event, "reason");
  sign_in();
  EXPECT_EQ(outcome_of(wrong()), "invalid_scope");
  sign_out();
  EXPECT_NE(wrong({{"ui_locales", "zh"}}).body.find("前往 <bdi>agent.example</bdi>"), std::string::npos);
}

TEST_F(SentOn, a2_rfc9700_s4_11_2_of_a_verified_client_and_of_prompt_none_they_are_sent) {
  EXPECT_EQ(outcome_of(wrong({{"prompt", "none"}})), "invalid_scope") << "no page may be shown";
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "none"}})), "login_required");
  world.change(directory::Kind::agent, agent.id, {{"verified", true}});
  EXPECT_EQ(outcome_of(wrong()), "invalid_scope");
}

TEST_F(SentOn, a2_a_posted_answer_is_posted_by_a_button_alone) {
  const auto page = wrong({{"response_mode", "form_post"}});
  expect_told(page);
  EXPECT_NE(page.body.find(std::string("<form method=\"post\" action=\"") + callback + "\""), std::string::npos);
  EXPECT_EQ(value_of(page, "error"), "invalid_scope");
  EXPECT_EQ(value_of(page, "state"), "af0ifjsldkj");
  EXPECT_EQ(value_of(page, "iss"), world.issuer);
  EXPECT_EQ(page.body.find("<script"), std::string::npos) << "nothing submits it";
  EXPECT_NE(header_at(page, "Content-Security-Policy").find("form-action https:;"), std::string::npos);
}

TEST_F(SentOn, a2_rfc9700_s4_11_2_nor_is_who_goes_on_without_having_signed_in) {
  const auto waits = location_of(authorize(agent));
  ASSERT_TRUE(waits.starts_with("/sign-in")) << waits;
  world.change(directory::Kind::agent, agent.id, {{"pushed_requests_required", true}});
  expect_told(browse("/oauth2/authorize/continue" + waits.substr(waits.find("?i="))));
}

TEST_F(SentOn, a2_rfc9126_s7_3_what_was_pushed_is_spent_by_the_page) {
  const auto pushed = push(agent, request(agent));
  ASSERT_EQ(pushed.status, 201) << pushed.body;
  world.change(directory::Kind::agent, agent.id, {{"signed_requests_required", true}});
  const auto visit = [&] {
    return browse("/oauth2/authorize?client_id=" + agent.id +
                  "&request_uri=" + text_at(body_of(pushed), "request_uri"));
  };
  const auto first = visit();
  expect_told(first);
  EXPECT_NE(first.body.find(begins + "invalid_request"), std::string::npos) << first.body;
  EXPECT_EQ(visit().body.find(begins), std::string::npos) << "answered before";
}
