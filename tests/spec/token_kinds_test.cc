// RFC 9068 §4, RFC 8725 §3.11: every kind of JWT that is signed here passes for no other kind (A11). The claims are
// complete and the signature is ours: the `typ` alone tells them apart.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"
#include "tokens/keyring.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Keys = tokens::TenantKeys::Active;

struct Kind {
  std::string_view name;
  jose::Signer Keys::* signer;
};
constexpr Kind access_token{"at+jwt", &Keys::access_token}, id_token{"JWT", &Keys::id_token};
constexpr Kind introspection{"token-introspection+jwt", &Keys::introspection};
constexpr Kind logout_token{"logout+jwt", &Keys::logout_token};
constexpr Kind revocations{"revocation-snapshot+jwt", &Keys::revocations};
constexpr Kind no_access_tokens[] = {id_token, introspection, logout_token, revocations};
constexpr Kind no_id_tokens[] = {access_token, introspection, logout_token, revocations};

struct TokenKinds : testing::Test, Flow {
  void SetUp() override {
    sign_in();
    root = consent(agent);
    disclose(agent, "openid");
  }
  std::string access_token_of_the_agent() {
    return text_at(body_of(redeem(agent, code(agent))), "access_token");
  }
  std::string id_token_of_the_agent() {
    return text_at(body_of(redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}))), "id_token");
  }
  // What the token says, signed anew as one of that kind.
  std::string as(const Kind& kind, const std::string& token) {
    const auto keys = world.app().keyring.keys("default");
    const auto algorithm = crypto::algorithm_named(text_at(header_of(token), "alg"));
    EXPECT_TRUE(keys && algorithm) << token;
    const auto made = ((*keys)->active.at(*algorithm).*kind.signer).sign(json::serialize(claims_of(token)));
    EXPECT_EQ(text_at(header_of(made), "typ"), kind.name);
    return made;
  }
  http::Response exchange(const std::string& token, std::string_view type) {
    return world.exchange(agent, token,
                          {{"subject_token_type", "urn:ietf:params:oauth:token-type:" + std::string(type)},
                           {"resource", invoices}});
  }
  bool is_ended() { return (*world.store->delegation("default", root))->revoked_at.has_value(); }
  std::string root;  // what the person agreed to
};

}  // namespace

TEST_F(TokenKinds, a11_rfc9068_s4_what_is_signed_as_another_kind_is_no_access_token) {
  const auto token = access_token_of_the_agent();
  for (const auto& kind : no_access_tokens) {
    const auto other = as(kind, token);
    EXPECT_EQ(world.introspect(invoices_api, other).body, R"({"active":false})") << kind.name;
    for (const auto* type : {"access_token", "jwt"})
      EXPECT_EQ(error_of(exchange(other, type)), "400 invalid_request") << kind.name << " as " << type;
  }
  const auto same = as(access_token, token);
  EXPECT_TRUE(active(same)) << "the claims are good";
  for (const auto* type : {"access_token", "jwt"}) EXPECT_EQ(error_of(exchange(same, type)), "200") << type;
}

TEST_F(TokenKinds, a11_rfc9068_s4_what_is_signed_as_another_kind_opens_nothing_of_v1) {
  const auto token = world.access_token(world.admin, world.issuer + "/v1");
  const auto status = [&](const Kind& kind) {
    return world.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + as(kind, token)}}).status;
  };
  for (const auto& kind : no_access_tokens) EXPECT_EQ(status(kind), 401) << kind.name;
  EXPECT_EQ(status(access_token), 200) << "the claims are good";
}

TEST_F(TokenKinds, a11_rfc9068_s4_what_is_signed_as_another_kind_opens_no_userinfo) {
  const auto redeemed = redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}));
  const auto token = text_at(body_of(redeemed), "access_token");
  const auto status = [&](const Kind& kind) {
    return world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", "Bearer " + as(kind, token)}}).status;
  };
  for (const auto& kind : no_access_tokens) EXPECT_EQ(status(kind), 401) << kind.name;
  EXPECT_EQ(status(access_token), 200) << "the claims are good";
}

TEST_F(TokenKinds, a11_rfc7009_what_is_signed_as_another_kind_ends_nothing) {
  const auto token = access_token_of_the_agent();
  const auto revoke = [&](const std::string& text) {
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", text}}, {{"Authorization", world.basic(agent)}}).status, 200);
  };
  for (const auto& kind : no_access_tokens) {
    revoke(as(kind, token));
    EXPECT_FALSE(is_ended()) << kind.name;
  }
  EXPECT_TRUE(active(token));
  revoke(as(access_token, token));
  EXPECT_TRUE(is_ended()) << "the claims are good";
}

TEST_F(TokenKinds, a11_what_is_signed_as_another_kind_is_exchanged_as_no_id_token) {
  const auto token = id_token_of_the_agent();
  for (const auto& kind : no_id_tokens)
    EXPECT_EQ(error_of(exchange(as(kind, token), "id_token")), "400 invalid_request") << kind.name;
  EXPECT_EQ(error_of(exchange(as(id_token, token), "id_token")), "200") << "the claims are good";
}

TEST_F(TokenKinds, a11_what_is_signed_as_another_kind_is_no_hint_where_a_person_signs_out) {
  const auto token = id_token_of_the_agent();
  const auto signed_in = [&] { return outcome_of(authorize(agent)) == "code"; };
  for (const auto& kind : no_id_tokens) {
    const auto asked = browse("/oauth2/logout?id_token_hint=" + as(kind, token));
    EXPECT_NE(asked.body.find("Do you want to sign out?"), std::string::npos) << kind.name << asked.body;
    EXPECT_TRUE(signed_in()) << kind.name;
  }
  EXPECT_EQ(browse("/oauth2/logout?id_token_hint=" + as(id_token, token)).status, 200);
  EXPECT_FALSE(signed_in()) << "the claims are good";
}

TEST_F(TokenKinds, a11_what_is_signed_as_another_kind_is_no_hint_of_an_authorization_request) {
  const auto token = id_token_of_the_agent();
  const auto outcome = [&](const Kind& kind) {
    return outcome_of(authorize(agent, {{"id_token_hint", as(kind, token)}}));
  };
  for (const auto& kind : no_id_tokens) EXPECT_EQ(outcome(kind), "invalid_request") << kind.name;
  EXPECT_EQ(outcome(id_token), "code") << "the claims are good";
}
