// What SQLite's store must do besides the contract: its file, its versions, a full queue and a full disk.
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <future>

#include "base/id.h"
#include "store/commit_health.h"
#include "store/sqlite/migrations.h"
#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

class Sqlite : public SqliteFile {
 protected:
  Fault::Kind refusal() {
    const auto store = open_sqlite_store({.file = file});
    EXPECT_FALSE(store);
    if (store) return Fault::Kind::not_found;
    said = store.error().detail;
    return store.error().kind;
  }
  std::string said;
};

TEST_F(Sqlite, reopening_keeps_everything) {
  {
    auto store = open();
    ASSERT_TRUE(was_done(store->commit_now(
        {create(record(Kind::agent, "agt_1", R"({"a":1})"), {{"owner", "usr_1"}, {"client_id", "c", true}}),
         Touch{"acme", Kind::agent, "agt_1", noon}, Append{event("evt_1")}, Append{event("evt_2")},
         Keep{Use::code, "acme", "k", noon, "body"}, Revoke{{.tenant = "acme", .target = "jti_1", .until = noon}}})));
  }
  auto store = open();
  const auto agent = store->get("acme", Kind::agent, "agt_1");
  ASSERT_TRUE(agent && *agent);
  EXPECT_EQ((*agent)->body, R"({"a":1})");
  EXPECT_EQ((*agent)->touched_at, noon);
  EXPECT_TRUE(store->find("acme", Kind::agent, "client_id", "c")->has_value());
  EXPECT_EQ(store->list("acme", Kind::agent, {.where = Index{"owner", "usr_1"}})->size(), 1u);
  EXPECT_EQ(*store->last_event(), 2u);
  EXPECT_TRUE(store->event("acme", "evt_2")->has_value());
  EXPECT_FALSE(was_done(store->commit_now({Keep{Use::code, "acme", "k", noon, ""}})));
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_3")}, Revoke{{.tenant = "acme", .until = noon}}})));
  EXPECT_EQ((*store->event("acme", "evt_3"))->seq, 3u);
  EXPECT_EQ(store->revocations(0, 9)->back().seq, 2u);
}

TEST_F(Sqlite, numbers_of_purged_revocations_are_not_reused_after_reopening) {
  {
    auto store = open();
    ASSERT_TRUE(was_done(store->commit_now({Revoke{{.tenant = "acme", .until = noon - Seconds(1)}}})));
    ASSERT_EQ(*store->purge(noon, 9), 1u);
  }
  auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({Revoke{{.tenant = "acme", .until = noon}}})));
  EXPECT_EQ(store->revocations(0, 9)->front().seq, 2u);
}

TEST_F(Sqlite, spans_go_on_after_reopening) {
  SystemRandom random;
  std::vector<std::string> ids;
  for (int opened = 0; opened < 6; ++opened) {
    auto store = open();
    Writes writes;
    for (int i = 0; i < 700; ++i) {
      ids.push_back(make_id("evt", noon + Seconds(opened), random));
      writes.push_back(Append{event(ids.back(), "a.b", noon + Seconds(opened))});
    }
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
  }
  auto store = open();
  for (std::size_t i = 0; i < ids.size(); i += 13) ASSERT_EQ((*store->event("acme", ids[i]))->seq, i + 1);
  const auto one = store->events("acme", {.from = noon + Seconds(2), .to = noon + Seconds(3)}, {.limit = 9999});
  EXPECT_EQ(one->events.size(), 700u);
}

