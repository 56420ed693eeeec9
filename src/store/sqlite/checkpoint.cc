// When pages are moved, by whom, and what is synced.
#include "store/sqlite/checkpoint.h"

#include "base/log.h"
#include "base/this_thread.h"

namespace deputy::store::sqlite {
namespace {

// Sizes of the log, in pages of 4 KiB.
constexpr int bulk_pages = 512;       // so many waiting ones are worth a wake-up
constexpr int restart_pages = 8192;   // from here on the log should begin anew; below journal_size_limit
constexpr int rest_pages = 256;       // what the writer moves itself: some 2 ms
constexpr int longest_pages = 65536;  // beyond, the writer moves all there is, however long it takes
constexpr std::size_t cache_kib = 256;

}  // namespace

Result<std::unique_ptr<Checkpointer>, Fault> Checkpointer::start(const std::string& file, sqlite3* writer) {
  TRY(auto database, Database::open(file, Database::Use::write, cache_kib));
  return std::unique_ptr<Checkpointer>(new Checkpointer(std::move(database), writer));
}

Checkpointer::Checkpointer(Database database, sqlite3* writer) : database_(std::move(database)), writer_(writer) {
  sqlite3_wal_hook(
      writer_,
      [](void* pages, sqlite3*, const char*, int count) {
        *static_cast<int*>(pages) = count;
        return SQLITE_OK;
      },
      &log_pages_);
  thread_ = std::thread([this] { run(); });
}

Checkpointer::~Checkpointer() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
  sqlite3_wal_hook(writer_, nullptr, nullptr);
}

void Checkpointer::after_group() {
  if (busy_.load(std::memory_order_acquire)) return;
  if (log_pages_ < log_pages_before_) moved_pages_ = 0;  // it began anew
  log_pages_before_ = log_pages_;
  const int waiting = log_pages_ - moved_pages_;
  if ((log_pages_ >= restart_pages && waiting <= rest_pages) || log_pages_ >= longest_pages) {
    let_go_();
    // When this reaches the end of the log, the next commit starts at its beginning. A reader in the way only means
    // that it is tried again after one of the next groups.
    int pages = 0, moved = 0;
    const int code = sqlite3_wal_checkpoint_v2(writer_, nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
    if (code == SQLITE_OK)
      moved_pages_ = moved;  // up to a reader's place: the rest is left to the mover when it has grown
    else
      report(code, writer_);
  } else if (waiting >= bulk_pages || log_pages_ >= restart_pages) {
    wake();
  }
}

void Checkpointer::wake() {
  {
    const std::lock_guard lock(mutex_);
    busy_ = true;
  }
  wake_.notify_one();
}

void Checkpointer::run() {
  begin_thread("store-mover");  // in step with the writer, or the log grows
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return busy_ || closing_; });
      if (closing_) return;
    }
    move_bulk();
    busy_.store(false, std::memory_order_release);
  }
}

void Checkpointer::move_bulk() {
  // The writer may be in the middle of the log's header just then, which SQLite calls busy: that is over at once.
  constexpr int tries_max = 3;
  int pages = 0, moved = 0, code = SQLITE_BUSY;
  let_go_();
  for (int tried = 0; code == SQLITE_BUSY && tried < tries_max; ++tried)
    code = sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &pages, &moved);
  if (code != SQLITE_OK) return report(code, database_.handle());
  if (moved_pages_.exchange(moved) == moved) return;  // a reader is in the way: there is nothing new to sync
  // SQLite syncs the file only at the log's end, which the writer reaches: without this, it would wait there for all.
  sqlite3_file* file = nullptr;
  code = sqlite3_file_control(database_.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (code == SQLITE_OK) code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
  if (code != SQLITE_OK) report(code, nullptr);
}

// What could not be written is tried again, and stays in the log until then.
void Checkpointer::report(int code, sqlite3* handle) {
  const auto detail = fault_of(code, handle).detail;
  if (code != SQLITE_IOERR_FSYNC) return log::line(log::Level::warn, "store.checkpoint_failed", {{"detail", detail}});
  log::line(log::Level::error, "store.sync_failed",
            {{"detail", detail + "; nothing more is written until the server is started anew"}});
  tell_();
}

}  // namespace deputy::store::sqlite
