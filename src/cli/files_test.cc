// Files that are none, or cannot be read: nothing is done as if they were empty.
#include "cli/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sstream>

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
  std::ostringstream err;
  const auto secret = read_secret_file(memory, err);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().sentence, memory + ": Input/output error");
  SmallServer server;
  TestWorld world(server);
  EXPECT_EQ(world.run({"audit", "verify", memory.c_str(), "--consistency-only"}), 1);
  EXPECT_EQ(world.err, "deputy: " + memory + ": Input/output error\n");
}

TEST(File, with_a_secret_that_others_can_read_is_told_to_be_one) {
  SmallServer server;
  TestWorld world(server);
  const auto secret = world.file("secret", "dsk_1\n");
  world.environment.erase("DEPUTY_CLIENT_SECRET");
  world.environment["DEPUTY_CLIENT_SECRET_FILE"] = secret;
  ASSERT_EQ(world.run({"user", "list"}), 0) << world.err;
  EXPECT_EQ(world.err, "");
  for (const int mode : {0640, 0604, 0620}) {
    ASSERT_EQ(::chmod(secret.c_str(), static_cast<mode_t>(mode)), 0);
    EXPECT_EQ(world.run({"user", "list"}), 0) << world.err;
    EXPECT_EQ(world.err, "deputy: warning: " + secret + " holds a secret and others can read it; run `chmod 600 " +
                             secret + "`\n");
  }
  EXPECT_EQ(world.run({"login", "--server", "https://id.test", "--client-id", "agt_admin", "--secret-file",
                       secret.c_str()}),
            0)
      << world.err;
  EXPECT_TRUE(world.err.starts_with("deputy: warning: ")) << world.err;
}

class Growing : public testing::Test {
 protected:
  Growing() {
    std::string name = (std::filesystem::temp_directory_path() / "deputy-files-XXXXXX").string();
    folder = mkdtemp(name.data());
  }
  ~Growing() override { std::filesystem::remove_all(folder); }
  std::string at(const char* name) const { return (folder / name).string(); }
  static void write(const std::string& path, std::string_view text) {
    auto file = GrowingFile::open(path);
    ASSERT_TRUE(file) << file.error().sentence;
    ASSERT_TRUE(file->append(text));
    ASSERT_TRUE(file->place());
  }
  std::size_t count() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }
  std::filesystem::path folder;
};

TEST_F(Growing, file_is_put_where_a_link_leads) {
  std::filesystem::create_directory(folder / "kept");
  std::filesystem::create_symlink("kept/audit.jsonl", folder / "first");
  std::filesystem::create_symlink(folder / "first", folder / "link");
  for (const auto* text : {"of nothing", "over another"}) {
    write(at("link"), text);
    EXPECT_EQ(TestWorld::text_of(folder / "kept/audit.jsonl"), text);
  }
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "first"));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(count(), 3u) << "nothing is left beside";
}

TEST_F(Growing, file_is_not_put_where_links_lead_nowhere) {
  std::filesystem::create_symlink("b", folder / "a");
  std::filesystem::create_symlink("a", folder / "b");
  const auto file = GrowingFile::open(at("a"));
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().sentence, at("a") + ": Too many levels of symbolic links");
  EXPECT_EQ(count(), 2u);
}

TEST_F(Growing, file_is_written_into_a_pipe_and_not_over_it) {
  const auto pipe = at("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::filesystem::create_symlink("pipe", folder / "link");
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  char read[64];
  for (const auto* name : {"pipe", "link"}) {
    write(at(name), "a line\n");
    const auto octets = ::read(reader, read, sizeof read);
    EXPECT_EQ(std::string_view(read, octets < 0 ? 0 : static_cast<std::size_t>(octets)), "a line\n") << name;
  }
  ::close(reader);
  EXPECT_TRUE(std::filesystem::is_fifo(std::filesystem::symlink_status(pipe)));
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(count(), 2u);
}

TEST_F(Growing, file_is_not_put_over_a_folder) {
  const auto file = GrowingFile::open(folder.string());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().sentence, folder.string() + ": Is a directory");
}

TEST(Lines, are_read_one_by_one_whatever_is_in_them) {
  std::istringstream in(std::string("one\n\ntw\0o\r\neight888\nlast", 24));
  LineReader reader(in, 8);
  for (const auto& line : {std::string("one"), std::string(), std::string("tw\0o\r", 5), std::string("eight888"),
                           std::string("last")})
    EXPECT_EQ(reader.next(), line);
  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST(Lines, that_are_too_long_are_not_read_to_their_end) {
  std::istringstream in("one\n" + std::string(100'000, 'x') + "\nthree\n");
  LineReader reader(in, 8);
  EXPECT_EQ(reader.next(), "one");
  EXPECT_EQ(reader.next(), "xxxxxxxx");
  EXPECT_EQ(reader.next(), std::nullopt);
  in.clear();
  EXPECT_EQ(in.tellg(), std::streampos(12));
}

}  // namespace
}  // namespace deputy::cli::test
