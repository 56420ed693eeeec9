// What a token is (RFC 9068), whom it is for (RFC 8707), and that it never outlives what it rests on.
#include <gtest/gtest.h>

#include "jose/jwt.h"
#include "tests/kit/world.h"

using namespace deputy;
using test::World;

namespace {
constexpr auto api = "https://api.example/invoices";
}

TEST(Rfc9068, s2_claims_and_type_are_there) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto token = given.access_token(agent, api);
  const auto header = test::header_of(token);
  const auto claims = test::claims_of(token);
  EXPECT_EQ(test::text_at(header, "typ"), "at+jwt");
  EXPECT_EQ(test::text_at(header, "alg"), "ES256");
  EXPECT_FALSE(test::text_at(header, "kid").empty());
  EXPECT_EQ(test::text_at(claims, "iss"), given.issuer);
  EXPECT_EQ(test::text_at(claims, "aud"), api);
  EXPECT_EQ(test::text_at(claims, "sub"), agent.id);
  EXPECT_EQ(test::text_at(claims, "client_id"), agent.id);
  EXPECT_EQ(test::text_at(claims, "sub_type"), "agent");
  EXPECT_EQ(test::text_at(claims, "scope"), "read");
  EXPECT_EQ(json_integer(claims, "iat"), unix_seconds(given.clock.now()));
  EXPECT_EQ(json_integer(claims, "exp"), unix_seconds(given.clock.now()) + 300);
  EXPECT_TRUE(test::text_at(claims, "jti").starts_with("jti_"));
  EXPECT_FALSE(claims.contains("act"));  // acts for itself: no chain
}

TEST(Rfc9068, s4_verifies_under_the_published_keys_for_each_algorithm) {
  World given;
  for (const auto* algorithm : {"ES256", "EdDSA", "RS256"}) {
    const auto audience = std::string("https://api.example/") + algorithm;
    const auto agent = given.given_agent_at(audience, {"read"}, {{"algorithm", algorithm}});
    const auto token = given.access_token(agent, audience);
    const auto keys = jose::JwkSet::parse(given.ask("GET", "/oauth2/jwks").body);
    ASSERT_TRUE(keys);
    const auto verified = jose::verify(
        token, *keys, {.types = {"at+jwt"}, .issuer = given.issuer, .audience = audience}, given.clock.now());
    ASSERT_TRUE(verified) << algorithm;
    EXPECT_EQ(crypto::name_of(verified->header.algorithm), algorithm);
  }
}

TEST(Rfc9068, every_token_has_its_own_jti_and_an_event_of_the_same_id) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const auto jti = test::text_at(test::claims_of(given.access_token(agent, api)), "jti");
    EXPECT_TRUE(seen.insert(jti).second);
    const auto event = given.store->event("default", "evt_" + jti.substr(4));
    ASSERT_TRUE(event && *event);
    EXPECT_NE((*event)->body.find(jti), std::string::npos);
  }
}

TEST(Rfc8707, s2_the_audience_is_the_resource_that_was_named) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  given.given_resource("https://api.example/others", {"read"});
  EXPECT_EQ(test::claims_of(given.access_token(agent, api)).at("aud"), api) << "this one, and no list";
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", "https://api.example/other"}})), "400 invalid_target");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", std::string(api) + "/"}})), "400 invalid_target");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", "not a uri"}})), "400 invalid_target");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", std::string(api) + "#x"}})), "400 invalid_target");
}

TEST(Rfc8707, the_id_of_a_record_is_no_identifier_whatever_was_read_before) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto resource = given.app().directory.resource("default", api);
  ASSERT_TRUE(resource && *resource);
  ASSERT_TRUE(*given.app().directory.resource_by_id("default", (*resource)->id));
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", (*resource)->id}})), "400 invalid_target");
}

TEST(Rfc8707, s2_several_resources_in_one_token_request_are_invalid_target) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  given.given_resource("https://two.example", {"x"});
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}, {"resource", "https://two.example"}})),
            "400 invalid_target");
}

TEST(Rfc8707, absent_resource_means_the_default_one_or_none) {
  World given;
  const auto resource = given.given_resource(api, {"read"});
  const auto role = given.given_role("r", resource, {"read"});
  const auto with_default = given.given_agent("a", {{"default_resource", resource}});
  given.given_assignment(role, with_default.id);
  const auto claims = test::claims_of(test::text_at(test::body_of(given.token(with_default)), "access_token"));
  EXPECT_EQ(test::text_at(claims, "aud"), api);

  const auto without = given.given_agent("b");
  EXPECT_EQ(test::error_of(given.token(without, {{"scope", "read"}})), "400 invalid_target");
  // Without scopes: a token for the issuer, which says who its holder is and opens nothing. RFC 6749 §3.3 has no empty
  // `scope`.
  const auto answer = test::body_of(given.token(without));
  EXPECT_FALSE(answer.contains("scope"));
  const auto own = test::claims_of(test::text_at(answer, "access_token"));
  EXPECT_EQ(test::text_at(own, "aud"), given.issuer);
  EXPECT_FALSE(own.contains("scope"));
}

TEST(Rfc8707, an_audience_that_is_no_resource_is_not_passed_over) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  EXPECT_EQ(test::error_of(given.token(agent, {{"audience", api}})), "400 invalid_request");
  EXPECT_EQ(test::error_of(given.token(agent, {{"audience", "https://other.example"}, {"resource", api}})),
            "400 invalid_request");
  EXPECT_EQ(test::error_of(given.token(agent, {{"audience", api}, {"resource", api}})), "200");
}

