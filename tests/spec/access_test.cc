// GET /v1/…/access held against the token endpoint: over random directories, on each store, both say the same.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "server/temporary_folder_test.h"
#include "tests/kit/administration.h"

using namespace deputy;
using directory::Kind;
using test::body_of;
using test::Given;
using test::problem_of;
using test::text_at;

namespace {

using Items = std::map<std::string, json::object>;  // by identifier

const std::vector<std::string> all_scopes{"a", "a:r", "a:w", "a:r:own", "b", "b:r", "c"};
const std::vector<std::string> all_patterns{"*", "a", "a:*", "a:r*", "b*", "c", "nothing", "d:*"};

// A directory by the numbers of one seed: resources with scopes above others, roles with patterns, a group in a group,
// agents in every state and with every ceiling, an application and a user.
struct Chance {
  Chance(unsigned seed, std::unique_ptr<store::Store> store) : numbers(seed), world(std::move(store)) {
    for (const char* name : {"https://one.example", "https://two.example", "https://three.example"}) resource(name);
    for (int i = 0; i < 5; ++i) role("role " + std::to_string(i));
    const auto outer = world.put(Kind::group, {{"name", "outer"}}), inner = world.put(Kind::group, {{"name", "inner"}});
    world.put(Kind::membership, {{"group", outer}, {"member", inner}}, inner);
    for (const auto& group : {outer, inner}) assign(group);
    json::array delegates;
    for (const char* name : {"first", "second", "third"}) {
      json::object more{{"delegation", one_in(4) ? "any" : "ceiling"}};
      if (one_in(6)) more["state"] = "suspended";
      if (one_in(6)) more["public"] = true;
      agents.push_back(world.given_agent(name, std::move(more)));
      delegates.emplace_back(agents.back().id);
    }
    application = world.given_application("app");
    user.id = world.given_user("alice");
    user.secret = world.given_secret(user.id);
    for (const auto& one : {agents[0], agents[1], agents[2], application, user}) {
      if (one_in(2)) world.put(Kind::membership, {{"group", one_in(2) ? outer : inner}, {"member", one.id}}, one.id);
      assign(one.id);
    }
    chief = world.given_agent("chief", {{"delegates", std::move(delegates)}});
    boss = world.given_user("boss");
    for (const auto& [identifier, id] : resources)
      for (const auto& all_of_it : {chief.id, boss})
        world.given_assignment(world.given_role("all at " + identifier + " of " + all_of_it, id, {"*"}), all_of_it);
  }

  bool one_in(unsigned many) { return numbers() % many == 0; }
  const std::string& pick(const std::vector<std::string>& from) { return from[numbers() % from.size()]; }

  void resource(const std::string& identifier) {
    json::array scopes;
    std::vector<std::string> above;
    for (const auto& name : all_scopes) {
      if (one_in(3)) continue;
      json::object scope{{"name", name}};
      if (!above.empty() && one_in(3)) scope["parent"] = pick(above);
      above.push_back(name);
      scopes.push_back(std::move(scope));
    }
    json::object more{{"scopes", std::move(scopes)}, {"delegation_depth_max", one_in(4) ? 0 : 4}};
    resources.emplace(identifier, world.given_resource(identifier, {}, std::move(more)));
  }
  void role(const std::string& name) {
    json::array permissions;
    for (const auto& [identifier, id] : resources)
      if (one_in(2))
        permissions.push_back(
            json::object{{"resource", id}, {"scopes", json::array{json::value(pick(all_patterns))}}});
    if (one_in(4)) permissions.push_back(json::object{{"resource", own_api()}, {"scopes", json::array{"agents:*"}}});
    roles.push_back(world.put(Kind::role, {{"name", name}, {"permissions", std::move(permissions)}}));
  }
  void assign(const std::string& principal) {
    const bool of_user = directory::kind_of_id(principal) == Kind::user;
    for (const char* acts : {"self", "others"})
      if ((acts == std::string_view("self") || !of_user) && !one_in(5))
        world.given_assignment(pick(roles), principal, {{"acts", acts}});
  }
  std::string own_api() { return (*world.store->find("default", Kind::resource, "identifier", own_uri()))->id; }
  std::string own_uri() const { return world.issuer + "/v1"; }

