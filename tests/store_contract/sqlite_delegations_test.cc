// The delegation tree in SQLite's file: where an identical hand-on is looked for, and what older files hold.
#include <filesystem>
#include <fstream>

#include "store/sqlite/delegation_table.h"
#include "store/sqlite/migrations.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class SqliteDelegations : public SqliteFile {};

TEST_F(SqliteDelegations, a42_delegations_made_to_share_a_fingerprint_are_not_all_held_against_a_hand_on) {
  const auto node = [](int i) {
    const auto id = "dlg_" + std::to_string(i);
    const auto actor = "agt_" + std::to_string(i);
    return Delegation{.id = id, .tenant = "acme", .path = {id}, .subject = "usr_1", .actor = actor};
  };
  constexpr int many = 200;
  {
    const auto store = open();
    Writes writes;
    for (int i = 0; i < many; ++i) writes.emplace_back(Delegate{node(i)});
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
    EXPECT_TRUE((*store->identical_delegation(node(0))).has_value());
  }
  const auto share = [&](const Delegation& one) {
    run(("UPDATE delegations SET fingerprint = " + std::to_string(delegation::fingerprint(one))).c_str());
  };
  share(node(0));
  EXPECT_FALSE((*open()->identical_delegation(node(0))).has_value()) << "it is the oldest of many";
  share(node(many - 1));
  EXPECT_TRUE((*open()->identical_delegation(node(many - 1))).has_value());
}

TEST_F(SqliteDelegations, a42_an_identical_hand_on_is_not_looked_for_among_those_that_were_given_up) {
  const Delegation like{.tenant = "acme", .subject = "usr_1", .actor = "agt_1"};
  constexpr int many = 300;
  {
    const auto store = open();
    for (int i = 0; i < many; ++i) {
      auto one = like;
      one.id = "dlg_" + std::to_string(i), one.path = {one.id};
      ASSERT_TRUE(was_done(store->commit_now({Delegate{one}, EndDelegation{"acme", one.id, noon, "given up"}})));
    }
    EXPECT_FALSE((*store->identical_delegation(like)).has_value());
  }
  // How many rows are passed over is how many steps the database takes.
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle, "SELECT reason FROM delegations WHERE fingerprint = ?1 AND revoked_at IS NULL",
                               -1, &statement, nullptr), SQLITE_OK);
  sqlite3_bind_int64(statement, 1, static_cast<std::int64_t>(delegation::fingerprint(like)));
  EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
  EXPECT_LT(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0), many);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

TEST_F(SqliteDelegations, a42_a_persons_consents_are_not_looked_for_among_all_that_hangs_from_them) {
  const Delegation one{.tenant = "acme", .subject = "usr_1", .actor = "agt_1"};
  constexpr int many = 300;
  {
    const auto store = open();
    Writes writes;
    for (int i = 0; i < many; ++i) {
      auto handed_on = one, over = one;
      handed_on.origin = delegation::Origin::exchange;
      handed_on.id = "dlg_a" + std::to_string(i), handed_on.path = {handed_on.id};
      over.id = "dlg_b" + std::to_string(i), over.path = {over.id};
      over.limits.not_after = noon;
      writes.emplace_back(Delegate{handed_on});
      writes.emplace_back(Delegate{over});
    }
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
    EXPECT_TRUE(store->consents({"acme", "usr_1", "agt_1"}, noon, 10)->empty());
  }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle,
                               "SELECT id FROM delegations WHERE tenant = 'acme' AND under = 'usr_1'"
                               " AND actor = 'agt_1' AND ifnull(not_after, 9223372036854775807) > ?1"
                               " AND origin = 0 AND revoked_at IS NULL ORDER BY n DESC LIMIT 10",
                               -1, &statement, nullptr), SQLITE_OK);
  sqlite3_bind_int64(statement, 1, unix_millis(noon));
  EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
  EXPECT_LT(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0), many);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

