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

// RFC 9457, as of any path that is not there: whoever may not read them learns of nothing.
TEST(Metrics, look_to_whoever_may_not_read_them_as_if_they_were_not_there) {
  World given;
  const http::Headers stranger{{"Forwarded", "for=203.0.113.7"}};
  for (const auto* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}) {
    const auto hidden = given.ask(method, "/metrics", "", stranger), none = given.ask(method, "/metric", "", stranger);
    auto said = test::body_of(hidden), of_none = test::body_of(none);
    EXPECT_NE(test::text_at(said, "correlation_id"), test::text_at(of_none, "correlation_id")) << method;
    said.erase("correlation_id");
    of_none.erase("correlation_id");
    EXPECT_EQ(said, of_none) << method;
    EXPECT_EQ(test::text_at(said, "type"), "about:blank") << method;
    EXPECT_EQ(hidden.content_type, "application/problem+json") << method;
    EXPECT_EQ(hidden.headers, none.headers) << method;
    EXPECT_EQ(hidden.status, none.status) << method;
  }
}

TEST(Metrics, are_read_by_get_alone_and_say_so_to_whoever_may) {
  World given;
  const auto posted = given.ask("POST", "/metrics");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(test::header_at(posted, "Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace deputy::endpoints
