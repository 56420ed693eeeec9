// The client against a server that answers from a table.
#include "client/api.h"

#include <gtest/gtest.h>

#include "client/sse.h"
#include "client/table_transport.h"

namespace deputy::client {
namespace {

class StillClock final : public Clock {
 public:
  Instant now() const override { return at; }
  Instant at = from_unix_seconds(1'796'000'000);
};
class CountingRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> out) override {
    for (auto& byte : out) byte = next_++;
  }

 private:
  std::uint8_t next_ = 0;
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() { server.serve("https://id.test/t/acme"); }
  std::size_t asked(const std::string& line) const {
    std::size_t count = 0;
    for (const auto& call : server.calls) count += (call.method + " " + call.url) == line;
    return count;
  }
  static std::string header(const http::Call& call, std::string_view name) {
    for (const auto& [header, value] : call.headers)
      if (header == name) return value;
    return "";
  }

  TableTransport server;
  StillClock clock;
  CountingRandom random;
  Api api{server, clock, random, "https://id.test/t/acme", Credentials{"a:b", Secret("s%c")}};
};

TEST(Discovery, puts_the_well_known_segment_between_host_and_path) {
  EXPECT_EQ(metadata_url("https://id.test"), "https://id.test/.well-known/oauth-authorization-server");
  EXPECT_EQ(metadata_url("https://id.test:8443/t/acme"),
            "https://id.test:8443/.well-known/oauth-authorization-server/t/acme");
}

TEST(Discovery, a5_refuses_metadata_of_another_issuer) {
  TableTransport server;
  server.on("GET https://id.test/.well-known/", 200,
            R"({"issuer":"https://evil.test","token_endpoint":"https://evil.test/t","jwks_uri":"https://evil.test/j"})");
  const auto found = discover(server, "https://id.test");
  ASSERT_FALSE(found);
  EXPECT_NE(found.error().sentence.find("calls itself https://evil.test"), std::string::npos);
}

TEST(Discovery, a41_refuses_a_plain_token_endpoint_of_an_https_issuer) {
  TableTransport server;
  server.on("GET https://id.test/.well-known/", 200,
            R"({"issuer":"https://id.test","token_endpoint":"http://id.test/t","jwks_uri":"https://id.test/j"})");
  EXPECT_FALSE(discover(server, "https://id.test"));
}

TEST(Transport, allows_plain_http_to_this_machine_only) {
  EXPECT_TRUE(limits_for("http://127.0.0.1:8080", "", false).allow_plain_http);
  EXPECT_TRUE(limits_for("http://[::1]:8080", "", false).allow_plain_http);
  for (const auto* url : {"http://id.test", "http://localhost.evil.test", "http://127.0.0.1@evil.test",
                          "https://id.test"})
    EXPECT_FALSE(limits_for(url, "", false).allow_plain_http) << url;
}

TEST_F(ApiTest, encodes_the_client_before_basic) {
  server.on("GET https://id.test/t/acme/v1/agents/x", 200, "{}");
  ASSERT_TRUE(api.get("/agents/x"));
  EXPECT_EQ(header(server.calls.at(1), "Authorization"), "Basic YSUzQWI6cyUyNWM=");  // a%3Ab:s%25c
  EXPECT_EQ(server.calls.at(1).body,
            "grant_type=client_credentials&resource=https%3A%2F%2Fid.test%2Ft%2Facme%2Fv1");
  EXPECT_EQ(header(server.calls.at(2), "Authorization"), "Bearer t0ken");
}

TEST_F(ApiTest, keeps_a_token_until_shortly_before_it_expires) {
  server.on("GET https://id.test/t/acme/v1/agents/x", 200, "{}");
  ASSERT_TRUE(api.get("/agents/x"));
  clock.at += Seconds(269);
  ASSERT_TRUE(api.get("/agents/x"));
  EXPECT_EQ(asked("POST https://id.test/t/acme/oauth2/token"), 1u);
  clock.at += Seconds(1);
  ASSERT_TRUE(api.get("/agents/x"));
  EXPECT_EQ(asked("POST https://id.test/t/acme/oauth2/token"), 2u);
}

TEST_F(ApiTest, renews_a_refused_token_once) {
  server.on("GET https://id.test/t/acme/v1/agents/x", 401, "{}");
  const auto answer = api.get("/agents/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().status, 401);
  EXPECT_EQ(asked("POST https://id.test/t/acme/oauth2/token"), 2u);
}

TEST_F(ApiTest, waits_as_a_busy_server_asks) {
  int times = 0;
  server.on("POST https://id.test/t/acme/v1/agents", [&](const http::Call&) -> Result<http::Reply, Fault> {
    return ++times < 3 ? http::Reply{503, {{"Retry-After", "2"}}, "{}"} : http::Reply{201, {}, R"({"id":"x"})"};
  });
  ASSERT_TRUE(api.post("/agents", {}));
  EXPECT_EQ(server.waited, Seconds(4));
  EXPECT_EQ(header(server.calls.at(2), "Idempotency-Key"), header(server.calls.at(4), "Idempotency-Key"));
  EXPECT_NE(header(server.calls.at(2), "Idempotency-Key"), "");
}

TEST_F(ApiTest, waits_for_a_token_too) {
  int times = 0;
  server.on("GET https://id.test/t/acme/v1/agents/x", 200, "{}");
  server.on("POST https://id.test/t/acme/oauth2/token", [&](const http::Call&) -> Result<http::Reply, Fault> {
    if (++times == 1) return http::Reply{503, {{"Retry-After", "1"}}, R"({"error":"temporarily_unavailable"})"};
    return http::Reply{200, {}, R"({"access_token":"t","expires_in":60})"};
  });
  ASSERT_TRUE(api.get("/agents/x"));
  EXPECT_EQ(server.waited, Seconds(1));
}

TEST_F(ApiTest, gives_a_busy_server_up_after_four_tries) {
  server.on("DELETE https://id.test/t/acme/v1/agents/x", 503, "{}");
  EXPECT_EQ(api.remove("/agents/x").error().status, 503);
  EXPECT_EQ(asked("DELETE https://id.test/t/acme/v1/agents/x"), 4u);
  EXPECT_EQ(server.waited, Seconds(1 + 2 + 4));
}

TEST_F(ApiTest, fetches_a_document_as_a_busy_server_asks_and_once_with_a_fresh_token) {
  std::vector<int> answers{401, 503, 200};
  server.on("GET https://id.test/t/acme/v1/document", [&](const http::Call&) -> Result<http::Reply, Fault> {
    const int status = answers.front();
    answers.erase(answers.begin());
    return http::Reply{status, {{"Retry-After", "3"}}, status == 200 ? "all of it" : ""};
  });
  const auto text = api.fetch("/document", "text/plain", 100);
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "all of it");
  EXPECT_EQ(server.waited, Seconds(3));
  EXPECT_EQ(asked("POST https://id.test/t/acme/oauth2/token"), 2u);
  answers = {200};
  EXPECT_FALSE(api.fetch("/document", "text/plain", 8)) << "larger than is taken";
  answers = {401, 401};
  EXPECT_EQ(api.fetch("/document", "text/plain", 100).error().status, 401);
}

TEST_F(ApiTest, sends_a_patch_whose_answer_is_lost_only_once) {
  server.on("PATCH ", [](const http::Call&) -> Result<http::Reply, Fault> {
    return Fail{Fault{Fault::Kind::unavailable, "timeout"}};
  });
  const auto answer = api.patch("/agents/x", {{"name", "y"}}, 7);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, "unreachable");
  EXPECT_EQ(asked("PATCH https://id.test/t/acme/v1/agents/x"), 1u);
  EXPECT_EQ(header(server.calls.back(), "If-Match"), "\"7\"");
}

TEST_F(ApiTest, reads_every_page) {
  server.on("GET https://id.test/t/acme/v1/users", 200, R"({"items":[{"id":"1"}],"next_cursor":"c&1"})");
  server.on("GET https://id.test/t/acme/v1/users?limit=200&cursor=c%261", 200, R"({"items":[{"id":"2"}]})");
  const auto users = api.list("/users");
  ASSERT_TRUE(users);
  EXPECT_EQ(json::serialize(*users), R"([{"id":"1"},{"id":"2"}])");
}

TEST_F(ApiTest, refuses_a_list_that_goes_round) {
  server.on("GET https://id.test/t/acme/v1/users", 200, R"({"items":[],"next_cursor":"c"})");
  EXPECT_FALSE(api.list("/users"));
}

TEST_F(ApiTest, refuses_a_list_that_goes_round_by_cursors_that_differ) {
  server.on("GET https://id.test/t/acme/v1/users", 200, R"({"items":[{"id":"1"}],"next_cursor":"c1"})");
  server.on("GET https://id.test/t/acme/v1/users?limit=200&cursor=c1", 200,
            R"({"items":[{"id":"1"}],"next_cursor":"c2"})");
  server.on("GET https://id.test/t/acme/v1/users?limit=200&cursor=c2", 200, R"({"items":[{"id":"2"}]})");
  EXPECT_FALSE(api.list("/users"));
}

TEST_F(ApiTest, says_what_a_problem_says) {
  server.on("POST https://id.test/t/acme/v1/agents", 400,
            R"({"type":"https://d/errors.md#invalid_field","title":"t","detail":"must be text","field":"name",)"
            R"("correlation_id":"req_1"})");
  const auto answer = api.post("/agents", {});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().sentence, "name: must be text (HTTP 400, invalid_field, req_1)");
}

TEST_F(ApiTest, names_the_request_by_the_header_where_the_body_does_not) {
  const http::Headers of_request{{"x-correlation-id", "req_\x1b" "7"}};
  server.on("POST https://id.test/t/acme/oauth2/token", 401, R"({"error":"invalid_client","error_description":"no"})",
            of_request);
  const auto answer = api.get("/agents/x");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().sentence, "no (HTTP 401, invalid_client, req_\\x1b7)");
  server.serve("https://id.test/t/acme");
  server.on("GET https://id.test/t/acme/v1/agents/y", 404, R"({"title":"t","correlation_id":"req_1"})", of_request);
  EXPECT_EQ(api.get("/agents/y").error().sentence, "t (HTTP 404, req_1)");
}

