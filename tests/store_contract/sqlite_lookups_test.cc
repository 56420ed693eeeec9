// Look-ups in SQLite's file: those of an older version's records, and what is asked of a file that is not opened.
#include <filesystem>
#include <fstream>

#include "store/sqlite/migrations.h"
#include "store/sqlite/reader.h"
#include "store/sqlite_look.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class SqliteLookups : public SqliteFile {};

TEST_F(SqliteLookups, usernames_of_a_store_from_before_are_found_without_their_letters_case) {
  std::ofstream(file).close();
  for (int i = 0; i < 11; ++i) run(sqlite::migrations[i]);
  run("INSERT INTO records (n, tenant, under, kind, id, version, created_at, updated_at, lookups, body)"
      " VALUES (1, 'acme', 'usr_1', 2, 'usr_1', 1, 0, 0, '8:username5:Alice5:state6:active', '{}'),"
      " (2, 'acme', 'agt_1', 6, 'agt_1', 1, 0, 0, '5:state6:active', '{}');"
      "INSERT INTO lookups VALUES ('acme', 2, 'username', 'Alice', 'usr_1', 1), ('acme', 2, 'state', 'active', 'usr_1', 1),"
      " ('acme', 6, 'state', 'active', 'agt_1', 2)");
  run(("PRAGMA user_version=11; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  const auto named = [&](std::string_view name, std::string_view value) {
    const auto found = store->find("acme", Kind::user, name, value);
    return found && *found ? (*found)->id : std::string();
  };
  EXPECT_EQ(named("username", "Alice"), "usr_1");
  EXPECT_EQ(named("username_folded", "alice"), "usr_1");
  // The record's own list has it too, or it would stay behind when the name changes.
  const std::vector<Index> bob{{"username", "bob"}, {"username_folded", "bob"}};
  ASSERT_TRUE(was_done(store->commit_now({replace(record(Kind::user, "usr_1"), 1, bob)})));
  EXPECT_EQ(named("username_folded", "alice"), "");
  EXPECT_EQ(named("username_folded", "bob"), "usr_1");
}

TEST_F(SqliteLookups, logouts_of_a_store_from_before_are_found_by_when_they_are_due) {
  std::ofstream(file).close();
  for (int i = 0; i < 15; ++i) run(sqlite::migrations[i]);
  run("INSERT INTO records (n, tenant, under, kind, id, version, created_at, updated_at, lookups, body)"
      " VALUES (1, '', 'lgd_1', 18, 'lgd_1', 1, 0, 0, '5:stage5:fresh', '{\"due\":1795500000000}'),"
      " (2, '', 'lgd_2', 18, 'lgd_2', 1, 0, 0, '', '{\"due\":1795500000001}'),"
      " (3, '', 'lgd_3', 18, 'lgd_3', 1, 0, 0, '', '{\"due'), (4, '', 'lgd_4', 18, 'lgd_4', 1, 0, 0, '', '{}'),"
      " (5, 'acme', 'agt_1', 6, 'agt_1', 1, 0, 0, '', '{\"due\":1795500000000}');"
      "INSERT INTO lookups VALUES ('', 18, 'stage', 'fresh', 'lgd_1', 1)");
  run(("PRAGMA user_version=15; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  const auto due = [&](std::string through) {
    std::vector<std::string> ids;
    const Page page{.where = Index{"due", "8"}, .through = std::move(through)};
    const auto found = store->list("", Kind::logout_delivery, page);
    for (const auto& one : *found) ids.push_back(one.id);
    return ids;
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(due("800001a20c23c300"), Ids{"lgd_1"});
  EXPECT_EQ(due("9"), (Ids{"lgd_1", "lgd_2"})) << "of one that is damaged it is not known";
  // The record's own list has it too, or it would stay behind when the logout is put off.
  auto later = record(Kind::logout_delivery, "lgd_1");
  later.tenant = "";
  ASSERT_TRUE(was_done(store->commit_now({replace(later, 1, {{"due", "9"}})})));
  EXPECT_EQ(due("8f"), Ids{"lgd_2"});
}

// How many rows are passed over is how many steps the database takes.
TEST_F(SqliteLookups, a42_what_is_due_is_not_looked_for_among_all_that_waits) {
  constexpr int many = 300;
  {
    const auto store = open();
    Writes writes;
    for (int i = 0; i < many; ++i) {
      const char* value = i == 150 ? "5" : i % 2 == 0 ? "9" : "1";
      writes.push_back(create(record(Kind::agent, "agt_" + std::to_string(i)), {{"due", value}}));
    }
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
    const auto due = store->list("acme", Kind::agent, {.where = Index{"due", "4"}, .through = "6"});
    ASSERT_EQ(due->size(), 1u);
    EXPECT_EQ(due->front().id, "agt_150");
  }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle, sqlite::records_through, -1, &statement, nullptr), SQLITE_OK);
  const auto text = [&](int at, const char* value) { sqlite3_bind_text(statement, at, value, -1, SQLITE_STATIC); };
  text(1, "acme");
  sqlite3_bind_int(statement, 2, static_cast<int>(Kind::agent));
  text(3, "");
  sqlite3_bind_int(statement, 4, 50);
  text(5, "due");
  text(6, "4");
  text(7, "6");
  EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
  EXPECT_LT(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0), many);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

TEST_F(SqliteLookups, says_what_a_file_lacks_and_changes_nothing) {
  const SqliteConfig config{.file = file};
  const Index wanted{"identifier", "https://a"};
  std::ofstream(file).close();
  EXPECT_FALSE(*sqlite_file_lacks(config, "acme", Kind::resource, wanted)) << "nothing is in it yet";
  const auto hold = [&](const std::string& id, const char* identifier) {
    EXPECT_TRUE(was_done(open()->commit_now({create(record(Kind::resource, id), {{"identifier", identifier}})})));
  };
  hold("res_1", "https://b");
  EXPECT_TRUE(*sqlite_file_lacks(config, "acme", Kind::resource, wanted));
  EXPECT_FALSE(*sqlite_file_lacks(config, "other", Kind::resource, wanted));
  EXPECT_FALSE(*sqlite_file_lacks(config, "acme", Kind::agent, wanted));
  hold("res_2", "https://a");
  EXPECT_FALSE(*sqlite_file_lacks(config, "acme", Kind::resource, wanted));
}

TEST_F(SqliteLookups, what_is_in_the_log_alone_is_seen_while_a_server_has_the_file_open) {
  const SqliteConfig config{.file = file};
  const auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_1"), {{"state", "active"}})})));
  ASSERT_GT(std::filesystem::file_size(file + "-wal"), 0U);
  EXPECT_TRUE(check_sqlite_file(config));
  EXPECT_TRUE(*look_at_sqlite_record(config, "acme", Kind::agent, "agt_1"));
  EXPECT_EQ((*first_sqlite_record(config, "acme", Kind::agent))->id, "agt_1");
  EXPECT_TRUE(*sqlite_file_lacks(config, "acme", Kind::agent, {"state", "suspended"}));
  EXPECT_FALSE(*sqlite_file_lacks(config, "acme", Kind::agent, {"state", "active"}));
}

// A connection that reads logs would take it for one that is left over.
TEST_F(SqliteLookups, the_log_beside_a_file_that_was_cut_off_at_its_beginning_stays) {
  const auto cut = folder.file("cut.db");
  {
    const auto store = open();
    ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_1"))})));
    std::filesystem::copy_file(file + "-wal", cut + "-wal");
  }
  std::ofstream(cut).close();
  const auto before = std::filesystem::file_size(cut + "-wal");
  ASSERT_GT(before, 0U);
  EXPECT_TRUE(check_sqlite_file({.file = cut}));
  EXPECT_EQ(std::filesystem::file_size(cut + "-wal"), before);
}

TEST_F(SqliteLookups, the_first_record_of_a_kind_is_read_from_a_file) {
  const SqliteConfig config{.file = file};
  const auto first = [&](std::string_view tenant) {
    const auto found = first_sqlite_record(config, tenant, Kind::resource);
    return found && *found ? (*found)->id : std::string();
  };
  std::ofstream(file).close();
  EXPECT_EQ(first("acme"), "") << "nothing is in it yet";
  for (const auto* id : {"res_2", "res_1", "res_3"})
    EXPECT_TRUE(was_done(open()->commit_now({create(record(Kind::resource, id))})));
  EXPECT_TRUE(was_done(open()->commit_now({create(record(Kind::agent, "agt_0"))})));
  EXPECT_EQ(first("acme"), "res_1");
  EXPECT_EQ(first("other"), "");
}

}  // namespace
}  // namespace deputy::store
