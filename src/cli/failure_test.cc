// What went wrong, as a script sees it: the exit status, and with --output json an object on standard error.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class FailureTest : public testing::Test {
 protected:
  FailureTest() { server.serve("https://id.test"); }
  void answer(int status, const std::string& body) {
    server.on("GET https://id.test/v1/agents/" + bot, status, body, {{"Retry-After", "60"}});  // longer than is waited
  }
  void lose(const std::string& start, const std::string& why = "no network") {
    server.on(start, [why](const http::Call&) -> Result<http::Reply, Fault> {
      return Fail{Fault{Fault::Kind::unavailable, why}};
    });
  }
  int get(std::vector<const char*> more = {}) {
    std::vector<const char*> words{"agent", "get", bot.c_str()};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words);
  }

  const std::string bot = "agt_00000000000000000000000001";
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(FailureTest, that_may_pass_by_itself_has_an_exit_status_of_its_own) {
  for (const int status : {429, 502, 503, 504}) {
    answer(status, "{}");
    EXPECT_EQ(get(), 3) << status << world.err;
  }
  for (const int status : {400, 401, 403, 404, 409, 412, 422, 500, 501}) {
    answer(status, "{}");
    EXPECT_EQ(get(), 1) << status << world.err;
  }
  lose("GET https://id.test/v1");
  EXPECT_EQ(get(), 3);
  EXPECT_TRUE(world.err.find("cannot be reached: no network") != std::string::npos) << world.err;
}

TEST_F(FailureTest, of_a_server_that_does_not_say_who_it_is_yet_may_pass_too) {
  const std::string metadata = "GET https://id.test/.well-known/oauth-authorization-server";
  server.on(metadata, 503, "{}");
  EXPECT_EQ(get(), 3) << world.err;
  server.on(metadata, 404, "{}");
  EXPECT_EQ(get(), 1) << world.err;
  lose(metadata);
  EXPECT_EQ(get(), 3) << world.err;
  lose(metadata, "its certificate is not one that is trusted here for this host; name its authority");
  EXPECT_EQ(get(), 1) << "who it is does not become another by itself";
}

TEST_F(FailureTest, is_an_object_where_json_is_asked_for) {
  answer(403, R"({"type":"https://docs.test/errors.md#insufficient_scope","status":403,"detail":"not in your scope",)"
              R"("field":"owner","correlation_id":"req_1"})");
  EXPECT_EQ(get({"--output", "json"}), 1);
  EXPECT_EQ(world.out, "");
  const auto error = json::parse(world.err).as_object();
  EXPECT_EQ(error.size(), 6u) << world.err;
  EXPECT_EQ(error.at("message"), "owner: not in your scope (HTTP 403, insufficient_scope, req_1)");
  EXPECT_EQ(error.at("status"), 403);
  EXPECT_EQ(error.at("code"), "insufficient_scope");
  EXPECT_EQ(error.at("detail"), "not in your scope");
  EXPECT_EQ(error.at("field"), "owner");
  EXPECT_EQ(error.at("correlation_id"), "req_1");
  EXPECT_EQ(std::count(world.err.begin(), world.err.end(), '\n'), 1) << "one line: " << world.err;
  for (const auto* format : {"table", "yaml"}) {
    EXPECT_EQ(get({"--output", format}), 1);
    EXPECT_EQ(world.err, "deputy: owner: not in your scope (HTTP 403, insufficient_scope, req_1)\n") << format;
  }
}

TEST_F(FailureTest, holds_nothing_that_no_server_said) {
  lose("GET https://id.test/v1");
  EXPECT_EQ(get({"--output", "json"}), 3);
  const auto lost = json::parse(world.err).as_object();
  EXPECT_EQ(lost.at("code"), "unreachable");
  EXPECT_EQ(lost.at("detail"), "no network");
  EXPECT_FALSE(lost.contains("status"));
  EXPECT_EQ(world.run({"assignment", "get", "reader", "--output", "json"}), 2);
  const auto wrong = json::parse(world.err).as_object();
  EXPECT_EQ(wrong.size(), 1u) << world.err;
  EXPECT_EQ(wrong.at("message"), "an assignment is named by its id; see `deputy assignment list`");
}

TEST_F(FailureTest, keeps_what_the_server_said_where_it_is_told_in_other_words) {
  server.on("GET https://id.test/v1/users", 503, R"({"detail":"busy","status":503})", {{"Retry-After", "60"}});
  EXPECT_EQ(world.run({"agent", "list", "--filter", "owner eq \"user/alice\"", "--output", "json"}), 3);
  const auto error = json::parse(world.err).as_object();
  EXPECT_TRUE(error.at("message").as_string().starts_with("--filter: owner: busy")) << world.err;
  EXPECT_EQ(error.at("status"), 503);
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--no-credential"}), 3) << world.err;
}

TEST_F(FailureTest, does_not_steer_the_terminal_as_an_object) {
  answer(403, R"({"status":403,"detail":"a\u009bb\u001b[2J"})");
  EXPECT_EQ(get({"--output", "json"}), 1);
  EXPECT_EQ(world.err.find("\xc2\x9b"), std::string::npos);
  EXPECT_EQ(world.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(json::parse(world.err).as_object().at("detail"), R"(a\x9bb\x1b[2J)");
}

}  // namespace
}  // namespace deputy::cli::test
