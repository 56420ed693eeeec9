// RFC 8414, OpenID Connect Discovery, RFC 9728, RFC 7517: what is said of the server is what it does.
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "endpoints/routes.h"
#include "jose/jwk.h"
#include "tests/kit/administration.h"
#include "tests/kit/world.h"

using namespace deputy;
using test::World;

TEST(Rfc8414, s3_3_issuer_is_the_one_it_was_fetched_for) {
  World given;
  for (const auto* path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
    const auto document = test::body_of(given.ask("GET", path));
    EXPECT_EQ(test::text_at(document, "issuer"), given.issuer);
  }
}

TEST(Rfc8414, a41_the_issuer_is_the_settings_whatever_host_is_sent) {
  World given;
  const http::Headers spoof{{"Host", "evil.example"},
                            {"X-Forwarded-Host", "evil.example"},
                            {"X-Forwarded-Proto", "http"},
                            {"Forwarded", "host=evil.example;proto=http"}};
  const auto says_the_issuer = [&](const http::Response& response) {
    auto all = response.body;
    for (const auto& [name, value] : response.headers) all += "\n" + value;
    EXPECT_NE(all.find(given.issuer), std::string::npos) << all;
    EXPECT_EQ(all.find("evil"), std::string::npos) << all;
    EXPECT_EQ(all.find("http://id.example"), std::string::npos) << all;
  };
  for (const auto* path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration",
                           "/.well-known/oauth-protected-resource/v1", "/v1/agents"})  // the last is refused
    says_the_issuer(given.ask("GET", path, "", spoof));
  const auto made = given.admin_call("POST", "/v1/users", {{"username", "ann"}}, spoof);
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_TRUE(test::header_at(made, "Location").starts_with(given.issuer + "/v1/users/"));
  says_the_issuer(made);
  const auto agent = given.given_agent_at("https://api.example", {"read"});
  const auto token = given.token(agent, {{"resource", "https://api.example"}}, spoof);
  ASSERT_EQ(token.status, 200) << token.body;
  EXPECT_EQ(test::text_at(test::claims_of(test::text_at(test::body_of(token), "access_token")), "iss"), given.issuer);
}

TEST(Rfc8414, s3_2_no_member_is_empty_and_every_endpoint_is_served) {
  World given;
  const auto document = test::body_of(given.ask("GET", "/.well-known/oauth-authorization-server"));
  for (const auto& [name, value] : document) {
    if (value.is_array()) {
      EXPECT_FALSE(value.get_array().empty()) << name;
    }
    if (!std::string_view(name).ends_with("_endpoint") && name != "jwks_uri") continue;
    const auto url = std::string(value.as_string());
    ASSERT_TRUE(url.starts_with(given.issuer)) << url;
    EXPECT_NE(given.ask("POST", url.substr(given.issuer.size())).status, 404) << url;
  }
  EXPECT_EQ(document.at("grant_types_supported"),
            (json::array{"client_credentials", "urn:ietf:params:oauth:grant-type:token-exchange", "authorization_code",
                         "refresh_token"}));
  EXPECT_EQ(document.at("response_types_supported"), json::value(json::array{"code"}));
  EXPECT_EQ(document.at("code_challenge_methods_supported"), json::value(json::array{"S256"}));
}

TEST(OidcDiscovery, s3_what_a_relying_party_must_find_is_there) {
  World given;
  const auto document = test::body_of(given.ask("GET", "/.well-known/openid-configuration"));
  for (const auto* member :
       {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
        "subject_types_supported", "id_token_signing_alg_values_supported"})
    EXPECT_TRUE(document.contains(member)) << member;
  const auto algorithms = json::serialize(document.at("id_token_signing_alg_values_supported"));
  EXPECT_NE(algorithms.find("RS256"), std::string::npos) << "OIDC Discovery §3: MUST be included";
  const auto methods = json::serialize(document.at("token_endpoint_auth_methods_supported"));
  EXPECT_NE(methods.find("\"none\""), std::string::npos);
  EXPECT_EQ(json::serialize(document.at("introspection_endpoint_auth_methods_supported")).find("\"none\""),
            std::string::npos);
}

