// What was handed on to who is a delegate no more, where several hand on, very much, or at the same moment.
#include "tests/kit/delegates.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

struct WhatWasHandedOn : testing::Test, DelegatesKit {
  // What the orchestrator handed to this one, so that it acts in dlg_left.
  void given_left(const Given& to) {
    ASSERT_TRUE(world.store->commit_now(
        {node("dlg_root", orchestrator), node("dlg_left", to, "dlg_root", {orchestrator.id})}));
  }
  store::Write over(const std::string& id, const Given& actor) {
    auto write = node(id, actor);
    std::get<store::Delegate>(write).delegation.revoked_at = world.clock.now();
    return write;
  }
  // The outermost of so many groups, each in the next; the team is the first. Put together from within, for a bound
  // looks up alone.
  std::string nested(int levels) {
    auto at = team;
    for (int i = 1; i < levels; ++i) {
      const auto next = group("level-" + std::to_string(i));
      EXPECT_EQ(put_in(world.admin, next, at), "201") << i;
      at = next;
    }
    return at;
  }
  // An agent that hands its own on to the worker: its token, and the worker's.
  std::pair<std::string, std::string> handed_by_a_new_one() {
    world.clock.advance(Seconds(1));
    const auto agent = agent_of(plain, "late", listed({team}));
    world.given_assignment(role, agent.id);
    const auto own = world.access_token(agent, invoices);
    return {own, handed_on(agent, own, worker)};
  }

  std::string acme = world.put(Kind::organization, {{"name", "Acme"}});
  Given boss = boss_of(acme);
  std::string team = [&] {
    const auto id = group("team", {{"organization", acme}});
    EXPECT_EQ(put_in(world.admin, id, worker.id), "201");
    return id;
  }();
};

}  // namespace

TEST_F(WhatWasHandedOn, a42_much_of_some_takes_no_room_from_others) {
  for (int i = 0; i < 6; ++i) {
    const auto busy = agent_of(plain, "busy " + std::to_string(i), listed({team}));
    store::Writes writes;
    for (int n = 0; n < 2'000; ++n)
      writes.push_back(over("dlg_" + std::to_string(i) + "_" + std::to_string(n), busy));
    ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  }
  const auto [own, handed] = handed_by_a_new_one();
  ASSERT_TRUE(active(own) && active(handed));
  ASSERT_EQ(take_out(boss, team, worker.id), "204");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(own));
}

TEST_F(WhatWasHandedOn, a42_very_many_who_hand_nothing_on_take_no_room_from_others) {
  for (int i = 0; i < 501; ++i)
    world.put(Kind::agent, {{"name", "one of many"}, {"owner", plain.id}, {"state", "active"},
                            {"delegation", "ceiling"}, {"delegates", json::array{team}}});
  const auto [own, handed] = handed_by_a_new_one();
  ASSERT_TRUE(active(own) && active(handed));
  ASSERT_EQ(take_out(boss, team, worker.id), "204");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(own));
}

