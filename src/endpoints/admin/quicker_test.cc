// Two requests of which each alone is fine: who was slower is told in the words of what they sent.
#include <gtest/gtest.h>

#include "endpoints/routing.h"
#include "flows/disclosure.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Quicker : testing::Test, Administration {
  // What is decided before `meanwhile` and becomes durable after it.
  http::Response sent(const std::string& method, const std::string& path, const json::object& body,
                      const std::function<void()>& meanwhile, const std::string& token = "") {
    const auto match = endpoints::find_route(method, path);
    EXPECT_NE(match.route, nullptr) << path;
    http::Request request{
        .method = method,
        .path = path,
        .headers = {{"Authorization", "Bearer " + (token.empty() ? admin_token() : token)},
                    {"Content-Type", "application/json"}},
        .body = json::serialize(body)};
    return Late{*this}.settled(match.route->endpoint, std::move(request), meanwhile, match.params);
  }
  std::string late(const std::string& path, const json::object& body, const std::function<void()>& meanwhile) {
    return problem_of(sent("POST", path, body, meanwhile));
  }
  // What the second of two same requests is told that are both decided before either is durable.
  json::object slower(const std::string& path, const json::object& body) {
    const auto first = [&] { EXPECT_EQ(call(admin_token(), "POST", path, body).status, 201); };
    const auto second = sent("POST", path, body, first);
    EXPECT_EQ(second.status, 409) << second.body;
    for (const auto* index : {"gift", "pair", "only"}) EXPECT_EQ(second.body.find(index), std::string::npos);
    return body_of(second);
  }
  static std::string code_of(const json::object& problem) {
    const auto type = text_at(problem, "type");
    return type.substr(type.find('#') + 1);
  }
};

}  // namespace

TEST_F(Quicker, with_the_same_assignment_is_named_by_its_role) {
  const auto role = role_at_own_api("reader", {"users:read"});
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto told = slower("/v1/assignments", {{"role", role}, {"principal", alice}});
  EXPECT_EQ(code_of(told), "not_unique");
  EXPECT_EQ(text_at(told, "field"), "role");
  const auto later = call(admin_token(), "POST", "/v1/assignments", {{"role", role}, {"principal", alice}});
  EXPECT_EQ(text_at(body_of(later), "detail"), text_at(told, "detail")) << "as who comes later is told";
}

TEST_F(Quicker, with_the_same_member_is_named_by_it) {
  const auto group = create_id("groups", {{"name", "team"}});
  const auto told = slower("/v1/groups/" + group + "/members", {{"member", admin.id}});
  EXPECT_EQ(code_of(told), "not_unique");
  EXPECT_EQ(text_at(told, "field"), "member");
}

TEST_F(Quicker, with_the_agent_itself_leaves_no_secret_for_what_it_is_no_more) {
  const auto bob = create_id("users", {{"username", "bob"}});
  const auto agent = agent_of(create_id("users", {{"username", "alice"}}));
  const auto path = "/v1/agents/" + agent;
  const auto meanwhile = [&](const std::string& method, const std::string& rest, const json::object& body) {
    return [this, method, at = path + rest, body] { EXPECT_EQ(call(admin_token(), method, at, body).status, 200); };
  };
  EXPECT_EQ(late(path + "/credentials", {{"type", "secret"}},
                 meanwhile("POST", "/transfer", {{"owner", bob}, {"end_credentials", true}})), "409 conflict");
  EXPECT_TRUE(items_of(call(admin_token(), "GET", path + "/credentials")).empty());
  EXPECT_EQ(late(path + "/credentials", {{"type", "secret"}}, meanwhile("PATCH", "", {{"profile", "fapi2"}})),
            "409 conflict");
  EXPECT_TRUE(items_of(call(admin_token(), "GET", path + "/credentials")).empty());
}

TEST_F(Quicker, with_a_secret_lets_no_transfer_leave_it_behind) {
  const auto bob = create_id("users", {{"username", "bob"}});
  const auto path = "/v1/agents/" + agent_of(create_id("users", {{"username", "alice"}}));
  const auto secrets = [&] { return items_of(call(admin_token(), "GET", path + "/credentials")).size(); };
  const auto made = [&] { EXPECT_EQ(call(admin_token(), "POST", path + "/credentials", "{}").status, 201); };
  const json::object all{{"owner", bob}, {"end_credentials", true}};
  EXPECT_EQ(late(path + "/transfer", all, made), "200") << "it is decided once more";
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", path)), "owner"), bob);
  EXPECT_EQ(secrets(), 0u) << "bob would have an agent that alice can be";
}

