// Indexes: unique or not, changed with their record and gone with it, and pages over one value.
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;
using Ids = std::vector<std::string>;

TEST_P(Contract, finds_by_a_unique_index) {
  accept({create(record(Kind::application, "app_1"), {{"client_id", "https://a.example/client", true}}),
          create(record(Kind::application, "app_2"), {{"client_id", "https://b.example/client", true}})});
  const auto found = store->find("acme", Kind::application, "client_id", "https://b.example/client");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->id, "app_2");
  EXPECT_FALSE(store->find("acme", Kind::application, "client_id", "https://c.example/client")->has_value());
  EXPECT_FALSE(store->find("acme", Kind::application, "name", "https://b.example/client")->has_value());
  EXPECT_FALSE(store->find("acme", Kind::agent, "client_id", "https://b.example/client")->has_value());
  EXPECT_FALSE(store->find("other", Kind::application, "client_id", "https://b.example/client")->has_value());
}

TEST_P(Contract, refuses_a_unique_value_another_record_holds) {
  accept({create(record(Kind::user, "usr_1"), {{"name", "ada"}, {"email", "ada@example.com", true}})});
  const auto refused =
      refuse({create(record(Kind::user, "usr_2"), {{"name", "ada"}, {"email", "ada@example.com", true}})});
  EXPECT_EQ(refused.why, Why::unique);
  EXPECT_EQ(refused.index, "email");
  EXPECT_FALSE(exists(Kind::user, "usr_2"));
  accept({create(record(Kind::user, "usr_3"), {{"email", "eve@example.com", true}})});
  EXPECT_EQ(refuse({replace(record(Kind::user, "usr_3"), 1, {{"email", "ada@example.com", true}})}).why, Why::unique);
  EXPECT_EQ(get(Kind::user, "usr_3").version, 1u);
  EXPECT_TRUE(store->find("acme", Kind::user, "email", "eve@example.com")->has_value());
}

TEST_P(Contract, a_record_may_keep_its_own_unique_value) {
  accept({create(record(Kind::user, "usr_1"), {{"email", "ada@example.com", true}})});
  accept({replace(record(Kind::user, "usr_1"), 1, {{"email", "ada@example.com", true}})});
  EXPECT_EQ(get(Kind::user, "usr_1").version, 2u);
  EXPECT_EQ((*store->find("acme", Kind::user, "email", "ada@example.com"))->version, 2u);
}

TEST_P(Contract, uniqueness_ends_at_the_tenant_and_the_kind) {
  auto other = record(Kind::user, "usr_2");
  other.tenant = "other";
  accept({create(record(Kind::user, "usr_1"), {{"email", "ada@example.com", true}}),
          create(other, {{"email", "ada@example.com", true}}),
          create(record(Kind::application, "app_1"), {{"email", "ada@example.com", true}})});
}

TEST_P(Contract, a_change_of_index_frees_the_old_value) {
  accept({create(record(Kind::user, "usr_1"),
                 {{"email", "old@example.com", true}, {"team", "red"}, {"site", "north"}})});
  accept({replace(record(Kind::user, "usr_1"), 1, {{"email", "new@example.com", true}, {"site", "north"}})});
  EXPECT_FALSE(store->find("acme", Kind::user, "email", "old@example.com")->has_value());
  EXPECT_TRUE(store->find("acme", Kind::user, "email", "new@example.com")->has_value());
  EXPECT_EQ(ids(Kind::user, {.where = Index{"team", "red"}}), Ids{});
  EXPECT_EQ(ids(Kind::user, {.where = Index{"site", "north"}}), Ids{"usr_1"});
  accept({create(record(Kind::user, "usr_2"), {{"email", "old@example.com", true}})});
}

TEST_P(Contract, a_removal_frees_its_values) {
  accept({create(record(Kind::user, "usr_1"), {{"email", "ada@example.com", true}, {"team", "red"}})});
  accept({Remove{"acme", Kind::user, "usr_1", 1}});
  EXPECT_FALSE(store->find("acme", Kind::user, "email", "ada@example.com")->has_value());
  EXPECT_EQ(ids(Kind::user, {.where = Index{"team", "red"}}), Ids{});
  accept({create(record(Kind::user, "usr_2"), {{"email", "ada@example.com", true}})});
}

TEST_P(Contract, two_records_of_one_batch_cannot_share_a_unique_value) {
  const auto refused = refuse({create(record(Kind::user, "usr_1"), {{"email", "ada@example.com", true}}),
                               create(record(Kind::user, "usr_2"), {{"email", "ada@example.com", true}})});
  EXPECT_EQ(refused.why, Why::unique);
  EXPECT_EQ(refused.write, 1u);
  EXPECT_FALSE(exists(Kind::user, "usr_1"));
}

