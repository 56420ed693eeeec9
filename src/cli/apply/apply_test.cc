// `apply` against a server: its plan, carried out, gives what was wanted, and then it has nothing left to say.
#include <random>

#include "cli/apply/test_records.h"
#include "cli/small_server.h"

namespace deputy::cli::apply {
namespace {

using cli::test::SmallServer;
using cli::test::TestWorld;
using test::records;

TEST(Apply, passes_over_what_the_caller_may_not_read_unless_the_file_names_it) {
  SmallServer server;
  TestWorld world(server);
  const auto apply = [&](const std::string& text) {
    return world.run({"apply", "-f", world.file("deputy.yaml", text).c_str()});
  };
  ASSERT_EQ(apply("kind: organization\nname: o\n---\nkind: user\nusername: alice\norganization: o\n---\n"
                  "kind: agent\nname: bot\nowner: user/alice\norganization: o\n"), 0) << world.err;
  server.hidden = {"organizations", "users"};
  ASSERT_EQ(world.run({"export"}), 0) << world.err;
  EXPECT_NE(world.err.find("organizations, users"), std::string::npos) << world.err;
  const auto exported = world.out;
  EXPECT_TRUE(exported.starts_with("kind: agent\nname: bot\norganization: org_")) << exported;
  ASSERT_EQ(apply(exported + "description: d\n"), 0) << world.err;
  EXPECT_EQ(apply(exported + "---\nkind: user\nusername: bob\n"), 1);
  EXPECT_NE(world.err.find(":6: user/bob: you may not read users here"), std::string::npos) << world.err;
  EXPECT_EQ(apply("kind: agent\nname: bot\nowner: user/alice\n"), 1);
  EXPECT_NE(world.err.find("use its id"), std::string::npos) << world.err;
}

TEST(Apply, tells_of_twenty_problems_in_the_order_of_their_lines_and_counts_the_rest) {
  SmallServer server;
  TestWorld world(server);
  const auto told_of = [&](int documents) {
    std::string text = "kind: agent\nname: bot\ncolour: red\nowner: alice\n";  // whose owner is looked at first
    for (int i = 0; i < documents; ++i) text += "---\nkind: robot\n";
    const std::string file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str()}), 1);
    std::vector<std::string> lines;
    std::istringstream in(world.err);
    for (std::string line; std::getline(in, line);) {
      EXPECT_TRUE(line.starts_with("deputy: " + file + ":")) << line;
      lines.push_back(line.substr(("deputy: " + file).size()));
    }
    return lines;
  };
  auto lines = told_of(18);
  ASSERT_EQ(lines.size(), 20u);
  EXPECT_TRUE(lines[0].starts_with(":3: agent/bot: colour: ")) << lines[0];
  EXPECT_TRUE(lines[1].starts_with(":4: agent/bot: owner: ")) << lines[1];
  EXPECT_TRUE(lines[19].starts_with(":40: `kind` must be ")) << lines[19];
  lines = told_of(21);
  ASSERT_EQ(lines.size(), 21u);
  EXPECT_TRUE(lines[19].starts_with(":40: `kind` must be ")) << lines[19];
  EXPECT_EQ(lines[20], ": and 3 more");
  EXPECT_EQ(server.changes, 0);
}