TEST_F(WhatWasHandedOn, a42_a_list_that_is_read_takes_room_though_it_be_empty) {
  const auto token = orchestrated();
  store::Writes writes;
  for (int i = 0; i < 1'100; ++i) writes.push_back(node("dlg_" + std::to_string(i), orchestrator));
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_FALSE(active(token));
}

// What is there already is drawn upon again, and makes no new delegation by which it would be noticed.
TEST_F(WhatWasHandedOn, a25_who_comes_to_be_a_delegate_meanwhile_is_not_passed_over) {
  world.change(Kind::agent, orchestrator.id, listed({team, other.id}));
  given_left(stranger);
  const auto put = [&] { EXPECT_EQ(put_in(world.admin, team, stranger.id), "201"); };
  EXPECT_EQ(names_late(orchestrators, orchestrator, {other.id}, put), "409 conflict");
  EXPECT_FALSE(ended("dlg_left"));
  EXPECT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_TRUE(ended("dlg_left"));
}

TEST_F(WhatWasHandedOn, a25_who_is_a_delegate_no_more_meanwhile_is_not_passed_over) {
  const auto kept = group("kept");
  for (const auto& one : {team, kept}) ASSERT_EQ(put_in(world.admin, one, stranger.id), "201");
  world.change(Kind::agent, orchestrator.id, listed({team, kept}));
  given_left(stranger);
  const auto take = [&] { EXPECT_EQ(take_out(world.admin, kept, stranger.id), "204"); };
  EXPECT_EQ(names_late(orchestrators, orchestrator, {kept}, take), "409 conflict");
  EXPECT_FALSE(ended("dlg_left"));
  EXPECT_EQ(names(orchestrators, orchestrator, {kept}), "200");
  EXPECT_TRUE(ended("dlg_left"));
}

// The groups above those too: by them it is a delegate.
TEST_F(WhatWasHandedOn, a25_a_group_that_is_put_into_another_meanwhile_is_not_passed_over) {
  const auto outer = group("outer");
  world.change(Kind::agent, orchestrator.id, listed({outer, other.id}));
  given_left(worker);
  const auto put = [&] { EXPECT_EQ(put_in(world.admin, outer, team), "201"); };
  EXPECT_EQ(problem_of(late(boss, "DELETE", "groups/" + team + "/members/" + worker.id, {}, put)), "409 conflict");
  ASSERT_EQ(take_out(boss, team, worker.id), "204");
  EXPECT_TRUE(ended("dlg_left"));
}

TEST_F(WhatWasHandedOn, a25_by_a_group_however_deep_what_was_handed_on_ends) {
  const auto outermost = nested(18);
  for (const bool by_patch : {true, false}) {
    ASSERT_EQ(names(orchestrators, orchestrator, {outermost, other.id}), "200");
    const auto token = orchestrated(), workers = handed_on(orchestrator, token, worker);
    ASSERT_TRUE(active(token) && active(workers)) << by_patch;
    if (by_patch) {
      ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
    } else {
      ASSERT_EQ(take_out(boss, team, worker.id), "204");
    }
    EXPECT_FALSE(active(workers)) << by_patch;
    EXPECT_TRUE(active(token)) << by_patch;
  }
}

TEST_F(WhatWasHandedOn, a25_who_stays_by_a_group_and_is_taken_out_of_it_meanwhile_is_not_passed_over) {
  const auto helper = agent_of(plain, "helper");
  world.given_assignment(role, helper.id, {{"acts", "others"}});
  world.given_assignment(role, mine.id);
  const auto kept = group("kept");
  ASSERT_EQ(put_in(world.admin, kept, helper.id), "201");
  ASSERT_EQ(names(plain, mine, {helper.id, kept}), "200");
  const auto own = world.access_token(mine, invoices);
  std::string handed;
  const auto take = [&] {
    EXPECT_EQ(take_out(world.admin, kept, helper.id), "204");
    world.clock.advance(Seconds(1));
    handed = handed_on(mine, own, helper);
  };
  EXPECT_EQ(names_late(plain, mine, {kept}, take), "409 conflict");
  EXPECT_TRUE(active(handed)) << "it is named still";
  ASSERT_EQ(names(plain, mine, {kept}), "200");
  EXPECT_FALSE(active(handed));
}

TEST_F(WhatWasHandedOn, a42_who_is_taken_out_does_not_hold_it_up_by_drawing_on_what_it_was_handed) {
  given_left(worker);
  const auto draws = [&] {
    ASSERT_TRUE(world.store->commit_now({node("dlg_narrower", worker, "dlg_left", {orchestrator.id})}));
  };
  EXPECT_EQ(names_late(orchestrators, orchestrator, {other.id}, draws), "200");
  EXPECT_TRUE(ended("dlg_left"));
}

TEST_F(WhatWasHandedOn, a42_nor_does_who_acts_further_down_and_was_no_delegate) {
  given_left(worker);
  ASSERT_TRUE(world.store->commit_now({node("dlg_further", stranger, "dlg_root", {other.id, orchestrator.id})}));
  const auto draws = [&] {
    ASSERT_TRUE(world.store->commit_now({node("dlg_again", stranger, "dlg_root", {other.id, orchestrator.id})}));
  };
  EXPECT_EQ(names_late(orchestrators, orchestrator, {other.id}, draws), "200");
  EXPECT_TRUE(ended("dlg_left"));
  EXPECT_FALSE(ended("dlg_again"));
}

// Anybody has an agent that names a group, and may change it or hand on by it; once is chance, and is looked for anew.
TEST_F(WhatWasHandedOn, a42_who_hands_on_to_a_group_holds_up_nobody_who_is_taken_out_of_it) {
  const auto take_out_late = [&](const std::function<void()>& meanwhile) {
    return problem_of(late(boss, "DELETE", "groups/" + team + "/members/" + worker.id, {}, meanwhile));
  };
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id}), "200");
  const auto token = orchestrated();
  std::string handed = handed_on(orchestrator, token, worker);
  const auto is_changed = [&] { world.change(Kind::agent, orchestrator.id, {{"name", "another"}}); };
  EXPECT_EQ(take_out_late(is_changed), "204");
  EXPECT_FALSE(active(handed));
  EXPECT_TRUE(active(token));

  ASSERT_EQ(put_in(world.admin, team, worker.id), "201");
  world.clock.advance(Seconds(1));
  const auto hands_on = [&] { handed = handed_on(orchestrator, token, worker, {{"scope", "read"}}); };
  EXPECT_EQ(take_out_late(hands_on), "204");
  EXPECT_FALSE(active(handed)) << "by a delegation that was not there before";
  EXPECT_TRUE(active(token));

  ASSERT_EQ(put_in(world.admin, team, worker.id), "201");
  std::pair<std::string, std::string> of_new;
  EXPECT_EQ(take_out_late([&] { of_new = handed_by_a_new_one(); }), "204") << "who is found at the refusal, too";
  EXPECT_FALSE(active(of_new.second));
}

