// Agents, their credentials and their roles, against a server in memory or one that answers from a table.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "cli/small_server.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

constexpr const char* kBot = "agt_00000000000000000000000001";

class AgentTest : public testing::Test {
 protected:
  AgentTest() {
    server.serve("https://id.test");
    server.on(api("GET", "/users"), 200, R"({"items":[{"id":"usr_00000000000000000000000001","username":"alice"}]})");
    server.on(api("GET", "/groups"), 200, R"({"items":[]})");
    server.on(api("POST", "/agents"), 201, agent("active"));
    server.on(api("POST", "/agents/" + std::string(kBot) + "/credentials"), 201,
              R"({"id":"crd_1","type":"secret","secret":"dsk_new"})");
  }
  static std::string api(const std::string& method, const std::string& path) {
    return method + " https://id.test/v1" + path;
  }
  static std::string agent(const std::string& state) {
    return R"({"id":")" + std::string(kBot) + R"(","version":1,"name":"bot","state":")" + state + R"("})";
  }
  std::string body_of(const std::string& line) const {
    for (const auto& call : server.calls)
      if (call.method + " " + call.url == line) return call.body;
    return "not called";
  }

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(AgentTest, is_registered_with_a_secret_shown_once) {
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--expires", "30d", "--credential-label", "ci",
                       "--attribute", "level=3", "--attribute", "team=\"3\"", "--attribute", "ratio=1.5"}),
            0)
      << world.err;
  EXPECT_EQ(body_of(api("POST", "/agents")),
            R"({"attributes":{"level":3,"team":"3","ratio":1.5E0},"owner":"usr_00000000000000000000000001",)"
            R"("expires_at":"2026-12-30T00:53:20.000Z","name":"bot"})");
  EXPECT_EQ(body_of(api("POST", "/agents/" + std::string(kBot) + "/credentials")), R"({"type":"secret","label":"ci"})");
  EXPECT_EQ(world.out,
            "id          agt_00000000000000000000000001\n"
            "name        bot\n"
            "client_id   agt_00000000000000000000000001\n"
            "credential  crd_1\n"
            "secret      dsk_new\n");
}

TEST_F(AgentTest, a_credential_attribute_is_not_taken_from_the_line) {
  const std::string type = "aty_00000000000000000000000001";
  server.on(api("GET", "/agent-types/" + type), 200,
            R"({"id":")" + type + R"(","schema":[{"name":"api_key","credential":true},{"name":"team"}]})");
  server.on(api("GET", "/agents/" + std::string(kBot)), 200,
            R"({"id":")" + std::string(kBot) + R"(","type":")" + type + R"("})");
  server.on(api("PATCH", "/agents/" + std::string(kBot)), 200, agent("active"));
  const std::vector<const char*> create{"agent", "create", "bot", "--owner", "alice", "--type", type.c_str()};
  const std::vector<const char*> update{"agent", "update", kBot};
  const auto file = world.file("bot.yaml", "attributes: {api_key: S3CRET}\n");
  for (const auto& words : {create, update}) {
    const auto with = [&](std::vector<const char*> more) {
      more.insert(more.begin(), words.begin(), words.end());
      return world.run(more);
    };
    server.calls.clear();
    EXPECT_EQ(with({"--attribute", "team=a", "--attribute", "api_key=S3CRET"}), 2);
    EXPECT_NE(world.err.find("-f FILE"), std::string::npos) << world.err;
    EXPECT_EQ(world.err.find("S3CRET"), std::string::npos);
    for (const auto& call : server.calls) EXPECT_EQ(call.body.find("S3CRET"), std::string::npos) << call.url;
    EXPECT_EQ(with({"--attribute", "team=a"}), 0) << world.err;
    EXPECT_EQ(with({"-f", file.c_str()}), 0) << world.err;
  }
  // Whoever cannot read the type cannot know.
  server.on(api("GET", "/agent-types/"), 403, R"({"type":"errors#insufficient_scope","status":403})");
  EXPECT_EQ(world.run({"agent", "update", kBot, "--attribute", "team=a"}), 1);
  EXPECT_NE(world.err.find("-f FILE"), std::string::npos) << world.err;
}

TEST_F(AgentTest, writes_its_secret_into_a_file_of_its_owner_only) {
  const std::string path = (world.home / "bot.secret").string();
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--secret-file", path.c_str()}),
            0) << world.err;
  EXPECT_EQ(TestWorld::text_of(path), "dsk_new\n");
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  EXPECT_EQ((world.out + world.err).find("dsk_new"), std::string::npos);

  server.calls.clear();
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--secret-file", path.c_str()}), 2);
  EXPECT_TRUE(server.calls.empty()) << "a secret that cannot be kept must not be made";
}

