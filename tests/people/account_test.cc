// What a person sees under /account of those who act for them.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "delegation/grow.h"
#include "flows/disclosure.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Account : testing::Test, Flow {
  Account() {
    sign_in();
    root = **world.store->delegation("default", consent(agent));
  }
  store::Delegate below(const std::string& id, const std::string& actor, std::optional<Instant> revoked_at = {}) const {
    auto node = root;
    node.id = id;
    node.parent = root.id;
    node.path = {root.id, id};
    node.actor = actor;
    node.chain.insert(node.chain.begin(), actor);
    node.revoked_at = revoked_at;
    return store::Delegate{node};
  }
  void add_dead(int count, store::Writes& writes) const {
    for (int i = 0; i < count; ++i)
      writes.push_back(below("dlg_dead_" + std::to_string(i), "agt_dead", root.created_at));
  }
  delegation::Delegation root;
};

}  // namespace

TEST_F(Account, the_tree_shows_who_is_alive_however_many_are_not) {
  store::Writes writes{below("dlg_first", "agt_alive_first")};
  add_dead(250, writes);
  writes.push_back(below("dlg_last", "agt_alive_last"));
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  const auto page = browse("/account").body;
  EXPECT_NE(page.find("agt_alive_first"), std::string::npos);
  EXPECT_NE(page.find("agt_alive_last"), std::string::npos);
  EXPECT_EQ(page.find("agt_dead"), std::string::npos);
  EXPECT_EQ(page.find("and more"), std::string::npos);
  EXPECT_NE(page.find("Handed on in 2 places"), std::string::npos);
}

TEST_F(Account, one_place_is_told_as_one) {
  ASSERT_TRUE(world.store->commit_now({below("dlg_only", "agt_alive")}));
  EXPECT_NE(browse("/account").body.find("Handed on in one place"), std::string::npos);
  const auto chinese = world.ask("GET", "/account", "", {{"Cookie", cookie}, {"Accept-Language", "zh"}}).body;
  EXPECT_NE(chinese.find("已转交 1 处"), std::string::npos);
}

TEST_F(Account, an_agent_that_does_not_act_now_is_said_not_to) {
  const auto says = [&](const std::string& words, const char* language = "en") {
    const auto page = world.ask("GET", "/account", "", {{"Cookie", cookie}, {"Accept-Language", language}});
    return page.body.find(words) != std::string::npos;
  };
  EXPECT_FALSE(says("not act for you"));
  world.change(store::Kind::agent, agent.id, {{"state", "suspended"}});
  EXPECT_TRUE(says("It is suspended, and does not act for you now."));
  EXPECT_TRUE(says("它已被暂停", "zh"));
  const auto end = world.clock.now() + Seconds(60);
  world.change(store::Kind::agent, agent.id, {{"state", "active"}, {"expires_at", rfc3339(end)}});
  EXPECT_FALSE(says("not act for you"));
  EXPECT_TRUE(says("Until <time datetime=\"" + rfc3339(end))) << "though the person allowed it for longer";
  world.clock.set(end);
  EXPECT_TRUE(says("It has expired, and does not act for you now."));
  EXPECT_TRUE(says("它已到期", "zh"));
}

TEST_F(Account, each_says_until_when_and_when_it_was_last_used) {
  const std::string uri = "https://other.example/cb";
  const auto card = [&](const std::string& name) {
    return between(browse("/account").body, "<bdi>" + name + "</bdi>", "</article>");
  };
  const auto has = [&](const std::string& name, const std::string& words) {
    return card(name).find(words) != std::string::npos;
  };
  const auto at = [](Instant when) { return "<time datetime=\"" + rfc3339(when) + "\">"; };
  const auto code = redirected(allow(authorize(other, {{"redirect_uri", uri}}), "month"))["code"];
  const auto end = world.clock.now() + Seconds(30 * 24 * 3600);
  EXPECT_TRUE(has("Other", "Until " + at(end))) << card("Other");
  EXPECT_TRUE(has("Other", "Not used yet")) << card("Other");
  EXPECT_TRUE(has("Scout", "Until you take it back")) << card("Scout");
  world.clock.advance(Seconds(40));
  const auto redeemed = redeem(other, code);
  ASSERT_EQ(redeemed.status, 200) << redeemed.body;
  const auto used_at = world.clock.now();
  world.clock.advance(Seconds(5));
  EXPECT_TRUE(has("Other", "Last used " + at(used_at))) << card("Other");
  EXPECT_TRUE(has("Other", "Until " + at(end))) << card("Other");
  EXPECT_TRUE(has("Other", "</time> (in 29 days)")) << card("Other");
  EXPECT_TRUE(has("Other", "</time> (a moment ago)")) << card("Other");
  EXPECT_TRUE(has("Scout", "Not used yet")) << card("Scout") << "another's use is not its own";
}

