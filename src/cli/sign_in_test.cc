// How people sign in, from the command line.
#include <gtest/gtest.h>

#include "cli/small_server.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class SignInTest : public testing::Test {
 protected:
  SignInTest() {
    server.serve("https://id.test");
    server.on("GET https://id.test/v1/users", 200,
              R"({"items":[{"id":"usr_00000000000000000000000001","username":"alice"}]})");
  }
  static std::string of_alice(const std::string& method, const std::string& path) {
    return method + " https://id.test/v1/users/usr_00000000000000000000000001" + path;
  }

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(SignInTest, a_reset_code_is_shown_with_what_to_do_with_it) {
  server.on(of_alice("POST", "/reset-code"), 201,
            R"({"user":"usr_00000000000000000000000001","username":"alice","code":"k7m2p-x4q9t-00000-zzzzz",)"
            R"("expires_at":"2026-11-30T01:53:20.000Z"})");
  ASSERT_EQ(world.run({"user", "reset-code", "alice"}), 0) << world.err;
  EXPECT_NE(world.out.find("k7m2p-x4q9t-00000-zzzzz"), std::string::npos) << world.out;
  EXPECT_NE(world.err.find("by a way you trust"), std::string::npos) << world.err;
}

TEST_F(SignInTest, authenticators_are_listed_and_removed_by_id) {
  server.on(of_alice("GET", "/authenticators"), 200,
            R"({"items":[{"id":"atr_1","type":"passkey","label":"phone","created_at":"2026-11-24T00:00:00.000Z"}]})");
  server.on(of_alice("DELETE", "/authenticators/atr_1"), 204, "");
  ASSERT_EQ(world.run({"user", "authenticators", "alice"}), 0) << world.err;
  EXPECT_NE(world.out.find("phone"), std::string::npos) << world.out;
  ASSERT_EQ(world.run({"user", "remove-authenticator", "alice", "atr_1"}), 0) << world.err;
}

}  // namespace
}  // namespace deputy::cli::test
