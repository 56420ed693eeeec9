// Looking at a store that is not opened: by its log where there is one, or at the file alone.
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "store/sqlite/database.h"
#include "store/sqlite/migrations.h"
#include "store/sqlite_look.h"

namespace deputy::store {
namespace {

using sqlite::Database;

// A log goes with its file: a move of it that broke off, as on a full disk, leaves the file half of what it was to be.
// Without a log the file is all there is, and a connection that reads logs would put one beside it; or, beside a file
// that was cut off at its beginning, remove the one that is there.
Result<Database, Fault> open_to_look(const SqliteConfig& config) {
  const auto file = sqlite::resolved(config.file);
  std::error_code unknown;
  const bool logged = std::filesystem::exists(file + "-wal", unknown) && std::filesystem::file_size(file, unknown) > 0;
  return logged ? Database::open(file, Database::Use::read, 1024) : Database::look(file);
}

// Of an index: all that it holds, by the condition that its own definition has.
constexpr const char* first_rows =
    R"sql(SELECT 'SELECT * FROM "' || tbl_name || iif(type = 'index', '" INDEXED BY "' || name || '"', '" NOT INDEXED')
      || iif(instr(sql, ' WHERE '), substr(sql, instr(sql, ' WHERE ')), '') || ' LIMIT 1'
    FROM sqlite_schema WHERE type IN ('table', 'index') AND sql IS NOT NULL)sql";

// Where each table and index begins. What lies behind is as long as the store is old.
Result<Done, Fault> read_first_rows(Database& database) {
  std::vector<std::string> reads;
  TRY(auto statement, database.prepare(first_rows));
  for (auto rows = statement.run();;) {
    TRY(const bool row, rows.next());
    if (!row) break;
    reads.emplace_back(rows.text(0));
  }
  for (const auto& read : reads) {
    TRY(auto first, database.prepare(read));
    auto rows = first.run();
    TRY([[maybe_unused]] const bool row, rows.next());
  }
  return Done{};
}

Result<std::optional<Record>, Fault> record_in(Database& database, std::string_view tenant, Kind kind,
                                               std::string_view id) {
  TRY(auto look, database.prepare("SELECT version, body FROM records WHERE tenant = ?1 AND kind = ?2 AND id = ?3"));
  auto rows = look.run(tenant, kind, id);
  TRY(const bool row, rows.next());
  if (!row) return std::optional<Record>();
  return std::optional(Record{.kind = kind,
                              .tenant = std::string(tenant),
                              .id = std::string(id),
                              .version = rows.number(0),
                              .body = std::string(rows.text(1))});
}

}  // namespace

Result<Done, Fault> check_sqlite_file(const SqliteConfig& config) {
  const auto file = sqlite::resolved(config.file);
  if (::access(file.c_str(), R_OK | W_OK) != 0) return Fail{sqlite::cannot_open(file)};
  TRY(auto database, open_to_look(config));
  TRY(const auto version, sqlite::version_of(database));
  (void)version;  // an older one is brought up to date
  return read_first_rows(database);
}

Result<std::optional<Record>, Fault> look_at_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                           Kind kind, std::string_view id) {
  TRY(auto database, open_to_look(config));
  TRY(const auto version, sqlite::version_of(database));
  if (version == 0) return std::optional<Record>();  // there are no tables in it
  return record_in(database, tenant, kind, id);
}

Result<bool, Fault> sqlite_file_lacks(const SqliteConfig& config, std::string_view tenant, Kind kind,
                                      const Index& index) {
  TRY(auto database, open_to_look(config));
  TRY(const auto version, sqlite::version_of(database));
  if (version == 0) return false;  // there are no tables in it
  TRY(auto statement, database.prepare("SELECT count(*) > 0 AND total(value = ?4) = 0 FROM lookups"
                                       " WHERE tenant = ?1 AND kind = ?2 AND name = ?3"));
  auto rows = statement.run(tenant, kind, std::string_view(index.name), std::string_view(index.value));
  TRY(const bool row, rows.next());
  return row && rows.integer(0) != 0;
}

Result<std::optional<Record>, Fault> first_sqlite_record(const SqliteConfig& config, std::string_view tenant,
                                                         Kind kind) {
  TRY(auto database, open_to_look(config));
  TRY(const auto version, sqlite::version_of(database));
  if (version == 0) return std::optional<Record>();  // there are no tables in it
  TRY(auto statement, database.prepare("SELECT id FROM records WHERE tenant = ?1 AND kind = ?2 ORDER BY id LIMIT 1"));
  auto rows = statement.run(tenant, kind);
  TRY(const bool row, rows.next());
  if (!row) return std::optional<Record>();
  return record_in(database, tenant, kind, std::string(rows.text(0)));
}

}  // namespace deputy::store
