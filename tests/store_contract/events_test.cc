// The event log: numbers, pages, filters, the bound on a scan, and finding one event.
#include <atomic>
#include <random>
#include <thread>

#include "base/id.h"
#include "store/event_filter.h"
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Seqs = std::vector<std::uint64_t>;
constexpr auto newest = Page::Order::newest_first;

class Events : public Contract {
 protected:
  Seqs seqs(const EventFilter& filter, const Store::EventRange& range = {}, std::string_view tenant = "acme") {
    const auto page = store->events(tenant, filter, range);
    EXPECT_TRUE(page);
    Seqs seqs;
    if (!page) return seqs;
    for (const auto& one : page->events) seqs.push_back(one.seq);
    last = page->last;
    return seqs;
  }
  void append(int count) {
    Writes writes;
    for (int i = 0; i < count; ++i) writes.push_back(Append{event(make_id("evt", noon, random))});
    accept(std::move(writes));
  }

  SystemRandom random;
  std::uint64_t last = 0;
};

TEST_P(Contract, numbers_events_in_the_order_of_commits) {
  EXPECT_EQ(*store->last_event(), 0u);
  for (int i = 1; i <= 5; ++i) {
    accept({Append{event("evt_" + std::to_string(i))}});
    EXPECT_EQ(*store->last_event(), static_cast<std::uint64_t>(i));
  }
  accept({Append{event("evt_6")}, Append{event("evt_7")}});
  const auto page = store->events("acme", {}, {});
  ASSERT_EQ(page->events.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(page->events[i].seq, i + 1);
    EXPECT_EQ(page->events[i].id, "evt_" + std::to_string(i + 1));
  }
}

TEST_P(Contract, stores_an_event_as_it_is_encoded) {
  auto whole = event("evt_1");
  whole.decision = audit::Decision::refused;
  whole.reason = "a \"quoted\" reason\n";
  whole.changes = R"({"name":["a","b"]})";
  accept({Append{whole}});
  const auto found = store->event("acme", "evt_1");
  ASSERT_TRUE(found && *found);
  EXPECT_EQ((*found)->body, audit::encode(whole));
  EXPECT_EQ((*found)->at, noon);
  EXPECT_EQ((*found)->tenant, "acme");
  EXPECT_EQ((*found)->seq, 1u);
}

TEST_P(Events, pages_in_both_orders) {
  append(5);
  EXPECT_EQ(seqs({}, {.limit = 2}), (Seqs{1, 2}));
  EXPECT_EQ(last, 2u);
  EXPECT_EQ(seqs({}, {.after = 2, .limit = 2}), (Seqs{3, 4}));
  EXPECT_EQ(seqs({}, {.after = 4, .limit = 2}), (Seqs{5}));
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(seqs({}, {.after = 5, .limit = 2}), Seqs{});
  EXPECT_EQ(seqs({}, {.limit = 2, .order = newest}), (Seqs{5, 4}));
  EXPECT_EQ(last, 4u);
  EXPECT_EQ(seqs({}, {.after = 4, .limit = 2, .order = newest}), (Seqs{3, 2}));
  EXPECT_EQ(seqs({}, {.after = 2, .limit = 2, .order = newest}), (Seqs{1}));
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(seqs({}, {.after = 1, .limit = 2, .order = newest}), Seqs{});
  EXPECT_EQ(last, 0u);
}

TEST_P(Events, the_last_full_page_says_there_are_no_more) {
  append(4);
  EXPECT_EQ(seqs({}, {.after = 2, .limit = 2}), (Seqs{3, 4}));
  EXPECT_EQ(last, 0u);
}

TEST_P(Events, a_page_ends_sooner_where_events_are_large) {
  for (int i = 1; i <= 4; ++i) {
    auto large = event("evt_" + std::to_string(i));
    large.reason.assign(event_page_bytes / 2, 'x');
    accept({Append{large}});
  }
  append(3);
  EXPECT_EQ(seqs({}), (Seqs{1, 2}));
  EXPECT_EQ(last, 2u);
  EXPECT_EQ(seqs({}, {.after = 2}), (Seqs{3, 4}));
  EXPECT_EQ(last, 4u);
  EXPECT_EQ(seqs({}, {.after = 4}), (Seqs{5, 6, 7}));
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(seqs({}, {.order = newest}), (Seqs{7, 6, 5, 4, 3}));
  EXPECT_EQ(last, 3u);
  EXPECT_EQ(seqs({}, {.after = 2}, "globex"), Seqs{});
  EXPECT_EQ(last, 0u) << "what is another's does not count";
}