TEST_F(AgentTest, gets_a_role_for_the_scopes_named) {
  server.on(api("GET", "/resources"), 200, R"({"items":[{"id":"res_1","identifier":"https://b.test"}]})");
  server.on(api("GET", "/resources/res_1"), 200,
            R"({"id":"res_1","identifier":"https://b.test","scopes":[{"name":"a:read"},{"name":"a:write"}]})");
  server.on(api("GET", "/roles"), 200, R"({"items":[{"id":"rol_1","name":"reader"}]})");
  server.on(api("POST", "/roles"), 201, R"({"id":"rol_2"})");
  server.on(api("POST", "/assignments"), 201, R"({"id":"asn_1"})");
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--no-credential", "--resource",
                       "https://b.test", "--scope", "a:read a:write", "--role", "reader"}),
            0)
      << world.err;
  EXPECT_EQ(body_of(api("POST", "/roles")),
            R"({"name":"access of bot","permissions":[{"resource":"res_1","scopes":["a:read","a:write"]}]})");
  std::vector<std::string> assigned;
  for (const auto& call : server.calls)
    if (call.method == "POST" && call.url.ends_with("/assignments")) assigned.push_back(call.body.substr(0, 15));
  EXPECT_EQ(assigned, (std::vector<std::string>{R"({"role":"rol_1")", R"({"role":"rol_2")"}));
  EXPECT_EQ(world.out.find("secret"), std::string::npos);
}

TEST_F(AgentTest, is_deleted_with_what_it_was_given_and_the_role_made_for_it) {
  SmallServer small;
  TestWorld other(small);
  const auto ok = [&](std::vector<const char*> words) { ASSERT_EQ(other.run(words), 0) << other.err; };
  const auto ids = [&](const char* noun) {
    EXPECT_EQ(other.run({noun, "list", "--output", "json"}), 0);
    return json::parse(other.out).as_array().size();
  };
  ok({"user", "create", "alice"});
  ok({"resource", "create", "https://b.test", "--name", "B", "--scope", "a=Read a"});
  ok({"role", "create", "reader", "--permission", "https://b.test=a"});
  const auto make = [&] {
    ok({"agent", "create", "bot", "--owner", "alice", "--no-credential", "--resource", "https://b.test", "--scope", "a",
        "--role", "reader"});
  };
  make();
  EXPECT_EQ(other.run({"agent", "delete", "bot"}), 1);
  EXPECT_EQ(ids("assignment"), 2u) << "an agent that is not revoked keeps what it has";
  ok({"agent", "revoke", "bot"});
  other.at_terminal = true;
  EXPECT_EQ(other.run({"agent", "delete", "bot"}, "n\n"), 1);
  EXPECT_NE(other.err.find("Its 2 assignments go with it, and role access of bot. [y/N]"), std::string::npos)
      << other.err;
  EXPECT_EQ(ids("assignment"), 2u);
  other.at_terminal = false;
  ok({"agent", "delete", "bot"});
  EXPECT_EQ(ids("assignment"), 0u);
  EXPECT_EQ(ids("agent"), 0u);
  EXPECT_EQ(ids("role"), 1u) << "reader is anybody's";

  make();
  ok({"assign", "access of bot", "alice"});
  ok({"agent", "revoke", "bot"});
  ok({"agent", "delete", "bot"});
  EXPECT_EQ(ids("role"), 2u) << "alice holds it too";
  EXPECT_EQ(ids("assignment"), 1u);
}

