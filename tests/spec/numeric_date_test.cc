// RFC 7519 §2: an instant is a number of seconds, with a fraction where whoever signs likes.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/kit/family.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct NumericDate : testing::Test, Flow {
  // Half a second past this many from now.
  double and_a_half(double seconds) const {
    return static_cast<double>(unix_millis(world.clock.now())) / 1000 + seconds + 0.5;
  }
};

}  // namespace

TEST(Rfc7519, s2_a_trusted_issuers_token_ends_at_a_fraction_of_a_second) {
  Family f;
  const auto exchange = [&](double seconds) {
    const auto exp = static_cast<double>(unix_millis(f.world.clock.now())) / 1000 + seconds;
    return f.world.exchange(
        f.orchestrator, f.upstream({{"exp", exp}}),
        {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"}, {"resource", Family::invoices}});
  };
  const auto given = exchange(200.5);
  ASSERT_EQ(error_of(given), "200") << given.body;
  EXPECT_EQ(json_integer(body_of(given), "expires_in"), 200);
  EXPECT_EQ(error_of(exchange(-0.5)), "400 invalid_request");
  EXPECT_EQ(error_of(exchange(0.5)), "503 temporarily_unavailable") << "what is made of it would be over by then";
}

TEST_F(NumericDate, s2_a_clients_assertion_and_its_signed_request_do_too) {
  const auto assertion = [&](double seconds, std::string_view jti) {
    const json::object claims{{"sub", agent.id}, {"jti", jti}, {"exp", and_a_half(seconds)}};
    return world.form("/oauth2/token",
                      {{"grant_type", "client_credentials"},
                       {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                       {"client_assertion", signed_request(agent, claims, "JWT")}});
  };
  EXPECT_EQ(error_of(assertion(60, "one")), "200");
  EXPECT_EQ(error_of(assertion(60, "one")), "401 invalid_client") << "a14: it is good once, to its end";
  EXPECT_EQ(error_of(assertion(3600, "two")), "401 invalid_client") << "a14: too far ahead";
  sign_in();
  consent(agent);
  const auto request = [&](double seconds) {
    return outcome_of(browse("/oauth2/authorize?client_id=" + agent.id + "&request=" +
                             percent_encode(signed_request(agent, {{"exp", and_a_half(seconds)}}))));
  };
  EXPECT_EQ(request(60), "code");
  EXPECT_EQ(request(7200), "400") << "too far ahead";
}
