// --secret-file: the file is there before the secret is made, and no secret that was made is lost unsaid.
#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>

#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

constexpr const char* kBot = "agt_00000000000000000000000001";

// For as long as it lives no file takes a byte, as where a disk is full.
class FullDisk {
 public:
  FullDisk() {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit none{0, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    signal(SIGXFSZ, handler_);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  void (*handler_)(int) = signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

class SecretFiles : public testing::Test {
 protected:
  SecretFiles() {
    const std::string v1 = "https://id.test/v1", credentials = v1 + "/agents/" + kBot + "/credentials";
    const std::string bot = R"({"id":")" + std::string(kBot) + R"(","version":1,"name":"bot","state":"active"})";
    server.serve("https://id.test");
    server.on("GET " + v1 + "/users", 200, R"({"items":[{"id":"usr_00000000000000000000000001","username":"alice"}]})");
    server.on("POST " + v1 + "/agents", 201, bot);
    server.on("GET " + v1 + "/agents/" + kBot, 200, bot);
    server.on("GET " + credentials, 200, R"({"items":[{"id":"crd_1","type":"secret","label":"ci"}]})");
    server.on("POST " + credentials, makes(R"({"id":"crd_2","type":"secret","secret":"dsk_new"})"));
    server.on("POST " + credentials + "/crd_1/rotate",
              makes(R"({"id":"crd_2","secret":"dsk_new",)"
                    R"("replaces":{"id":"crd_1","expires_at":"2026-12-01T00:00:00Z"}})"));
    server.on("POST " + v1 + "/tenants",
              makes(R"({"id":"acme","name":"Acme","admin":{"client_id":"app_1","secret":"dsk_new"}})"));
  }
  // Answers with a secret, or with no; and remembers what the file was meanwhile.
  client::TableTransport::Answer makes(const std::string& secret) {
    return [this, secret](const http::Call&) -> Result<http::Reply, Fault> {
      struct stat facts {};
      const bool file = ::lstat(path.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
      meanwhile = file ? static_cast<int>(facts.st_mode & 0777) : -1;
      if (no) return http::Reply{403, {}, R"({"detail":"no"})"};
      return http::Reply{201, {}, secret};
    };
  }
  int run(std::vector<const char*> words) {
    server.calls.clear();
    meanwhile = -1;
    words.insert(words.end(), {"--secret-file", path.c_str()});
    return world.run(words);
  }
  bool is_there() const { return std::filesystem::exists(std::filesystem::symlink_status(path)); }

  // Whatever makes a secret.
  const std::vector<std::vector<const char*>> commands{{"agent", "create", "bot", "--owner", "user/alice"},
                                                       {"agent", "rotate", kBot},
                                                       {"credential", "create", kBot},
                                                       {"credential", "rotate", kBot, "ci"},
                                                       {"tenant", "create", "acme", "--name", "Acme"}};
  client::TableTransport server;
  TestWorld world{server};
  std::string path = (world.home / "bot.secret").string();
  bool no = false;
  int meanwhile = -1;  // the file's mode while the secret is made; -1: there is none
};

TEST_F(SecretFiles, are_there_before_the_secret_is) {
  for (const auto& command : commands) {
    ASSERT_EQ(run(command), 0) << world.err;
    EXPECT_EQ(meanwhile, 0600) << command[0] << " " << command[1];
    EXPECT_EQ(TestWorld::text_of(path), "dsk_new\n");
    EXPECT_EQ((world.out + world.err).find("dsk_new"), std::string::npos);
    std::filesystem::remove(path);
  }
}

TEST_F(SecretFiles, that_cannot_be_made_stop_the_secret_from_being_made) {
  const auto link = world.home / "link";
  std::filesystem::create_symlink(world.home / "nowhere" / "bot.secret", link);
  const std::string too_long = (world.home / std::string(300, 'x')).string();
  const std::map<std::string, int> statuses{{link.string(), 2}, {too_long, 1}, {world.home.string(), 2}};
  for (const auto& [bad, status] : statuses)
    for (const auto& command : commands) {
      path = bad;
      EXPECT_EQ(run(command), status) << world.err;
      EXPECT_TRUE(world.err.starts_with("deputy: " + path)) << world.err;
      EXPECT_TRUE(server.calls.empty()) << bad << ": a secret that cannot be kept must not be made";
    }
  EXPECT_TRUE(std::filesystem::is_symlink(link));
}

TEST_F(SecretFiles, go_again_where_no_secret_is_made) {
  no = true;
  for (const auto& command : commands) {
    EXPECT_EQ(run(command), 1);
    EXPECT_FALSE(is_there()) << command[0] << " " << command[1];
  }
}

TEST_F(SecretFiles, that_do_not_take_the_secret_leave_it_to_be_shown) {
  for (const auto& command : commands) {
    int status = 0;
    {
      const FullDisk full;
      status = run(command);
    }
    EXPECT_EQ(status, 1);
    EXPECT_NE(world.out.find("dsk_new"), std::string::npos) << world.out << world.err;
    EXPECT_NE(world.err.find("deputy: " + path + ": File too large; so the secret is shown, this once"),
              std::string::npos) << world.err;
    const bool rotates = command[1] == std::string_view("rotate");
    EXPECT_EQ(world.err.find("The old secret (crd_1) works until") != std::string::npos, rotates) << world.err;
    EXPECT_FALSE(is_there()) << "half a secret opens nothing";
  }
}

TEST_F(SecretFiles, secrets_that_no_output_took_are_said_to_be_lost) {
  world.output_is_full = true;
  const auto told = [&](const std::vector<const char*>& command) {
    const bool tenant = command[0] == std::string_view("tenant");
    const std::string credential = "credential crd_2 is lost: take it away (`deputy credential revoke " +
                                   std::string(kBot) + " crd_2`), and make another (`deputy credential create " +
                                   kBot + "`)\n";
    EXPECT_NE(world.err.find("deputy: the output could not be written, and the secret of " +
                             (tenant ? "the tenant's administrator is lost: stop the server, and make another "
                                       "administrator (`deputy recover --tenant acme`)\n" : credential)),
              std::string::npos) << world.err;
    EXPECT_EQ(world.err.find("shown"), std::string::npos) << world.err;
  };
  for (const auto& command : commands) {
    EXPECT_EQ(world.run(command), 1);
    told(command);
    EXPECT_EQ(run(command), 1);
    EXPECT_EQ(world.err.find("lost"), std::string::npos) << "it is in the file: " << world.err;
    std::filesystem::remove(path);
    {
      const FullDisk full;
      EXPECT_EQ(run(command), 1);
    }
    told(command);
  }
}

TEST_F(SecretFiles, what_stops_a_secret_at_once_is_asked_about_at_a_terminal) {
  const std::string rotate = "https://id.test/v1/agents/" + std::string(kBot) + "/credentials/crd_1/rotate";
  const auto rotated = [&](std::vector<const char*> words, const char* answer) {
    server.calls.clear();
    world.run(words, answer);
    return server.calls.back().url == rotate;
  };
  const std::vector<const char*> at_once{"credential", "rotate", kBot, "ci", "--overlap", "0s"};
  world.at_terminal = true;
  EXPECT_FALSE(rotated(at_once, "n\n"));
  EXPECT_EQ(world.err, "Rotate credential crd_1 of " + std::string(kBot) + "? The old secret stops at once. [y/N] "
                       "deputy: nothing was done\n");
  EXPECT_FALSE(rotated({"agent", "rotate", kBot, "--overlap", "0m"}, "n\n"));
  EXPECT_TRUE(rotated(at_once, "y\n"));
  EXPECT_NE(world.err.find("The old secret (crd_1) has stopped.\n"), std::string::npos) << world.err;
  EXPECT_TRUE(rotated({"agent", "rotate", kBot}, "")) << "it has a day";
  EXPECT_NE(world.err.find("The old secret (crd_1) works until 2026-12-01T00:00:00Z.\n"), std::string::npos)
      << world.err;
  server.on("POST " + rotate, 201,
            R"({"id":"crd_2","secret":"s","replaces":{"id":"crd_1","expires_at":"2026-11-30T00:53:20Z"}})");
  EXPECT_TRUE(rotated({"agent", "rotate", kBot}, ""));
  EXPECT_NE(world.err.find("The old secret (crd_1) has stopped.\n"), std::string::npos) << world.err;
}

TEST_F(SecretFiles, are_not_for_public_keys) {
  const auto jwks = world.file("keys.json", R"({"keys":[]})");
  EXPECT_EQ(run({"credential", "create", kBot, "--jwks", jwks.c_str()}), 2);
  EXPECT_EQ(world.err, "deputy: public keys have no secret to write: leave --secret-file away\n");
  EXPECT_EQ(run({"credential", "create", kBot, "--jwks-uri", "https://b.test/jwks"}), 2);
  EXPECT_TRUE(server.calls.empty());
  EXPECT_FALSE(is_there());
}

}  // namespace
}  // namespace deputy::cli::test