TEST_F(AgentTest, is_not_made_where_a_name_is_wrong) {
  server.on(api("GET", "/roles"), 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--role", "raeder"}), 1);
  EXPECT_EQ(world.err, "deputy: there is no role called \"raeder\" within your reach\n");
  EXPECT_EQ(body_of(api("POST", "/agents")), "not called");
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--resource", "https://b.test"}), 2);
}

TEST_F(AgentTest, is_not_made_where_its_resource_has_no_such_scope) {
  server.on(api("GET", "/resources"), 200, R"({"items":[{"id":"res_1","identifier":"https://b.test"}]})");
  server.on(api("GET", "/resources/res_1"), 200,
            R"({"id":"res_1","identifier":"https://b.test","scopes":[{"name":"a:read"}]})");
  const auto create = [&](const char* scope) {
    return world.run({"agent", "create", "bot", "--owner", "user/alice", "--resource", "https://b.test", "--scope",
                      scope});
  };
  EXPECT_EQ(create("a:read nope b:*"), 1);
  EXPECT_EQ(world.err, "deputy: there is no scope nope at https://b.test; see `deputy resource get`\n");
  EXPECT_EQ(body_of(api("POST", "/agents")), "not called");
  server.on(api("POST", "/roles"), 201, R"({"id":"rol_2"})");
  server.on(api("POST", "/assignments"), 201, R"({"id":"asn_1"})");
  EXPECT_EQ(create("a:read b:*"), 0) << "a prefix may be ahead of its scopes: " << world.err;
  server.on(api("GET", "/resources/res_1"), 403, R"({"detail":"no"})");
  EXPECT_EQ(create("nope"), 0) << "who may not read a resource cannot know: " << world.err;
}

TEST_F(AgentTest, that_is_public_gets_no_secret) {
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--public", "true"}), 0) << world.err;
  EXPECT_EQ(world.out.find("secret"), std::string::npos) << world.out;
  EXPECT_EQ(body_of(api("POST", "/agents/" + std::string(kBot) + "/credentials")), "not called");
  const auto file = world.file("bot.yaml", "public: true\n");
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "-f", file.c_str()}), 0) << world.err;
  EXPECT_EQ(body_of(api("POST", "/agents/" + std::string(kBot) + "/credentials")), "not called");
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--public", "true", "--credential-label",
                       "ci"}), 2);
  EXPECT_EQ(world.err, "deputy: a public agent has no secret to label, to end or to write\n");
}

TEST_F(AgentTest, of_the_profile_fapi2_gets_no_secret_and_is_told_of_keys) {
  const auto file = world.file("bot.yaml", "profile: fapi2\n");
  const std::vector<const char*> by_flag{"--security-profile", "fapi2"}, by_file{"-f", file.c_str()};
  for (const auto& how : {by_flag, by_file}) {
    std::vector<const char*> words{"agent", "create", "bot", "--owner", "user/alice"};
    words.insert(words.end(), how.begin(), how.end());
    ASSERT_EQ(world.run(words), 0) << world.err;
    EXPECT_EQ(world.out.find("secret"), std::string::npos) << world.out;
    EXPECT_NE(world.err.find("deputy credential create " + std::string(kBot) + " --jwks FILE"), std::string::npos);
    EXPECT_EQ(body_of(api("POST", "/agents/" + std::string(kBot) + "/credentials")), "not called");
    words.insert(words.end(), {"--secret-file", "none"});
    EXPECT_EQ(world.run(words), 2);
    EXPECT_EQ(world.err, "deputy: an agent of the profile fapi2 has no secret to label, to end or to write\n");
  }
}

TEST_F(AgentTest, says_what_was_made_when_the_rest_fails) {
  server.on(api("POST", "/agents/" + std::string(kBot) + "/credentials"), 403, R"({"detail":"no"})");
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice"}), 1);
  EXPECT_EQ(world.err, "deputy: agent agt_00000000000000000000000001 was made, but it has no credential yet (`deputy "
                       "credential create`): no (HTTP 403)\n");
  server.on(api("POST", "/agents/" + std::string(kBot) + "/credentials"), 503,
            R"({"type":"https://docs.test/errors.md#busy","detail":"wait","correlation_id":"req_1"})",
            {{"Retry-After", "60"}});
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "user/alice", "--output", "json"}), 1) << "no second agent";
  const auto error = json::parse(world.err).as_object();
  for (const auto& [name, value] : {std::pair("code", "busy"), {"detail", "wait"}, {"correlation_id", "req_1"}})
    EXPECT_EQ(error.at(name), value) << world.err;
  EXPECT_EQ(error.at("status"), 503);
}

