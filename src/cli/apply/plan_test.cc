// The planner: its answer, carried out, gives what was wanted, and then it has nothing left to say.
#include "cli/apply/plan.h"

#include <gtest/gtest.h>

#include <random>

#include "cli/apply/show.h"
#include "cli/apply/write.h"
#include "cli/small_server.h"

namespace deputy::cli::apply {
namespace {

using cli::test::SmallServer;
using cli::test::TestWorld;

std::vector<Record> records(const std::string& text) {
  auto read = apply::read(text);
  if (!read) ADD_FAILURE() << read.error().front().line << ": " << read.error().front().sentence;
  return read ? std::move(read).take() : std::vector<Record>();
}
std::string problems(const std::string& text, const std::vector<Record>& current = {}) {
  auto read = apply::read(text);
  Problems all;
  if (!read) {
    all = read.error();
  } else if (const auto planned = plan(*read, current, {}); !planned) {
    all = planned.error();
  }
  std::string lines;
  for (const auto& problem : all) lines += std::to_string(problem.line) + ": " + problem.sentence + "\n";
  return lines;
}
std::string steps(const Plan& plan) {
  std::string lines;
  for (const auto& step : plan.steps) lines += difference(step, {});
  return lines;
}

TEST(ApplyFile, is_checked_by_the_directorys_own_rules_with_the_line_of_each_problem) {
  EXPECT_EQ(problems("kind: agent\nname: bot\n"), "1: agent/bot: owner: is required\n");
  EXPECT_EQ(problems("kind: user\nusername: a\nshoe: 3\n---\nkind: robot\n"),
            "1: user/a: holds a field that is not known here\n"
            "5: `kind` must be organization, user, group, agent_type, resource, trusted_issuer, role, "
            "application, agent or assignment\n");
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: alice\n"),
            "1: agent/bot: owner: names a record as user/NAME or group/NAME\n");
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: role/reader\n"),
            "1: agent/bot: owner: names a record as user/NAME or group/NAME\n");
  EXPECT_EQ(problems("- a\n"), "1: each document must be a mapping with a `kind`\n");
  EXPECT_EQ(problems("kind: group\nname: g\nmembers: user/a\n"),
            "1: `members` must be a list such as [user/alice, agent/travel-bot]\n");
  EXPECT_EQ(problems("kind: agent\nname: a\nowner: user/b\nstate: active\n"),
            "1: agent/a: state: is set by the server: leave it out\n");
}

TEST(ApplyFile, may_not_name_what_nobody_has_or_say_a_thing_twice) {
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: user/alice\n"),
            "1: agent/bot: owner: neither the file nor the server has user/alice\n");
  EXPECT_EQ(problems("kind: user\nusername: a\n---\nkind: user\nusername: a\n"),
            "4: user/a stands twice; first in line 1\n");
}

TEST(ApplyFile, completes_records_and_writes_identifiers_one_way) {
  const auto read = records("kind: resource\nidentifier: HTTPS://B.test:443/x\nname: B\n");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].name, "https://b.test/x");
  EXPECT_EQ(json_integer(read[0].fields, "token_lifetime_s"), 300);
}

TEST(Plan, makes_each_record_after_those_it_refers_to) {
  const auto wanted = records(
      "kind: assignment\nrole: reader\nprincipal: agent/bot\n---\n"
      "kind: agent\nname: bot\nowner: group/team\n---\n"
      "kind: role\nname: reader\npermissions: [{resource: 'https://b.test', scopes: [a]}]\n---\n"
      "kind: group\nname: team\nmembers: [user/alice]\n---\n"
      "kind: resource\nidentifier: https://b.test\nname: B\nprincipal: agent/bot\n---\n"
      "kind: user\nusername: alice\n");
  const auto planned = plan(wanted, {}, {});
  ASSERT_TRUE(planned);
  std::vector<std::string> order;
  for (const auto& step : planned->steps) order.push_back(step.symbol);
  EXPECT_EQ(order, (std::vector<std::string>{"group/team", "user/alice", "agent/bot", "https://b.test", "role/reader",
                                             "assignment of role/reader to agent/bot", "group/team"}));
}

TEST(Plan, breaks_a_circle_at_an_optional_field) {
  const auto wanted = records(
      "kind: user\nusername: u\n---\n"
      "kind: agent\nname: a\nowner: user/u\ndelegates: [agent/b]\n---\n"
      "kind: agent\nname: b\nowner: user/u\ndelegates: [agent/a]\n");
  const auto planned = plan(wanted, {}, {});
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->steps.size(), 4u);
  EXPECT_FALSE(planned->steps[1].fields.contains("delegates"));
  EXPECT_EQ(difference(planned->steps[3], {}), "~ agent/a\n    delegates: (none) -> [\"agent/b\"]\n");
}

Record held(const std::string& text, const std::string& id) {
  Record record = records(text).front();
  record.id = id;
  record.version = 3;
  return record;
}

TEST(Plan, a28_does_not_bring_a_revoked_agent_back) {
  Record alice = held("kind: user\nusername: alice\n", "usr_1");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  bot.revoked = true;
  const std::string file = "kind: user\nusername: alice\n---\nkind: agent\nname: bot\nowner: user/alice\n";
  EXPECT_NE(problems(file, {alice, bot}).find("agent/bot was revoked, and apply does not bring it back"),
            std::string::npos);
  Record second = bot;
  second.id = "agt_2";
  second.revoked = false;
  second.fields["owner"] = "usr_1";
  EXPECT_EQ(problems(file, {alice, bot, second}), "");
}