TEST_F(Account, what_was_used_is_not_said_to_be_unused_once_some_of_it_is_taken_back) {
  world.clock.advance(Seconds(60));
  const auto used_at = world.clock.now();
  ASSERT_TRUE(world.store->commit_now({store::Draw{"default", root.id, {}, used_at, used_at + Seconds(300)}}));
  const auto page = browse("/account");
  const auto last_used = "Last used <time datetime=\"" + rfc3339(used_at) + "\">";
  EXPECT_NE(page.body.find(last_used), std::string::npos) << page.body;
  world.clock.advance(Seconds(60));
  const auto answer = world.form("/account/withdraw",
                                 {{"csrf", value_of(page, "csrf")},
                                  {"delegation", root.id},
                                  {"scope", invoices_id + " write "}},
                                 {{"Cookie", cookie}});
  ASSERT_EQ(answer.status, 303) << answer.body;
  ASSERT_TRUE((*world.store->delegation("default", root.id))->revoked_at) << "another stands for the rest";
  const auto after = browse("/account").body;
  EXPECT_NE(after.find(last_used), std::string::npos) << after;
  EXPECT_EQ(after.find("Not used yet"), std::string::npos) << after;
}

// Another agent cannot push one out of sight by asking often.
TEST_F(Account, a42_however_many_consents_are_younger_each_is_listed_and_can_be_taken_back) {
  std::vector<std::string> younger;
  for (int i = 0; i < 150; ++i) younger.push_back(consent(other));
  const auto id_on = [](const http::Response& page, const std::string& id) {
    return page.body.find("name=\"delegation\" value=\"" + id + "\"") != std::string::npos;
  };
  const auto first = browse("/account");
  EXPECT_TRUE(id_on(first, younger.back()));
  EXPECT_FALSE(id_on(first, root.id));
  const auto link = between(first.body, "<a href=\"/account?before=", "\">Earlier</a>");
  ASSERT_FALSE(link.empty()) << first.body;
  const auto second = browse("/account?before=" + link);
  EXPECT_TRUE(id_on(second, root.id)) << second.body;
  EXPECT_EQ(second.body.find("Earlier"), std::string::npos) << "those were all";
  for (const auto& id : younger) EXPECT_NE(id_on(first, id), id_on(second, id)) << "on one of both: " << id;
  const auto answer = world.form("/account/withdraw", {{"csrf", value_of(second, "csrf")}, {"delegation", root.id}},
                                 {{"Cookie", cookie}});
  ASSERT_EQ(answer.status, 303) << answer.body;
  EXPECT_TRUE((*world.store->delegation("default", root.id))->revoked_at);
  EXPECT_FALSE(id_on(browse("/account?before=" + link), root.id));
}

TEST_F(Account, a38_the_link_to_earlier_ones_leads_nowhere_but_through_ones_own) {
  const auto newest = browse("/account").body;
  const auto stranger = world.given_user("mallory");
  auto theirs = root;
  theirs.id = "dlg_theirs";
  theirs.path = {theirs.id};
  theirs.subject = stranger;
  ASSERT_TRUE(world.store->commit_now({store::Delegate{theirs}}));
  for (const auto* id : {"dlg_theirs", "dlg_nobodys", "\"><b>", ""})
    EXPECT_EQ(browse("/account?before=" + percent_encode(id)).body, newest) << id;
}

