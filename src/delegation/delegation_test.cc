// Authority, limits and chains as values.
#include "delegation/delegation.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/id.h"
#include "delegation/details.h"
#include "delegation/grow.h"
#include "delegation/narrow.h"
#include "delegation/relation.h"

namespace deputy::delegation {
namespace {

using Ids = std::vector<std::string>;

constexpr Instant noon = from_unix_millis(1'795'500'000'000);

Delegation node(std::string id) {
  Delegation one{.id = id, .tenant = "t", .path = {id}, .subject = "usr_1", .actor = "agt_a"};
  one.authority = sorted({{"res_1", "read", ""}, {"res_1", "write", ""}, {"res_2", "pay", "agt_c"}});
  return one;
}

Branch branch(const Delegation& parent, Authority authority) {
  return {.parent = &parent, .tenant = "t", .subject = "usr_1", .actor = "agt_b", .authority = std::move(authority),
          .at = noon};
}

TEST(Delegation, a_chain_grows_at_its_head_and_keeps_what_it_has) {
  EXPECT_EQ(chain_with("b", {}, "a", "a"), Ids{"b"});              // a acts for itself
  EXPECT_EQ(chain_with("b", {}, "app", "usr"), (Ids{"b", "app"}));  // the application was the actor, unsaid
  EXPECT_EQ(chain_with("c", {"b", "a"}, "b", "usr"), (Ids{"c", "b", "a"}));
}

TEST(Delegation, a_whole_gives_what_its_parts_do_and_ends_with_each_of_them) {
  auto one = node("dlg_1"), two = node("dlg_2");
  two.authority = sorted({{"res_1", "approve", ""}});
  one.limits = {.not_after = noon + Seconds(9), .max_depth = {}, .uses = 5};
  one.budgets = {"dlg_1"};
  two.limits = {.not_after = noon + Seconds(7), .max_depth = {}, .uses = {}};
  auto whole = put_together({&one, &two}, noon);
  ASSERT_TRUE(whole);
  give_id(*whole, "dlg_3");
  EXPECT_TRUE(is_put_together(*whole) && !is_put_together(one));
  EXPECT_TRUE(whole->parent.empty());
  EXPECT_EQ(whole->path, (Ids{"dlg_1", "dlg_2", "dlg_3"}));
  auto all = one.authority;
  all.push_back({"res_1", "approve", ""});
  EXPECT_EQ(whole->authority, sorted(all));
  EXPECT_EQ(whole->limits, (Limits{.not_after = noon + Seconds(7), .max_depth = {}, .uses = 5}));
  EXPECT_EQ(whole->budgets, (Ids{"dlg_1", "dlg_3"})) << "what is drawn from it counts there too";
  const auto child = grow(branch(*whole, {{"res_1", "approve", ""}}));
  ASSERT_TRUE(child);
  EXPECT_FALSE(is_put_together(*child));
}

TEST(Delegation, identical_is_the_same_authority_from_the_same_parent_and_alive) {
  const auto one = node("dlg_1");
  auto two = node("dlg_2");
  EXPECT_TRUE(identical(one, two));
  EXPECT_EQ(fingerprint(one), fingerprint(two));
  for (const auto& limits : {Limits{.not_after = noon, .max_depth = {}, .uses = {}},
                             Limits{.not_after = {}, .max_depth = 1, .uses = {}},
                             Limits{.not_after = {}, .max_depth = {}, .uses = 1}}) {
    two.limits = limits;
    EXPECT_FALSE(identical(one, two));
    EXPECT_NE(fingerprint(one), fingerprint(two)) << "or each hand-on would be held against all before it";
  }
  two = node("dlg_2");
  two.revoked_at = noon;
  EXPECT_FALSE(identical(one, two));
  for (auto change : {+[](Delegation& d) { d.actor = "x"; }, +[](Delegation& d) { d.subject = "x"; },
                      +[](Delegation& d) { d.parent = "x"; }, +[](Delegation& d) { d.tenant = "x"; },
                      +[](Delegation& d) { d.authority.pop_back(); }}) {
    two = node("dlg_2");
    change(two);
    EXPECT_FALSE(identical(one, two));
    EXPECT_NE(fingerprint(one), fingerprint(two));
  }
}

// An index of them grows at its end, as an index of ids does.
TEST(Delegation, fingerprints_lie_in_the_order_of_what_delegations_hang_from) {
  SystemRandom random;
  std::uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    auto one = node("dlg_1");
    one.parent = make_id("dlg", noon + Seconds(1'000'000 + i), random);
    EXPECT_GT(fingerprint(one), last) << i;
    last = fingerprint(one);
  }
  auto root = node("dlg_1");
  root.parent.clear();
  root.subject = make_id("usr", noon + Seconds(2'000'000), random);
  EXPECT_GT(fingerprint(root), last);
}

TEST(Delegation, i1_a_childs_limits_are_the_tighter_of_both) {
  auto parent = node("dlg_1");
  parent.limits = {.not_after = noon + Seconds(60), .max_depth = 5, .uses = std::nullopt};
  auto wanted = branch(parent, {{"res_1", "read", ""}});
  wanted.asked = {.not_after = noon + Seconds(90), .max_depth = 2, .uses = 3};
  auto child = grow(wanted);
  ASSERT_TRUE(child);
  EXPECT_EQ(child->limits, (Limits{noon + Seconds(60), 2, 3}));
  give_id(*child, "dlg_2");
  EXPECT_EQ(child->path, (Ids{"dlg_1", "dlg_2"}));
  EXPECT_EQ(child->budgets, Ids{"dlg_2"});
  const auto deeper = grow(branch(*child, {{"res_1", "read", ""}}));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, oauth::Code::invalid_target);
}