TEST_F(AgentTest, of_an_ambiguous_name_is_refused_with_the_ids) {
  server.on(api("GET", "/agents"), 200, R"({"items":[{"id":"agt_1","name":"bot"},{"id":"agt_2","name":"bot"}]})");
  EXPECT_EQ(world.run({"agent", "revoke", "bot", "--yes"}), 1);
  EXPECT_EQ(world.err, "deputy: \"bot\" names 2 records: agt_1, agt_2; say which by its id\n");
  const std::string start = "https://id.test/v1/agents?filter=", end = "%20eq%20%22bot%22&limit=200";
  ASSERT_GE(server.calls.size(), 2u);
  EXPECT_EQ((server.calls.end() - 2)->url, start + "name" + end);
  EXPECT_EQ(server.calls.back().url, start + "client_id" + end);
}

TEST_F(AgentTest, is_revoked_only_after_a_yes_at_a_terminal) {
  const std::string path = "/agents/" + std::string(kBot);
  server.on(api("GET", path), 200, agent("active"));
  server.on(api("POST", path + "/revoke"), 200, agent("revoked"));
  world.at_terminal = true;
  EXPECT_EQ(world.run({"agent", "revoke", kBot}, "n\n"), 1);
  EXPECT_EQ(world.err, "Revoke agent bot (agt_00000000000000000000000001) for good? [y/N] deputy: nothing was done\n");
  EXPECT_EQ(body_of(api("POST", path + "/revoke")), "not called");
  EXPECT_EQ(world.run({"agent", "revoke", kBot, "--reason", "lost laptop"}, "y\n"), 0);
  EXPECT_EQ(body_of(api("POST", path + "/revoke")), R"({"reason":"lost laptop"})");
}

TEST_F(AgentTest, is_transferred_only_after_a_yes_at_a_terminal) {
  const std::string path = "/agents/" + std::string(kBot);
  server.on(api("GET", path), 200, agent("active"));
  server.on(api("POST", path + "/transfer"), 200, agent("active"));
  world.at_terminal = true;
  EXPECT_EQ(world.run({"agent", "transfer", kBot, "--owner", "user/alice"}, "n\n"), 1);
  EXPECT_EQ(world.err, "Transfer agent bot (agt_00000000000000000000000001) to user/alice? Tokens that name its owner "
                       "of now die, people are asked for their consent again, and its credentials go on. [y/N] deputy: "
                       "nothing was done\n");
  EXPECT_EQ(body_of(api("POST", path + "/transfer")), "not called");
  EXPECT_EQ(world.run({"agent", "transfer", kBot, "--owner", "user/alice"}, "y\n"), 0);
  EXPECT_NE(body_of(api("POST", path + "/transfer")), "not called");
  world.at_terminal = false;
  EXPECT_EQ(world.run({"agent", "transfer", kBot, "--owner", "user/alice"}), 0) << "nobody is there to ask";
  EXPECT_EQ(body_of(api("POST", path + "/transfer")).find("end_credentials"), std::string::npos);
  EXPECT_EQ(world.run({"agent", "transfer", kBot, "--owner", "user/alice", "--end-credentials"}), 0) << world.err;
  EXPECT_NE(server.calls.back().body.find(R"("end_credentials":true)"), std::string::npos) << server.calls.back().body;
}

TEST_F(AgentTest, had_its_owners_so_long_ago) {
  const std::string path = "/agents/" + std::string(kBot) + "/owners";
  server.on(api("GET", path), 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"agent", "owners", kBot, "--at", "1h"}), 0) << world.err;
  EXPECT_NE(server.calls.back().url.find("at=2026-11-29T23%3A53%3A20"), std::string::npos) << server.calls.back().url;
  EXPECT_EQ(world.run({"agent", "owners", kBot, "--at", "2026-11-30T00:00:00Z"}), 0) << world.err;
  EXPECT_NE(server.calls.back().url.find("at=2026-11-30T00%3A00%3A00Z"), std::string::npos) << server.calls.back().url;
  EXPECT_EQ(world.run({"agent", "owners", kBot, "--at", "soon"}), 2);
}

