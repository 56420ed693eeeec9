// RFC 9101: authorization requests as signed JWTs.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "flows/interaction.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"

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
  http::Response pushed(const std::string& request, Pairs beside = {}) {
    beside.emplace_back("request", request);
    beside.emplace_back("client_id", agent.id);
    return push(agent, std::move(beside));
  }
  // A sound request but for what it does not say at all.
  std::string signed_without(const std::vector<std::string_view>& names) {
    auto claims = claims_of(signed_request(agent));
    for (const auto name : names) claims.erase(name);
    return jose::sign(key, crypto::Algorithm::ES256, jose::thumbprint(key.public_key().parts()), "oauth-authz-req+jwt",
                      json::serialize(claims));
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
  EXPECT_EQ(browse("/oauth2/authorize?client_id=" + other.id + "&request=" + signed_request(agent)).status, 400);
}

TEST_F(Signed, s7_what_is_wrong_with_it_is_said_but_nothing_of_the_clients_keys) {
  const auto now = unix_seconds(world.clock.now());
  const auto said = [&](const std::string& request) {
    const auto description = text_at(body_of(pushed(request)), "error_description");
    const std::string begin = "the signed request is not valid: ";
    EXPECT_TRUE(description.starts_with(begin)) << description;
    return description.substr(std::min(begin.size(), description.size()));
  };
  const auto with = [&](const char* claim, const json::value& value) {
    return said(signed_request(agent, {{claim, value}}));
  };
  EXPECT_EQ(with("aud", json::string(world.issuer + "/oauth2/par")), "its aud is not this server's issuer");
  EXPECT_EQ(with("iss", json::string(other.id)), "its iss is not the client's id");
  EXPECT_EQ(with("exp", now - 60), "its exp is past");
  EXPECT_EQ(said(signed_without({"exp"})), "it has no exp: say until when it may be sent, at most an hour ahead");
  EXPECT_EQ(with("iat", now + 60), "its nbf or iat lies ahead");
  EXPECT_EQ(with("exp", now + 7200), "exp is more than an hour ahead");
  EXPECT_EQ(with("client_id", json::string(other.id)), "client_id differs from the one outside");
  // By whichever key it is not signed.
  const auto stranger = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  for (const auto& kid : {jose::thumbprint(stranger.public_key().parts()), jose::thumbprint(key.public_key().parts())})
    EXPECT_EQ(said(jose::sign(stranger, crypto::Algorithm::ES256, kid, "oauth-authz-req+jwt",
                              json::serialize(claims_of(signed_request(agent))))),
              "no registered key verifies it, by an algorithm that the client may use");
}