TEST_F(SqliteDelegations, a42_what_ended_or_stays_is_not_looked_for_among_all_that_a_trusted_issuers_tokens_began) {
  const Delegation one{.tenant = "acme", .subject = "usr_1", .actor = "agt_1", .issuer = "iss_1"};
  constexpr int many = 300;
  {
    const auto store = open();
    Writes writes;
    for (int i = 0; i < many; ++i) {
      auto live = one, ended = one;
      live.id = "dlg_a" + std::to_string(i), live.path = {live.id};
      live.created_at = noon;
      ended.id = "dlg_b" + std::to_string(i), ended.path = {ended.id};
      ended.created_at = ended.revoked_at.emplace(noon - Seconds(1));
      writes.emplace_back(Delegate{live});
      writes.emplace_back(Delegate{ended});
    }
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
  }
  auto database = sqlite::Database::open(file, sqlite::Database::Use::read, 256);
  ASSERT_TRUE(database);
  sqlite::DelegationReads reads;
  ASSERT_TRUE(reads.prepare(*database));
  EXPECT_EQ(*reads.first_end({"acme", "usr_1", "agt_1", "iss_1"}, noon, noon + Seconds(60)), std::nullopt);
  EXPECT_TRUE(reads.begun({"acme", "usr_1", "agt_1", "iss_1"}, noon - Millis(1), noon)->empty());
  int steps = 0;
  for (auto* statement = sqlite3_next_stmt(database->handle(), nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(database->handle(), statement))
    steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
  EXPECT_LT(steps, many);
}

TEST_F(SqliteDelegations, a42_what_was_handed_on_before_is_not_looked_at_again) {
  Delegation one{.tenant = "acme", .subject = "agt_a", .actor = "agt_b"};
  constexpr int many = 300;
  {
    const auto store = open();
    Writes writes;
    for (int i = 0; i < many; ++i) {
      one.id = "dlg_" + std::to_string(i), one.path = {one.id};
      writes.emplace_back(Delegate{one});
    }
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
  }
  auto database = sqlite::Database::open(file, sqlite::Database::Use::write, 256);
  ASSERT_TRUE(database);
  sqlite::DelegationChanges changes;
  ASSERT_TRUE(changes.prepare(*database));
  EXPECT_FALSE(changes.check(NoneHandedOn{"acme", one.id, {{"agt_a", {}}}})->has_value());
  int steps = 0;
  for (auto* statement = sqlite3_next_stmt(database->handle(), nullptr); statement != nullptr;
       statement = sqlite3_next_stmt(database->handle(), statement))
    steps += sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0);
  EXPECT_LT(steps, many);
}

TEST_F(SqliteDelegations, a42_no_list_sorts_what_it_does_not_give) {
  open();
  auto database = sqlite::Database::open(file, sqlite::Database::Use::read, 256);
  ASSERT_TRUE(database);
  sqlite::DelegationReads reads;
  ASSERT_TRUE(reads.prepare(*database));
  std::vector<std::string> statements;
  for (auto* one = sqlite3_next_stmt(database->handle(), nullptr); one != nullptr;
       one = sqlite3_next_stmt(database->handle(), one))
    statements.emplace_back(sqlite3_sql(one));
  ASSERT_EQ(statements.size(), 15u);
  for (const auto& sql : statements) {
    if (sql.find("origin = 0 AND") != std::string::npos) continue;  // one person's consents to one client that go on
    auto plan = database->prepare("EXPLAIN QUERY PLAN " + sql);
    ASSERT_TRUE(plan);
    auto rows = plan->run();
    while (*rows.next()) EXPECT_EQ(rows.text(3).find("TEMP B-TREE"), std::string_view::npos) << sql;
  }
}

// A file that was removed as it was opened, in the store's folder.
bool sorts_in(const std::string& folder) {
  std::error_code gone;
  for (const auto& one : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto file = std::filesystem::read_symlink(one, gone).string();
    if (!gone && file.starts_with(folder) && file.ends_with("(deleted)")) return true;
  }
  return false;
}

// More rows than the connection's cache holds, and than SQLite sorts in memory in any case (1 MiB).
TEST_F(SqliteDelegations, an_upgrade_sorts_what_an_index_is_made_of_on_the_disk) {
  std::ofstream(file).close();
  for (int i = 0; i < 14; ++i) run(sqlite::migrations[i]);
  run("WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 20000)"
      " INSERT INTO delegations SELECT n, 'dlg_' || n, 'acme', '', '', 'usr_0123456789abcdef01234567',"
      " 'agt_0123456789abcdef01234567', '', '', NULL, -1, -1, '', 2, 0, NULL, '', NULL, NULL, 0, 0,"
      " 'usr_0123456789abcdef01234567', n, '', 'iss_0123456789abcdef01234567' FROM i");
  run(("PRAGMA user_version=14; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  auto database = sqlite::Database::open(file, sqlite::Database::Use::write, 256);
  ASSERT_TRUE(database);
  struct Looked {
    std::string folder;
    bool seen = false;
  } looked{.folder = std::filesystem::canonical(file).parent_path().string()};
  const auto look = [](void* context) {
    auto& looked = *static_cast<Looked*>(context);
    looked.seen = looked.seen || sorts_in(looked.folder);
    return 0;
  };
  sqlite3_progress_handler(database->handle(), 1000, look, &looked);
  ASSERT_TRUE(sqlite::migrate(*database));
  sqlite3_progress_handler(database->handle(), 0, nullptr, nullptr);
  EXPECT_TRUE(looked.seen);
  EXPECT_EQ(*database->integer("PRAGMA temp_store"), 2) << "and nothing else is";
}

TEST_F(SqliteDelegations, delegations_of_a_store_from_before_they_knew_their_issuer_are_read) {
  std::ofstream(file).close();
  for (int i = 0; i < 7; ++i) run(sqlite::migrations[i]);
  run("INSERT INTO delegations VALUES (1, 'dlg_1', 'acme', '', '', 'usr_1', 'agt_1', '', '', NULL, -1, -1, '', 2, 0,"
      " NULL, '', NULL, NULL, 0, 0, 'usr_1', 7, '')");
  run(("PRAGMA user_version=7; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  const auto found = store->delegation("acme", "dlg_1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->issuer, "");
  EXPECT_EQ((*found)->actor, "agt_1");
}

}  // namespace
}  // namespace deputy::store