TEST(Token, i6_never_outlives_the_agent_or_the_resource_limit) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"}, {{"token_lifetime_s", 120}});
  EXPECT_EQ(json_integer(test::body_of(given.token(agent, {{"resource", api}})), "expires_in"), 120);
  given.change(directory::Kind::agent, agent.id, {{"expires_at", rfc3339(given.clock.now() + Seconds(40))}});
  EXPECT_EQ(json_integer(test::body_of(given.token(agent, {{"resource", api}})), "expires_in"), 40);
}

TEST(Token, i6_none_is_issued_that_is_over_as_it_is_made) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  given.change(directory::Kind::agent, agent.id, {{"expires_at", rfc3339(given.clock.now() + Millis(1500))}});
  EXPECT_EQ(json_integer(test::body_of(given.token(agent, {{"resource", api}})), "expires_in"), 1);
  given.clock.advance(Millis(1200));  // `exp` is in whole seconds, and this one has begun
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "503 temporarily_unavailable");
  given.clock.advance(Millis(300));
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "401 invalid_client");
}

TEST(Token, scopes_come_through_groups_hierarchy_and_wildcards) {
  World given;
  const json::array scopes{
      json::object{{"name", "booking"}}, json::object{{"name", "booking:read"}, {"parent", "booking"}},
      json::object{{"name", "booking:read:own"}, {"parent", "booking:read"}}, json::object{{"name", "admin"}}};
  const auto resource = given.given_resource(api, {}, {{"scopes", scopes}});
  const auto scope_of = [&](const test::Given& agent, std::string asked = "") {
    const auto response = given.token(agent, {{"resource", api}, {"scope", asked}});
    return response.status == 200 ? test::text_at(test::body_of(response), "scope") : test::error_of(response);
  };
  const auto by_parent = given.given_agent("p");
  given.given_assignment(given.given_role("parent", resource, {"booking"}), by_parent.id);
  EXPECT_EQ(scope_of(by_parent), "booking booking:read booking:read:own");
  EXPECT_EQ(scope_of(by_parent, "booking:read:own"), "booking:read:own");

  const auto by_wildcard = given.given_agent("w");
  given.given_assignment(given.given_role("wild", resource, {"booking:*"}), by_wildcard.id);
  EXPECT_EQ(scope_of(by_wildcard), "booking:read booking:read:own");
  EXPECT_EQ(scope_of(by_wildcard, "booking"), "400 invalid_scope");

  const auto by_group = given.given_agent("g");
  const auto outer = given.put(directory::Kind::group, {{"name", "outer"}});
  const auto inner = given.put(directory::Kind::group, {{"name", "inner"}});
  given.put(directory::Kind::membership, {{"group", outer}, {"member", inner}}, inner);
  given.put(directory::Kind::membership, {{"group", inner}, {"member", by_group.id}}, by_group.id);
  given.given_assignment(given.given_role("admins", resource, {"admin"}), outer);
  EXPECT_EQ(scope_of(by_group), "admin");
}

TEST(Token, a_ceiling_grants_nothing) {
  World given;
  const auto resource = given.given_resource(api, {"read"});
  const auto agent = given.given_agent("a");
  given.given_assignment(given.given_role("r", resource, {"*"}), agent.id, {{"acts", "others"}});
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "400 invalid_scope");
}

TEST(Token, authority_is_live_a_role_taken_away_is_gone_at_once) {
  World given;
  const auto resource = given.given_resource(api, {"read", "write"});
  const auto role = given.given_role("r", resource, {"read", "write"});
  const auto agent = given.given_agent("a");
  given.given_assignment(role, agent.id);
  EXPECT_EQ(test::text_at(test::body_of(given.token(agent, {{"resource", api}})), "scope"), "read write");
  given.change(directory::Kind::role, role,
               {{"permissions", json::array{json::object{{"resource", resource}, {"scopes", json::array{"read"}}}}}});
  EXPECT_EQ(test::text_at(test::body_of(given.token(agent, {{"resource", api}})), "scope"), "read");
}

TEST(Token, a_users_credential_opens_this_servers_api_only) {
  World given;
  given.given_resource(api, {"read"});
  const auto user = given.given_user("alice");
  const test::Given alice{user, given.given_secret(user)};
  EXPECT_EQ(test::error_of(given.token(alice, {{"resource", api}})), "400 unauthorized_client");
  const auto own = test::body_of(given.token(alice));
  EXPECT_EQ(test::text_at(own, "scope"),
            "agents:read agents:write credentials:write delegations:read delegations:revoke");
}

TEST(OpaqueToken, is_random_stored_as_a_hash_and_introspected) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"}, {{"token_format", "opaque"}});
  const auto token = given.access_token(agent, api);
  EXPECT_TRUE(token.starts_with("dot_"));
  EXPECT_EQ(token.size(), 4u + 9u + 43u);  // prefix, instant, 256 random bits
  EXPECT_NE(token, given.access_token(agent, api));
  const auto server = given.given_application("api");
  const auto resource = given.app().directory.resource("default", api);
  given.change(directory::Kind::resource, (*resource)->id, {{"principal", server.id}});
  auto answer = test::body_of(given.introspect(server, token));
  EXPECT_TRUE(answer.at("active").as_bool());
  EXPECT_EQ(test::text_at(answer, "sub"), agent.id);
  given.restart();
  EXPECT_TRUE(test::body_of(given.introspect(server, token)).at("active").as_bool());
  given.clock.advance(Seconds(300));
  EXPECT_FALSE(test::body_of(given.introspect(server, token)).at("active").as_bool());
}
