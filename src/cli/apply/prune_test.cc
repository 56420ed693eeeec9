// --prune: what goes, with what, and what is said instead where something still needs it.
#include "cli/apply/test_records.h"
#include "cli/small_server.h"

namespace deputy::cli::apply {
namespace {

using namespace test;

std::string told(const Result<Plan, Problems>& planned) {
  std::string lines;
  if (!planned)
    for (const auto& problem : planned.error()) lines += std::to_string(problem.line) + ": " + problem.sentence + "\n";
  return lines;
}

constexpr const char* usr = "usr_00000000000000000000000001";
constexpr const char* agt = "agt_00000000000000000000000001";

// A user and an agent of theirs.
struct Held {
  Record ann = held("kind: user\nusername: ann\n", usr);
  Record bot = held("kind: agent\nname: bot\nowner: user/ann\n", agt);
  Held() { bot.fields["owner"] = usr; }
};

TEST(Prune, is_told_in_which_line_the_file_still_names_what_would_go) {
  const Held is;
  const std::set<std::string> earlier{usr, agt};
  const std::string ann = "kind: user\nusername: ann\n---\n",
                    bot = ": --prune would remove agent/bot, whose document is gone: put that back, or name it here no "
                          "more\n";
  EXPECT_EQ(told(plan(records(ann + "kind: group\nname: g\nmembers: [agent/bot]\n"), {is.ann, is.bot}, earlier)),
            "6: group/g: members" + bot);
  EXPECT_EQ(told(plan(records(ann + "kind: agent\nname: other\nowner: user/ann\ndelegates: [agent/bot]\n"),
                      {is.ann, is.bot}, earlier)), "7: agent/other: delegates" + bot);
  EXPECT_EQ(told(plan(records("kind: agent\nname: bot\nowner: user/ann\n"), {is.ann, is.bot}, earlier)),
            "3: agent/bot: owner: --prune would remove user/ann, whose document is gone: put that back, or name it "
            "here no more\n");
  Record role = held("kind: role\nname: r\npermissions: []\n", "rol_00000000000000000000000001");
  EXPECT_EQ(told(plan(records(ann + "kind: role\nname: r\npermissions: []\n---\n"
                              "kind: assignment\nrole: r\nprincipal: agent/bot\n"), {is.ann, is.bot, role}, earlier)),
            "10: assignment: principal" + bot);
  EXPECT_EQ(told(plan(records(ann + "kind: group\nname: g\nmembers: [agent/bot]\n"), {is.ann, is.bot}, {})), "")
      << "without --prune nothing goes";
}

TEST(Prune, is_told_what_else_refers_to_what_would_go) {
  const Held is;
  const std::string still = ": change or delete that first, or put its document back\n";
  EXPECT_EQ(told(plan({}, {is.ann, is.bot}, {usr})),
            "0: user/ann: --prune would remove it, but agent/bot, which is not of this file's making, refers to it "
            "(owner)" + still);
  Record role = held("kind: role\nname: r\npermissions: []\n", "rol_00000000000000000000000001");
  Record given = held("kind: assignment\nrole: r\nprincipal: user/ann\n", "asn_00000000000000000000000001");
  given.fields["role"] = role.id;
  given.fields["principal"] = usr;
  EXPECT_EQ(told(plan({}, {is.ann, role, given}, {usr})),
            "0: user/ann: --prune would remove it, but assignment asn_00000000000000000000000001, which is not of this "
            "file's making, refers to it (principal)" + still);
  const auto moved = plan(records("kind: user\nusername: eve\n---\nkind: agent\nname: bot\nowner: user/eve\n"),
                          {is.ann, is.bot}, {usr});
  EXPECT_EQ(order(moved), (std::vector<std::string>{"user/eve", "agent/bot", "user/ann"})) << "it is another's then";
}

TEST(Prune, is_not_held_up_by_whoever_names_as_a_delegate_what_would_go) {
  const Held is;
  Record other = held("kind: agent\nname: other\nowner: user/ann\n", "agt_00000000000000000000000002");
  other.fields["owner"] = usr;
  other.fields["delegates"] = json::array{agt};
  const auto planned = plan({}, {is.ann, is.bot, other}, {agt});
  ASSERT_TRUE(planned) << told(planned);
  EXPECT_EQ(steps(*planned), "~ agent/bot (revoked, for good)\n- agent/bot\n") << "and theirs is left as it is";
}

TEST(Prune, takes_an_agents_assignments_with_it) {
  const Held is;
  Record role = held("kind: role\nname: r\npermissions: []\n", "rol_00000000000000000000000001");
  Record given = held("kind: assignment\nrole: r\nprincipal: agent/bot\n", "asn_00000000000000000000000001");
  given.fields["role"] = role.id;
  given.fields["principal"] = agt;
  const std::vector<Record> all{is.ann, is.bot, role, given};
  const auto planned = plan({}, all, {agt});
  ASSERT_TRUE(planned) << told(planned);
  std::string lines;
  for (const Step& step : planned->steps) lines += difference(step, names_of(all));
  EXPECT_EQ(lines, "- assignment of role/r to agent/bot\n~ agent/bot (revoked, for good)\n- agent/bot\n");
}

TEST(Prune, takes_a_revoked_agent_out_of_what_stays) {
  Held is;
  Record other = held("kind: agent\nname: other\nowner: user/ann\n", "agt_00000000000000000000000002");
  other.fields["owner"] = usr;
  other.fields["delegates"] = json::array{agt};
  is.bot.revoked = true;
  const std::string text = "kind: agent\nname: other\nowner: user/ann\n";
  EXPECT_EQ(order(plan(records(text), {is.ann, is.bot, other}, {agt})),
            (std::vector<std::string>{"agent/other", "agent/bot"}));
  EXPECT_EQ(order(plan(records(text), {is.ann, is.bot, other}, {})), std::vector<std::string>());
}

TEST(Prune, begins_nothing_that_would_stop_half_way) {
  cli::test::SmallServer server;
  cli::test::TestWorld world(server);
  const auto prune = [&](const std::string& text, const char* how = "--yes") {
    return world.run({"apply", "-f", world.file("deputy.yaml", text).c_str(), "--prune", how});
  };
  const std::string ann = "kind: user\nusername: ann\n---\nkind: group\nname: g\nmembers: ", bot =
      "[agent/bot]\n---\nkind: agent\nname: bot\nowner: user/ann\n";
  ASSERT_EQ(prune(ann + bot), 0) << world.err;
  const int changes = server.changes;
  for (const auto* how : {"--dry-run", "--yes"}) {
    EXPECT_EQ(prune(ann + "[agent/bot]\n", how), 1);
    EXPECT_NE(world.err.find("deputy.yaml:6: group/g: members: --prune would remove agent/bot"), std::string::npos)
        << world.err;
  }
  EXPECT_EQ(server.changes, changes);
  ASSERT_EQ(prune(ann + "[]\n"), 0) << world.err;
  EXPECT_EQ(server.records.size(), 2u);
}

TEST(Prune, counts_a_revocation_as_the_step_it_is) {
  cli::test::SmallServer server;
  cli::test::TestWorld world(server);
  const auto run = [&](const std::string& text, std::vector<const char*> more) {
    const std::string file = world.file("deputy.yaml", text);
    std::vector<const char*> words{"apply", "-f", file.c_str()};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words);
  };
  const std::string ann = "kind: user\nusername: ann\n";
  ASSERT_EQ(run(ann + "---\nkind: agent\nname: bot\nowner: user/ann\n", {}), 0) << world.err;
  EXPECT_EQ(run(ann, {"--prune"}), 2) << "a script says --yes";
  EXPECT_NE(world.err.find("~ agent/bot (revoked, for good)\n- agent/bot\n"), std::string::npos) << world.err;
  server.fail_at = server.changes + 2;
  EXPECT_EQ(run(ann, {"--prune", "--yes"}), 1);
  EXPECT_NE(world.err.find("- agent/bot: not now"), std::string::npos) << world.err;
  EXPECT_NE(world.err.find("; 1 of 2 steps are done"), std::string::npos) << world.err;
  server.fail_at = 0;
  ASSERT_EQ(run(ann, {"--prune", "--yes"}), 0) << world.err;
  EXPECT_EQ(server.records.size(), 1u);
}

}  // namespace
}  // namespace deputy::cli::apply