TEST(Apply, begins_no_file_that_puts_a_record_into_itself) {
  SmallServer server;
  TestWorld world(server);
  const auto apply = [&](const std::string& text) {
    return world.run({"apply", "-f", world.file("deputy.yaml", text).c_str()});
  };
  const std::string b_in_a = "kind: group\nname: a\nmembers: [group/b]\n---\nkind: group\nname: b\n";
  ASSERT_EQ(apply(b_in_a + "---\nkind: organization\nname: a\n---\nkind: organization\nname: b\nparent: a\n"), 0)
      << world.err;
  const int changes = server.changes;
  EXPECT_EQ(apply("kind: user\nusername: alice\n---\nkind: group\nname: c\nmembers: [group/d]\n---\n"
                  "kind: group\nname: d\nmembers: [user/alice, group/c]\n"), 1);
  EXPECT_NE(world.err.find(":4: group/c: is a member of itself, by way of group/d; take a member out"),
            std::string::npos) << world.err;
  EXPECT_EQ(apply("kind: organization\nname: c\nparent: d\n---\nkind: organization\nname: d\nparent: c\n"), 1);
  EXPECT_NE(world.err.find(":1: organization/c: lies below itself, by way of organization/d; take a parent away"),
            std::string::npos) << world.err;
  EXPECT_EQ(apply("kind: organization\nname: c\nparent: c\n"), 1);
  EXPECT_NE(world.err.find(":1: organization/c: lies below itself; take a parent away"), std::string::npos)
      << world.err;
  // With what the server has, where the file says nothing of it.
  EXPECT_EQ(apply("kind: group\nname: b\nmembers: [group/a]\n"), 1);
  EXPECT_NE(world.err.find(":1: group/b: is a member of itself, by way of group/a"), std::string::npos) << world.err;
  EXPECT_EQ(apply("kind: organization\nname: a\nparent: b\n"), 1);
  EXPECT_NE(world.err.find(":1: organization/a: lies below itself, by way of organization/b"), std::string::npos)
      << world.err;
  EXPECT_EQ(server.changes, changes) << "nothing was begun";
  EXPECT_EQ(apply("kind: group\nname: a\nmembers: []\n---\nkind: group\nname: b\nmembers: [group/a]\n---\n"
                  "kind: organization\nname: a\nparent: b\n---\nkind: organization\nname: b\n"), 0)
      << "to change places is no circle: " << world.err;
}

TEST(Apply, that_the_server_finds_wrong_goes_on_once_the_file_is_mended) {
  SmallServer server;
  TestWorld world(server);
  const auto apply = [&](const std::string& text) {
    return world.run({"apply", "-f", world.file("deputy.yaml", text).c_str()});
  };
  EXPECT_EQ(apply("kind: user\nusername: alice\n---\nkind: agent_type\nname: t\nschema: [{name: level, type: number}]\n"
                  "---\nkind: agent\nname: bot\nowner: user/alice\ntype: t\nattributes: {level: high}\n"), 1);
  EXPECT_NE(world.err.find("; 2 of 3 steps are done, and the file, once it is mended, goes on from here"),
            std::string::npos) << world.err;
  EXPECT_NE(world.err.find("deputy.yaml:12: + agent/bot: attributes/level: must be a number"), std::string::npos)
      << world.err;
  server.fail_at = server.changes + 1;
  EXPECT_EQ(apply("kind: user\nusername: bob\n"), 1);
  EXPECT_NE(world.err.find("; 0 of 1 steps are done, and the same file again goes on from here"), std::string::npos)
      << world.err;
}

TEST(Apply, says_in_which_line_stands_what_the_server_refuses) {
  SmallServer server;
  TestWorld world(server);
  const auto refused = [&](const std::string& text, int changes_before, std::string says) {
    const std::string file = world.file("deputy.yaml", text);
    server.fail_at = server.changes + changes_before + 1;
    EXPECT_EQ(world.run({"apply", "-f", file.c_str()}), 1) << text;
    server.fail_at = 0;
    says.insert(0, "deputy: " + file);
    EXPECT_TRUE(world.err.starts_with(says)) << world.err;
  };
  const std::string alice = "kind: user\nusername: alice\n---\n";
  refused(alice + "kind: group\nname: g\n\nmembers: [user/alice]\n", 2,
          ":7: + user/alice in group/g: not now (HTTP 403");
  refused(alice + "kind: agent\nname: bot\nowner: user/alice\nstate: suspended\n", 1,
          ":7: ~ agent/bot (suspended): not now (HTTP 403");
  refused("kind: organization\nname: o\n---\nkind: user\nusername: alice\norganization: o\n", 1,
          ":4: ~ user/alice: not now");
  ASSERT_EQ(world.run({"apply", "-f", "-"}, alice), 0) << world.err;
  server.fail_at = server.changes + 1;
  EXPECT_EQ(world.run({"apply", "-f", "-"}, "kind: user\nusername: carol\n"), 1);
  EXPECT_TRUE(world.err.starts_with("deputy: standard input:1: + user/carol: ")) << world.err;
}