TEST(Plan, hands_an_agent_over_rather_than_patching_its_owner) {
  const Record a = held("kind: user\nusername: a\n", "usr_1"), b = held("kind: user\nusername: b\n", "usr_2");
  Record bot = held("kind: agent\nname: bot\nowner: user/a\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  const auto planned = plan(records("kind: agent\nname: bot\nowner: user/b\ndescription: d\n"), {a, b, bot}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ agent/bot\n    description: (none) -> \"d\"\n~ agent/bot\n    owner: \"usr_1\" -> \"usr_2\"\n");
  EXPECT_EQ(planned->steps[0].version, 3);
}

TEST(Plan, takes_away_what_the_file_leaves_out_attribute_by_attribute) {
  const Record alice =
      held("kind: user\nusername: alice\nname: Al\nstate: disabled\nattributes: {x: 1, y: 2}\n", "usr_1");
  const auto planned = plan(records("kind: user\nusername: alice\nattributes: {y: 2}\n"), {alice}, {});
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->steps.size(), 1u);
  EXPECT_EQ(json::serialize(planned->steps[0].fields), R"({"name":null,"attributes":{"x":null},"state":"active"})");
}

TEST(Plan, tells_two_of_one_name_apart_by_id_only) {
  const Record one = held("kind: organization\nname: acme\n", "org_00000000000000000000000001"),
               two = held("kind: organization\nname: acme\n", "org_00000000000000000000000002");
  EXPECT_EQ(problems("kind: organization\nname: acme\n", {one, two}),
            "1: organization/acme is the name of org_00000000000000000000000001, org_00000000000000000000000002; say "
            "which by `id`\n");
  const auto planned =
      plan(records("kind: organization\nid: org_00000000000000000000000002\nname: acme2\n---\n"
                   "kind: user\nusername: u\norganization: acme2\n"),
           {one, two}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "+ user/u\n    username: \"u\"\n    organization: \"org_00000000000000000000000002\"\n    state: \"active\"\n"
            "~ organization/acme\n    name: \"acme\" -> \"acme2\"\n");
}

TEST(Plan, removes_only_what_this_file_made_and_the_referring_first) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1"), bob = held("kind: user\nusername: bob\n",
                                                                                  "usr_2");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  const auto planned = plan({}, {alice, bob, bot}, {"usr_1", "agt_1", "usr_gone"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned), "- agent/bot (revoked first)\n- user/alice\n");
}

TEST(Plan, opens_a_circle_before_it_removes_it) {
  const Record u = held("kind: user\nusername: u\n", "usr_1");
  Record a = held("kind: agent\nname: a\nowner: user/u\n", "agt_1");
  Record b = held("kind: agent\nname: b\nowner: user/u\n", "agt_2");
  a.fields["owner"] = b.fields["owner"] = "usr_1";
  a.fields["delegates"] = json::array{"agt_2"};
  b.fields["delegates"] = json::array{"agt_1"};
  const auto planned = plan({}, {u, a, b}, {"usr_1", "agt_1", "agt_2"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ agent/a\n    delegates: [\"agt_2\"] -> (none)\n~ agent/b\n    delegates: [\"agt_1\"] -> (none)\n"
            "- agent/a (revoked first)\n- agent/b (revoked first)\n- user/u\n");
  a.revoked = true;
  const auto again = plan({}, {u, a, b}, {"usr_1", "agt_1", "agt_2"});
  ASSERT_TRUE(again);
  EXPECT_EQ(steps(*again),
            "~ agent/b\n    delegates: [\"agt_1\"] -> (none)\n- agent/a\n- agent/b (revoked first)\n- user/u\n");
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
  for (const auto i : organizations) {
    const bool part = i > 0 && organizations.contains(i - 1) && pick(2);
    add("kind: organization\nname: '" + n[i] + "'\n" + (part ? "parent: organization/" + n[i - 1] + "\n" : ""));
  }
  for (const auto i : users)
    add("kind: user\nusername: '" + n[i] + "'\nattributes: {a: " + n[pick(3)] + (pick(2) ? ", b: x" : "") + "}\n" +
        (pick(2) ? "name: N" + n[pick(3)] + "\n" : "") +
        (!organizations.empty() && pick(2) ? "organization: organization/" + any(organizations) + "\n" : ""));
  for (const auto i : groups)
    add("kind: group\nname: '" + n[i] + "'\nmembers: [" + (pick(2) ? member() : "") + "]\n");
  for (const auto i : agents)
    add("kind: agent\nname: '" + n[i] + "'\nowner: " +
        (!groups.empty() && pick(2) ? "group/" + any(groups) : "user/" + any(users)) + "\n" +
        (pick(2) ? "delegates: [agent/" + any(agents) + "]\n" : "") +
        (pick(2) ? "default_resource: 'https://r.test'\n" : "") + (pick(2) ? "delegation: any\n" : ""));
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
        server.fail_at = server.changes + 1 + static_cast<int>(random() % 8);
        failed += world.run({"apply", "-f", file.c_str(), "--prune", "--yes"}) != 0;
        server.fail_at = 0;
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
