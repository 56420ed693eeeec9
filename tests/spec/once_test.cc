// What is good once, asked for by two at the same time: both are decided before either is durable, and one is answered.
#include <gtest/gtest.h>

#include "endpoints/authorize/authorize.h"
#include "endpoints/oauth.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Once : testing::Test, Flow {
  Once() {
    sign_in();
    consent(agent);
  }
  // What the token endpoint answers to who is overtaken.
  http::Response overtaken(Pairs form, http::Headers headers, const std::function<void()>& by) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return Late{world}.settled(
        endpoints::token,
        {.method = "POST", .path = "/oauth2/token", .headers = std::move(headers), .body = form_text(form)}, by);
  }
  http::Headers basic() const { return {{"Authorization", world.basic(agent)}}; }
  static Pairs redemption(const std::string& code) {
    return {{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}};
  }
  static std::string at(const http::Response& response, std::string_view name) {
    return text_at(body_of(response), name);
  }
};

}  // namespace

TEST_F(Once, a3_of_two_redemptions_at_once_one_is_answered_and_what_came_of_it_ends) {
  const auto good = code(agent);
  http::Response first;
  const auto second = overtaken(redemption(good), basic(), [&] { first = redeem(agent, good); });
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(second), "400 invalid_grant");
  EXPECT_FALSE(active(at(first, "access_token"))) << "one of the two was a thief";
  EXPECT_EQ(error_of(refresh(agent, at(first, "refresh_token"))), "400 invalid_grant");
}

TEST_F(Once, a3_a18_a_code_that_comes_twice_with_a_new_proof_ends_what_came_of_it) {
  const KeyHolder holder(world);
  const auto good = code(agent);
  const auto redeemed = [&](const std::string& code, const std::string& proof) {
    auto headers = basic();
    headers.emplace_back("DPoP", proof);
    return world.form("/oauth2/token", redemption(code), headers);
  };
  const auto proof = [&] { return holder.proof("POST", "/oauth2/token"); };
  const auto once = proof();
  const auto first = redeemed(good, once);
  ASSERT_EQ(error_of(first), "200") << first.body;
  EXPECT_EQ(error_of(redeemed(good, proof())), "400 invalid_grant");
  EXPECT_FALSE(active(at(first, "access_token")));
  consent(agent);
  const auto another = code(agent);
  EXPECT_EQ(error_of(redeemed(another, once)), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(redeemed(another, proof())), "200") << "that it was used says nothing of the code";
}

TEST_F(Once, a17_of_two_refreshes_at_once_one_makes_the_successor) {
  const auto one = at(redeem(app, code(app)), "refresh_token");
  const Pairs form{{"grant_type", "refresh_token"}, {"refresh_token", one}, {"client_id", app.id}};
  http::Response first;
  const auto second = overtaken(form, {}, [&] { first = refresh(app, one); });
  const auto successor = at(first, "refresh_token");
  EXPECT_EQ(error_of(second), "503 temporarily_unavailable");
  const auto again = refresh(app, one);
  ASSERT_EQ(error_of(again), "200") << "who tries again is answered: " << again.body;
  EXPECT_EQ(at(again, "refresh_token"), successor);
  EXPECT_EQ(error_of(refresh(app, successor)), "200") << "and nothing has ended";
  EXPECT_TRUE(active(at(first, "access_token")));
}

TEST_F(Once, rfc9126_s7_3_of_two_uses_of_a_pushed_request_at_once_one_is_answered) {
  const auto query = "client_id=" + agent.id + "&request_uri=" +
                     at(push(agent, request(agent)), "request_uri");
  http::Response first;
  const auto second = Late{world}.settled(
      endpoints::authorize::authorize,
      {.method = "GET", .path = "/oauth2/authorize", .query = query, .headers = {{"Cookie", cookie}}},
      [&] { first = browse("/oauth2/authorize?" + query); });
  EXPECT_EQ(outcome_of(first), "code");
  EXPECT_EQ(second.status, 400);
  EXPECT_EQ(location_of(second), "");
}

TEST_F(Once, a18_of_two_uses_of_a_proof_at_once_one_is_answered) {
  world.given_assignment(role, agent.id);
  const KeyHolder holder(world);
  auto headers = basic();
  headers.emplace_back("DPoP", holder.proof("POST", "/oauth2/token"));
  const Pairs form{{"grant_type", "client_credentials"}, {"resource", invoices}};
  http::Response first;
  const auto second = overtaken(form, headers, [&] { first = world.form("/oauth2/token", form, headers); });
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(second), "400 invalid_dpop_proof");
}

TEST_F(Once, rfc6749_s5_2_a_code_of_a_consent_that_ends_within_this_second_is_invalid_grant) {
  world.clock.advance(Millis(500));
  const Pairs read{{"scope", "read"}, {"redirect_uri", "https://other.example/cb"}};
  const auto granted = allow(authorize(other, read), "hour");
  ASSERT_EQ(outcome_of(granted), "code") << granted.body;
  const auto used = redirected(granted)["code"];
  const auto tokens = redeem(other, used);
  ASSERT_EQ(error_of(tokens), "200") << tokens.body;
  world.clock.advance(Seconds(3540));
  const auto unused = code(other, read);
  ASSERT_EQ(error_of(refresh(other, at(tokens, "refresh_token"))), "200");
  world.clock.advance(Millis(59'900));
  EXPECT_EQ(error_of(redeem(other, used)), "400 invalid_grant") << "a tenth of a second is left";
  EXPECT_EQ(error_of(redeem(other, unused)), "400 invalid_grant") << "no later try would get a token";
  EXPECT_EQ(error_of(refresh(other, at(tokens, "refresh_token"))), "400 invalid_grant");
}