TEST(Apply, asks_at_a_terminal_about_what_the_single_commands_ask) {
  SmallServer server;
  TestWorld world(server);
  const std::string bob = "kind: user\nusername: bob\n---\n", alice = "kind: user\nusername: alice\n",
                    bot = "---\nkind: agent\nname: bot\nowner: user/alice\n",
                    group = "---\nkind: group\nname: g\nmembers: ";
  const std::string before = bob + alice + bot + group + "[user/alice]\n";
  world.at_terminal = true;
  const auto asked = [&](const std::string& text, const std::string& question) {
    const int changes = server.changes;
    const std::string file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str()}, "n\n"), question.empty() ? 0 : 1) << world.err;
    if (question.empty()) {
      EXPECT_EQ(world.err, "");
      return;
    }
    EXPECT_NE(world.err.find(question + "? [y/N] deputy: nothing was done\n"), std::string::npos) << world.err;
    EXPECT_EQ(server.changes, changes);
  };
  asked(before, "");
  asked(bob + alice + "state: disabled\n" + bot + group + "[user/alice]\n", "\nDisable 1 record");
  asked(bob + alice + "---\nkind: agent\nname: bot\nowner: user/bob\nstate: suspended\n" + group + "[]\n",
        "\nTake out 1 member, transfer 1 agent, suspend 1 agent");
  EXPECT_NE(world.err.find("~ agent/bot\n    owner: "), std::string::npos) << world.err;
  EXPECT_NE(world.err.find("    it ends: tokens that name its owner of now"), std::string::npos) << world.err;
  asked(bob + alice + "name: Alice\n" + bot + group + "[user/alice]\n", "");
  asked(before + "---\nkind: agent\nname: new\nowner: user/bob\nstate: suspended\n", "");
  server.preview["delegations"] = 2;
  const std::string renamed = bob + alice + "name: Al\n" + bot + group + "[user/alice]\n";
  asked(renamed, "    it ends: 2 delegations, at most 0 tokens\nChange 1 record");
  asked(bob + alice + bot + "state: suspended\n" + group + "[user/alice]\n",
        "    it ends: 2 delegations, at most 0 tokens\nSuspend 1 agent");
  asked(bob + alice + bot + group + "[]\n", "    it ends: 2 delegations, at most 0 tokens\nTake out 1 member");
  world.at_terminal = false;
  const std::string file = world.file("deputy.yaml", renamed);
  EXPECT_EQ(world.run({"apply", "-f", file.c_str()}), 0) << "nobody is there to ask: " << world.err;
  EXPECT_EQ(world.err, "");
}

TEST(Apply, begins_nothing_with_an_end_that_is_past) {
  SmallServer server;
  TestWorld world(server);
  const std::string bot = "kind: user\nusername: alice\n---\nkind: agent\nname: bot\nowner: user/alice\nexpires_at: ";
  const auto apply = [&](const std::string& end, const char* how) {
    const auto file = world.file("deputy.yaml", bot + end + "\n");
    return world.run({"apply", "-f", file.c_str(), how});
  };
  for (const auto* how : {"--dry-run", "--yes"}) {
    EXPECT_EQ(apply("2020-01-01T00:00:00Z", how), 1);
    EXPECT_NE(world.err.find("deputy.yaml:7: agent/bot: expires_at: give an instant that lies ahead\n"),
              std::string::npos) << world.err;
  }
  EXPECT_EQ(server.changes, 0);
  ASSERT_EQ(apply("2027-01-01T00:00:00Z", "--yes"), 0) << world.err;
  world.clock.at += std::chrono::days(365);
  EXPECT_EQ(apply("2027-01-01T00:00:00Z", "--yes"), 0) << "it has ended, and stays as it is: " << world.err;
}

TEST(Apply, tells_of_scopes_that_are_not_there_once_the_file_is_applied) {
  SmallServer server;
  TestWorld world(server);
  const auto role = [](const std::string& scopes) {
    return "kind: role\nname: r\npermissions: [{resource: 'https://b.test', scopes: [" + scopes + "]}]\n";
  };
  const std::string api = "kind: resource\nidentifier: https://b.test\nname: B\nscopes: [{name: a, description: A}";
  const auto told = [&](const std::string& text, const char* how) {
    const auto file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str(), how}), 0) << world.err;
    return world.err;
  };
  const std::string note =
      "deputy: note: role/r: there is no scope b at https://b.test; nothing is given by it until there is\n";
  EXPECT_EQ(told(role("a, b, 'c:*'") + "---\n" + api + "]\n", "--dry-run"), note);
  EXPECT_EQ(told(role("a") + "---\n" + api + "]\n", "--yes"), "");
  EXPECT_EQ(told(role("a, b"), "--dry-run"), note);
  EXPECT_EQ(told(role("a, b") + "---\n" + api + ", {name: b, description: B}]\n", "--yes"), "");
}

