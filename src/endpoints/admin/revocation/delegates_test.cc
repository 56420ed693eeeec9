// Who is named as a delegate without being asked loses nothing by that; what was handed on ends all the same.
#include "tests/kit/delegates.h"

#include "grants/all.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

struct Delegates : testing::Test, DelegatesKit {};

}  // namespace

TEST_F(Delegates, a38_a_stranger_that_is_named_and_no_more_loses_nothing_and_nothing_is_told_of_it) {
  const auto team = group("team");
  ASSERT_EQ(put_in(world.admin, team, worker.id), "201");
  for (const auto* ceiling : {"ceiling", "any"})
    for (const auto& named : {worker.id, team}) {
      world.change(Kind::agent, worker.id, {{"delegation", ceiling}});
      const auto own = world.access_token(worker, invoices), handed = handed_on(orchestrator, orchestrated(), worker);
      ASSERT_EQ(names(plain, mine, {named}), "200");
      const auto would = send(plain, "PATCH", "agents/" + mine.id + "?preview=true", listed({}));
      EXPECT_EQ(would.status, 200);
      for (const auto& told : {worker.id, std::string(invoices), std::string("last_used_at")})
        EXPECT_EQ(would.body.find(told), std::string::npos) << told;
      ASSERT_EQ(names(plain, mine, {}), "200");
      EXPECT_TRUE(active(own)) << ceiling << " " << named;
      EXPECT_TRUE(active(handed)) << ceiling << " " << named;
      EXPECT_TRUE(active(world.access_token(worker, invoices))) << "in the same second, too";
    }
  EXPECT_EQ(targets(), Targets{mine.id});
}

TEST_F(Delegates, a38_who_is_in_a_group_of_ones_own_and_out_of_reach_loses_nothing) {
  const auto acme = world.put(Kind::organization, {{"name", "Acme"}});
  const auto boss = boss_of(acme);
  const auto outer = group("outer", {{"organization", acme}}), inner = group("inner", {{"organization", acme}});
  ASSERT_EQ(put_in(world.admin, inner, worker.id), "201");
  ASSERT_EQ(names(plain, mine, {outer}), "200");
  const auto own = world.access_token(worker, invoices);
  ASSERT_EQ(put_in(boss, outer, inner), "201");
  ASSERT_EQ(take_out(boss, outer, inner), "204");
  EXPECT_TRUE(active(own));
  EXPECT_EQ(targets(), Targets{mine.id}) << "who hands on to the group";
  const auto bosses = agent_of(boss, "the boss's", {{"organization", acme}});
  ASSERT_EQ(names(boss, bosses, {inner}), "200");
  ASSERT_EQ(names(boss, bosses, {}), "200");
  EXPECT_TRUE(active(own)) << "the group is in reach, and who is in it is not";
  EXPECT_EQ(targets(), (Targets{mine.id, bosses.id}));
}

TEST_F(Delegates, a25_what_was_handed_to_a_stranger_ends_and_what_that_handed_further_and_nothing_else) {
  world.change(Kind::agent, worker.id, listed({stranger.id}));
  const auto token = orchestrated(), workers = handed_on(orchestrator, token, worker),
             further = handed_on(worker, workers, stranger), others = handed_on(orchestrator, token, other),
             own = world.access_token(worker, invoices);
  ASSERT_TRUE(active(workers) && active(further) && active(others));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_FALSE(active(workers));
  EXPECT_FALSE(active(further));
  EXPECT_TRUE(active(own));
  EXPECT_TRUE(active(token)) << "the one who handed on keeps it, were it for this once";
  EXPECT_TRUE(active(others));
  EXPECT_TRUE(active(handed_on(orchestrator, token, other, {{"scope", "read"}}))) << "in the same second, too";
  EXPECT_EQ(error_of(world.exchange(orchestrator, token, {{"requested_actor", worker.id}})), "400 unauthorized_client");
  EXPECT_EQ(targets(), (Targets{orchestrator.id, path_of(workers).back()}));
}

TEST_F(Delegates, a25_what_one_handed_of_its_own_to_a_stranger_ends_alone) {
  world.given_assignment(role, mine.id);
  ASSERT_EQ(names(plain, mine, {worker.id}), "200");
  const auto own = world.access_token(mine, invoices), handed = handed_on(mine, own, worker);
  ASSERT_TRUE(active(own) && active(handed));
  ASSERT_EQ(names(plain, mine, {}), "200");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(own));
}

TEST_F(Delegates, a25_what_a_stranger_drew_further_down_ends_and_what_others_handed_it_does_not) {
  ASSERT_TRUE(world.store->commit_now(
      {node("dlg_root", orchestrator), node("dlg_next", other, "dlg_root", {orchestrator.id}),
       node("dlg_deep", worker, "dlg_next", {other.id, orchestrator.id}), node("dlg_anothers", worker)}));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_TRUE(ended("dlg_deep"));
  for (const auto* id : {"dlg_root", "dlg_next", "dlg_anothers"}) EXPECT_FALSE(ended(id)) << id;
}

