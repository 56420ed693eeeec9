// Who loses a scope loses the tokens that carry it, at once; other tokens live on.
#include <gtest/gtest.h>

#include <functional>

#include "endpoints/routing.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr const char* mail = "https://mail.example";

struct Narrowings : testing::Test, Administration {
  Given service = given_application("the mail service");
  std::string resource = given_resource(mail, {"mail:read", "mail:send", "mail:delete"}, {{"principal", service.id}});
  Given agent = given_agent("a reader");
  std::string reader = role("reader", {"mail:read"}), sender = role("sender", {"mail:send"});

  std::string role(std::string_view name, std::vector<std::string> scopes) {
    return given_role(name, resource, std::move(scopes));
  }
  std::string assign(const std::string& role, const std::string& principal) {
    return create_id("assignments", {{"role", role}, {"principal", principal}});
  }
  std::string take(std::string_view scope) { return access_token(agent, mail, scope); }
  bool active(const std::string& token) {
    return body_of(introspect(service, token)).at("active").as_bool();
  }
  // What the API answers to a change: "204".
  std::string send(std::string_view method, const std::string& path, const json::object& body = {}) {
    return body.empty() ? problem_of(call(admin_token(), method, "/v1/" + path))
                        : problem_of(call(admin_token(), method, "/v1/" + path, body));
  }
  json::array narrowings() {
    const auto body = body_of(call(admin_token(), "GET", "/v1/revocations"));
    json::array found;
    for (const auto& item : body.at("items").as_array())
      if (item.at("kind") == "narrowing") found.push_back(item);
    return found;
  }
  // What comes of a change that is decided before `meanwhile` and becomes durable after it.
  std::string overtaken(std::string_view method, const std::string& path, const json::object& body,
                        const std::function<void()>& meanwhile) {
    http::Request request{.method = std::string(method), .path = "/v1/" + path,
                          .headers = {{"Authorization", "Bearer " + admin_token()},
                                      {"Content-Type", "application/json"}},
                          .body = body.empty() ? "" : json::serialize(body)};
    const auto match = endpoints::find_route(method, request.path);
    return problem_of(Late{*this}.settled(match.route->endpoint, std::move(request), meanwhile, match.params));
  }
  // A group of more than are named where everybody's tokens may be taken.
  std::string crowd(json::object more = {}) {
    more["name"] = "crowd";
    const auto group = create_id("groups", more);
    for (int i = 0; i < 1001; ++i) joins(i, given_user("member-" + std::to_string(i)), group);
    return group;
  }
  // Straight in the store.
  void joins(int n, const std::string& member, const std::string& group) {
    store::Put put{.record = {.kind = store::Kind::membership, .tenant = "default",
                              .id = "mbr_" + std::to_string(10'000 + n), .under = member,
                              .body = json::serialize(json::object{{"group", group}, {"member", member}})},
                   .expected_version = 0,
                   .indexes = {{"group", group}, {"member", member}}};
    EXPECT_TRUE(store->commit_now({std::move(put)}));
  }
  std::string deleted_by(const Given& who, const std::string& path) {
    return problem_of(call(token_of(who), "DELETE", "/v1/" + path));
  }
  // Deleting stands alone, reading is held by sending, and sending as it is given.
  json::object in_line(json::object sending) {
    return {{"scopes", json::array{json::object{{"name", "mail:delete"}}, std::move(sending),
                                   json::object{{"name", "mail:read"}, {"parent", "mail:send"}}}}};
  }
  json::array permissions(std::vector<std::string> scopes) {
    json::array patterns(scopes.begin(), scopes.end());
    return {json::object{{"resource", resource}, {"scopes", std::move(patterns)}}};
  }
};

}  // namespace