TEST_P(Events, filters_by_each_member) {
  auto one = event("evt_1", "agent.create");
  one.actor = "agt_1";
  one.subject = "usr_1";
  one.target = "agt_9";
  one.jti = "jti_1";
  one.correlation_id = "cor_1";
  one.decision = audit::Decision::granted;
  auto two = event("evt_2", "agent.suspend");
  two.actor = "agt_10";  // not agt_1, though it begins so
  two.decision = audit::Decision::refused;
  two.changes = R"({"actor":"agt_1"})";  // the same bytes in another place
  auto three = event("evt_3", "agents.list");
  three.subject = "agt_1";
  auto four = event("evt_4", "agent.create");
  four.tenant = "other";
  four.actor = "agt_1";
  accept({Append{one}, Append{two}, Append{three}, Append{four}});

  EXPECT_EQ(seqs({}), (Seqs{1, 2, 3}));
  EXPECT_EQ(seqs({}, {}, "other"), (Seqs{4}));
  EXPECT_EQ(seqs({.action = "agent.create"}), (Seqs{1}));
  EXPECT_EQ(seqs({.action = "agent.*"}), (Seqs{1, 2}));
  EXPECT_EQ(seqs({.action = "agent"}), Seqs{});
  EXPECT_EQ(seqs({.action = "*"}), (Seqs{1, 2, 3}));
  EXPECT_EQ(seqs({.decision = "granted"}), (Seqs{1}));
  EXPECT_EQ(seqs({.decision = "refused"}), (Seqs{2}));
  EXPECT_EQ(seqs({.actor = "agt_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.subject = "usr_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.subject = "agt_1"}), (Seqs{3}));
  EXPECT_EQ(seqs({.target = "agt_9"}), (Seqs{1}));
  EXPECT_EQ(seqs({.jti = "jti_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.correlation_id = "cor_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.action = "agent.*", .actor = "agt_10"}), (Seqs{2}));
  EXPECT_EQ(seqs({.action = "agent.create", .actor = "agt_10"}), Seqs{});
  EXPECT_EQ(seqs({.action = "agent.*"}, {.order = newest}), (Seqs{2, 1}));
}

