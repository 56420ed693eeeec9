// Revocations: one growing sequence, whole, and purged only when they can kill nothing any more.
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

Revocation revocation(std::string target, Instant until = noon + Seconds(900)) {
  return {.tenant = "acme",
          .kind = Kills::token,
          .target = std::move(target),
          .issued_before = noon,
          .until = until,
          .at = noon,
          .reason = "stolen",
          .scopes = {}};
}

TEST_P(Contract, a28_what_everybody_loses_elsewhere_is_nothing_to_what_rests_on_one_resource) {
  const auto lost_by = [](std::string target) {
    auto entry = revocation(std::move(target));
    entry.kind = Kills::narrowing;
    entry.scopes = {"contacts:read"};
    entry.resource = "https://contacts.example/v1";
    return Revoke{std::move(entry)};
  };
  const auto decided = [](std::string resource) { return Unrevoked{"acme", {"agt_1"}, 0, std::move(resource)}; };
  accept({lost_by("")});
  accept({decided("https://mail.example/v1")});
  EXPECT_EQ(refuse({decided("https://contacts.example/v1")}).why, Why::revoked);
  EXPECT_EQ(refuse({decided("")}).why, Why::revoked);
  accept({lost_by("agt_1")});
  accept({decided("https://mail.example/v1")});
  EXPECT_EQ(refuse({decided("https://contacts.example/v1")}).why, Why::revoked) << "it is named";
  accept({Revoke{revocation("agt_1")}});
  EXPECT_EQ(refuse({decided("https://mail.example/v1")}).why, Why::revoked) << "of whatever resource";
}

TEST_P(Contract, numbers_revocations_and_gives_them_whole) {
  auto narrowing = revocation("agt_1");
  narrowing.kind = Kills::narrowing;
  narrowing.scopes = {"contacts:read", "odd 3:scope"};
  narrowing.resource = "https://contacts.example/v1";
  narrowing.seq = 99;  // the store's to give
  accept({Revoke{revocation("jti_1")}, Revoke{narrowing}});
  accept({Revoke{revocation("jti_3")}});
  const auto all = store->revocations(0, 10);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ((*all)[i].seq, i + 1);
  const auto& whole = (*all)[1];
  EXPECT_EQ(whole.tenant, "acme");
  EXPECT_EQ(whole.kind, Kills::narrowing);
  EXPECT_EQ(whole.target, "agt_1");
  EXPECT_EQ(whole.issued_before, noon);
  EXPECT_EQ(whole.until, noon + Seconds(900));
  EXPECT_EQ(whole.at, noon);
  EXPECT_EQ(whole.reason, "stolen");
  EXPECT_EQ(whole.scopes, narrowing.scopes);
  EXPECT_EQ(whole.resource, narrowing.resource);
  EXPECT_TRUE((*all)[0].scopes.empty());

  EXPECT_EQ(store->revocations(1, 10)->size(), 2u);
  EXPECT_EQ(store->revocations(0, 2)->size(), 2u);
  EXPECT_TRUE(store->revocations(3, 10)->empty());
}

TEST_P(Contract, a20_purges_only_expired_revocations_and_never_reuses_a_number) {
  accept({Revoke{revocation("jti_1", noon - Seconds(1))}, Revoke{revocation("jti_2", noon)},
          Revoke{revocation("jti_3", noon - Seconds(1))}});
  EXPECT_EQ(*store->purge(noon, 100), 2u);
  auto all = store->revocations(0, 10);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].target, "jti_2");
  EXPECT_EQ(*store->purge(noon + Seconds(1), 100), 1u);
  EXPECT_TRUE(store->revocations(0, 10)->empty());
  accept({Revoke{revocation("jti_4")}});
  all = store->revocations(0, 10);
  ASSERT_EQ(all->size(), 1u);
  EXPECT_EQ((*all)[0].seq, 4u);
}

TEST_P(Contract, each_revocation_names_the_one_before_it_of_its_tenant) {
  const auto of = [](std::string tenant, std::string target, Instant until = noon + Seconds(900)) {
    auto one = revocation(std::move(target), until);
    one.tenant = std::move(tenant);
    return Revoke{one};
  };
  accept({of("acme", "jti_1"), of("other", "jti_2")});
  accept({of("acme", "jti_3", noon - Seconds(1)), of("acme", "jti_4")});
  auto page = store->revocations_of("acme", 0, 10);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->entries.size(), 3u);
  EXPECT_EQ(page->entries[0].previous, 0u);
  EXPECT_EQ(page->entries[1].previous, 1u);
  EXPECT_EQ(page->entries[2].previous, 3u);
  EXPECT_EQ(page->last, 4u);
  EXPECT_EQ(page->purged, 0u);
  EXPECT_EQ(store->revocations_of("acme", 1, 1)->entries.at(0).seq, 3u);
  EXPECT_EQ(store->revocations_of("other", 0, 10)->entries.at(0).previous, 0u);
  EXPECT_EQ(store->revocations_of("nobody", 0, 10)->last, 0u);

  EXPECT_EQ(*store->purge(noon, 10), 1u);
  page = store->revocations_of("acme", 0, 10);
  EXPECT_EQ(page->entries.size(), 2u);
  EXPECT_EQ(page->purged, 3u);
  EXPECT_EQ(page->last, 4u);
  EXPECT_EQ(store->revocations_of("other", 0, 10)->purged, 0u) << "a neighbour's purge is none of its business";
}