TEST(Apply, says_which_delegates_it_takes_out_that_may_be_out_of_reach) {
  SmallServer server;
  TestWorld world(server);
  const auto told = [&](const std::string& delegates, const char* how) {
    const auto file = world.file("deputy.yaml", "kind: user\nusername: alice\n---\nkind: agent\nname: helper\n"
                                                "owner: user/alice\n---\nkind: agent\nname: bot\nowner: user/alice\n"
                                                "delegates: [" + delegates + "]\n");
    EXPECT_EQ(world.run({"apply", "-f", file.c_str(), how}), 0) << world.err;
    return world.err;
  };
  ASSERT_EQ(told("agent/helper", "--yes"), "");
  const std::string unseen = "agt_00000000000000000000000009";
  for (auto& [id, record] : server.records)
    if (json_text(record, "name") == "bot") record["delegates"].as_array().emplace_back(unseen);
  EXPECT_EQ(told("agent/helper", "--dry-run"),
            "deputy: note: delegates are taken out that are deleted or out of your reach, between which apply cannot "
            "tell; name the id in the file of one that is to stay: agent/bot (" + unseen + ")\n");
  EXPECT_EQ(told("agent/helper, " + unseen, "--dry-run"), "");
}

TEST(Apply, says_where_there_is_no_record_of_what_to_prune) {
  SmallServer server;
  TestWorld world(server);
  const std::string file = world.file("deputy.yaml", "kind: user\nusername: alice\n");
  ASSERT_EQ(world.run({"apply", "-f", file.c_str()}), 0) << world.err;
  ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--prune"}), 0) << world.err;
  EXPECT_EQ(world.err, "");
  const std::string moved = world.file("moved.yaml", "kind: user\nusername: alice\n");
  ASSERT_EQ(world.run({"apply", "-f", moved.c_str(), "--prune", "--dry-run"}), 0) << world.err;
  EXPECT_TRUE(world.err.starts_with("deputy: note: no earlier run of this file is on record")) << world.err;
}

TEST(Apply, makes_nothing_that_it_could_not_put_on_record) {
  SmallServer server;
  TestWorld world(server);
  const std::string file = world.file("deputy.yaml", "kind: user\nusername: alice\n");
  const std::string changed = world.file("changed.yaml", "kind: user\nusername: alice\nname: Alice\n");
  world.environment["XDG_STATE_HOME"] = world.file("state", "a file, and no folder");
  EXPECT_EQ(world.run({"apply", "-f", file.c_str(), "--dry-run"}), 0) << world.err;
  EXPECT_EQ(world.run({"apply", "-f", file.c_str()}), 1);
  EXPECT_EQ(server.changes, 0);
  EXPECT_NE(world.err.find("Not a directory; nothing is made that no later run would know of"), std::string::npos)
      << world.err;
  const std::string record = (world.home / "record").string();
  ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--record", record.c_str()}), 0) << world.err;
  ASSERT_EQ(world.run({"apply", "-f", changed.c_str()}), 0) << "what only changes needs no record: " << world.err;
  std::filesystem::remove(record);
  std::filesystem::create_directory(record);
  const std::string none = world.file("none.yaml", "kind: user\nusername: bob\n");
  EXPECT_EQ(world.run({"apply", "-f", none.c_str(), "--record", record.c_str()}), 1);
  EXPECT_EQ(server.changes, 2);
}

