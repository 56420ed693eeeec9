// FAPI 2.0 Security Profile §5.3, from end to end: pushed, by a key, bound to a key (RFC 9126, RFC 7523, RFC 9449).
#include <gtest/gtest.h>

#include "base/id.h"
#include "jose/jwt.h"
#include "oauth/dpop.h"
#include "tests/kit/flow.h"
#include "tests/kit/signer.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Fapi2 : testing::Test, Flow {
  Fapi2() : proof_key(crypto::PrivateKey::generate(crypto::Algorithm::ES256)) {
    world.change(directory::Kind::agent, agent.id, {{"profile", "fapi2"}});
    sign_in();
    consent(agent);
  }
  Pairs assertion(Pairs form, json::value audience = {}) {
    auto claims = signer.claims();
    if (!audience.is_null()) claims["aud"] = std::move(audience);
    return Signer::with(std::move(form), signer.sign(claims));
  }
  http::Headers proof(const crypto::PrivateKey& by, const std::string& path) {
    return {{"DPoP", oauth::make_proof(by, {.method = "POST", .url = world.issuer + path},
                                       make_id("jti", world.clock.now(), world.random), "", world.clock.now())}};
  }
  std::string code_of_push(http::Headers headers = {}, Pairs change = {}) {
    const auto pushed =
        world.form("/oauth2/par", assertion(request(agent, std::move(change))), std::move(headers));
    EXPECT_EQ(pushed.status, 201) << pushed.body;
    const auto uri = text_at(body_of(pushed), "request_uri");
    const auto answer = browse("/oauth2/authorize?client_id=" + agent.id + "&request_uri=" + uri);
    EXPECT_EQ(outcome_of(answer), "code");
    return redirected(answer)["code"];
  }
  static Pairs unproven(const std::string& code) {
    return {{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}};
  }
  Pairs redemption(const std::string& code) { return assertion(unproven(code)); }
  Signer signer{world, agent.id};
  crypto::PrivateKey proof_key;
};

}  // namespace

