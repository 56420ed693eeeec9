// Commits: callbacks once and after the fact, observers before them, many threads, and nobody who flushes.
#include <future>
#include <mutex>
#include <thread>

#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

TEST_P(Contract, a_read_after_the_callback_sees_the_commit) {
  for (int i = 0; i < 200; ++i) {
    std::promise<bool> seen;
    const auto id = "agt_" + std::to_string(i);
    store->commit({create(record(Kind::agent, id)), Append{event("evt_" + std::to_string(i))}},
                  [&](const Result<Outcome, Fault>& outcome) {
                    seen.set_value(was_done(outcome) && exists(Kind::agent, id) &&
                                   *store->last_event() == static_cast<std::uint64_t>(i) + 1);
                  });
    store->flush();
    ASSERT_TRUE(seen.get_future().get()) << i;
  }
}

TEST_P(Contract, a_batch_nobody_flushes_is_written_all_the_same) {
  for (int i = 0; i < 3; ++i) {
    std::promise<void> called;
    store->commit({Append{event("evt_1")}}, [&](const Result<Outcome, Fault>&) { called.set_value(); });
    EXPECT_EQ(called.get_future().wait_for(std::chrono::seconds(30)), std::future_status::ready);
  }
}

TEST_P(Contract, calls_each_callback_once_and_in_order_for_each_of_many_threads) {
  constexpr int threads = 6, batches = 1500;
  std::vector<std::vector<int>> called(threads);
  std::atomic<int> left = threads * batches;
  std::promise<void> all;
  std::vector<std::thread> running;
  for (int thread = 0; thread < threads; ++thread)
    running.emplace_back([&, thread] {
      for (int i = 0; i < batches; ++i) {
        const auto key = std::to_string(thread) + "/" + std::to_string(i);
        Writes writes{Append{event("evt_" + key)}};
        if (i % 5 == 0) writes.push_back(Mark{Once::dpop_jti, "acme", noon, key});
        if (i % 7 == 0) writes.push_back(create(record(Kind::agent, "agt_" + key)));
        store->commit(std::move(writes), [&, thread, i](const Result<Outcome, Fault>& outcome) {
          called[static_cast<std::size_t>(thread)].push_back(was_done(outcome) ? i : -1);  // one thread calls
          if (--left == 0) all.set_value();
        });
        if (i % 16 == 0) store->flush();
      }
      store->flush();
    });
  for (auto& thread : running) thread.join();
  ASSERT_EQ(all.get_future().wait_for(std::chrono::seconds(60)), std::future_status::ready);
  for (const auto& each : called) {
    ASSERT_EQ(each.size(), static_cast<std::size_t>(batches));
    for (int i = 0; i < batches; ++i) ASSERT_EQ(each[static_cast<std::size_t>(i)], i);
  }
  EXPECT_EQ(*store->last_event(), static_cast<std::uint64_t>(threads * batches));
}

TEST_P(Contract, readers_and_the_writer_do_not_wait_for_each_other) {
  accept({create(record(Kind::agent, "agt_1"))});
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  std::atomic<int> wrong = 0;
  for (int i = 0; i < 4; ++i)
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (!stop) {
        const auto found = store->get("acme", Kind::agent, "agt_1");
        if (!found || !*found || (*found)->version < last) ++wrong;
        else last = (*found)->version;
      }
    });
  for (std::uint64_t version = 1; version <= 300; ++version)
    accept({replace(record(Kind::agent, "agt_1"), version)});
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 301u);
}

TEST_P(Contract, tells_observers_once_after_the_fact_and_before_the_callback) {
  std::vector<std::string> told;
  std::vector<std::uint64_t> revoked;
  bool seen = true;
  store->observe([&](const Changes& changes) {
    for (const auto& change : changes.records) {
      told.push_back(change.tenant + "/" + change.id + "<" + change.under);
      if (change.id == "agt_1") seen = seen && exists(Kind::agent, "agt_1");
    }
    for (const auto& revocation : changes.revocations) revoked.push_back(revocation.seq);
  });
  std::size_t told_at_callback = 0;
  std::promise<void> called;
  store->commit({create(record(Kind::agent, "agt_1")), create(record(Kind::credential, "crd_1", "{}", "agt_1")),
                 Revoke{{.tenant = "acme", .target = "jti_1", .until = noon}}},
                [&](const Result<Outcome, Fault>&) {
                  told_at_callback = told.size();
                  called.set_value();
                });
  store->flush();
  called.get_future().wait();
  EXPECT_EQ(told_at_callback, 2u);
  EXPECT_EQ(told, (std::vector<std::string>{"acme/agt_1<agt_1", "acme/crd_1<agt_1"}));
  EXPECT_EQ(revoked, std::vector<std::uint64_t>{1});
  EXPECT_TRUE(seen);

  told.clear();
  accept({replace(record(Kind::credential, "crd_1", "{}", "agt_2"), 1)});
  EXPECT_EQ(told, (std::vector<std::string>{"acme/crd_1<agt_1", "acme/crd_1<agt_2"}));  // both lose their copies
  told.clear();
  accept({Remove{"acme", Kind::credential, "crd_1", 2}});
  EXPECT_EQ(told, std::vector<std::string>{"acme/crd_1<agt_2"});
}

TEST_P(Contract, tells_observers_nothing_of_refusals_events_and_touches) {
  int told = 0;
  store->observe([&](const Changes&) { ++told; });
  accept({create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(told, 1);
  refuse({create(record(Kind::agent, "agt_2")), Revoke{{.tenant = "acme", .until = noon}},
          Require{"acme", Kind::agent, "agt_missing"}});
  accept({Append{event("evt_1")}, Touch{"acme", Kind::agent, "agt_1", noon}, Require{"acme", Kind::agent, "agt_1"},
          Keep{Use::code, "acme", "k", noon, ""}});
  EXPECT_EQ(told, 1);
}

TEST_P(Contract, closing_writes_what_is_queued) {
  std::atomic<int> done = 0;
  for (int i = 0; i < 500; ++i)
    store->commit({Append{event("evt_" + std::to_string(i))}},
                  [&](const Result<Outcome, Fault>& outcome) { done += was_done(outcome) ? 1 : 0; });
  store.reset();
  EXPECT_EQ(done, 500);
}

}  // namespace
}  // namespace deputy::store
