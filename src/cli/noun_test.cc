// Roles, groups and the commands that every noun has, against a server in memory.
#include <gtest/gtest.h>

#include "cli/small_server.h"

namespace deputy::cli::test {
namespace {

TEST(Role, is_given_and_taken_by_name) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"resource", "create", "https://b.test", "--name", "B", "--scope", "a=Read a", "--scope", "b"}),
            0)
      << world.err;
  ASSERT_EQ(world.run({"role", "create", "reader", "--permission", "https://b.test=a b"}), 0) << world.err;
  ASSERT_EQ(world.run({"assign", "reader", "user/alice"}), 0) << world.err;
  EXPECT_EQ(world.run({"unassign", "reader", "alice", "--others"}), 1);
  EXPECT_EQ(world.run({"role", "delete", "reader"}), 1);
  EXPECT_EQ(world.run({"unassign", "reader", "alice"}), 0) << world.err;
  EXPECT_EQ(world.run({"role", "delete", "reader"}), 0) << world.err;
}

TEST(Client, is_found_by_the_client_id_it_was_imported_with) {
  SmallServer server;
  TestWorld world(server);
  const auto imported = [&](const std::string& client_id) {
    return world.file(client_id + ".yaml", "client_id: " + client_id + "\n");
  };
  const auto name_of = [&](const char* noun, const char* text) {
    const bool found = world.run({noun, "get", text, "--output", "json"}) == 0;
    return text_of(json::parse(found ? world.out : world.err).as_object(), found ? "name" : "message");
  };
  const std::string portal = imported("portal-7"), bot = imported("bot-7"), same = imported("same");
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"application", "create", "The portal", "-f", portal.c_str()}), 0) << world.err;
  ASSERT_EQ(world.run({"application", "create", "same", "-f", same.c_str()}), 0) << world.err;
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--no-credential", "-f", bot.c_str()}), 0)
      << world.err;
  EXPECT_EQ(name_of("application", "portal-7"), "The portal");
  EXPECT_EQ(name_of("application", "The portal"), "The portal");
  EXPECT_EQ(name_of("application", "same"), "same") << "once is not twice";
  EXPECT_EQ(name_of("agent", "bot-7"), "bot");
  EXPECT_EQ(name_of("agent", "agent/bot-7"), "bot");
  EXPECT_EQ(name_of("user", "portal-7"), "there is no user called \"portal-7\" within your reach");
  ASSERT_EQ(world.run({"agent", "create", "bot-7", "--owner", "alice", "--no-credential"}), 0) << world.err;
  EXPECT_TRUE(name_of("agent", "bot-7").starts_with("\"bot-7\" names 2 records: ")) << world.err;
}

TEST(Noun, is_changed_field_by_field) {
  SmallServer server;
  TestWorld world(server);
  const std::string file = world.file("alice.yaml", "name: Alice\nattributes: {level: 3}\n");
  ASSERT_EQ(world.run({"user", "create", "alice", "--file", file.c_str(), "--email", "a@b.test"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "update", "alice", "--unset", "email", "--state", "disabled"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "get", "alice", "--output", "yaml"}), 0);
  EXPECT_NE(world.out.find("state: disabled\n"), std::string::npos);
  EXPECT_NE(world.out.find("attributes:\n  level: 3\n"), std::string::npos);
  EXPECT_EQ(world.out.find("a@b.test"), std::string::npos);
  EXPECT_EQ(world.run({"user", "update", "alice"}), 2);
  EXPECT_EQ(world.run({"user", "update", "alice", "--unset", "shoe_size"}), 2);
  const int changes = server.changes;
  EXPECT_EQ(world.run({"user", "update", "alice", "--unset", "name", "--name", "Alicia"}), 2);
  EXPECT_EQ(world.err, "deputy: a field is set or unset, not both: name\n");
  EXPECT_EQ(world.run({"user", "update", "alice", "--unset", "attributes", "--attribute", "level=4"}), 2);
  EXPECT_EQ(server.changes, changes);
  const std::string other = world.file("other.yaml", "name: Alicia\n");
  EXPECT_EQ(world.run({"user", "update", "alice", "-f", other.c_str(), "--unset", "name", "--output", "json"}), 0)
      << "flags overrule a file: " << world.err;
  EXPECT_EQ(world.out.find("Alicia"), std::string::npos);
}

