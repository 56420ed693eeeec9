// The server as a client sees it: requests in order, answers in order, from any thread, until it drains.
#include "http/server.h"

#include <gmock/gmock.h>

#include <future>

#include "base/id.h"
#include "base/metrics.h"
#include "http/raw_client_test.h"

namespace deputy::http {
namespace {

using testing::HasSubstr;

constexpr std::string_view get = "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n";

TEST(Server, answers_request_after_request_on_one_connection) {
  const auto server = serving();
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.ask(get);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "GET /a?b=c [] 127.0.0.1 plain");
    EXPECT_TRUE(answer.has("\r\nDate: "));
    EXPECT_TRUE(answer.has("\r\nContent-Type: text/plain\r\n"));
    EXPECT_FALSE(answer.has("Connection:"));
  }
}

TEST(Server, answers_pipelined_requests_in_order) {
  const auto server = serving();
  RawClient client(server->port());
  client.send("POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
              "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n"
              "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(client.answer().body, HasSubstr("POST /1? [abc]"));
  EXPECT_THAT(client.answer().body, HasSubstr("GET /2?"));
  EXPECT_THAT(client.answer().body, HasSubstr("GET /3?"));
}

TEST(Server, reads_a_request_that_comes_byte_by_byte) {
  const auto server = serving();
  RawClient client(server->port());
  const std::string_view request =
      "\r\nPOST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: u\r\n\r\n";
  for (const char& c : request) client.send(std::string_view(&c, 1));
  EXPECT_THAT(client.answer().body, HasSubstr("POST /slow? [abcde]"));
  EXPECT_EQ(client.ask(get).status, 200);
}

TEST(Server, forgets_nothing_of_one_request_into_the_next) {
  std::vector<Headers> seen;
  const auto server = serving({}, [&](const Request& request, Send send) {
    seen.push_back(request.headers);
    echo(request, std::move(send));
  });
  RawClient client(server->port());
  client.ask("POST /long?query HTTP/1.1\r\nHost: first\r\nAuthorization: Bearer secret\r\n"
             "Content-Length: 4\r\n\r\nbody");
  const auto answer = client.ask("GET / HTTP/1.1\r\nHost: second\r\n\r\n");
  EXPECT_EQ(answer.body, "GET /? [] 127.0.0.1 plain");
  EXPECT_EQ(seen.at(0).size(), 3u);
  EXPECT_EQ(seen.at(1), (Headers{{"Host", "second"}}));
}

TEST(Server, answers_head_without_the_body) {
  const auto server = serving();
  RawClient client(server->port());
  client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = client.answer(false);
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Content-Length: 27"));
  EXPECT_EQ(client.ask(get).status, 200);  // nothing of a body stands in between
}

TEST(Server, closes_when_the_client_says_close) {
  const auto server = serving();
  RawClient client(server->port());
  EXPECT_TRUE(client.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").has("Connection: close"));
  EXPECT_TRUE(client.closed());
}

TEST(Server, speaks_http_1_0) {
  const auto server = serving();
  RawClient client(server->port());
  EXPECT_TRUE(client.ask("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").has("Connection: keep-alive"));
  EXPECT_TRUE(client.ask("GET / HTTP/1.0\r\n\r\n").has("Connection: close"));
  EXPECT_TRUE(client.closed());
}

TEST(Server, says_continue_before_the_body_of_who_waits_for_it) {
  const auto server = serving();
  RawClient client(server->port());
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.answer().status, 100);
  client.send("hi");
  EXPECT_THAT(client.answer().body, HasSubstr("[hi]"));
}

TEST(Server, takes_an_absolute_target_and_its_authority) {
  std::string host;
  const auto server = serving({}, [&](const Request& request, Send send) {
    host = request.header("host").value_or("");
    echo(request, std::move(send));
  });
  RawClient client(server->port());
  EXPECT_THAT(client.ask("GET http://there:81/a?b HTTP/1.1\r\nHost: here\r\n\r\n").body, HasSubstr("GET /a?b "));
  EXPECT_EQ(host, "there:81");
  EXPECT_THAT(client.ask("GET http://there HTTP/1.1\r\nHost: here\r\n\r\n").body, HasSubstr("GET /? "));
  EXPECT_THAT(client.ask("OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n").body, HasSubstr("OPTIONS *? "));
}

TEST(Server, gives_each_request_an_id_of_its_own) {
  std::vector<std::string> ids;
  const auto server = serving({}, [&](const Request& request, Send send) {
    ids.push_back(request.correlation_id);
    send({});
  });
  RawClient client(server->port());
  const auto first = client.ask(get), second = client.ask(get);
  EXPECT_TRUE(is_id("req", ids.at(0)));
  EXPECT_TRUE(is_id("req", ids.at(1)));
  EXPECT_NE(ids[0], ids[1]);
  EXPECT_TRUE(first.has("\r\nX-Correlation-Id: " + ids[0] + "\r\n")) << first.head;
  EXPECT_TRUE(second.has("\r\nX-Correlation-Id: " + ids[1] + "\r\n")) << second.head;
}

// What no handler is asked has one too, by which the log names it, and not that of the request before.
TEST(Server, gives_what_it_refuses_itself_an_id_of_its_own) {
  std::string asked;
  const auto server = serving({}, [&](const Request& request, Send send) {
    asked = request.correlation_id;
    send({});
  });
  RawClient client(server->port());
  client.ask(get);
  const auto refused = client.ask("GET / HTT\r\n\r\n");
  EXPECT_EQ(refused.status, 400);
  EXPECT_TRUE(refused.has("\r\nX-Correlation-Id: req_")) << refused.head;
  EXPECT_FALSE(refused.has(asked)) << refused.head;
}

TEST(Server, sends_what_another_thread_answers) {
  std::vector<std::pair<std::string, Send>> waiting;
  std::mutex mutex;
  std::promise<void> all;
  const auto server = serving({}, [&](const Request& request, Send send) {
    std::lock_guard lock(mutex);
    waiting.emplace_back(request.path, std::move(send));
    if (waiting.size() == 32) all.set_value();
  });
  std::vector<RawClient> clients;
  for (int i = 0; i < 32; ++i) {
    clients.emplace_back(server->port());
    clients.back().send("GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  }
  all.get_future().wait();
  for (auto& [path, send] : waiting) {
    Response response;
    response.body = path;
    send(std::move(response));
    send({});  // a second answer is nobody's
  }
  for (int i = 0; i < 32; ++i) EXPECT_EQ(clients[static_cast<std::size_t>(i)].answer().body, "/" + std::to_string(i));
}

TEST(Server, is_at_rest_when_all_that_was_ready_has_been_handled) {
  std::vector<std::string> order;  // by the one reactor
  std::vector<Send> waiting;
  std::promise<void> begun;
  std::promise<void> sent;
  ServerConfig config;
  config.at_rest = [&] {
    if (!waiting.empty()) order.emplace_back("rest");
    for (auto& send : std::exchange(waiting, {})) send({});
  };
  const auto server = serving(config, [&](const Request& request, Send send) {
    if (request.path == "/warm") return send({});
    if (request.path == "/hold") {
      begun.set_value();
      sent.get_future().wait();  // until the others' requests have reached their sockets
      return send({});
    }
    order.push_back(request.path);
    waiting.push_back(std::move(send));
  });
  RawClient hold(server->port());
  RawClient one(server->port());
  RawClient two(server->port());
  for (auto* client : {&hold, &one, &two}) client->ask("GET /warm HTTP/1.1\r\nHost: x\r\n\r\n");
  hold.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  begun.get_future().wait();
  one.send("GET /turn HTTP/1.1\r\nHost: x\r\n\r\n");
  two.send("GET /turn HTTP/1.1\r\nHost: x\r\n\r\n");
  sent.set_value();
  for (auto* client : {&hold, &one, &two}) EXPECT_EQ(client->answer().status, 200);
  EXPECT_EQ(order, (std::vector<std::string>{"/turn", "/turn", "rest"}));
}

TEST(Server, is_at_rest_again_when_an_answer_has_come_from_elsewhere) {
  int rests = 0;  // of the one reactor
  std::promise<void> first, second;
  std::promise<Send> handed;
  ServerConfig config;
  config.at_rest = [&] {
    if (++rests == 1) first.set_value();
    if (rests == 2) second.set_value();
  };
  const auto server = serving(config, [&](const Request&, Send send) { handed.set_value(std::move(send)); });
  RawClient client(server->port());
  client.send(get);
  auto send = handed.get_future().get();
  first.get_future().wait();
  send({});
  EXPECT_EQ(client.answer().status, 200);
  EXPECT_EQ(second.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
}

TEST(Server, answers_503_for_a_handler_that_does_not_and_drops_its_late_word) {
  ServerConfig config;
  config.answer_timeout = Seconds(1);
  Send late;
  auto server = serving(config, [&](const Request&, Send send) { late = std::move(send); });
  RawClient client(server->port());
  const auto answer = client.ask(get);
  EXPECT_EQ(answer.status, 503);
  EXPECT_TRUE(answer.has("Retry-After: 1"));
  EXPECT_TRUE(client.closed());
  late({});
  server.reset();
  late({});  // outlives the server, and harms nobody
}

TEST(Server, answers_500_for_a_handler_that_throws_or_breaks_a_line) {
  const auto server = serving({}, [](const Request& request, const Send& send) {
    if (request.path == "/throw") throw std::runtime_error("our bug");
    Response response;
    response.headers.emplace_back("Location", "/x\r\nSet-Cookie: evil=1");
    send(std::move(response));
  });
  RawClient client(server->port());
  EXPECT_EQ(client.ask("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n").status, 500);
  const auto answer = client.ask(get);
  EXPECT_EQ(answer.status, 500);
  EXPECT_FALSE(answer.has("evil"));
}

TEST(Server, sends_a_large_answer_whole) {
  const std::string large(3 * 1024 * 1024, 'x');
  const auto server = serving({}, [&](const Request&, const Send& send) {
    Response response;
    response.body = large;
    send(std::move(response));
  });
  RawClient client(server->port());
  EXPECT_EQ(client.ask(get).body, large);
  EXPECT_EQ(client.ask(get).body, large);
}

TEST(Server, serves_from_every_reactor) {
  ServerConfig config;
  config.threads = 3;
  const auto server = serving(config);
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.emplace_back(server->port());
  for (auto& client : clients) EXPECT_EQ(client.ask(get).status, 200);
}

TEST(Server, counts_what_it_answers) {
  const auto server = serving();
  auto answered = metrics::text();
  RawClient client(server->port());
  client.ask(get);
  EXPECT_NE(metrics::text(), answered);
  EXPECT_THAT(metrics::text(), HasSubstr("deputy_http_connections "));
  EXPECT_THAT(metrics::text(), HasSubstr("deputy_http_requests_total{status=\"2xx\"}"));
}

TEST(Drain, lets_a_request_under_way_end_and_closes_the_idle) {
  std::promise<Send> begun;
  auto server = serving({}, [&](const Request&, Send send) { begun.set_value(std::move(send)); });
  RawClient idle(server->port());
  RawClient busy(server->port());
  busy.send(get);
  auto send = begun.get_future().get();
  std::thread stopper([&] { server->stop(); });
  EXPECT_TRUE(idle.closed());
  send({});
  const auto answer = busy.answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.has("Connection: close"));
  EXPECT_TRUE(busy.closed());
  stopper.join();
}

TEST(Drain, cuts_what_does_not_end_in_time) {
  ServerConfig config;
  config.drain_timeout = Seconds(1);
  Send never_called;
  std::promise<void> begun;
  auto server = serving(config, [&](const Request&, Send send) {
    never_called = std::move(send);
    begun.set_value();
  });
  RawClient client(server->port());
  client.send(get);
  begun.get_future().wait();
  server->stop();
  EXPECT_EQ(client.answer().status, 0);
}

TEST(Forwarded, a36_with_an_https_origin_every_request_is_secure_whatever_the_last_hop_says) {
  ServerConfig config;
  config.secure_origin = true;
  const auto server = serving(config);
  RawClient client(server->port());
  client.send(get);
  EXPECT_THAT(client.answer().body, HasSubstr(" secure"));
}

TEST(Listen, refuses_plain_http_on_a_network) {
  ServerConfig config;
  config.address = "0.0.0.0";
  config.port = 0;
  const auto refused = Server::listen(config, echo);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Fault::Kind::invalid);
  EXPECT_THAT(refused.error().detail, HasSubstr("trusted_proxies"));
  config.trusted_proxies = {"10.0.0.0/8"};
  EXPECT_TRUE(Server::listen(config, echo));
}

TEST(Listen, refuses_a_name_and_a_port_that_is_taken) {
  ServerConfig config;
  config.address = "localhost";
  EXPECT_EQ(Server::listen(config, echo).error().kind, Fault::Kind::invalid);
  const int taken = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(taken, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(taken, 1), 0);
  ::getsockname(taken, reinterpret_cast<sockaddr*>(&address), &size);
  config.address = "127.0.0.1";
  config.port = ntohs(address.sin_port);
  EXPECT_EQ(Server::listen(config, echo).error().kind, Fault::Kind::unavailable);
  ::close(taken);
}

}  // namespace
}  // namespace deputy::http
