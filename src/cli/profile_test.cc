// Signing in: what is saved, who may read it, and to whom a saved secret may go.
#include "cli/profile.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "base/encoding.h"
#include "base/json.h"
#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class LoginTest : public testing::Test {
 protected:
  LoginTest() {
    for (const std::string issuer : {"https://id.test", "https://other.test"}) {
      server.serve(issuer);
      server.on("GET " + issuer + "/v1/users", 200, R"({"items":[]})");
    }
    for (const auto* name : {"DEPUTY_SERVER", "DEPUTY_CLIENT_ID", "DEPUTY_CLIENT_SECRET"}) world.environment.erase(name);
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

// What several at once do, each with a world of its own around this one's home folder.
void at_once(const TestWorld& shared, const std::function<void(int, TestWorld&)>& act) {
  std::vector<std::thread> several;
  for (int i = 0; i < 4; ++i)
    several.emplace_back([&shared, &act, i] {
      client::TableTransport server;
      server.serve("https://id.test");
      TestWorld its(server);
      its.environment = shared.environment;
      act(i, its);
    });
  for (auto& one : several) one.join();
}

TEST_F(LoginTest, of_several_at_once_loses_none) {
  at_once(world, [](int who, TestWorld& its) {
    for (int i = 0; i < 10; ++i) {
      const auto name = "p" + std::to_string(10 * who + i);
      EXPECT_EQ(its.run({"login", "--server", "https://id.test", "--client-id", "agt_1", "--profile", name.c_str()},
                        "dsk_1\n"), 0) << its.err;
      if (i > 0) continue;
      EXPECT_EQ(its.run({"logout", "--profile", name.c_str()}), 0) << its.err;
    }
  });
  ASSERT_EQ(world.run({"profile", "list", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).as_array().size(), 36u) << world.out;
}

TEST_F(LoginTest, of_several_at_once_makes_one_key) {
  for (int round = 0; round < 10; ++round) {
    at_once(world, [](int, TestWorld& its) {
      const auto secret = its.file("secret", "dsk_1\n");
      its.environment["DEPUTY_SERVER"] = "https://id.test";
      EXPECT_EQ(its.run({"token", "get", "--resource", "https://b.test", "--client-id", "agt_1", "--secret-file",
                         secret.c_str(), "--dpop"}), 0) << its.err;
    });
    EXPECT_TRUE(std::filesystem::remove(world.home / ".config/deputy/dpop.jwk"));
  }
}

TEST_F(LoginTest, of_a_file_that_is_damaged_is_told_which_and_what_to_do) {
  ASSERT_EQ(login(), 0) << world.err;
  for (const auto* damaged : {"profiles: [\n", "profiles: {default: 5}\n", "5\n"}) {
    std::ofstream(path()) << damaged;
    EXPECT_EQ(world.run({"user", "list"}), 1);
    EXPECT_TRUE(world.err.starts_with("deputy: " + path())) << world.err;
    EXPECT_NE(world.err.find("move it away and run `deputy login`"), std::string::npos) << world.err;
  }
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
  server.on("POST https://id.test/oauth2/token", 401, R"({"error":"invalid_client"})", {{"X-Correlation-Id", "req_1"}});
  EXPECT_EQ(login(), 1);
  EXPECT_EQ(world.err, "deputy: invalid_client (HTTP 401, invalid_client, req_1)\n");
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

TEST_F(LoginTest, lists_its_profiles_without_their_secrets) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(login({"--profile", "two", "--keep-current"}, "dsk_2\n"), 0);
  server.calls.clear();
  ASSERT_EQ(world.run({"profile", "list"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "NAME     SERVER           CLIENT ID  CURRENT\n"
            "default  https://id.test  agt_1      true\n"
            "two      https://id.test  agt_1\n");
  ASSERT_EQ(world.run({"profile", "list", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::serialize(json::parse(world.out)),
            R"([{"name":"default","server":"https://id.test","client_id":"agt_1","current":true},)"
            R"({"name":"two","server":"https://id.test","client_id":"agt_1","current":false}])");
  EXPECT_TRUE(server.calls.empty()) << "what is saved is known without a server";
}

TEST_F(LoginTest, uses_another_from_then_on) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(login({"--profile", "staging", "--keep-current"}, "dsk_2\n"), 0);
  server.calls.clear();
  ASSERT_EQ(world.run({"profile", "use", "staging"}), 0) << world.err;
  EXPECT_EQ(world.out, "profile    staging\nserver     https://id.test\nclient_id  agt_1\n");
  EXPECT_EQ(world.err, "");
  EXPECT_TRUE(server.calls.empty()) << "which one is used is no matter of the server's";
  EXPECT_TRUE(TestWorld::text_of(path()).starts_with("current: staging\nprofiles:\n  default:\n"));
  ASSERT_EQ(world.run({"user", "list"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_1:dsk_2");
  const auto before = TestWorld::text_of(path());
  EXPECT_EQ(world.run({"profile", "use", "stagign"}), 2);
  EXPECT_EQ(world.err, "deputy: there is no profile named stagign; did you mean staging? See `deputy profile list`, or "
                       "run `deputy login --profile stagign`\n");
  EXPECT_EQ(world.run({"profile", "use", "production"}), 2);
  EXPECT_EQ(world.err, "deputy: there is no profile named production; see `deputy profile list`, or run `deputy login "
                       "--profile production`\n");
  EXPECT_EQ(world.run({"profile", "use"}), 2);
  EXPECT_EQ(TestWorld::text_of(path()), before);
  world.environment["DEPUTY_PROFILE"] = "staging";
  ASSERT_EQ(world.run({"profile", "use", "default"}), 0) << world.err;
  EXPECT_EQ(world.err, "deputy: note: DEPUTY_PROFILE is set, and goes before what is saved\n");
}

TEST_F(LoginTest, forgets_a_profile_with_its_secret) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(login({"--profile", "two", "--keep-current"}, "dsk_2\n"), 0);
  server.calls.clear();
  ASSERT_EQ(world.run({"logout", "--profile", "two"}), 0) << world.err;
  EXPECT_EQ(world.out, "removed two\n");
  EXPECT_EQ(world.err, "deputy: note: the secret is kept here no more, and opens the server as before; `deputy "
                       "credential revoke` ends it\n");
  EXPECT_EQ(TestWorld::text_of(path()),
            "current: default\nprofiles:\n  default:\n    server: https://id.test\n    client_id: agt_1\n"
            "    client_secret: dsk_1\n");
  EXPECT_EQ(world.run({"logout", "--profile", "two"}), 2);
  EXPECT_EQ(world.err, "deputy: there is no profile named two; see `deputy profile list`, or run `deputy login "
                       "--profile two`\n");
  ASSERT_EQ(world.run({"logout", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(world.out, "{\n  \"removed\": [\n    \"default\"\n  ]\n}\n");
  EXPECT_EQ(TestWorld::text_of(path()), "current: \"\"\nprofiles: {}\n");
  EXPECT_TRUE(server.calls.empty()) << "what is forgotten here is no matter of the server's";
  EXPECT_EQ(world.run({"user", "list"}), 2);
  EXPECT_NE(world.err.find("not signed in: run `deputy login`"), std::string::npos) << world.err;
  ASSERT_EQ(login(), 0) << world.err;
  EXPECT_EQ(world.run({"user", "list"}), 0) << world.err;
}

TEST_F(LoginTest, forgets_the_one_that_is_used_and_only_after_a_yes_at_a_terminal) {
  ASSERT_EQ(login(), 0);
  ASSERT_EQ(login({"--profile", "two", "--keep-current"}, "dsk_2\n"), 0);
  ASSERT_EQ(login({"--profile", "three", "--keep-current"}, "dsk_3\n"), 0);
  const auto before = TestWorld::text_of(path());
  world.at_terminal = true;
  EXPECT_EQ(world.run({"logout"}, "n\n"), 1);
  EXPECT_EQ(world.err, "Forget the profile default and the secret of agt_1 at https://id.test? [y/N] deputy: nothing "
                       "was done\n");
  EXPECT_EQ(TestWorld::text_of(path()), before);
  ASSERT_EQ(world.run({"logout"}, "y\n"), 0) << world.err;
  world.at_terminal = false;
  for (const auto& words : {std::vector{"user", "list"}, {"logout"}}) {
    EXPECT_EQ(world.run(words), 2);
    EXPECT_TRUE(world.err.starts_with("deputy: no profile is the current one: name one with --profile")) << world.err;
  }
  ASSERT_EQ(world.run({"user", "list", "--profile", "two"}), 0) << world.err;
  EXPECT_EQ(last_basic(), "agt_1:dsk_2");
  world.environment["DEPUTY_PROFILE"] = "two";
  world.environment["DEPUTY_CLIENT_SECRET"] = "dsk_9";
  ASSERT_EQ(world.run({"logout"}), 0) << world.err;
  EXPECT_EQ(world.out, "removed two\n");
  EXPECT_NE(world.err.find("the environment still names a client and its secret"), std::string::npos) << world.err;
  EXPECT_NE(TestWorld::text_of(path()).find("dsk_3"), std::string::npos);
}

constexpr const char* kBot = "agt_00000000000000000000000001";

TEST_F(LoginTest, says_who_is_acted_as_with_what_the_server_lets_be_read) {
  const std::string issuer = "https://id.test/t/acme", v1 = "GET " + issuer + "/v1/";
  server.serve(issuer);
  ASSERT_EQ(world.run({"login", "--server", issuer.c_str(), "--client-id", kBot}, "dsk_1\n"), 0) << world.err;
  server.on(v1 + "agents/" + kBot, 200,
            R"({"id":"agt_00000000000000000000000001","name":"bot","state":"active","owner":"usr_1"})");
  server.on(v1 + "assignments?filter=principal%20eq%20%22" + kBot + "%22", 200,
            R"({"items":[{"id":"asn_1","role":"rol_00000000000000000000000002","principal":"agt_1","acts":"self",)"
            R"("organization":"org_00000000000000000000000003"},)"
            R"({"id":"asn_2","role":"rol_00000000000000000000000002","principal":"agt_1","acts":"others"}]})");
  server.on(v1 + "roles", 200, R"({"items":[{"id":"rol_00000000000000000000000002","name":"reader"}]})");
  server.on(v1 + "organizations", 200, R"({"items":[{"id":"org_00000000000000000000000003","name":"paris"}]})");
  ASSERT_EQ(world.run({"whoami"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "profile    default\n"
            "server     https://id.test/t/acme\n"
            "tenant     acme\n"
            "client_id  agt_00000000000000000000000001\n"
            "principal  agt_00000000000000000000000001\n"
            "name       bot\n"
            "state      active\n"
            "owner      usr_1\n"
            "roles      role/reader within organization/paris, role/reader for others\n"
            "scope      agents:read\n");
  ASSERT_EQ(world.run({"whoami", "--output", "json"}), 0) << world.err;
  const auto shown = json::parse(world.out).as_object();
  EXPECT_EQ(json::serialize(shown.at("roles")),
            R"([{"role":"rol_00000000000000000000000002","acts":"self",)"
            R"("organization":"org_00000000000000000000000003"},)"
            R"({"role":"rol_00000000000000000000000002","acts":"others"}])");
  EXPECT_EQ(json_text(shown, "principal"), kBot);
}

TEST_F(LoginTest, says_who_is_acted_as_where_little_or_nothing_may_be_read) {
  ASSERT_EQ(world.run({"login", "--server", "https://id.test", "--client-id", kBot}, "dsk_1\n"), 0) << world.err;
  const std::string start = "server     https://id.test\ntenant     default\n";
  const std::string client = "client_id  " + std::string(kBot) + "\nprincipal  " + kBot + "\n";
  server.on("GET https://id.test/v1/", 403, R"({"detail":"no"})");
  ASSERT_EQ(world.run({"whoami"}), 0) << world.err;
  EXPECT_EQ(world.out, "profile    default\n" + start + client + "scope      agents:read\n");
  server.on("POST https://id.test/oauth2/token", 400, R"({"error":"invalid_scope","error_description":"nothing"})");
  world.environment["DEPUTY_SERVER"] = "https://id.test";
  world.environment["DEPUTY_CLIENT_ID"] = kBot;
  world.environment["DEPUTY_CLIENT_SECRET"] = "dsk_1";
  ASSERT_EQ(world.run({"whoami"}), 0) << world.err;
  EXPECT_EQ(world.out, start + client + "scope\n") << "it is the environment's, and no profile's";
  EXPECT_EQ(world.err, "deputy: note: this client holds nothing at the server's own API\n");
  server.on("POST https://id.test/oauth2/token", 401, R"({"error":"invalid_client","error_description":"no"})");
  EXPECT_EQ(world.run({"whoami"}), 1) << "who is not let in acts as nobody";
  EXPECT_EQ(world.out, "");
}

TEST_F(LoginTest, says_whose_an_imported_client_id_is) {
  ASSERT_EQ(world.run({"login", "--server", "https://id.test", "--client-id", "portal"}, "dsk_1\n"), 0) << world.err;
  server.on("GET https://id.test/v1/applications?filter=client_id%20eq%20%22portal%22", 200,
            R"({"items":[{"id":"app_00000000000000000000000001","name":"Portal","client_id":"portal"}]})");
  ASSERT_EQ(world.run({"whoami"}), 0) << world.err;
  EXPECT_NE(world.out.find("client_id  portal\nprincipal  app_00000000000000000000000001\nname       Portal\n"),
            std::string::npos) << world.out;
}

}  // namespace
}  // namespace deputy::cli::test
