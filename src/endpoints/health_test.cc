// Who reads the metrics of this process, and who only seems to be near.
#include <gtest/gtest.h>

#include "endpoints/routes.h"
#include "tests/kit/world.h"

namespace deputy::endpoints {
namespace {

using test::World;

// Whoever stands behind a proxy that nobody named has the proxy's address, and that is most likely loopback.
TEST(Metrics, a41_are_not_for_whoever_comes_through_a_proxy_that_nobody_named) {
  World given;
  for (const auto* header : {"X-Forwarded-For", "Forwarded"})
    EXPECT_EQ(given.ask("GET", "/metrics", "", {{header, "203.0.113.7"}}).status, 404) << header;
  const Route* route = nullptr;
  for (const auto& one : oauth_routes())
    if (one.path == "/metrics") route = &one;
  ASSERT_NE(route, nullptr);
  const auto status = [&](bool proxied, http::Headers headers) {
    const http::Request request{
        .method = "GET", .path = "/metrics", .headers = std::move(headers), .peer = "127.0.0.1", .proxied = proxied};
    return route->endpoint({request, "default", given.issuer, {}, given.clock.now()}, given.app()).response.status;
  };
  EXPECT_EQ(status(true, {{"X-Forwarded-For", "127.0.0.1"}}), 200) << "a named proxy's word";
  EXPECT_EQ(status(false, {{"X-Forwarded-For", "127.0.0.1"}}), 404);
  EXPECT_EQ(status(true, {{"Forwarded", "for=203.0.113.7"}}), 404) << "a named proxy's word that nobody reads";
}

}  // namespace
}  // namespace deputy::endpoints
