// A file that gives a record another name, by its id: who has the old name then, and in which order.
#include "cli/apply/test_records.h"
#include "cli/small_server.h"

namespace deputy::cli::apply {
namespace {

using namespace test;

constexpr const char *one = "usr_00000000000000000000000001", *two = "usr_00000000000000000000000002";

std::string renamed(const char* id, const std::string& name) {
  return std::string("kind: user\nid: ") + id + "\nusername: " + name + "\n";
}

TEST(Rename, leaves_the_old_name_to_nobody_in_the_same_file) {
  const Record ann = held("kind: user\nusername: ann\n", one);
  const std::string bot = "---\nkind: agent\nname: bot\nowner: user/", group = "---\nkind: group\nname: g\nmembers: ";
  EXPECT_EQ(problems(renamed(one, "anna") + bot + "ann\n", {ann}),
            "7: agent/bot: owner: user/ann is user/anna once the file is applied; write that\n");
  EXPECT_EQ(problems(renamed(one, "anna") + group + "[user/ann]\n", {ann}),
            "7: group/g: members: user/ann is user/anna once the file is applied; write that\n");
  EXPECT_EQ(problems(renamed(one, "anna") + bot + "anna\n", {ann}), "");
  EXPECT_EQ(problems(renamed(one, "ann") + bot + "ann\n", {ann}), "") << "it keeps its name";
}

TEST(Rename, comes_before_another_takes_the_name) {
  const Record ann = held("kind: user\nusername: ann\n", one);
  for (const bool first : {true, false}) {
    const std::string fresh = "kind: user\nusername: ann\n", old = renamed(one, "anna");
    const auto planned = plan(records(first ? old + "---\n" + fresh : fresh + "---\n" + old), {ann}, {});
    ASSERT_TRUE(planned) << planned.error().front().sentence;
    EXPECT_EQ(steps(*planned), "~ user/ann\n    username: \"ann\" -> \"anna\"\n"
                               "+ user/ann\n    username: \"ann\"\n    state: \"active\"\n");
  }
}

TEST(Rename, tells_the_one_that_keeps_a_name_from_the_one_that_gives_it_up) {
  const Record a = held("kind: user\nusername: ann\n", one), b = held("kind: user\nusername: bob\n", two);
  EXPECT_EQ(problems(renamed(one, "anna") + "---\n" + renamed(two, "ann") + "---\nkind: user\nusername: bob\n"
                     "---\nkind: agent\nname: bot\nowner: user/ann\n", {a, b}), "");
  EXPECT_EQ(problems(renamed(one, "ann") + "---\nkind: user\nusername: ann\n", {a}),
            "5: user/ann stands twice; first in line 1\n"
            "5: user/ann: another document of the file is the same record\n");
  Record dead = held("kind: agent\nname: bot\nowner: user/ann\n", "agt_00000000000000000000000001"), bot = dead;
  dead.revoked = true;
  bot.id = "agt_00000000000000000000000002";
  EXPECT_EQ(problems("kind: agent\nid: " + bot.id + "\nname: other\nowner: user/ann\n---\n"
                     "kind: agent\nname: bot\nowner: user/ann\n", {a, dead, bot}),
            "6: agent/bot was revoked, and apply does not bring it back; take it out of the file, or give the new "
            "agent a new name\n");
}

TEST(Rename, is_as_it_should_be_the_second_time) {
  cli::test::SmallServer server;
  cli::test::TestWorld world(server);
  ASSERT_EQ(world.run({"apply", "-f", "-"}, "kind: user\nusername: ann\n"), 0) << world.err;
  const std::string text = "kind: user\nusername: ann\n---\n" + renamed(server.records.begin()->first.c_str(), "anna") +
                           "---\nkind: agent\nname: bot\nowner: user/ann\n---\n"
                           "kind: agent\nname: old\nowner: user/anna\n";
  ASSERT_EQ(world.run({"apply", "-f", "-"}, text), 0) << world.err;
  ASSERT_EQ(world.run({"apply", "-f", "-", "--output", "json"}, text), 0) << world.err;
  EXPECT_EQ(world.out, "[]\n");
  EXPECT_EQ(server.records.size(), 4u);
}

}  // namespace
}  // namespace deputy::cli::apply