TEST_F(Delegates, a25_what_ends_is_told_beforehand_to_who_sees_it) {
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  const auto path = "agents/" + orchestrator.id + "?preview=true";
  const auto would = body_of(send(orchestrators, "PATCH", path, listed({other.id})));
  EXPECT_EQ(would.at("delegations").to_number<int>(), 1);
  EXPECT_EQ(would.at("live_tokens_max").to_number<int>(), 1);
  EXPECT_EQ(would.at("own_tokens"), json::array());
  EXPECT_FALSE(would.contains("minted_again"));
  EXPECT_TRUE(active(workers));
}

TEST_F(Delegates, a25_who_hands_on_to_a_stranger_meanwhile_is_not_passed_over) {
  const auto token = orchestrated();
  ASSERT_TRUE(active(handed_on(orchestrator, token, other)));
  std::string workers;
  const auto to_worker = [&] { workers = handed_on(orchestrator, token, worker); };
  const auto to_other = [&] { handed_on(orchestrator, token, other, {{"scope", "read"}}); };
  EXPECT_EQ(names_late(orchestrators, orchestrator, {other.id}, to_worker), "409 conflict");
  EXPECT_TRUE(active(workers)) << "nothing was taken";
  EXPECT_EQ(names_late(orchestrators, orchestrator, {other.id}, to_other), "200") << "that is a delegate still";
  EXPECT_FALSE(active(workers));
}

TEST_F(Delegates, a42_where_too_much_was_handed_on_all_that_one_holds_ends) {
  const auto token = orchestrated();
  store::Writes writes;
  for (int i = 0; i < 2'000; ++i) writes.push_back(node("dlg_" + std::to_string(i), orchestrator));
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_FALSE(active(token));
  EXPECT_EQ(targets(), Targets{orchestrator.id});
}

TEST_F(Delegates, a25_what_was_handed_to_a_stranger_in_a_group_of_ones_own_ends_alone_and_is_not_told) {
  const auto acme = world.put(Kind::organization, {{"name", "Acme"}});
  const auto boss = boss_of(acme);
  const auto team = group("team", {{"organization", acme}});
  ASSERT_EQ(put_in(world.admin, team, worker.id), "201");
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id}), "200");
  const auto token = orchestrated(), workers = handed_on(orchestrator, token, worker),
             others = handed_on(orchestrator, token, other);
  const auto would = send(boss, "DELETE", "groups/" + team + "/members/" + worker.id + "?preview=true");
  EXPECT_EQ(would.status, 200);
  EXPECT_EQ(body_of(would).at("delegations").to_number<int>(), 0);
  for (const auto& told : {worker.id, orchestrator.id, std::string(invoices)})
    EXPECT_EQ(would.body.find(told), std::string::npos) << told;
  ASSERT_TRUE(active(workers));
  ASSERT_EQ(take_out(boss, team, worker.id), "204");
  EXPECT_FALSE(active(workers));
  EXPECT_TRUE(active(token));
  EXPECT_TRUE(active(others));
}

TEST_F(Delegates, a25_what_is_handed_on_while_a_stranger_is_taken_out_is_not_given) {
  const auto token = orchestrated();
  Late late{world};
  const auto hand_on = [&] {
    return late.decided(grants::token_exchange, orchestrator,
                        {{"subject_token", token},
                         {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                         {"requested_actor", worker.id}});
  };
  auto first = hand_on(), second = hand_on();
  EXPECT_TRUE(late.becomes_durable(std::move(first)));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_FALSE(late.becomes_durable(std::move(second)));
}

TEST_F(Delegates, who_reaches_the_delegate_ends_what_it_was_handed_and_nothing_of_who_handed_on) {
  const auto helper = agent_of(plain, "helper");
  world.given_assignment(role, helper.id, {{"acts", "others"}});
  world.given_assignment(role, mine.id);
  ASSERT_EQ(names(plain, mine, {helper.id}), "200");
  const auto own = world.access_token(mine, invoices), handed = handed_on(mine, own, helper);
  ASSERT_TRUE(active(own) && active(handed));
  ASSERT_EQ(names(plain, mine, {}), "200");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(own));
  EXPECT_EQ(targets(), Targets{helper.id});
}

TEST_F(Delegates, an_id_that_is_left_of_a_delegate_takes_nothing_with_it) {
  const auto helper = agent_of(plain, "helper");
  world.given_assignment(role, mine.id);
  ASSERT_EQ(names(plain, mine, {helper.id, worker.id}), "200");
  ASSERT_EQ(problem_of(send(plain, "POST", "agents/" + helper.id + "/revoke")), "200");
  ASSERT_EQ(problem_of(send(plain, "DELETE", "agents/" + helper.id)), "204");
  const auto own = world.access_token(mine, invoices);
  ASSERT_EQ(names(plain, mine, {worker.id}), "200");
  EXPECT_TRUE(active(own));
  EXPECT_FALSE(targets().contains(mine.id));
}
