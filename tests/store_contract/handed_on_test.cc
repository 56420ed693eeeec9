// What is handed on while a batch is decided that ends what was handed on before.
#include "tests/store_contract/stores.h"

namespace deputy::store {
namespace {

using Why = Refused::Why;

// Held by `actor`, after those that `before` names.
Delegation handed(std::string id, const std::string& actor, std::vector<std::string> before,
                  std::string subject = "usr_1") {
  Delegation one{.id = id, .tenant = "acme", .path = {id}, .subject = std::move(subject), .actor = actor};
  one.chain = std::move(before);
  one.chain.insert(one.chain.begin(), actor);
  return one;
}

TEST_P(Contract, a25_what_was_handed_on_meanwhile_refuses_what_was_decided_without_it) {
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_a"})}});
  const NoneHandedOn none{"acme", "dlg_1", {{"agt_a", {"agt_a", "agt_c"}}}};
  accept({none, Delegate{handed("dlg_2", "agt_b", {"agt_x"})}, Delegate{handed("dlg_3", "agt_c", {"agt_a"})},
          Delegate{handed("dlg_4", "agt_a", {})}});
  auto elsewhere = handed("dlg_5", "agt_b", {"agt_a"});
  elsewhere.tenant = "other";
  accept({Delegate{elsewhere}});
  accept({none});
  for (const auto& one : {handed("dlg_6", "agt_b", {"agt_a"}), handed("dlg_7", "agt_b", {"agt_c", "agt_a"}),
                          handed("dlg_8", "agt_b", {}, "agt_a")}) {
    accept({Delegate{one}});
    EXPECT_EQ(refuse({Append{event("evt_1")}, none}).why, Why::version) << one.id;
    EXPECT_EQ(*store->last_event(), 0u) << "all of a batch, or nothing";
    accept({EndDelegation{"acme", one.id, noon, "taken out"}, none});
    accept({none});
  }
}

TEST_P(Contract, a25_where_none_is_known_all_that_was_handed_on_counts) {
  accept({NoneHandedOn{"acme", "", {{"agt_a", {}}}}});
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_a"})}});
  for (const auto* after : {"", "dlg_unknown"})
    EXPECT_EQ(refuse({NoneHandedOn{"acme", after, {{"agt_a", {}}}}}).why, Why::version) << after;
  accept({NoneHandedOn{"acme", "", {{"agt_x", {}}}}, NoneHandedOn{"other", "", {{"agt_a", {}}}}});
}

TEST_P(Contract, a25_a_batch_that_ends_what_was_handed_on_is_taken_back_as_a_whole) {
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_a"})}, Delegate{handed("dlg_2", "agt_b", {"agt_a"})}});
  refuse({EndDelegation{"acme", "dlg_1", noon, "taken out"}, NoneHandedOn{"acme", "dlg_1", {{"agt_a", {}}}}});
  EXPECT_FALSE((*store->delegation("acme", "dlg_1"))->revoked_at);
}

// Who is taken out draws one after another from what it was handed: that must not keep it from being taken out.
TEST_P(Contract, a25_what_hangs_from_what_the_batch_ends_does_not_refuse_it) {
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_a"})}});
  const NoneHandedOn none{"acme", "dlg_1", {{"agt_a", {}}}};
  auto child = handed("dlg_2", "agt_b", {"agt_a"}), grandchild = handed("dlg_3", "agt_c", {"agt_b", "agt_a"});
  child.parent = "dlg_1", child.path = {"dlg_1", "dlg_2"};
  grandchild.parent = "dlg_2", grandchild.path = {"dlg_1", "dlg_2", "dlg_3"};
  accept({Delegate{child}, Delegate{grandchild}});
  EXPECT_EQ(refuse({none}).why, Why::version);
  EXPECT_EQ(refuse({EndDelegation{"acme", "dlg_2", noon, "taken out"},
                    Delegate{handed("dlg_4", "agt_b", {"agt_a"})}, none}).why, Why::version);
  accept({EndDelegation{"acme", "dlg_1", noon, "taken out"}, none});
}

TEST_P(Contract, a25_of_several_who_hand_on_each_has_those_that_it_passes_over) {
  const NoneHandedOn none{"acme", "", {{"agt_a", {"agt_b"}}, {"agt_c", {"agt_d"}}}};
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_a"})}, Delegate{handed("dlg_2", "agt_d", {"agt_c"})}, none});
  for (const auto& one : {handed("dlg_3", "agt_d", {"agt_a"}), handed("dlg_4", "agt_b", {"agt_c"}),
                          handed("dlg_5", "agt_b", {"agt_a", "agt_c"}), handed("dlg_6", "agt_b", {}, "agt_c")}) {
    accept({Delegate{one}});
    EXPECT_EQ(refuse({none}).why, Why::version) << one.id;
    accept({EndDelegation{"acme", one.id, noon, "taken out"}, none});
  }
}

TEST_P(Contract, a42_what_was_handed_by_way_of_one_whose_tokens_all_end_does_not_refuse_it) {
  const NoneHandedOn none{"acme", "", {{"agt_a", {}}}, {"agt_x"}};
  accept({Delegate{handed("dlg_1", "agt_b", {"agt_x", "agt_a"})},
          Delegate{handed("dlg_2", "agt_b", {"agt_a", "agt_x"})},
          Delegate{handed("dlg_3", "agt_b", {"agt_a"}, "agt_x")}, none});
  accept({Delegate{handed("dlg_4", "agt_x", {"agt_a"})}});
  EXPECT_EQ(refuse({none}).index, "agt_a") << "that one may be handed more meanwhile";
}

TEST_P(Contract, a42_of_several_who_hand_on_the_refusal_names_the_one_that_did) {
  const NoneHandedOn none{"acme", "", {{"agt_a", {"agt_a"}}, {"agt_c", {"agt_c"}}}};
  int n = 0;
  for (const auto& [who, before, subject] : std::vector<std::tuple<std::string, std::vector<std::string>, std::string>>{
           {"agt_a", {"agt_a"}, "usr_1"}, {"agt_c", {"agt_x", "agt_c"}, "usr_1"}, {"agt_c", {}, "agt_c"},
           {"agt_c", {"agt_c", "agt_a"}, "usr_1"}, {"agt_a", {"agt_a"}, "agt_c"}}) {
    const auto id = "dlg_" + std::to_string(++n);
    accept({Delegate{handed(id, "agt_b", before, subject)}});
    const auto refused = refuse({Append{event("evt_1")}, none});
    EXPECT_EQ(refused.write, 1u) << id;
    EXPECT_EQ(refused.index, who) << id << ": who stands nearest to the actor";
    accept({EndDelegation{"acme", id, noon, "taken out"}, none});
  }
}

// It ends nothing, by whatever clock, and still stops what was decided before it.
TEST_P(Contract, a25_an_entry_that_ends_nothing_ends_nothing_after_the_clock_was_set_back_either) {
  accept({Append{event("evt_1", "token.issue", noon + Seconds(90))}});
  accept({Revoke{{.tenant = "acme", .kind = Kills::principal, .target = "agt_a",
                  .issued_before = delegation::nothing_issued, .until = noon + Seconds(300), .at = noon}}});
  const auto entries = *store->revocations(0, 10);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].issued_before, delegation::nothing_issued);
  EXPECT_EQ(refuse({Unrevoked{"acme", {"agt_a"}, 0}}).why, Why::revoked);
}

}  // namespace
}  // namespace deputy::store
