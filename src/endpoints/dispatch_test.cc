// What is decided of a request before any endpoint: how much of its body is read, and whether it asks for one at all.
#include "endpoints/dispatch.h"

#include <gtest/gtest.h>

#include <limits>

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
  for (const auto* path : {"/", "*", "/v1", "/nowhere", "/t/acme", "/oauth2/token/"})
    EXPECT_EQ(kept("POST", path), std::nullopt) << path;
  EXPECT_EQ(kept("PUT", "/oauth2/token"), std::nullopt);
}

TEST(Dispatch, rfc9110_s9_3_7_the_asterisk_asks_for_the_server) {
  World given;
  EXPECT_EQ(given.ask("OPTIONS", "*").status, 204);
  EXPECT_EQ(given.ask("OPTIONS", "/nowhere").status, 404);
}

}  // namespace
}  // namespace deputy::endpoints