  std::mt19937 numbers;
  test::World world;
  std::map<std::string, std::string> resources;  // ids by identifier
  std::vector<std::string> roles;
  std::vector<Given> agents;
  Given application, user, chief;  // chief: holds everything, and delegates to the agents
  std::string boss;                // a user who holds everything
};

// All pages of it, each of one item.
Items access_of(test::World& world, const std::string& path) {
  Items found;
  std::string cursor;
  do {
    const auto page = world.admin_call("GET", path + "/access?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    EXPECT_EQ(page.status, 200) << page.body;
    const auto body = body_of(page);
    for (const auto& item : body.at("items").as_array())
      EXPECT_TRUE(found.emplace(text_at(item.as_object(), "identifier"), item.as_object()).second) << "twice";
    cursor = text_at(body, "next_cursor");
  } while (!cursor.empty());
  return found;
}

// The scope that is issued, by what is said there of one manner of acting; "": no token.
std::string said(const Items& items, const std::string& identifier, std::string_view acts) {
  const auto item = items.find(identifier);
  const auto* part = item == items.end() ? nullptr : json_member_object(item->second, acts);
  return part == nullptr || !part->at("obstacles").as_array().empty() ? "" : text_at(*part, "scope");
}

// What the ways of one manner give together.
std::string together(const json::object& item, std::string_view acts) {
  oauth::ScopeSet all;
  for (const auto& way : item.at("by").as_array()) {
    if (text_at(way.as_object(), "acts") != acts) continue;
    const auto given = oauth::ScopeSet::parse_stored(text_at(way.as_object(), "scope"));
    for (const auto& scope : given->tokens()) all.add(scope);
  }
  return all.text();
}

std::string scope_of(const http::Response& response) {
  return response.status == 200 ? text_at(body_of(response), "scope") : "";
}

struct Tally {
  int issued = 0, refused = 0;
  void count(const std::string& scope) { ++(scope.empty() ? refused : issued); }
};

void expect_ways(const Items& items) {
  for (const auto& [identifier, item] : items) {
    SCOPED_TRACE(identifier);
    if (const auto* own = json_member_object(item, "self")) EXPECT_EQ(together(item, "self"), text_at(*own, "scope"));
    const auto* others = json_member_object(item, "others");
    if (others != nullptr && text_at(*others, "ceiling") == "ceiling")
      EXPECT_EQ(together(item, "others"), text_at(*others, "scope"));
  }
}

void expect_own(Chance& chance, const Given& who, const Items& items, Tally& tally) {
  auto identifiers = chance.resources;
  identifiers.emplace(chance.own_uri(), "");
  for (const auto& [identifier, id] : identifiers) {
    const auto given = scope_of(chance.world.token(who, {{"resource", identifier}}));
    EXPECT_EQ(said(items, identifier, "self"), given) << identifier;
    tally.count(given);
  }
}

// What the agent draws on a token of somebody who holds everything, and delegates to it.
void expect_exchanged(Chance& chance, const Given& agent, const Items& items, Tally& tally) {
  const auto record = chance.world.store->get("default", Kind::agent, agent.id);
  if (json::parse((*record)->body).as_object().contains("public")) return;  // it exchanges nothing
  for (const auto& [identifier, id] : chance.resources) {
    const auto token = chance.world.token(chance.chief, {{"resource", identifier}});
    if (token.status != 200) continue;  // the resource defines nothing
    const auto given = scope_of(chance.world.exchange(agent, text_at(body_of(token), "access_token"),
                                                      {{"resource", identifier}}));
    EXPECT_EQ(said(items, identifier, "others"), given) << identifier;
    tally.count(given);
  }
}

// What it would be given for a user who holds everything, as POST /v1/explain says.
void expect_explained(Chance& chance, const Given& actor, const Items& items, Tally& tally) {
  for (const auto& [identifier, id] : chance.resources) {
    const auto answer = body_of(chance.world.admin_call(
        "POST", "/v1/explain", {{"actor", actor.id}, {"subject", chance.boss}, {"resource", identifier}}));
    EXPECT_EQ(said(items, identifier, "others"), text_at(answer, "scope")) << identifier;
    tally.count(text_at(answer, "scope"));
  }
}

void expect_the_same(unsigned seed, std::unique_ptr<store::Store> store, Tally& own, Tally& others) {
  SCOPED_TRACE(seed);
  Chance chance(seed, std::move(store));
  for (const auto& agent : chance.agents) {
    const auto items = access_of(chance.world, "/v1/agents/" + agent.id);
    expect_ways(items);
    expect_own(chance, agent, items, own);
    expect_exchanged(chance, agent, items, others);
    expect_explained(chance, agent, items, others);
  }
  const auto of_application = access_of(chance.world, "/v1/applications/" + chance.application.id);
  expect_ways(of_application);
  expect_own(chance, chance.application, of_application, own);
  expect_explained(chance, chance.application, of_application, others);
  const auto of_user = access_of(chance.world, "/v1/users/" + chance.user.id);
  expect_ways(of_user);
  expect_own(chance, chance.user, of_user, own);
}

void expect_both(const Tally& tally) {
  EXPECT_GT(tally.issued, 5);
  EXPECT_GT(tally.refused, 5);
}

struct Access : testing::Test, test::Administration {
  std::string booking = given_resource("https://booking.example", {"read", "write", "read:own"});
  std::string other = given_resource("https://other.example", {"x"});
  std::string reader = given_role("reader", booking, {"read", "read:*"});

  json::array items(const std::string& path) {
    return body_of(call(admin_token(), "GET", path + "/access")).at("items").as_array();
  }
  json::object only_item(const std::string& path) {
    const auto found = items(path);
    EXPECT_EQ(found.size(), 1u);
    return found.empty() ? json::object() : found[0].as_object();
  }
};

}  // namespace

TEST_F(Access, is_what_the_token_endpoint_gives_in_random_directories) {
  Tally own, others;
  for (unsigned seed = 1; seed <= 30; ++seed) expect_the_same(seed, store::open_memory_store(), own, others);
  expect_both(own);
  expect_both(others);
}

TEST_F(Access, is_what_the_token_endpoint_gives_in_random_directories_on_disk) {
  Tally own, others;
  for (unsigned seed = 31; seed <= 35; ++seed) {
    const server::TemporaryFolder folder;
    auto opened = store::open_sqlite_store({.file = folder.path() + "/store.db"});
    ASSERT_TRUE(opened) << opened.error().detail;
    expect_the_same(seed, std::move(opened).take(), own, others);
  }
  expect_both(own);
  expect_both(others);
}

TEST_F(Access, says_by_which_role_assignment_and_group) {
  const auto agent = given_agent("bot");
  const auto group = put(Kind::group, {{"name", "on-call"}});
  put(Kind::membership, {{"group", group}, {"member", agent.id}}, agent.id);
  const auto own = given_assignment(reader, agent.id);
  const auto ceiling = given_assignment(given_role("writer", booking, {"write"}), group, {{"acts", "others"}});
  given_assignment(given_role("of nothing", booking, {"nothing"}), agent.id);
  const auto item = only_item("/v1/agents/" + agent.id);
  EXPECT_EQ(text_at(item, "resource"), booking);
  EXPECT_EQ(text_at(item, "identifier"), "https://booking.example");
  EXPECT_EQ(item.at("self"), (json::object{{"scope", "read read:own"}, {"obstacles", json::array()}}));
  const auto& others = item.at("others").as_object();
  EXPECT_EQ(text_at(others, "scope"), "write");
  EXPECT_EQ(text_at(others, "ceiling"), "ceiling");
  EXPECT_EQ(others.at("dropped"),
            (json::array{json::object{{"scope", "read"}, {"reason", agent.id + "'s ceiling"}},
                         json::object{{"scope", "read:own"}, {"reason", agent.id + "'s ceiling"}}}));
  const auto& by = item.at("by").as_array();
  ASSERT_EQ(by.size(), 2u);
  const auto way_of = [&](const std::string& assignment) {
    return text_at(by[0].as_object(), "assignment") == assignment ? by[0].as_object() : by[1].as_object();
  };
  EXPECT_EQ(way_of(own), (json::object{{"acts", "self"}, {"scope", "read read:own"}, {"role", reader},
                                       {"role_name", "reader"}, {"assignment", own}}));
  EXPECT_EQ(text_at(way_of(ceiling), "group"), group);
  EXPECT_EQ(text_at(way_of(ceiling), "role_name"), "writer");
}

TEST_F(Access, without_a_ceiling_is_to_all_that_others_give) {
  const auto agent = given_agent("bot", {{"delegation", "any"}});
  given_resource("https://empty.example", {});
  std::map<std::string, std::string> scopes;
  for (const auto& [identifier, item] : access_of(*this, "/v1/agents/" + agent.id)) {
    const auto& others = item.at("others").as_object();
    EXPECT_EQ(text_at(others, "ceiling"), "any");
    EXPECT_EQ(others.at("dropped"), json::array());
    scopes[identifier] = text_at(others, "scope");
  }
  EXPECT_FALSE(scopes.contains("https://empty.example"));
  EXPECT_EQ(scopes["https://booking.example"], "read read:own write");
  EXPECT_EQ(scopes["https://other.example"], "x");
  EXPECT_TRUE(scopes.contains(issuer + "/v1"));
}

TEST_F(Access, names_what_stands_in_the_way) {
  const auto agent = given_agent("bot", {{"profile", "fapi2"}});
  for (const char* acts : {"self", "others"}) given_assignment(reader, agent.id, {{"acts", acts}});
  change(Kind::resource, booking, {{"delegation_depth_max", 0}, {"algorithm", "RS256"}});
  change(Kind::agent, agent.id, {{"state", "suspended"}, {"public", true}});
  const auto item = only_item("/v1/agents/" + agent.id);
  const auto obstacles = [&](const char* acts) { return item.at(acts).at("obstacles").as_array(); };
  const json::value suspended(agent.id + " is suspended"),
      profile(agent.id + " is held to FAPI 2.0, and the resource wants its tokens signed with RS256");
  EXPECT_EQ(obstacles("self"),
            (json::array{suspended, profile, agent.id + " is a public client: it gets no token of its own"}));
  EXPECT_EQ(obstacles("others"),
            (json::array{suspended, profile, "the chain is of 1 agents, and " + booking + " allows 0"}));
  EXPECT_EQ(text_at(item.at("self").as_object(), "scope"), "read read:own") << "once nothing does";
}

TEST_F(Access, of_a_user_is_what_everybody_has_who_acts_for_them) {
  const auto alice = user("alice");
  given_assignment(reader, alice.id);
  const auto found = items("/v1/users/" + alice.id);
  ASSERT_EQ(found.size(), 2u);
  for (const auto& one : found) {
    const auto& item = one.as_object();
    EXPECT_FALSE(item.contains("others"));
    const bool is_own_api = text_at(item, "identifier") == issuer + "/v1";
    EXPECT_EQ(item.at("self").at("obstacles").as_array().empty(), is_own_api);
    EXPECT_EQ(item.at("by").as_array()[0].as_object().contains("every_user"), is_own_api);
  }
}

TEST_F(Access, a38_is_seen_by_whoever_may_read_the_record_and_by_nobody_else) {
  const auto alice = user("alice"), bob = user("bob");
  const auto path = "/v1/agents/" + agent_of(alice.id) + "/access";
  EXPECT_EQ(problem_of(call(token_of(alice), "GET", path)), "200");
  EXPECT_EQ(problem_of(call(token_of(bob), "GET", path)), "404 not_found");
  EXPECT_EQ(problem_of(call(token_of(admin, "users:read"), "GET", path)), "403 insufficient_scope");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/agents/" + alice.id + "/access")), "404 not_found");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", path + "?filter=x")), "400 invalid_request");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", path + "?cursor=x")), "400 invalid_request");
}

