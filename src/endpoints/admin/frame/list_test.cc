// Pages of what a caller reaches, where it is spread over many organizations.
#include <gtest/gtest.h>

#include <set>

#include "base/encoding.h"
#include "base/id.h"
#include "endpoints/admin/frame/records.h"
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

TEST_F(Lists, a38_a_cursor_shows_nothing_and_is_taken_as_it_was_given_and_no_other) {
  const auto boss = officer("boss", {"users:read", "agents:read"}, acme);
  const auto first = user_in(acme), path = std::string("/v1/users?limit=1");
  clock.advance(Seconds(1));
  const auto second = user_in(acme);
  const auto page = call(token_of(boss), "GET", path);
  ASSERT_EQ(items_of(page), std::vector<std::string>{first});
  const auto cursor = text_at(body_of(page), "next_cursor");
  const auto says = base64url_decode(cursor);
  ASSERT_TRUE(says);
  EXPECT_EQ(says->find(first.substr(4)), std::string::npos);
  const auto sent = [&](const std::string& where, const std::string& one) {
    return call(token_of(boss), "GET", where + "&cursor=" + one);
  };
  EXPECT_EQ(items_of(sent(path, cursor)), std::vector<std::string>{second});
  auto changed = cursor;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  for (const auto& other : {changed, base64url("r" + first), base64url(first), cursor + "AAAA"})
    EXPECT_EQ(problem_of(sent(path, other)), "400 invalid_request") << other;
  EXPECT_EQ(problem_of(sent("/v1/agents?limit=1", cursor)), "400 invalid_request") << "of another list";
}

// What is looked through for one page is bounded: it may stop at a record that the caller does not reach.
TEST_F(Lists, a38_a_page_that_stops_among_what_is_out_of_reach_does_not_say_at_what) {
  const auto boss = officer("boss", {"assignments:read"}, acme);
  const auto outsider = user("outsider").id;
  const auto role = given_role("reads", given_resource("https://a.example", {"read"}), {"read"});
  std::vector<std::string> hidden;
  store::Writes writes;
  for (int i = 0; i < 4001; ++i) {
    hidden.push_back(make_id("asn", clock.now(), random));
    writes.emplace_back(endpoints::admin::record_put("default", store::Kind::assignment, hidden.back(), "",
                                                     {{"role", role}, {"principal", outsider}, {"acts", "self"}}, 0,
                                                     clock.now()));
  }
  ASSERT_TRUE(store->commit_now(std::move(writes)));
  clock.advance(Seconds(1));
  const auto mine = given_assignment(role, user_in(acme));
  const auto first = body_of(call(token_of(boss), "GET", "/v1/assignments?limit=50"));
  const auto says = base64url_decode(text_at(first, "next_cursor"));
  ASSERT_TRUE(says && !says->empty()) << "there is a next page";
  for (const auto& one : hidden) ASSERT_EQ(says->find(one.substr(4)), std::string::npos);
  EXPECT_EQ(pages_of(token_of(boss), "/v1/assignments?limit=50").back(), mine);
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
