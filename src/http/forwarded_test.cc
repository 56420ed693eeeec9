// Forwarded headers are believed from a named proxy and from nobody else (ATTACKS A41).
#include "http/forwarded.h"

#include <gmock/gmock.h>

#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

using testing::HasSubstr;
using testing::Not;

Request seen(Headers headers, std::string peer = "10.0.0.1") {
  Request request;
  request.headers = std::move(headers);
  request.peer = std::move(peer);
  believe_proxy(request, parse_blocks({"10.0.0.0/8"}));
  return request;
}

TEST(Forwarded, takes_the_right_most_address_that_is_not_trusted) {
  EXPECT_EQ(seen({{"X-Forwarded-For", "192.0.2.7"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"X-Forwarded-For", "192.0.2.7, 10.2.3.4"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"x-forwarded-for", "192.0.2.7"}, {"X-Forwarded-For", "10.1.1.1"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"X-Forwarded-For", "10.9.9.9, 10.2.3.4"}}).peer, "10.9.9.9");
  EXPECT_EQ(seen({{"X-Forwarded-For", "192.0.2.7:4711"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"X-Forwarded-For", "[2001:db8::1]:4711"}}).peer, "2001:db8::1");
  EXPECT_EQ(seen({{"X-Forwarded-For", "::ffff:192.0.2.7"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({}).peer, "10.0.0.1");
}

TEST(Forwarded, a41_does_not_believe_what_a_client_put_to_the_left) {
  EXPECT_EQ(seen({{"X-Forwarded-For", "127.0.0.1, 192.0.2.7"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-For", "192.0.2.7, 10.0.0.2"}}).peer, "192.0.2.7");
  EXPECT_EQ(seen({{"X-Forwarded-For", "127.0.0.1, unknown, 10.0.0.2"}}).peer, "10.0.0.2");
  EXPECT_FALSE(seen({{"X-Forwarded-Proto", "https, http"}}).secure);
  EXPECT_FALSE(seen({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}}).secure);
  EXPECT_TRUE(seen({{"X-Forwarded-Proto", "https"}}).secure);
}

TEST(Forwarded, says_whether_the_headers_were_believed) {
  ServerConfig config;
  config.trusted_proxies = {"127.0.0.9"};
  const auto server = serving(config, [](const Request& request, const Send& send) {
    send({.status = request.proxied ? 200 : 204});
  });
  constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n\r\n";
  EXPECT_EQ(RawClient(server->port()).ask(get).status, 204);
  EXPECT_EQ(RawClient(server->port(), "127.0.0.9").ask(get).status, 200);
}

constexpr std::string_view spoof =
    "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n\r\n";

TEST(Forwarded, a41_ignores_the_headers_from_an_untrusted_peer) {
  ServerConfig config;
  config.trusted_proxies = {"127.0.0.9"};
  const auto server = serving(config);
  RawClient client(server->port());
  EXPECT_THAT(client.ask(spoof).body, HasSubstr("127.0.0.1 plain"));
  RawClient proxy(server->port(), "127.0.0.9");
  EXPECT_THAT(proxy.ask(spoof).body, HasSubstr("192.0.2.7 secure"));
  EXPECT_THAT(proxy.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").body, HasSubstr("127.0.0.9 plain"));
}

TEST(Forwarded, a41_answers_plain_http_of_loopback_and_of_the_proxy_only) {
  ServerConfig config;
  EXPECT_EQ(config.plain_http_from, (std::vector<std::string>{"127.0.0.0/8", "::1"}));
  config.plain_http_from = {"127.0.0.1"};  // so that another address of this machine is one from outside
  config.trusted_proxies = {"198.51.100.1"};
  const auto server = serving(config);
  RawClient stranger(server->port(), "127.0.0.10");
  const auto refused = stranger.ask(spoof);
  EXPECT_EQ(refused.status, 403);
  EXPECT_TRUE(refused.has("Connection: close"));
  EXPECT_THAT(refused.body, Not(HasSubstr("192.0.2.7")));
  EXPECT_EQ(stranger.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 0);
  EXPECT_EQ(RawClient(server->port()).ask(spoof).status, 200);
  config.trusted_proxies = {"127.0.0.10"};
  const auto behind = serving(config);
  EXPECT_THAT(RawClient(behind->port(), "127.0.0.10").ask(spoof).body, HasSubstr("192.0.2.7 secure"));
}

}  // namespace
}  // namespace deputy::http