TEST(Delegation, i4_nothing_grows_from_what_is_over) {
  auto parent = node("dlg_1");
  parent.limits.not_after = noon;
  EXPECT_FALSE(grow(branch(parent, {})));
  parent.limits.not_after = noon + Millis(1);
  EXPECT_TRUE(grow(branch(parent, {})));
  parent.revoked_at = noon - Seconds(1);
  EXPECT_FALSE(grow(branch(parent, {})));
}

TEST(Delegation, i1_a_pair_is_covered_by_the_holders_or_by_what_is_onward_for_the_actor) {
  const auto parent = node("dlg_1").authority;
  EXPECT_TRUE(covered({{"res_1", "read", ""}}, "agt_b", parent));
  EXPECT_TRUE(covered({{"res_1", "read", "agt_z"}}, "agt_b", parent));  // made onward by who holds it
  EXPECT_TRUE(covered({{"res_2", "pay", "agt_c"}}, "agt_b", parent));   // carried along
  EXPECT_TRUE(covered({{"res_2", "pay", ""}}, "agt_c", parent));        // drawn by whom it is for
  EXPECT_FALSE(covered({{"res_2", "pay", ""}}, "agt_b", parent));
  EXPECT_FALSE(covered({{"res_2", "pay", "agt_z"}}, "agt_b", parent));
  EXPECT_FALSE(covered({{"res_1", "approve", ""}}, "agt_b", parent));
}

TEST(Narrow, names_the_first_limit_that_takes_a_scope) {
  const auto set = [](std::string_view text) { return std::move(oauth::ScopeSet::parse(text)).take(); };
  directory::Resource resource;
  for (const auto* scope : {"a", "b", "c", "d"}) resource.scopes.push_back({.name = scope});
  const auto parent = set("a b c z"), subject = set("a b z"), ceiling = set("a z");
  const Limit limits[] = {{parent, "the parent"}, {subject, "the subject"}, {ceiling, "agt_a's ceiling"}};
  const auto some = narrow(set("a b c d z"), resource, limits);
  EXPECT_EQ(some.given.text(), "a");
  using Dropped = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(some.dropped, (Dropped{{"b", "agt_a's ceiling"},
                                   {"c", "the subject"},
                                   {"d", "the parent"},
                                   {"z", "the resource does not define it"}}));
  EXPECT_EQ(narrow({}, resource, limits).given.text(), "a");  // nothing asked: all the parent holds
  EXPECT_EQ(narrow({}, resource, limits).dropped.size(), 3u);
}

RC_GTEST_PROP(Narrow, a24_never_widens, ()) {
  const std::vector<std::string> all{"a", "b", "c", "d", "e"};
  const auto some = [&] {
    oauth::ScopeSet set;
    for (const auto& one : *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(all))) set.add(one);
    return set;
  };
  directory::Resource resource;
  const auto defined = some();
  for (const auto& scope : defined.tokens()) resource.scopes.push_back({.name = scope});
  const auto asked = some(), first = some(), second = some();
  const Limit limits[] = {{first, "first"}, {second, "second"}};
  const auto narrowed = narrow(asked, resource, limits);
  const auto wanted = asked.empty() ? first : asked;
  for (const auto& scope : wanted.tokens())
    RC_ASSERT(narrowed.given.contains(scope) ==
              (resource.defines(scope) && first.contains(scope) && second.contains(scope)));
  RC_ASSERT(narrowed.given.within(wanted));
  RC_ASSERT(narrowed.given.tokens().size() + narrowed.dropped.size() == wanted.tokens().size());
  for (const auto& [scope, why] : narrowed.dropped) RC_ASSERT(!why.empty());
}

