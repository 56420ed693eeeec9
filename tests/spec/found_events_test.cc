// By what an event is found: its client's id, whatever its token bears, and every delegation of the path it rests on.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct FoundEvents : testing::Test, Openid {
  FoundEvents() { sign_in(); }
  json::object last(std::string_view action) {
    const auto all = world.events(action);
    EXPECT_FALSE(all.empty()) << action;
    return all.empty() ? json::object() : all.back().as_object();
  }
};

}  // namespace

TEST_F(FoundEvents, a_refusal_at_userinfo_names_an_imported_client_by_its_id_and_what_its_token_rests_on) {
  const Given imported{"legacy-scout", agent.secret};
  world.change(directory::Kind::agent, agent.id, {{"client_id", imported.id}});
  const auto allowed = redirected(allow(authorize(imported)))["code"];
  const auto token = at(redeem(imported, allowed), "access_token");
  const auto claims = claims_of(token);
  ASSERT_EQ(text_at(claims, "client_id"), imported.id);
  ASSERT_EQ(userinfo(token).status, 401) << "it is for an API";
  const auto event = last("userinfo.read");
  EXPECT_EQ(text_at(event, "decision"), "refused");
  EXPECT_EQ(text_at(event, "client"), agent.id);
  ASSERT_EQ(texts_of(claims, "dlg").size(), 1u);
  EXPECT_EQ(texts_of(event, "delegations"), texts_of(claims, "dlg"));
  EXPECT_EQ(texts_of(last("consent.give"), "delegations"), texts_of(claims, "dlg"));
}

TEST_F(FoundEvents, the_issue_of_a_token_that_says_who_the_person_is_bears_what_that_rests_on) {
  const auto root = consent(agent);
  disclose(agent, "openid");
  const auto given = redeem(agent, code(agent, {{"scope", "openid read"}}), {{"resource", world.issuer}});
  ASSERT_EQ(given.status, 200) << given.body;
  const auto claims = claims_of(at(given, "access_token"));
  ASSERT_EQ(texts_of(claims, "dlg").size(), 2u) << "what is told, and the consent";
  ASSERT_EQ(texts_of(claims, "dlg").back(), root);
  EXPECT_EQ(texts_of(last("token.issue"), "delegations"), texts_of(claims, "dlg"));
  const auto found = world.admin_call("GET", "/v1/events?action=token.issue&delegation=" + root);
  EXPECT_EQ(items_of(found, "jti"), std::vector{text_at(claims, "jti")});
}

TEST_F(FoundEvents, what_is_asked_refused_and_given_up_of_a_consent_that_was_put_together_bears_its_whole_path) {
  consent(agent, {"read"});
  consent(agent, {"write"});
  const auto given = redeem(agent, code(agent));
  const auto path = texts_of(claims_of(at(given, "access_token")), "dlg");
  ASSERT_EQ(path.size(), 3u);
  const auto lasting = at(given, "refresh_token");
  const auto expect_path = [&](std::string_view action, std::string_view decision) {
    const auto event = last(action);
    EXPECT_EQ(text_at(event, "decision"), decision) << action;
    EXPECT_EQ(text_at(event, "target"), path.back()) << action;
    EXPECT_EQ(texts_of(event, "delegations"), path) << action;
  };
  expect_path("authorization.request", "granted");
  ASSERT_EQ(error_of(refresh(agent, lasting, {{"resource", payments}})), "400 invalid_target");
  expect_path("token.issue", "refused");
  ASSERT_EQ(error_of(refresh(other, lasting)), "400 invalid_grant") << "refused before the consent is read";
  expect_path("token.issue", "refused");
  ASSERT_EQ(world.form("/oauth2/revoke", {{"token", lasting}}, {{"Authorization", world.basic(agent)}}).status, 200);
  expect_path("token.revoke", "done");
}

TEST(FoundEventsAtV1, what_an_imported_client_does_and_what_it_is_refused_bears_its_id) {
  Administration given;
  const auto agent = given.given_agent("imported", {{"client_id", "legacy-bot"}});
  given.given_assignment(given.role_at_own_api("clerk", {"users:write"}), agent.id);
  const auto token = given.token_of({"legacy-bot", agent.secret});
  ASSERT_EQ(text_at(claims_of(token), "client_id"), "legacy-bot");
  ASSERT_EQ(problem_of(given.call(token, "POST", "/v1/users", {{"username", "alice"}})), "201");
  ASSERT_EQ(problem_of(given.call(token, "GET", "/v1/groups")), "403 insufficient_scope");
  for (const auto* action : {"user.create", "group.list"})
    EXPECT_EQ(text_of(given.events(action).back().as_object(), "client"), agent.id) << action;
}
