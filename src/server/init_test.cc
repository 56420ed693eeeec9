// An init that is refused leaves everything as it was, and says what would let it through.
#include "server/init.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>

#include "http/certificate_test.h"
#include "server/data_lock.h"
#include "server/recover.h"
#include "server/seal_key.h"
#include "server/temporary_folder_test.h"
#include "server/world.h"

namespace {

std::mutex mutex;
std::set<std::pair<dev_t, ino_t>> synced;  // files and directories, whatever they are called since

std::pair<dev_t, ino_t> identity(const struct stat& facts) { return {facts.st_dev, facts.st_ino}; }

}  // namespace

// The C library's, but that it is noted what for.
extern "C" int fsync(int descriptor) {
  struct stat facts{};
  if (::fstat(descriptor, &facts) == 0) {
    const std::lock_guard lock(mutex);
    synced.insert(identity(facts));
  }
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

namespace {

int no_links = 0, no_exclusive_rename = 0;  // errno, where the file system has none of them

}  // namespace

// The system's, but where a test stands on a file system that has no such thing.
extern "C" int link(const char* from, const char* to) noexcept {
  if (no_links == 0) return static_cast<int>(::syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0));
  errno = no_links;
  return -1;
}
extern "C" int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned int flags) noexcept {
  if (no_exclusive_rename == 0) return static_cast<int>(::syscall(SYS_renameat2, from_at, from, to_at, to, flags));
  errno = no_exclusive_rename;
  return -1;
}

namespace deputy::server {
namespace {

class RefusedInit : public ::testing::Test {
 protected:
  Config config(Values settings = {}) const {
    settings.try_emplace("data", folder + "/id");
    return *build({{{"http.port", "0"}}, std::move(settings)});
  }
  // What init says; "made" where it does.
  std::string said(Values settings = {}) const {
    const auto made = init(config(std::move(settings)));
    return made ? "made" : made.error().detail;
  }
  std::string path(const std::string& name) const { return folder + "/id/" + name; }
  // Every file with its bytes.
  std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder + "/id")) {
      std::ifstream in(entry.path());
      files[entry.path().filename()].assign(std::istreambuf_iterator<char>(in), {});
    }
    return files;
  }

  const TemporaryFolder temporary;
  const std::string& folder = temporary.path();
};

TEST_F(RefusedInit, writes_no_settings_beside_a_store) {
  ASSERT_EQ(said(), "made");
  std::filesystem::remove(path("deputy.yaml"));
  const auto before = all();
  EXPECT_NE(said({{"origin", "https://other.example"}}).find("never overwrites"), std::string::npos);
  EXPECT_EQ(all(), before);
}

TEST_F(RefusedInit, writes_no_seal_key_beside_a_store) {
  ASSERT_EQ(said(), "made");
  std::filesystem::remove(path("seal.key"));
  const auto before = all();
  EXPECT_NE(said().find("never overwrites"), std::string::npos);
  EXPECT_EQ(all(), before);
}

TEST_F(RefusedInit, makes_no_key_for_a_store_that_was_begun_with_another) {
  ASSERT_EQ(::mkdir((folder + "/id").c_str(), 0700), 0);
  { ASSERT_TRUE(store::open_sqlite_store(config().sqlite)); }
  const auto before = all();
  EXPECT_NE(said().find("is not at " + path("seal.key")), std::string::npos) << said();
  EXPECT_EQ(all(), before);
}