TEST(OidcDiscovery, s3_acr_values_are_those_that_people_of_the_tenant_can_reach) {
  World given;
  const auto listed = [&] {
    const auto document = test::body_of(given.ask("GET", "/.well-known/openid-configuration"));
    return document.contains("acr_values_supported") ? json::serialize(document.at("acr_values_supported")) : "none";
  };
  const auto change = [&](json::object fields) { given.change(directory::Kind::tenant, "default", std::move(fields)); };
  EXPECT_EQ(listed(), R"(["urn:deputy:acr:password","urn:deputy:acr:multi-factor","phr"])");
  change({{"sign_in_passkey", false}});
  EXPECT_EQ(listed(), R"(["urn:deputy:acr:password","urn:deputy:acr:multi-factor"])");
  change({{"sign_in_totp", false}});
  EXPECT_EQ(listed(), R"(["urn:deputy:acr:password"])");
  change({{"acr_values", json::array{json::object{{"acr", "gold"}, {"amr", json::array{"mfa"}}}}}});
  EXPECT_EQ(listed(), "none") << "nobody reaches it, and RFC 8414 §3.2 has no empty member";
  change({{"sign_in_totp", true}});
  EXPECT_EQ(listed(), R"(["gold"])");
}

TEST(OidcDiscovery, s3_what_is_not_spoken_is_not_there) {
  World given;
  const auto document = test::body_of(given.ask("GET", "/.well-known/openid-configuration"));
  for (const auto* member :
       {"display_values_supported", "claims_locales_supported", "registration_endpoint", "check_session_iframe",
        "userinfo_signing_alg_values_supported", "id_token_encryption_alg_values_supported",
        "request_object_encryption_alg_values_supported", "frontchannel_logout_supported",
        "tls_client_certificate_bound_access_tokens", "device_authorization_endpoint",
        "backchannel_authentication_endpoint", "mtls_endpoint_aliases", "client_id_metadata_document_supported",
        "authorization_grant_profiles_supported"})
    EXPECT_FALSE(document.contains(member)) << member;
  for (const auto* path : {"/oauth2/register", "/oauth2/device_authorization", "/oauth2/bc-authorize"})
    EXPECT_EQ(given.ask("POST", path).status, 404) << path;
  const auto caller = given.given_agent_at("https://api.example", {"read"});
  const http::Headers as_caller{{"Authorization", given.basic(caller)}};
  for (const auto* grant : {"urn:ietf:params:oauth:grant-type:jwt-bearer",
                            "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba"})
    EXPECT_EQ(test::error_of(given.form("/oauth2/token", {{"grant_type", grant}}, as_caller)),
              "400 unsupported_grant_type")
        << grant;
  const auto token = given.access_token(caller, "https://api.example");
  const auto exchange = [&](const char* type) {
    return test::error_of(given.exchange(caller, token, {{"requested_token_type", type}}));
  };
  EXPECT_EQ(exchange("urn:ietf:params:oauth:token-type:access_token"), "200");
  EXPECT_EQ(exchange("urn:ietf:params:oauth:token-type:txn_token"), "400 invalid_request");
  const auto agent = given.given_agent("known by its id alone");
  for (const auto* header : {"X-SSL-Client-Cert", "X-Client-Cert", "X-Forwarded-Client-Cert", "Client-Cert"})
    EXPECT_EQ(test::error_of(given.form("/oauth2/token",
                                        {{"grant_type", "client_credentials"}, {"client_id", agent.id}},
                                        {{header, "CN=" + agent.id}})),
              "401 invalid_client")
        << header;
  EXPECT_EQ(document.at("ui_locales_supported"), json::value(json::array{"en", "zh"}));
  EXPECT_EQ(document.at("prompt_values_supported"), json::value(json::array{"none", "login", "consent",
                                                                            "select_account"}));
  EXPECT_EQ(document, test::body_of(given.ask("GET", "/.well-known/oauth-authorization-server")));
}

TEST(Rfc8414, s3_1_a_tenants_metadata_is_found_in_both_forms) {
  World given;
  ASSERT_EQ(given.admin_call("POST", "/v1/tenants", {{"id", "acme"}, {"name", "Acme"}}).status, 201);
  for (const auto* path : {"/.well-known/oauth-authorization-server/t/acme", "/.well-known/openid-configuration/t/acme",
                           "/t/acme/.well-known/openid-configuration",
                           "/t/acme/.well-known/oauth-authorization-server"}) {
    const auto document = test::body_of(given.ask("GET", path));
    EXPECT_EQ(test::text_at(document, "issuer"), given.issuer + "/t/acme") << path;
  }
  EXPECT_EQ(given.ask("GET", "/t/nobody/.well-known/openid-configuration").status, 404);
}

