// Very many consents to one client that end at once: for whoever reads them or decides by them they have ended, before
// each row says so itself.
#include "store/sqlite/consent_ends.h"

#include <algorithm>

#include "tests/store_contract/sqlite_file.h"

namespace deputy::store {
namespace {

using Ids = std::vector<std::string>;
using Why = Refused::Why;

constexpr int many = 1500;
static_assert(many > sqlite::ConsentEnds::at_once, "more than end in one statement");
const std::string first = "dlg_0", last = "dlg_1499";
const EndConsents end_all{"acme", "agt_1", noon, "transferred"};

Delegation agreed(const std::string& id) {
  return {.id = id,
          .tenant = "acme",
          .path = {id},
          .subject = "usr_1",
          .actor = "agt_1",
          .origin = delegation::Origin::consent};
}

Writes many_agreed() {
  Writes writes;
  for (int i = 0; i < many; ++i) writes.emplace_back(Delegate{agreed("dlg_" + std::to_string(i))});
  return writes;
}

Ids ids_of(const Result<std::vector<Delegation>, Fault>& found) {
  Ids ids;
  for (const auto& one : *found) ids.push_back(one.id);
  return ids;
}

void purge_all(Store& store) {
  for (bool more = true; more;) {
    const auto purged = store.purge(noon, 256);
    ASSERT_TRUE(purged);
    more = *purged == 256;
  }
}

}  // namespace

TEST_P(Contract, a28_very_many_consents_end_at_once_for_whoever_reads_them) {
  accept(many_agreed());
  auto handed_on = agreed("dlg_on"), other = agreed("dlg_other"), elsewhere = agreed(last);
  handed_on.origin = delegation::Origin::exchange;
  other.actor = "agt_2";
  elsewhere.tenant = "other";
  accept({Delegate{handed_on}, Delegate{other}, Delegate{elsewhere}});
  EXPECT_FALSE((*store->delegation("acme", last, Store::Counts::of_late))->revoked_at);
  accept({end_all});
  for (const auto* when : {"at once", "when it is written in each"}) {
    for (const auto& id : {first, last})
      for (const auto counts : {Store::Counts::current, Store::Counts::of_late}) {
        const auto one = *store->delegation("acme", id, counts);
        EXPECT_EQ(one->revoked_at, noon) << id << ", " << when;
        EXPECT_EQ(one->reason, "transferred") << id << ", " << when;
      }
    EXPECT_EQ(ids_of(store->consents_to("acme", "agt_1", noon, 10)), Ids{}) << when;
    EXPECT_EQ(ids_of(store->consents({"acme", "usr_1", "agt_1"}, noon, 10)), Ids{}) << when;
    for (const auto order : {Page::Order::oldest_first, Page::Order::newest_first}) {
      for (const auto& page : {DelegationPage{.actor = "agt_1", .limit = 5000, .order = order},
                               DelegationPage{.under = "usr_1", .limit = 5000, .order = order},
                               DelegationPage{.limit = 5000, .order = order}}) {
        const auto all = *store->delegations("acme", page);
        const auto ended = std::count_if(all.begin(), all.end(), [](const auto& one) {
          return one.revoked_at == noon && one.reason == "transferred";
        });
        EXPECT_EQ(ended, many) << page.actor << page.under << ", " << when;
      }
    }
    for (const auto* id : {"dlg_on", "dlg_other"}) EXPECT_FALSE((*store->delegation("acme", id))->revoked_at) << id;
    EXPECT_FALSE((*store->delegation("other", last))->revoked_at) << when;
    purge_all(*store);
  }
}

TEST_P(Contract, a25_of_very_many_that_ended_none_is_decided_by) {
  accept(many_agreed());
  accept({end_all});
  EXPECT_EQ(refuse({Draw{"acme", last, {}, noon, noon + Seconds(9)}}).why, Why::revoked);
  EXPECT_EQ(refuse({Draw{"acme", "", {last}, noon, noon + Seconds(9)}}).why, Why::revoked);
  EXPECT_EQ(refuse({EndDelegation{"acme", last, noon + Seconds(1), "again", 0}}).why, Why::revoked);
  accept({EndDelegation{"acme", last, noon + Seconds(1), "again"}});
  EXPECT_EQ((*store->delegation("acme", last))->reason, "transferred") << "its end stays as it was";
  accept({Append{event("evt_1"), {last}}});
  EXPECT_EQ(*store->last_event(), 0u) << "what ended is not told of again";
  accept({NoneHandedOn{"acme", "", {{"usr_1", {}}}}});
  accept({EndConsents{"acme", "agt_1", noon, "again", Ids{}}});
}

TEST_P(Contract, a37_what_is_agreed_to_after_very_many_ended_goes_on_until_it_ends_too) {
  accept(many_agreed());
  accept({end_all});
  accept({Delegate{agreed("dlg_new")}});
  EXPECT_EQ(ids_of(store->consents_to("acme", "agt_1", noon, 10)), Ids{"dlg_new"});
  EXPECT_EQ(ids_of(store->consents({"acme", "usr_1", "agt_1"}, noon, 10)), Ids{"dlg_new"});
  accept({Draw{"acme", "dlg_new", {}, noon, noon + Seconds(9)}});
  EXPECT_EQ(refuse({EndConsents{"acme", "agt_1", noon, "again", Ids{}}}).why, Why::version);
  accept({EndConsents{"acme", "agt_1", noon + Seconds(1), "again", Ids{"dlg_new"}}});
  EXPECT_EQ((*store->delegation("acme", "dlg_new"))->reason, "again");
  accept({Delegate{agreed("dlg_newer")}});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((*store->delegation("acme", last))->reason, "transferred");
    EXPECT_EQ((*store->delegation("acme", "dlg_new"))->revoked_at, noon + Seconds(1));
    EXPECT_EQ(ids_of(store->consents_to("acme", "agt_1", noon, 10)), Ids{"dlg_newer"});
    purge_all(*store);
  }
}