TEST_F(AgentTest, rotates_its_one_live_secret) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  server.on(api("GET", path), 200,
            R"({"items":[{"id":"crd_old","type":"secret","expires_at":"2026-11-30T01:30:00+01:00"},)"
            R"({"id":"crd_1","type":"secret"},{"id":"crd_2","type":"jwks"}]})");
  server.on(api("POST", path + "/crd_1/rotate"), 201,
            R"({"id":"crd_3","secret":"dsk_3","replaces":{"id":"crd_1","expires_at":"2026-11-30T01:53:20Z"}})");
  ASSERT_EQ(world.run({"agent", "rotate", kBot, "--overlap", "1h"}), 0) << world.err;
  EXPECT_EQ(body_of(api("POST", path + "/crd_1/rotate")), R"({"overlap_s":3600})");
  EXPECT_NE(world.out.find("dsk_3"), std::string::npos);
  EXPECT_NE(world.err.find("The old secret (crd_1) works until 2026-11-30T01:53:20Z.\n"), std::string::npos);
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "--overlap", "soon"}), 2);
}

TEST_F(AgentTest, of_several_secrets_the_one_to_rotate_is_named) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  server.on(api("GET", path), 200,
            R"({"items":[{"id":"crd_1","type":"secret","label":"ci"},{"id":"crd_2","type":"secret","label":"ci"},)"
            R"({"id":"crd_3","type":"secret"}]})");
  EXPECT_EQ(world.run({"agent", "rotate", kBot}), 1);
  EXPECT_EQ(world.err, "deputy: there are 3 live secrets: crd_1 called \"ci\", crd_2 called \"ci\", crd_3 without a "
                       "label; say which by its label or its id\n");
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "ci"}), 1);
  EXPECT_EQ(world.err, "deputy: there are 2 credentials called \"ci\": crd_1, crd_2; say which by its id\n");
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "x"}), 1);
  EXPECT_EQ(world.err, "deputy: there is no credential called \"x\"; see `deputy credential list`\n");
}

// The clock of these stands at 2026-11-30T00:53:20Z.
TEST_F(AgentTest, a_label_is_of_the_secret_that_was_not_replaced) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  server.on(api("GET", path), 200,
            R"({"items":[{"id":"crd_1","type":"secret","label":"cron","expires_at":"2026-11-29T00:00:00Z",)"
            R"("replaced_by":"crd_2"},{"id":"crd_2","type":"secret","label":"cron","replaced_by":"crd_3",)"
            R"("expires_at":"2026-12-01T00:00:00Z"},{"id":"crd_3","type":"secret","label":"cron"},)"
            R"({"id":"crd_4","type":"secret","label":"ci","expires_at":"2026-11-29T00:00:00Z"}]})");
  for (const auto* id : {"crd_3", "crd_1", "crd_4"})
    server.on(api("POST", path + "/" + id + "/rotate"), 201, R"({"id":"crd_5","secret":"dsk_5"})");
  server.on(api("PATCH", path + "/crd_3"), 200, R"({"id":"crd_3"})");
  EXPECT_EQ(world.run({"credential", "rotate", kBot, "cron"}), 0) << world.err;
  EXPECT_EQ(server.calls.back().url, "https://id.test/v1" + path + "/crd_3/rotate");
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "cron"}), 0) << world.err;
  EXPECT_EQ(server.calls.back().url, "https://id.test/v1" + path + "/crd_3/rotate");
  EXPECT_EQ(world.run({"credential", "update", kBot, "cron", "--expires", "9d"}), 0) << world.err;
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "crd_1"}), 0) << "an id is one: " << world.err;
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "ci"}), 0) << "there is no live one: " << world.err;
  EXPECT_EQ(world.run({"credential", "revoke", kBot, "cron"}), 1);
  EXPECT_EQ(world.err, "deputy: there are 2 credentials called \"cron\": crd_2, crd_3; say which by its id\n")
      << "whoever lost one must not be left with the other";
}

