// Records: versions, principals, last use, tenants, and pages.
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

TEST_P(Contract, creates_at_version_1_and_counts_up) {
  accept({create(record(Kind::agent, "agt_1", R"({"name":"Crawler"})"))});
  auto found = get(Kind::agent, "agt_1");
  EXPECT_EQ(found.version, 1u);
  EXPECT_EQ(found.body, R"({"name":"Crawler"})");
  EXPECT_EQ(found.under, "agt_1");
  EXPECT_EQ(found.created_at, noon);
  EXPECT_FALSE(found.touched_at);

  auto changed = record(Kind::agent, "agt_1", R"({"name":"Reader"})");
  changed.created_at = noon + Seconds(60);
  changed.updated_at = noon + Seconds(60);
  changed.version = 77;  // the store counts, not the caller
  accept({replace(changed, 1)});
  found = get(Kind::agent, "agt_1");
  EXPECT_EQ(found.version, 2u);
  EXPECT_EQ(found.body, R"({"name":"Reader"})");
  EXPECT_EQ(found.created_at, noon);
  EXPECT_EQ(found.updated_at, noon + Seconds(60));
}

TEST_P(Contract, refuses_to_create_what_exists) {
  accept({create(record(Kind::agent, "agt_1", R"({"first":true})"))});
  const auto refused = refuse({create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(refused.why, Why::exists);
  EXPECT_EQ(refused.write, 0u);
  EXPECT_EQ(get(Kind::agent, "agt_1").body, R"({"first":true})");
}

TEST_P(Contract, refuses_to_replace_another_version_or_nothing) {
  EXPECT_EQ(refuse({replace(record(Kind::agent, "agt_1"), 1)}).why, Why::missing);
  accept({create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(refuse({replace(record(Kind::agent, "agt_1"), 2)}).why, Why::version);
  accept({replace(record(Kind::agent, "agt_1"), 1)});
  EXPECT_EQ(refuse({replace(record(Kind::agent, "agt_1"), 1)}).why, Why::version);
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 2u);
}

TEST_P(Contract, revises_what_is_there_whatever_version_it_has) {
  const auto revise = [](const std::string& add) {
    return Revise{.tenant = "acme", .id = "agt_1", .kind = Kind::agent,
                  .make = [add](const Record& stored, const std::vector<Index>& indexes) -> std::optional<Put> {
                    if (stored.body == R"({"final":true})") return std::nullopt;
                    auto kept = indexes;
                    kept.push_back({"state", add, false});
                    auto made = record(Kind::agent, stored.id, R"({"was":)" + stored.body + "}", stored.under);
                    return replace(std::move(made), stored.version, std::move(kept));
                  }};
  };
  EXPECT_EQ(refuse({revise("x")}).why, Why::missing);
  accept({create(record(Kind::agent, "agt_1", "{}", "usr_1"), {{"name", "crawler"}})});
  accept({replace(record(Kind::agent, "agt_1", R"({"b":1})", "usr_1"), 1, {{"name", "reader"}})});
  accept({revise("c")});
  const auto found = get(Kind::agent, "agt_1");
  EXPECT_EQ(found.body, R"({"was":{"b":1}})");
  EXPECT_EQ(found.version, 3u);
  EXPECT_EQ(found.under, "usr_1");
  const auto by = [&](const char* name, const char* value) {
    return ids(Kind::agent, {.after = "", .where = Index{name, value}}).size();
  };
  EXPECT_EQ(by("name", "reader"), 1u);
  EXPECT_EQ(by("name", "crawler"), 0u);
  EXPECT_EQ(by("state", "c"), 1u);
  EXPECT_EQ(refuse({replace(record(Kind::agent, "agt_1"), 2)}).why, Why::version);
  // In a batch that is refused it leaves nothing.
  EXPECT_EQ(refuse({revise("d"), Require{"acme", Kind::agent, "agt_2"}}).why, Why::missing);
  EXPECT_EQ(get(Kind::agent, "agt_1").body, R"({"was":{"b":1}})");
  accept({replace(record(Kind::agent, "agt_1", R"({"final":true})"), 3)});
  const auto refused = refuse({Require{"acme", Kind::agent, "agt_1"}, revise("e")});
  EXPECT_EQ(refused.why, Why::version);
  EXPECT_EQ(refused.write, 1u);
}

TEST_P(Contract, removes_only_the_version_it_was_told) {
  EXPECT_EQ(refuse({Remove{"acme", Kind::agent, "agt_1", 1}}).why, Why::missing);
  accept({create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(refuse({Remove{"acme", Kind::agent, "agt_1", 2}}).why, Why::version);
  EXPECT_EQ(refuse({Remove{"acme", Kind::agent, "agt_1", 0}}).why, Why::version);
  EXPECT_TRUE(exists(Kind::agent, "agt_1"));
  accept({Remove{"acme", Kind::agent, "agt_1", 1}});
  EXPECT_FALSE(exists(Kind::agent, "agt_1"));
  accept({create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 1u);
}

TEST_P(Contract, requires_a_record_and_its_version) {
  EXPECT_EQ(refuse({Require{"acme", Kind::agent, "agt_1"}}).why, Why::missing);
  accept({create(record(Kind::agent, "agt_1"))});
  accept({Require{"acme", Kind::agent, "agt_1"}});
  accept({Require{"acme", Kind::agent, "agt_1", 1}});
  EXPECT_EQ(refuse({Require{"acme", Kind::agent, "agt_1", 2}}).why, Why::version);
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 1u);
}

TEST_P(Contract, gives_all_under_a_principal_by_kind_and_then_id) {
  accept({create(record(Kind::credential, "crd_2", "{}", "agt_1")), create(record(Kind::agent, "agt_2")),
          create(record(Kind::credential, "crd_1", "{}", "agt_1")), create(record(Kind::agent, "agt_1")),
          create(record(Kind::ownership, "own_1", "{}", "agt_1"))});
  const auto found = store->under("acme", "agt_1");
  ASSERT_TRUE(found);
  std::vector<std::string> ids;
  for (const auto& one : *found) ids.push_back(one.id);
  EXPECT_EQ(ids, (std::vector<std::string>{"agt_1", "own_1", "crd_1", "crd_2"}));
  EXPECT_TRUE(store->under("acme", "agt_3")->empty());
  EXPECT_TRUE(store->under("other", "agt_1")->empty());
}

TEST_P(Contract, moves_a_record_under_another_principal) {
  accept({create(record(Kind::credential, "crd_1", "{}", "agt_1"))});
  accept({replace(record(Kind::credential, "crd_1", "{}", "agt_2"), 1)});
  EXPECT_TRUE(store->under("acme", "agt_1")->empty());
  EXPECT_EQ(store->under("acme", "agt_2")->size(), 1u);
}

TEST_P(Contract, puts_a_record_without_a_principal_under_itself) {
  auto alone = record(Kind::role, "rol_1");
  alone.under.clear();
  accept({create(alone)});
  EXPECT_EQ(get(Kind::role, "rol_1").under, "rol_1");
}

TEST_P(Contract, touches_without_a_new_version_and_never_backwards) {
  accept({create(record(Kind::credential, "crd_1"))});
  accept({Touch{"acme", Kind::credential, "crd_1", noon + Seconds(5)}});
  accept({Touch{"acme", Kind::credential, "crd_1", noon + Seconds(3)}});
  auto found = get(Kind::credential, "crd_1");
  EXPECT_EQ(found.version, 1u);
  EXPECT_EQ(found.touched_at, noon + Seconds(5));
  EXPECT_EQ(found.updated_at, noon);

  accept({replace(record(Kind::credential, "crd_1"), 1)});  // read before it was touched
  EXPECT_EQ(get(Kind::credential, "crd_1").touched_at, noon + Seconds(5));
  accept({Touch{"acme", Kind::credential, "crd_gone", noon}});
  EXPECT_FALSE(exists(Kind::credential, "crd_gone"));
}

TEST_P(Contract, a_touch_by_a_clock_far_ahead_gives_way_when_it_is_set_back) {
  accept({create(record(Kind::credential, "crd_1"))});
  accept({Touch{"acme", Kind::credential, "crd_1", noon + Seconds(60)}});
  accept({Touch{"acme", Kind::credential, "crd_1", noon}});
  EXPECT_EQ(get(Kind::credential, "crd_1").touched_at, noon + Seconds(60));
  accept({Touch{"acme", Kind::credential, "crd_1", noon - Millis(1)}});
  EXPECT_EQ(get(Kind::credential, "crd_1").touched_at, noon - Millis(1));
}

TEST_P(Contract, keeps_tenants_and_kinds_apart) {
  auto other = record(Kind::agent, "agt_1", R"({"of":"other"})");
  other.tenant = "other";
  accept({create(record(Kind::agent, "agt_1", R"({"of":"acme"})")), create(other),
          create(record(Kind::application, "agt_1", R"({"of":"application"})"))});
  EXPECT_EQ(get(Kind::agent, "agt_1").body, R"({"of":"acme"})");
  EXPECT_EQ(get(Kind::agent, "agt_1", "other").body, R"({"of":"other"})");
  EXPECT_EQ(get(Kind::agent, "agt_1", "other").tenant, "other");
  EXPECT_FALSE(exists(Kind::agent, "agt_1", "third"));
  accept({Remove{"other", Kind::agent, "agt_1", 1}});
  EXPECT_TRUE(exists(Kind::agent, "agt_1"));
  EXPECT_TRUE(exists(Kind::application, "agt_1"));
  EXPECT_EQ(ids(Kind::agent, {}, "other"), std::vector<std::string>{});
}

TEST_P(Contract, pages_in_both_orders) {
  Writes writes;
  for (const char* id : {"agt_c", "agt_a", "agt_e", "agt_b", "agt_d"})
    writes.push_back(create(record(Kind::agent, id)));
  accept(std::move(writes));
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids(Kind::agent, {.limit = 2}), (Ids{"agt_a", "agt_b"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_b", .limit = 2}), (Ids{"agt_c", "agt_d"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_d", .limit = 2}), (Ids{"agt_e"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_e", .limit = 2}), Ids{});
  constexpr auto newest = Page::Order::newest_first;
  EXPECT_EQ(ids(Kind::agent, {.limit = 2, .order = newest}), (Ids{"agt_e", "agt_d"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_d", .limit = 2, .order = newest}), (Ids{"agt_c", "agt_b"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_b", .limit = 2, .order = newest}), (Ids{"agt_a"}));
  EXPECT_EQ(ids(Kind::agent, {.after = "agt_bb", .limit = 9}), (Ids{"agt_c", "agt_d", "agt_e"}));  // removed since
}

TEST_P(Contract, purges_a_record_past_its_until_and_its_lookups_with_it) {
  auto ending = record(Kind::session, "ses_1", "{}", "usr_1");
  ending.until = noon + Seconds(60);
  accept({create(ending, {{"secret", "a", true}, {"user", "usr_1"}}),
          create(record(Kind::session, "ses_2", "{}", "usr_1"), {{"user", "usr_1"}})});
  EXPECT_EQ(get(Kind::session, "ses_1").until, noon + Seconds(60));
  EXPECT_FALSE(get(Kind::session, "ses_2").until);
  EXPECT_EQ(*store->purge(noon + Seconds(59), 10), 0u);
  EXPECT_EQ(*store->purge(noon + Seconds(60), 10), 1u);
  EXPECT_FALSE(exists(Kind::session, "ses_1"));
  EXPECT_FALSE(*store->find("acme", Kind::session, "secret", "a"));
  EXPECT_EQ(ids(Kind::session, {.where = Index{"user", "usr_1"}}), std::vector<std::string>{"ses_2"});
  EXPECT_EQ(store->under("acme", "usr_1")->size(), 1u);
  accept({create(record(Kind::session, "ses_3"), {{"secret", "a", true}})});
}

TEST_P(Contract, a_change_sets_and_clears_when_a_record_ends) {
  accept({create(record(Kind::session, "ses_1"))});
  auto ending = record(Kind::session, "ses_1");
  ending.until = noon;
  accept({replace(ending, 1)});
  EXPECT_EQ(get(Kind::session, "ses_1").until, noon);
  accept({replace(record(Kind::session, "ses_1"), 2)});
  EXPECT_FALSE(get(Kind::session, "ses_1").until);
  EXPECT_EQ(*store->purge(noon + Seconds(1), 10), 0u);
}

TEST_P(Contract, purges_ended_records_in_small_steps_and_tells_observers) {
  std::vector<std::string> heard;
  store->observe([&](const Changes& changes) {
    for (const auto& change : changes.records) heard.push_back(change.id + " under " + change.under);
  });
  Writes writes;
  for (const char* id : {"ses_1", "ses_2", "ses_3"}) {
    auto ending = record(Kind::session, id, "{}", "usr_1");
    ending.until = noon;
    writes.push_back(create(ending));
  }
  accept(std::move(writes));
  heard.clear();
  EXPECT_EQ(*store->purge(noon, 2), 2u);
  EXPECT_EQ(heard.size(), 2u);
  EXPECT_EQ(*store->purge(noon, 2), 1u);
  EXPECT_EQ(heard.back(), "ses_3 under usr_1");
}

TEST_P(Contract, keeps_any_bytes_of_a_body_and_an_id) {
  const std::string body("{\"a\":\"\xc3\xa4\\u0000\"}"), id("k\xc3\xa4y'--\"%_");
  accept({create(record(Kind::key, id, body))});
  EXPECT_EQ(get(Kind::key, id).body, body);
}

}  // namespace
}  // namespace deputy::store