// None of those is named: their time is over.
TEST_P(Contract, a28_very_many_whose_time_is_over_end_with_the_one_that_goes_on) {
  Writes writes;
  for (int i = 0; i < 1100; ++i) {
    auto over = agreed("dlg_" + std::to_string(i));
    over.limits.not_after = noon - Seconds(1);
    writes.emplace_back(Delegate{over});
  }
  writes.emplace_back(Delegate{agreed("dlg_on")});
  accept(std::move(writes));
  EXPECT_EQ(refuse({EndConsents{"acme", "agt_1", noon, "transferred", Ids{first}}}).why, Why::version);
  accept({EndConsents{"acme", "agt_1", noon, "transferred", Ids{"dlg_on"}}});
  for (const auto* when : {"at once", "when it is written in each"}) {
    for (const auto* id : {"dlg_0", "dlg_1099", "dlg_on"})
      EXPECT_EQ((*store->delegation("acme", id))->revoked_at, noon) << id << ", " << when;
    EXPECT_EQ(ids_of(store->consents_to("acme", "agt_1", noon, 10)), Ids{}) << when;
    purge_all(*store);
  }
}

TEST_P(Contract, very_many_consents_go_on_where_the_batch_that_ends_them_is_refused) {
  accept(many_agreed());
  refuse({end_all, Delegate{agreed(first)}});
  for (const auto& id : {first, last}) EXPECT_FALSE((*store->delegation("acme", id))->revoked_at) << id;
  EXPECT_EQ(store->consents_to("acme", "agt_1", noon, 2000)->size(), std::size_t{many});
}

namespace {

class SqliteConsentEnds : public SqliteFile {
 protected:
  std::int64_t number(const char* sql) {
    sqlite3* handle = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
    sqlite3_stmt* statement = nullptr;
    EXPECT_EQ(sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr), SQLITE_OK);
    EXPECT_EQ(sqlite3_step(statement), SQLITE_ROW);
    const auto found = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(handle);
    return found;
  }
};

}  // namespace

TEST_F(SqliteConsentEnds, a42_of_very_many_some_are_written_at_once_and_the_rest_in_steps) {
  constexpr const char* written = "SELECT count(*) FROM delegations WHERE revoked_at IS NOT NULL";
  {
    const auto store = open();
    ASSERT_TRUE(was_done(store->commit_now(many_agreed())));
    ASSERT_TRUE(was_done(store->commit_now({end_all})));
  }
  EXPECT_EQ(number(written), 1000);
  {
    const auto store = open();
    EXPECT_TRUE((*store->delegation("acme", last))->revoked_at) << "after a restart, too";
    EXPECT_EQ(*store->purge(Instant::min(), 256), 256u) << "by no clock";
    EXPECT_EQ(*store->purge(noon, 256), 244u);
    EXPECT_EQ(*store->purge(noon, 256), 0u);
  }
  EXPECT_EQ(number(written), many);
  EXPECT_EQ(number("SELECT count(*) FROM consent_ends"), 0);
}

// How many rows are passed over is how many steps the database takes.
TEST_F(SqliteConsentEnds, a42_what_goes_on_is_not_looked_for_among_very_many_that_are_ending) {
  {
    const auto store = open();
    ASSERT_TRUE(was_done(store->commit_now(many_agreed())));
    ASSERT_TRUE(was_done(store->commit_now({end_all})));
  }
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  sqlite3_stmt* statement = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(handle, "SELECT id" AGREED_SINCE, -1, &statement, nullptr), SQLITE_OK);
  sqlite3_bind_text(statement, 1, "acme", -1, SQLITE_STATIC);
  sqlite3_bind_text(statement, 2, "agt_1", -1, SQLITE_STATIC);
  sqlite3_bind_int64(statement, 3, unix_millis(noon));
  EXPECT_EQ(sqlite3_step(statement), SQLITE_DONE);
  EXPECT_LT(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0), 100);
  sqlite3_finalize(statement);
  sqlite3_close(handle);
}

}  // namespace deputy::store