TEST_F(Sqlite, the_file_is_its_owners_alone) {
  const auto before = ::umask(0);
  auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_1")}})));
  for (const char* suffix : {"", "-wal", "-shm"}) {
    struct stat status {};
    ASSERT_EQ(::stat((file + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600u) << suffix;
  }
  ::umask(before);
}

TEST_F(Sqlite, makes_its_schema_in_an_empty_file) {
  std::ofstream(file).close();
  EXPECT_TRUE(was_done(open()->commit_now({Append{event("evt_1")}})));
}

TEST_F(Sqlite, takes_the_events_of_a_store_from_before_the_tree_into_it) {
  std::ofstream(file).close();
  run(sqlite::migrations[0]);
  run("INSERT INTO events VALUES (1, 0, 'acme', 'evt_1', '{}'), (2, 0, 'acme', 'evt_2', '[]')");
  run(("PRAGMA user_version=1; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  EXPECT_EQ(store->log().state()->size, 0u);
  EXPECT_EQ(*store->log().leaves(0, 10), (std::vector{audit::leaf_hash("{}"), audit::leaf_hash("[]")}));
  EXPECT_TRUE(*store->event("acme", "evt_2"));
}

TEST_F(Sqlite, records_of_a_store_from_before_they_could_end_do_not) {
  std::ofstream(file).close();
  for (int i = 0; i < 4; ++i) run(sqlite::migrations[i]);
  run("INSERT INTO records (tenant, under, kind, id, version, created_at, updated_at, lookups, body)"
      " VALUES ('acme', 'agt_1', 6, 'agt_1', 1, 0, 0, '', '{}')");
  run(("PRAGMA user_version=4; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  EXPECT_EQ(*store->purge(noon, 10), 0u);
  const auto found = store->get("acme", Kind::agent, "agt_1");
  ASSERT_TRUE(found && *found);
  EXPECT_FALSE((*found)->until);
}

TEST_F(Sqlite, a14_marks_of_a_store_from_before_they_had_a_table_still_refuse) {
  std::ofstream(file).close();
  for (int i = 0; i < 6; ++i) run(sqlite::migrations[i]);
  const auto until = std::to_string(unix_millis(noon));
  run(("INSERT INTO kept (use, tenant, key, until, body) VALUES (0, 'acme', '1790000000." + mark_key("j", "agt_1") +
       "', " + until + ", ''), (3, 'acme', '1790000000." + mark_key("j", "agt_1") + "', " + until +
       ", ''), (12, 'acme', 'challenge', " + until + ", ''), (4, 'acme', 'code', " + until + ", 'body')")
          .c_str());
  run(("PRAGMA user_version=6; PRAGMA application_id=" + std::to_string(sqlite::application_id)).c_str());
  const auto store = open();
  for (const auto& mark : {Mark{Once::assertion_jti, "acme", noon, mark_key("j", "agt_1")},
                           Mark{Once::dpop_jti, "acme", noon, mark_key("j", "agt_1")},
                           Mark{Once::passkey_challenge, "acme", noon, "challenge"}})
    EXPECT_FALSE(was_done(store->commit_now({mark})));
  EXPECT_TRUE(was_done(store->commit_now({Mark{Once::assertion_jti, "acme", noon, mark_key("j", "agt_2")}})));
  EXPECT_EQ((*store->kept(Use::code, "acme", "code", noon - Millis(1)))->body, "body");
  EXPECT_EQ(*store->purge(noon, 10), 5u);
}

// More than is gathered at a time, and then again from the log's beginning; read by SQLite's own way to the file.
TEST_F(Sqlite, what_is_committed_is_in_the_log_as_sqlite_itself_reads_it) {
  const auto store = open();
  constexpr int commits = 40;
  for (int i = 0; i < commits; ++i) {
    auto big = event("evt_" + std::to_string(i));
    big.changes = '"' + std::string(static_cast<std::size_t>(i) * 30'000, 'x') + '"';
    ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_" + std::to_string(i))), Append{big}})));
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    ASSERT_EQ(sqlite3_prepare_v2(handle, "SELECT count(*), (SELECT count(*) FROM records) FROM events", -1, &statement,
                                 nullptr), SQLITE_OK);
    ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
    EXPECT_EQ(sqlite3_column_int(statement, 0), i + 1);
    EXPECT_EQ(sqlite3_column_int(statement, 1), i + 1);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
  }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READONLY, nullptr), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle, "PRAGMA integrity_check", -1, &statement, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_step(statement), SQLITE_ROW);
  EXPECT_STREQ(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)), "ok");
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

TEST_F(Sqlite, refuses_a_newer_versions_file) {
  open();
  run("PRAGMA user_version=999");
  EXPECT_EQ(refusal(), Fault::Kind::invalid);
  EXPECT_NE(said.find("999"), std::string::npos) << said;
}

TEST_F(Sqlite, refuses_another_programs_database_and_leaves_it_as_it_is) {
  run("CREATE TABLE theirs (x)");
  EXPECT_EQ(refusal(), Fault::Kind::invalid);
  run("INSERT INTO theirs VALUES (1)");
  EXPECT_FALSE(std::filesystem::exists(file + "-wal"));
}

TEST_F(Sqlite, refuses_a_file_that_is_no_database) {
  std::ofstream(file) << std::string(8192, 'x');
  EXPECT_EQ(refusal(), Fault::Kind::corrupt);
}

TEST_F(Sqlite, refuses_a_file_it_cannot_open) {
  file = folder.file("missing/store.db");
  EXPECT_EQ(refusal(), Fault::Kind::unavailable);
}

TEST_F(Sqlite, opens_a_file_in_a_folder_that_is_reached_through_a_link_and_no_link_to_a_file) {
  const auto real = folder.file("real"), link = folder.file("link");
  std::filesystem::create_directory(real);
  std::filesystem::create_directory_symlink(real, link);
  file = link + "/store.db";
  {
    const auto store = open();
    ASSERT_TRUE(store);
    ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_1")}})));
    EXPECT_EQ(*store->last_event(), 1u) << "as a reader sees it";
  }
  EXPECT_TRUE(std::filesystem::exists(real + "/store.db"));
  std::filesystem::create_symlink(real + "/store.db", real + "/other.db");
  file = link + "/other.db";
  EXPECT_EQ(refusal(), Fault::Kind::unavailable);
}

TEST_F(Sqlite, a42_a_full_queue_answers_at_once) {
  auto store = open({.queue_max = 3});
  Gate gate(*store);
  std::vector<int> outcomes(5, 0);
  std::promise<void> written;
  for (std::size_t i = 0; i < 5; ++i)
    store->commit({Append{event("evt_" + std::to_string(i))}}, [&, i](const Result<Outcome, Fault>& outcome) {
      outcomes[i] = was_done(outcome) ? 1 : outcome.error().kind == Fault::Kind::unavailable ? 2 : 3;
      if (i == 2) written.set_value();
    });
  EXPECT_EQ(outcomes, (std::vector<int>{0, 0, 0, 2, 2}));
  gate.open();
  written.get_future().wait();
  EXPECT_EQ(outcomes, (std::vector<int>{1, 1, 1, 2, 2}));
  EXPECT_EQ(*store->last_event(), 4u);
  EXPECT_TRUE(was_done(store->commit_now({Append{event("evt_after")}})));
}

// No file of this process may grow past `bytes` while this lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(std::uintmax_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Sqlite, a_full_disk_is_known_until_something_is_written_again) {
  CommitHealth health;
  auto opened = open_sqlite_store({.file = file}, health);
  ASSERT_TRUE(opened);
  const auto store = std::move(opened).take();
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_1")}})));
  EXPECT_FALSE(health.failing());
  {
    FullDisk full(std::filesystem::file_size(file + "-wal"));
    EXPECT_FALSE(store->commit_now({Append{event("evt_2")}}));
    EXPECT_TRUE(health.failing());
    EXPECT_TRUE(store->purge(noon, 10)) << "nothing is written";
    EXPECT_TRUE(health.failing());
  }
  EXPECT_TRUE(health.failing());
  ASSERT_TRUE(was_done(store->commit_now({Append{event("evt_2")}})));
  EXPECT_FALSE(health.failing());
}

TEST_F(Sqlite, a_failed_commit_is_unavailable_for_its_whole_group_and_leaves_nothing) {
  auto store = open();
  int observed = 0;
  store->observe([&](const Changes&) { ++observed; });
  ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_1")), Append{event("evt_1")}})));
  std::vector<Result<Outcome, Fault>> outcomes;
  {
    Gate gate(*store);
    FullDisk full(std::filesystem::file_size(file + "-wal") + 100'000);
    std::promise<void> all;
    for (int i = 0; i < 3; ++i) {
      auto big = event("evt_big" + std::to_string(i));
      if (i == 1) big.changes = '"' + std::string(2'000'000, 'x') + '"';
      store->commit({replace(record(Kind::agent, "agt_1"), static_cast<std::uint64_t>(i + 1)), Append{big}},
                    [&](Result<Outcome, Fault> outcome) {
                      outcomes.push_back(std::move(outcome));
                      if (outcomes.size() == 3) all.set_value();
                    });
    }
    gate.open();
    all.get_future().wait();
  }
  for (const auto& outcome : outcomes) {
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().kind, Fault::Kind::unavailable);
  }
  EXPECT_EQ((*store->get("acme", Kind::agent, "agt_1"))->version, 1u);
  EXPECT_EQ(*store->last_event(), 2u);
  EXPECT_EQ(observed, 1);
  ASSERT_TRUE(was_done(store->commit_now({replace(record(Kind::agent, "agt_1"), 1), Append{event("evt_2")}})));
  EXPECT_EQ((*store->event("acme", "evt_2"))->seq, 3u);
  store.reset();
  EXPECT_EQ((*open()->get("acme", Kind::agent, "agt_1"))->version, 2u);
}

TEST_F(Sqlite, a_failed_statement_leaves_nothing_and_the_next_group_works) {
  auto store = open();
  run("ALTER TABLE kept RENAME TO elsewhere");
  const auto failed = store->commit_now(
      {create(record(Kind::agent, "agt_1")), Append{event("evt_1")}, Keep{Use::code, "acme", "k", noon, ""}});
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind, Fault::Kind::unavailable);
  run("ALTER TABLE elsewhere RENAME TO kept");
  EXPECT_FALSE(store->get("acme", Kind::agent, "agt_1")->has_value());
  EXPECT_TRUE(was_done(store->commit_now(
      {create(record(Kind::agent, "agt_1")), Append{event("evt_1")}, Keep{Use::code, "acme", "k", noon, ""}})));
  EXPECT_EQ(*store->last_event(), 1u);
}

TEST_F(Sqlite, what_is_damaged_fails_the_batch_that_comes_upon_it_and_no_other_of_its_group) {
  CommitHealth health;
  auto opened = open_sqlite_store({.file = file}, health);
  ASSERT_TRUE(opened);
  const auto store = std::move(opened).take();
  for (const auto* id : {"agt_1", "agt_2"}) ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, id))})));
  run("UPDATE records SET lookups = 'damaged' WHERE id = 'agt_1'");
  std::vector<std::promise<Result<Outcome, Fault>>> outcomes(4);
  {
    Gate gate(*store);
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto* id = i % 2 == 0 ? "agt_2" : "agt_1";
      store->commit({Append{event("evt_" + std::to_string(i))},
                     replace(record(Kind::agent, id), 1 + i / 2, {{"owner", "usr_1"}})},
                    [&, i](Result<Outcome, Fault> outcome) { outcomes[i].set_value(std::move(outcome)); });
    }
    gate.open();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
      const auto outcome = outcomes[i].get_future().get();
      EXPECT_EQ(was_done(outcome), i % 2 == 0) << i;
      if (i == 1) EXPECT_EQ(outcome.error().kind, Fault::Kind::corrupt);
    }
  }
  EXPECT_FALSE(health.failing());
  EXPECT_EQ((*store->get("acme", Kind::agent, "agt_2"))->version, 3u);
  EXPECT_EQ(*store->log().leaves(0, 10), *open()->log().leaves(0, 10)) << "hashes that it has at hand";
  EXPECT_EQ((*store->event("acme", "evt_2"))->seq, 3u) << "behind the gate's and the first";
}