directory::Principal agent(std::string id, Ids delegates = {}, Ids groups = {}) {
  directory::Principal one;
  one.id = id, one.client_id = id, one.delegates = std::move(delegates), one.groups = std::move(groups);
  return one;
}

TEST(Relation, follows_from_who_holds_the_token) {
  const auto a = agent("a", {"b", "grp"}), b = agent("b"), in_group = agent("g", {}, {"grp"}), x = agent("x");
  EXPECT_EQ(standing_of({.caller = a, .holder = a})->relation, Relation::narrows);
  EXPECT_EQ(standing_of({.caller = a, .holder = a, .named = &a})->relation, Relation::narrows);
  EXPECT_EQ(standing_of({.caller = a, .holder = a, .named = &b})->actor, &b);
  EXPECT_EQ(standing_of({.caller = a, .holder = a, .actor_holder = &b})->relation, Relation::hands_on);
  EXPECT_EQ(standing_of({.caller = a, .holder = a, .named = &in_group})->relation, Relation::hands_on);
  EXPECT_EQ(standing_of({.caller = b, .holder = a})->relation, Relation::received);
  EXPECT_TRUE(standing_of({.caller = b, .holder = a})->projection);
  EXPECT_FALSE(standing_of({.caller = x, .holder = a, .is_audience = true})->projection);
  EXPECT_FALSE(standing_of({.caller = x, .holder = a}));
  EXPECT_FALSE(standing_of({.caller = a, .holder = a, .named = &x}));
  auto user = in_group;
  user.kind = directory::Kind::user;
  EXPECT_FALSE(standing_of({.caller = a, .holder = a, .named = &user}));
}

TEST(Relation, a23_an_actor_token_is_the_holders_or_the_callers_own) {
  auto a = agent("a", {"b"});
  const auto b = agent("b"), x = agent("x");
  EXPECT_FALSE(standing_of({.caller = b, .holder = a, .actor_holder = &x}));
  EXPECT_TRUE(standing_of({.caller = b, .holder = a, .actor_holder = &b}));
  EXPECT_TRUE(standing_of({.caller = b, .holder = a, .actor_holder = &a}));
  EXPECT_FALSE(standing_of({.caller = a, .holder = a, .named = &b, .actor_holder = &x}));
  a.agreement_required = true;
  EXPECT_FALSE(standing_of({.caller = b, .holder = a}));
  EXPECT_FALSE(standing_of({.caller = b, .holder = a, .actor_holder = &b}));
  EXPECT_FALSE(standing_of({.caller = b, .holder = a, .actor_holder = &a}));
  EXPECT_FALSE(standing_of({.caller = b, .holder = a, .actor_holder = &b, .actor_agrees = true}));
  EXPECT_TRUE(standing_of({.caller = b, .holder = a, .actor_holder = &a, .actor_agrees = true}));
}

TEST(Details, are_read_strictly) {
  const auto details = parse_details(R"([{"type":"onward","actor":"agt_x","resource":"https://x","scope":"b a"},
                                         {"type":"limits","uses":5,"max_depth":4},
                                         {"type":"limits","uses":9,"expires_in":60}])",
                                     noon);
  ASSERT_TRUE(details);
  ASSERT_EQ(details->onward.size(), 1u);
  EXPECT_EQ(details->onward[0].scope.text(), "a b");
  EXPECT_EQ(details->limits, (Limits{noon + Seconds(60), 4, 5}));
  EXPECT_TRUE(details->registered.empty());
  EXPECT_TRUE(parse_details("[]", noon)->empty());
  const auto others = parse_details(R"([{"type":"payment","amount":{"value":5}}])", noon);
  ASSERT_TRUE(others);
  EXPECT_EQ(others->registered.size(), 1u);
  EXPECT_TRUE(others->as_it_is());
  EXPECT_FALSE(others->empty());
  EXPECT_FALSE(parse_details(R"([{"type":""}])", noon));
  EXPECT_FALSE(parse_details(R"([{"amount":5}])", noon));
  EXPECT_FALSE(parse_details(R"([{"type":"limits","uses":"5"}])", noon));
}

}  // namespace
}  // namespace deputy::delegation