TEST_F(WhatWasHandedOn, a42_what_is_found_instead_is_read_off_the_stores_thread) {
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id}), "200");
  const http::Request request{
      .method = "DELETE", .path = "/v1/groups/" + team + "/members/" + worker.id, .query = "",
      .headers = {{"Authorization", "Bearer " + world.access_token(boss, world.issuer + "/v1")}},
      .body = "", .peer = world.peer, .secure = true, .correlation_id = "req"};
  const auto match = endpoints::find_route(request.method, request.path);
  auto answer = match.route->endpoint({request, "default", world.issuer, match.params, world.clock.now()}, world.app());
  world.change(Kind::agent, orchestrator.id, {{"name", "another"}});
  const auto outcome = world.store->commit_now(std::move(answer.writes));
  const auto* refused = std::get_if<store::Refused>(&*outcome);
  ASSERT_NE(refused, nullptr);
  const auto instead = answer.refused(*refused);
  ASSERT_TRUE(instead.later);
  EXPECT_EQ(instead.later->pool, &world.app().refreshes) << "not where strangers wait to sign in";
}

TEST_F(WhatWasHandedOn, who_was_taken_out_meanwhile_is_not_taken_out_again) {
  ASSERT_EQ(names(orchestrators, orchestrator, {team, other.id}), "200");
  const auto token = orchestrated();
  const auto both = [&] {
    world.change(Kind::agent, orchestrator.id, {{"name", "another"}});
    EXPECT_EQ(take_out(world.admin, team, worker.id), "204");
  };
  EXPECT_EQ(problem_of(late(boss, "DELETE", "groups/" + team + "/members/" + worker.id, {}, both)), "409 conflict")
      << "what is not held up by strangers is refused as ever";
}

TEST_F(WhatWasHandedOn, what_is_over_or_hangs_from_what_is_over_is_told_nothing_of) {
  auto expired = node("dlg_expired", worker, "dlg_root", {orchestrator.id});
  std::get<store::Delegate>(expired).delegation.limits.not_after = world.clock.now() - Seconds(60);
  auto under_over = node("dlg_own", orchestrator, "dlg_over", {other.id});
  auto below = node("dlg_below", worker, "dlg_own", {orchestrator.id, other.id});
  std::get<store::Delegate>(below).delegation.path = {"dlg_over", "dlg_own", "dlg_below"};
  ASSERT_TRUE(world.store->commit_now({node("dlg_root", orchestrator), std::move(expired), over("dlg_over", other),
                                       std::move(under_over), std::move(below)}));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_TRUE(ended("dlg_expired")) << "the clock may be ahead";
  EXPECT_FALSE(ended("dlg_below")) << "it ended with what it hangs from";
  EXPECT_TRUE(world.events("delegation.revoke").empty());
}

