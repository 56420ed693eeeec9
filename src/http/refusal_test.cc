// What the server refuses, each with its exact status, and that the connection ends after it (ATTACKS A41).
#include "http/refusal.h"

#include <gmock/gmock.h>

#include <future>

#include "base/metrics.h"
#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

using testing::HasSubstr;

ServerConfig small() {
  ServerConfig config;
  config.header_bytes_max = 1024;
  config.body_bytes_max = 100;
  config.header_timeout = config.body_timeout = config.idle_timeout = Seconds(1);
  return config;
}

// One server for all: a refusal leaves nothing behind.
std::uint16_t port() {
  static const auto server = serving(small());
  return server->port();
}

void expect_refused(std::string_view request, int status) {
  RawClient client(port());
  client.send(request);
  // Were a request hidden in the one refused, its answer would come next.
  const auto answer = client.answer();
  EXPECT_EQ(answer.status, status) << request;
  EXPECT_TRUE(answer.has("Content-Type: application/problem+json\r\n")) << request;
  EXPECT_TRUE(answer.has("Connection: close\r\n")) << request;
  EXPECT_THAT(answer.body, HasSubstr("\"status\":" + std::to_string(status))) << request;
  client.finish_sending();
  EXPECT_TRUE(client.closed()) << request;
}

