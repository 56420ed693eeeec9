// RFC 9101: authorization requests as signed JWTs.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Signed : testing::Test, Flow {
  void SetUp() override {
    sign_in();
    consent(agent);
  }
  http::Response use(const std::string& request, const std::string& more = "") {
    return browse("/oauth2/authorize?client_id=" + agent.id + "&request=" + percent_encode(request) + more);
  }
};

}  // namespace

TEST_F(Signed, s4_a_signed_request_is_a_request) {
  const auto answer = redirected(use(signed_request(agent)));
  EXPECT_EQ(answer.at("state"), "af0ifjsldkj");
  EXPECT_EQ(error_of(redeem(agent, answer.at("code"))), "200");
}

TEST_F(Signed, a6_s6_3_only_what_is_signed_counts) {
  const auto answer =
      redirected(use(signed_request(agent), "&state=evil&scope=approve&redirect_uri=https://evil.example"));
  EXPECT_EQ(answer.at("state"), "af0ifjsldkj");
  EXPECT_EQ(text_at(body_of(redeem(agent, answer.at("code"))), "scope"), "read write");
  const auto beside = "&code_challenge=" + std::string(challenge);
  EXPECT_EQ(outcome_of(use(signed_request(agent, {{"code_challenge", ""}}), beside)), "invalid_request")
      << "what is not inside is not there";
  EXPECT_EQ(use(signed_request(agent, {{"state", "a\nb"}})).status, 400);
}

TEST_F(Signed, s5_the_client_outside_is_the_client_inside) {
  EXPECT_EQ(use(signed_request(agent, {{"client_id", other.id}})).status, 400);
  EXPECT_EQ(use(signed_request(agent, {{"iss", other.id}})).status, 400);
  EXPECT_EQ(browse("/oauth2/authorize?request=" + signed_request(agent)).status, 400) << "client_id is needed outside";
}