TEST_P(Contract, an_index_listed_twice_is_one) {
  accept({create(record(Kind::user, "usr_1"), {{"team", "red"}, {"team", "red"}, {"team", "blue"}})});
  EXPECT_EQ(ids(Kind::user, {.where = Index{"team", "red"}}), Ids{"usr_1"});
  accept({replace(record(Kind::user, "usr_1"), 1, {{"team", "blue"}})});
  EXPECT_EQ(ids(Kind::user, {.where = Index{"team", "red"}}), Ids{});
  EXPECT_EQ(ids(Kind::user, {.where = Index{"team", "blue"}}), Ids{"usr_1"});
}

TEST_P(Contract, requires_that_no_record_has_a_value) {
  accept({RequireNone{"acme", Kind::agent, "type", "aty_1"}});
  accept({create(record(Kind::agent, "agt_1"), {{"type", "aty_1"}})});
  const auto refused = refuse({RequireNone{"acme", Kind::agent, "type", "aty_1"}});
  EXPECT_EQ(refused.why, Why::in_use);
  EXPECT_EQ(refused.index, "type");
  accept({RequireNone{"other", Kind::agent, "type", "aty_1"}, RequireNone{"acme", Kind::user, "type", "aty_1"},
          RequireNone{"acme", Kind::agent, "type", "aty_2"}});
  accept({RequireNone{"acme", Kind::agent, "type", "aty_1", {"agt_0", "agt_1"}}});
  accept({create(record(Kind::agent, "agt_2"), {{"type", "aty_1"}})});
  refuse({RequireNone{"acme", Kind::agent, "type", "aty_1", {"agt_0", "agt_1"}}});
  accept({RequireNone{"acme", Kind::agent, "type", "aty_1", {"agt_1", "agt_2"}}});
  accept({Remove{"acme", Kind::agent, "agt_2", 1}});
  accept({Remove{"acme", Kind::agent, "agt_1", 1}, RequireNone{"acme", Kind::agent, "type", "aty_1"}});
}

TEST_P(Contract, pages_over_one_value_in_both_orders) {
  Writes writes;
  for (const char* id : {"agt_c", "agt_a", "agt_e", "agt_b", "agt_d"})
    writes.push_back(create(record(Kind::agent, id), {{"owner", id[4] == 'c' ? "usr_2" : "usr_1"}}));
  accept(std::move(writes));
  const Index mine{"owner", "usr_1"};
  constexpr auto newest = Page::Order::newest_first;
  EXPECT_EQ(ids(Kind::agent, {.limit = 3, .where = mine}), (Ids{"agt_a", "agt_b", "agt_d"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_d", .limit = 3, .where = mine}), (Ids{"agt_e"}));
  EXPECT_EQ(ids(Kind::agent, {.limit = 3, .order = newest, .where = mine}), (Ids{"agt_e", "agt_d", "agt_b"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_b", .limit = 3, .order = newest, .where = mine}), (Ids{"agt_a"}));
}

TEST_P(Contract, pages_over_the_values_of_an_index_in_their_order) {
  Writes writes;
  const auto add = [&](const char* id, const char* name, const char* value) {
    writes.push_back(create(record(Kind::agent, id), {{name, value}}));
  };
  add("agt_d", "due", "1");
  add("agt_b", "due", "2");
  add("agt_c", "due", "2");
  add("agt_a", "due", "3");
  add("agt_e", "due", "4");
  add("agt_f", "dud", "2");
  add("agt_g", "dues", "2");
  accept(std::move(writes));
  auto elsewhere = record(Kind::agent, "agt_h");
  elsewhere.tenant = "other";
  accept({create(record(Kind::user, "usr_1"), {{"due", "2"}}), create(elsewhere, {{"due", "2"}})});
  const auto due = [&](const char* from, const char* to, std::string after = "", std::size_t limit = 50) {
    return ids(Kind::agent, {.after = std::move(after), .limit = limit, .where = Index{"due", from}, .through = to});
  };
  EXPECT_EQ(due("1", "3"), (Ids{"agt_d", "agt_b", "agt_c", "agt_a"}));
  EXPECT_EQ(due("1", "3", "", 2), (Ids{"agt_d", "agt_b"}));
  EXPECT_EQ(due("2", "3", "agt_b", 2), (Ids{"agt_c", "agt_a"}));
  EXPECT_EQ(due("3", "3", "agt_a"), Ids{});
  EXPECT_EQ(due("2", "2"), (Ids{"agt_b", "agt_c"}));
  EXPECT_EQ(due("3", "2"), Ids{}) << "none is in between";
  EXPECT_EQ(due("11", "9"), (Ids{"agt_b", "agt_c", "agt_a", "agt_e"})) << "values of any length, by their bytes";
  accept({replace(record(Kind::agent, "agt_b"), 1, {{"due", "5"}}), Remove{"acme", Kind::agent, "agt_c", 1}});
  EXPECT_EQ(due("1", "5"), (Ids{"agt_d", "agt_a", "agt_e", "agt_b"}));
}

}  // namespace
}  // namespace deputy::store
