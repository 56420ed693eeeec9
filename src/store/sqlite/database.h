// Database, Statement, Rows: SQLite's C interface with an owner for each handle and a Result for each answer.
#pragma once

#include <sqlite3.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"

namespace deputy::store::sqlite {

// The Fault that SQLite's result code means, with SQLite's own words for the log.
Fault fault_of(int code, sqlite3* handle);
// Is it one of those? Else we found it ourselves, in what a row says.
bool is_sqlites(const Fault& fault);
// The Fault of a system call that failed on the file, from errno.
Fault cannot_open(const std::string& file);

// The file by its full name. The folder may be reached through links, and is where they lead now; the file in it is no
// link.
std::string resolved(const std::string& file);

// The answer to one run of a statement. Text is valid until the next next(); going, it makes the statement ready again.
class Rows {
 public:
  Rows(sqlite3_stmt* statement, int code) : statement_(statement), code_(code) {}
  ~Rows() { sqlite3_reset(statement_); }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // True: a row is there to be read.
  Result<bool, Fault> next();
  std::string_view text(int column) const;
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  Instant instant(int column) const { return from_unix_millis(integer(column)); }
  bool null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

 private:
  sqlite3_stmt* statement_;
  int code_;  // of binding
};

// A prepared statement, kept for as long as its connection.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

  // Binds ?1, ?2, … and runs. Text is not copied: it must live as long as the Rows.
  template <class... Values>
  Rows run(const Values&... values) {
    int at = 0, code = SQLITE_OK;
    ((code = code == SQLITE_OK ? bind(++at, values) : code), ...);
    return Rows(statement_.get(), code);
  }
  // Runs to the end, for statements without an answer.
  template <class... Values>
  Result<Done, Fault> execute(const Values&... values) {
    auto rows = run(values...);
    TRY([[maybe_unused]] bool row, rows.next());
    return Done{};
  }
  // How many rows it changed, when it has just been run to its end.
  std::size_t changed() const {
    return static_cast<std::size_t>(sqlite3_changes64(sqlite3_db_handle(statement_.get())));
  }

 private:
  int bind(int at, std::string_view text) {
    // An empty view may have no address, and SQLite would take that for NULL.
    return sqlite3_bind_text64(statement_.get(), at, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int bind(int at, std::int64_t value) { return sqlite3_bind_int64(statement_.get(), at, value); }
  int bind(int at, std::uint64_t value) { return bind(at, static_cast<std::int64_t>(value)); }
  int bind(int at, Instant value) { return bind(at, unix_millis(value)); }
  int bind(int at, std::optional<Instant> value) {
    return value ? bind(at, *value) : sqlite3_bind_null(statement_.get(), at);
  }
  template <class Enum>
    requires std::is_enum_v<Enum>
  int bind(int at, Enum value) {
    return bind(at, static_cast<std::int64_t>(value));
  }

  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// One connection, for one thread at a time.
class Database {
 public:
  enum class Use { read, write };
  static Result<Database, Fault> open(const std::string& file, Use use, std::size_t cache_kib);
  // The file as it lies there, whoever else has it open: nothing is written beside it, no lock is taken or waited for,
  // and what is in its log only is not seen.
  static Result<Database, Fault> look(const std::string& file);

  // For the writer, once it knows that the file is ours: commits go to a write-ahead log.
  Result<Done, Fault> log_ahead();
  // Closing it leaves the log as it is, whoever is the last.
  void keep_log() { sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr); }

  Result<Done, Fault> execute(const char* sql);
  Result<std::int64_t, Fault> integer(const char* sql);
  Result<Statement, Fault> prepare(std::string_view sql);
  struct Prepared {
    Statement* statement;
    const char* sql;
  };
  Result<Done, Fault> prepare(std::initializer_list<Prepared> statements);

  sqlite3* handle() const { return handle_.get(); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  std::int64_t last_rowid() const { return sqlite3_last_insert_rowid(handle_.get()); }
  std::size_t changes() const { return static_cast<std::size_t>(sqlite3_changes64(handle_.get())); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  explicit Database(sqlite3* handle) : handle_(handle) {}
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace deputy::store::sqlite
