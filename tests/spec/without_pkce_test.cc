// RFC 9700 §2.1.1 and OAuth 2.1 §7.5.1: an application that an administrator excused from PKCE (docs/adr/0028), what it
// may leave out, and what it may not. What all others are held to: authorization_code_test.cc.
#include <gtest/gtest.h>

#include <algorithm>

#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;

namespace {

struct WithoutPkce : testing::Test, Flow {
  WithoutPkce() {
    required(false);
    sign_in();
    disclose(portal, "openid profile");
  }
  void required(bool is) { world.change(Kind::application, portal.id, {{"pkce_required", is}}); }

  // What the portal asks, who somebody is and no more, without a challenge; changed by `change`.
  static Pairs openid(Pairs change = {}) {
    const Pairs usual{{"redirect_uri", "https://portal.example/a"}, {"scope", "openid profile"}, {"resource", ""},
                      {"code_challenge", ""}, {"code_challenge_method", ""}};
    for (const auto& one : usual)
      if (std::none_of(change.begin(), change.end(), [&](const auto& other) { return other.first == one.first; }))
        change.push_back(one);
    return change;
  }
  static Pairs challenged(Pairs change = {}) {
    change.insert(change.end(), {{"code_challenge", challenge}, {"code_challenge_method", "S256"}});
    return openid(std::move(change));
  }
  std::string outcome(Pairs change) { return outcome_of(authorize(portal, openid(std::move(change)))); }
  std::string plain_code(Pairs change = {}) { return code(portal, openid(std::move(change))); }
  http::Response redeemed(std::string_view code, std::string_view by = "") {
    return redeem(portal, code, {{"code_verifier", std::string(by)}});
  }
  static json::object id_token(const http::Response& tokens) {
    EXPECT_EQ(tokens.status, 200) << tokens.body;
    return claims_of(text_at(body_of(tokens), "id_token"));
  }
  int userinfo(const http::Response& tokens) {
    const auto bearer = "Bearer " + text_at(body_of(tokens), "access_token");
    return world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", bearer}}).status;
  }
};

}  // namespace

TEST_F(WithoutPkce, a4_rfc9700_s2_1_1_who_is_excused_signs_a_person_in_by_a_nonce_or_by_neither) {
  const auto by_nonce = id_token(redeemed(plain_code({{"nonce", "n-0S6_WzA2Mj"}})));
  EXPECT_EQ(text_at(by_nonce, "sub"), user);
  EXPECT_EQ(text_at(by_nonce, "nonce"), "n-0S6_WzA2Mj");
  const auto tokens = redeemed(plain_code());
  EXPECT_EQ(text_at(id_token(tokens), "sub"), user);
  EXPECT_FALSE(id_token(tokens).contains("nonce")) << "OIDC Core §3.1.2.1: optional in this flow";
  EXPECT_EQ(userinfo(tokens), 200);
}

TEST_F(WithoutPkce, a3_such_a_code_is_its_clients_alone_and_used_once) {
  const auto good = plain_code();
  EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", verifier}})), "400 invalid_grant");
  const auto tokens = redeemed(good);
  EXPECT_EQ(userinfo(tokens), 200);
  EXPECT_EQ(error_of(redeemed(good)), "400 invalid_grant");
  EXPECT_EQ(userinfo(tokens), 401) << "what came of it has ended";
}

TEST_F(WithoutPkce, a4_rfc9700_s4_8_2_a_verifier_without_a_challenge_is_refused) {
  const auto good = plain_code({{"nonce", "n"}});
  EXPECT_EQ(error_of(redeemed(good, verifier)), "400 invalid_grant") << "somebody took its challenge out";
  EXPECT_EQ(error_of(redeemed(good, "short")), "400 invalid_grant");
  EXPECT_EQ(error_of(redeemed(good)), "200") << "a refused redemption uses nothing up";
}

TEST_F(WithoutPkce, a4_what_is_challenged_is_held_to_it_whoever_is_excused) {
  const auto good = code(portal, challenged());
  EXPECT_EQ(error_of(redeemed(good)), "400 invalid_grant") << "a downgrade";
  EXPECT_EQ(error_of(redeemed(good, std::string(43, 'x'))), "400 invalid_grant");
  EXPECT_EQ(error_of(redeemed(good, challenge)), "400 invalid_grant") << "plain";
  EXPECT_EQ(error_of(redeemed(good, verifier)), "200");
}

