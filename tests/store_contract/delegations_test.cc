// The delegation tree: nodes, their use and their end, lists, and what no longer holds when it becomes durable.
#include <thread>

#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

Delegation node(std::string id, std::string actor, std::string parent = "", std::optional<std::uint64_t> uses = {}) {
  Delegation one{.id = id, .tenant = "acme", .parent = parent, .path = {id}, .subject = "usr_1",
                 .actor = std::move(actor), .created_at = noon};
  if (!parent.empty()) one.path = {parent, id};
  one.chain = {one.actor, "agt_0"};
  one.authority = {{"res_1", "a:read", ""}, {"res_2", "b", "agt_9"}};
  one.details = {{"res_1", R"({"amount":5,"type":"pay"})"}, {"res_2", R"({"type":"x"})"}};
  one.limits = {.not_after = noon + Seconds(60), .max_depth = 3, .uses = uses};
  if (uses) one.budgets = {id};
  return one;
}

Delegation agreed(std::string id, std::string actor, std::string subject) {
  auto one = node(std::move(id), std::move(actor));
  one.origin = delegation::Origin::consent;
  one.subject = std::move(subject);
  return one;
}

std::vector<std::string> ids_of(const Result<std::vector<Delegation>, Fault>& list) {
  std::vector<std::string> found;
  for (const auto& one : *list) found.push_back(one.id);
  return found;
}

TEST_P(Contract, a_delegation_comes_back_as_it_was_written) {
  auto one = node("dlg_1", "agt_1", "", 7);
  one.origin = delegation::Origin::own;
  one.issuer = "iss_1";
  one.used_at = noon, one.live_until = noon + Seconds(5), one.tokens_live_max = 1, one.uses = 1;
  accept({Delegate{one}});
  EXPECT_EQ(*store->delegation("acme", "dlg_1"), one);
  EXPECT_FALSE(store->delegation("other", "dlg_1")->has_value());
  EXPECT_FALSE(store->delegation("acme", "dlg_2")->has_value());
  auto bare = node("dlg_2", "agt_1");
  bare.limits = {};
  bare.details.clear();
  accept({Delegate{bare}});
  EXPECT_EQ(*store->delegation("acme", "dlg_2"), bare);
}

TEST_P(Contract, a42_consents_are_found_among_whatever_else_hangs_from_their_person) {
  const auto consent = [](std::string id, std::string actor, std::optional<Instant> not_after) {
    auto one = node(std::move(id), std::move(actor));
    one.origin = delegation::Origin::consent;
    one.limits.not_after = not_after;
    return one;
  };
  auto handed_on = node("dlg_5", "agt_1"), anothers = consent("dlg_6", "agt_1", {});
  handed_on.origin = delegation::Origin::exchange;
  anothers.subject = "usr_2";
  accept({Delegate{consent("dlg_1", "agt_1", {})}, Delegate{consent("dlg_2", "agt_1", noon + Seconds(60))},
          Delegate{consent("dlg_3", "agt_2", {})}, Delegate{consent("dlg_4", "agt_1", {})}, Delegate{handed_on},
          Delegate{anothers}});
  using Ids = std::vector<std::string>;
  const ConsentsOf all{"acme", "usr_1", "agt_1"};
  EXPECT_EQ(ids_of(store->consents(all, noon, 10)), (Ids{"dlg_4", "dlg_2", "dlg_1"}));
  EXPECT_EQ(ids_of(store->consents(all, noon + Seconds(60), 10)), (Ids{"dlg_4", "dlg_1"})) << "one is over";
  EXPECT_EQ(ids_of(store->consents(all, noon, 2)), (Ids{"dlg_4", "dlg_2"}));
  accept({EndDelegation{"acme", "dlg_4", noon, "withdrawn"}});
  EXPECT_EQ(ids_of(store->consents(all, noon, 10)), (Ids{"dlg_2", "dlg_1"}));
  EXPECT_EQ(ids_of(store->consents({"other", "usr_1", "agt_1"}, noon, 10)), Ids{});
}

