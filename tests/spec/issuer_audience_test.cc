// The issuer itself as an audience: of tokens that say who somebody is, and are drawn from nothing. No resource has its
// name, they end by themselves, and an agent agrees by one whatever else it usually gets.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"
#include "tests/kit/family.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct IssuersName : testing::Test, Administration {};

struct WhoItIs : testing::Test, Openid {
  WhoItIs() {
    sign_in();
    consent(agent);
    disclose(agent, "openid profile");
    given = redeem(agent, code(agent, {{"scope", "openid profile read"}}));
  }
  std::string token_for_userinfo() {
    const auto response = refresh(agent, at(given, "refresh_token"), {{"resource", world.issuer}});
    EXPECT_EQ(error_of(response), "200") << response.body;
    return at(response, "access_token");
  }
  void give_up(const std::string& token) {
    const auto response = world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(agent)}});
    EXPECT_EQ(response.status, 200) << response.body;
  }
  http::Response given;
};

}  // namespace

TEST_F(IssuersName, i1_a19_no_resource_is_registered_under_the_servers_own_identifier) {
  const auto made = [&](const std::string& identifier) {
    return call(admin_token(), "POST", "/v1/resources", {{"identifier", identifier}, {"name", "Ours"}});
  };
  const auto refused = made(issuer);
  EXPECT_EQ(problem_of(refused), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(refused), "field"), "identifier");
  EXPECT_EQ(problem_of(made(issuer + "/v1")), "409 not_unique") << "that one is there";
  EXPECT_EQ(problem_of(made(issuer + "/mcp")), "201");
}

// One from before that was refused.
TEST(Rfc8693, i1_a19_a_resource_that_has_the_servers_identifier_all_the_same_is_given_no_tokens) {
  Family f;
  const auto ours = f.world.given_resource(f.world.issuer, {"read"});
  const auto all = f.world.given_role("ours", ours, {"*"});
  for (const auto& one : {f.user, f.orchestrator.id}) f.world.given_assignment(all, one);
  f.world.given_assignment(all, f.orchestrator.id, {{"acts", "others"}});
  f.world.change(directory::Kind::trusted_issuer, f.trusted,
                 {{"permissions", json::array{json::object{{"resource", ours}, {"scopes", json::array{"*"}}}}}});
  for (const auto* by : {"resource", "audience"})
    EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, f.upstream(),
                                        {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                                         {by, by == std::string("resource") ? f.world.issuer : ours}})),
              "400 invalid_target");
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"default_resource", ours}});
  EXPECT_EQ(error_of(f.world.token(f.orchestrator)), "400 invalid_target");
}

TEST_F(WhoItIs, rfc7009_given_up_it_leaves_what_the_person_agreed_to) {
  const auto token = token_for_userinfo();
  ASSERT_EQ(texts_of(claims_of(token), "dlg").size(), 2u) << "it rests on what is told, and on the consent";
  give_up(token);
  EXPECT_EQ(userinfo(token).status, 401);
  EXPECT_TRUE(active(at(given, "access_token")));
  EXPECT_EQ(error_of(refresh(agent, at(given, "refresh_token"))), "200");
  EXPECT_EQ(userinfo(token_for_userinfo()).status, 200);
}

TEST_F(WhoItIs, rfc7009_given_up_when_it_is_over_it_leaves_it_too) {
  const auto token = token_for_userinfo();
  world.clock.advance(Seconds(301));
  give_up(token);
  EXPECT_EQ(error_of(refresh(agent, at(given, "refresh_token"))), "200");
}

// DELEGATION, relation 3: whoever requires agreement can agree, by name where another resource is the default.
TEST(Rfc8693, an_agent_with_a_default_resource_agrees_by_a_token_for_the_issuer) {
  Family f;
  f.world.change(directory::Kind::agent, f.orchestrator.id,
                 {{"agreement_required", true}, {"default_resource", f.invoices_id}});
  f.world.given_assignment(f.role, f.orchestrator.id);
  const auto token = f.orchestrated();
  const auto by = [&](const std::string& agreement) {
    return error_of(f.world.exchange(f.worker, token, {{"actor_token", agreement}}));
  };
  EXPECT_EQ(by(f.world.access_token(f.orchestrator, "")), "400 invalid_request") << "one for its default resource";
  const auto agreement = f.world.access_token(f.orchestrator, f.world.issuer);
  EXPECT_EQ(text_at(claims_of(agreement), "aud"), f.world.issuer);
  EXPECT_FALSE(claims_of(agreement).contains("scope"));
  EXPECT_EQ(by(agreement), "200");
  EXPECT_EQ(error_of(f.world.token(f.orchestrator, {{"resource", f.world.issuer}, {"scope", "read"}})),
            "400 invalid_target");
}