TEST(Noun, says_of_an_address_that_it_is_verified_until_it_changes) {
  SmallServer server;
  TestWorld world(server);
  const auto shown = [&](std::vector<const char*> words) {
    EXPECT_EQ(world.run(words), 0) << world.err;
    EXPECT_EQ(world.run({"user", "get", "alice", "--output", "yaml"}), 0) << world.err;
    return world.out.find("email_verified: true\n") != std::string::npos;
  };
  EXPECT_TRUE(shown({"user", "create", "alice", "--email", "a@b.test", "--email-verified", "true"}));
  EXPECT_FALSE(shown({"user", "update", "alice", "--email", "c@b.test"}));
  EXPECT_TRUE(shown({"user", "update", "alice", "--email-verified", "true"}));
  EXPECT_EQ(world.run({"user", "update", "alice", "--email-verified", "yes"}), 2);
}

TEST(Noun, has_the_attributes_of_the_file_and_of_the_line) {
  SmallServer server;
  TestWorld world(server);
  const auto attributes = [&] {
    EXPECT_EQ(world.run({"user", "get", "alice", "--output", "json"}), 0) << world.err;
    return json::serialize(json::parse(world.out).at("attributes"));
  };
  const std::string file = world.file("alice.yaml", "attributes: {level: 3, team: a}\n");
  ASSERT_EQ(world.run({"user", "create", "alice", "-f", file.c_str(), "--attribute", "level=4", "--attribute", "x=y"}),
            0) << world.err;
  EXPECT_EQ(attributes(), R"({"level":4,"team":"a","x":"y"})");
  const std::string none = world.file("none.yaml", "attributes: {team: null}\n");
  ASSERT_EQ(world.run({"user", "update", "alice", "-f", none.c_str(), "--attribute", "x=z"}), 0) << world.err;
  EXPECT_EQ(attributes(), R"({"level":4,"x":"z"})");
}