TEST(Refusal, a41_refuses_what_is_not_http) {
  expect_refused("\x16\x03\x01\x02\x01", 400);  // TLS on a plain port
  expect_refused("GET /\r\n\r\n", 400);
  expect_refused("GET / \r\n\r\n", 400);
  expect_refused("GET / HTT\r\n\r\n", 400);
  expect_refused("GET / FTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET / x HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET  / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused(" GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("G<T / HTTP/1.1\r\nHost: x\r\n\r\n", 400);
}

TEST(Refusal, a41_refuses_bare_line_feeds) {
  expect_refused("GET / HTTP/1.1\nHost: x\n\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", 400);
}

TEST(Refusal, a41_refuses_a_folded_field) {
  expect_refused("GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: x\r\nA:\r\n\tc\r\n\r\n", 400);
}

TEST(Refusal, a41_refuses_white_space_before_a_colon_and_control_characters) {
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", 400);
  using namespace std::string_view_literals;
  expect_refused("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"sv, 400);
}

TEST(Refusal, a41_refuses_two_lengths) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\n";
  expect_refused(post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_refused(post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3, 3\r\n\r\nabc", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x3\r\n\r\nabc", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 400);
}

TEST(Refusal, a41_refuses_a_coding_it_does_not_understand) {
  const std::string post = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ";
  for (const char* coding : {"gzip", "identity", "xchunked", "chunked, chunked", "gzip, chunked", "\"chunked\"", ""})
    expect_refused(post + coding + "\r\n\r\n0\r\n\r\n", 501);
  expect_refused(post + "chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
  expect_refused(post + "gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501);
  expect_refused(post + "chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n", 400);
  expect_refused(post + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501);
}

TEST(Refusal, a41_refuses_broken_chunks) {
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refused(head + "x\r\nabc\r\n0\r\n\r\n", 400);
  expect_refused(head + "3\r\nabcd\r\n0\r\n\r\n", 400);
  expect_refused(head + "-1\r\n\r\n", 400);
  expect_refused(head + "fffffffffffffffff\r\n", 400);
  expect_refused(head + "1;" + std::string(2000, 'x'), 400);  // an extension without end
  expect_refused(head + "1;a=\"b\r\n", 400);
}

TEST(Refusal, a41_refuses_a_missing_second_or_strange_host) {
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.0\r\nHost: x\r\nHost: y\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400);
  expect_refused("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400);
}

TEST(Refusal, a41_refuses_targets_that_are_none) {
  expect_refused("GET a HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("GET http://u@x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400);
  expect_refused("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", 501);
}

TEST(Refusal, refuses_other_versions) {
  expect_refused("GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505);
  expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
  expect_refused("GET / HTTP/0.9\r\n\r\n", 505);
}

TEST(Refusal, refuses_other_expectations) {
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nExpect: miracle\r\nContent-Length: 1\r\n\r\nx", 417);
  for (const auto* both : {"Expect: miracle\r\nExpect: 100-continue\r\n", "Expect: 100-continue\r\nExpect: miracle\r\n",
                           "Expect: 100-continue, miracle\r\n"})
    expect_refused("POST / HTTP/1.1\r\nHost: x\r\n" + std::string(both) + "Content-Length: 1\r\n\r\nx", 417);
}

TEST(Refusal, a41_refuses_a_header_bomb) {
  expect_refused("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(2000, 'a'), 431);
  expect_refused("GET /" + std::string(2000, 'a'), 431);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 101; ++i) many += "a:b\r\n";
  expect_refused(many + "\r\n", 431);
}

TEST(Refusal, takes_a_header_of_just_the_limit) {
  const std::string before = "GET / HTTP/1.1\r\nHost: x\r\nA: ";
  const std::string exact = before + std::string(1024 - before.size() - 4, 'a') + "\r\n\r\n";
  RawClient client(port());
  EXPECT_EQ(client.ask(exact).status, 200);
  expect_refused(before + std::string(1024 - before.size() - 3, 'a') + "\r\n\r\n", 431);
}

TEST(Refusal, refuses_a_body_beyond_the_limit) {
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", 413);
  expect_refused("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\nExpect: 100-continue\r\n\r\n", 413);
  std::string chunks = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 11; ++i) chunks += "A\r\n0123456789\r\n";
  expect_refused(chunks, 413);
  RawClient client(port());
  const std::string exact = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x');
  EXPECT_EQ(client.ask(exact).status, 200);
}

TEST(Refusal, lets_a_client_that_still_sends_read_why) {
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n" + std::string(900000, 'x'));
  EXPECT_EQ(client.answer().status, 413);
}

TEST(Refusal, a41_refuses_a_slow_header) {
  RawClient client(port());
  client.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(client.answer().status, 408);
}

TEST(Refusal, a41_refuses_a_header_that_drips) {
  RawClient client(port());
  std::promise<void> stop;
  std::thread drip([&client, stopped = stop.get_future()] {
    client.send("GET / HTTP/1.1\r\nA: ");
    // The attack itself: each byte alone would renew a naive deadline.
    while (stopped.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout) client.send("a");
  });
  EXPECT_EQ(client.answer().status, 408);
  stop.set_value();
  drip.join();
}

TEST(Refusal, a41_refuses_a_slow_body) {
  RawClient client(port());
  client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(client.answer().status, 408);
}

TEST(Refusal, closes_silence_without_a_word) {
  RawClient fresh(port());
  RawClient idle(port());
  EXPECT_EQ(idle.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  EXPECT_TRUE(fresh.closed());
  EXPECT_TRUE(idle.closed());
}

TEST(Refusal, a41_refuses_connections_beyond_the_limit) {
  ServerConfig config;
  config.connections_max = 2;
  const auto server = serving(config);
  std::vector<RawClient> taken;
  for (int i = 0; i < 2; ++i) {
    taken.emplace_back(server->port());
    EXPECT_EQ(taken.back().ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
  }
  RawClient surplus(server->port());
  const auto answer = surplus.answer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("Retry-After: 1\r\n"));
  surplus.finish_sending();
  EXPECT_TRUE(surplus.closed());
  EXPECT_EQ(taken[0].ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n").status, 200);
}

// So many that not all can be told: they are counted all the same.
TEST(Refusal, a41_counts_the_connections_it_drops_without_a_word) {
  ServerConfig config;
  config.connections_max = 1;
  const auto server = serving(config);
  const auto before = refused_for("dropped");
  std::vector<RawClient> all;
  for (int i = 0; i < 300; ++i) all.emplace_back(server->port());
  EXPECT_TRUE(all.back().closed());
  EXPECT_GT(refused_for("dropped"), before);
}

TEST(Refusal, echoes_nothing_of_the_request) {
  RawClient client(port());
  const auto answer = client.ask("GET /secret HTTP/1.1\r\nHost: secret\r\nHost: secret\r\n\r\n");
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(answer.head + answer.body, testing::Not(HasSubstr("secret")));
}

TEST(Refusal, is_counted_by_reason) {
  const auto before = metrics::text();
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  EXPECT_NE(metrics::text(), before);
  EXPECT_THAT(metrics::text(), HasSubstr("deputy_http_refused_total{reason=\"malformed\"}"));
}

}  // namespace
}  // namespace deputy::http