TEST_F(RefusedInit, leaves_a_store_of_an_older_version_as_it_is) {
  ASSERT_EQ(said(), "made");
  {
    std::fstream file(config().sqlite.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(63).put(1);  // the SQLite file format, §1.3: the lowest byte of the user version
  }
  const auto before = all();
  EXPECT_NE(said().find("never overwrites"), std::string::npos) << said();
  EXPECT_EQ(all(), before);
}

TEST_F(RefusedInit, finishes_no_store_that_another_process_is_at) {
  ASSERT_EQ(::mkdir((folder + "/id").c_str(), 0700), 0);
  const auto other = DataLock::take(folder + "/id");
  ASSERT_TRUE(other);
  const auto before = all();
  EXPECT_NE(said().find("another server runs on"), std::string::npos) << said();
  EXPECT_EQ(all(), before);
}

TEST_F(RefusedInit, makes_nothing_that_could_not_be_served) {
  const http::Certificate certificate("id"), other("other");
  const auto none = folder + "/none.pem";
  for (const auto& [settings, about] :
       {std::pair(Values{{"http.certificate_file", none}, {"http.private_key_file", none}}, none),
        std::pair(Values{{"http.certificate_file", certificate.tls.certificate_file},
                         {"http.private_key_file", other.tls.private_key_file}},
                  other.tls.private_key_file + " is not the key of the certificate in " +
                      certificate.tls.certificate_file),
        std::pair(Values{{"fetch.ca_file", none}}, none)}) {
    EXPECT_NE(said(settings).find(about), std::string::npos) << said(settings);
    EXPECT_FALSE(std::filesystem::exists(folder + "/id"));
  }
}

TEST_F(RefusedInit, asks_for_the_origin_of_a_server_that_listens_beyond_this_machine) {
  Values settings{{"http.address", "0.0.0.0"}, {"http.trusted_proxies", "10.0.0.1"}};
  EXPECT_NE(said(settings).find("origin is not set, and http.address is neither 127.0.0.1 nor ::1"), std::string::npos);
  EXPECT_NE(said(settings).find("--origin https://HOST[:PORT]"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder + "/id"));
  settings.emplace("origin", "https://id.example");
  EXPECT_EQ(said(settings), "made");
}

// No file grows beyond that while it lives: as on a disk that is full, a write is cut short, and the next one fails.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t octets) {
    EXPECT_EQ(::getrlimit(RLIMIT_FSIZE, &before_), 0);
    const rlimit small{.rlim_cur = octets, .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  }
  ~SmallFiles() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int) = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before_{};
};

TEST_F(RefusedInit, leaves_no_part_of_a_file_that_it_cannot_write_and_succeeds_once_it_can) {
  for (const auto& [octets, file] :
       {std::pair(0, "seal.key"), std::pair(10, "seal.key"), std::pair(60, "deputy.yaml")}) {
    const auto data = folder + "/" + std::to_string(octets);
    const auto refused = [&, limit = octets] {
      const SmallFiles small(static_cast<rlim_t>(limit));
      return said({{"data", data}});
    }();
    EXPECT_EQ(refused, "cannot write " + data + "/" + file + ": File too large");
    EXPECT_FALSE(std::filesystem::exists(data + "/" + file)) << octets;
    EXPECT_EQ(said({{"data", data}}), "made") << octets;
    EXPECT_TRUE(World::open(config({{"data", data}}))) << octets;
  }
}

// Killed while it writes: where a file may grow no more, the next octet of it is the end (setrlimit(2)).
TEST_F(RefusedInit, by_a_kill_leaves_no_part_of_a_file_that_the_next_would_take_for_what_was_made) {
  for (const auto& [octets, file] : {std::pair(10, "seal.key"), std::pair(60, "deputy.yaml")}) {
    const auto data = folder + "/killed" + std::to_string(octets);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const rlimit small{.rlim_cur = static_cast<rlim_t>(octets), .rlim_max = static_cast<rlim_t>(octets)}, none{};
      ::setrlimit(RLIMIT_CORE, &none);
      ::setrlimit(RLIMIT_FSIZE, &small);
      std::signal(SIGXFSZ, SIG_DFL);
      (void)init(config({{"data", data}}));
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ) << status;
    EXPECT_FALSE(std::filesystem::exists(data + "/" + file));
    const Values settings{{"data", data}, {"origin", "https://id.example"}};
    EXPECT_EQ(said(settings), "made") << file;
    EXPECT_TRUE(World::open(config(settings))) << file;
  }
}