TEST(Noun, has_attributes_as_they_were_typed) {
  SmallServer server;
  TestWorld world(server);
  const char* typed = R"({"zip":"01234","phone":"0049123","v":"1.10","big":"12345678901234567890123","level":3})";
  ASSERT_EQ(world.run({"user", "create", "alice", "--attribute", "zip=01234", "--attribute", "phone=0049123",
                       "--attribute", "v=1.10", "--attribute", "big=12345678901234567890123", "--attribute", "level=3",
                       "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("attributes"), json::parse(typed));
  const auto file = world.file("bob.yaml", "attributes:\n  zip: 01234\n  phone: 0049123\n  v: 1.10\n"
                                           "  big: 12345678901234567890123\n  level: 3\n");
  ASSERT_EQ(world.run({"user", "create", "bob", "-f", file.c_str(), "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("attributes"), json::parse(typed));
}

TEST(Noun, lacks_no_field_that_is_required) {
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"resource", "create", "https://b.test"}), 2);
  EXPECT_EQ(world.err, "deputy: --name is required, here or in --file\n");
  EXPECT_EQ(world.run({"role", "create", "reader"}), 2);
  EXPECT_EQ(world.err, "deputy: --permission is required, here or in --file\n");
  EXPECT_EQ(server.changes, 0);
  const std::string file = world.file("b.yaml", "name: B\n");
  EXPECT_EQ(world.run({"resource", "create", "https://b.test", "-f", file.c_str()}), 0) << world.err;
}

TEST(Noun, of_a_file_with_a_field_that_is_not_known_is_told_which_and_where) {
  SmallServer server;
  TestWorld world(server);
  const std::string file = world.file("b.yaml", "name: B\nscope:\n- name: a\n");
  EXPECT_EQ(world.run({"resource", "create", "https://b.test", "-f", file.c_str()}), 2);
  EXPECT_EQ(world.err, "deputy: " + file + ":2: scope: is not known here: correct it, or take it out\n");
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  EXPECT_EQ(world.run({"user", "update", "alice", "-f", "-"}, "shoe: 3\n"), 2);
  EXPECT_EQ(world.err, "deputy: standard input:1: shoe: is not known here: correct it, or take it out\n");
}

TEST(Noun, of_a_file_with_a_member_that_is_not_known_is_told_which_and_where) {
  SmallServer server;
  TestWorld world(server);
  const auto told = [&](std::vector<const char*> words, const std::string& text, const std::string& says) {
    const std::string file = world.file("f.yaml", text);
    words.insert(words.end(), {"-f", file.c_str()});
    EXPECT_EQ(world.run(words), 2) << text;
    EXPECT_EQ(world.err, "deputy: " + file + says + ": is not known here: correct it, or take it out\n");
  };
  told({"resource", "create", "https://b.test"}, "name: B\nscopes:\n- name: a\n- name: b\n  colour: red\n",
       ":5: scopes/1/colour");
  told({"role", "create", "reader"}, "permissions:\n- resource: https://b.test\n  scope: [a]\n  scopes: [a]\n",
       ":3: permissions/0/scope");
  ASSERT_EQ(server.changes, 0);
  ASSERT_EQ(world.run({"agent-type", "create", "robot"}), 0) << world.err;
  told({"agent-type", "update", "robot"}, "schema:\n- {name: a, type: string,\n   secret: true}\n",
       ":3: schema/0/secret");
}

TEST(Role, at_this_servers_own_api_calls_it_deputy) {
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"role", "create", "people", "--permission", "deputy=users:read"}), 1);
  EXPECT_NE(world.err.find("there is no resource called \"deputy\""), std::string::npos) << world.err;
  ASSERT_EQ(world.run({"resource", "create", "https://b.test", "--name", "deputy"}), 0) << world.err;
  ASSERT_EQ(world.run({"resource", "create", "https://id.test/v1", "--name", "Own", "--scope", "users:read"}), 0);
  std::string own;
  for (auto& [id, record] : server.records)
    if (text_of(record, "identifier") == "https://id.test/v1") {
      record["built_in"] = true;
      own = id;
    }
  ASSERT_EQ(world.run({"role", "create", "people", "--permission", "deputy=users:read", "--output", "json"}), 0)
      << world.err;
  EXPECT_EQ(json::parse(world.out).at("permissions"),
            (json::array{json::object{{"resource", own}, {"scopes", json::array{"users:read"}}}}));
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"agent", "create", "bot", "--owner", "alice", "--resource", "deputy", "--scope", "users:read",
                       "--no-credential"}), 0) << world.err;
  ASSERT_EQ(world.run({"resource", "get", "resource/deputy"}), 0) << world.err;
  EXPECT_NE(world.out.find("https://id.test/v1"), std::string::npos) << world.out;
}

TEST(Role, of_a_scope_that_is_not_there_is_made_and_told_of) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"resource", "create", "https://b.test", "--name", "B", "--scope", "a"}), 0) << world.err;
  ASSERT_EQ(world.run({"role", "create", "reader", "--permission", "https://b.test=a b c:*"}), 0);
  EXPECT_EQ(world.err, "deputy: note: there is no scope b at https://b.test; nothing is given by it until there is\n");
  ASSERT_EQ(world.run({"role", "update", "reader", "--permission", "https://b.test=a c:*"}), 0);
  EXPECT_EQ(world.err, "");
}