TEST(Rfc9728, s3_3_resource_is_this_servers_api) {
  World given;
  const auto document = test::body_of(given.ask("GET", "/.well-known/oauth-protected-resource/v1"));
  EXPECT_EQ(test::text_at(document, "resource"), given.issuer + "/v1");
  EXPECT_EQ(document.at("authorization_servers"), json::value(json::array{given.issuer}));
}

TEST(Rfc7517, jwks_is_cacheable_and_holds_public_members_only) {
  World given;
  const auto response = given.ask("GET", "/oauth2/jwks");
  EXPECT_EQ(response.content_type, "application/jwk-set+json");
  EXPECT_EQ(test::header_at(response, "Cache-Control"), "public, max-age=900");
  const auto tag = test::header_at(response, "ETag");
  for (const auto& named : {tag, "W/" + tag, "\"another\", " + tag, std::string("*")})
    EXPECT_EQ(given.ask("GET", "/oauth2/jwks", "", {{"If-None-Match", named}}).status, 304) << named;
  EXPECT_EQ(given.ask("GET", "/oauth2/jwks", "", {{"If-None-Match", "\"another\""}}).status, 200);
  const auto document = test::body_of(response);
  for (const auto& key : document.at("keys").as_array())
    for (const auto* secret : {"d", "p", "q", "dp", "dq", "qi", "k"})
      EXPECT_FALSE(key.as_object().contains(secret));
  const auto keys = jose::JwkSet::parse(response.body);
  ASSERT_TRUE(keys);
  for (const auto& key : keys->keys()) EXPECT_EQ(key.kid, jose::thumbprint(key.key.parts()));  // RFC 7638
}

TEST(Keys, rotation_overlaps_and_old_tokens_verify) {
  World given;
  const auto api = "https://api.example";
  const auto agent = given.given_agent_at(api, {"read"});
  ASSERT_EQ(given.admin_call("POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);  // publishes
  given.clock.advance(given.app().keyring.config().jwks_max_age);
  const auto before = given.access_token(agent, api);
  given.app().keyring.tick(given.clock.now());
  const auto after = given.access_token(agent, api);
  const auto kid = [](const std::string& token) { return test::text_at(test::header_of(token), "kid"); };
  EXPECT_NE(kid(before), kid(after));
  const auto keys = jose::JwkSet::parse(given.ask("GET", "/oauth2/jwks").body);
  for (const auto& token : {before, after})
    EXPECT_TRUE(jose::verify(token, *keys, {.types = {"at+jwt"}, .issuer = given.issuer, .audience = api},
                             given.clock.now()));
}

TEST(Keys, scheduled_rotation_publishes_ahead_and_removes_late) {
  World given;
  const auto count = [&] { return jose::JwkSet::parse(given.ask("GET", "/oauth2/jwks").body)->keys().size(); };
  ASSERT_EQ(count(), 3u);
  const auto& config = given.app().keyring.config();
  given.clock.advance(config.rotate_every - config.publish_ahead);
  given.app().keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 6u);  // each next is published before it signs
  given.clock.advance(config.publish_ahead);
  given.app().keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 6u);  // each active one retired, still published
  given.clock.advance(config.retire_after);
  given.app().keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 3u);
}

TEST(Keys, a_schedule_that_changes_is_followed_by_the_keys_to_come) {
  World given;
  auto& keyring = given.app().keyring;
  const auto count = [&] { return jose::JwkSet::parse(given.ask("GET", "/oauth2/jwks").body)->keys().size(); };
  const auto before = keyring.config();
  keyring.configure({.rotate_every = Seconds(7200), .publish_ahead = Seconds(600), .retire_after = Seconds(86400),
                     .jwks_max_age = Seconds(60)});
  EXPECT_EQ(test::header_at(given.ask("GET", "/oauth2/jwks"), "Cache-Control"), "public, max-age=60");
  given.clock.advance(before.rotate_every - Seconds(601));
  keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 3u) << "keys in place keep their instant; the next ones are published as far ahead as is said now";
  given.clock.advance(Seconds(1));
  keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 6u);
  given.clock.advance(Seconds(600));
  keyring.tick(given.clock.now());  // the next ones sign, for two hours
  given.clock.advance(Seconds(6600));
  keyring.tick(given.clock.now());
  EXPECT_EQ(count(), 9u);
}

