// RFC 7662: Token Introspection; RFC 9701: its signed form; RFC 7009: Token Revocation.
#include <gtest/gtest.h>

#include "jose/jwt.h"
#include "oauth/handle.h"
#include "tests/kit/family.h"
#include "tests/kit/openid.h"
#include "tests/kit/world.h"

using namespace deputy;
using test::World;

namespace {

constexpr auto api = "https://api.example/invoices";

// A resource with a server of its own, an agent that holds its scopes, and a token.
struct Scene {
  World given;
  test::Given agent = given.given_agent_at(api, {"read"});
  test::Given server = given.given_application("invoices");
  std::string token;

  Scene() {
    const auto resource = given.app().directory.resource("default", api);
    given.change(directory::Kind::resource, (*resource)->id, {{"principal", server.id}});
    token = given.access_token(agent, api);
  }
  bool active() { return test::body_of(given.introspect(server, token)).at("active").as_bool(); }
};

std::string claims_with(std::string_view token, std::size_t at, char c) {
  std::string changed(token);
  changed[at] = changed[at] == c ? static_cast<char>(c + 1) : c;
  return changed;
}

}  // namespace

TEST(Rfc7662, s2_2_active_token_is_described) {
  Scene scene;
  const auto answer = test::body_of(scene.given.introspect(scene.server, scene.token));
  EXPECT_TRUE(answer.at("active").as_bool());
  EXPECT_EQ(test::text_at(answer, "sub"), scene.agent.id);
  EXPECT_EQ(test::text_at(answer, "client_id"), scene.agent.id);
  EXPECT_EQ(test::text_at(answer, "aud"), api);
  EXPECT_EQ(test::text_at(answer, "scope"), "read");
  EXPECT_EQ(test::text_at(answer, "iss"), scene.given.issuer);
  EXPECT_TRUE(test::text_at(answer, "owner").starts_with("usr_"));
}

// RFC 8693 §4.1: who asks is told what the exchange gave, also where the token itself says nothing.
TEST(Rfc7662, a_token_of_two_hops_is_described_with_everybody_on_its_way) {
  for (const std::string format : {"jwt", "opaque"}) {
    test::Family f;
    f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", format}});
    const auto token = f.handed_on(f.orchestrator, f.orchestrated(), f.worker, {{"scope", "read"}});
    ASSERT_EQ(token.starts_with("dot_"), format == "opaque") << token;
    const auto made = f.world.store->delegations("default", {.actor = f.worker.id, .limit = 9});
    ASSERT_TRUE(made && made->size() == 1);
    const auto& path = made->front().path;
    ASSERT_EQ(path.size(), 2u);
    const auto owner = (*f.world.app().directory.principal("default", f.worker.id))->owner;
    ASSERT_TRUE(owner.starts_with("usr_")) << owner;
    ASSERT_NE(owner, (*f.world.app().directory.principal("default", f.orchestrator.id))->owner);

    const auto plain = test::body_of(f.world.introspect(f.invoices_api, token));
    const auto answer = f.world.introspect(f.invoices_api, token, {{"Accept", "application/token-introspection+jwt"}});
    ASSERT_EQ(answer.content_type, "application/token-introspection+jwt");
    const auto is_signed = test::claims_of(answer.body).at("token_introspection").as_object();
    EXPECT_EQ(is_signed, plain) << format;  // RFC 9701 §5
    for (const auto& said : {plain, is_signed}) {
      EXPECT_EQ(json_boolean(said, "active"), true) << format;
      EXPECT_EQ(test::text_at(said, "sub"), f.user) << format;
      EXPECT_EQ(test::text_at(said, "client_id"), f.worker.id) << format;
      EXPECT_EQ(test::text_at(said, "owner"), owner) << format;
      EXPECT_EQ(test::text_at(said.at("act").as_object(), "sub"), f.worker.id) << format;
      EXPECT_EQ(test::text_at(said.at("act").at("act").as_object(), "sub"), f.orchestrator.id) << format;
      EXPECT_EQ(test::actors_of(said), (std::vector{f.worker.id, f.orchestrator.id})) << format;
      EXPECT_EQ(texts_of(said, "dlg"), path) << format;
      if (format == "opaque") continue;
      const auto claims = test::claims_of(token);
      for (const auto* name : {"act", "dlg", "owner", "sub", "sub_type", "client_id", "scope", "exp", "jti"})
        EXPECT_EQ(said.at(name), claims.at(name)) << name;
    }
  }
}