TEST(Noun, is_listed_by_others_names) {
  SmallServer server;
  TestWorld world(server);
  for (const auto* name : {"acme", "globex"}) ASSERT_EQ(world.run({"organization", "create", name}), 0) << world.err;
  ASSERT_EQ(world.run({"group", "create", "g1"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "create", "alice", "--organization", "acme"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "create", "bob", "--organization", "globex"}), 0) << world.err;
  ASSERT_EQ(world.run({"application", "create", "portal", "--owner", "group/g1"}), 0) << world.err;
  ASSERT_EQ(world.run({"application", "create", "desk", "--owner", "user/bob"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "list", "--filter", "organization eq \"acme\""}), 0) << world.err;
  EXPECT_NE(world.out.find("alice"), std::string::npos);
  EXPECT_EQ(world.out.find("bob"), std::string::npos);
  ASSERT_EQ(world.run({"application", "list", "--filter", "owner eq \"group/g1\""}), 0) << world.err;
  EXPECT_NE(world.out.find("portal"), std::string::npos);
  EXPECT_EQ(world.out.find("desk"), std::string::npos);
  EXPECT_EQ(world.run({"application", "list", "--filter", "owner eq \"group/g2\""}), 1);
  EXPECT_EQ(world.err, "deputy: --filter: owner: there is no group called \"g2\" within your reach\n");
}

TEST(User, who_is_disabled_leaves_agents_that_go_on_which_is_said) {
  SmallServer server;
  TestWorld world(server);
  for (const auto* name : {"alice", "bob"}) ASSERT_EQ(world.run({"user", "create", name}), 0) << world.err;
  const std::pair<const char*, const char*> owned[] = {{"a", "alice"}, {"b", "alice"}, {"c", "alice"}, {"d", "bob"}};
  for (const auto& [agent, owner] : owned)
    ASSERT_EQ(world.run({"agent", "create", agent, "--owner", owner, "--no-credential"}), 0) << world.err;
  ASSERT_EQ(world.run({"agent", "revoke", "c"}), 0) << world.err;
  std::string alice;
  for (auto& [id, record] : server.records) {
    if (text_of(record, "username") == "alice") alice = id;
    if (id.starts_with("agt_") && !record.contains("state")) record["state"] = "active";
  }
  const std::string told = "Active agents of this user that go on: 2. Transfer or suspend them; `deputy agent list "
                           "--filter 'owner eq \"" + alice + "\" and state eq \"active\"'` finds them.";
  ASSERT_EQ(world.run({"user", "update", "alice", "--state", "disabled", "--preview"}), 0);
  EXPECT_EQ(world.err, "deputy: note: " + told + "\n");
  ASSERT_EQ(world.run({"user", "update", "alice", "--name", "Alice", "--preview"}), 0);
  EXPECT_EQ(world.err, "");
  world.at_terminal = true;
  EXPECT_EQ(world.run({"user", "update", "alice", "--state", "disabled"}, "n\n"), 1);
  EXPECT_EQ(world.err, "Disable user alice (" + alice + ")? " + told + " [y/N] deputy: nothing was done\n");
  ASSERT_EQ(world.run({"agent", "transfer", "a", "--owner", "bob", "--yes"}), 0) << world.err;
  ASSERT_EQ(world.run({"agent", "suspend", "b", "--yes"}), 0) << world.err;
  EXPECT_EQ(world.run({"user", "update", "alice", "--state", "disabled"}, "n\n"), 1);
  EXPECT_EQ(world.err, "Disable user alice (" + alice + ")? [y/N] deputy: nothing was done\n");
}

TEST(Assign, tells_what_an_organization_cannot_bound) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"organization", "create", "acme"}), 0) << world.err;
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"resource", "create", "https://id.test/v1", "--name", "Own"}), 0) << world.err;
  ASSERT_EQ(world.run({"role", "create", "auditor", "--permission", "https://id.test/v1=users:read events:*"}), 0);
  ASSERT_EQ(world.run({"role", "create", "people", "--permission", "https://id.test/v1=users:*"}), 0);
  ASSERT_EQ(world.run({"assign", "auditor", "alice", "--organization", "acme"}), 0);
  EXPECT_EQ(world.err, "") << "another resource's scope may have any name";
  for (auto& [id, record] : server.records)
    if (id.starts_with("res_")) record["built_in"] = true;
  ASSERT_EQ(world.run({"assign", "auditor", "alice", "--organization", "acme", "--others"}), 0);
  EXPECT_EQ(world.err, "deputy: note: these scopes are of the tenant as a whole, and give nothing in an organization: "
                       "events:read\n");
  ASSERT_EQ(world.run({"assign", "people", "alice", "--organization", "acme"}), 0);
  EXPECT_EQ(world.err, "");
  ASSERT_EQ(world.run({"assign", "auditor", "alice"}), 0);
  EXPECT_EQ(world.err, "");
}

