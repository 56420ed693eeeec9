// Who changes something in a loop holds up nobody who is taken out of a group, and pays for it alone.
#include "tests/kit/delegates.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

struct HoldingUp : testing::Test, DelegatesKit {
  // What is answered to who takes the worker out of the team, where `each` goes before every commit of it.
  std::string taken_out(const Given& by, const std::function<void()>& each) {
    const http::Request request{
        .method = "DELETE", .path = "/v1/groups/" + team + "/members/" + worker.id, .query = "",
        .headers = {{"Authorization", "Bearer " + world.access_token(by, world.issuer + "/v1")}},
        .body = "", .peer = world.peer, .secure = true, .correlation_id = "req"};
    const auto match = endpoints::find_route(request.method, request.path);
    auto answer =
        match.route->endpoint({request, "default", world.issuer, match.params, world.clock.now()}, world.app());
    for (;;) {
      if (answer.response.status < 400) {
        ++commits;
        each();
      }
      const auto outcome = world.store->commit_now(std::move(answer.writes));
      EXPECT_TRUE(outcome);
      const auto* refused = std::get_if<store::Refused>(&*outcome);
      if (refused == nullptr) return problem_of(answer.response);
      auto next = answer.refused(*refused);
      answer = next.later ? next.later->work() : std::move(next);
    }
  }
  std::vector<Given> who_name_the_team(int many) {
    std::vector<Given> all;
    for (int i = 0; i < many; ++i) all.push_back(agent_of(plain, "loud " + std::to_string(i), listed({team})));
    return all;
  }
  void is_changed(const Given& agent) { world.change(Kind::agent, agent.id, {{"name", "another"}}); }
  // Out of a group, and in again: by another membership.
  void moves(const std::string& group, const Given& member) {
    EXPECT_EQ(take_out(world.admin, group, member.id), "204");
    EXPECT_EQ(put_in(world.admin, group, member.id), "201");
  }
  // What is told of the end of everything that this one stands in.
  json::array told_of(const std::string& id) {
    json::array found;
    for (const auto& event : world.events("delegation.revoke"))
      if (text_at(event.as_object(), "target") == id) found.push_back(event);
    return found;
  }

  std::string acme = world.put(Kind::organization, {{"name", "Acme"}});
  Given boss = boss_of(acme);
  std::string team = [&] {
    const auto id = group("team", {{"organization", acme}});
    EXPECT_EQ(put_in(world.admin, id, worker.id), "201");
    return id;
  }();
  std::string elsewhere = group("elsewhere");
  std::string named = names(orchestrators, orchestrator, {team, other.id});
  // What the orchestrator holds, and what the worker was handed of it.
  std::string token = orchestrated(), handed = handed_on(orchestrator, token, worker);
  int commits = 0;
};

}  // namespace