// Reads stay at a snapshot while nothing but what they need not see is written.
TEST_F(Sqlite, no_read_shows_what_is_over) {
  const auto store = open();
  const auto done = [&](Writes writes) { return was_done(store->commit_now(std::move(writes))); };
  Delegation node{.id = "dlg_1", .tenant = "acme", .path = {"dlg_1"}, .subject = "usr_1", .actor = "agt_1"};
  node.chain = {"agt_1"};
  node.created_at = noon;
  ASSERT_TRUE(done({create(record(Kind::agent, "agt_1")), Delegate{node}, Keep{Use::code, "acme", "k1", noon, "1"}}));
  const auto of_late = [&](const char* id) { return *store->delegation("acme", id, Store::Counts::of_late); };
  const auto now = noon - Seconds(1);
  const auto kept = [&](const char* key) { return store->kept(Use::code, "acme", key, now)->has_value(); };
  ASSERT_TRUE(of_late("dlg_1") && kept("k1") && *store->get("acme", Kind::agent, "agt_1"));

  // What was added since is found.
  node.id = "dlg_2";
  ASSERT_TRUE(done({Append{event("evt_1")}, Delegate{node}, Keep{Use::code, "acme", "k2", noon, "2"}}));
  EXPECT_TRUE(of_late("dlg_2") && kept("k2"));
  EXPECT_FALSE(of_late("dlg_3") || kept("k3"));
  ASSERT_TRUE(done({Draw{"acme", "dlg_1", {}, noon, noon + Seconds(60)}}));
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->uses, 1u);

  // And what was changed or taken away is so at once.
  ASSERT_TRUE(done({Drop{Use::code, "acme", "k1"}}));
  EXPECT_FALSE(kept("k1"));
  ASSERT_TRUE(done({Touch{"acme", Kind::agent, "agt_1", noon}}));
  EXPECT_EQ((*store->get("acme", Kind::agent, "agt_1"))->touched_at, noon);
  ASSERT_TRUE(done({replace(record(Kind::agent, "agt_1", R"({"a":1})"), 1)}));
  EXPECT_EQ((*store->get("acme", Kind::agent, "agt_1"))->body, R"({"a":1})");
  EXPECT_EQ(store->under("acme", "agt_1")->front().body, R"({"a":1})");
  ASSERT_TRUE(done({EndDelegation{"acme", "dlg_1", noon, "over"}}));
  EXPECT_TRUE(of_late("dlg_1")->revoked_at);
  ASSERT_TRUE(done({Remove{"acme", Kind::agent, "agt_1", 2}}));
  EXPECT_FALSE(*store->get("acme", Kind::agent, "agt_1"));
}

TEST_F(Sqlite, the_log_stays_bounded_under_load) {
  auto store = open();
  ASSERT_TRUE(was_done(store->commit_now({create(record(Kind::agent, "agt_1"))})));
  ASSERT_TRUE(*store->get("acme", Kind::agent, "agt_1"));  // a snapshot that nobody asks for again
  std::uintmax_t longest = 0;
  auto big = event("evt_1");
  big.changes = '"' + std::string(30'000, 'x') + '"';
  for (int i = 0; i < 200; ++i) {
    Writes writes;
    for (int k = 0; k < 50; ++k) writes.push_back(Append{big});
    ASSERT_TRUE(was_done(store->commit_now(std::move(writes))));
    longest = std::max(longest, std::filesystem::file_size(file + "-wal"));
  }
  EXPECT_GT(std::filesystem::file_size(file), 200u << 20);
  EXPECT_LT(longest, 300u << 20);
  store.reset();
  EXPECT_FALSE(std::filesystem::exists(file + "-wal") && std::filesystem::file_size(file + "-wal") > 0);
}

}  // namespace
}  // namespace deputy::store
