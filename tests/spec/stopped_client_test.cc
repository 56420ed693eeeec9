// A28: an application or an agent that was stopped is nobody, where no secret is asked for and in the browser too.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Stopped : testing::Test, Flow {
  void act(const std::string& what) {
    ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/" + what, {{"reason", "test"}}).status, 200);
    world.clock.advance(Seconds(2));  // nothing is minted in the second of a revocation
  }
  // The person is asked, so that a request waits; gives its "?i=…".
  std::string waiting() {
    const auto asked = authorize(agent, {{"prompt", "consent"}});
    EXPECT_EQ(outcome_of(asked), "/consent");
    return location_of(asked).substr(location_of(asked).find("?i="));
  }
  std::string last_reason(std::string_view action) {
    const auto events = world.events(action);
    return events.empty() ? std::string("nothing is recorded") : text_at(events.back().as_object(), "reason");
  }
};

}  // namespace

TEST_F(Stopped, a28_a_public_client_that_is_disabled_is_nobody) {
  sign_in();
  consent(app);
  const auto token = text_at(body_of(redeem(app, code(app))), "refresh_token");
  const auto answers = [&] {
    return std::vector{error_of(push(app, request(app))),
                       error_of(world.form("/oauth2/revoke", {{"token", "unknown"}, {"client_id", app.id}})),
                       error_of(refresh(app, token))};
  };
  EXPECT_EQ(answers(), (std::vector<std::string>{"201", "200", "200"}));
  world.change(directory::Kind::application, app.id, {{"state", "disabled"}});
  EXPECT_EQ(answers(), (std::vector<std::string>(3, "401 invalid_client")));
  for (const auto* action : {"authorization.push", "token.revoke", "token.issue"})
    EXPECT_EQ(last_reason(action), "invalid_client: the client is disabled");
}

TEST_F(Stopped, a28_nobody_is_sent_to_or_back_from_an_agent_that_was_stopped) {
  sign_in();
  consent(agent);
  const auto at_continue = waiting(), at_page = waiting(), at_post = waiting();
  const auto yes = all_allowed(browse("/consent" + at_post).body);
  act("suspend");
  for (const auto& response : {authorize(agent), browse("/oauth2/authorize/continue" + at_continue)}) {
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(location_of(response), "");
    EXPECT_EQ(last_reason("authorization.request"), "invalid_request: client not active");
  }
  EXPECT_EQ(outcome_of(browse("/consent" + at_page)), "access_denied");
  EXPECT_EQ(last_reason("consent.refuse"), "access_denied: the client is not active");
  EXPECT_EQ(outcome_of(world.form("/consent" + at_post, yes, {{"Cookie", cookie}})), "access_denied");
  act("resume");
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
}

TEST_F(Stopped, a2_a28_nobody_is_sent_on_to_it_after_a_sign_out) {
  sign_in();
  const auto out = "/oauth2/logout?client_id=" + agent.id +
                   "&post_logout_redirect_uri=https%3A%2F%2Fagent.example%2Fbye";
  EXPECT_EQ(browse(out).status, 200) << "whether they want to sign out";
  act("suspend");
  EXPECT_EQ(browse(out).status, 400);
  sign_out();
  const auto refused = browse(out);
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(location_of(refused), "");
  act("resume");
  EXPECT_EQ(location_of(browse(out)), "https://agent.example/bye");
}