TEST_P(Contract, a28_all_that_people_agreed_to_with_one_client_ends_at_once) {
  auto over = agreed("dlg_3", "agt_1", "usr_1"), elsewhere = agreed("dlg_6", "agt_1", "usr_1");
  auto own = node("dlg_5", "agt_1");
  over.limits.not_after = noon + Seconds(1);
  own.origin = delegation::Origin::own;
  elsewhere.tenant = "other";
  accept({Delegate{agreed("dlg_1", "agt_1", "usr_1")}, Delegate{agreed("dlg_2", "agt_1", "usr_2")}, Delegate{over},
          Delegate{agreed("dlg_4", "agt_2", "usr_1")}, Delegate{own}, Delegate{elsewhere}});
  EXPECT_FALSE((*store->delegation("acme", "dlg_1", Store::Counts::of_late))->revoked_at);
  using Ids = std::vector<std::string>;
  const auto agreed_at = [&](Instant now) {
    auto ids = ids_of(store->consents_to("acme", "agt_1", now, 10));
    std::sort(ids.begin(), ids.end());
    return ids;
  };
  EXPECT_EQ(agreed_at(noon), (Ids{"dlg_1", "dlg_2", "dlg_3"}));
  EXPECT_EQ(agreed_at(noon + Seconds(1)), (Ids{"dlg_1", "dlg_2"})) << "one is over";
  EXPECT_EQ(store->consents_to("acme", "agt_1", noon, 2)->size(), 2u);
  const EndConsents end{"acme", "agt_1", noon + Seconds(1), "transferred"};
  accept({end});
  for (const auto* id : {"dlg_1", "dlg_2", "dlg_3"})
    for (const auto counts : {Store::Counts::current, Store::Counts::of_late}) {
      const auto one = *store->delegation("acme", id, counts);
      EXPECT_EQ(one->revoked_at, end.at) << id;
      EXPECT_EQ(one->reason, "transferred");
    }
  for (const auto* id : {"dlg_4", "dlg_5"}) EXPECT_FALSE((*store->delegation("acme", id))->revoked_at) << id;
  EXPECT_FALSE((*store->delegation("other", "dlg_6"))->revoked_at);
  EXPECT_TRUE(store->consents({"acme", "usr_1", "agt_1"}, noon, 10)->empty()) << "by a clock that is set back, too";
  EXPECT_EQ(agreed_at(noon), Ids{});
  accept({EndConsents{"acme", "agt_1", noon + Seconds(9), "again"}, EndConsents{"acme", "agt_9", noon, "nobody"}});
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->reason, "transferred") << "its end stays as it was";
  accept({Delegate{agreed("dlg_7", "agt_1", "usr_1")}});
  refuse({end, Delegate{agreed("dlg_7", "agt_1", "usr_1")}});
  EXPECT_FALSE((*store->delegation("acme", "dlg_7"))->revoked_at) << "all of a batch, or nothing";
}

TEST_P(Contract, ends_no_consents_where_another_goes_on_than_it_was_decided_by) {
  auto over = agreed("dlg_3", "agt_1", "usr_3");
  over.limits.not_after = noon + Seconds(1);
  accept({Delegate{agreed("dlg_1", "agt_1", "usr_1")}, Delegate{agreed("dlg_2", "agt_1", "usr_2")}, Delegate{over},
          Delegate{agreed("dlg_4", "agt_2", "usr_1")}});
  using Ids = std::vector<std::string>;
  const auto end = [](const Ids& those) {
    return EndConsents{"acme", "agt_1", noon + Seconds(1), "transferred", those};
  };
  for (const auto& those : {Ids{}, Ids{"dlg_1"}, Ids{"dlg_2", "dlg_3"}, Ids{"dlg_1", "dlg_4"}}) {
    EXPECT_EQ(refuse({Append{event("evt_1")}, end(those)}).why, Refused::Why::version) << those.size();
    EXPECT_FALSE((*store->delegation("acme", "dlg_1"))->revoked_at);
    EXPECT_EQ(*store->last_event(), 0u) << "all of a batch, or nothing";
  }
  accept({EndDelegation{.tenant = "acme", .id = "dlg_1", .at = noon, .reason = "taken back"}});
  accept({end({"dlg_2", "dlg_1"})});
  for (const auto* id : {"dlg_1", "dlg_2", "dlg_3"}) EXPECT_TRUE((*store->delegation("acme", id))->revoked_at) << id;
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->reason, "taken back");
  accept({end({})});
}

