// What is decided of a request before any endpoint: whose tenant it asks, how much of its body is read, and whether it
// asks for one at all.
#include "endpoints/dispatch.h"

#include <gtest/gtest.h>

#include <limits>

#include "oauth/basic.h"
#include "tests/kit/world.h"

namespace deputy::endpoints {
namespace {

using test::World;

std::optional<std::size_t> kept(const char* method, const char* path) {
  return body_bytes_kept({.method = method, .path = path});
}

TEST(Dispatch, a41_a_body_is_read_as_far_as_its_endpoint_would_read_it) {
  constexpr std::size_t form = 65536;
  for (const auto* path : {"/oauth2/token", "/t/acme/oauth2/token", "/oauth2/par", "/sign-in"})
    EXPECT_EQ(kept("POST", path), form) << path;
  EXPECT_EQ(kept("POST", "/v1/agents"), std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(kept("PATCH", "/t/acme/v1/agents/agt_1"), std::numeric_limits<std::size_t>::max());
  EXPECT_EQ(kept("GET", "/oauth2/jwks"), form);
  for (const auto* path : {"/", "*", "/v1", "/nowhere", "/t/acme", "/oauth2/token/", "/t/default/oauth2/token"})
    EXPECT_EQ(kept("POST", path), std::nullopt) << path;
  EXPECT_EQ(kept("PUT", "/oauth2/token"), std::nullopt);
}

TEST(Dispatch, json_in_another_charset_than_utf_8_is_refused_before_it_is_read) {
  World given;
  const auto agent = given.given_agent_at("https://api.example", {"read"});
  const auto form = [&](const std::string& charset) {
    return given.ask("POST", "/oauth2/token", "grant_type=client_credentials",
                     {{"Authorization", oauth::basic(agent.id, agent.secret)},
                      {"Content-Type", "application/x-www-form-urlencoded" + charset}});
  };
  const auto json = [&](const std::string& type) {
    const auto bearer = "Bearer " + given.access_token(given.admin, given.issuer + "/v1");
    return given.ask("POST", "/v1/organizations", R"({"name":"a"})", {{"Authorization", bearer}, {"Content-Type", type}});
  };
  EXPECT_EQ(json("application/json; charset=utf-16").status, 415);
  EXPECT_EQ(json("application/merge-patch+json; charset=iso-8859-1").status, 415);
  EXPECT_EQ(json("application/json; charset=utf-8").status, 201);
  for (const auto* charset : {"", "; charset=utf-8", "; charset=ISO-8859-1"})
    EXPECT_EQ(form(charset).status, 200) << charset << ": a form has none";
}

// Its issuer is the origin, so no document fetched under another name could say the name it was fetched for.
TEST(Dispatch, rfc8414_s3_3_the_default_tenant_has_no_name_in_paths) {
  World given;
  ASSERT_EQ(given.admin_call("POST", "/v1/tenants", {{"id", "acme"}, {"name", "Acme"}}).status, 201);
  const auto status = [&](std::string_view method, std::string path, std::string_view tenant) {
    const auto target = path.replace(path.find("{}"), 2, tenant);
    return given.ask(method, target, "", {{"Accept", "text/html"}}).status;
  };
  const std::pair<std::string_view, const char*> asked[]{
      {"GET", "/.well-known/oauth-authorization-server/t/{}"},
      {"GET", "/.well-known/openid-configuration/t/{}"},
      {"GET", "/t/{}/.well-known/oauth-authorization-server"},
      {"GET", "/t/{}/.well-known/openid-configuration"},
      {"GET", "/.well-known/oauth-protected-resource/t/{}/v1"},
      {"GET", "/t/{}/.well-known/oauth-protected-resource/v1"},
      {"GET", "/t/{}/oauth2/jwks"},
      {"GET", "/t/{}/oauth2/userinfo"},
      {"POST", "/t/{}/oauth2/token"},
      {"OPTIONS", "/t/{}/oauth2/token"},
      {"GET", "/t/{}/v1/agents"},
      {"GET", "/t/{}/account"},
      {"GET", "/t/{}"},
      {"GET", "/t/{}/"},
  };
  for (const auto& [method, path] : asked) {
    EXPECT_NE(status(method, path, "acme"), 404) << method << " " << path;
    EXPECT_EQ(status(method, path, "default"), 404) << method << " " << path;
  }
}

TEST(Dispatch, rfc9110_s9_3_7_the_asterisk_asks_for_the_server) {
  World given;
  EXPECT_EQ(given.ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(given.ask("OPTIONS", "/nowhere").status, 404);
}

}  // namespace
}  // namespace deputy::endpoints
