// A damaged row of SQLite's file that nobody else of the group has to do with: who comes upon it is told, and the store
// is as well as before.
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

}  // namespace
}  // namespace deputy::store
