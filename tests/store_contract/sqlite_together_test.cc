// Two stores on one file, as two processes have it: each finds what the other wrote.
#include "base/id.h"
#include "store/sqlite/event_log.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class SqliteTogether : public SqliteFile {};

TEST_F(SqliteTogether, after_a_failed_commit_a_store_finds_what_another_wrote_in_its_place) {
  auto one = open(), two = open();
  run("ALTER TABLE kept RENAME TO elsewhere");
  ASSERT_FALSE(one->commit_now({Append{event("evt_m")}, Keep{Use::code, "acme", "k", noon, ""}}));
  run("ALTER TABLE elsewhere RENAME TO kept");
  ASSERT_TRUE(was_done(two->commit_now({Append{event("evt_z")}})));
  Writes rest;
  for (std::uint64_t i = 1; i < sqlite::span_events; ++i) rest.push_back(Append{event("evt_m" + std::to_string(i))});
  ASSERT_TRUE(was_done(one->commit_now(std::move(rest))));
  const auto found = one->event("acme", "evt_z");
  ASSERT_TRUE(found && *found) << "the span that holds it says otherwise";
  EXPECT_EQ((*found)->seq, 1u);
}

TEST_F(SqliteTogether, two_stores_on_one_file_share_one_log) {
  auto one = open(), two = open();
  SystemRandom random;
  std::vector<std::string> ids;
  for (int i = 0; i < 60; ++i) {
    Writes writes;
    for (int k = 0; k < 40; ++k) {
      ids.push_back(make_id("evt", noon, random));
      writes.push_back(Append{event(ids.back())});
    }
    ASSERT_TRUE(was_done((i % 3 == 0 ? two : one)->commit_now(std::move(writes))));
  }
  for (std::size_t i = 0; i < ids.size(); i += 11) ASSERT_EQ((*two->event("acme", ids[i]))->seq, i + 1);
  EXPECT_TRUE(was_done(one->commit_now({Keep{Use::code, "acme", "k", noon, ""}})));
  EXPECT_FALSE(was_done(two->commit_now({Keep{Use::code, "acme", "k", noon, ""}})));
}

TEST_F(SqliteTogether, a25_what_one_decided_is_not_written_after_a_revocation_by_the_other) {
  auto one = open(), two = open();
  const Writes decided{Unrevoked{"acme", {"agt_1"}, 0}};
  ASSERT_TRUE(was_done(one->commit_now(Writes(decided))));
  ASSERT_TRUE(was_done(two->commit_now({Revoke{{.tenant = "acme", .kind = Kills::principal, .target = "agt_1",
                                                .until = noon + Seconds(9), .at = noon}}})));
  EXPECT_FALSE(was_done(one->commit_now(Writes(decided))));
}

}  // namespace
}  // namespace deputy::store
