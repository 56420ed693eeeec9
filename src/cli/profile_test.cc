// Signing in: what is saved, who may read it, and to whom a saved secret may go.
#include "cli/profile.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include "base/encoding.h"
#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class LoginTest : public testing::Test {
 protected:
  LoginTest() {
    server.serve("https://id.test");
    server.serve("https://other.test");
    server.on("GET https://id.test/v1/users", 200, R"({"items":[]})");
    server.on("GET https://other.test/v1/users", 200, R"({"items":[]})");
    world.environment.erase("DEPUTY_SERVER");
    world.environment.erase("DEPUTY_CLIENT_ID");
    world.environment.erase("DEPUTY_CLIENT_SECRET");
  }
  std::string last_basic() const {
    for (auto call = server.calls.rbegin(); call != server.calls.rend(); ++call)
      for (const auto& [name, value] : call->headers)
        if (name == "Authorization" && value.starts_with("Basic ")) return base64_decode(value.substr(6)).value();
    return "";
  }
  std::string path() const { return (world.home / ".config/deputy/profiles.yaml").string(); }
  int login(std::vector<const char*> more = {}, const std::string& secret = "dsk_1\n") {
    std::vector<const char*> words{"login", "--server", "https://id.test/", "--client-id", "agt_1"};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words, secret);
  }

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(LoginTest, saves_a_profile_that_only_its_owner_reads) {
  ASSERT_EQ(login(), 0) << world.err;
  struct stat file {}, folder {};
  ASSERT_EQ(stat(path().c_str(), &file), 0);
  ASSERT_EQ(stat((world.home / ".config/deputy").c_str(), &folder), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600u);
  EXPECT_EQ(folder.st_mode & 0777, 0700u);
  EXPECT_EQ(TestWorld::text_of(path()),
            "current: default\nprofiles:\n  default:\n    server: https://id.test\n    client_id: agt_1\n"
            "    client_secret: dsk_1\n");
  EXPECT_EQ((world.out + world.err).find("dsk_1"), std::string::npos);
  ASSERT_EQ(world.run({"user", "list"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_1:dsk_1");
}

TEST_F(LoginTest, keeps_a_ca_file_by_a_path_that_holds_everywhere) {
  const std::string ca = world.file("ca.pem", "");
  const std::string relative = "./" + std::filesystem::relative(ca).string();
  ASSERT_EQ(login({"--ca-file", relative.c_str()}), 0) << world.err;
  const auto kept = TestWorld::text_of(path());
  EXPECT_NE(kept.find("ca_file: \"" + ca + "\"\n"), std::string::npos) << kept;
  ASSERT_EQ(world.run({"user", "list"}), 0) << world.err;
  EXPECT_EQ(world.last_limits.ca_file, ca);
}

TEST_F(LoginTest, trusts_the_authorities_of_whoever_names_the_server) {
  const std::string own = world.file("own.pem", ""), other = world.file("other.pem", "");
  const std::string secret = world.file("secret", "dsk_1\n");
  ASSERT_EQ(login({"--ca-file", own.c_str()}), 0) << world.err;
  ASSERT_EQ(login({"--profile", "bare", "--keep-current"}), 0) << world.err;
  world.environment["DEPUTY_CA_FILE"] = other;
  const auto trusts = [&](std::vector<const char*> more = {}) {
    std::vector<const char*> list{"user", "list"}, token{"token",       "get",    "--resource",    "https://b.test",
                                                         "--client-id", "agt_1",  "--secret-file", secret.c_str()};
    list.insert(list.end(), more.begin(), more.end());
    token.insert(token.end(), more.begin(), more.end());
    EXPECT_EQ(world.run(list), 0) << world.err;
    const auto listed = world.last_limits.ca_file;
    EXPECT_EQ(world.run(token), 0) << world.err;
    EXPECT_EQ(world.last_limits.ca_file, listed) << "one server, one trust";
    return listed;
  };
  EXPECT_EQ(trusts(), own);
  EXPECT_EQ(trusts({"--profile", "default"}), own);
  EXPECT_EQ(trusts({"--profile", "bare"}), other) << "it has none of its own";
  world.environment["DEPUTY_SERVER"] = "https://id.test";
  EXPECT_EQ(trusts(), other);
  EXPECT_EQ(trusts({"--profile", "default"}), own);
  world.environment.erase("DEPUTY_CA_FILE");
  EXPECT_EQ(trusts(), own) << "it is the profile's server";
  world.environment["DEPUTY_CA_FILE"] = other;
  world.environment["DEPUTY_SERVER"] = "https://other.test";
  world.environment["DEPUTY_CLIENT_ID"] = "agt_1";
  world.environment["DEPUTY_CLIENT_SECRET"] = "dsk_1";
  world.environment["DEPUTY_PROFILE"] = "default";
  EXPECT_EQ(trusts(), other);
  world.environment.erase("DEPUTY_CA_FILE");
  EXPECT_EQ(trusts(), "") << "the profile's authorities are for its own server";
  world.environment["DEPUTY_CA_FILE"] = other;
  ASSERT_EQ(login({"--profile", "third"}), 0) << world.err;
  EXPECT_EQ(world.last_limits.ca_file, other) << "as the sentence says that tells of a certificate not trusted";
}

TEST_F(LoginTest, keeps_several_and_uses_the_one_named) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(login({"--profile", "two", "--keep-current"}, "dsk_2\n"), 0);
  ASSERT_EQ(world.run({"user", "list"}), 0);
  EXPECT_EQ(last_basic(), "agt_1:dsk_1");
  ASSERT_EQ(world.run({"user", "list", "--profile", "two"}), 0);
  EXPECT_EQ(last_basic(), "agt_1:dsk_2");
  EXPECT_EQ(world.run({"user", "list", "--profile", "three"}), 2);
}

TEST_F(LoginTest, a_profile_named_on_the_command_line_goes_before_the_environment) {
  ASSERT_EQ(login(), 0);
  world.environment["DEPUTY_SERVER"] = "https://other.test";
  world.environment["DEPUTY_CLIENT_ID"] = "agt_9";
  world.environment["DEPUTY_CLIENT_SECRET"] = "dsk_9";
  ASSERT_EQ(world.run({"user", "list", "--profile", "default"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_1:dsk_1");
  EXPECT_EQ(server.calls.back().url, "https://id.test/v1/users?limit=200");
}

TEST_F(LoginTest, asks_without_echo_at_a_terminal) {
  world.at_terminal = true;
  world.typed_secret = "dsk_typed";
  ASSERT_EQ(world.run({"login"}, "https://id.test\nagt_2\n"), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_2:dsk_typed");
}

TEST_F(LoginTest, saves_nothing_that_does_not_work) {
  server.on("POST https://id.test/oauth2/token", 401, R"({"error":"invalid_client","error_description":"no"})");
  EXPECT_EQ(login(), 1);
  EXPECT_EQ(world.err, "deputy: no (HTTP 401, invalid_client)\n");
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(LoginTest, saves_an_agent_that_holds_nothing_at_the_servers_own_api) {
  server.on("POST https://id.test/oauth2/token", 400,
            R"({"error":"invalid_scope","error_description":"the client holds none of the scopes asked for"})");
  ASSERT_EQ(login(), 0) << world.err;
  EXPECT_NE(world.err.find("holds nothing at the server's own API"), std::string::npos) << world.err;
  server.on("POST https://id.test/oauth2/token", 200, R"({"access_token":"t","token_type":"Bearer","expires_in":300})");
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_1:dsk_1");
}

TEST_F(LoginTest, refuses_a_profile_file_that_others_can_read) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(chmod(path().c_str(), 0640), 0);
  EXPECT_EQ(world.run({"user", "list"}), 1);
  EXPECT_NE(world.err.find("others can read it; run `chmod 600 "), std::string::npos);
}

TEST_F(LoginTest, a16_never_sends_a_saved_secret_to_another_server_or_as_another_client) {
  ASSERT_EQ(login(), 0);
  server.calls.clear();
  world.environment["DEPUTY_SERVER"] = "https://other.test";
  EXPECT_EQ(world.run({"user", "list"}), 2);
  world.environment["DEPUTY_CLIENT_ID"] = "agt_9";
  EXPECT_EQ(world.run({"user", "list"}), 2);
  EXPECT_TRUE(server.calls.empty());
  world.environment["DEPUTY_CLIENT_SECRET_FILE"] = world.file("secret", "dsk_9\n");
  EXPECT_EQ(world.run({"user", "list"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_9:dsk_9");
  EXPECT_EQ(server.calls.back().url, "https://other.test/v1/users?limit=200");
}

TEST_F(LoginTest, takes_no_secret_on_the_command_line) {
  EXPECT_EQ(login({"--secret", "dsk_1"}), 2);
  EXPECT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--client-secret", "dsk_1"}), 2);
}

TEST_F(LoginTest, allows_plain_http_only_to_this_machine_or_where_it_is_said) {
  server.serve("http://id.test");
  server.serve("http://127.0.0.1:8080");
  ASSERT_EQ(world.run({"login", "--server", "http://127.0.0.1:8080", "--client-id", "a"}, "s\n"), 0) << world.err;
  EXPECT_TRUE(world.last_limits.allow_plain_http);
  world.run({"login", "--server", "http://id.test", "--client-id", "a"}, "s\n");
  EXPECT_FALSE(world.last_limits.allow_plain_http);
  world.environment["DEPUTY_ALLOW_HTTP"] = "1";
  world.run({"login", "--server", "http://id.test", "--client-id", "a"}, "s\n");
  EXPECT_TRUE(world.last_limits.allow_plain_http);
  EXPECT_EQ(world.run({"login", "--server", "id.test", "--client-id", "a"}, "s\n"), 2);
}

TEST_F(LoginTest, says_how_to_sign_in_where_nobody_is) {
  EXPECT_EQ(world.run({"user", "list"}), 2);
  EXPECT_NE(world.err.find("run `deputy login`"), std::string::npos);
}

}  // namespace
}  // namespace deputy::cli::test