// A file of random records that refer to each other in random ways.
std::string random_file(std::mt19937& random) {
  const auto pick = [&](std::size_t below) { return random() % below; };
  const std::string n[] = {"0", "1", "2"};
  std::set<std::size_t> users, agents, groups, organizations;
  std::string text;
  const auto add = [&](const std::string& document) { text += "---\n" + document; };
  for (std::size_t i = 0; i < 3; ++i) {
    if (pick(3) > 0) organizations.insert(i);
    if (i == 0 || pick(2) > 0) users.insert(i);
    if (pick(2) > 0) groups.insert(i);
    if (pick(3) > 0) agents.insert(i);
  }
  const auto any = [&](const std::set<std::size_t>& set) {
    return n[*std::next(set.begin(), static_cast<long>(pick(set.size())))];
  };
  const auto member = [&] { return pick(2) && !agents.empty() ? "agent/" + any(agents) : "user/" + any(users); };
  std::vector<std::size_t> from_above{0, 1, 2};  // another tree in every file
  std::shuffle(from_above.begin(), from_above.end(), random);
  const auto above = [&](const std::set<std::size_t>& set, std::size_t of) {
    std::optional<std::size_t> found;
    for (const auto i : from_above) {
      if (i == of) break;
      if (set.contains(i) && pick(2)) found = i;
    }
    return found;
  };
  for (const auto i : organizations) {
    const auto parent = above(organizations, i);
    add("kind: organization\nname: '" + n[i] + "'\n" + (parent ? "parent: organization/" + n[*parent] + "\n" : ""));
  }
  for (const auto i : users)
    add("kind: user\nusername: '" + n[i] + "'\nattributes: {a: " + n[pick(3)] + (pick(2) ? ", b: x" : "") + "}\n" +
        (pick(2) ? "name: N" + n[pick(3)] + "\n" : "") +
        (!organizations.empty() && pick(2) ? "organization: organization/" + any(organizations) + "\n" : ""));
  for (const auto i : groups) {
    const auto in = above(groups, i);
    add("kind: group\nname: '" + n[i] + "'\nmembers: [" + (in ? "group/" + n[*in] + ", " : "") +
        (pick(2) ? member() : "") + "]\n");
  }
  const auto attribute = "a" + n[pick(3)];
  for (const auto i : agents)
    add("kind: agent\nname: '" + n[i] + "'\nowner: " +
        (!groups.empty() && pick(2) ? "group/" + any(groups) : "user/" + any(users)) + "\n" +
        (pick(2) ? "type: t\nattributes: {" + attribute + ": 1.5}\n" : "") +
        (pick(2) ? "delegates: [agent/" + any(agents) + "]\n" : "") +
        (pick(2) ? "default_resource: 'https://r.test'\n" : "") + (pick(2) ? "delegation: any\n" : ""));
  add("kind: agent_type\nname: t\nschema: [{name: " + attribute + ", type: number}]\n");
  add("kind: resource\nidentifier: https://r.test\nname: R\nscopes: [{name: a, description: A}]\n" +
      (!agents.empty() && pick(2) ? "principal: agent/" + any(agents) + "\n" : "") +
      (pick(2) ? "token_lifetime_s: 60\n" : ""));
  if (pick(3) > 0) {
    add("kind: role\nname: r\npermissions: [{resource: 'https://r.test', scopes: ['"
        + std::string(pick(2) ? "a" : "*") +
        "']}]\n");
    if (pick(2) && !agents.empty())
      add("kind: assignment\nrole: r\nprincipal: agent/" + any(agents) + "\nacts: " + (pick(2) ? "self" : "others")
          + "\n");
  }
  return text.substr(4);
}

// Against a server that holds whatever the files before left there: each file is applied, then it says "no difference",
// and what is exported says so too. With --prune, nothing else is left of what was made.
TEST(Apply, leaves_no_difference_after_any_file_on_any_server) {
  int failed = 0;
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    SmallServer server;
    TestWorld world(server);
    for (int round = 0; round < 3; ++round) {
      const std::string text = random_file(random);
      const std::string file = world.file("deputy.yaml", text);
      const bool cut_short = random() % 3 == 0;
      if (cut_short) {
        int& ends = random() % 2 ? server.fail_at : server.lose_at;
        ends = server.changes + 1 + static_cast<int>(random() % 8);
        failed += world.run({"apply", "-f", file.c_str(), "--prune", "--yes"}) != 0;
        ends = 0;
      }
      ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--prune", "--yes"}), 0) << seed << world.err << "\n" << text;
      const int changes = server.changes;
      ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--prune", "--yes", "--output", "json"}), 0) << world.err;
      ASSERT_EQ(world.out, "[]\n") << seed << "\n" << text;
      ASSERT_EQ(server.changes, changes);
      ASSERT_EQ(world.run({"export"}), 0) << world.err;
      const std::string exported = world.file("export.yaml", world.out);
      ASSERT_EQ(world.run({"apply", "-f", exported.c_str(), "--dry-run", "--output", "json"}), 0) << world.err;
      ASSERT_EQ(world.out, "[]\n") << seed << "\n" << text;
      std::size_t held = 0;
      for (const auto& [id, record] : server.records) held += !id.starts_with("mem_");
      ASSERT_EQ(held, records(text).size()) << seed << ": something was left or lost\n" << text;
    }
  }
  EXPECT_GT(failed, 20) << "too few runs were cut short to prove anything";
}

}  // namespace
}  // namespace deputy::cli::apply