// The agent of one who hands on stands below another's: each would be found by both.
TEST_F(WhatWasHandedOn, of_two_that_would_end_one_below_the_other_the_upper_ends_and_is_told) {
  const auto second = agent_of(plain, "second", listed({team}));
  world.change(Kind::agent, orchestrator.id, listed({team, other.id}));
  auto low = node("dlg_low", worker, "dlg_between", {second.id, worker.id, orchestrator.id});
  std::get<store::Delegate>(low).delegation.path = {"dlg_root", "dlg_left", "dlg_between", "dlg_low"};
  auto between = node("dlg_between", second, "dlg_left", {worker.id, orchestrator.id});
  std::get<store::Delegate>(between).delegation.path = {"dlg_root", "dlg_left", "dlg_between"};
  given_left(worker);
  ASSERT_TRUE(world.store->commit_now({std::move(between), std::move(low)}));
  ASSERT_EQ(take_out(boss, team, worker.id), "204");
  EXPECT_TRUE(ended("dlg_left"));
  EXPECT_FALSE(ended("dlg_low")) << "it ended with what it hangs from";
  EXPECT_EQ(world.events("delegation.revoke").size(), 1u);
}

TEST_F(WhatWasHandedOn, who_may_be_handed_it_in_another_way_too_keeps_it) {
  const auto second = group("second");
  ASSERT_EQ(put_in(world.admin, second, worker.id), "201");
  for (const auto& way : {worker.id, second}) {
    ASSERT_EQ(names(orchestrators, orchestrator, {team, way}), "200");
    const auto workers = handed_on(orchestrator, orchestrated(), worker);
    ASSERT_EQ(take_out(boss, team, worker.id), "204");
    EXPECT_TRUE(active(workers)) << way;
    ASSERT_EQ(put_in(world.admin, team, worker.id), "201");
  }
}

TEST_F(WhatWasHandedOn, what_ends_is_in_an_event_and_the_entry_that_ends_nothing_says_so) {
  const auto workers = path_of(handed_on(orchestrator, orchestrated(), worker));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  const auto events = world.events("delegation.revoke");
  ASSERT_EQ(events.size(), 1u);
  const auto& event = events.front().as_object();
  EXPECT_EQ(text_at(event, "target"), workers.back());
  EXPECT_EQ(text_at(event, "actor"), orchestrators.id);
  EXPECT_EQ(text_at(event, "client"), worker.id);
  EXPECT_EQ(text_at(event, "subject"), user);
  EXPECT_EQ(text_at(event, "reason"), "no delegate any more");
  json::array path;
  for (const auto& id : workers) path.emplace_back(id);
  EXPECT_EQ(event.at("delegations"), path);
  const auto listed = body_of(send(world.admin, "GET", "revocations"));
  for (const auto& item : listed.at("items").as_array())
    if (text_at(item.as_object(), "target") == orchestrator.id) {
      EXPECT_EQ(text_at(item.as_object(), "reason"), "ends nothing that was issued: fewer delegates");
    }
}

TEST_F(WhatWasHandedOn, a42_of_very_many_ends_the_first_have_an_event_and_one_tells_of_the_rest) {
  store::Writes writes{node("dlg_root", orchestrator)};
  for (int i = 0; i < 1'001; ++i)
    writes.push_back(node("dlg_" + std::to_string(i), worker, "dlg_root", {orchestrator.id}));
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  ASSERT_EQ(names(orchestrators, orchestrator, {other.id}), "200");
  EXPECT_TRUE(ended("dlg_1000"));
  const auto events = world.events("delegation.revoke");
  ASSERT_EQ(events.size(), 1'001u);
  EXPECT_EQ(text_at(events.back().as_object(), "target"), orchestrator.id);
  EXPECT_NE(text_at(events.back().as_object(), "reason").find("more than 1000"), std::string::npos);
}

TEST_F(WhatWasHandedOn, a25_that_something_was_handed_on_meanwhile_is_said) {
  const auto token = orchestrated();
  const auto refused = late(orchestrators, "PATCH", "agents/" + orchestrator.id, listed({other.id}),
                            [&] { handed_on(orchestrator, token, worker); });
  EXPECT_EQ(problem_of(refused), "409 conflict");
  EXPECT_EQ(text_at(body_of(refused), "detail"), "Authority was handed on meanwhile: repeat the change.");
}

TEST_F(WhatWasHandedOn, a42_each_that_would_end_is_looked_for_once) {
  ASSERT_EQ(names(plain, mine, {worker.id}), "200");
  store::Writes writes;
  for (int i = 0; i < 800; ++i) {
    auto write = node("dlg_" + std::to_string(i), worker);
    std::get<store::Delegate>(write).delegation.subject = mine.id;
    writes.push_back(std::move(write));
  }
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  const auto would = body_of(send(plain, "PATCH", "agents/" + mine.id + "?preview=true", listed({})));
  EXPECT_EQ(would.at("delegations").to_number<int>(), 800);
  EXPECT_FALSE(would.at("truncated").as_bool());
}