TEST_F(Narrowings, an_assignment_that_goes_takes_its_tokens_and_no_others) {
  const auto reading = assign(reader, agent.id);
  assign(sender, agent.id);
  const auto read = take("mail:read"), send_only = take("mail:send"), both = take("");
  ASSERT_TRUE(active(read) && active(send_only) && active(both));
  ASSERT_EQ(send("DELETE", "assignments/" + reading), "204");
  EXPECT_FALSE(active(read));
  EXPECT_FALSE(active(both));
  EXPECT_TRUE(active(send_only));
  const auto next = take("");
  EXPECT_EQ(text_at(claims_of(next), "scope"), "mail:send");
  EXPECT_TRUE(active(next)) << "what was minted without the scope in the same second lives";
}

TEST_F(Narrowings, what_is_held_in_another_way_is_not_lost) {
  const auto once = assign(reader, agent.id);
  const auto group = create_id("groups", {{"name", "readers"}});
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", agent.id}}), "201");
  const auto twice = assign(reader, group);
  const auto token = take("mail:read");
  ASSERT_EQ(send("DELETE", "assignments/" + once), "204");
  EXPECT_TRUE(active(token));
  EXPECT_TRUE(narrowings().empty());
  ASSERT_EQ(send("DELETE", "groups/" + group + "/members/" + agent.id), "204");
  EXPECT_FALSE(active(token));
}

TEST_F(Narrowings, a_user_in_a_group_that_acts_for_others_no_more_loses_nothing) {
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto group = create_id("groups", {{"name", "team"}});
  for (const auto& member : {alice, agent.id})
    ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", member}}), "201");
  const auto ceiling = create_id("assignments", {{"role", reader}, {"principal", group}, {"acts", "others"}});
  ASSERT_EQ(send("DELETE", "assignments/" + ceiling), "204");
  const auto found = narrowings();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.at(0).at("target").as_string(), agent.id);
}

TEST_F(Narrowings, a_role_that_shrinks_narrows_all_who_have_it_through_groups_too) {
  const auto both = role("both", {"mail:read", "mail:send"});
  const auto outer = create_id("groups", {{"name", "outer"}}), inner = create_id("groups", {{"name", "inner"}});
  ASSERT_EQ(send("POST", "groups/" + outer + "/members", {{"member", inner}}), "201");
  ASSERT_EQ(send("POST", "groups/" + inner + "/members", {{"member", agent.id}}), "201");
  assign(both, outer);
  const auto read = take("mail:read"), send_only = take("mail:send");
  ASSERT_EQ(send("PATCH", "roles/" + both, {{"permissions", permissions({"mail:read", "mail:delete"})}}), "200");
  EXPECT_TRUE(active(read));
  EXPECT_FALSE(active(send_only));
  ASSERT_EQ(narrowings().size(), 1u);
  EXPECT_EQ(narrowings().at(0).at("target").as_string(), agent.id);
  EXPECT_EQ(narrowings().at(0).at("resource"), mail);
  EXPECT_EQ(narrowings().at(0).at("scopes"), json::array{"mail:send"});
}

TEST_F(Narrowings, a25_who_gets_a_role_while_it_shrinks_does_not_keep_what_it_gave) {
  const auto both = role("both", {"mail:read", "mail:send"});
  std::string token;
  const auto shrink = [&](const std::function<void()>& meanwhile) {
    return overtaken("PATCH", "roles/" + both, {{"permissions", permissions({"mail:read"})}}, meanwhile);
  };
  const auto assigned = [&] {
    assign(both, agent.id);
    token = take("mail:send");
  };
  EXPECT_EQ(shrink(assigned), "200") << "all who have it are looked for anew";
  EXPECT_FALSE(active(token));
  ASSERT_EQ(narrowings().size(), 1u);
  EXPECT_EQ(narrowings().at(0).at("target").as_string(), agent.id);
}

TEST_F(Narrowings, a25_who_joins_a_group_while_it_loses_a_role_does_not_keep_what_that_gave) {
  const auto group = create_id("groups", {{"name", "readers"}});
  const auto assignment = assign(reader, group);
  std::string token;
  const auto joined = [&] {
    ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", agent.id}}), "201");
    token = take("mail:read");
  };
  EXPECT_EQ(overtaken("DELETE", "assignments/" + assignment, {}, joined), "204");
  EXPECT_FALSE(active(token));
}

