// A damaged row of SQLite's file that nobody else of the group has to do with: who comes upon it is told, and the store
// is as well as before. A damaged page is told of as a disk that fails.
#include <fstream>

#include "store/commit_health.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class SqliteDamage : public SqliteFile {
 protected:
  std::unique_ptr<Store> open_with(CommitHealth& health) {
    auto store = open_sqlite_store({.file = file}, health);
    EXPECT_TRUE(store) << store.error().detail;
    return store ? std::move(store).take() : nullptr;
  }
  // While nobody has the file open: the page that a table or an index begins with is none of SQLite's any more.
  void spoil(const std::string& name) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    const auto sql = "SELECT rootpage FROM sqlite_schema WHERE name = '" + name + "'";
    ASSERT_EQ(sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const auto page = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    constexpr std::int64_t size = 4096;
    std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp((page - 1) * size) << std::string(size, '\xff');
    ASSERT_TRUE(out.flush().good());
  }
};

TEST_F(SqliteDamage, fails_who_is_alone_with_it_and_leaves_the_store_well) {
  CommitHealth health;
  const auto store = open_with(health);
  int heard = 0;
  store->observe([&](const Changes&) { ++heard; });
  ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_1")), Append{event("evt_1")}})));
  run("UPDATE records SET lookups = 'damaged' WHERE id = 'agt_1'");
  const auto failed =
      store->commit_now({Append{event("evt_lost")}, replace(record(Kind::agent, "agt_1"), 1, {{"owner", "usr_1"}})});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Fault::Kind::corrupt);
  EXPECT_FALSE(health.failing());
  EXPECT_EQ(store->log().leaves(0, 10)->size(), 1u) << "what was not written is not signed for";
  EXPECT_EQ(heard, 1) << "of what was made, and of nothing since";
  EXPECT_EQ((*store->get("acme", Kind::agent, "agt_1"))->version, 1u);
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_2")}})));
  EXPECT_EQ((*store->event("acme", "evt_2"))->seq, 2u);
  EXPECT_EQ(*store->log().leaves(0, 10), *open()->log().leaves(0, 10)) << "hashes that it has at hand";
}

TEST_F(SqliteDamage, fails_a_purge_and_leaves_the_store_well) {
  CommitHealth health;
  const auto store = open_with(health);
  auto over = record(Kind::agent, "agt_1");
  over.until = noon;
  ASSERT_TRUE(was_done(store->commit_now({create(over)})));
  run("UPDATE records SET lookups = 'damaged' WHERE id = 'agt_1'");
  const auto purged = store->purge(noon, 10);
  ASSERT_FALSE(purged);
  EXPECT_EQ(purged.error().kind, Fault::Kind::corrupt);
  EXPECT_FALSE(health.failing());
  EXPECT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_2"))})));
}

TEST_F(SqliteDamage, of_a_page_that_others_need_too_is_a_store_that_fails) {
  ASSERT_TRUE(was_done(open()->commit_now({create(record(Kind::agent, "agt_1"))})));
  spoil("records");
  CommitHealth health;
  const auto store = open_with(health);
  for (int i = 0; i < 2; ++i) {
    const auto failed = store->commit_now({create(record(Kind::agent, "agt_2"))});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().kind, Fault::Kind::corrupt);
    EXPECT_NE(failed.error().detail.find("put a backup in their place"), std::string::npos) << failed.error().detail;
    EXPECT_TRUE(health.failing()) << i;
  }
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_1")}}))) << "its pages are whole";
  EXPECT_FALSE(health.failing());
}

TEST_F(SqliteDamage, of_a_page_fails_who_needs_it_and_no_other_of_the_group) {
  ASSERT_TRUE(was_done(open()->commit_now({create(record(Kind::agent, "agt_1"))})));
  spoil("records");
  CommitHealth health;
  const auto store = open_with(health);
  std::promise<bool> lost, kept;
  {
    Gate gate(*store);
    store->commit({create(record(Kind::agent, "agt_2"))},
                  [&](const Result<Outcome, Fault>& outcome) { lost.set_value(was_done(outcome)); });
    store->commit({Append{event("evt_1")}},
                  [&](const Result<Outcome, Fault>& outcome) { kept.set_value(was_done(outcome)); });
    gate.open();
    EXPECT_FALSE(lost.get_future().get());
    EXPECT_TRUE(kept.get_future().get());
  }
  EXPECT_FALSE(health.failing()) << "something was written";
}

}  // namespace
}  // namespace deputy::store
