// Kept keys and marks: single use among racing callers, types and tenants apart, expiry, and purging.
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
  for (const auto use : {Use::idempotency, Use::opaque_token, Use::code, Use::request_uri, Use::refresh_token}) {
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
  EXPECT_TRUE(store->kept(Use::request_uri, "acme", "same", noon)->has_value());
}

TEST_P(Contract, a14_a_mark_is_made_once_for_what_it_marks_and_the_tenant_it_is_of) {
  const Mark one{Once::assertion_jti, "acme", noon, "jti"};
  accept({one});
  const auto again = refuse({Append{event("evt_1")}, one});
  EXPECT_EQ(again.why, Why::used);
  EXPECT_EQ(again.write, 1u);
  EXPECT_EQ(*store->last_event(), 0u);
  accept({Mark{Once::dpop_jti, "acme", noon, "jti"}, Mark{Once::passkey_challenge, "acme", noon, "jti"},
          Mark{Once::assertion_jti, "other", noon, "jti"}, Mark{Once::assertion_jti, "acme", noon, "jti2"},
          Mark{Once::assertion_jti, "acme", noon + Millis(1), "jti"}});
  EXPECT_EQ(refuse({Mark{Once::dpop_jti, "acme", noon, "jti"}}).why, Why::used);
}

TEST_P(Contract, a14_a_refused_batch_takes_its_marks_back_and_no_other) {
  const Mark first{Once::assertion_jti, "acme", noon, "1"}, second{Once::assertion_jti, "acme", noon, "2"};
  accept({second});
  EXPECT_EQ(refuse({first, second}).write, 1u);
  EXPECT_EQ(refuse({first, Keep{Use::code, "acme", "k", noon, ""}, second, Append{event("evt_1")}}).write, 2u);
  EXPECT_EQ(refuse({second}).why, Why::used) << "whose mark was there before";
  accept({first, Keep{Use::code, "acme", "k", noon, ""}});
}

TEST_P(Contract, a18_of_16_parallel_marks_of_one_thing_exactly_one_is_made) {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> made = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; ++i)
      threads.emplace_back([&, round] {
        if (was_done(store->commit_now({Mark{Once::dpop_jti, "acme", noon, std::to_string(round)},
                                        Append{event("evt_" + std::to_string(round))}})))
          ++made;
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(made, 1);
  }
  EXPECT_EQ(*store->last_event(), 20u);
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

// How a batch asks that a key is not there: it makes it, and takes it away again.
TEST_P(Contract, a_key_that_is_kept_and_dropped_again_leaves_nothing_and_refuses_where_it_was) {
  const Writes again{Keep{Use::code, "acme", "mark", noon, ""}, Drop{Use::code, "acme", "mark"},
                     Drop{Use::code, "acme", "k"}, Keep{Use::code, "acme", "k", noon + Seconds(60), "new"}};
  accept(again);
  accept(again);
  accept({Drop{Use::code, "acme", "k"}, Keep{Use::code, "acme", "mark", noon + Seconds(60), "kept"}});
  EXPECT_EQ(refuse(again).write, 0u);
  EXPECT_FALSE(store->kept(Use::code, "acme", "k", noon)->has_value());
  EXPECT_EQ((*store->kept(Use::code, "acme", "mark", noon))->body, "kept");
}

TEST_P(Contract, lists_kept_keys_by_how_they_begin) {
  const auto keep = [](std::string tenant, std::string key, Seconds lives) {
    return Keep{Use::session_client, std::move(tenant), std::move(key), noon + lives, ""};
  };
  const Seconds one{1}, nine{9};
  accept({keep("acme", "ses_1/b", nine), keep("acme", "ses_1/a", nine), keep("acme", "ses_1/c", one),
          keep("acme", "ses_12/a", nine), keep("acme", "ses_0/a", nine), keep("other", "ses_1/d", nine),
          Keep{Use::code, "acme", "ses_1/e", noon + nine, ""}});
  using Keys = std::vector<std::string>;
  const auto found = [&](const char* prefix, Seconds later, std::size_t limit) {
    return *store->kept_keys(Use::session_client, "acme", prefix, noon + later, limit);
  };
  EXPECT_EQ(found("ses_1/", Seconds(0), 10), (Keys{"ses_1/a", "ses_1/b", "ses_1/c"}));
  EXPECT_EQ(found("ses_1/", one, 10), (Keys{"ses_1/a", "ses_1/b"})) << "one is over";
  EXPECT_EQ(found("ses_1/", one, 1), Keys{"ses_1/a"});
  EXPECT_EQ(found("ses_2/", Seconds(0), 10), Keys{});
}

TEST_P(Contract, lists_kept_keys_whatever_comes_behind_how_they_begin) {
  // In their order, to the last character there is.
  const std::vector<std::string> behind{"", "!", "a", "~", "~a", "\x7f", "\xc3\xa9", "\xf4\x8f\xbf\xbf"};
  std::vector<std::string> keys;
  for (const auto& end : behind) keys.push_back("~k" + end);
  for (const auto& key : keys) accept({Keep{Use::code, "acme", key, noon, ""}});
  accept({Keep{Use::code, "acme", "~j", noon, ""}, Keep{Use::code, "acme", "~l", noon, ""}});
  EXPECT_EQ(*store->kept_keys(Use::code, "acme", "~k", noon - Seconds(1), 20), keys);
  EXPECT_EQ(store->kept_keys(Use::code, "acme", "", noon - Seconds(1), 20)->size(), keys.size() + 2);
}

TEST_P(Contract, purges_what_has_expired_in_steps_and_nothing_else) {
  accept({create(record(Kind::agent, "agt_1")), Append{event("evt_1", "token.issue", noon - Seconds(9999))}});
  for (int i = 0; i < 10; ++i)
    accept({Keep{Use::code, "acme", "old" + std::to_string(i), noon - Seconds(i), ""},
            Keep{Use::code, "acme", "new" + std::to_string(i), noon + Seconds(1 + i), ""},
            Mark{Once::dpop_jti, "acme", noon - Seconds(i), "jti"},
            Mark{Once::dpop_jti, "acme", noon + Seconds(1 + i), "jti"}});
  for (const std::size_t deleted : {4u, 4u, 4u, 4u, 4u, 0u}) EXPECT_EQ(*store->purge(noon, 4), deleted);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(store->kept(Use::code, "acme", "new" + std::to_string(i), noon)->has_value());
    accept({Keep{Use::code, "acme", "old" + std::to_string(i), noon, ""}});
    EXPECT_EQ(refuse({Mark{Once::dpop_jti, "acme", noon + Seconds(1 + i), "jti"}}).why, Why::used);
    accept({Mark{Once::dpop_jti, "acme", noon - Seconds(i), "jti"}});
  }
  EXPECT_TRUE(exists(Kind::agent, "agt_1"));
  EXPECT_TRUE(store->event("acme", "evt_1")->has_value());
  EXPECT_EQ(*store->last_event(), 1u);
}

}  // namespace
}  // namespace deputy::store