TEST_F(AgentTest, while_a_secret_retires_the_one_that_took_its_place_is_rotated) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  const std::string retiring =
      R"({"id":"crd_1","type":"secret","expires_at":"2026-12-01T00:00:00Z","replaced_by":"crd_2"})";
  for (const auto* id : {"crd_1", "crd_2"})
    server.on(api("POST", path + "/" + id + "/rotate"), 201, R"({"id":"crd_9","secret":"dsk_9"})");
  const auto rotated = [&](const std::string& others) {
    server.on(api("GET", path), 200, R"({"items":[)" + retiring + others + "]}");
    EXPECT_EQ(world.run({"agent", "rotate", kBot}), 0) << world.err;
    return server.calls.back().url.substr(("https://id.test/v1" + path).size());
  };
  EXPECT_EQ(rotated(R"(,{"id":"crd_2","type":"secret"})"), "/crd_2/rotate");
  EXPECT_EQ(rotated(""), "/crd_1/rotate") << "whose successor was revoked";
}

TEST_F(AgentTest, a_rotated_secret_stops_when_it_is_said) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  server.on(api("GET", path), 200, R"({"items":[{"id":"crd_1","type":"secret"}]})");
  server.on(api("POST", path + "/crd_1/rotate"), 201, R"({"id":"crd_3","secret":"dsk_3"})");
  ASSERT_EQ(world.run({"agent", "rotate", kBot, "--expires", "2027-01-31"}), 0) << world.err;
  EXPECT_EQ(body_of(api("POST", path + "/crd_1/rotate")),
            R"({"overlap_s":86400,"expires_at":"2027-01-31T00:00:00Z"})");
  EXPECT_EQ(world.run({"agent", "rotate", kBot, "--expires", "soon"}), 2);
}

TEST_F(AgentTest, its_first_secret_stops_when_it_is_said) {
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--credential-expires", "2027-01-31"}), 0)
      << world.err;
  EXPECT_EQ(body_of(api("POST", "/agents/" + std::string(kBot) + "/credentials")),
            R"({"type":"secret","expires_at":"2027-01-31T00:00:00Z"})");
  server.calls.clear();
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--credential-expires", "soon"}), 2);
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--no-credential", "--credential-expires", "9d"}),
            2);
  for (const auto* never : {"2020-01-01", "0s", "2027-02-30"}) {
    EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--credential-expires", never}), 2) << never;
    EXPECT_TRUE(world.err.starts_with("deputy: --credential-expires takes a time")) << world.err;
  }
  const std::string long_label(201, 'x');
  EXPECT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--credential-label", long_label.c_str()}), 2);
  EXPECT_EQ(body_of(api("POST", "/agents")), "not called");
}

TEST_F(AgentTest, the_label_and_the_end_of_a_credential_are_changed) {
  const std::string path = "/agents/" + std::string(kBot) + "/credentials";
  server.on(api("GET", path), 200, R"({"items":[{"id":"crd_1","type":"secret","label":"ci"}]})");
  server.on(api("PATCH", path + "/crd_1"), 200, R"({"id":"crd_1","type":"secret","label":"nightly"})");
  ASSERT_EQ(world.run({"credential", "update", kBot, "ci", "--label", "nightly", "--unset", "expires_at"}), 0)
      << world.err;
  EXPECT_EQ(body_of(api("PATCH", path + "/crd_1")), R"({"label":"nightly","expires_at":null})");
  EXPECT_EQ(world.run({"credential", "update", kBot, "ci"}), 2);
  EXPECT_EQ(world.run({"credential", "update", kBot, "ci", "--expires", "9d", "--unset", "expires_at"}), 2);
  EXPECT_EQ(world.run({"credential", "update", kBot, "ci", "--unset", "type"}), 2);
}

TEST_F(AgentTest, list_is_a_table_for_people_and_json_for_scripts) {
  server.on(api("GET", "/agents"), 200,
            R"({"items":[{"id":"agt_1","name":"bö\u001bt","state":"active","owner":"usr_1"},)"
            R"({"id":"agt_2","name":"x","state":"suspended"}]})");
  ASSERT_EQ(world.run({"agent", "list"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "ID     NAME     STATE      OWNER  ORGANIZATION  EXPIRES AT\n"
            "agt_1  bö\\x1bt  active     usr_1\n"
            "agt_2  x        suspended\n");
  ASSERT_EQ(world.run({"agent", "list", "--output", "json", "--filter", "state eq \"active\""}), 0);
  EXPECT_EQ(json::parse(world.out).as_array().size(), 2u);
}

}  // namespace
}  // namespace deputy::cli::test
