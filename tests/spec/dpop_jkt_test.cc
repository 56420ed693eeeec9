// RFC 9449 §10: a code is bound to the key that its authorization request names, whichever way that request came.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct DpopJkt : testing::Test, Flow {
  Pairs named() const { return {{"dpop_jkt", mine.jkt()}}; }
  http::Response redeemed(const std::string& code, const KeyHolder* prover) {
    http::Headers headers{{"Authorization", world.basic(agent)}};
    if (prover != nullptr) headers.emplace_back("DPoP", prover->proof("POST", "/oauth2/token"));
    return world.form("/oauth2/token",
                      {{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}}, headers);
  }
  // The code of this answer is good with a proof of the key that was named, and with no other.
  void expect_bound(const http::Response& answer) {
    ASSERT_EQ(outcome_of(answer), "code") << answer.status << location_of(answer) << answer.body;
    const auto code = redirected(answer)["code"];
    EXPECT_EQ(error_of(redeemed(code, nullptr)), "400 invalid_dpop_proof");
    EXPECT_EQ(error_of(redeemed(code, &theirs)), "400 invalid_grant");
    const auto tokens = redeemed(code, &mine);
    ASSERT_EQ(error_of(tokens), "200") << tokens.body;
    EXPECT_EQ(jkt_of(claims_of(text_at(body_of(tokens), "access_token"))), mine.jkt());
  }
  http::Response push_with(const KeyHolder& prover) {
    return world.form("/oauth2/par", request(agent, named()),
                      {{"Authorization", world.basic(agent)}, {"DPoP", prover.proof("POST", "/oauth2/par")}});
  }
  http::Response use(const http::Response& pushed) {
    EXPECT_EQ(pushed.status, 201) << pushed.body;
    return browse("/oauth2/authorize?client_id=" + agent.id +
                  "&request_uri=" + percent_encode(text_at(body_of(pushed), "request_uri")));
  }
  KeyHolder mine{world}, theirs{world};
};

}  // namespace

TEST_F(DpopJkt, a18_rfc9449_s10_a_code_that_is_given_at_once_is_bound_to_the_key_that_was_named) {
  sign_in();
  consent(agent);
  expect_bound(authorize(agent, named()));
}

TEST_F(DpopJkt, a18_rfc9449_s10_a_code_is_bound_after_a_sign_in_and_a_consent_too) {
  const auto waits = authorize(agent, named());
  ASSERT_EQ(outcome_of(waits), "/sign-in");
  sign_in();
  const auto asked = browse("/oauth2/authorize/continue" + location_of(waits).substr(location_of(waits).find("?i=")));
  ASSERT_EQ(outcome_of(asked), "/consent");
  expect_bound(allow(asked));
}

TEST_F(DpopJkt, a18_rfc9449_s10_1_a_push_without_a_proof_binds_to_the_key_that_it_names) {
  sign_in();
  consent(agent);
  expect_bound(use(push(agent, request(agent, named()))));
}

TEST_F(DpopJkt, a18_rfc9449_s10_1_a_push_names_the_key_that_it_proves) {
  sign_in();
  consent(agent);
  EXPECT_EQ(error_of(push_with(theirs)), "400 invalid_dpop_proof");
  expect_bound(use(push_with(mine)));
}

TEST_F(DpopJkt, a18_rfc9449_s10_a_signed_request_names_the_key_too) {
  sign_in();
  consent(agent);
  const auto object = [&] { return signed_request(agent, {{"dpop_jkt", mine.jkt()}}); };
  expect_bound(browse("/oauth2/authorize?client_id=" + agent.id + "&request=" + object()));
  expect_bound(use(push(agent, {{"request", object()}, {"client_id", agent.id}})));
}