TEST_F(HoldingUp, a42_who_is_changed_in_a_loop_loses_all_and_others_what_they_handed_on) {
  const auto loud = who_name_the_team(1).front();
  world.given_assignment(role, loud.id);
  const auto louds = world.access_token(loud, invoices);
  ASSERT_TRUE(active(token) && active(handed) && active(louds));
  EXPECT_EQ(taken_out(boss, [&] { is_changed(loud); }), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(active(handed));
  EXPECT_FALSE(active(louds));
  EXPECT_TRUE(active(token)) << "it had no part in it";
}

TEST_F(HoldingUp, a42_who_hands_on_in_a_loop_loses_all_and_others_what_they_handed_on) {
  const auto loud = who_name_the_team(1).front();
  ASSERT_TRUE(world.store->commit_now({node("dlg_louds", loud)}));
  const auto hands_on = [&] {
    const auto id = "dlg_" + std::to_string(commits);
    ASSERT_TRUE(world.store->commit_now({node(id, worker, "dlg_louds", {loud.id})}));
  };
  EXPECT_EQ(taken_out(boss, hands_on), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_TRUE(targets().contains(loud.id));
  EXPECT_EQ(told_of(loud.id).size(), 1u);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_of_many_who_are_changed_at_once_all_are_let_go_of_at_the_first_refusal) {
  const auto all = who_name_the_team(7);
  const auto are_changed = [&] {
    world.clock.advance(Seconds(1));
    for (const auto& one : all) is_changed(one);
  };
  EXPECT_EQ(taken_out(boss, are_changed), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_and_of_many_who_hand_on_at_once) {
  const auto all = who_name_the_team(7);
  for (const auto& one : all) ASSERT_TRUE(world.store->commit_now({node("dlg_of_" + one.id, one)}));
  const auto hand_on = [&] {
    world.clock.advance(Seconds(1));
    for (const auto& one : all) {
      auto write = node("dlg_" + std::to_string(commits) + one.id, worker, "dlg_of_" + one.id, {one.id});
      std::get<store::Delegate>(write).delegation.created_at = world.clock.now();
      ASSERT_TRUE(world.store->commit_now({std::move(write)}));
    }
  };
  EXPECT_EQ(taken_out(boss, hand_on), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_who_begin_to_name_the_group_one_after_another_cost_nobody_else_anything) {
  const auto begins = [&] { agent_of(plain, "new " + std::to_string(commits), listed({team})); };
  EXPECT_EQ(taken_out(boss, begins), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_after_five_times_nothing_is_held_of_anybody) {
  const auto all = who_name_the_team(6);
  const auto takes_turns = [&] { is_changed(all.at(static_cast<std::size_t>(commits) - 1)); };
  EXPECT_EQ(taken_out(boss, takes_turns), "204");
  EXPECT_EQ(commits, 6);
  EXPECT_FALSE(active(token));
  EXPECT_FALSE(active(handed));
  for (const auto& one : all) EXPECT_EQ(told_of(one.id).size(), 1u);
  EXPECT_EQ(told_of(orchestrator.id).size(), 1u);
}

TEST_F(HoldingUp, each_end_that_comes_of_it_is_an_event) {
  const auto loud = who_name_the_team(1).front();
  ASSERT_EQ(taken_out(boss, [&] { is_changed(loud); }), "204");
  EXPECT_EQ(world.events("delegation.revoke").size(), 2u);
  const auto of_loud = told_of(loud.id), of_worker = told_of(path_of(handed).back());
  ASSERT_EQ(of_loud.size(), 1u);
  EXPECT_EQ(text_at(of_loud.at(0).as_object(), "actor"), boss.id);
  EXPECT_EQ(text_at(of_loud.at(0).as_object(), "client"), loud.id);
  EXPECT_EQ(text_at(of_loud.at(0).as_object(), "reason"),
            "fewer delegates: all tokens ended in which the one who handed on stands");
  ASSERT_EQ(of_worker.size(), 1u);
  EXPECT_EQ(text_at(of_worker.at(0).as_object(), "reason"), "no delegate any more");
}

// It would stay a delegate, by a group that it is in. What it does in others is no affair of who delegates to it.
TEST_F(HoldingUp, a42_who_acts_for_others_and_moves_between_groups_loses_what_it_was_handed) {
  const auto kept = group("kept");
  for (const auto& one : {kept, elsewhere}) ASSERT_EQ(put_in(world.admin, one, stranger.id), "201");
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id, kept}), "200");
  ASSERT_TRUE(world.store->commit_now({node("dlg_root", orchestrator),
                                       node("dlg_left", stranger, "dlg_root", {orchestrator.id}),
                                       node("dlg_others", other, "dlg_root", {orchestrator.id})}));
  EXPECT_EQ(taken_out(boss, [&] { moves(elsewhere, stranger); }), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_TRUE(ended("dlg_left"));
  for (const auto* id : {"dlg_root", "dlg_others"}) EXPECT_FALSE(ended(id)) << id;
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_a_member_that_moves_between_other_groups_is_out_and_loses_what_this_one_gave) {
  const auto pays = world.given_role("pays", payments_id, {"pay"});
  for (const auto& one : {team, elsewhere}) world.given_assignment(pays, one);
  ASSERT_EQ(put_in(world.admin, elsewhere, worker.id), "201");
  const auto paying = world.access_token(worker, payments), own = world.access_token(worker, invoices);
  ASSERT_TRUE(active(paying) && active(own));
  EXPECT_EQ(taken_out(boss, [&] { moves(elsewhere, worker); }), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_EQ(take_out(boss, team, worker.id), "404 not_found");
  EXPECT_FALSE(active(paying)) << "though it holds that by the other group: it is minted again";
  EXPECT_TRUE(active(own));
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_a_member_that_is_changed_in_a_loop_is_out_by_who_reaches_it) {
  const auto own = world.access_token(worker, invoices);
  EXPECT_EQ(taken_out(world.admin, [&] { is_changed(worker); }), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_EQ(take_out(world.admin, team, worker.id), "404 not_found");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(own));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, who_is_put_in_again_meanwhile_is_taken_out_all_the_same) {
  EXPECT_EQ(taken_out(boss, [&] {
              if (commits == 1) moves(team, worker);
            }),
            "204");
  EXPECT_EQ(take_out(boss, team, worker.id), "404 not_found");
  EXPECT_FALSE(active(handed));
}

// Who manages the same group may put it in at any moment after, too.
TEST_F(HoldingUp, who_is_put_in_again_every_time_is_not_taken_out_and_that_is_said) {
  EXPECT_EQ(taken_out(boss, [&] { moves(team, worker); }), "409 conflict");
  EXPECT_EQ(commits, 6);
}
