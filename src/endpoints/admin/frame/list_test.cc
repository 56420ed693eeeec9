// Pages of what a caller reaches, where it is spread over many organizations.
#include <gtest/gtest.h>

#include <set>

#include "base/encoding.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Lists : testing::Test, Administration {
  std::string acme = create_id("organizations", {{"name", "Acme"}});
  std::string below(const std::string& parent) {
    return put(store::Kind::organization, {{"name", "part"}, {"parent", parent}});
  }
  std::string user_in(const std::string& organization) {
    return put(store::Kind::user,
               {{"username", "user" + std::to_string(++made)}, {"organization", organization}, {"state", "active"}});
  }
  // Every page, one after the other; the test fails where they do not end.
  std::vector<std::string> pages_of(const std::string& token, const std::string& path) {
    std::vector<std::string> all;
    std::string cursor;
    for (int i = 0; i < 1000; ++i) {
      const auto response = call(token, "GET", path + (cursor.empty() ? "" : "&cursor=" + cursor));
      const auto page = items_of(response);
      all.insert(all.end(), page.begin(), page.end());
      cursor = text_at(body_of(response), "next_cursor");
      if (cursor.empty()) return all;
    }
    ADD_FAILURE() << "no end of pages";
    return all;
  }
  int made = 0;
};

}  // namespace

// Else a name where an id is meant is answered by an empty list, which reads as "there are none".
TEST_F(Lists, a_filter_that_nothing_could_ever_match_is_refused) {
  create("agent-types", {{"name", "t"}, {"schema", json::array{json::object{{"name", "level"}, {"type", "number"}}}}});
  const auto asked = [&](const std::string& token, std::string_view filter) {
    return problem_of(call(token, "GET", "/v1/agents?filter=" + percent_encode(filter)));
  };
  for (const auto* never : {"owner eq \"group/g1\"", "organization eq \"Acme\"", "default_resource eq \"https://a\"",
                            "name eq 5", "attributes.level eq \"3\""})
    EXPECT_EQ(asked(admin_token(), never), "400 invalid_request") << never;
  EXPECT_EQ(asked(admin_token(), "organization eq \"" + acme + "\" and attributes.level gt 2"), "200");
  const auto clerk = officer("clerk", {"agents:read"});
  EXPECT_EQ(asked(token_of(clerk), "attributes.level eq \"3\""), "200") << "who may not read types learns none";
}

// Else `?preview` carries out what it asks about, and `?filter=` lists everything.
TEST_F(Lists, a_parameter_without_a_value_is_refused_and_nothing_is_done) {
  const auto agent = agent_of(user("owner").id);
  const auto someone = user("someone").id;
  const auto says = [&](std::string_view method, const std::string& target) {
    return problem_of(call(admin_token(), method, target));
  };
  for (const std::string none : {"?preview", "?preview=", "?&preview=&"}) {
    EXPECT_EQ(says("POST", "/v1/agents/" + agent + "/revoke" + none), "400 invalid_request") << none;
    EXPECT_EQ(says("DELETE", "/v1/users/" + someone + none), "400 invalid_request") << none;
  }
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", "/v1/agents/" + agent)), "state"), "active");
  EXPECT_EQ(says("GET", "/v1/users/" + someone), "200");
  for (const auto* list : {"agents?limit=", "agents?filter", "agents?cursor=", "events?actor=", "events?from=",
                           "delegations?subject=", "revocations?wait=", "audit/checkpoint?cosigned="})
    EXPECT_EQ(says("GET", "/v1/" + std::string(list)), "400 invalid_request") << list;
}

TEST_F(Lists, pages_over_organizations_have_each_record_once_and_in_order) {
  const auto boss = officer("boss", {"users:read", "agents:read"}, acme);
  std::vector<std::string> users, agents, organizations{acme, below(acme), below(acme)};
  organizations.push_back(below(organizations.back()));
  for (int i = 0; i < 30; ++i) {
    users.push_back(user_in(organizations[i % 3 + (i > 20 ? 1 : 0)]));
    (void)put(store::Kind::user, {{"username", "elsewhere" + std::to_string(i)}, {"state", "active"}});
    // Found twice: by its organization and by its owner.
    agents.push_back(put(store::Kind::agent, {{"name", "one"}, {"owner", boss.id}, {"state", "active"},
                                              {"organization", organizations[i % 4]}}));
  }
  std::sort(users.begin(), users.end());
  std::sort(agents.begin(), agents.end());
  for (const auto* limit : {"1", "7", "30", "50"}) {
    EXPECT_EQ(pages_of(token_of(boss), "/v1/users?limit=" + std::string(limit)), users) << limit;
    EXPECT_EQ(pages_of(token_of(boss), "/v1/agents?limit=" + std::string(limit)), agents) << limit;
  }
  EXPECT_EQ(pages_of(token_of(boss), "/v1/users?limit=2&filter=username%20eq%20%22user5%22").size(), 1u);
}

TEST_F(Lists, nothing_is_missing_where_there_are_more_organizations_than_are_looked_into_one_by_one) {
  const auto boss = officer("boss", {"users:read"}, acme);
  std::vector<std::string> users;
  auto at = acme;
  for (int i = 0; i < 1200; ++i) {
    const auto one = below(at);
    if (i % 300 == 0) at = one;
    if (i % 40 == 0 || i > 1190) users.push_back(user_in(one));
    if (i % 5 == 0) (void)put(store::Kind::user, {{"username", "elsewhere" + std::to_string(i)}, {"state", "active"}});
  }
  std::sort(users.begin(), users.end());
  EXPECT_EQ(pages_of(token_of(boss), "/v1/users?limit=20"), users);
}
