// What a person sees under /account of those who act for them.
#include <gtest/gtest.h>

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