TEST_F(WithoutPkce, a4_a_challenge_is_by_s256_or_not_there_at_all) {
  const std::string given(challenge);
  for (const Pairs& flaw : {Pairs{{"code_challenge", given}, {"code_challenge_method", "plain"}},
                            Pairs{{"code_challenge", given}},
                            Pairs{{"code_challenge", "short"}, {"code_challenge_method", "S256"}},
                            Pairs{{"code_challenge_method", "S256"}},
                            Pairs{{"code_challenge_method", "plain"}}}) {
    EXPECT_EQ(outcome(flaw), "invalid_request") << flaw[0].first << "=" << flaw[0].second << " " << flaw.size();
    EXPECT_EQ(error_of(push(portal, request(portal, openid(flaw)))), "400 invalid_request");
  }
}

TEST_F(WithoutPkce, a4_of_two_codes_each_is_held_to_its_own_request) {
  const auto with = code(portal, challenged()), without = plain_code();
  EXPECT_EQ(error_of(redeemed(with)), "400 invalid_grant");
  EXPECT_EQ(error_of(redeemed(without, verifier)), "400 invalid_grant");
  EXPECT_EQ(error_of(redeemed(without)), "200");
  EXPECT_EQ(error_of(redeemed(with, verifier)), "200");
}

TEST_F(WithoutPkce, a4_oauth21_s7_5_1_only_where_a_nonce_could_be_checked_is_a_challenge_left_out) {
  consent(portal);
  EXPECT_EQ(outcome({{"scope", "read"}, {"resource", invoices}}), "invalid_request");
  EXPECT_EQ(outcome({{"scope", "profile"}}), "invalid_request");
  EXPECT_EQ(outcome({{"scope", ""}, {"resource", invoices}}), "invalid_request");
  EXPECT_EQ(outcome_of(authorize(portal, challenged({{"scope", "read"}, {"resource", invoices}}))), "code");
  world.change(Kind::application, portal.id, {{"default_scope", "openid"}});
  EXPECT_EQ(outcome({{"scope", ""}}), "code") << "it is its default scope";
}

// Nothing is remembered of it, so that the code alone knows what may be told.
TEST_F(WithoutPkce, who_is_let_act_this_once_learns_who_the_person_is_too) {
  const auto asked = authorize(portal, openid({{"scope", "openid read"}, {"resource", invoices}}));
  ASSERT_EQ(outcome_of(asked), "/consent");
  const auto back = allow(asked, "once");
  ASSERT_EQ(outcome_of(back), "code");
  EXPECT_EQ(text_at(id_token(redeemed(redirected(back)["code"])), "sub"), user);
}

TEST_F(WithoutPkce, a4_no_other_client_is_excused_with_it) {
  disclose(agent, "openid profile");
  for (const auto* uri : {"https://agent.example/cb", "http://127.0.0.1:51004/cb"}) {
    const auto& client = std::string_view(uri) == callback ? agent : app;
    EXPECT_EQ(outcome_of(authorize(client, openid({{"redirect_uri", uri}}))), "invalid_request") << uri;
    EXPECT_EQ(error_of(push(client, request(client, openid({{"redirect_uri", uri}})))), "400 invalid_request") << uri;
  }
  const auto good = code(agent, {{"scope", "openid profile"}, {"resource", ""}});
  EXPECT_EQ(error_of(redeem(agent, good, {{"code_verifier", ""}})), "400 invalid_request");
}

// Straight in the store, as no administrator can write it.
TEST_F(WithoutPkce, a4_a_record_that_excuses_who_may_not_be_counts_for_nothing) {
  world.change(Kind::application, portal.id, {{"public", true}});
  EXPECT_EQ(outcome({}), "invalid_request");
  world.change(Kind::application, portal.id, {{"public", false}});
  EXPECT_EQ(outcome({}), "code");
  disclose(agent, "openid profile");
  world.change(Kind::agent, agent.id, {{"pkce_required", false}});
  EXPECT_EQ(outcome_of(authorize(agent, openid({{"redirect_uri", callback}}))), "invalid_request");
}

