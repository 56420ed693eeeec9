// The record of what a file made, when a run ends at the wrong moment.
#include "cli/small_server.h"

namespace deputy::cli::apply {
namespace {

using cli::test::SmallServer;
using cli::test::TestWorld;

constexpr const char* kAll =
    "kind: user\nusername: ann\n---\nkind: resource\nidentifier: https://r.test\nname: R\n---\n"
    "kind: role\nname: r\npermissions: [{resource: 'https://r.test', scopes: [a]}]\n---\n"
    "kind: agent\nname: 'my bot'\nowner: user/ann\n---\nkind: group\nname: g\nmembers: [user/ann]\n---\n"
    "kind: assignment\nrole: r\nprincipal: agent/my bot\nacts: others\n";

struct Runs : testing::Test {
  SmallServer server;
  TestWorld world{server};
  std::string record = (world.home / "record").string();

  int apply(const std::string& text, std::vector<const char*> more = {}) {
    const std::string file = world.file("deputy.yaml", text);
    std::vector<const char*> words{"apply", "-f", file.c_str(), "--record", record.c_str()};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words);
  }
  int prune(const std::string& text) { return apply(text, {"--prune", "--yes"}); }
  void write(const std::string& lines) const {
    world.file("record", "deputy apply: what was made on https://id.test\n" + lines);
  }
  static std::string ago(Millis time) { return rfc3339(cli::test::StillClock().now() - time) + " "; }
  std::string lines() const {
    const std::string text = TestWorld::text_of(record);
    return text.substr(text.find('\n') + 1);
  }
};

TEST_F(Runs, whose_answer_was_lost_left_nothing_that_prune_does_not_know) {
  for (int at = 1; at <= 7; ++at) {
    server.records.clear();
    std::filesystem::remove(record);
    server.lose_at = server.changes + at;
    EXPECT_EQ(apply(kAll), 3) << at << ": the same file goes on from here";
    server.lose_at = 0;
    EXPECT_EQ(prune(""), 0) << at << world.err;
    EXPECT_EQ(server.records.size(), 0u) << at << " " << lines();
  }
  ASSERT_EQ(apply(kAll), 0) << "and there were seven to lose: " << world.err;
  EXPECT_EQ(server.records.size(), 7u);
}

TEST_F(Runs, that_were_refused_take_nothing_of_that_name_for_their_own) {
  server.fail_at = server.changes + 1;
  EXPECT_EQ(apply("kind: user\nusername: ann\n"), 1);
  EXPECT_EQ(lines(), "asked " + ago(Millis(0)) + "user/ann\nrefused user/ann\n");
  server.fail_at = 0;
  ASSERT_EQ(world.run({"user", "create", "ann"}), 0) << world.err;
  ASSERT_EQ(prune(""), 0) << world.err;
  EXPECT_EQ(server.records.size(), 1u);
}

TEST_F(Runs, take_for_their_own_what_was_made_at_about_the_time_they_asked) {
  for (const auto& [time, left] : {std::pair(Seconds(300), 0u), {Seconds(301), 1u}, {-Seconds(300), 0u},
                                   {-Seconds(301), 1u}}) {
    server.records.clear();
    write("asked " + ago(time) + "user/ann\n");
    ASSERT_EQ(world.run({"user", "create", "ann"}), 0) << world.err;
    ASSERT_EQ(prune(""), 0) << world.err;
    EXPECT_EQ(server.records.size(), left) << lines();
  }
}

TEST_F(Runs, of_which_one_record_is_of_their_time_take_that) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(world.run({"organization", "create", "acme"}), 0) << world.err;
  server.records.begin()->second["created_at"] = "2026-11-29T00:00:00.000Z";
  const std::string older = server.records.begin()->first;
  write("asked " + ago(Seconds(1)) + "organization/acme\n");
  ASSERT_EQ(prune(""), 0) << world.err;
  ASSERT_EQ(server.records.size(), 1u);
  EXPECT_EQ(server.records.begin()->first, older);
}

TEST_F(Runs, that_never_reached_the_server_are_settled_by_the_next) {
  write("asked user/ann\n");
  ASSERT_EQ(apply("", {"--dry-run"}), 0) << world.err;
  EXPECT_EQ(lines(), "asked user/ann\n") << "a dry run writes nothing";
  ASSERT_EQ(apply(""), 0) << world.err;
  EXPECT_EQ(lines(), "asked user/ann\nrefused user/ann\n");
  ASSERT_EQ(world.run({"user", "create", "ann"}), 0) << world.err;
  ASSERT_EQ(prune(""), 0) << world.err;
  EXPECT_EQ(server.records.size(), 1u);
}

TEST_F(Runs, of_which_two_records_could_be_take_neither) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(world.run({"organization", "create", "acme"}), 0) << world.err;
  write("asked organization/acme\n");
  ASSERT_EQ(prune(""), 0) << world.err;
  EXPECT_EQ(server.records.size(), 2u);
  EXPECT_EQ(lines(), "asked organization/acme\nrefused organization/acme\n");
}

TEST_F(Runs, wait_for_one_who_may_see_what_they_made) {
  ASSERT_EQ(world.run({"user", "create", "ann"}), 0) << world.err;
  write("asked user/ann\n");
  server.hidden = {"users"};
  ASSERT_EQ(apply("kind: organization\nname: o\n"), 0) << world.err;
  EXPECT_TRUE(lines().starts_with("asked user/ann\nasked " + ago(Millis(0)) + "organization/o\nmade org_")) << lines();
  server.hidden.clear();
  ASSERT_EQ(prune(""), 0) << world.err;
  EXPECT_EQ(server.records.size(), 0u);
}

TEST_F(Runs, that_ended_within_a_line_do_not_take_the_next_with_it) {
  write("made usr_");
  ASSERT_EQ(apply("kind: user\nusername: ann\n"), 0) << world.err;
  EXPECT_TRUE(lines().starts_with("made usr_\nasked " + ago(Millis(0)) + "user/ann\nmade usr_")) << lines();
  ASSERT_EQ(prune(""), 0) << world.err;
  EXPECT_EQ(server.records.size(), 0u);
}

}  // namespace
}  // namespace deputy::cli::apply
