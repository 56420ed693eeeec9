// Taking back at /account while something else happens to the same delegation: nothing comes back that was ended, and
// no use is given twice.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/encoding.h"
#include "endpoints/people/account/account.h"
#include "flows/disclosure.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using delegation::Delegation;

struct Withdrawing : testing::Test, Flow {
  Withdrawing() {
    sign_in();
    world.clock.advance(Seconds(1));
  }
  std::string csrf() { return value_of(browse("/account"), "csrf"); }
  std::string row(const std::string& scope) const { return invoices_id + " " + scope + " "; }

  // What the page's button would do, decided now; all of it where no row is named.
  endpoints::Answer decided(const std::string& delegation, const std::string& row = "") {
    return posted("delegation=" + delegation + "&scope=" + percent_encode(row));
  }
  endpoints::Answer posted(const std::string& fields) {
    world.clock.advance(Seconds(1));
    const http::Request request{.method = "POST",
                                .path = "/account/withdraw",
                                .query = "",
                                .headers = {{"Cookie", cookie}},
                                .body = "csrf=" + percent_encode(csrf()) + "&" + fields,
                                .peer = world.peer,
                                .secure = true,
                                .correlation_id = "req_1"};
    const endpoints::Call call{request, "default", world.issuer, {}, world.clock.now()};
    return endpoints::people::withdraw(call, world.app());
  }
  // It becomes durable, or what it leads to does; `before` each try something may happen. Gives where it ends.
  std::string settled(endpoints::Answer answer, const std::function<void()>& before = [] {}) {
    while (!answer.writes.empty()) {
      before();
      const auto outcome = world.store->commit_now(std::move(answer.writes));
      EXPECT_TRUE(outcome);
      const auto* refusal = std::get_if<store::Refused>(&*outcome);
      if (refusal == nullptr) break;
      world.clock.advance(Seconds(1));
      auto next = answer.refused(*refusal);
      answer = std::move(next);
    }
    told_at = location_of(answer.response);
    return done_at(answer.response);
  }
  std::vector<Delegation> all() { return *world.store->delegations("default", {.under = user}); }
  std::vector<Delegation> live() {
    auto found = all();
    std::erase_if(found, [](const Delegation& one) { return one.revoked_at.has_value(); });
    return found;
  }
  std::string scopes_of(const Delegation& one) { return delegation::scopes_at(one.authority, invoices_id).text(); }

  Delegation changed(const std::function<void(Delegation&)>& change) {
    auto one = **world.store->delegation("default", consent(agent, {"read", "write", "approve"}));
    EXPECT_TRUE(world.store->commit_now({store::EndDelegation{"default", one.id, world.clock.now(), "replaced"}}));
    one.id += "_changed";
    one.path = {one.id};
    change(one);
    EXPECT_TRUE(world.store->commit_now({store::Delegate{one}}));
    return one;
  }
  Delegation limited(std::uint64_t uses) {
    return changed([&](Delegation& one) {
      one.limits.uses = uses;
      one.budgets = {one.id};
    });
  }
  bool drawn(const std::string& id) {
    const auto now = world.clock.now();
    const auto outcome = world.store->commit_now({store::Draw{"default", id, {id}, now, now + Seconds(300)}});
    const bool done = outcome && std::holds_alternative<Done>(*outcome);
    draws += done ? 1 : 0;
    return done;
  }
  std::uint64_t draws = 0;
  std::string told_at;  // where it was said what came of the last that settled
};

}  // namespace

TEST_F(Withdrawing, a28_what_stays_does_not_go_on_with_another_owner) {
  const auto root = consent(agent, {"read", "write"});
  auto answer = decided(root, row("write"));
  bool passed_on = false;
  const auto at = settled(std::move(answer), [&] {
    if (passed_on) return;
    passed_on = true;
    EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/transfer", {{"owner", user}}).status, 200);
  });
  EXPECT_EQ(at, "/account?done=withdrawn");
  EXPECT_TRUE(live().empty());
}