TEST_F(Quicker, with_a_transfer_lets_nobody_lengthen_what_the_earlier_owner_knows) {
  const auto alice = create_id("users", {{"username", "alice"}}), bob = create_id("users", {{"username", "bob"}});
  const auto path = "/v1/agents/" + agent_of(alice);
  const auto soon = rfc3339(clock.now() + Seconds(60));
  const auto made = call(admin_token(), "POST", path + "/credentials", json::object{{"expires_at", soon}});
  const auto secret = path + "/credentials/" + text_at(body_of(made), "id");
  const auto handed = [&] {
    EXPECT_EQ(call(admin_token(), "POST", path + "/transfer", json::object{{"owner", bob}}).status, 200);
  };
  EXPECT_EQ(problem_of(sent("PATCH", secret, {{"expires_at", nullptr}}, handed)), "409 conflict");
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", secret)), "expires_at"), soon);
  EXPECT_EQ(problem_of(sent("PATCH", secret, {{"expires_at", nullptr}}, [] {})), "200");
}

TEST_F(Quicker, with_the_state_of_a_user_leaves_no_reset_code) {
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto path = "/v1/users/" + alice;
  const auto state = [&](const std::string& to) {
    EXPECT_EQ(call(admin_token(), "PATCH", path, json::object{{"state", to}}).status, 200);
  };
  EXPECT_EQ(late(path + "/reset-code", {}, [&] { state("disabled"); }), "409 conflict");
  state("active");
  EXPECT_TRUE(items_of(call(admin_token(), "GET", path + "/authenticators")).empty());
}

TEST_F(Quicker, a28_with_a_reset_code_holds_up_nobody_who_disables_its_user_and_it_is_void_when_they_are_back) {
  const auto path = "/v1/users/" + create_id("users", {{"username", "alice"}});
  const auto ways = [&] { return items_of(call(admin_token(), "GET", path + "/authenticators")).size(); };
  const auto made = [&] { EXPECT_EQ(call(admin_token(), "POST", path + "/reset-code").status, 201); };
  EXPECT_EQ(problem_of(sent("PATCH", path, {{"state", "disabled"}}, made)), "200");
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", path)), "state"), "disabled");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, json::object{{"state", "active"}})), "200");
  EXPECT_EQ(ways(), 0u);
  ASSERT_EQ(call(admin_token(), "POST", path + "/reset-code").status, 201);
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, json::object{{"state", "disabled"}})), "200");
  EXPECT_EQ(ways(), 0u) << "of one that is there before it is none left at once";
}

TEST_F(Quicker, a28_with_the_end_of_who_asks_leaves_nothing_that_they_asked_for) {
  const auto clerk = officer("clerk", {"users:write"}), other = officer("other", {"users:write"});
  const auto token = token_of(clerk);
  const auto made_by_clerk = [&](const std::string& name, const std::function<void()>& meanwhile) {
    return problem_of(sent("POST", "/v1/users", {{"username", name}}, meanwhile, token));
  };
  const auto disable = [&](const Given& who) {
    EXPECT_EQ(call(admin_token(), "PATCH", "/v1/users/" + who.id, json::object{{"state", "disabled"}}).status, 200);
  };
  EXPECT_EQ(made_by_clerk("first", [&] { disable(other); }), "201") << "another's end is nothing to it";
  EXPECT_EQ(made_by_clerk("second", [&] { disable(clerk); }), "409 conflict");
  EXPECT_EQ(made_by_clerk("second", [] {}), "401 invalid_token") << "who asks again is told why";
  const auto users = items_of(call(admin_token(), "GET", "/v1/users?filter=username%20eq%20%22second%22"));
  EXPECT_TRUE(users.empty());
}