TEST_P(Contract, lists_the_tree_by_what_hangs_from_what) {
  accept({Delegate{node("dlg_1", "agt_1")}, Delegate{node("dlg_3", "agt_2", "dlg_1")},
          Delegate{node("dlg_2", "agt_3", "dlg_1")}, Delegate{node("dlg_4", "agt_2", "dlg_2")}});
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids_of(store->delegations("acme", {})), (Ids{"dlg_1", "dlg_3", "dlg_2", "dlg_4"}));
  EXPECT_EQ(ids_of(store->delegations("acme", {.under = "usr_1"})), Ids{"dlg_1"});
  EXPECT_EQ(ids_of(store->delegations("acme", {.under = "dlg_1"})), (Ids{"dlg_3", "dlg_2"}));
  EXPECT_EQ(ids_of(store->delegations("acme", {.under = "dlg_1", .after = "dlg_3"})), Ids{"dlg_2"});
  EXPECT_EQ(ids_of(store->delegations("acme", {.actor = "agt_2"})), (Ids{"dlg_3", "dlg_4"}));
  EXPECT_EQ(ids_of(store->delegations("acme", {.limit = 2, .order = Page::Order::newest_first})),
            (Ids{"dlg_4", "dlg_2"}));
  EXPECT_EQ(ids_of(store->delegations("acme", {.after = "dlg_2", .order = Page::Order::newest_first})),
            (Ids{"dlg_3", "dlg_1"}));
  EXPECT_EQ(ids_of(store->delegations("acme", {.after = "dlg_unknown"})), Ids{});
  EXPECT_EQ(ids_of(store->delegations("other", {})), Ids{});
}

TEST_P(Contract, finds_an_identical_hand_on_and_no_other) {
  const auto one = node("dlg_1", "agt_1");
  auto like = one;
  like.id.clear(), like.path.clear(), like.created_at = noon + Seconds(9);
  EXPECT_FALSE(store->identical_delegation(like)->has_value());
  accept({Delegate{one}});
  EXPECT_EQ((*store->identical_delegation(like))->id, "dlg_1");
  auto other = like;
  other.authority.pop_back();
  EXPECT_FALSE(store->identical_delegation(other)->has_value());
  other = like;
  other.details.front().object = R"({"amount":4,"type":"pay"})";
  EXPECT_FALSE(store->identical_delegation(other)->has_value());
  other = like;
  other.limits.max_depth = 2;
  EXPECT_FALSE(store->identical_delegation(other)->has_value());
  other = like;
  other.issuer = "iss_1";
  EXPECT_FALSE(store->identical_delegation(other)->has_value());
  accept({EndDelegation{"acme", "dlg_1", noon, "enough"}});
  EXPECT_FALSE(store->identical_delegation(like)->has_value());
}

// What is not part of a fingerprint tells them apart.
TEST_P(Contract, a42_of_those_that_share_a_fingerprint_only_the_newest_are_held_against_a_hand_on) {
  const auto with_issuer = [](std::size_t i) {
    auto one = node("dlg_" + std::to_string(i), "agt_1");
    one.issuer = "iss_" + std::to_string(i);
    return one;
  };
  const auto found = [&](std::size_t i) {
    const auto one = *store->identical_delegation(with_issuer(i));
    return one ? one->id : "none";
  };
  Writes writes;
  for (std::size_t i = 0; i < Store::identical_looked_at; ++i) writes.emplace_back(Delegate{with_issuer(i)});
  accept(std::move(writes));
  EXPECT_EQ(found(0), "dlg_0");
  accept({Delegate{with_issuer(1000)}});
  EXPECT_EQ(found(0), "none");
  EXPECT_EQ(found(1), "dlg_1");
  EXPECT_EQ(found(1000), "dlg_1000");
  accept({EndDelegation{"acme", "dlg_7", noon, "given up"}});
  EXPECT_EQ(found(0), "dlg_0") << "what was given up is not counted";
}

