// Who may read a record, and not do with it what they ask: they know that it is there.
#include <gtest/gtest.h>

#include <set>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Readable : testing::Test, Administration {};

}  // namespace

TEST_F(Readable, a38_is_refused_as_what_it_is_to_who_may_read_it_and_as_what_is_not_there_to_others) {
  const auto theirs = agent_of(user("bob").id);
  const auto auditor = officer("auditor", {"agents:read"});
  const auto refusals = [&](const std::string& token, const std::string& id) {
    std::set<std::string> all;
    for (const auto* act : {"/suspend", "/revoke?preview=true", "/revoke"})
      all.insert(problem_of(call(token, "POST", "/v1/agents/" + id + act)));
    all.insert(problem_of(call(token, "PATCH", "/v1/agents/" + id, {{"name", "x"}})));
    return all;
  };
  using All = std::set<std::string>;
  ASSERT_EQ(call(token_of(auditor), "GET", "/v1/agents/" + theirs).status, 200);
  EXPECT_EQ(refusals(token_of(auditor), theirs), All{"403 exceeds_authority"});
  EXPECT_EQ(refusals(token_of(auditor), "agt_" + std::string(26, '0')), All{"404 not_found"});
  EXPECT_EQ(refusals(token_of(auditor, "agents:write"), theirs), All{"404 not_found"}) << "this token reads nothing";
  EXPECT_EQ(refusals(token_of(user("alice")), theirs), All{"404 not_found"});
}
