// RFC 8707: which resources a code and the refresh tokens that come of it are for.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct OneGrant : testing::Test, Flow {};
using Several = std::vector<std::string_view>;

}  // namespace

TEST_F(OneGrant, rfc8707_s2_2_a_grant_is_for_the_resources_of_its_own_request) {
  sign_in();
  const Pairs both{{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}};
  ASSERT_EQ(outcome_of(allow(authorize(agent, both))), "code");
  EXPECT_EQ(error_of(redeem(agent, code(agent, both), {{"resource", payments}})), "200");
  const Pairs one{{"scope", "read"}};
  EXPECT_EQ(error_of(redeem(agent, code(agent, one), {{"resource", payments}})), "400 invalid_target")
      << "though the person agreed to it at another time";
  const auto token = text_at(body_of(redeem(agent, code(agent, one))), "refresh_token");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", payments}})), "400 invalid_target");
  EXPECT_EQ(error_of(refresh(agent, token, {{"resource", invoices}})), "200");
}

TEST_F(OneGrant, rfc8707_s2_a_request_for_several_resources_spends_neither_code_nor_refresh_token) {
  sign_in();
  const Pairs both{{"scope", "read pay"}, {"resource", invoices}, {"resource", payments}};
  ASSERT_EQ(outcome_of(allow(authorize(agent, both))), "code");
  for (const auto& client : {agent, app}) {  // app: whose refresh tokens rotate
    const auto good = code(client, both);
    for (const auto& named : {Several{invoices, payments}, Several{payments, invoices}, Several{invoices, invoices}}) {
      Pairs several;
      for (const auto one : named) several.emplace_back("resource", one);
      EXPECT_EQ(error_of(redeem(client, good, several)), "400 invalid_target") << named[0] << " " << named[1];
    }
    const auto tokens = redeem(client, good, {{"resource", payments}});
    ASSERT_EQ(error_of(tokens), "200") << tokens.body;
    const auto lasting = text_at(body_of(tokens), "refresh_token");
    const Pairs two{{"resource", invoices}, {"resource", payments}};
    EXPECT_EQ(error_of(refresh(client, lasting, two)), "400 invalid_target");
    world.clock.advance(Seconds(120));  // a token that had rotated would end everything by now
    EXPECT_EQ(error_of(refresh(client, lasting, {{"resource", payments}})), "200");
  }
}