TEST_F(Fapi2, s5_3_2_1_tokens_are_bound_to_a_key_and_refresh_tokens_do_not_rotate) {
  const auto tokens = world.form("/oauth2/token", redemption(code_of_push()), proof(proof_key, "/oauth2/token"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  EXPECT_EQ(text_at(body_of(tokens), "token_type"), "DPoP");
  const auto claims = claims_of(text_at(body_of(tokens), "access_token"));
  EXPECT_EQ(claims.at("cnf"), (json::object{{"jkt", jose::thumbprint(proof_key.public_key().parts())}}));
  const auto again = world.form("/oauth2/token",
                                assertion({{"grant_type", "refresh_token"},
                                           {"refresh_token", text_at(body_of(tokens), "refresh_token")}}),
                                proof(proof_key, "/oauth2/token"));
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_FALSE(body_of(again).contains("refresh_token"));
  EXPECT_EQ(error_of(world.form("/oauth2/token",
                                assertion({{"grant_type", "refresh_token"},
                                           {"refresh_token", text_at(body_of(tokens), "refresh_token")}}))),
            "400 invalid_dpop_proof");
}

TEST_F(Fapi2, s5_3_2_1_without_a_proof_no_token_is_given) {
  EXPECT_EQ(error_of(world.form("/oauth2/token", redemption(code_of_push()))), "400 invalid_dpop_proof");
}

TEST_F(Fapi2, rfc9449_s10_a_code_is_bound_to_the_key_of_its_push) {
  const auto thief = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const auto code = code_of_push(proof(proof_key, "/oauth2/par"));
  const auto redeemed_by = [&](const crypto::PrivateKey& by) {
    return error_of(world.form("/oauth2/token", redemption(code), proof(by, "/oauth2/token")));
  };
  EXPECT_EQ(redeemed_by(thief), "400 invalid_grant");
  EXPECT_EQ(redeemed_by(proof_key), "200");
}

// The one use of a proof and of an assertion stand in one batch with that of the code; each is told from the others.
TEST_F(Fapi2, a3_a18_a_code_that_comes_twice_ends_what_came_of_it_however_its_client_proves_itself) {
  const auto ask = [&](const Pairs& form, const http::Headers& proven) {
    return world.form("/oauth2/token", form, proven);
  };
  const auto fresh = [&] { return proof(proof_key, "/oauth2/token"); };
  const auto stolen = code_of_push();
  const auto used_proof = fresh();
  const auto used_assertion = signer.assertion();
  const auto tokens = ask(Signer::with(unproven(stolen), used_assertion), used_proof);
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const auto access_token = text_at(body_of(tokens), "access_token");
  const auto root = claims_of(access_token).at("dlg").as_array().at(0).as_string();
  EXPECT_TRUE(active(access_token));
  const auto second_proof = fresh();
  const auto second_assertion = signer.assertion();
  EXPECT_EQ(error_of(ask(Signer::with(unproven(stolen), second_assertion), second_proof)), "400 invalid_grant");
  EXPECT_FALSE(active(access_token));
  EXPECT_TRUE((*world.store->delegation("default", root))->revoked_at);
  const auto refresh_token = text_at(body_of(tokens), "refresh_token");
  EXPECT_EQ(error_of(ask(assertion({{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}}), fresh())),
            "400 invalid_grant");

  consent(agent);
  const auto good = code_of_push();
  for (const auto* used : {&used_proof, &second_proof})
    EXPECT_EQ(error_of(ask(redemption(good), *used)), "400 invalid_dpop_proof");
  for (const auto* used : {&used_assertion, &second_assertion})
    EXPECT_EQ(error_of(ask(Signer::with(unproven(good), *used), fresh())), "401 invalid_client");
  const auto beside_a_replay = signer.assertion();
  EXPECT_EQ(error_of(ask(Signer::with(unproven(good), beside_a_replay), used_proof)), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(ask(Signer::with(unproven(good), beside_a_replay), fresh())), "401 invalid_client");
  EXPECT_EQ(error_of(ask(redemption(good), fresh())), "200") << "neither has used the code up, nor ended anything";
}

TEST_F(Fapi2, s5_4_1_nothing_is_signed_with_rs256) {
  const auto rsa = crypto::PrivateKey::generate(crypto::Algorithm::RS256);
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent)), proof(rsa, "/oauth2/par"))),
            "400 invalid_dpop_proof");
  disclose(agent, "openid");
  const auto code = code_of_push({}, {{"scope", "openid read"}});
  EXPECT_EQ(error_of(world.form("/oauth2/token", redemption(code), proof(rsa, "/oauth2/token"))),
            "400 invalid_dpop_proof");
  const auto tokens = world.form("/oauth2/token", redemption(code), proof(proof_key, "/oauth2/token"));
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const auto id_token = jose::split(text_at(body_of(tokens), "id_token"));
  ASSERT_TRUE(id_token);
  EXPECT_EQ(id_token->header.algorithm, crypto::Algorithm::ES256) << "RS256 is the default of OpenID Connect";
}

TEST_F(Fapi2, s5_4_1_nor_is_an_assertion_or_a_request_of_the_client) {
  const Signer by_rs256(world, agent.id, crypto::Algorithm::RS256);
  const Signer by_ps256(world, agent.id, crypto::Algorithm::PS256);
  const auto proven = [&](const Signer& by) { return error_of(world.form("/oauth2/par", by.proven(request(agent)))); };
  EXPECT_EQ(proven(by_rs256), "401 invalid_client");
  EXPECT_EQ(proven(by_ps256), "201");
  const auto now = unix_seconds(world.clock.now());
  json::object claims{{"iss", agent.id}, {"aud", world.issuer}, {"iat", now}, {"nbf", now}, {"exp", now + 60}};
  for (const auto& [name, value] : request(agent)) claims[name] = value;
  const auto signed_by = [&](const Signer& by) {
    const auto text = by.sign(claims, "oauth-authz-req+jwt");
    return error_of(world.form("/oauth2/par", assertion({{"client_id", agent.id}, {"request", text}})));
  };
  EXPECT_EQ(signed_by(by_rs256), "400 invalid_request_object");
  EXPECT_EQ(signed_by(by_ps256), "201");
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}});
  EXPECT_EQ(proven(by_rs256), "201") << "to others it is as good";
}