// What is narrowed is what the role gave: what it comes to give meanwhile would be left.
TEST_F(Narrowings, a25_a_role_that_grows_while_it_is_taken_away_leaves_nothing) {
  const auto few = assign(reader, agent.id), many = assign(sender, crowd());
  std::string token;
  const auto grows = [&](const std::string& role, std::vector<std::string> to) {
    return [&, role, to] { ASSERT_EQ(send("PATCH", "roles/" + role, {{"permissions", permissions(to)}}), "200"); };
  };
  const auto drawn = [&](const std::function<void()>& grown) {
    return [&, grown] {
      grown();
      token = take("mail:send");
    };
  };
  EXPECT_EQ(overtaken("DELETE", "assignments/" + few, {}, drawn(grows(reader, {"mail:read", "mail:send"}))), "204");
  EXPECT_FALSE(active(token)) << "what it gives by then is lost";
  EXPECT_EQ(overtaken("DELETE", "assignments/" + many, {}, grows(sender, {"mail:send", "mail:delete"})),
            "409 conflict") << "of all in a crowd, too";
  EXPECT_EQ(overtaken("DELETE", "assignments/" + many, {}, [] {}), "204");
}

// A pattern gives what the resource comes to define, too.
TEST_F(Narrowings, a25_what_a_resource_comes_to_define_while_a_role_goes_is_not_kept) {
  const auto all = role("all", {"mail:*"});
  const auto assignment = assign(all, agent.id);
  std::string token;
  const auto defined = [&](const std::string& scope) {
    return [&, scope] {
      const auto before = body_of(call(admin_token(), "GET", "/v1/resources/" + resource));
      auto scopes = before.at("scopes").as_array();
      scopes.push_back(json::object{{"name", scope}});
      ASSERT_EQ(send("PATCH", "resources/" + resource, {{"scopes", scopes}}), "200");
      token = take(scope);
    };
  };
  const json::object same{{"permissions", permissions({"mail:read", "mail:send", "mail:delete"})}};
  EXPECT_EQ(overtaken("PATCH", "roles/" + all, same, defined("mail:forward")), "409 conflict") << "it took nothing";
  EXPECT_EQ(overtaken("DELETE", "assignments/" + assignment, {}, defined("mail:archive")), "204");
  EXPECT_FALSE(active(token));
}

TEST_F(Narrowings, a25_what_a_group_is_given_while_somebody_leaves_it_is_not_kept) {
  const auto outer = create_id("groups", {{"name", "outer"}}), inner = create_id("groups", {{"name", "inner"}});
  const auto member = "groups/" + inner + "/members/" + agent.id;
  ASSERT_EQ(send("POST", "groups/" + inner + "/members", {{"member", agent.id}}), "201");
  assign(reader, inner);
  std::string token;
  const auto given = [&] {
    assign(sender, inner);
    token = take("mail:send");
  };
  const auto put_into = [&] { ASSERT_EQ(send("POST", "groups/" + outer + "/members", {{"member", inner}}), "201"); };
  EXPECT_EQ(overtaken("DELETE", member, {}, given), "409 conflict");
  EXPECT_EQ(overtaken("DELETE", member, {}, put_into), "409 conflict");
  EXPECT_EQ(overtaken("DELETE", member, {}, [] {}), "204");
  EXPECT_FALSE(active(token));
}

TEST_F(Narrowings, a25_of_two_ways_to_one_role_the_second_that_goes_takes_the_tokens) {
  const auto once = assign(reader, agent.id);
  const auto group = create_id("groups", {{"name", "readers"}});
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", agent.id}}), "201");
  const auto twice = assign(reader, group);
  const auto token = take("mail:read");
  const auto other_goes = [&] { ASSERT_EQ(send("DELETE", "assignments/" + twice), "204"); };
  EXPECT_EQ(overtaken("DELETE", "assignments/" + once, {}, other_goes), "204");
  EXPECT_FALSE(active(token));
}

