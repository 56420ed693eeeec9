// Who changes something in a loop holds up nobody who takes something away, and pays for it alone.
#include "tests/kit/delegates.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

struct HoldingUp : testing::Test, DelegatesKit {
  // What is answered to who takes the worker out of the team, where `each` goes before every commit of it.
  std::string taken_out(const Given& by, const std::function<void()>& each) {
    return answered(by, "DELETE", "groups/" + team + "/members/" + worker.id, {}, each);
  }
  std::string answered(const Given& by, const std::string& method, const std::string& path, const json::object& body,
                       const std::function<void()>& each) {
    const http::Request request{
        .method = method, .path = "/v1/" + path, .query = "",
        .headers = {{"Authorization", "Bearer " + world.access_token(by, world.issuer + "/v1")},
                    {"Content-Type", "application/json"}},
        .body = body.empty() ? "" : json::serialize(body), .peer = world.peer, .secure = true,
        .correlation_id = "req"};
    commits = 0;
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
  // A new agent that this one, too, is given to or put into; what it draws there.
  std::string drawn_by_a_new_one(const std::function<void(const std::string&)>& given, const std::string& resource) {
    const auto one = agent_of(plain, "new " + std::to_string(++new_ones));
    given(one.id);
    return world.access_token(one, resource);
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
  int commits = 0, new_ones = 0;
};

}  // namespace

TEST_F(HoldingUp, a42_who_is_changed_in_a_loop_loses_all_and_others_what_they_handed_on) {
  const auto loud = who_name_the_team(1).front();
  world.given_assignment(role, loud.id);
  const auto louds = world.access_token(loud, invoices);
  ASSERT_TRUE(active(token) && active(handed) && active(louds));
  EXPECT_EQ(taken_out(boss, [&] { is_changed(loud); }), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(handed));
  EXPECT_FALSE(active(louds));
  EXPECT_TRUE(active(token)) << "it had no part in it";
}

// Once is chance: it is looked for anew, and what was handed on meanwhile is found.
TEST_F(HoldingUp, a42_who_hands_on_once_loses_what_it_handed_on_and_not_what_it_holds) {
  std::string more;
  const auto hands_on_once = [&] {
    if (commits > 1) return;
    world.clock.advance(Seconds(1));
    is_changed(mine);
    more = handed_on(orchestrator, token, worker, {{"scope", "read"}});
  };
  ASSERT_EQ(names(plain, mine, {team}), "200");
  EXPECT_EQ(taken_out(boss, hands_on_once), "204");
  EXPECT_EQ(commits, 2);
  EXPECT_FALSE(active(handed));
  EXPECT_FALSE(active(more));
  EXPECT_TRUE(active(token));
  EXPECT_TRUE(told_of(orchestrator.id).empty());
  EXPECT_TRUE(told_of(mine.id).empty());
}

TEST_F(HoldingUp, a42_who_hands_on_in_a_loop_loses_all_and_others_what_they_handed_on) {
  const auto loud = who_name_the_team(1).front();
  ASSERT_TRUE(world.store->commit_now({node("dlg_louds", loud)}));
  const auto hands_on = [&] {
    const auto id = "dlg_" + std::to_string(commits);
    ASSERT_TRUE(world.store->commit_now({node(id, worker, "dlg_louds", {loud.id})}));
  };
  EXPECT_EQ(taken_out(boss, hands_on), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_TRUE(targets().contains(loud.id));
  EXPECT_EQ(told_of(loud.id).size(), 1u);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_of_many_who_are_changed_at_once_all_are_let_go_of_at_the_second_refusal) {
  const auto all = who_name_the_team(7);
  const auto are_changed = [&] {
    world.clock.advance(Seconds(1));
    for (const auto& one : all) is_changed(one);
  };
  EXPECT_EQ(taken_out(boss, are_changed), "204");
  EXPECT_EQ(commits, 3);
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
  EXPECT_EQ(commits, 3);
  for (const auto& one : all) EXPECT_EQ(told_of(one.id).size(), 1u);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

// The orchestrator handed on to it, and it hands on to somebody else while all its tokens end.
TEST_F(HoldingUp, a42_who_handed_on_to_one_that_loses_all_does_not_pay_for_what_that_hands_on) {
  const auto loud = who_name_the_team(1).front();
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id, loud.id}), "200");
  const auto is_loud = [&] {
    is_changed(loud);
    const auto id = "dlg_" + std::to_string(commits);
    if (commits > 2) {
      ASSERT_TRUE(world.store->commit_now({node(id, stranger, "", {loud.id, orchestrator.id})}));
    }
  };
  EXPECT_EQ(taken_out(boss, is_loud), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_TRUE(targets().contains(loud.id));
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_who_begin_to_name_the_group_one_after_another_cost_nobody_else_anything) {
  const auto begins = [&] { agent_of(plain, "new " + std::to_string(commits), listed({team})); };
  EXPECT_EQ(taken_out(boss, begins), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_after_three_times_nothing_is_held_of_anybody) {
  const auto all = who_name_the_team(4);
  const auto takes_turns = [&] { is_changed(all.at(static_cast<std::size_t>(commits) - 1)); };
  EXPECT_EQ(taken_out(boss, takes_turns), "204");
  EXPECT_EQ(commits, 4);
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
  EXPECT_EQ(commits, 3);
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
  EXPECT_EQ(commits, 3);
  EXPECT_EQ(take_out(boss, team, worker.id), "404 not_found");
  EXPECT_FALSE(active(paying)) << "though it holds that by the other group: it is minted again";
  EXPECT_TRUE(active(own));
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));
}

