// OpenID Connect Core §3.1.2.1: scopes that nobody here understands; and what is asked for where nothing is named.
#include <gtest/gtest.h>

#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct IgnoredScope : testing::Test, Openid {
  IgnoredScope() {
    sign_in();
    consent(agent);
    disclose(agent, "openid profile email");
  }
  std::string last_asked(std::string_view action) {
    const auto all = world.events(action);
    EXPECT_FALSE(all.empty()) << action;
    return all.empty() ? "" : text_at(all.back().as_object(), "scope_asked");
  }
  void has_default_resource(std::string_view id) {
    world.change(directory::Kind::agent, agent.id, {{"default_resource", id}});
  }
  // The scope of the token, and whom it is for.
  std::string given(Pairs change) {
    const auto response = redeem(agent, code(agent, std::move(change)));
    EXPECT_EQ(response.status, 200) << response.body;
    const auto audience = text_at(claims_of(at(response, "access_token")), "aud");
    return at(response, "scope") + " at " + (audience == world.issuer ? "the issuer" : audience);
  }
};

}  // namespace

TEST_F(IgnoredScope, s3_1_2_1_what_nobody_understands_of_an_openid_request_is_ignored) {
  const auto response = tokens({{"scope", "openid profile email zebra"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_FALSE(at(response, "id_token").empty());
  EXPECT_EQ(at(response, "scope"), "email openid profile") << "the client is told what there is";
  EXPECT_EQ(last_asked("authorization.request"), "email openid profile zebra") << "the log, what was asked for";
  EXPECT_EQ(given({{"scope", "openid read zebra"}}), std::string("read at ") + invoices);
}

TEST_F(IgnoredScope, s3_1_2_1_a_default_resource_says_what_is_understood) {
  has_default_resource(invoices_id);
  EXPECT_EQ(given({{"scope", "openid zebra"}, {"resource", ""}}), "openid at the issuer");
  EXPECT_EQ(given({{"scope", "openid pay"}, {"resource", ""}}), "openid at the issuer") << "another resource's";
  EXPECT_EQ(given({{"scope", "openid read zebra"}, {"resource", ""}}), std::string("read at ") + invoices);
  EXPECT_EQ(given({{"scope", "openid zebra"}, {"resource", world.issuer}}), "openid at the issuer");
}

// Libraries send the scope of their settings each time.
TEST_F(IgnoredScope, rfc6749_s6_it_may_be_named_again_and_gives_nothing) {
  const std::pair<std::string, std::string> who{"scope", "openid profile zebra"}, all{"scope", "openid read zebra"};
  const auto named = redeem(agent, code(agent, {who, {"resource", ""}}), {who});
  EXPECT_EQ(at(named, "scope"), "openid profile") << named.body;
  const auto tokens = redeem(agent, code(agent, {all}), {all});
  EXPECT_EQ(at(tokens, "scope"), "read") << tokens.body;
  const auto token = at(tokens, "refresh_token");
  EXPECT_EQ(at(refresh(agent, token, {all}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid zebra"}}), "scope"), "openid");
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "openid read lion"}})), "400 invalid_scope")
      << "nobody was asked for that";
}

// A token of something else would pass for the one that the client meant.
TEST_F(IgnoredScope, rfc6749_s6_named_alone_it_is_invalid_scope) {
  const Pairs alone{{"scope", "zebra"}};
  const auto of_the_person = code(agent, {{"scope", "openid zebra"}, {"resource", ""}});
  EXPECT_EQ(error_of(redeem(agent, of_the_person, alone)), "400 invalid_scope");
  EXPECT_EQ(at(redeem(agent, of_the_person), "scope"), "openid") << "the code is as good as before";
  const auto good = code(agent, {{"scope", "openid read zebra lion"}});
  EXPECT_EQ(error_of(redeem(agent, good, alone)), "400 invalid_scope");
  const auto token = at(redeem(agent, good), "refresh_token");
  const auto refused = refresh(agent, token, alone);
  ASSERT_EQ(error_of(refused), "400 invalid_scope");
  EXPECT_NE(at(refused, "error_description").find("leave scope out"), std::string::npos) << refused.body;
  for (const auto& resource : {std::string(invoices), world.issuer})
    EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "zebra lion"}, {"resource", resource}})), "400 invalid_scope");
  EXPECT_EQ(error_of(refresh(agent, token, {{"scope", "read zebra"}, {"resource", world.issuer}})), "400 invalid_scope")
      << "neither is given there";
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "read zebra"}}), "scope"), "read");
  EXPECT_EQ(at(refresh(agent, token, {{"scope", "openid zebra"}}), "scope"), "openid");
  EXPECT_EQ(at(refresh(agent, token), "scope"), "read") << "as the sentence says";
}

TEST_F(IgnoredScope, rfc6749_s3_3_of_any_other_request_it_is_refused) {
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read zebra"}})), "invalid_scope");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "profile zebra"}, {"resource", ""}})), "invalid_target");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "openid zebra"}})), "invalid_scope")
      << "nothing is left of what was asked of the resource";
}

TEST_F(IgnoredScope, a37_it_is_not_shown_to_the_person_and_stays_in_what_is_recorded_of_them) {
  const auto asked = authorize(agent, {{"scope", "openid read zebra"}, {"prompt", "consent"}});
  ASSERT_EQ(outcome_of(asked), "/consent");
  EXPECT_EQ(browse(location_of(asked)).body.find("zebra"), std::string::npos);
  ASSERT_EQ(outcome_of(allow(asked)), "code");
  EXPECT_EQ(last_asked("consent.give"), "openid read zebra");
  ASSERT_EQ(push(agent, request(agent, {{"scope", "openid zebra"}, {"resource", ""}})).status, 201);
  EXPECT_EQ(last_asked("authorization.push"), "openid zebra");
}

TEST_F(IgnoredScope, rfc8707_s2_1_a_request_that_names_nothing_is_for_the_default_resource) {
  const Pairs nothing{{"scope", ""}, {"resource", ""}};
  EXPECT_EQ(outcome_of(authorize(agent, nothing)), "invalid_scope") << "there is none";
  has_default_resource(invoices_id);
  consent(agent, {"read", "write", "approve"});
  EXPECT_EQ(given(nothing), std::string("approve read write at ") + invoices);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", ""}, {"resource", world.issuer}})), "invalid_scope")
      << "another was named";
  has_default_resource("res_gone");
  EXPECT_EQ(outcome_of(authorize(agent, nothing)), "invalid_scope");
}