TEST_P(Contract, a_delegation_is_refused_where_there_is_one_with_its_id) {
  const auto one = node("dlg_1", "agt_1");
  accept({Delegate{one}});
  auto other = node("dlg_1", "agt_2");
  const auto refused = refuse({Append{event("evt_1")}, create(record(Kind::agent, "agt_9")), Delegate{other}});
  EXPECT_EQ(refused.why, Why::exists);
  EXPECT_EQ(refused.write, 2u);
  EXPECT_EQ(refuse({Delegate{node("dlg_2", "agt_1")}, Delegate{node("dlg_2", "agt_1")}}).write, 1u);
  EXPECT_EQ(*store->delegation("acme", "dlg_1"), one);
  EXPECT_FALSE(*store->delegation("acme", "dlg_2"));
  EXPECT_FALSE(exists(Kind::agent, "agt_9"));
  EXPECT_EQ(*store->last_event(), 0u);
  other.tenant = "other";
  accept({Delegate{other}, Delegate{node("dlg_2", "agt_1")}});
}

TEST_P(Contract, a_draw_counts_the_tokens_that_may_be_alive) {
  accept({Delegate{node("dlg_1", "agt_1")}});
  const auto draw = [](int at, int until) {
    return Draw{.tenant = "acme", .id = "dlg_1", .at = noon + Seconds(at), .expires_at = noon + Seconds(until)};
  };
  accept({draw(0, 300)});
  accept({draw(10, 100)});
  auto one = **store->delegation("acme", "dlg_1");
  EXPECT_EQ(one.tokens_live_max, 2u);
  EXPECT_EQ(one.live_until, noon + Seconds(300));
  EXPECT_EQ(one.used_at, noon + Seconds(10));
  accept({draw(300, 600)});  // by now none of them is alive
  one = **store->delegation("acme", "dlg_1");
  EXPECT_EQ(one.tokens_live_max, 1u);
  EXPECT_EQ(one.uses, 3u);
}

TEST_P(Contract, a_draw_by_a_clock_far_ahead_is_no_last_use_when_it_is_set_back) {
  accept({Delegate{node("dlg_1", "agt_1")}});
  const auto used_after = [&](int at) {
    const auto when = noon + Seconds(at);
    accept({Draw{.tenant = "acme", .id = "dlg_1", .at = when, .expires_at = when + Seconds(300)}});
    return (*store->delegation("acme", "dlg_1"))->used_at;
  };
  EXPECT_EQ(used_after(60), noon + Seconds(60));
  EXPECT_EQ(used_after(0), noon + Seconds(60));
  EXPECT_EQ(used_after(-1), noon - Seconds(1));
}

TEST_P(Contract, a_budget_bounds_all_that_is_drawn_below_it) {
  accept({Delegate{node("dlg_1", "agt_1", "", 3)}, Delegate{node("dlg_2", "agt_2", "dlg_1", 2)}});
  const Draw below{.tenant = "acme", .id = "dlg_2", .budgets = {"dlg_1", "dlg_2"}, .at = noon, .expires_at = noon};
  const Draw above{.tenant = "acme", .id = "dlg_1", .budgets = {"dlg_1"}, .at = noon, .expires_at = noon};
  accept({below});
  accept({below});
  EXPECT_EQ(refuse({Append{event("evt_1")}, below}).why, Why::spent);
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->uses, 2u);  // a refused draw counts nowhere
  accept({above});
  EXPECT_EQ(refuse({above}).why, Why::spent);
  EXPECT_EQ(*store->last_event(), 0u);
}