TEST_F(WithoutPkce, a4_a_request_of_who_is_not_excused_any_more_is_refused) {
  EXPECT_EQ(outcome({}), "code");
  required(true);
  EXPECT_EQ(outcome({}), "invalid_request") << "whatever was agreed to";
  EXPECT_EQ(outcome_of(authorize(portal, challenged())), "code");
}

TEST_F(WithoutPkce, a4_a28_a_request_that_waits_is_refused_when_its_client_is_not_excused_any_more) {
  sign_out();
  const auto waits = location_of(authorize(portal, openid({{"state", "s"}})));
  ASSERT_TRUE(waits.starts_with("/sign-in")) << waits;
  sign_in();
  required(true);
  const auto back = browse("/oauth2/authorize/continue" + waits.substr(waits.find("?i=")));
  EXPECT_EQ(outcome_of(back), "invalid_request");
  EXPECT_EQ(redirected(back)["state"], "s");
}

TEST_F(WithoutPkce, a4_a28_no_consent_gives_a_code_to_who_is_not_excused_any_more) {
  const auto asked = authorize(portal, openid({{"prompt", "consent"}}));
  ASSERT_EQ(outcome_of(asked), "/consent");
  const auto fields = all_allowed(browse(location_of(asked)).body);
  required(true);
  const auto answer = world.form(location_of(asked), fields, {{"Cookie", cookie}});
  EXPECT_EQ(outcome_of(answer), "/oauth2/authorize/continue");
  EXPECT_EQ(outcome_of(browse(location_of(answer))), "invalid_request");
}

TEST_F(WithoutPkce, a4_a28_a_code_of_who_is_not_excused_any_more_is_good_by_nothing) {
  const auto good = plain_code();
  required(true);
  EXPECT_EQ(error_of(redeemed(good)), "400 invalid_request");
  EXPECT_EQ(error_of(redeemed(good, verifier)), "400 invalid_grant");
}

TEST_F(WithoutPkce, a4_rfc9126_s2_3_a_push_is_held_to_the_same_when_it_is_made_and_when_it_is_used) {
  const auto pushed = [&](Pairs change) { return push(portal, request(portal, openid(std::move(change)))); };
  const auto use = [&](const http::Response& answer) {
    EXPECT_EQ(answer.status, 201) << answer.body;
    return outcome_of(browse("/oauth2/authorize?client_id=" + portal.id +
                             "&request_uri=" + text_at(body_of(answer), "request_uri")));
  };
  EXPECT_EQ(use(pushed({})), "code");
  EXPECT_EQ(error_of(pushed({{"scope", "read"}, {"resource", invoices}})), "400 invalid_request");
  const auto waiting = pushed({});
  required(true);
  EXPECT_EQ(error_of(pushed({})), "400 invalid_request");
  EXPECT_EQ(use(waiting), "invalid_request");
}

TEST_F(WithoutPkce, a4_rfc9101_s6_3_a_signed_request_is_held_to_the_same) {
  const auto kid = jose::thumbprint(key.public_key().parts());
  const auto jwk = jose::public_jwk(key.public_key(), kid, crypto::Algorithm::ES256);
  world.given_credential(portal.id, {{"type", "jwks"}, {"jwks", json::object{{"keys", json::array{jwk}}}}});
  const auto signed_outcome = [&](const Pairs& change, const std::string& beside = "") {
    const auto now = unix_seconds(world.clock.now());
    json::object claims{{"iss", portal.id}, {"aud", world.issuer}, {"iat", now}, {"exp", now + 60}};
    for (const auto& [name, value] : request(portal, openid(change))) claims[name] = value;
    const auto text = jose::sign(key, crypto::Algorithm::ES256, kid, "oauth-authz-req+jwt", json::serialize(claims));
    return outcome_of(browse("/oauth2/authorize?client_id=" + portal.id + "&request=" + text + beside));
  };
  EXPECT_EQ(signed_outcome({}), "code");
  EXPECT_EQ(signed_outcome({{"code_challenge_method", "S256"}}), "invalid_request");
  EXPECT_EQ(signed_outcome({{"scope", "read"}, {"resource", invoices}}), "invalid_request");
  required(true);
  const auto beside = "&code_challenge=" + std::string(challenge) + "&code_challenge_method=S256";
  EXPECT_EQ(signed_outcome({}, beside), "invalid_request") << "what is not inside is not there";
}