TEST_F(Withdrawing, a25_two_rows_taken_back_at_once_are_both_gone_and_one_root_is_left) {
  const auto id = consent(agent, {"read", "write", "approve"});
  auto first = decided(id, row("read")), second = decided(id, row("write"));
  EXPECT_EQ(settled(std::move(first)), "/account?done=withdrawn");
  EXPECT_EQ(settled(std::move(second)), "/account?done=withdrawn");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(scopes_of(live()[0]), "approve");
  EXPECT_EQ(world.events("consent.withdraw").size(), 2u);
}

TEST_F(Withdrawing, a25_nothing_is_left_of_what_was_taken_back_whole_whichever_was_first) {
  for (const bool whole_first : {true, false}) {
    const auto id = consent(agent, {"read", "write", "approve"});
    auto whole = decided(id), rest = decided(id, row("read")), more = decided(id, row("write"));
    if (whole_first) settled(std::move(whole));
    settled(std::move(rest));
    settled(std::move(more));
    if (!whole_first) {
      EXPECT_EQ(live().size(), 1u);
      EXPECT_EQ(settled(std::move(whole)), "/account?done=withdrawn");
    }
    EXPECT_TRUE(live().empty()) << whole_first;
  }
}

TEST_F(Withdrawing, a25_what_its_client_gave_up_meanwhile_does_not_come_back) {
  const auto id = consent(agent);
  const auto token = text_at(body_of(redeem(agent, code(agent))), "access_token");
  auto answer = decided(id, row("read"));
  world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(agent)}});
  ASSERT_TRUE(live().empty());
  settled(std::move(answer));
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(all().size(), 1u);
  EXPECT_TRUE(world.events("consent.withdraw").empty()) << "it did not happen";
}

TEST_F(Withdrawing, a_second_click_gives_no_uses_twice) {
  const auto id = limited(10).id;
  EXPECT_TRUE(drawn(id));
  auto first = decided(id, row("read")), second = decided(id, row("read"));
  settled(std::move(first));
  settled(std::move(second));
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live()[0].limits.uses, 9u);
  EXPECT_EQ(scopes_of(live()[0]), "approve write") << "the same row, once";
}

TEST_F(Withdrawing, what_is_drawn_while_a_row_is_taken_back_counts) {
  const auto id = limited(20).id;
  int tries = 0;
  EXPECT_EQ(settled(decided(id, row("read")), [&] { if (++tries < 4) EXPECT_TRUE(drawn(id)); }),
            "/account?done=withdrawn");
  EXPECT_EQ(tries, 4);
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live()[0].limits.uses, 20 - draws);
  EXPECT_FALSE(drawn(id));
}

// Whoever draws without a pause does not keep its person waiting: they are told, and may take back all of it.
TEST_F(Withdrawing, who_draws_without_a_pause_keeps_a_row_for_some_tries_and_never_the_whole) {
  const auto id = limited(100).id;
  const auto draw = [&] { EXPECT_TRUE(drawn(id)); };
  EXPECT_EQ(settled(decided(id, row("read")), draw), "/account?done=in-use");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live()[0].id, id);
  EXPECT_LE(draws, 10u);
  EXPECT_NE(browse(told_at).body.find("nothing was taken back"), std::string::npos);
  EXPECT_EQ(settled(decided(id), draw), "/account?done=withdrawn");
  EXPECT_TRUE(live().empty());
}

// The page of another window still shows the root from before.
TEST_F(Withdrawing, a_page_from_before_means_what_its_agent_has_now) {
  const auto id = consent(agent, {"read", "write", "approve"});
  world.clock.advance(Seconds(1));
  const auto apart = consent(agent, {"approve"});
  settled(decided(id, row("read")));
  settled(decided(id, row("write")));
  ASSERT_EQ(live().size(), 2u);
  EXPECT_EQ(scopes_of(live()[1]), "approve");
  settled(decided(id, row("write")));
  EXPECT_EQ(live().size(), 2u) << "it holds that no more";
  settled(decided(id));
  EXPECT_TRUE(live().empty()) << "and " << apart;
  settled(decided(id));
  EXPECT_EQ(all().size(), 4u);
}

