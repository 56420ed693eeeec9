// Files that are none, or cannot be read: nothing is done as if they were empty.
#include "cli/files.h"

#include "cli/small_server.h"

namespace deputy::cli::test {
namespace {

TEST(Apply, prunes_nothing_where_the_file_is_a_folder) {
  SmallServer server;
  TestWorld world(server);
  const auto file = world.file("deputy.yaml", "kind: user\nusername: alice\n");
  const auto record = (world.home / "record").string(), folder = (world.home / "folder").string();
  std::filesystem::create_directory(folder);
  ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--record", record.c_str()}), 0) << world.err;
  const auto held = server.records.size();
  EXPECT_EQ(world.run({"apply", "-f", folder.c_str(), "--record", record.c_str(), "--prune", "--yes"}), 1);
  EXPECT_EQ(world.err, "deputy: " + folder + ": Is a directory\n");
  EXPECT_EQ(server.records.size(), held);
  const auto empty = world.file("empty.yaml", "");
  ASSERT_EQ(world.run({"apply", "-f", empty.c_str(), "--record", record.c_str(), "--prune", "--yes"}), 0) << world.err;
  EXPECT_EQ(server.records.size(), held - 1) << "an empty file is one";
}

TEST(File, that_is_a_folder_is_said_to_be_one_by_whatever_reads_it) {
  SmallServer server;
  TestWorld world(server);
  const auto folder = (world.home / "folder").string();
  std::filesystem::create_directory(folder);
  ASSERT_EQ(world.run({"user", "create", "alice"}), 0) << world.err;
  const int changes = server.changes;
  const char* at = folder.c_str();
  for (const std::vector<const char*>& words : std::vector<std::vector<const char*>>{
           {"user", "update", "alice", "-f", at},
           {"agent-type", "create", "robot", "--schema", at},
           {"credential", "create", "user/alice", "--jwks", at},
           {"login", "--server", "https://id.test", "--client-id", "agt_admin", "--secret-file", at},
           {"audit", "verify", at, "--consistency-only"}}) {
    EXPECT_EQ(world.run(words), 1) << words[0] << ' ' << words[1];
    EXPECT_EQ(world.err, "deputy: " + folder + ": Is a directory\n") << words[0] << ' ' << words[1];
    EXPECT_EQ(world.out, "");
  }
  EXPECT_EQ(server.changes, changes);
}

// It opens, and its first page is nobody's.
TEST(File, whose_read_fails_is_not_taken_for_an_empty_one) {
  const std::string memory = "/proc/self/mem";
  const auto whole = read_file(memory);
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().sentence, memory + ": Input/output error");
  const auto secret = read_secret_file(memory);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().sentence, memory + ": Input/output error");
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"audit", "verify", memory.c_str(), "--consistency-only"}), 1);
  EXPECT_EQ(world.err, "deputy: " + memory + ": Input/output error\n");
}

}  // namespace
}  // namespace deputy::cli::test