TEST_F(RefusedInit, by_its_store_leaves_no_settings_that_the_next_would_be_served_with) {
  const auto refused = [&] {
    const SmallFiles small(2000);
    return said({{"origin", "https://old.example"}});
  };
  EXPECT_TRUE(refused().starts_with("sqlite: ")) << refused();
  for (const auto* file : {"deputy.yaml", "deputy.db", "deputy.db-journal", "deputy.db-wal", "deputy.db-shm"})
    EXPECT_FALSE(std::filesystem::exists(path(file))) << file;
  const Values anew{{"origin", "https://new.example"}};
  EXPECT_EQ(said(anew), "made");
  EXPECT_NE(all().at("deputy.yaml").find("https://new.example"), std::string::npos) << all().at("deputy.yaml");
  EXPECT_TRUE(World::open(config(anew)));
}

TEST_F(RefusedInit, by_its_store_leaves_what_was_there_before) {
  ASSERT_EQ(::mkdir((folder + "/id").c_str(), 0700), 0);
  { ASSERT_TRUE(store::open_sqlite_store(config().sqlite)); }
  SystemRandom random;
  std::ofstream(path("seal.key")) << crypto::SealKey::generate_text(random) << '\n';
  ASSERT_EQ(::chmod(path("seal.key").c_str(), 0600), 0);
  std::ofstream(path("deputy.yaml")) << "log: {level: warn}\n";
  const auto before = all();
  {
    const SmallFiles small(0);
    EXPECT_NE(said(), "made");
  }
  for (const auto* file : {"seal.key", "deputy.yaml", "deputy.db"})
    EXPECT_EQ(all().at(file), before.at(file)) << file;
  EXPECT_EQ(said(), "made") << "what another was cut short at is finished";
  EXPECT_EQ(all().at("deputy.yaml"), before.at("deputy.yaml"));
  EXPECT_TRUE(World::open(config()));
}

class MadeByInit : public RefusedInit {};

TEST_F(MadeByInit, is_what_a_power_cut_leaves_there) {
  const auto root = std::filesystem::canonical(folder).string();
  std::filesystem::create_directory(root + "/keys");
  ASSERT_EQ(said({{"data", root + "/a/b/id"}, {"seal_key_file", root + "/keys/seal.key"}}), "made");
  const std::lock_guard lock(mutex);
  for (const auto* path : {"", "/a", "/a/b", "/a/b/id", "/a/b/id/deputy.yaml", "/keys", "/keys/seal.key"}) {
    struct stat facts{};
    ASSERT_EQ(::stat((root + path).c_str(), &facts), 0) << path;
    EXPECT_TRUE(synced.contains(identity(facts))) << path;
  }
}

TEST_F(RefusedInit, and_serving_with_another_seal_key_names_the_file) {
  ASSERT_EQ(said(), "made");
  SystemRandom random;
  std::ofstream(path("seal.key")) << crypto::SealKey::generate_text(random) << '\n';
  const auto world = World::open(config());
  ASSERT_FALSE(world);
  EXPECT_NE(world.error().detail.find("was made with in " + path("seal.key")), std::string::npos)
      << world.error().detail;
}

// An older Deputy refuses a file that a newer one has brought to its form: who cannot serve it, leaves it.
TEST_F(RefusedInit, and_serving_with_what_is_anothers_brings_no_file_forward) {
  ASSERT_EQ(said(), "made");
  {
    std::fstream file(config().sqlite.file, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(63).put(1);  // the SQLite file format, §1.3: the lowest byte of the user version
  }
  const auto before = all().at("deputy.db");
  const auto expect_refused = [&](const Config& with, const std::string& about) {
    const auto world = World::open(with);
    ASSERT_FALSE(world);
    EXPECT_NE(world.error().detail.find(about), std::string::npos) << world.error().detail;
    const auto made = recover(with, "default");
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().detail, world.error().detail);
    EXPECT_EQ(all().at("deputy.db"), before);
  };
  expect_refused(config({{"origin", "https://other.example"}}), "set origin to http://127.0.0.1:8440");
  SystemRandom random;
  std::ofstream(path("seal.key")) << crypto::SealKey::generate_text(random) << '\n';
  expect_refused(config(), "was made with in " + path("seal.key"));
  std::filesystem::remove(path("seal.key"));
  expect_refused(config(), "there is no seal key at " + path("seal.key"));
}