TEST_F(Access, is_shown_by_pages_and_of_one_resource_so_many_ways) {
  const auto agent = given_agent("bot");
  for (int i = 0; i < 51; ++i) {
    const auto group = put(Kind::group, {{"name", "group " + std::to_string(i)}});
    put(Kind::membership, {{"group", group}, {"member", agent.id}}, agent.id);
    given_assignment(reader, group);
  }
  given_assignment(given_role("other", other, {"*"}), agent.id);
  const auto path = "/v1/agents/" + agent.id;
  const auto found = access_of(*this, path);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found.at("https://booking.example").at("by").as_array().size(), 50u);
  EXPECT_TRUE(found.at("https://booking.example").at("more").as_bool());
  EXPECT_FALSE(found.at("https://other.example").contains("more"));
  EXPECT_FALSE(body_of(call(admin_token(), "GET", path + "/access")).contains("next_cursor"));
}

TEST_F(Access, looks_at_so_many_assignments_for_its_ways_and_gives_what_all_of_them_give) {
  const auto many = given_role("of the other", other, {"*"});
  for (const int before : {199, 200}) {
    SCOPED_TRACE(before);
    const auto agent = given_agent("bot");
    for (int i = 0; i < before; ++i) given_assignment(many, agent.id);
    clock.advance(Millis(1));
    const auto last = given_assignment(reader, agent.id);
    const auto item = access_of(*this, "/v1/agents/" + agent.id).at("https://booking.example");
    EXPECT_EQ(text_at(item.at("self").as_object(), "scope"), "read read:own");
    const auto& by = item.at("by").as_array();
    EXPECT_EQ(by.size(), before == 199 ? 1u : 0u);
    if (!by.empty()) EXPECT_EQ(text_at(by[0].as_object(), "assignment"), last);
    EXPECT_EQ(item.contains("more"), before == 200);
  }
}

TEST_F(Access, looks_at_fewer_resources_for_a_page_of_who_has_many_assignments) {
  json::array permissions;
  for (int i = 0; i < 41; ++i) {
    const auto resource = given_resource("https://" + std::to_string(i) + ".example", {"x"});
    permissions.push_back(json::object{{"resource", resource}, {"scopes", json::array{"x"}}});
  }
  const auto role = put(Kind::role, {{"name", "many"}, {"permissions", std::move(permissions)}});
  const auto agent = given_agent("bot");
  for (int i = 0; i < 500; ++i) given_assignment(role, agent.id);
  const auto path = "/v1/agents/" + agent.id + "/access";
  const auto first = body_of(call(admin_token(), "GET", path));
  EXPECT_EQ(first.at("items").as_array().size(), 40u);
  const auto second = body_of(call(admin_token(), "GET", path + "?cursor=" + text_at(first, "next_cursor")));
  EXPECT_EQ(second.at("items").as_array().size(), 1u);
  EXPECT_FALSE(second.contains("next_cursor"));
}
