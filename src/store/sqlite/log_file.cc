// A shim over the default VFS: only the write-ahead log is wrapped, and of it only what is written is held back.
#include "store/sqlite/log_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <memory>
#include <string>

namespace deputy::store::sqlite {
namespace {

// The default VFS takes less than 128 KiB at a time.
constexpr std::size_t gathered_max = (128u << 10) - 1;

// SQLite lays it out in memory of its own: the file beneath follows it there.
struct LogFile {
  sqlite3_file as_sqlite_knows_it;
  std::string* gathered;  // not handed on yet: one stretch of the file
  sqlite3_int64 begin;    // where it goes

  sqlite3_file* beneath() { return reinterpret_cast<sqlite3_file*>(this + 1); }
  static LogFile& of(sqlite3_file* file) { return *reinterpret_cast<LogFile*>(file); }

  int hand_on() {
    if (gathered->empty()) return SQLITE_OK;
    const auto size = static_cast<int>(gathered->size());
    const int code = beneath()->pMethods->xWrite(beneath(), gathered->data(), size, begin);
    gathered->clear();
    return code;
  }
  int write(const void* bytes, int count, sqlite3_int64 at) {
    const auto size = static_cast<std::size_t>(count);
    const bool goes_on = at == begin + static_cast<sqlite3_int64>(gathered->size());
    if (!goes_on || gathered->size() + size > gathered_max) {
      if (const int code = hand_on(); code != SQLITE_OK) return code;
    }
    if (gathered->empty()) begin = at;
    gathered->append(static_cast<const char*>(bytes), size);
    return SQLITE_OK;
  }
};

// What asks about the file sees it with all that was written.
template <class Call>
int after_writing(sqlite3_file* file, Call call) {
  auto& log = LogFile::of(file);
  if (const int code = log.hand_on(); code != SQLITE_OK) return code;
  return call(log.beneath(), log.beneath()->pMethods);
}

int close(sqlite3_file* file) {
  auto& log = LogFile::of(file);
  const int written = log.hand_on();
  const int closed = log.beneath()->pMethods->xClose(log.beneath());
  delete log.gathered;
  return written == SQLITE_OK ? closed : written;
}

constexpr sqlite3_io_methods methods{
    .iVersion = 1,
    .xClose = close,
    .xRead =
        [](sqlite3_file* file, void* into, int count, sqlite3_int64 at) {
          return after_writing(file, [&](auto* real, auto* by) { return by->xRead(real, into, count, at); });
        },
    .xWrite = [](sqlite3_file* file, const void* bytes, int count,
                 sqlite3_int64 at) { return LogFile::of(file).write(bytes, count, at); },
    .xTruncate =
        [](sqlite3_file* file, sqlite3_int64 size) {
          return after_writing(file, [&](auto* real, auto* by) { return by->xTruncate(real, size); });
        },
    .xSync =
        [](sqlite3_file* file, int flags) {
          return after_writing(file, [&](auto* real, auto* by) { return by->xSync(real, flags); });
        },
    .xFileSize =
        [](sqlite3_file* file, sqlite3_int64* size) {
          return after_writing(file, [&](auto* real, auto* by) { return by->xFileSize(real, size); });
        },
    .xLock = [](sqlite3_file*, int) { return SQLITE_OK; },  // a log is locked by its index, never by itself
    .xUnlock = [](sqlite3_file*, int) { return SQLITE_OK; },
    .xCheckReservedLock =
        [](sqlite3_file*, int* reserved) {
          *reserved = 0;
          return SQLITE_OK;
        },
    .xFileControl =
        [](sqlite3_file* file, int what, void* with) {
          return after_writing(file, [&](auto* real, auto* by) { return by->xFileControl(real, what, with); });
        },
    .xSectorSize =
        [](sqlite3_file* file) {
          auto* real = LogFile::of(file).beneath();
          return real->pMethods->xSectorSize(real);
        },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) {
          auto* real = LogFile::of(file).beneath();
          return real->pMethods->xDeviceCharacteristics(real);
        },
    .xShmMap = nullptr, .xShmLock = nullptr, .xShmBarrier = nullptr, .xShmUnmap = nullptr,  // the database's own
    .xFetch = nullptr, .xUnfetch = nullptr,
};

sqlite3_vfs* real_vfs() {
  static sqlite3_vfs* const found = sqlite3_vfs_find(nullptr);
  return found;
}

int open(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  auto* real = real_vfs();
  if ((flags & SQLITE_OPEN_WAL) == 0) return real->xOpen(real, name, file, flags, out_flags);
  auto& log = LogFile::of(file);
  log.as_sqlite_knows_it.pMethods = nullptr;  // open nothing, close nothing
  if (const int code = real->xOpen(real, name, log.beneath(), flags, out_flags); code != SQLITE_OK) return code;
  log.gathered = new std::string();
  log.begin = 0;
  log.as_sqlite_knows_it.pMethods = &methods;
  return SQLITE_OK;
}

}  // namespace

const char* log_file_vfs() {
  static const char* const name = []() -> const char* {
    const auto* real = real_vfs();
    if (real == nullptr) return nullptr;
    static sqlite3_vfs own = *real;
    own.pNext = nullptr;
    own.zName = "deputy";
    own.szOsFile = real->szOsFile + static_cast<int>(sizeof(LogFile));
    own.xOpen = open;
    return sqlite3_vfs_register(&own, 0) == SQLITE_OK ? own.zName : nullptr;
  }();
  return name;
}

}  // namespace deputy::store::sqlite