TEST_P(Contract, of_16_parallel_draws_on_a_budget_of_5_exactly_5_are_made) {
  accept({Delegate{node("dlg_1", "agt_1", "", 5)}});
  std::atomic<int> drawn = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] {
      drawn += was_done(store->commit_now({Draw{"acme", "dlg_1", {"dlg_1"}, noon, noon + Seconds(9)}})) ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(drawn, 5);
}

TEST_P(Contract, a25_nothing_is_drawn_from_what_is_revoked) {
  accept({Delegate{node("dlg_1", "agt_1", "", 9)}, Delegate{node("dlg_2", "agt_2", "dlg_1")}});
  accept({EndDelegation{"acme", "dlg_1", noon, "kill switch"},
          EndDelegation{"acme", "dlg_1", noon + Seconds(1), "late"}});
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->reason, "kill switch");
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->revoked_at, noon);
  EXPECT_EQ(refuse({Draw{"acme", "dlg_1", {}, noon, noon}}).why, Why::revoked);
  EXPECT_EQ(refuse({Draw{"acme", "dlg_2", {"dlg_1"}, noon, noon}}).why, Why::revoked);
  EXPECT_EQ(refuse({Draw{"acme", "dlg_9", {}, noon, noon}}).why, Why::missing);
}

TEST_P(Contract, a25_what_was_decided_by_the_uses_of_a_delegation_is_not_written_when_one_more_was_drawn) {
  accept({Delegate{node("dlg_1", "agt_1", "", 3)}, Delegate{node("dlg_2", "agt_1", "", 1)}});
  const auto draw = [](std::string id) { return Draw{"acme", id, {id}, noon, noon + Seconds(9)}; };
  const auto end = [](std::string id, std::uint64_t uses) { return EndDelegation{"acme", id, noon, "narrowed", uses}; };
  accept({draw("dlg_1")});
  accept({draw("dlg_2")});
  EXPECT_EQ(refuse({end("dlg_1", 0)}).why, Why::version);
  EXPECT_EQ(refuse({end("dlg_2", 0)}).why, Why::version) << "also where none is left";
  EXPECT_EQ(refuse({end("dlg_9", 0)}).why, Why::missing);
  EXPECT_FALSE((*store->delegation("acme", "dlg_1"))->revoked_at);
  const auto late = refuse({Append{event("evt_1")}, draw("dlg_1"), Delegate{node("dlg_3", "agt_1")}, end("dlg_1", 1)});
  EXPECT_EQ(late.write, 3u);
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->uses, 1u) << "nothing of the batch is left";
  EXPECT_FALSE(store->delegation("acme", "dlg_3")->has_value());
  EXPECT_EQ(*store->last_event(), 0u);
  accept({end("dlg_1", 1), Delegate{node("dlg_3", "agt_1")}});
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->reason, "narrowed");
  EXPECT_EQ(refuse({end("dlg_1", 1)}).why, Why::revoked);
  accept({EndDelegation{"acme", "dlg_1", noon + Seconds(1), "late"}, EndDelegation{"acme", "dlg_9", noon, "none"}});
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->reason, "narrowed") << "that never refuses, and changes nothing";
}