TEST_F(Withdrawing, a28_everything_is_what_an_agent_was_allowed_apart_too_and_nothing_of_another) {
  allow(authorize(agent, {{"scope", "read"}}), "month");
  world.clock.advance(Seconds(1));
  const auto lasting = text_at(body_of(redeem(agent, code(agent, {{"scope", "read"}}))), "refresh_token");
  allow(authorize(agent, {{"scope", "read write"}}), "hour");
  allow(authorize(agent, {{"scope", "read"}, {"prompt", "consent"}}), "once");
  const auto others = consent(other);
  ASSERT_EQ(live().size(), 4u);
  const auto page = browse("/account").body;
  const auto count = [&](std::string_view what) {
    std::size_t found = 0;
    for (auto at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<article"), 2u) << "one card an agent";
  EXPECT_EQ(count("Take everything back"), 2u);
  EXPECT_EQ(settled(decided(live()[1].id)), "/account?done=withdrawn");
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live()[0].id, others);
  EXPECT_EQ(error_of(refresh(agent, lasting)), "400 invalid_grant");
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}, {"prompt", "none"}})), "consent_required");
  EXPECT_EQ(world.events("consent.withdraw").size(), 3u) << "each is told";
}

TEST_F(Withdrawing, a28_no_consent_is_hidden_behind_those_that_are_over) {
  auto dead = **world.store->delegation("default", consent(agent, {"read"}));
  dead.revoked_at = world.clock.now();
  store::Writes writes;
  for (int i = 0; i < 10'000; ++i) {
    dead.id = "dlg_dead_" + std::to_string(i);
    dead.path = {dead.id};
    writes.emplace_back(store::Delegate{dead});
  }
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  settled(decided(consent(agent, {"write"})));
  EXPECT_TRUE(world.store->consents({"default", user, agent.id}, world.clock.now(), 9)->empty());
}

TEST_F(Withdrawing, a28_a_root_that_is_no_consent_is_taken_back_with_them) {
  const auto begun = changed([](Delegation& one) { one.origin = delegation::Origin::exchange; });
  settled(decided(consent(agent, {"approve"}), row("approve")));
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(scopes_of(live()[0]), "read write");
  EXPECT_TRUE((*world.store->delegation("default", begun.id))->revoked_at);
  settled(decided(begun.id));
  EXPECT_TRUE(live().empty()) << "by a page from before";
}

TEST_F(Withdrawing, a28_one_scope_goes_from_every_consent_that_gives_it) {
  const auto first = consent(agent, {"read", "approve"});
  world.clock.advance(Seconds(1));
  const auto second = consent(agent, {"read", "write"}), untouched = consent(agent, {"write"});
  EXPECT_EQ(settled(decided(second, row("read"))), "/account?done=withdrawn");
  std::vector<std::string> scopes;
  for (const auto& one : live()) scopes.push_back(scopes_of(one));
  std::sort(scopes.begin(), scopes.end());
  EXPECT_EQ(scopes, (std::vector<std::string>{"approve", "write", "write"}));
  EXPECT_FALSE((*world.store->delegation("default", untouched))->revoked_at);
  EXPECT_TRUE((*world.store->delegation("default", first))->revoked_at);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "read"}})), "/consent");
}

TEST_F(Withdrawing, i4_what_was_put_together_is_taken_back_by_its_parts_only) {
  consent(agent, {"read"});
  consent(agent, {"write"});
  const auto token = text_at(body_of(redeem(agent, code(agent))), "access_token");
  const auto before = all();
  ASSERT_EQ(before.size(), 3u);
  ASSERT_EQ(before[2].path.size(), 3u);
  for (const auto& form : {row("read"), std::string()}) {
    EXPECT_TRUE(decided(before[2].id, form).writes.empty());
    settled(decided(before[2].id, form));
    EXPECT_EQ(all(), before);
    EXPECT_TRUE(world.store->revocations(0, 10)->empty());
  }
  settled(decided(before[0].id, row("read")));
  EXPECT_FALSE(active(token));
  EXPECT_EQ(live().size(), 2u) << "the other part, and what rests on both";
}