TEST_F(ApiTest, a40_makes_control_characters_of_a_server_visible) {
  server.on("GET https://id.test/t/acme/v1/agents/x", 404, "{\"detail\":\"a\\u001b[2Jb\\nc\\u009bd\"}");
  EXPECT_EQ(api.get("/agents/x").error().sentence, "a\\x1b[2Jb\\x0ac\\x9bd (HTTP 404)");
  EXPECT_EQ(printable("é\xc2"), "(3 bytes that are not text)");
}

// What is in the log stays there: also from before it was refused.
TEST_F(ApiTest, a40_makes_what_is_shown_as_it_is_not_visible) {
  EXPECT_EQ(printable("\u202egnp\u2066\u2069"), "\\u202egnp\\u2066\\u2069");
  EXPECT_EQ(printable("a\u0085b\u2028c\u2029d"), "a\\x85b\\u2028c\\u2029d");
  EXPECT_EQ(printable("a\u00adb\u200bc\u061cd\U000e0041"), "a\\xadb\\u200bc\\u061cd\\U000e0041");
  EXPECT_EQ(printable("Zoë 北京 \U0001f916"), "Zoë 北京 \U0001f916");
}

TEST_F(ApiTest, follows_events_and_resumes_behind_the_last) {
  int times = 0;
  server.on("GET https://id.test/t/acme/v1/events", [&](const http::Call&) -> Result<http::Reply, Fault> {
    if (++times == 1) return http::Reply{200, {},
                                         ": hi\n\nid: 5\nevent: event\ndata: {\"seq\":5}\n\nid: 6\ndata: {\"se"};
    return http::Reply{200, {}, "id: 6\r\ndata: {\"seq\":\r\ndata: 6}\r\n\r\nid: 7\ndata: {\"seq\":7}\n\n"};
  });
  std::vector<std::int64_t> seen;
  const auto done = api.follow("/events", {}, "4", [&](const json::object& event) {
    seen.push_back(*json_integer(event, "seq"));
    return seen.back() < 7;
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(seen, (std::vector<std::int64_t>{5, 6, 7}));
  EXPECT_EQ(header(server.calls.at(2), "Last-Event-ID"), "4");
  EXPECT_EQ(header(server.calls.at(3), "Last-Event-ID"), "5");
}

TEST_F(ApiTest, resumes_where_a_heartbeat_was_though_no_event_came) {
  int times = 0;
  server.on("GET https://id.test/t/acme/v1/events", [&](const http::Call&) -> Result<http::Reply, Fault> {
    if (++times == 1) return http::Reply{200, {}, ": following\nid: 4\n\n: alive\nid: 9\n\n: alive\nid: 1"};
    return http::Reply{200, {}, "id: 12\ndata: {\"seq\":12}\n\n"};
  });
  ASSERT_TRUE(api.follow("/events", {}, "", [](const json::object&) { return false; }));
  EXPECT_EQ(header(server.calls.at(2), "Last-Event-ID"), "");
  EXPECT_EQ(header(server.calls.at(3), "Last-Event-ID"), "9") << "and not what broke off";
}

TEST_F(ApiTest, follows_through_a_restart_of_any_length) {
  int times = 0, tokens = 0;
  server.on("GET https://id.test/t/acme/v1/events", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (++times == 1) return http::Reply{200, {}, "id: 5\ndata: {\"seq\":5}\n\n"};
    EXPECT_EQ(header(call, "Last-Event-ID"), "5");
    if (times < 20) return Fail{Fault{Fault::Kind::unavailable, "connection refused"}};
    if (times == 20) return http::Reply{502, {}, "<html>"};
    if (times == 21) return http::Reply{401, {}, "{}"};  // its token went with what was not durable
    return http::Reply{200, {}, "id: 6\ndata: {\"seq\":6}\n\n"};
  });
  server.on("POST https://id.test/t/acme/oauth2/token", [&](const http::Call&) -> Result<http::Reply, Fault> {
    if (++tokens == 2) return Fail{Fault{Fault::Kind::unavailable, "connection refused"}};
    return http::Reply{200, {}, R"({"access_token":"t","expires_in":3600})"};
  });
  const auto five = [](const json::object& event) { return *json_integer(event, "seq") < 6; };
  ASSERT_TRUE(api.follow("/events", {}, "4", five));
  EXPECT_EQ(times, 22);
  EXPECT_EQ(tokens, 3);
  EXPECT_LE(server.waited, Seconds(250)) << "at most ten seconds each time";
}

TEST_F(ApiTest, stops_following_where_its_credentials_are_known_no_more) {
  server.on("POST https://id.test/t/acme/oauth2/token", 401, R"({"error":"invalid_client"})");
  EXPECT_EQ(api.follow("/events", {}, "4", [](const json::object&) { return true; }).error().code, "invalid_client");
}

TEST_F(ApiTest, stops_following_where_it_is_refused) {
  server.on("GET https://id.test/t/acme/v1/events", 403, R"({"detail":"no"})");
  EXPECT_EQ(api.follow("/events", {}, "", [](const json::object&) { return true; }).error().status, 403);
}

}  // namespace
}  // namespace deputy::client