TEST_F(Narrowings, a_role_that_only_grows_takes_nothing) {
  assign(reader, agent.id);
  const auto token = take("mail:read");
  ASSERT_EQ(send("PATCH", "roles/" + reader, {{"permissions", permissions({"mail:*"})}}), "200");
  EXPECT_TRUE(active(token));
  EXPECT_TRUE(narrowings().empty());
}

TEST_F(Narrowings, a_scope_that_a_resource_no_longer_defines_is_lost_to_everybody) {
  assign(reader, agent.id);
  assign(sender, agent.id);
  const auto read = take("mail:read"), send_only = take("mail:send");
  ASSERT_EQ(send("PATCH", "resources/" + resource, {{"scopes", json::array{json::object{{"name", "mail:send"}}}}}),
            "200");
  EXPECT_FALSE(active(read));
  EXPECT_TRUE(active(send_only));
  ASSERT_EQ(narrowings().size(), 1u);
  EXPECT_EQ(narrowings().at(0).at("target"), "");
}

TEST_F(Narrowings, i3_a_scope_is_lost_that_was_held_by_one_further_above) {
  ASSERT_EQ(send("PATCH", "resources/" + resource, in_line({{"name", "mail:send"}, {"parent", "mail:delete"}})), "200");
  assign(role("deleter", {"mail:delete"}), agent.id);
  const auto read = take("mail:read"), send_only = take("mail:send"), remove = take("mail:delete");
  ASSERT_EQ(send("PATCH", "resources/" + resource, in_line({{"name", "mail:send"}})), "200");
  EXPECT_FALSE(active(read)) << "its parent is the same, and that one has none now";
  EXPECT_FALSE(active(send_only));
  EXPECT_TRUE(active(remove));
  ASSERT_EQ(narrowings().size(), 1u);
  EXPECT_EQ(narrowings().at(0).at("scopes"), (json::array{"mail:read", "mail:send"}));
}

TEST_F(Narrowings, a_scope_that_one_more_gives_is_not_lost) {
  ASSERT_EQ(send("PATCH", "resources/" + resource, in_line({{"name", "mail:send"}})), "200");
  assign(sender, agent.id);
  const auto read = take("mail:read");
  ASSERT_EQ(send("PATCH", "resources/" + resource, in_line({{"name", "mail:send"}, {"parent", "mail:delete"}})), "200");
  EXPECT_TRUE(active(read));
  EXPECT_TRUE(narrowings().empty());
}

TEST_F(Narrowings, a42_a_role_of_thousands_is_narrowed_by_one_entry) {
  const auto both = role("both", {"mail:read", "mail:send"});
  assign(both, crowd());
  assign(both, agent.id);
  const auto read = take("mail:read"), send_only = take("mail:send");
  ASSERT_EQ(send("PATCH", "roles/" + both, {{"permissions", permissions({"mail:read"})}}), "200");
  EXPECT_TRUE(active(read));
  EXPECT_FALSE(active(send_only));
  ASSERT_EQ(narrowings().size(), 1u);
  EXPECT_EQ(narrowings().at(0).at("target"), "");
}

// What a crowd of one's own loses is taken from the crowd.
TEST_F(Narrowings, a38_an_organizations_administrator_takes_nothing_from_who_is_not_in_the_crowd) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const json::object in_acme{{"organization", acme}};
  const auto boss = officer("boss", {"assignments:*", "groups:*"}, acme);
  const auto group = crowd(in_acme), outer = create_id("groups", {{"name", "outer"}, {"organization", acme}});
  const auto inside = given_agent("inside", in_acme);
  for (const auto& [to, member] : {std::pair(group, inside.id), std::pair(outer, group)})
    ASSERT_EQ(send("POST", "groups/" + to + "/members", {{"member", member}}), "201");
  assign(reader, agent.id);
  assign(sender, agent.id);
  const auto assignment = assign(reader, group);
  assign(sender, outer);
  const auto others = take("");
  const auto reads = access_token(inside, mail, "mail:read"), sends = access_token(inside, mail, "mail:send");
  ASSERT_EQ(deleted_by(boss, "assignments/" + assignment), "204");
  EXPECT_FALSE(active(reads));
  EXPECT_TRUE(active(sends));
  ASSERT_EQ(deleted_by(boss, "groups/" + outer + "/members/" + group), "204");
  EXPECT_FALSE(active(sends));
  EXPECT_TRUE(active(others)) << "who is not in the crowd loses nothing";
}

