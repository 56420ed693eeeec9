// What is moved into SQLite's file, and by whom; and syncs of it that fail, of which Linux tells once: nothing that was
// answered is lost by those that succeed afterwards.
#include <pthread.h>
#include <sqlite3.h>

#include <array>
#include <fstream>
#include <map>
#include <mutex>

#include "store/commit_health.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

// The default VFS, but that a sync of the database's file fails when it is told to: what was written since the one
// before is shown as it was written, and is gone when the power is cut.
class Disk {
 public:
  // Once, before anything is opened.
  static void install() {
    beneath_ = sqlite3_vfs_find(nullptr);
    static sqlite3_vfs own = *beneath_;
    own.pNext = nullptr;
    own.zName = "disk";
    own.xOpen = open;
    ASSERT_EQ(sqlite3_vfs_register(&own, 1), SQLITE_OK);
  }
  // The next sync, if it is by a thread of this name; empty: by any.
  static void fail_next(std::string thread) {
    const std::lock_guard lock(mutex_);
    failing_ = std::move(thread);
  }
  // How many pages threads of this name have written into databases' files.
  static std::size_t pages_by(const std::string& thread) {
    const std::lock_guard lock(mutex_);
    return pages_[thread];
  }
  // While nobody has the file open.
  static void cut_power(const std::string& file) {
    const std::lock_guard lock(mutex_);
    lost_.merge(unsynced_);
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    for (const auto& [at, before] : lost_) out.seekp(at).write(before.data(), static_cast<long>(before.size()));
    EXPECT_TRUE(out.flush().good());
    lost_.clear();
    unsynced_.clear();
  }

 private:
  using Pages = std::map<sqlite3_int64, std::string>;  // as they are on the disk

  static std::string name_of_thread() {
    std::array<char, 16> name{};
    ::pthread_getname_np(::pthread_self(), name.data(), name.size());
    return name.data();
  }
  static int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    const int code = beneath_->xOpen(beneath_, name, file, flags, out_flags);
    if (code != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) return code;
    const std::lock_guard lock(mutex_);
    if (real_ == nullptr) {
      real_ = file->pMethods;
      methods_ = *real_;
      methods_.xWrite = write;
      methods_.xSync = sync;
    }
    file->pMethods = &methods_;
    return code;
  }
  static int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) {
    const std::lock_guard lock(mutex_);
    std::string before(static_cast<std::size_t>(count), '\0');
    if (const auto gone = lost_.extract(at)) {
      before = gone.mapped();
    } else {
      const int code = real_->xRead(file, before.data(), count, at);
      if (code != SQLITE_OK && code != SQLITE_IOERR_SHORT_READ) return code;
    }
    unsynced_.emplace(at, std::move(before));
    ++pages_[name_of_thread()];
    return real_->xWrite(file, bytes, count, at);
  }
  static int sync(sqlite3_file* file, int flags) {
    const std::lock_guard lock(mutex_);
    if (failing_ && (failing_->empty() || *failing_ == name_of_thread())) {
      failing_.reset();
      lost_.merge(unsynced_);
      unsynced_.clear();
      return SQLITE_IOERR_FSYNC;
    }
    unsynced_.clear();
    return real_->xSync(file, flags);
  }

  static inline sqlite3_vfs* beneath_ = nullptr;
  static inline const sqlite3_io_methods* real_ = nullptr;  // the same for each file
  static inline sqlite3_io_methods methods_{};
  static inline std::mutex mutex_;
  static inline std::optional<std::string> failing_;
  static inline Pages unsynced_, lost_;
  static inline std::map<std::string, std::size_t> pages_;
};

// Stays, as a backup does, at what was committed last.
class Backup {
 public:
  explicit Backup(const std::string& file) {
    EXPECT_EQ(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle_, "BEGIN; SELECT count(*) FROM tree", nullptr, nullptr, nullptr), SQLITE_OK);
  }
  ~Backup() { sqlite3_close(handle_); }
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;

 private:
  sqlite3* handle_ = nullptr;
};

