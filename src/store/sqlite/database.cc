// Opening a connection the one way we open them, and turning SQLite's codes into Faults.
#include "store/sqlite/database.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <mutex>

#include "base/encoding.h"
#include "store/sqlite/log_file.h"

namespace deputy::store::sqlite {
namespace {

// Once a process, before the first connection: the statistics would take one global lock at every allocation.
void configure_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  });
}

constexpr std::string_view by_sqlite = "sqlite: ";  // every detail of its own begins so
constexpr int busy_wait_ms = 5000;  // another process (a backup) holding the file

// page_size only takes effect on an empty file.
constexpr const char* both_pragmas =
    "PRAGMA page_size=4096; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF;";
// FULL: a commit is on the disk before anyone is told. Checkpoints are ours (checkpoint.h), and the log is cut back
// to a bounded size where it begins anew.
constexpr const char* write_pragmas =
    "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864;"
    "PRAGMA secure_delete=FAST;";
constexpr const char* read_pragmas = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;";

}  // namespace

Fault fault_of(int code, sqlite3* handle) {
  std::string detail(by_sqlite);
  detail += handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      // All three: a log that is left beside a backup would be played into it.
      if (const auto* file = handle ? sqlite3_db_filename(handle, "main") : nullptr; file != nullptr && *file != '\0') {
        const std::string path(file), name = path.substr(path.rfind('/') + 1);
        detail += ": move " + path + ", " + name + "-wal and " + name +
                  "-shm aside together, and put a backup in their place";
      }
      return {Fault::Kind::corrupt, std::move(detail)};
    default:
      return {Fault::Kind::unavailable, std::move(detail)};
  }
}

bool is_sqlites(const Fault& fault) { return fault.detail.starts_with(by_sqlite); }

Fault cannot_open(const std::string& file) {
  return {Fault::Kind::unavailable, "cannot open " + file + ": " + std::strerror(errno)};
}

std::string resolved(const std::string& file) {
  const std::filesystem::path path(file);
  std::error_code unknown;
  const auto folder = std::filesystem::canonical(path.has_parent_path() ? path.parent_path() : ".", unknown);
  return unknown ? file : (folder / path.filename()).string();
}

Result<bool, Fault> Rows::next() {
  if (code_ == SQLITE_OK) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return Fail{fault_of(code, sqlite3_db_handle(statement_))};
  }
  return Fail{fault_of(code_, sqlite3_db_handle(statement_))};
}

std::string_view Rows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return bytes ? std::string_view(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)))
               : std::string_view();
}

Result<Database, Fault> Database::open(const std::string& file, Use use, std::size_t cache_kib) {
  configure_library();
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, log_file_vfs());
  Database database(handle);
  if (code != SQLITE_OK) return Fail{fault_of(code, handle)};
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, busy_wait_ms);
  TRY(auto both, database.execute(both_pragmas));
  TRY(auto cache, database.execute(("PRAGMA cache_size=-" + std::to_string(cache_kib)).c_str()));
  TRY(auto own, database.execute(use == Use::write ? write_pragmas : read_pragmas));
  if (use == Use::read) database.keep_log();
  return database;
}

Result<Database, Fault> Database::look(const std::string& file) {
  configure_library();
  std::string uri = "file:";
  for (const char c : file) {
    if (c == '%' || c == '?' || c == '#')
      uri.append("%").append(hex(std::string_view(&c, 1)));
    else
      uri.push_back(c);
  }
  uri.append("?immutable=1");
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(
      uri.c_str(), &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW,
      nullptr);
  Database database(handle);
  if (code != SQLITE_OK) return Fail{fault_of(code, handle)};
  return database;
}

Result<Done, Fault> Database::log_ahead() {
  TRY(auto statement, prepare("PRAGMA journal_mode=WAL"));
  auto rows = statement.run();
  TRY([[maybe_unused]] bool row, rows.next());
  if (rows.text(0) != "wal")
    return Fail{Fault{Fault::Kind::unavailable, "sqlite: the file system does not allow a write-ahead log"}};
  return Done{};
}

Result<Done, Fault> Database::execute(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return Fail{fault_of(code, handle_.get())};
  return Done{};
}

Result<std::int64_t, Fault> Database::integer(const char* sql) {
  TRY(auto statement, prepare(sql));
  auto rows = statement.run();
  TRY(bool row, rows.next());
  return row ? rows.integer(0) : 0;
}

Result<Statement, Fault> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (code != SQLITE_OK) return Fail{fault_of(code, handle_.get())};
  return Statement(statement);
}

Result<Done, Fault> Database::prepare(std::initializer_list<Prepared> statements) {
  for (const auto& [statement, sql] : statements) {
    TRY(auto prepared, prepare(sql));
    *statement = std::move(prepared);
  }
  return Done{};
}

}  // namespace deputy::store::sqlite