TEST_F(Fapi2, s5_4_1_nor_is_an_access_token_whatever_the_resource_wants) {
  world.given_assignment(role, agent.id);
  const auto wants = [&](const char* algorithm, const char* format = "jwt") {
    world.change(directory::Kind::resource, invoices_id, {{"algorithm", algorithm}, {"token_format", format}});
  };
  const auto code = code_of_push();
  const auto ask = [&](Pairs form) {
    return world.form("/oauth2/token", assertion(std::move(form)), proof(proof_key, "/oauth2/token"));
  };
  const auto redeem_code = [&] {
    return ask({{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}});
  };
  wants("RS256");
  EXPECT_EQ(error_of(redeem_code()), "400 invalid_target");
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent)))), "400 invalid_target")
      << "nobody is asked for what nobody gets";
  wants("ES256");
  const auto tokens = redeem_code();
  ASSERT_EQ(error_of(tokens), "200") << "a refusal has not used the code up: " << tokens.body;
  const auto refresh_token = text_at(body_of(tokens), "refresh_token");
  const auto access_token = text_at(body_of(tokens), "access_token");
  const Pairs each[]{{{"grant_type", "refresh_token"}, {"refresh_token", refresh_token}},
                     {{"grant_type", "client_credentials"}, {"resource", invoices}},
                     {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                      {"subject_token", access_token},
                      {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"}}};
  const auto answers = [&](const Pairs& form, std::string_view expected) {
    const auto answer = ask(form);
    EXPECT_EQ(error_of(answer), expected) << form.front().second << ": " << answer.body;
    if (answer.status == 200 && expected == "200") {
      const auto token = text_at(body_of(answer), "access_token");
      const auto jwt = jose::split(token);
      EXPECT_TRUE(token.starts_with("dot_") || (jwt && jwt->header.algorithm == crypto::Algorithm::ES256)) << token;
    }
  };
  for (const auto& form : each) {
    wants("RS256");
    answers(form, "400 invalid_target");
    wants("RS256", "opaque");
    answers(form, "200");
    wants("ES256");
    answers(form, "200");
  }
  wants("RS256");
  const auto explained = body_of(world.admin_call(
      "POST", "/v1/explain", {{"actor", agent.id}, {"subject", user}, {"resource", invoices}}));
  EXPECT_FALSE(explained.at("issued").as_bool());
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}, {"dpop_bound_access_tokens", true}});
  EXPECT_EQ(error_of(ask(each[1])), "200") << "who is held to no profile gets what the resource wants";
}

