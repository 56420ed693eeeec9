// Walks a file forward through the migrations.
#include "store/sqlite/migrations.h"

#include <sqlite3.h>

#include <mutex>
#include <utility>

#include "directory/kind.h"
#include "store/store.h"

namespace deputy::store::sqlite {
namespace {

// These are stored as numbers: new ones are added at the end, and no number is ever given a second meaning.
static_assert(static_cast<int>(directory::Kind::agent) == 6 && static_cast<int>(directory::Kind::credential) == 12 &&
              static_cast<int>(directory::Kind::key) == 13 && static_cast<int>(directory::Kind::logout_delivery) == 18);
static_assert(static_cast<int>(Use::idempotency) == 1 && static_cast<int>(Use::request_uri) == 5 &&
              static_cast<int>(Use::session_client) == 11 &&
              static_cast<int>(Use::username_left) == 13);  // 0, 3 and 12 were what is marked now
static_assert(static_cast<int>(Once::assertion_jti) == 0 && static_cast<int>(Once::passkey_challenge) == 2);
static_assert(static_cast<int>(delegation::Origin::consent) == 0 && static_cast<int>(delegation::Origin::own) == 3);
static_assert(static_cast<int>(Kills::delegation) == 0 && static_cast<int>(Kills::key) == 4);

constexpr std::int64_t newest = static_cast<std::int64_t>(migrations.size());

Result<Done, Fault> step(Database& database, std::int64_t version) {
  TRY(auto schema, database.execute(migrations[static_cast<std::size_t>(version)]));
  const auto stamp = "PRAGMA user_version=" + std::to_string(version + 1) +
                     "; PRAGMA application_id=" + std::to_string(application_id);
  return database.execute(stamp.c_str());
}

}  // namespace

Result<std::int64_t, Fault> version_of(Database& database) {
  TRY(auto version, database.integer("PRAGMA user_version"));
  TRY(auto owner, database.integer("PRAGMA application_id"));
  TRY(auto tables, database.integer("SELECT count(*) FROM sqlite_schema"));
  if (owner != application_id && (owner != 0 || version != 0 || tables != 0))
    return Fail{Fault{Fault::Kind::invalid, "the file is an SQLite database, but not one of Deputy's"}};
  if (version > newest)
    return Fail{Fault{Fault::Kind::invalid, "the file was written by a newer Deputy (schema version " +
                                                std::to_string(version) + "; this one knows up to " +
                                                std::to_string(newest) + ")"}};
  return version;
}

namespace {

// One step, or none when there is no more to do. The version is read inside the transaction: another process may be
// opening the same file.
Result<bool, Fault> advance(Database& database) {
  TRY(auto begin, database.execute("BEGIN IMMEDIATE"));
  TRY(auto version, version_of(database));
  if (version < newest) {
    TRY(auto stepped, step(database, version));
  }
  TRY(auto commit, database.execute("COMMIT"));
  return version < newest;
}

Result<Done, Fault> walk(Database& database) {
  for (;;) {
    auto advanced = advance(database);
    if (!advanced) {
      if (database.in_transaction()) (void)database.execute("ROLLBACK");
      return std::move(advanced).fail();
    }
    if (!*advanced) return Done{};
  }
}

}  // namespace

// An index is made of all the rows there are, which may be more than memory holds: they are sorted in a file beside the
// store's, where there is room for the index too. SQLite knows one such place for the whole process.
Result<Done, Fault> migrate(Database& database) {
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  const std::string file(sqlite3_db_filename(database.handle(), "main"));
  sqlite3_temp_directory = sqlite3_mprintf("%s", file.substr(0, file.rfind('/')).c_str());
  auto migrated = database.execute("PRAGMA temp_store=FILE");
  if (migrated) migrated = walk(database);
  sqlite3_free(std::exchange(sqlite3_temp_directory, nullptr));
  TRY(auto in_memory, database.execute("PRAGMA temp_store=MEMORY"));
  return migrated;
}

}  // namespace deputy::store::sqlite