class WithoutLinks : public RefusedInit {
 protected:
  ~WithoutLinks() override { no_links = no_exclusive_rename = 0; }
  void expect_made(const std::string& data) {
    EXPECT_EQ(said({{"data", data}}), "made");
    for (const auto* file : {"/seal.key", "/deputy.yaml"}) {
      struct stat facts{};
      ASSERT_EQ(::stat((data + file).c_str(), &facts), 0) << file;
      EXPECT_EQ(facts.st_mode & 0777, 0600u) << file;
      EXPECT_GT(facts.st_size, 0) << file;
    }
    for (const auto& entry : std::filesystem::directory_iterator(data))
      EXPECT_EQ(entry.path().filename().string().find("seal.key."), std::string::npos) << "what it was made under";
    EXPECT_TRUE(World::open(config({{"data", data}})));
  }
};

TEST_F(WithoutLinks, is_made_by_what_there_is) {
  for (const int none : {EPERM, EOPNOTSUPP, ENOSYS}) {
    no_links = none;
    expect_made(folder + "/renamed" + std::to_string(none));
  }
  for (const int none : {EINVAL, ENOSYS, EOPNOTSUPP, EPERM}) {
    no_exclusive_rename = none;
    expect_made(folder + "/written" + std::to_string(none));
  }
}

TEST_F(WithoutLinks, leaves_no_part_of_a_file) {
  no_links = no_exclusive_rename = EPERM;
  {
    const SmallFiles small(10);
    EXPECT_EQ(said(), "cannot write " + path("seal.key") + ": File too large");
  }
  EXPECT_FALSE(std::filesystem::exists(path("seal.key")));
  no_links = ENOSPC;
  EXPECT_EQ(said(), "cannot write " + path("seal.key") + ": No space left on device") << "that is no lack of links";
}

class SealKey : public RefusedInit {
 protected:
  void SetUp() override { ASSERT_EQ(said(), "made"); }
  std::string served() const {
    const auto world = World::open(config());
    return world ? "ok" : world.error().detail;
  }
};

TEST_F(SealKey, that_is_no_key_is_refused_by_its_file) {
  for (const auto* text : {"", "\n", "short\n", "no+base64url/of+32+octets/no+base64url/of+32+o\n"}) {
    std::ofstream(path("seal.key")) << text;
    EXPECT_TRUE(served().starts_with(path("seal.key") + ": a sealing key is 32 octets")) << served();
  }
  const std::string long_line(4096, 'A');
  std::ofstream(path("seal.key")) << long_line;
  EXPECT_TRUE(served().starts_with(path("seal.key") + ": a sealing key is 32 octets")) << served();
}

TEST_F(SealKey, that_cannot_be_read_is_not_called_malformed) {
  std::filesystem::remove(path("seal.key"));
  ASSERT_EQ(::mkdir(path("seal.key").c_str(), 0700), 0);
  EXPECT_EQ(served(), "cannot read " + path("seal.key") + ": Is a directory");
}

TEST_F(SealKey, that_is_open_to_others_is_refused_by_its_file) {
  ASSERT_EQ(::chmod(path("seal.key").c_str(), 0640), 0);
  EXPECT_EQ(served(), "the seal key is open to others: chmod 600 " + path("seal.key"));
}

TEST_F(SealKey, in_the_environment_is_named_by_its_variable) {
  ASSERT_EQ(::setenv("DEPUTY_SEAL_KEY", "short", 1), 0);
  EXPECT_TRUE(served().starts_with("DEPUTY_SEAL_KEY: a sealing key is 32 octets")) << served();
  EXPECT_EQ(served(), "ok");  // what stood there is taken out once it is read
}

}  // namespace
}  // namespace deputy::server
