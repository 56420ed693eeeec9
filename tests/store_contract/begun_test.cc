// What a trusted issuer's tokens began: its first end, what goes on, and what is not written once some of it ended.
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Ids = std::vector<std::string>;

Delegation begun(std::string id, Instant at = noon, std::optional<Instant> not_after = {}) {
  Delegation one{.id = id, .tenant = "acme", .path = {id}, .subject = "usr_1", .actor = "agt_1", .issuer = "iss_1",
                 .created_at = at};
  one.limits.not_after = not_after;
  return one;
}

const BegunWith of{"acme", "usr_1", "agt_1", "iss_1"};
constexpr Instant later = noon + Seconds(60);

Ids ids_of(const Result<std::vector<Delegation>, Fault>& list) {
  Ids found;
  for (const auto& one : *list) found.push_back(one.id);
  return found;
}

EndDelegation end(std::string id, Instant at) {
  return {.tenant = "acme", .id = std::move(id), .at = at, .reason = "taken back"};
}

TEST_P(Contract, a25_the_first_end_of_what_was_begun_with_a_trusted_issuer_is_of_these_roots_alone) {
  auto below = begun("dlg_b"), anothers = begun("dlg_c"), by_another = begun("dlg_d"), elsewhere = begun("dlg_e"),
       consent = begun("dlg_f"), in_another = begun("dlg_g");
  below.parent = "dlg_1", below.path = {"dlg_1", "dlg_b"};
  anothers.subject = "usr_2", by_another.actor = "agt_2", elsewhere.issuer = "iss_2", consent.issuer = "";
  in_another.tenant = "other";
  Writes writes;
  for (const auto& one : {begun("dlg_1"), begun("dlg_2"), below, anothers, by_another, elsewhere, consent, in_another})
    writes.emplace_back(Delegate{one});
  accept(std::move(writes));
  for (const auto* id : {"dlg_b", "dlg_c", "dlg_d", "dlg_e", "dlg_f"}) accept({end(id, noon + Seconds(1))});
  accept({EndDelegation{.tenant = "other", .id = "dlg_g", .at = noon + Seconds(1), .reason = ""}});
  EXPECT_EQ(*store->first_end(of, Instant(), later), std::nullopt);
  accept({end("dlg_2", noon + Seconds(9))});
  accept({end("dlg_1", noon + Seconds(5))});
  EXPECT_EQ(*store->first_end(of, Instant(), later), noon + Seconds(5));
  EXPECT_EQ(*store->first_end(of, noon + Seconds(5), later), noon + Seconds(5));
  EXPECT_EQ(*store->first_end(of, noon + Seconds(5) + Millis(1), later), noon + Seconds(9));
  EXPECT_EQ(*store->first_end(of, noon + Seconds(9) + Millis(1), later), std::nullopt);
  EXPECT_EQ(*store->first_end(of, noon, noon + Seconds(5)), noon + Seconds(5));
  EXPECT_EQ(*store->first_end(of, noon, noon + Seconds(5) - Millis(1)), std::nullopt);
}

TEST_P(Contract, a25_what_ended_under_a_clock_that_was_set_back_ended_no_sooner_than_it_was_made) {
  accept({Delegate{begun("dlg_1", noon)}, end("dlg_1", noon - Seconds(60))});
  EXPECT_EQ(*store->first_end(of, noon, later), noon);
  EXPECT_EQ(*store->first_end(of, noon + Millis(1), later), std::nullopt);
}

TEST_P(Contract, what_was_begun_by_then_and_goes_on_is_given_newest_first) {
  accept({Delegate{begun("dlg_1")}, Delegate{begun("dlg_2", noon + Seconds(2), later)}, Delegate{begun("dlg_3")},
          Delegate{begun("dlg_4", noon + Seconds(1))}, Delegate{begun("dlg_5")}, end("dlg_3", noon)});
  EXPECT_EQ(ids_of(store->begun(of, later, noon)), (Ids{"dlg_2", "dlg_4", "dlg_5", "dlg_1"}));
  EXPECT_EQ(ids_of(store->begun(of, later, later)), (Ids{"dlg_4", "dlg_5", "dlg_1"})) << "one is over";
  EXPECT_EQ(ids_of(store->begun(of, noon + Seconds(1), noon)), (Ids{"dlg_4", "dlg_5", "dlg_1"}));
  EXPECT_EQ(ids_of(store->begun(of, noon + Seconds(1) - Millis(1), noon)), (Ids{"dlg_5", "dlg_1"}));
  EXPECT_EQ(ids_of(store->begun(of, noon - Millis(1), noon)), Ids{});
  EXPECT_EQ(ids_of(store->begun({"acme", "usr_1", "agt_1", "iss_2"}, later, noon)), Ids{});
}

// A client makes as many as it likes: of what is newer than `made_by` none is looked at, of the rest so many at most.
TEST_P(Contract, a42_what_was_begun_is_found_behind_newer_and_spent_ones_as_far_as_it_is_looked_for) {
  auto spent = begun("dlg_s", noon + Seconds(1));
  spent.limits.uses = spent.uses = 1;
  auto half = begun("dlg_h");
  half.limits.uses = 2, half.uses = 1;
  Writes writes{Delegate{begun("dlg_1")}, Delegate{half}};
  for (std::size_t i = 0; i < Store::begun_looked_at - 1; ++i) {
    spent.id = "dlg_s" + std::to_string(i), spent.path = {spent.id};
    writes.emplace_back(Delegate{spent});
    writes.emplace_back(Delegate{begun("dlg_n" + std::to_string(i), noon + Seconds(2))});
  }
  accept(std::move(writes));
  EXPECT_EQ(ids_of(store->begun(of, noon + Seconds(1), later)), Ids{"dlg_h"}) << "the last that is looked at";
  EXPECT_EQ(ids_of(store->begun(of, noon, later)), (Ids{"dlg_h", "dlg_1"}));
}

TEST_P(Contract, a25_what_was_decided_before_such_an_end_is_not_written_after_it) {
  accept({Delegate{begun("dlg_1")}});
  const Write decided = NoneEnded{of, noon, later};
  accept({decided, Delegate{begun("dlg_2")}});
  accept({end("dlg_1", noon + Seconds(1))});
  EXPECT_EQ(refuse({decided, Delegate{begun("dlg_3")}}).why, Refused::Why::revoked);
  EXPECT_FALSE(store->delegation("acme", "dlg_3")->has_value());
  accept({NoneEnded{of, noon, noon}, NoneEnded{of, noon + Seconds(2), later}, Delegate{begun("dlg_3")}});
  const NoneEnded anew{of, noon + Seconds(2), later};
  EXPECT_EQ(refuse({end("dlg_3", noon + Seconds(2)), anew}).why, Refused::Why::revoked) << "nor with it";
  EXPECT_FALSE((*store->delegation("acme", "dlg_3"))->revoked_at);
}

}  // namespace
}  // namespace deputy::store