class FailedSync : public SqliteFile {
 protected:
  FailedSync() {
    static const bool installed = (Disk::install(), true);
    EXPECT_TRUE(installed);
  }
  std::uintmax_t log_size() const {
    std::error_code none;
    const auto size = std::filesystem::file_size(file + "-wal", none);
    return none ? 0 : size;
  }
  void expect_events(Store& store, std::uint64_t count) {
    EXPECT_EQ(*store.last_event(), count);
    for (std::uint64_t i = 1; i <= count; ++i) {
      const auto found = store.event("acme", "evt_" + std::to_string(i));
      ASSERT_TRUE(found && *found) << i;
      ASSERT_EQ((*found)->seq, i);
      ASSERT_EQ((*found)->body, audit::encode(numbered(i)));
    }
  }
  static audit::Event numbered(std::uint64_t i) {
    auto one = event("evt_" + std::to_string(i));
    one.changes = '"' + std::string(20'000, static_cast<char>('a' + i % 26)) + '"';
    return one;
  }
};

class FailedSyncBy : public FailedSync, public testing::WithParamInterface<const char*> {};

TEST_P(FailedSyncBy, stops_the_store_until_it_is_opened_again_and_then_all_is_there) {
  CommitHealth health;
  auto opened = open_sqlite_store({.file = file}, health);
  ASSERT_TRUE(opened);
  auto store = std::move(opened).take();
  Disk::fail_next(GetParam());
  testing::internal::CaptureStderr();
  constexpr std::uint64_t most = 20'000;  // beyond the longest log
  std::uint64_t answered = 0;
  while (answered < most && was_done(store->commit_now({Append{numbered(answered + 1)}}))) ++answered;
  const auto said = testing::internal::GetCapturedStderr();
  ASSERT_LT(answered, most) << "nobody took notice";
  EXPECT_NE(said.find("\"event\":\"store.sync_failed\""), std::string::npos) << said;
  EXPECT_TRUE(health.failing());
  const auto again = store->commit_now({Append{event("evt_again")}});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, Fault::Kind::unavailable);
  EXPECT_FALSE(store->purge(noon, 10));
  EXPECT_TRUE(health.failing());
  EXPECT_EQ(*store->last_event(), answered) << "what is there is read";
  store.reset();
  EXPECT_GT(log_size(), 0u);
  Disk::cut_power(file);
  store = open();
  expect_events(*store, answered);
  EXPECT_TRUE(was_done(store->commit_now({Append{numbered(answered + 1)}})));
}

INSTANTIATE_TEST_SUITE_P(Store, FailedSyncBy, testing::Values("store-mover", "store-writer"), [](const auto& info) {
  return std::string(info.param).substr(std::string("store-").size());
});

TEST_F(FailedSync, on_closing_leaves_the_log) {
  auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({Append{numbered(1)}, Append{numbered(2)}})));
  Disk::fail_next("");
  store.reset();
  EXPECT_GT(log_size(), 0u);
  Disk::cut_power(file);
  expect_events(*open(), 2);
}

TEST_F(FailedSync, and_where_none_fails_no_log_is_left) {
  auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({Append{numbered(1)}})));
  ASSERT_EQ(*store->last_event(), 1u) << "as a reader sees it";
  store.reset();
  EXPECT_EQ(log_size(), 0u);
  Disk::cut_power(file);
  expect_events(*open(), 1);
}

class Moved : public FailedSync {};

// The writer moves what is little, and only that: who waits for it waits for milliseconds.
TEST_F(Moved, is_what_a_backup_held_up_by_another_than_the_writer) {
  constexpr std::uintmax_t page = 4096;
  const auto store = open();
  std::uint64_t count = 0;
  const auto append = [&](int events) {
    Writes writes;
    for (int i = 0; i < events; ++i) writes.push_back(Append{numbered(++count)});
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
  };
  append(1);
  auto backup = std::make_unique<Backup>(file);
  while (log_size() < 9000 * page) append(8);  // beyond where it would begin anew
  // One backup takes the other's place, nearer to the log's end, until what is left is the writer's share.
  const auto by_writer = Disk::pages_by("store-writer");
  constexpr int turns_max = 3000;  // a few are enough, and these would not bring the log to its longest
  int turns = 0;
  for (; Disk::pages_by("store-writer") == by_writer && turns < turns_max; ++turns) {
    append(1);
    backup = std::make_unique<Backup>(file);  // the new one is there before the old one goes
  }
  ASSERT_LT(turns, turns_max) << "the writer moves nothing, however little there is";
  for (int i = 0; i < 80; ++i) append(8);
  const auto before = Disk::pages_by("store-writer");
  backup.reset();
  for (int i = 0; i < 3; ++i) append(1);
  EXPECT_LT(Disk::pages_by("store-writer") - before, 1500u) << "of some 4,000";
}

}  // namespace
}  // namespace deputy::store