TEST(Json, is_written_by_what_takes_away_too) {
  SmallServer server;
  TestWorld world(server);
  const auto json_of = [&](std::vector<const char*> words) {
    words.insert(words.end(), {"--output", "json"});
    EXPECT_EQ(world.run(words), 0) << world.err;
    return json::parse(world.out);
  };
  const auto alice = std::string(json_of({"user", "create", "alice"}).at("id").as_string());
  json_of({"resource", "create", "https://b.test", "--name", "B", "--scope", "a"});
  json_of({"role", "create", "reader", "--permission", "https://b.test=a"});
  const auto given = json_of({"assign", "reader", "alice"}).at("id");
  json_of({"group", "create", "on-call"});
  json_of({"group", "add-member", "on-call", "alice"});
  EXPECT_EQ(json_of({"group", "remove-member", "on-call", "alice"}), (json::object{{"removed", json::array{alice}}}));
  EXPECT_EQ(json_of({"unassign", "reader", "alice"}), (json::object{{"deleted", json::array{given}}}));
  EXPECT_EQ(json_of({"user", "delete", "alice"}), (json::object{{"deleted", json::array{alice}}}));
  EXPECT_EQ(json_of({"version"}), (json::object{{"version", DEPUTY_VERSION}}));
  EXPECT_EQ(world.run({"export", "--output", "json"}), 2);
}

TEST(Group, has_members) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0);
  ASSERT_EQ(world.run({"group", "create", "on-call"}), 0);
  ASSERT_EQ(world.run({"group", "add-member", "on-call", "alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"group", "members", "on-call"}), 0);
  EXPECT_NE(world.out.find("user/alice"), std::string::npos) << world.out;
  ASSERT_EQ(world.run({"group", "remove-member", "on-call", "user/alice"}), 0) << world.err;
  ASSERT_EQ(world.run({"group", "members", "on-call"}), 0);
  EXPECT_EQ(world.out.find("user/alice"), std::string::npos);
}

TEST(List, shows_names_that_are_asked_for_together_and_ids_to_scripts) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"organization", "create", "acme"}), 0) << world.err;
  for (int i = 10; i < 40; ++i) {
    const auto user = "u" + std::to_string(i), agent = "a" + std::to_string(i);
    ASSERT_EQ(world.run({"user", "create", user.c_str()}), 0) << world.err;
    ASSERT_EQ(world.run({"agent", "create", agent.c_str(), "--owner", user.c_str(), "--organization", "acme",
                         "--no-credential"}), 0) << world.err;
  }
  server.reads.clear();
  ASSERT_EQ(world.run({"agent", "list"}), 0) << world.err;
  for (int i = 10; i < 40; ++i)
    EXPECT_NE(world.out.find("a" + std::to_string(i) + "   active  user/u" + std::to_string(i) + "  organization/acme"),
              std::string::npos) << world.out;
  EXPECT_EQ(server.reads, (std::map<std::string, int>{{"agents", 1}, {"users", 2}, {"organizations", 1}}));
  ASSERT_EQ(world.run({"agent", "list", "--output", "json"}), 0);
  EXPECT_EQ(world.out.find("user/"), std::string::npos);
  server.hidden = {"users"};
  ASSERT_EQ(world.run({"agent", "list"}), 0) << world.err;
  EXPECT_NE(world.out.find("  usr_"), std::string::npos) << "what may not be read has no name: " << world.out;
  EXPECT_EQ(world.err, "");
}

}  // namespace
}  // namespace deputy::cli::test
