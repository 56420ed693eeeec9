// OpenID Connect Back-Channel Logout 1.0 §2.4: how long a logout token is good, and how it is signed.
#include <gtest/gtest.h>

#include "jose/jwt.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct LogoutToken : testing::Test, Flow {
  LogoutToken() { disclose(agent, "openid"); }
  // Posted to the agent when a session of its person ends, whose record is changed so before.
  std::string posted(const json::object& record) {
    sign_in();
    const auto tokens = redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}));
    world.change(directory::Kind::agent, agent.id, record);
    EXPECT_EQ(browse("/oauth2/logout?id_token_hint=" + text_at(body_of(tokens), "id_token")).status, 200);
    world.clock.advance(Seconds(30));  // it may be told later than the session ends
    world.posted.clear();
    world.deliver_logouts();
    EXPECT_EQ(world.posted.size(), 1u);
    return world.posted.empty() ? "" : world.posted[0].second.substr(std::string_view("logout_token=").size());
  }
};

}  // namespace

TEST_F(LogoutToken, backchannel_s2_4_it_is_made_as_it_is_sent_and_lives_two_minutes_at_most) {
  const auto claims = claims_of(posted({}));
  const auto issued_at = json_integer(claims, "iat"), expires_at = json_integer(claims, "exp");
  ASSERT_TRUE(issued_at && expires_at) << json::serialize(claims);
  EXPECT_EQ(*issued_at, unix_seconds(world.clock.now()));
  EXPECT_GT(*expires_at, *issued_at);
  EXPECT_LE(*expires_at, *issued_at + 120);
}

TEST_F(LogoutToken, backchannel_s2_4_it_is_signed_as_the_clients_id_tokens_are) {
  const std::pair<std::string, json::object> rows[]{
      {"RS256", {{"id_token_signed_response_alg", "RS256"}}},
      {"ES256", {{"id_token_signed_response_alg", "ES256"}}},
      {"EdDSA", {{"id_token_signed_response_alg", "EdDSA"}}},
      {"RS256", {{"id_token_signed_response_alg", nullptr}}},
      {"ES256", {{"id_token_signed_response_alg", nullptr}, {"profile", "fapi2"}}},
  };
  const auto keys = jose::JwkSet::parse(world.ask("GET", "/oauth2/jwks").body);
  ASSERT_TRUE(keys);
  for (const auto& [algorithm, record] : rows) {
    const auto token = posted(record);
    EXPECT_EQ(text_at(header_of(token), "alg"), algorithm) << json::serialize(record);
    EXPECT_TRUE(jose::verify(token, *keys, {.types = {"logout+jwt"}, .issuer = world.issuer, .audience = agent.id},
                             world.clock.now()))
        << json::serialize(record);
  }
}