TEST_P(Events, filters_by_who_is_accountable_who_handed_on_and_where) {
  auto one = event("evt_1");
  one.client = "agt_1";
  one.owner = "usr_1";
  one.resource = "https://a.example";
  one.chain = {"agt_2", "agt_3"};
  one.delegations = {"dlg_1", "dlg_2"};
  auto two = event("evt_2", "consent.give");
  two.client = "agt_2";
  two.resources = {"https://b.example", "https://a.example"};
  two.delegations = {"dlg_1"};
  auto three = event("evt_3", "agent.update");  // the same words in other places
  three.target = "agt_2";
  three.reason = "dlg_1";
  three.changes = R"({"before":{"chain":["agt_3"],"delegations":["dlg_2"],"client":"agt_1"},"after":{"owner":"usr_1"},)"
                  R"("resources":["https://a.example"]})";
  accept({Append{one}, Append{two}, Append{three}});

  EXPECT_EQ(seqs({.client = "agt_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.owner = "usr_1"}), (Seqs{1}));
  EXPECT_EQ(seqs({.resource = "https://a.example"}), (Seqs{1, 2}));
  EXPECT_EQ(seqs({.resource = "https://b.example"}), (Seqs{2}));
  EXPECT_EQ(seqs({.resource = "https://a"}), Seqs{});
  EXPECT_EQ(seqs({.chain = "agt_3"}), (Seqs{1}));
  EXPECT_EQ(seqs({.chain = "agt_2"}), (Seqs{1}));
  EXPECT_EQ(seqs({.delegation = "dlg_1"}), (Seqs{1, 2}));
  EXPECT_EQ(seqs({.delegation = "dlg_2"}), (Seqs{1}));
  EXPECT_EQ(seqs({.client = "agt_2", .delegation = "dlg_1"}), (Seqs{2}));
  EXPECT_EQ(seqs({.delegation = "dlg_2"}, {.scan = 2, .order = newest}), Seqs{}) << "in steps, as by any other member";
  EXPECT_EQ(last, 2u);
  EXPECT_EQ(seqs({.delegation = "dlg_2"}, {.after = last, .scan = 2, .order = newest}), (Seqs{1}));
}

TEST_P(Events, filters_a_value_that_json_escapes) {
  auto odd = event("evt_1");
  odd.actor = "https://a.example/\"x\"\\";
  accept({Append{odd}});
  EXPECT_EQ(seqs({.actor = odd.actor}), (Seqs{1}));
  EXPECT_EQ(seqs({.actor = "https://a.example/"}), Seqs{});
}

TEST_P(Events, filters_by_time_from_inclusive_to_exclusive) {
  for (int i = 0; i < 5; ++i) accept({Append{event("evt_" + std::to_string(i), "a.b", noon + Seconds(i))}});
  EXPECT_EQ(seqs({.from = noon + Seconds(2)}), (Seqs{3, 4, 5}));
  EXPECT_EQ(seqs({.to = noon + Seconds(2)}), (Seqs{1, 2}));
  EXPECT_EQ(seqs({.from = noon + Seconds(1), .to = noon + Seconds(3)}), (Seqs{2, 3}));
  EXPECT_EQ(seqs({.from = noon + Seconds(9)}), Seqs{});
}

TEST_P(Events, reads_no_more_rows_than_it_may) {
  append(10);
  auto rare = event("evt_rare");
  rare.actor = "agt_rare";
  accept({Append{rare}});
  EXPECT_EQ(seqs({.actor = "agt_rare"}, {.scan = 4}), Seqs{});
  EXPECT_EQ(last, 4u);
  EXPECT_EQ(seqs({.actor = "agt_rare"}, {.after = last, .scan = 4}), Seqs{});
  EXPECT_EQ(last, 8u);
  EXPECT_EQ(seqs({.actor = "agt_rare"}, {.after = last, .scan = 4}), (Seqs{11}));
  EXPECT_EQ(last, 0u);
  EXPECT_EQ(seqs({.actor = "agt_none"}, {.scan = 4, .order = newest}), Seqs{});
  EXPECT_EQ(last, 8u);
}

// Enough events for several of SQLite's spans, from nodes whose clocks are an hour apart and step back.
TEST_P(Events, finds_any_event_of_a_long_log_whatever_the_clocks_did) {
  std::vector<std::string> made(3500), ids;
  for (std::size_t n = 0; n < made.size(); ++n) made[n] = make_id("evt", noon + Seconds(n), random);
  std::mt19937 order(7);
  for (std::size_t n = 0; n + 500 <= made.size(); n += 500)
    std::shuffle(made.begin() + static_cast<long>(n), made.begin() + static_cast<long>(n) + 500, order);
  std::vector<Instant> times;
  for (int batch = 0; batch < 35; ++batch) {
    Writes writes;
    for (int i = 0; i < 100; ++i) {
      const int n = batch * 100 + i;
      const auto at = noon + Seconds(n) - (n % 2 == 0 ? Seconds(3600) : Seconds(0)) - Seconds(n > 2000 ? 1500 : 0);
      const auto id = i % 10 == 9 ? "evt_odd" + std::to_string(n) : made[static_cast<std::size_t>(n)];
      auto one = event(id, "token.issue", at);
      one.jti = "jti_" + id.substr(4);
      ids.push_back(id);
      times.push_back(at);
      writes.push_back(Append{std::move(one)});
    }
    accept(std::move(writes));
  }
  for (std::size_t i = 0; i < ids.size(); i += 7) {
    const auto found = store->event("acme", ids[i]);
    ASSERT_TRUE(found && *found) << ids[i];
    EXPECT_EQ((*found)->seq, i + 1);
    EXPECT_EQ(seqs({.jti = "jti_" + ids[i].substr(4)}, {.limit = 1}), Seqs{i + 1});
  }
  const auto by_jti = store->event("acme", "jti_" + ids[1500].substr(4));
  ASSERT_TRUE(by_jti && *by_jti);
  EXPECT_EQ((*by_jti)->id, ids[1500]);
  EXPECT_FALSE(store->event("other", ids[1500])->has_value());
  EXPECT_FALSE(store->event("acme", "evt_missing")->has_value());

  const auto from = noon + Seconds(1000), to = noon + Seconds(1200);
  Seqs expected;
  for (std::size_t i = 0; i < times.size(); ++i)
    if (times[i] >= from && times[i] < to) expected.push_back(i + 1);
  EXPECT_EQ(seqs({.from = from, .to = to}, {.limit = 10'000}), expected);
  std::reverse(expected.begin(), expected.end());
  EXPECT_EQ(seqs({.from = from, .to = to}, {.limit = 10'000, .order = newest}), expected);
}

// Spans are closed between the reads of which a page is made.
TEST_P(Events, by_time_are_each_given_once_and_in_order_while_others_are_added) {
  constexpr int batches = 40, each = 1024;
  std::atomic<bool> added = false;
  std::thread adding([&] {
    for (int batch = 0; batch < batches; ++batch) append(each);
    added = true;
  });
  std::uint64_t seen = 0;
  bool in_order = true;
  for (bool over = false; !over && in_order;) {
    over = added;
    const auto page = store->events("acme", {.from = noon}, {.after = seen, .limit = batches * each});
    in_order = page && page->last == 0;
    for (std::size_t i = 0; in_order && i < page->events.size(); ++i) in_order = page->events[i].seq == ++seen;
  }
  adding.join();
  EXPECT_TRUE(in_order) << "at " << seen;
  EXPECT_EQ(seen, std::uint64_t{batches * each});
}

}  // namespace

// The fixture is the contract's, so it runs on the same stores.
INSTANTIATE_TEST_SUITE_P(Store, Events, testing::ValuesIn(openers()),
                         [](const auto& info) { return std::string(info.param.name); });

}  // namespace deputy::store