TEST_F(HoldingUp, a42_a_member_that_is_changed_in_a_loop_is_out_by_who_reaches_it) {
  const auto own = world.access_token(worker, invoices);
  EXPECT_EQ(taken_out(world.admin, [&] { is_changed(worker); }), "204");
  EXPECT_EQ(commits, 3);
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
  EXPECT_EQ(commits, 4);
}

TEST_F(HoldingUp, a42_what_a_group_is_given_ends_though_a_member_moves_between_others) {
  const auto pays = world.given_role("pays", payments_id, {"pay"});
  const auto assignment = world.given_assignment(pays, team);
  world.given_assignment(pays, elsewhere);
  ASSERT_EQ(put_in(world.admin, elsewhere, worker.id), "201");
  const auto paying = world.access_token(worker, payments), own = world.access_token(worker, invoices);
  ASSERT_TRUE(active(paying) && active(own));
  EXPECT_EQ(answered(boss, "DELETE", "assignments/" + assignment, {}, [&] { moves(elsewhere, worker); }), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(paying)) << "though it holds that by the other group: it is minted again";
  EXPECT_TRUE(active(own));
  EXPECT_TRUE(active(handed));
}

TEST_F(HoldingUp, a42_what_a_group_is_given_ends_though_somebody_new_is_in_it_every_time) {
  const auto given = [&](const char* name) {
    return "assignments/" + world.given_assignment(world.given_role(name, payments_id, {"pay"}), team);
  };
  std::string newest;
  const auto comes_in = [&] {
    newest = drawn_by_a_new_one([&](const std::string& one) { EXPECT_EQ(put_in(world.admin, team, one), "201"); },
                                payments);
  };
  const auto one = given("pays"), another = given("pays too");
  EXPECT_EQ(answered(boss, "DELETE", one, {}, comes_in), "409 conflict") << "it is not for the boss to end everybody's";
  EXPECT_EQ(commits, 4);
  EXPECT_TRUE(active(newest));
  EXPECT_EQ(problem_of(send(world.admin, "DELETE", one)), "204");
  EXPECT_FALSE(targets().contains("")) << "they were named";
  EXPECT_EQ(answered(world.admin, "DELETE", another, {}, comes_in), "204");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(newest));
  EXPECT_TRUE(targets().contains("")) << "everybody's";
}

TEST_F(HoldingUp, a42_a_role_shrinks_though_it_is_given_to_somebody_new_every_time) {
  const auto both = world.given_role("both", invoices_id, {"read", "write"});
  const json::object less{
      {"permissions", json::array{json::object{{"resource", invoices_id}, {"scopes", json::array{"read"}}}}}};
  std::string newest;
  const auto is_given = [&] {
    newest = drawn_by_a_new_one([&](const std::string& one) { world.given_assignment(both, one); }, invoices);
  };
  EXPECT_EQ(answered(world.admin, "PATCH", "roles/" + both, less, is_given), "200");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(newest));
}

TEST_F(HoldingUp, a42_an_agent_is_a_resource_no_more_though_it_is_changed_in_a_loop) {
  const auto desk = "resources/" + world.given_resource("https://desk.example", {"ask"}, {{"principal", mine.id}});
  world.given_assignment(role, mine.id);
  const auto own = world.access_token(mine, invoices);
  const json::object others{{"principal", other.id}}, its_own{{"principal", mine.id}};
  const auto once = [&] {
    if (commits == 1) is_changed(mine);
  };
  EXPECT_EQ(answered(world.admin, "PATCH", desk, others, once), "200");
  EXPECT_EQ(commits, 2);
  EXPECT_TRUE(active(own)) << "once is chance";
  ASSERT_EQ(problem_of(send(world.admin, "PATCH", desk, its_own)), "200");
  EXPECT_EQ(answered(world.admin, "PATCH", desk, others, [&] { is_changed(mine); }), "200");
  EXPECT_EQ(commits, 3);
  EXPECT_FALSE(active(own));
  ASSERT_EQ(problem_of(send(world.admin, "PATCH", desk, its_own)), "200");
  EXPECT_EQ(answered(world.admin, "DELETE", desk, {}, [&] { is_changed(mine); }), "204");
  EXPECT_EQ(commits, 3);
}