TEST_F(Signed, s6_2_it_is_signed_by_a_registered_key_for_this_issuer_and_lives) {
  auto tampered = signed_request(agent);
  tampered[tampered.size() / 2] = tampered[tampered.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_EQ(use(tampered).status, 400);
  EXPECT_EQ(use(signed_request(agent, {{"aud", "https://elsewhere.example"}})).status, 400);
  const auto now = unix_seconds(world.clock.now());
  EXPECT_EQ(use(signed_request(agent, {{"exp", now - 60}})).status, 400);
  EXPECT_EQ(use(signed_request(agent, {{"exp", now + 7200}})).status, 400);
  EXPECT_EQ(use("eyJhbGciOiJub25lIn0.e30.").status, 400) << "a9: none";
  EXPECT_EQ(browse("/oauth2/authorize?client_id=" + other.id + "&request=" + signed_request(agent)).status, 400);
}

TEST_F(Signed, s4_a_request_lives_an_hour_and_a_clock_may_be_ten_seconds_off) {
  const auto now = unix_seconds(world.clock.now());
  const auto outcome = [&](const char* claim, std::int64_t value) {
    return outcome_of(use(signed_request(agent, {{claim, value}})));
  };
  EXPECT_EQ(outcome("exp", now + 3600), "code");
  EXPECT_EQ(outcome("exp", now + 3601), "400") << "FAPI 2.0 Message Signing section 5.3.1";
  EXPECT_EQ(outcome("exp", now - 9), "code");
  EXPECT_EQ(outcome("exp", now - 10), "400");
  for (const auto* name : {"iat", "nbf"}) {
    EXPECT_EQ(outcome(name, now + 10), "code") << name;
    EXPECT_EQ(outcome(name, now + 11), "400") << name;
  }
}

TEST_F(Signed, a11_s10_8_an_assertion_or_another_kind_of_jwt_is_no_request) {
  EXPECT_EQ(use(signed_request(agent, {{"sub", agent.id}})).status, 400);
  for (const auto* type : {"client-authentication+jwt", "at+jwt", "dpop+jwt", "logout+jwt"})
    EXPECT_EQ(use(signed_request(agent, {}, type)).status, 400) << type;
  EXPECT_EQ(outcome_of(use(signed_request(agent, {}, "JWT"))), "code") << "OpenID Connect's older type";
}

TEST_F(Signed, s4_no_request_within_a_request) {
  EXPECT_EQ(use(signed_request(agent, {{"request", "x"}})).status, 400);
  EXPECT_EQ(use(signed_request(agent, {{"request_uri", "urn:x"}})).status, 400);
  EXPECT_EQ(use(signed_request(agent), "&request_uri=urn:ietf:params:oauth:request_uri:x").status, 400);
}

TEST_F(Signed, s10_5_a_client_may_be_held_to_signing) {
  world.change(directory::Kind::agent, agent.id, {{"signed_requests_required", true}});
  EXPECT_EQ(outcome_of(authorize(agent)), "invalid_request");
  EXPECT_EQ(outcome_of(use(signed_request(agent))), "code");
}

TEST_F(Signed, numbers_objects_and_lists_are_parameters_too) {
  EXPECT_EQ(outcome_of(use(signed_request(agent, {{"max_age", 3600}}))), "code");
  const json::object both{{"resource", json::array{invoices, payments}}, {"scope", "read pay"}};
  EXPECT_EQ(outcome_of(use(signed_request(agent, both))), "/consent") << "to pay was not agreed to";
  EXPECT_EQ(outcome_of(use(signed_request(agent, {{"claims", json::object{{"id_token", json::object{}}}}}))), "code");
}

TEST_F(Signed, s4_what_is_of_another_json_type_is_refused_and_not_passed_over) {
  const auto pushed = [&](const json::object& claims) {
    return error_of(push(agent, {{"request", signed_request(agent, claims)}, {"client_id", agent.id}}));
  };
  for (const auto* name : {"response_type", "redirect_uri", "scope", "state", "response_mode", "code_challenge",
                           "code_challenge_method", "prompt", "nonce", "login_hint", "ui_locales", "acr_values",
                           "id_token_hint", "dpop_jkt", "resource", "claims", "max_age"}) {
    for (const auto& value : {json::value(nullptr), json::value(true)})
      EXPECT_EQ(pushed({{name, value}}), "400 invalid_request_object") << name;
  }
  const json::array words{"read"}, mixed{invoices, 7};
  EXPECT_EQ(pushed({{"resource", mixed}}), "400 invalid_request_object") << "a part of it is no answer to all of it";
  EXPECT_EQ(pushed({{"resource", json::object{}}}), "400 invalid_request_object");
  EXPECT_EQ(pushed({{"scope", words}}), "400 invalid_request_object");
  EXPECT_EQ(pushed({{"nonce", 7}}), "400 invalid_request_object");
  EXPECT_EQ(pushed({{"claims", words}}), "400 invalid_request_object");
  EXPECT_EQ(pushed({{"authorization_details", json::object{}}}), "400 invalid_authorization_details");
  EXPECT_EQ(pushed({{"registration", json::object{}}, {"vtr", words}, {"display", nullptr}}), "201")
      << "what is not known is passed over";
}

TEST_F(Signed, rfc9126_s3_a_signed_request_may_be_pushed) {
  const auto response = push(agent, {{"request", signed_request(agent)}, {"client_id", agent.id}});
  ASSERT_EQ(response.status, 201) << response.body;
  world.change(directory::Kind::agent, agent.id, {{"signed_requests_required", true}});
  const auto uri = text_at(body_of(response), "request_uri");
  EXPECT_EQ(outcome_of(browse("/oauth2/authorize?client_id=" + agent.id + "&request_uri=" + uri)), "code");
  EXPECT_EQ(error_of(push(agent, {{"request", "no.jwt"}})), "400 invalid_request_object");
}