TEST(Keys, a_scheduled_rotation_waits_for_nobody_to_ask) {
  World given;
  given.restart();  // nobody has asked for a key
  const auto& config = given.app().keyring.config();
  given.clock.advance(config.rotate_every - config.publish_ahead);
  given.app().keyring.tick(given.clock.now());
  EXPECT_EQ(jose::JwkSet::parse(given.ask("GET", "/oauth2/jwks").body)->keys().size(), 6u);
}

TEST(Keys, a10_a_compromised_key_is_gone_and_all_it_signed_is_dead) {
  World given;
  const auto api = "https://api.example";
  const auto agent = given.given_agent_at(api, {"read"});
  const auto server = given.given_application("s");
  given.change(directory::Kind::resource, (*given.app().directory.resource("default", api))->id,
               {{"principal", server.id}});
  const auto token = given.access_token(agent, api);
  const auto kid = test::text_at(test::header_of(token), "kid");
  ASSERT_EQ(given.admin_call("POST", "/v1/keys/" + kid + "/compromised").status, 200);
  EXPECT_EQ(given.ask("GET", "/oauth2/jwks").body.find(kid), std::string::npos);
  EXPECT_EQ(given.introspect(server, token).body, R"({"active":false})");
  EXPECT_TRUE(test::body_of(given.introspect(server, given.access_token(agent, api))).at("active").as_bool());
}

TEST(Cors, discovery_is_open_and_the_admin_api_is_not) {
  World given;
  const auto allows = [](const http::Response& response) {
    return response.lines.find("\r\nAccess-Control-Allow-Origin: *\r\n") != std::string_view::npos;
  };
  EXPECT_TRUE(allows(given.ask("GET", "/oauth2/jwks")));
  EXPECT_TRUE(allows(given.ask("OPTIONS", "/oauth2/token")));
  EXPECT_FALSE(allows(given.ask("OPTIONS", "/v1/agents")));
  EXPECT_FALSE(allows(given.admin_call("GET", "/v1/agents")));
}

// All that a public client in a browser calls by script; it may have to push (RFC 9126 §5, §6).
TEST(Cors, a_public_client_reaches_every_endpoint_it_needs) {
  World given;
  const auto document = test::body_of(given.ask("GET", "/.well-known/openid-configuration"));
  for (const auto* name : {"token_endpoint", "revocation_endpoint", "pushed_authorization_request_endpoint",
                           "userinfo_endpoint", "jwks_uri"}) {
    const auto path = test::text_at(document, name).substr(given.issuer.size());
    const auto preflight = given.ask("OPTIONS", path);
    EXPECT_EQ(preflight.status, 204) << path;
    EXPECT_NE(preflight.lines.find("\r\nAccess-Control-Allow-Origin: *\r\n"), std::string_view::npos) << path;
    EXPECT_NE(test::header_at(preflight, "Access-Control-Allow-Headers").find("DPoP"), std::string::npos) << path;
  }
  const auto pushed = given.ask("POST", "/oauth2/par", "client_id=x",
                                {{"Content-Type", "application/x-www-form-urlencoded"}});
  EXPECT_NE(pushed.lines.find("\r\nAccess-Control-Allow-Origin: *\r\n"), std::string_view::npos) << "a refusal is read";
}

// The Model Context Protocol: its clients say which version they speak, with the first request they make.
TEST(Cors, an_mcp_client_in_a_browser_discovers_the_server) {
  World given;
  for (const auto* path : {"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"}) {
    const auto preflight = given.ask("OPTIONS", path);
    EXPECT_EQ(preflight.status, 204) << path;
    const auto headers = test::header_at(preflight, "Access-Control-Allow-Headers");
    EXPECT_NE(headers.find("MCP-Protocol-Version"), std::string::npos) << path;
  }
}

TEST(Routes, no_two_rows_have_one_method_and_path) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto rows : {endpoints::oauth_routes(), endpoints::people_routes(), endpoints::admin_routes()})
    for (const auto& route : rows) EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
}

TEST(Ops, health_readiness_and_metrics) {
  World given;
  EXPECT_EQ(given.ask("GET", "/healthz").status, 200);
  EXPECT_EQ(given.ask("GET", "/readyz").status, 200);
  const auto metrics = given.ask("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_TRUE(metrics.content_type.starts_with("text/plain"));
  given.set([](auto& live) { live.metrics_from.clear(); });
  EXPECT_EQ(given.ask("GET", "/metrics").status, 404);
  EXPECT_NE(deputy::metrics::text().find(R"(deputy_refused_total{action="metrics.read",code="not_found"} 1)"),
            std::string::npos);
}
