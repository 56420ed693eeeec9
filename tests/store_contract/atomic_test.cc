// All of a batch or nothing of it, alone and among the others of its group.
#include <future>

#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

TEST_P(Contract, a_refused_third_write_leaves_nothing_of_the_first_two) {
  accept({create(record(Kind::agent, "agt_1"), {{"owner", "usr_1"}})});
  const auto refused = refuse({create(record(Kind::agent, "agt_2"), {{"owner", "usr_1"}}),
                               replace(record(Kind::agent, "agt_1"), 1, {{"owner", "usr_2"}}),
                               Require{"acme", Kind::agent, "agt_missing"}});
  EXPECT_EQ(refused.why, Why::missing);
  EXPECT_EQ(refused.write, 2u);
  EXPECT_FALSE(exists(Kind::agent, "agt_2"));
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 1u);
  EXPECT_EQ(ids(Kind::agent, {.where = Index{"owner", "usr_1"}}), std::vector<std::string>{"agt_1"});
  EXPECT_EQ(ids(Kind::agent, {.where = Index{"owner", "usr_2"}}), std::vector<std::string>{});
}

TEST_P(Contract, a_refused_batch_leaves_no_event_no_mark_no_touch_no_revocation) {
  accept({create(record(Kind::agent, "agt_1")), Keep{Use::code, "acme", "old", noon, "kept"}});
  refuse({Append{event("evt_1")}, Keep{Use::code, "acme", "new", noon + Seconds(9), "x"},
          Drop{Use::code, "acme", "old"}, Touch{"acme", Kind::agent, "agt_1", noon},
          Revoke{{.tenant = "acme", .target = "jti_1", .until = noon}}, Require{"acme", Kind::agent, "agt_missing"}});
  EXPECT_EQ(*store->last_event(), 0u);
  EXPECT_FALSE(store->event("acme", "evt_1")->has_value());
  EXPECT_FALSE(store->kept(Use::code, "acme", "new", noon)->has_value());
  EXPECT_TRUE(store->kept(Use::code, "acme", "old", noon - Seconds(1))->has_value());
  EXPECT_FALSE(get(Kind::agent, "agt_1").touched_at);
  EXPECT_TRUE(store->revocations(0, 10)->empty());
}

TEST_P(Contract, a_refused_batch_of_marks_leaves_none_of_its_own_and_all_of_others) {
  accept({Keep{Use::code_used, "acme", "old", noon, "jti_1"}});
  const auto refused = refuse({Keep{Use::code_used, "acme", "new", noon, "jti_2"},
                               Keep{Use::refresh_token, "acme", "new", noon, "x"},
                               Keep{Use::code_used, "acme", "old", noon, "jti_2"}, Append{event("evt_1")}});
  EXPECT_EQ(refused.why, Why::used);
  EXPECT_EQ(refused.write, 2u);
  EXPECT_FALSE(store->kept(Use::code_used, "acme", "new", noon - Seconds(1))->has_value());
  EXPECT_FALSE(store->kept(Use::refresh_token, "acme", "new", noon - Seconds(1))->has_value());
  EXPECT_EQ((*store->kept(Use::code_used, "acme", "old", noon - Seconds(1)))->body, "jti_1");
  EXPECT_EQ(*store->last_event(), 0u);
  accept({Keep{Use::code_used, "acme", "new", noon, "jti_3"}});
}

TEST_P(Contract, a_mark_whose_delegation_is_revoked_is_not_kept) {
  const delegation::Delegation node{.id = "dlg_1", .tenant = "acme", .path = {"dlg_1"}, .subject = "usr_1",
                                    .actor = "agt_1", .chain = {"agt_1"}, .created_at = noon};
  accept({Delegate{node}, EndDelegation{"acme", "dlg_1", noon, "withdrawn"}});
  const auto refused = refuse({Keep{Use::code_used, "acme", "new", noon, "jti_2"},
                               Draw{"acme", "dlg_1", {}, noon, noon + Seconds(60)}, Append{event("evt_1")}});
  EXPECT_EQ(refused.why, Why::revoked);
  EXPECT_FALSE(store->kept(Use::code_used, "acme", "new", noon - Seconds(1))->has_value());
  EXPECT_EQ((*store->delegation("acme", "dlg_1"))->uses, 0u);
}

TEST_P(Contract, writes_of_a_batch_see_the_ones_before_them) {
  accept({create(record(Kind::agent, "agt_1")), Require{"acme", Kind::agent, "agt_1", 1},
          replace(record(Kind::agent, "agt_1"), 1), Require{"acme", Kind::agent, "agt_1", 2},
          Remove{"acme", Kind::agent, "agt_1", 2}, create(record(Kind::agent, "agt_1"))});
  EXPECT_EQ(get(Kind::agent, "agt_1").version, 1u);
  EXPECT_EQ(refuse({create(record(Kind::agent, "agt_2")), create(record(Kind::agent, "agt_2"))}).why, Why::exists);
  EXPECT_FALSE(exists(Kind::agent, "agt_2"));
}

TEST_P(Contract, a_refused_batch_does_not_disturb_its_group) {
  constexpr int count = 300;
  std::vector<std::promise<bool>> outcomes(count);
  for (int i = 0; i < count; ++i) {
    Writes writes{Append{event("evt_" + std::to_string(1000 + i))},
                  create(record(Kind::agent, "agt_" + std::to_string(i)))};
    if (i % 3 == 0) writes.push_back(Require{"acme", Kind::agent, "agt_missing"});
    store->commit(std::move(writes), [&outcomes, i](const Result<Outcome, Fault>& outcome) {
      outcomes[static_cast<std::size_t>(i)].set_value(was_done(outcome));
    });
  }
  store->flush();
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].get_future().get(), i % 3 != 0) << i;
    EXPECT_EQ(exists(Kind::agent, "agt_" + std::to_string(i)), i % 3 != 0) << i;
  }
  EXPECT_EQ(*store->last_event(), 200u);
  const auto page = store->events("acme", {}, {.limit = 1000});
  ASSERT_EQ(page->events.size(), 200u);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(page->events[i].seq, i + 1);
}

TEST_P(Contract, an_empty_batch_is_done) { accept({}); }

}  // namespace
}  // namespace deputy::store
