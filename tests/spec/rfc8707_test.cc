// RFC 8707: which resources a code and the refresh tokens that come of it are for.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct OneGrant : testing::Test, Flow {};

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