TEST_F(Narrowings, a42_what_would_take_from_more_than_can_be_named_is_for_the_whole_tenants_administrators) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = officer("boss", {"assignments:*", "groups:*"}, acme);
  const auto group = create_id("groups", {{"name", "crowd"}, {"organization", acme}}),
             outer = create_id("groups", {{"name", "outer"}, {"organization", acme}});
  ASSERT_EQ(send("POST", "groups/" + outer + "/members", {{"member", group}}), "201");
  for (int i = 0; i < 2'001; ++i) {
    auto number = std::to_string(i);
    number.insert(0, 26 - number.size(), '0');
    joins(i, "usr_" + number, group);
  }
  for (const auto& principal : {agent.id, outer}) assign(reader, principal);
  for (const auto& path : {"assignments/" + assign(reader, group), "groups/" + outer + "/members/" + group}) {
    clock.advance(Seconds(1));
    const auto others = take("mail:read");
    EXPECT_EQ(deleted_by(boss, path), "409 wrong_state") << path;
    EXPECT_TRUE(active(others)) << path;
    EXPECT_EQ(send("DELETE", path), "204") << path;
    EXPECT_FALSE(active(others)) << "one entry for everybody, by who reaches them all: " << path;
  }
}

TEST_F(Narrowings, what_is_given_back_in_the_same_second_is_minted_in_the_next) {
  const auto assignment = assign(reader, agent.id);
  take("mail:read");
  ASSERT_EQ(send("DELETE", "assignments/" + assignment), "204");
  assign(reader, agent.id);
  const auto early = token(agent, {{"resource", mail}});
  EXPECT_EQ(error_of(early), "503 temporarily_unavailable") << "it would be dead at birth";
  clock.advance(Seconds(1));
  EXPECT_TRUE(active(take("mail:read")));
}

TEST_F(Narrowings, a_lifted_ceiling_that_comes_back_kills_what_was_done_under_none) {
  const auto free = given_agent_at("https://files.example", {"files:read"});
  ASSERT_EQ(send("PATCH", "agents/" + free.id, {{"delegation", "any"}}), "200");
  ASSERT_EQ(send("PATCH", "agents/" + free.id, {{"delegation", "ceiling"}}), "200");
  const auto body = body_of(call(admin_token(), "GET", "/v1/revocations"));
  ASSERT_EQ(body.at("items").as_array().size(), 1u);
  EXPECT_EQ(body.at("items").at(0).at("target").as_string(), free.id);
}

TEST_F(Narrowings, the_last_of_two_ways_takes_the_tokens) {
  const auto first = assign(reader, agent.id), second = assign(role("reader too", {"mail:read"}), agent.id);
  const auto token = take("mail:read");
  ASSERT_EQ(send("DELETE", "assignments/" + first), "204");
  EXPECT_TRUE(active(token));
  ASSERT_EQ(send("DELETE", "assignments/" + second), "204");
  EXPECT_FALSE(active(token));
}

// Whoever gives and takes it in a loop would else refuse all that is under way in the tenant.
TEST_F(Narrowings, a28_what_gives_nothing_and_is_taken_from_a_crowd_refuses_nothing_that_is_under_way) {
  const auto many = assign(given_role("nothing", resource, {}), crowd());
  const auto taken = [&] { ASSERT_EQ(send("DELETE", "assignments/" + many), "204"); };
  EXPECT_EQ(overtaken("PATCH", "agents/" + agent.id, {{"description", "as said"}}, taken), "200");
}