TEST_P(Contract, of_an_end_one_batch_tells_whoever_brings_it) {
  accept({Delegate{node("dlg_1", "agt_1")}, Delegate{node("dlg_2", "agt_1", "", 1)}});
  const auto ends = [](std::string id, const std::string& told) {
    return Writes{Append{event(told), {id}}, EndDelegation{"acme", id, noon, "given up"}};
  };
  accept(ends("dlg_1", "evt_1"));
  accept(ends("dlg_1", "evt_2"));
  accept({Append{event("evt_3"), {"dlg_9"}}, Append{event("evt_4")}});
  accept({Draw{"acme", "dlg_2", {"dlg_2"}, noon, noon + Seconds(9)}});
  accept({Append{event("evt_5"), {"dlg_2", "dlg_1"}}, Append{event("evt_6"), {"dlg_2"}}});
  const auto seen = store->events("acme", {}, {});
  std::vector<std::string> told;
  for (const auto& one : seen->events) told.push_back(one.id);
  EXPECT_EQ(told, (std::vector<std::string>{"evt_1", "evt_4", "evt_6"})) << "one that is used up is not revoked";
  EXPECT_EQ(*store->last_event(), 3u) << "no number is left out";
  accept({EndDelegation{"acme", "dlg_2", noon, "given up"}, Append{event("evt_7"), {"dlg_2"}}});
  EXPECT_EQ(*store->last_event(), 3u) << "it ends in the same batch, before";
  accept({Delegate{node("dlg_3", "agt_1")}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, told = "evt_at_once_" + std::to_string(i)] { accept(ends("dlg_3", told)); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(*store->last_event(), 4u);
}

TEST_P(Contract, of_16_parallel_narrowings_and_draws_none_counts_twice) {
  accept({Delegate{node("dlg_1", "agt_1", "", 99)}});
  std::atomic<std::uint64_t> drawn = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      drawn += was_done(store->commit_now({Draw{"acme", "dlg_1", {"dlg_1"}, noon, noon + Seconds(9)}})) ? 1u : 0u;
    });
    threads.emplace_back([&, next = "dlg_1" + std::to_string(i)] {
      const auto uses = (*store->delegation("acme", "dlg_1"))->uses;
      (void)store->commit_now({EndDelegation{"acme", "dlg_1", noon, "narrowed", uses},
                               Delegate{node(next, "agt_1", "", 99 - uses)}});
    });
  }
  for (auto& thread : threads) thread.join();
  std::uint64_t left = 0, heirs = 0;
  const auto all = store->delegations("acme", {});
  for (const auto& one : *all)
    if (!one.revoked_at) left += *one.limits.uses - one.uses, ++heirs;
  EXPECT_EQ(heirs, 1u);
  EXPECT_EQ(left + drawn, 99u);
}

TEST_P(Contract, a25_what_was_decided_before_a_revocation_is_not_written_after_it) {
  const auto revoke = [](std::string tenant, std::string target) {
    return Revoke{{.tenant = std::move(tenant), .kind = Kills::principal, .target = std::move(target),
                   .until = noon + Seconds(9), .at = noon}};
  };
  const auto decided = [](std::uint64_t seen) { return Unrevoked{"acme", {"agt_1", "dlg_1"}, seen}; };
  accept({decided(0), Append{event("evt_1")}});
  accept({revoke("acme", "agt_2"), revoke("other", "agt_1")});
  accept({decided(0)});
  accept({revoke("acme", "agt_1")});
  EXPECT_EQ(refuse({decided(0), Append{event("evt_2")}}).why, Why::revoked);
  EXPECT_EQ(refuse({decided(2)}).why, Why::revoked);
  accept({decided(3)});
  accept({revoke("acme", "")});
  EXPECT_EQ(refuse({decided(3)}).why, Why::revoked);
  EXPECT_EQ(refuse({decided(4), revoke("acme", "dlg_1"), decided(4)}).why, Why::revoked) << "nor with it";
  accept({decided(4)});
  EXPECT_EQ(*store->last_event(), 1u);
}

TEST_P(Contract, a_refused_batch_leaves_no_delegation) {
  accept({Delegate{node("dlg_1", "agt_1", "", 5)}});
  refuse({Draw{"acme", "dlg_1", {"dlg_1"}, noon, noon}, EndDelegation{"acme", "dlg_1", noon, "x"},
          Delegate{node("dlg_2", "agt_1")}, Draw{"acme", "dlg_9", {}, noon, noon}});
  EXPECT_FALSE(store->delegation("acme", "dlg_2")->has_value());
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->uses, 0u);
  EXPECT_FALSE((*store->delegation("acme", "dlg_1"))->revoked_at);
}

}  // namespace
}  // namespace deputy::store