TEST(Rfc7662, s2_1_requires_authorization) {
  Scene scene;
  EXPECT_EQ(test::error_of(scene.given.form("/oauth2/introspect", {{"token", scene.token}})), "401 invalid_client");
  EXPECT_EQ(scene.given.ask("GET", "/oauth2/introspect").status, 405);
}

TEST(Rfc7662, a20_a_resource_sees_only_tokens_meant_for_it) {
  Scene scene;
  const auto stranger = scene.given.given_application("stranger");
  for (const auto& caller : {stranger, scene.agent}) {
    const auto response = scene.given.introspect(caller, scene.token);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"active":false})");
  }
}

TEST(Rfc7662, s2_2_inactive_answer_carries_nothing_else) {
  Scene scene;
  const auto dot = scene.token.rfind('.');
  for (const auto& bad :
       {std::string("x"), std::string("dot_unknown"), claims_with(scene.token, dot + 5, 'A'),
        claims_with(scene.token, scene.token.find('.') + 9, 'A'), std::string(10'000, 'a'), scene.token + "."})
    EXPECT_EQ(scene.given.introspect(scene.server, bad).body, R"({"active":false})");
  EXPECT_EQ(test::error_of(scene.given.introspect(scene.server, "")), "400 invalid_request");
}

TEST(Rfc7662, a20_a_refresh_token_an_id_token_and_anothers_opaque_token_are_inactive) {
  test::Openid flow;
  flow.sign_in();
  flow.disclose(flow.agent, "openid offline_access");
  const auto tokens = flow.tokens({{"scope", "openid offline_access"}});
  for (const auto* other : {"refresh_token", "id_token"}) {
    const auto token = flow.at(tokens, other);
    ASSERT_FALSE(token.empty()) << tokens.body;
    EXPECT_EQ(flow.world.introspect(flow.invoices_api, token).body, R"({"active":false})") << other;
  }
  World given;
  const auto opaque = given.access_token(given.given_agent_at(api, {"read"}, {{"token_format", "opaque"}}), api);
  ASSERT_TRUE(opaque.starts_with("dot_"));
  EXPECT_EQ(given.introspect(given.given_application("stranger"), opaque).body, R"({"active":false})");
}

// RFC 9068 §4; a token of ours never grows so large: what is made of a delegation is bounded long before.
TEST(Rfc7662, a21_an_oversized_token_is_inactive_however_well_it_is_signed) {
  Scene scene;
  const auto padded = [&](std::size_t octets) {
    auto claims = test::claims_of(scene.token);
    claims["padding"] = std::string(octets, 'x');
    const auto keys = scene.given.app().keyring.keys("default");
    return (*keys)->active.at(crypto::Algorithm::ES256).access_token.sign(json::serialize(claims));
  };
  const auto answer = [&](const std::string& token) {
    return json_boolean(test::body_of(scene.given.introspect(scene.server, token)), "active");
  };
  const auto large = padded(8'000), oversized = padded(9'500);
  EXPECT_LT(large.size(), 12u * 1024);
  EXPECT_EQ(answer(large), true);
  EXPECT_GT(oversized.size(), 12u * 1024);
  EXPECT_EQ(answer(oversized), false);
}

TEST(Rfc7662, s4_expiry_is_checked_to_the_second) {
  Scene scene;
  scene.given.clock.advance(Seconds(299));
  EXPECT_TRUE(scene.active());
  scene.given.clock.advance(Seconds(1));
  EXPECT_FALSE(scene.active());
}

TEST(Rfc7662, a28_a_suspended_agents_tokens_are_dead_and_stay_dead) {
  Scene scene;
  EXPECT_TRUE(scene.active());
  EXPECT_EQ(scene.given.admin_call("POST", "/v1/agents/" + scene.agent.id + "/suspend").status, 200);
  EXPECT_FALSE(scene.active());
  EXPECT_EQ(test::error_of(scene.given.token(scene.agent, {{"resource", api}})), "401 invalid_client");
  scene.given.clock.advance(Seconds(2));
  EXPECT_EQ(scene.given.admin_call("POST", "/v1/agents/" + scene.agent.id + "/resume").status, 200);
  EXPECT_FALSE(scene.active());  // resuming does not resurrect
  scene.token = scene.given.access_token(scene.agent, api);
  EXPECT_TRUE(scene.active());
}

// Whatever was revoked or not: what their records say now.
TEST(Rfc7662, a28_a_token_is_dead_while_anybody_it_names_is_not_active) {
  test::Family f;
  const auto token = f.handed_on(f.orchestrator, f.orchestrated(), f.worker);
  const auto while_stopped = [](test::World& world, directory::Kind kind, const std::string& id, const auto& active) {
    EXPECT_TRUE(active()) << id;
    world.change(kind, id, {{"state", kind == directory::Kind::agent ? "suspended" : "disabled"}});
    EXPECT_FALSE(active()) << id;
    world.change(kind, id, {{"state", "active"}});
    EXPECT_TRUE(active()) << id;
  };
  const auto active = [&] { return f.active(token); };
  while_stopped(f.world, directory::Kind::user, f.user, active);
  while_stopped(f.world, directory::Kind::agent, f.worker.id, active);
  while_stopped(f.world, directory::Kind::agent, f.orchestrator.id, active);

  test::Flow flow;  // an application's token has no chain: it is its client that the record is of
  flow.sign_in();
  flow.consent(flow.portal);
  const auto redeemed =
      flow.redeem(flow.portal, flow.code(flow.portal, {{"redirect_uri", "https://portal.example/a"}}));
  ASSERT_EQ(redeemed.status, 200) << redeemed.body;
  const auto portals = test::text_at(test::body_of(redeemed), "access_token");
  ASSERT_TRUE(test::actors_of(test::claims_of(portals)).empty());
  while_stopped(flow.world, directory::Kind::application, flow.portal.id, [&] { return flow.active(portals); });
}

TEST(Rfc7662, a28_nothing_is_minted_in_the_second_of_a_revocation) {
  Scene scene;
  EXPECT_EQ(scene.given.admin_call("POST", "/v1/agents/" + scene.agent.id + "/suspend").status, 200);
  EXPECT_EQ(scene.given.admin_call("POST", "/v1/agents/" + scene.agent.id + "/resume").status, 200);
  EXPECT_EQ(test::error_of(scene.given.token(scene.agent, {{"resource", api}})), "503 temporarily_unavailable");
  scene.given.clock.advance(Seconds(1));
  EXPECT_EQ(test::error_of(scene.given.token(scene.agent, {{"resource", api}})), "200");
}

TEST(Rfc9701, s5_signed_answer_is_for_the_asking_resource_alone) {
  Scene scene;
  const auto response = scene.given.introspect(scene.server, scene.token,
                                               {{"Accept", "application/token-introspection+jwt"}});
  EXPECT_EQ(response.content_type, "application/token-introspection+jwt");
  const auto keys = jose::JwkSet::parse(scene.given.ask("GET", "/oauth2/jwks").body);
  const auto verified = jose::split(response.body);
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->header.type, "token-introspection+jwt");
  const auto* key = keys->find(*verified->header.kid, verified->header.algorithm);
  ASSERT_NE(key, nullptr);
  EXPECT_TRUE(key->key.verify(verified->header.algorithm, verified->signing_input, verified->signature));
  const auto& claims = verified->claims;
  EXPECT_EQ(test::text_at(claims, "iss"), scene.given.issuer);
  EXPECT_EQ(test::text_at(claims, "aud"), scene.server.id);
  EXPECT_FALSE(claims.contains("sub"));  // §8.1: cannot be replayed as an access token
  EXPECT_FALSE(claims.contains("exp"));
  EXPECT_TRUE(claims.at("token_introspection").as_object().at("active").as_bool());
}

TEST(Rfc9701, s4_the_answer_is_signed_for_who_would_rather_have_it_so) {
  Scene scene;
  const auto type = [&](const http::Headers& headers) {
    return scene.given.introspect(scene.server, scene.token, headers).content_type;
  };
  const std::string is_signed = "application/token-introspection+jwt", plain = "application/json";
  EXPECT_EQ(type({}), plain);
  EXPECT_EQ(type({{"Accept", "*/*"}}), plain);
  EXPECT_EQ(type({{"Accept", "Application/Token-Introspection+JWT"}}), is_signed);
  EXPECT_EQ(type({{"Accept", "application/json;q=0.9"}, {"accept", is_signed}}), is_signed);
  EXPECT_EQ(type({{"Accept", "application/json, " + is_signed + ";q=0.5"}}), plain);
  EXPECT_EQ(type({{"Accept", is_signed + ";q=0"}}), plain);
  EXPECT_EQ(type({{"Accept", "x-" + is_signed}}), plain);
}

TEST(Rfc9701, a11_the_signed_answer_is_no_access_token) {
  Scene scene;
  const auto response = scene.given.introspect(scene.server, scene.token,
                                               {{"Accept", "application/token-introspection+jwt"}});
  EXPECT_EQ(scene.given.introspect(scene.server, response.body).body, R"({"active":false})");
}

TEST(Rfc7009, s2_a_client_gives_its_token_up) {
  Scene scene;
  const auto revoke = [&](const test::Given& client, std::string_view token, std::string_view hint = "access_token") {
    return scene.given.form("/oauth2/revoke", {{"token", std::string(token)}, {"token_type_hint", std::string(hint)},
                                               {"client_id", client.id}, {"client_secret", client.secret}});
  };
  EXPECT_TRUE(scene.active());
  EXPECT_EQ(revoke(scene.agent, scene.token, "refresh_token").status, 200);  // §2.1: a wrong hint extends the search
  EXPECT_FALSE(scene.active());
  scene.given.restart();
  EXPECT_FALSE(scene.active());
  EXPECT_EQ(revoke(scene.agent, scene.token).status, 200);
}

TEST(Rfc7009, s2_2_an_unknown_token_is_no_error) {
  Scene scene;
  const auto response = scene.given.form(
      "/oauth2/revoke", {{"token", "nonsense"}, {"client_id", scene.agent.id}, {"client_secret", scene.agent.secret}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(test::error_of(scene.given.form("/oauth2/revoke", {{"token", "x"}})), "401 invalid_client");
}

TEST(Rfc7009, s2_1_another_clients_token_is_left_alone) {
  Scene scene;
  const auto thief = scene.given.given_agent("thief");
  const auto response = scene.given.form("/oauth2/revoke", {{"token", scene.token}, {"client_id", thief.id},
                                                            {"client_secret", thief.secret}});
  EXPECT_EQ(response.status, 200);
  EXPECT_TRUE(scene.active());
}

TEST(Rfc7009, an_opaque_token_is_forgotten) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"}, {{"token_format", "opaque"}});
  const auto server = given.given_application("s");
  given.change(directory::Kind::resource, (*given.app().directory.resource("default", api))->id,
               {{"principal", server.id}});
  const auto token = given.access_token(agent, api);
  const auto is_kept = [&] {
    const auto kept = given.store->kept(store::Use::opaque_token, "default", oauth::handle_key(token),
                                        given.clock.now());
    EXPECT_TRUE(kept);
    return kept && kept->has_value();
  };
  EXPECT_TRUE(test::body_of(given.introspect(server, token)).at("active").as_bool());
  EXPECT_TRUE(is_kept());
  given.form("/oauth2/revoke", {{"token", token}, {"client_id", agent.id}, {"client_secret", agent.secret}});
  EXPECT_FALSE(test::body_of(given.introspect(server, token)).at("active").as_bool());
  EXPECT_FALSE(is_kept()) << "what it said is gone with it";
}

TEST(Audience, a19_a_token_for_another_resource_does_not_open_the_admin_api) {
  Scene scene;
  const auto response = scene.given.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + scene.token}});
  EXPECT_EQ(response.status, 401);
}