TEST_F(Fapi2, s5_4_1_nor_is_a_proof_where_a_token_is_used) {
  const auto rsa = crypto::PrivateKey::generate(crypto::Algorithm::PS256);
  const auto proven = [&](crypto::Algorithm by, std::string_view method, const std::string& path,
                          std::optional<std::string_view> token = std::nullopt) {
    const auto url = world.issuer + path;
    const auto made = oauth::make_proof(rsa, {.method = method, .url = url, .access_token = token},
                                        make_id("jti", world.clock.now(), world.random), "", world.clock.now());
    auto header = header_of(made);
    header["alg"] = name_of(by);
    return jose::sign_with_header(rsa, by, json::serialize(header), json::serialize(claims_of(made)));
  };
  disclose(agent, "openid");
  const auto code = code_of_push({}, {{"scope", "openid"}, {"resource", ""}});
  const auto tokens = world.form("/oauth2/token", redemption(code),
                                 {{"DPoP", proven(crypto::Algorithm::PS256, "POST", "/oauth2/token")}});
  ASSERT_EQ(tokens.status, 200) << tokens.body;
  const auto token = text_at(body_of(tokens), "access_token");
  const auto sent_to = [&](const std::string& path, crypto::Algorithm by) {
    return world.ask("GET", path, "", {{"Authorization", "DPoP " + token}, {"DPoP", proven(by, "GET", path, token)}});
  };
  const auto userinfo = [&](crypto::Algorithm by) { return sent_to("/oauth2/userinfo", by); };
  EXPECT_EQ(userinfo(crypto::Algorithm::PS256).status, 200);
  const auto refused = userinfo(crypto::Algorithm::RS256);
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(all_headers(refused, "WWW-Authenticate").find("error=\"invalid_dpop_proof\""), std::string::npos);
  const std::string what_helps = "sign the proof with PS256, or get a token bound to another key";
  EXPECT_NE(text_at(body_of(refused), "error_description").find(what_helps), std::string::npos) << refused.body;
  const auto at_v1 = sent_to("/v1/agents", crypto::Algorithm::RS256);
  EXPECT_EQ(at_v1.status, 401);
  EXPECT_NE(text_at(body_of(at_v1), "detail").find(what_helps + "."), std::string::npos) << at_v1.body;
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}});
  EXPECT_EQ(userinfo(crypto::Algorithm::RS256).status, 200) << "to others it is as good";
}

TEST_F(Fapi2, message_signing_s5_3_1_a_signed_request_is_of_the_hour) {
  const auto now = unix_seconds(world.clock.now());
  const auto pushed = [&](json::object claims) {
    const auto text = signed_request(agent, std::move(claims));
    return error_of(world.form("/oauth2/par", assertion({{"client_id", agent.id}, {"request", text}})));
  };
  const auto refused = "400 invalid_request_object";
  EXPECT_EQ(pushed({{"nbf", now}}), "201");
  EXPECT_EQ(pushed({}), refused);
  EXPECT_EQ(pushed({{"nbf", now - 3600}, {"exp", now}}), "201") << "a clock may be ten seconds off";
  EXPECT_EQ(pushed({{"nbf", now - 3601}, {"exp", now - 1}}), refused);
  EXPECT_EQ(pushed({{"nbf", now - 600}, {"exp", now + 3000}}), "201");
  EXPECT_EQ(pushed({{"nbf", now - 600}, {"exp", now + 3001}}), refused);
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}, {"signed_requests_required", true}});
  EXPECT_EQ(pushed({}), "201") << "RFC 9101 alone asks for none";
}

TEST_F(Fapi2, s5_3_2_2_the_redirect_uri_is_named) {
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent, {{"redirect_uri", ""}})))),
            "400 invalid_request");
}

TEST_F(Fapi2, s5_3_2_1_the_audience_of_an_assertion_is_a_string) {
  const json::array alone{json::string(world.issuer)};
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent), alone))), "401 invalid_client");
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent)))), "201");
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}});
  EXPECT_EQ(error_of(world.form("/oauth2/par", assertion(request(agent), alone))), "201")
      << "to others the one element of an array is as good (7523bis section 3)";
}

TEST_F(Fapi2, a14_an_assertion_whose_audience_is_no_string_is_spent_all_the_same) {
  auto claims = signer.claims();
  claims["aud"] = json::array{json::string(world.issuer)};
  const auto form = Signer::with(request(agent), signer.sign(claims));
  const auto refused = world.form("/oauth2/par", form);
  EXPECT_EQ(error_of(refused), "401 invalid_client");
  world.change(directory::Kind::agent, agent.id, {{"profile", nullptr}});
  const auto replayed = world.form("/oauth2/par", form);
  EXPECT_EQ(error_of(replayed), "401 invalid_client");
  EXPECT_EQ(text_at(world.events("authorization.push").back().as_object(), "reason"),
            "invalid_client: the assertion was used before");
  EXPECT_EQ(replayed.body, refused.body) << "a16";
  EXPECT_EQ(replayed.headers, refused.headers);
}
