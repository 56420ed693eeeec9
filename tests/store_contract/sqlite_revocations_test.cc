// Revocations in SQLite's file: of a copy that is put back, and of an older version's.
#include <filesystem>
#include <fstream>

#include "store/sqlite/migrations.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class SqliteRevocations : public SqliteFile {
 protected:
  std::vector<Revocation> revoked(Store& store, const std::vector<std::string>& targets) {
    for (const auto& target : targets)
      EXPECT_TRUE(was_done(store.commit_now({Revoke{{.tenant = "acme", .target = target, .until = noon}}})));
    return store.revocations_of("acme", 0, 10)->entries;
  }
};

TEST_F(SqliteRevocations, a28_what_a_store_that_was_put_back_gives_the_same_numbers_to_has_other_tags) {
  const auto copy = folder.file("copy.db");
  auto store = open();
  revoked(*store, {"jti_1"});
  run(("VACUUM INTO '" + copy + "'").c_str());
  const auto first = revoked(*store, {"jti_2", "jti_3"});
  store.reset();
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file + suffix);
  std::filesystem::rename(copy, file);
  store = open();
  const auto second = revoked(*store, {"jti_2", "jti_3"});  // the very same, as far as anybody but the store can say
  ASSERT_EQ(first.size(), 3u);
  ASSERT_EQ(second.size(), 3u);
  EXPECT_EQ(first[0].tag, second[0].tag) << "up to the copy it is one history";
  for (int i = 1; i < 3; ++i) {
    EXPECT_EQ(first[i].seq, second[i].seq);
    EXPECT_NE(first[i].tag, second[i].tag) << i;
  }
  EXPECT_EQ(store->revocations_of("acme", 0, 0)->last_tag, second[2].tag);
}

TEST_F(SqliteRevocations, those_of_a_store_from_before_they_had_tags_are_given_some) {
  std::ofstream(file).close();
  for (int i = 0; i < 13; ++i) run(sqlite::migrations[i]);
  run("INSERT INTO revocations (seq, tenant, kind, target, issued_before, until, at, reason, scopes, previous) VALUES"
      " (1, 'acme', 3, 'jti_1', 0, 0, 0, '', '', 0), (2, 'acme', 3, 'jti_2', 0, 0, 0, '', '', 1);"
      "INSERT INTO revocation_heads VALUES ('acme', 2, 0), ('over', 9, 9)");
  run(("PRAGMA user_version=13; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  std::uint64_t tag = 0;
  for (int opened = 0; opened < 2; ++opened) {
    const auto page = *open()->revocations_of("acme", 0, 10);
    ASSERT_EQ(page.entries.size(), 2u);
    EXPECT_NE(page.entries[0].tag, 0u);
    EXPECT_NE(page.entries[0].tag, page.entries[1].tag);
    EXPECT_EQ(page.last_tag, page.entries[1].tag);
    if (opened == 0) tag = page.last_tag;
    EXPECT_EQ(page.last_tag, tag) << "they keep them";
  }
  EXPECT_NE(open()->revocations_of("over", 0, 10)->last_tag, 0u);
}

}  // namespace
}  // namespace deputy::store
