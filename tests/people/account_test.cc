// What a person sees under /account of those who act for them.
#include <gtest/gtest.h>

#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Account : testing::Test, Flow {};

}  // namespace

TEST_F(Account, the_tree_shows_who_is_alive_however_many_are_not) {
  sign_in();
  const auto root = *world.store->delegation("default", consent(agent));
  ASSERT_TRUE(root);
  const auto below = [&](const std::string& id, const std::string& actor, std::optional<Instant> revoked_at) {
    auto node = *root;
    node.id = id;
    node.parent = root->id;
    node.path = {root->id, id};
    node.actor = actor;
    node.chain.insert(node.chain.begin(), actor);
    node.revoked_at = revoked_at;
    return store::Delegate{node};
  };
  store::Writes writes{below("dlg_first", "agt_alive_first", {})};
  for (int i = 0; i < 250; ++i) writes.push_back(below("dlg_dead_" + std::to_string(i), "agt_dead", root->created_at));
  writes.push_back(below("dlg_last", "agt_alive_last", {}));
  ASSERT_TRUE(world.store->commit_now(std::move(writes)));
  const auto page = browse("/account").body;
  EXPECT_NE(page.find("agt_alive_first"), std::string::npos);
  EXPECT_NE(page.find("agt_alive_last"), std::string::npos);
  EXPECT_EQ(page.find("agt_dead"), std::string::npos);
}
