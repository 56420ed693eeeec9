// Kept keys: single use among racing callers, types and tenants apart, expiry, and purging.
#include <thread>

#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

TEST_P(Contract, a3_a_key_is_fresh_once) {
  accept({Keep{Use::code, "acme", "k", noon + Seconds(60), "body"}});
  const auto refused = refuse({Append{event("evt_1")}, Keep{Use::code, "acme", "k", noon + Seconds(60), ""}});
  EXPECT_EQ(refused.why, Why::used);
  EXPECT_EQ(refused.write, 1u);
  EXPECT_EQ(*store->last_event(), 0u);
  EXPECT_EQ((*store->kept(Use::code, "acme", "k", noon))->body, "body");
}

TEST_P(Contract, a3_a_key_of_one_type_or_tenant_cannot_be_spent_as_another) {
  for (const auto use : {Use::assertion_jti, Use::idempotency, Use::opaque_token, Use::dpop_jti, Use::code,
                         Use::request_uri, Use::passkey_challenge}) {
    EXPECT_FALSE(store->kept(use, "acme", "same", noon)->has_value());
    accept({Keep{use, "acme", "same", noon + Seconds(60), "acme"}});
    EXPECT_FALSE(store->kept(use, "other", "same", noon)->has_value());
    accept({Keep{use, "other", "same", noon + Seconds(60), "other"}});
    EXPECT_EQ((*store->kept(use, "acme", "same", noon))->body, "acme");
    EXPECT_EQ((*store->kept(use, "other", "same", noon))->body, "other");
  }
  accept({Drop{Use::code, "acme", "same"}});
  EXPECT_FALSE(store->kept(Use::code, "acme", "same", noon)->has_value());
  EXPECT_TRUE(store->kept(Use::code, "other", "same", noon)->has_value());
  EXPECT_TRUE(store->kept(Use::dpop_jti, "acme", "same", noon)->has_value());
}

TEST_P(Contract, a3_of_16_parallel_keeps_of_one_key_exactly_one_is_fresh) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> fresh = 0, used = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&, round, i] {
        const auto outcome =
            store->commit_now({Keep{Use::code, "acme", "k" + std::to_string(round), noon, std::to_string(i)},
                               Append{event("evt_" + std::to_string(round))}});
        if (was_done(outcome)) ++fresh;
        else if (outcome && std::get<Refused>(*outcome).why == Why::used) ++used;
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(fresh, 1);
    EXPECT_EQ(used, 15);
  }
  EXPECT_EQ(*store->last_event(), 20u);
}

TEST_P(Contract, kept_ends_at_its_instant_but_the_key_stays_used) {
  accept({Keep{Use::opaque_token, "acme", "k", noon, "token"}});
  const auto live = store->kept(Use::opaque_token, "acme", "k", noon - Millis(1));
  ASSERT_TRUE(live && *live);
  EXPECT_EQ((*live)->body, "token");
  EXPECT_EQ((*live)->until, noon);
  EXPECT_FALSE(store->kept(Use::opaque_token, "acme", "k", noon)->has_value());
  EXPECT_EQ(refuse({Keep{Use::opaque_token, "acme", "k", noon + Seconds(60), ""}}).why, Why::used);
}

TEST_P(Contract, drop_frees_a_key_and_never_refuses) {
  accept({Drop{Use::idempotency, "acme", "k"}});
  accept({Keep{Use::idempotency, "acme", "k", noon, ""}, Drop{Use::idempotency, "acme", "k"},
          Keep{Use::idempotency, "acme", "k", noon + Seconds(1), "again"}});
  EXPECT_EQ((*store->kept(Use::idempotency, "acme", "k", noon))->body, "again");
}

TEST_P(Contract, purges_what_has_expired_in_steps_and_nothing_else) {
  accept({create(record(Kind::agent, "agt_1")), Append{event("evt_1", "token.issue", noon - Seconds(9999))}});
  for (int i = 0; i < 10; ++i)
    accept({Keep{Use::assertion_jti, "acme", "old" + std::to_string(i), noon - Seconds(i), ""},
            Keep{Use::assertion_jti, "acme", "new" + std::to_string(i), noon + Seconds(1 + i), ""}});
  EXPECT_EQ(*store->purge(noon, 4), 4u);
  EXPECT_EQ(*store->purge(noon, 4), 4u);
  EXPECT_EQ(*store->purge(noon, 4), 2u);
  EXPECT_EQ(*store->purge(noon, 4), 0u);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(store->kept(Use::assertion_jti, "acme", "new" + std::to_string(i), noon)->has_value());
    accept({Keep{Use::assertion_jti, "acme", "old" + std::to_string(i), noon, ""}});
  }
  EXPECT_TRUE(exists(Kind::agent, "agt_1"));
  EXPECT_TRUE(store->event("acme", "evt_1")->has_value());
  EXPECT_EQ(*store->last_event(), 1u);
}

}  // namespace
}  // namespace deputy::store
