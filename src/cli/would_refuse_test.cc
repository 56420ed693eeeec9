// What a preview says would be refused: shown, told by the exit status; not where the command itself clears the way.
#include <gtest/gtest.h>

#include "base/json.h"
#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class WouldRefuse : public testing::Test {
 protected:
  WouldRefuse() { server.serve("https://id.test"); }
  void answers(const std::string& call, const std::string& body) {
    const auto space = call.find(' ');
    server.on(call.substr(0, space) + " https://id.test/v1" + call.substr(space + 1), 200, body);
  }
  static std::string preview(const std::string& code) {
    return R"({"preview":true,"delegations":3,"agents":[],"live_tokens_max":4,"truncated":false,"would_refuse":{)"
           R"("type":"https://id.test/errors#)" + code + R"(","title":"t","status":409,"detail":"It is so."}})";
  }

  client::TableTransport server;
  TestWorld world{server};
  const std::string bot = "agt_00000000000000000000000001";
};

TEST_F(WouldRefuse, is_told_as_the_act_would_be_after_what_would_end) {
  answers("GET /agents/" + bot, R"({"id":")" + bot + R"(","name":"bot","state":"active"})");
  answers("POST /agents/" + bot + "/suspend?preview=true", preview("wrong_state"));
  EXPECT_EQ(world.run({"agent", "suspend", bot.c_str(), "--preview"}), 1);
  EXPECT_NE(world.out.find("delegations      3\n"), std::string::npos) << world.out;
  EXPECT_EQ(world.out.find("preview"), std::string::npos) << world.out;
  EXPECT_EQ(world.err, "deputy: it would be refused: It is so. (HTTP 409, wrong_state)\n");
  EXPECT_EQ(world.run({"agent", "suspend", bot.c_str(), "--preview", "--output", "json"}), 1);
  EXPECT_EQ(json::serialize(json::parse(world.out).at("would_refuse").at("status")), "409") << world.out;
}

TEST_F(WouldRefuse, is_not_told_of_what_the_command_takes_out_of_the_way_first) {
  answers("GET /agents/" + bot, R"({"id":")" + bot + R"(","name":"bot","state":"revoked"})");
  answers("GET /assignments", R"({"items":[]})");
  answers("DELETE /agents/" + bot + "?preview=true", preview("in_use"));
  EXPECT_EQ(world.run({"agent", "delete", bot.c_str(), "--preview"}), 1) << "by what is no assignment of its own";
  answers("GET /assignments?", R"({"items":[{"id":"asn_00000000000000000000000001"}]})");
  EXPECT_EQ(world.run({"agent", "delete", bot.c_str(), "--preview"}), 0) << world.err;
  answers("DELETE /agents/" + bot + "?preview=true", preview("wrong_state"));
  EXPECT_EQ(world.run({"agent", "delete", bot.c_str(), "--preview"}), 1) << "it is not revoked";
}

}  // namespace
}  // namespace deputy::cli::test
