// Checkpointer: moves the write-ahead log's pages into the file, on its own thread, so that no commit waits for it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "store/sqlite/database.h"

namespace deputy::store::sqlite {

// The log can only begin anew when all of it has been moved, and while tokens are being issued a background thread
// never catches up. So it does the bulk, and the writer, between two groups, the little that is left.
class Checkpointer {
 public:
  // `writer` is the writer's own connection, used on the writer's thread only.
  static Result<std::unique_ptr<Checkpointer>, Fault> start(const std::string& file, sqlite3* writer);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Called, on either thread, before pages are moved: who keeps them from it for no need lets go. Set before the first
  // group.
  void before_moving(std::function<void()> let_go) { let_go_ = std::move(let_go); }
  // Called, on either thread, when a sync of what was moved failed. Linux tells of a lost write once, and the next sync
  // succeeds: from then on nobody may call after_group() or commit, for that could begin the log anew, which has all of
  // it until the store is opened again. Set before the first group.
  void when_lost(std::function<void()> tell) { tell_ = std::move(tell); }
  // On the writer's thread, between groups.
  void after_group();

 private:
  Checkpointer(Database database, sqlite3* writer);
  void run();
  void move_bulk();
  void wake();
  void report(int code, sqlite3* handle);

  Database database_;
  std::function<void()> let_go_, tell_;
  sqlite3* const writer_;
  int log_pages_ = 0;  // the writer's: how long the log is
  int log_pages_before_ = 0;
  std::atomic<int> moved_pages_ = 0;
  std::atomic<bool> busy_ = false;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace deputy::store::sqlite