TEST_F(Withdrawing, a28_what_is_told_is_taken_back_though_another_window_was_quicker) {
  disclose(agent, "openid");
  const auto told = [&] { return *flows::disclosed_to(agent.id, user, "default", *world.store); };
  const auto id = told()->id;
  const auto tell_more = [&] {
    const flows::Said said{.told = *oauth::ScopeSet::parse("email")};
    ASSERT_TRUE(world.store->commit_now(
        {flows::disclose(told(), said, agent.id, user, "default", world.random, world.clock.now())}));
  };
  EXPECT_EQ(settled(posted("disclosure=" + id), tell_more), "/account?done=in-use") << "who tells without a pause";
  ASSERT_TRUE(told());
  EXPECT_LE(told()->version, 10u);
  int tries = 0;
  EXPECT_EQ(settled(posted("disclosure=" + id), [&] { if (++tries < 4) tell_more(); }), "/account?done=withdrawn");
  EXPECT_EQ(tries, 4);
  EXPECT_FALSE(told());
  const auto events = world.events("consent.withdraw");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(text_at(events[0].as_object(), "scope_asked"), "email openid") << "what the other window added, too";
}

TEST_F(Withdrawing, a28_with_everything_an_agent_may_know_no_more_who_the_person_is) {
  allow(authorize(agent, {{"scope", "openid email read"}}), "month");
  disclose(other, "openid");
  const Pairs who{{"scope", "openid email"}, {"resource", ""}};
  const auto token = text_at(body_of(redeem(agent, code(agent, who))), "access_token");
  const auto told = [&] {
    return world.ask("GET", "/oauth2/userinfo", "", {{"Authorization", "Bearer " + token}}).status;
  };
  EXPECT_EQ(settled(decided(live().at(0).id, row("read"))), "/account?done=withdrawn");
  EXPECT_EQ(told(), 200) << "that was one row";

  // Another window tells more just then.
  const auto again = consent(agent);
  bool told_more = false;
  const auto tell_more = [&] {
    if (std::exchange(told_more, true)) return;
    const flows::Said said{.told = *oauth::ScopeSet::parse("profile")};
    const auto before = *flows::disclosed_to(agent.id, user, "default", *world.store);
    ASSERT_TRUE(world.store->commit_now(
        {flows::disclose(before, said, agent.id, user, "default", world.random, world.clock.now())}));
  };
  EXPECT_EQ(settled(decided(again), tell_more), "/account?done=withdrawn-all");
  EXPECT_TRUE(live().empty());
  EXPECT_EQ(outcome_of(authorize(agent, who)), "/consent");
  EXPECT_EQ(told(), 401);
  const auto page = browse(told_at).body;
  EXPECT_NE(page.find("it may not know any more who you are"), std::string::npos);
  EXPECT_NE(page.find(other.id), std::string::npos) << "another agent may";
  EXPECT_EQ(page.find(agent.id), std::string::npos) << page;
  const auto event = world.events("consent.withdraw").at(1).as_object();
  EXPECT_EQ(text_at(event, "client"), agent.id);
  EXPECT_EQ(text_at(event, "scope_asked"), "email openid profile");
  EXPECT_EQ(settled(decided(again)), "/account?done=withdrawn") << "nothing is left of it";
}

TEST_F(Withdrawing, what_stays_began_with_the_issuer_that_the_root_began_with) {
  const auto id = changed([](Delegation& one) { one.issuer = "iss_1"; }).id;
  settled(decided(id, row("read")));
  ASSERT_EQ(live().size(), 1u);
  EXPECT_EQ(live()[0].issuer, "iss_1");
}