TEST_F(Account, a_row_of_a_part_on_a_later_page_tells_the_use_of_what_it_was_put_together_to) {
  auto whole = root;
  for (int i = 0; i < 100; ++i) consent(other);
  whole.id = "dlg_whole";
  whole.path = {root.id, whole.id};
  whole.parent.clear();
  whole.used_at = world.clock.now();
  ASSERT_TRUE(delegation::is_put_together(whole));
  ASSERT_TRUE(world.store->commit_now({store::Delegate{whole}}));
  const auto link = between(browse("/account").body, "<a href=\"/account?before=", "\">Earlier</a>");
  const auto page = browse("/account?before=" + link).body;
  EXPECT_NE(page.find("Last used <time datetime=\"" + rfc3339(*whole.used_at)), std::string::npos) << page;
}

// Whoever makes so many costs the page no more than a bound, and what it has not looked at it does not deny.
TEST_F(Account, a42_of_very_many_that_are_dead_the_page_says_that_there_may_be_more) {
  store::Writes writes{below("dlg_first", "agt_alive_first")};
  add_dead(10'000, writes);
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  const auto page = browse("/account").body;
  EXPECT_EQ(page.find("agt_alive_first"), std::string::npos);
  EXPECT_NE(page.find("and more"), std::string::npos);
}

TEST_F(Account, what_clients_may_know_is_seen_and_taken_back_however_many_there_are) {
  for (int i = 0; i < 200; ++i) disclose({"agt_gone_" + std::to_string(i), ""}, "openid");
  disclose(agent, "openid email");
  const auto page = browse("/account");
  EXPECT_EQ(page.body.find("agt_gone"), std::string::npos) << "who is gone is told nothing";
  for (const auto* words : {"That it is you: an identifier of your account", "Your e-mail address"})
    EXPECT_NE(page.body.find(words), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("Your name"), std::string::npos) << "which is not told";
  const auto answer = world.form("/account/withdraw",
                                 {{"csrf", value_of(page, "csrf")}, {"disclosure", value_of(page, "disclosure")}},
                                 {{"Cookie", cookie}});
  EXPECT_EQ(done_at(answer), "/account?done=withdrawn");
  EXPECT_FALSE(flows::disclosed_to(agent.id, user, "default", *world.store)->has_value());
}

TEST_F(Account, a_link_has_the_page_say_nothing_that_was_not_done) {
  const auto says = [&](const std::string& target) {
    return browse(target).body.find("role=\"status\"") != std::string::npos;
  };
  const auto csrf = value_of(browse("/account"), "csrf");
  const auto withdrawn = location_of(
      world.form("/account/withdraw", {{"csrf", csrf}, {"delegation", root.id}}, {{"Cookie", cookie}}));
  EXPECT_TRUE(says(withdrawn)) << withdrawn;
  const auto mark = withdrawn.substr(withdrawn.find("&mark="));
  for (const auto* word : {"withdrawn", "in-use", "forgotten", "ended", "removed", "password", "set-up"}) {
    const auto link = std::string("/account/security?done=") + word;
    EXPECT_FALSE(says(link)) << link;
    EXPECT_FALSE(says(link + "&mark=")) << link;
    EXPECT_EQ(says(link + mark), word == std::string_view("withdrawn")) << "it is of one word";
  }
  sign_in();
  EXPECT_FALSE(says(withdrawn)) << "and of one session";
}

TEST_F(Account, a38_nobody_takes_back_what_somebody_else_lets_be_known) {
  const auto stranger = world.given_user("mallory");
  const auto told = *oauth::ScopeSet::parse("openid");
  const auto put = flows::disclose(std::nullopt, {.told = told}, agent.id, stranger, "default", world.random,
                                   world.clock.now());
  ASSERT_TRUE(world.store->commit_now({put}));
  const auto csrf = value_of(browse("/account"), "csrf");
  const auto answer = world.form("/account/withdraw", {{"csrf", csrf}, {"disclosure", put.record.id}},
                                 {{"Cookie", cookie}});
  EXPECT_EQ(done_at(answer), "/account?done=withdrawn");
  EXPECT_TRUE(flows::disclosed_to(agent.id, stranger, "default", *world.store)->has_value());
}