TEST_P(Contract, the_head_of_a_tenants_revocations_outlives_them_all) {
  accept({Revoke{revocation("jti_1", noon - Seconds(1))}});
  EXPECT_EQ(*store->purge(noon, 10), 1u);
  accept({Revoke{revocation("jti_2")}});
  const auto page = store->revocations_of("acme", 0, 10);
  ASSERT_EQ(page->entries.size(), 1u);
  EXPECT_EQ(page->entries[0].previous, 1u);
  EXPECT_EQ(page->purged, 1u);
}

TEST_P(Contract, a_refused_batch_leaves_no_gap_in_a_tenants_revocations) {
  accept({Revoke{revocation("jti_1")}});
  refuse({Revoke{revocation("jti_2")}, Require{"acme", Kind::agent, "agt_missing"}});
  accept({Revoke{revocation("jti_3")}});
  const auto page = store->revocations_of("acme", 0, 10);
  ASSERT_EQ(page->entries.size(), 2u);
  EXPECT_EQ(page->entries[1].previous, page->entries[0].seq);
}

TEST_P(Contract, a28_each_revocation_has_a_tag_and_the_head_that_of_the_last_whatever_is_purged) {
  EXPECT_EQ(store->revocations_of("acme", 0, 10)->last_tag, 0u);
  std::vector<Revocation> heard;
  store->observe([&](const Changes& changes) { heard = changes.revocations; });
  accept({Revoke{revocation("jti_1")}, Revoke{revocation("jti_2", noon - Seconds(1))}});
  const auto page = *store->revocations_of("acme", 0, 10);
  ASSERT_EQ(page.entries.size(), 2u);
  ASSERT_EQ(heard.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NE(page.entries[i].tag, 0u);
    EXPECT_LT(page.entries[i].tag, std::uint64_t{1} << 63);
    EXPECT_EQ(heard[i].tag, page.entries[i].tag) << "one tag, however it is come by";
  }
  EXPECT_NE(page.entries[0].tag, page.entries[1].tag);
  EXPECT_EQ(page.last_tag, page.entries[1].tag);
  EXPECT_EQ(*store->purge(noon, 10), 1u);
  EXPECT_EQ(store->revocations_of("acme", 0, 10)->last_tag, page.last_tag);
  refuse({Revoke{revocation("jti_3")}, Require{"acme", Kind::agent, "agt_0"}});
  EXPECT_EQ(store->revocations_of("acme", 0, 10)->last_tag, page.last_tag) << "of what was taken back, nothing stays";
  auto others = revocation("jti_4");
  others.tenant = "other";
  accept({Revoke{others}});
  EXPECT_EQ(store->revocations_of("acme", 0, 10)->last_tag, page.last_tag);
}

TEST_P(Contract, purges_no_more_than_its_limit_of_both_kinds_of_row) {
  for (int i = 0; i < 3; ++i)
    accept({Revoke{revocation("jti", noon - Seconds(1))},
            Keep{Use::code, "acme", std::to_string(i), noon - Seconds(1), ""}});
  EXPECT_EQ(*store->purge(noon, 4), 4u);
  EXPECT_EQ(*store->purge(noon, 4), 2u);
  EXPECT_EQ(*store->purge(noon, 0), 0u);
}

TEST_P(Contract, a25_a_clock_that_was_set_back_leaves_no_token_alive) {
  accept({Append{event("evt_1", "token.issue", noon + Seconds(90))}});
  Revocation all{.tenant = "acme", .kind = Kills::principal, .target = "agt_1", .issued_before = noon,
                 .until = noon + Seconds(300), .at = noon};
  accept({Revoke{all}});
  all.kind = Kills::narrowing;
  accept({Revoke{all}});
  all.issued_before = noon + Seconds(100);
  accept({Revoke{all}});
  const auto entries = *store->revocations(0, 10);
  ASSERT_EQ(entries.size(), 3u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(entries[i].issued_before, noon + Seconds(90));
    EXPECT_EQ(entries[i].until, noon + Seconds(390));
    EXPECT_EQ(entries[i].at, noon);
  }
  EXPECT_EQ(entries[2].issued_before, noon + Seconds(100));
}

TEST_P(Contract, a42_a_clock_that_was_years_ahead_for_a_moment_covers_nobody_for_years) {
  const auto revoked = [&] {
    accept({Revoke{{.tenant = "acme", .kind = Kills::principal, .target = "agt_1", .issued_before = noon,
                    .until = noon + Seconds(300), .at = noon}}});
    return store->revocations(0, 10)->back();
  };
  accept({Append{event("evt_1", "token.issue", noon + Seconds(10 * 365 * 86'400))}});
  EXPECT_EQ(revoked().issued_before, noon);
  EXPECT_EQ(revoked().until, noon + Seconds(300));
  accept({Append{event("evt_2", "token.issue", noon)}});
  accept({Append{event("evt_3", "token.issue", noon + Seconds(90))}});
  EXPECT_EQ(revoked().issued_before, noon + Seconds(90)) << "what is ordinary is covered again";
}

}  // namespace
}  // namespace deputy::store
