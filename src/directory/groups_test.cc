// Nesting: closures that end, cycles refused, depth bounded.
#include "directory/groups.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>

using namespace deputy;
using namespace deputy::directory;

namespace {

using Edges = std::map<std::string, std::vector<std::string>>;

Above look_up(const Edges& edges) {
  return [&edges](const std::string& id) -> Result<std::vector<std::string>, Fault> {
    const auto found = edges.find(id);
    return found == edges.end() ? std::vector<std::string>() : found->second;
  };
}

Edges chain_of(int length) {
  Edges edges;
  for (int i = 0; i < length; ++i) edges[std::to_string(i)] = {std::to_string(i + 1)};
  return edges;
}

}  // namespace

TEST(Groups, a_closure_goes_through_every_path) {
  const Edges edges{{"a", {"b", "c"}}, {"b", {"d"}}, {"c", {"d"}}, {"d", {"e"}}};
  const auto found = ancestry_of("a", look_up(edges));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ids, (std::set<std::string, std::less<>>{"b", "c", "d", "e"}));
  EXPECT_FALSE(found->too_deep);
}

TEST(Groups, a_closure_ends_in_a_cycle) {
  const Edges edges{{"a", {"b"}}, {"b", {"c"}}, {"c", {"a", "b"}}};
  const auto found = ancestry_of("a", look_up(edges));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->ids, (std::set<std::string, std::less<>>{"a", "b", "c"}));
}

TEST(Groups, a42_a_closure_stops_at_the_depth_it_may_have) {
  const auto at_limit = ancestry_of("0", look_up(chain_of(nesting_max)));
  ASSERT_TRUE(at_limit);
  EXPECT_EQ(at_limit->ids.size(), nesting_max);
  EXPECT_FALSE(at_limit->too_deep);
  const auto beyond = ancestry_of("0", look_up(chain_of(nesting_max + 1)));
  ASSERT_TRUE(beyond);
  EXPECT_EQ(beyond->ids.size(), nesting_max);
  EXPECT_TRUE(beyond->too_deep);
}

TEST(Groups, a42_each_is_looked_up_once) {
  Edges edges;  // 15 layers of 10, each wholly above the one below: 10^15 paths
  for (int layer = 0; layer < 15; ++layer)
    for (int i = 0; i < 10; ++i)
      for (int j = 0; j < 10; ++j)
        edges[std::to_string(layer * 10 + i)].push_back(std::to_string((layer + 1) * 10 + j));
  std::size_t asked = 0;
  const Above counting = [&](const std::string& id) {
    ++asked;
    return look_up(edges)(id);
  };
  ASSERT_TRUE(ancestry_of("0", counting));
  EXPECT_EQ(asked, 151u);
}

TEST(Groups, refuses_what_would_close_a_cycle) {
  const Edges edges{{"a", {"b"}}, {"b", {"c"}}};
  const auto circle = [&](const char* child, const char* parent) {
    return *closes_cycle(child, parent, look_up(edges));
  };
  EXPECT_TRUE(circle("a", "a"));
  EXPECT_TRUE(circle("c", "a"));
  EXPECT_TRUE(circle("b", "a"));
  EXPECT_FALSE(circle("a", "c"));
  EXPECT_FALSE(circle("x", "a"));
}

TEST(Groups, refuses_what_would_lie_too_deep) {
  EXPECT_FALSE(*closes_cycle("x", "0", look_up(chain_of(nesting_max - 1))));
  EXPECT_TRUE(*closes_cycle("x", "0", look_up(chain_of(nesting_max))));
}

TEST(Groups, within_is_itself_or_below) {
  const Edges edges{{"a", {"b"}}, {"b", {"c"}}};
  EXPECT_TRUE(*within("a", "a", look_up(edges)));
  EXPECT_TRUE(*within("a", "c", look_up(edges)));
  EXPECT_FALSE(*within("c", "a", look_up(edges)));
  EXPECT_FALSE(*within("a", "z", look_up(edges)));
}

TEST(Groups, a_fault_of_the_look_up_is_handed_on) {
  const Above broken = [](const std::string&) -> Result<std::vector<std::string>, Fault> {
    return Fail{Fault{Fault::Kind::unavailable, "x"}};
  };
  EXPECT_FALSE(ancestry_of("a", broken));
  EXPECT_FALSE(within("a", "b", broken));
  EXPECT_FALSE(closes_cycle("a", "b", broken));
}

RC_GTEST_PROP(Groups, no_sequence_of_accepted_edges_makes_a_cycle, (const std::vector<std::pair<int, int>>& pairs)) {
  Edges edges;
  const auto id = [](int i) { return std::to_string(((i % 8) + 8) % 8); };
  for (const auto& [child, parent] : pairs)
    if (!*closes_cycle(id(child), id(parent), look_up(edges))) edges[id(child)].push_back(id(parent));
  for (const auto& [child, parents] : edges) RC_ASSERT(!ancestry_of(child, look_up(edges))->ids.contains(child));
}