TEST_F(Signed, a9_s6_2_nobody_signs_without_the_registered_key) {
  const auto sound = signed_request(agent);
  const auto header = [&](std::string_view algorithm) {
    auto members = header_of(sound);
    members["alg"] = algorithm;
    const auto claims = sound.substr(sound.find('.'), sound.rfind('.') - sound.find('.'));
    return base64url(json::serialize(members)) + claims;
  };
  const auto public_key = jose::public_jwk(key.public_key(), jose::thumbprint(key.public_key().parts()),
                                           crypto::Algorithm::ES256);
  const auto mac = crypto::KeyedHash(Secret(json::serialize(public_key)))(header("HS256"));
  const auto stranger = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const auto by_stranger = [&](const crypto::PrivateKey& named) {
    return jose::sign(stranger, crypto::Algorithm::ES256, jose::thumbprint(named.public_key().parts()),
                      "oauth-authz-req+jwt", json::serialize(claims_of(sound)));
  };
  const std::map<std::string, std::string> forged{
      {"none, and no signature", header("none") + "."},
      {"none, and the signature of another", header("none") + sound.substr(sound.rfind('.'))},
      {"HS256 by the public key", header("HS256") + "." + base64url(as_text(mac))},
      {"a key that is not registered", by_stranger(stranger)},
      {"a key that is not registered, by the name of one that is", by_stranger(key)},
  };
  for (const auto& [how, request] : forged) {
    EXPECT_EQ(error_of(pushed(request)), "400 invalid_request_object") << how;
    EXPECT_EQ(use(request).status, 400) << how;
  }
  EXPECT_EQ(error_of(pushed(sound)), "201") << "the claims are good";
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

TEST_F(Signed, a28_s10_5_what_waits_is_held_to_it_and_is_still_known_to_be_signed) {
  sign_out();
  const auto plain = location_of(authorize(agent)), by_signature = location_of(use(signed_request(agent)));
  ASSERT_TRUE(by_signature.starts_with("/sign-in")) << by_signature;
  sign_in();
  world.change(directory::Kind::agent, agent.id, {{"signed_requests_required", true}});
  const auto go_on = [&](const std::string& waits) {
    return outcome_of(browse("/oauth2/authorize/continue" + waits.substr(waits.find("?i="))));
  };
  EXPECT_EQ(go_on(plain), "invalid_request");
  EXPECT_EQ(go_on(by_signature), "code");
}

// An older release did not note it: what waited while it was replaced is not known to be unsigned.
TEST_F(Signed, s10_5_what_waits_from_before_it_was_noted_is_not_refused_for_that) {
  for (const bool is_signed : {false, true}) {
    flows::AuthorizationRequest request;
    request.client = agent.id;
    request.is_signed = is_signed;
    const auto now = flows::encode(request);
    auto body = parse_stored(now);
    ASSERT_TRUE(body);
    body->erase("signed");
    const auto then = flows::decode(json::serialize(*body)), read = flows::decode(now);
    ASSERT_TRUE(then && read);
    EXPECT_TRUE(then->is_signed);
    EXPECT_EQ(read->is_signed, is_signed);
  }
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

TEST_F(Signed, a6_rfc9126_s3_what_a_signed_request_lacks_is_not_taken_from_beside_it) {
  const json::array two{callback, "https://agent.example/another"};
  world.change(directory::Kind::agent, agent.id, {{"redirect_uris", two}});
  struct Row {
    std::vector<std::string_view> lacks;
    std::string_view error;
  };
  const Row rows[]{{{"code_challenge"}, "400 invalid_request"},
                   {{"code_challenge_method"}, "400 invalid_request"},
                   {{"response_type"}, "400 invalid_request"},
                   {{"redirect_uri"}, "400 invalid_request"},
                   {{"resource"}, "400 invalid_target"},
                   {{"scope", "resource"}, "400 invalid_scope"}};
  auto beside = request(agent);
  std::erase_if(beside, [](const auto& one) { return one.first == "client_id"; });  // it is there in any case
  for (const auto& [lacks, error] : rows)
    EXPECT_EQ(error_of(pushed(signed_without(lacks), beside)), error) << lacks.front();
  EXPECT_EQ(error_of(pushed(signed_without({}), beside)), "201");
}

TEST_F(Signed, a6_rfc9126_s3_what_stands_beside_a_signed_request_has_no_effect) {
  const KeyHolder holder(world);
  const auto response = pushed(signed_without({"state"}), {{"state", "evil"},
                                                           {"scope", "approve"},
                                                           {"resource", payments},
                                                           {"redirect_uri", "https://evil.example"},
                                                           {"code_challenge", std::string(43, 'x')},
                                                           {"prompt", "consent"},
                                                           {"response_mode", "form_post"},
                                                           {"dpop_jkt", holder.jkt()}});
  ASSERT_EQ(response.status, 201) << response.body;
  const auto uri = text_at(body_of(response), "request_uri");
  const auto answer = browse("/oauth2/authorize?client_id=" + agent.id + "&request_uri=" + percent_encode(uri));
  ASSERT_EQ(outcome_of(answer), "code") << answer.body;
  EXPECT_TRUE(location_of(answer).starts_with(std::string(callback) + "?")) << location_of(answer);
  auto parameters = redirected(answer);
  EXPECT_FALSE(parameters.contains("state")) << location_of(answer);
  const auto tokens = redeem(agent, parameters["code"]);
  ASSERT_EQ(error_of(tokens), "200") << "no key was named: " << tokens.body;
  EXPECT_EQ(text_at(body_of(tokens), "scope"), "read write");
  EXPECT_EQ(text_at(claims_of(text_at(body_of(tokens), "access_token")), "aud"), invoices);
}