TEST_F(Quicker, a28_with_a_role_that_its_caller_loses_leaves_nothing_either) {
  const auto clerk = officer("clerk", {"users:write"});
  const auto token = token_of(clerk);
  const auto assignments = items_of(call(admin_token(), "GET", "/v1/assignments?filter=principal%20eq%20%22" +
                                                                   clerk.id + "%22"));
  ASSERT_EQ(assignments.size(), 1u);
  const auto loses = [&] {
    EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + assignments[0]).status, 204);
  };
  EXPECT_EQ(problem_of(sent("POST", "/v1/users", {{"username", "late"}}, loses, token)), "409 conflict");
}

TEST_F(Quicker, a28_with_reach_that_its_caller_loses_with_no_role_leaves_nothing_either) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto clerk = user("clerk");
  const auto clerks = role_at_own_api("clerks", {"users:write"});
  const auto everywhere = given_assignment(clerks, clerk.id);
  given_assignment(clerks, clerk.id, {{"organization", acme}});
  const auto loses = [&] {
    EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + everywhere).status, 204);
  };
  EXPECT_EQ(problem_of(sent("POST", "/v1/users", {{"username", "late"}}, loses, token_of(clerk))), "409 conflict");
}

TEST_F(Quicker, a28_with_a_group_that_owns_agents_and_that_its_caller_leaves_leaves_nothing_either) {
  const auto alice = user("alice");
  const auto team = create_id("groups", {{"name", "team"}});
  const auto members = "/v1/groups/" + team + "/members";
  ASSERT_EQ(call(admin_token(), "POST", members, json::object{{"member", alice.id}}).status, 201);
  const auto path = "/v1/agents/" + agent_of(team);
  const auto token = token_of(alice);
  const auto leaves = [&] { EXPECT_EQ(call(admin_token(), "DELETE", members + "/" + alice.id).status, 204); };
  EXPECT_EQ(problem_of(sent("PATCH", path, {{"description", "theirs"}}, leaves, token)), "409 conflict");
  EXPECT_EQ(problem_of(call(token, "PATCH", path, json::object{{"description", "theirs"}})), "404 not_found");
}

TEST_F(Quicker, a28_with_a_move_of_the_organization_leaves_nothing_to_whose_office_was_above_it) {
  const auto acme = create_id("organizations", {{"name", "Acme"}}), other = create_id("organizations", {{"name", "O"}});
  const auto part = create_id("organizations", {{"name", "Part"}, {"parent", acme}});
  const auto boss = officer("boss", {"users:*"}, acme);
  const auto token = token_of(boss);
  const auto made = [&](const std::string& name, const std::function<void()>& meanwhile) {
    return problem_of(sent("POST", "/v1/users", {{"username", name}, {"organization", part}}, meanwhile, token));
  };
  const auto becomes = [&](const json::object& patch) {
    return [&, patch] { EXPECT_EQ(call(admin_token(), "PATCH", "/v1/organizations/" + part, patch).status, 200); };
  };
  EXPECT_EQ(made("first", becomes({{"name", "The part"}})), "201") << "it is where it was";
  EXPECT_EQ(made("second", becomes({{"parent", other}})), "409 conflict");
  EXPECT_EQ(made("second", [] {}), "403 exceeds_authority") << "the token lives on";
}

TEST_F(Quicker, with_a_reset_code_is_told_to_make_another) {
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto told = slower("/v1/users/" + alice + "/reset-code", {});
  EXPECT_EQ(code_of(told), "conflict");
  EXPECT_EQ(text_at(told, "field"), "");
  EXPECT_EQ(call(admin_token(), "POST", "/v1/users/" + alice + "/reset-code").status, 201);
}

TEST_F(Quicker, with_a_yes_on_the_consent_page_leaves_nothing_of_a_user_who_is_deleted) {
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto path = "/v1/users/" + alice;
  const auto told = [&] {
    EXPECT_TRUE(Late{*this}.becomes_durable(
        {flows::disclose(std::nullopt, {.told = *oauth::ScopeSet::parse("openid")}, "agt_1", alice, "default", random,
                         clock.now())}));
  };
  EXPECT_EQ(problem_of(sent("DELETE", path, {}, told)), "409 conflict");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", path)), "204");
  EXPECT_TRUE(store->under("default", alice)->empty());
}
