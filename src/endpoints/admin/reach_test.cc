// Who may call /v1, and how far each caller reaches: owners, administrators of organizations, nobody across tenants.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {
struct Reach : testing::Test, Administration {};
}  // namespace

TEST_F(Reach, without_a_token_the_challenge_says_where_to_get_one_and_names_no_error) {
  const auto response = ask("GET", "/v1/agents");
  EXPECT_EQ(problem_of(response), "401 invalid_token");
  EXPECT_EQ(header_at(response, "WWW-Authenticate"),
            "Bearer resource_metadata=\"https://id.example/.well-known/oauth-protected-resource/v1\"");
}

TEST_F(Reach, refuses_tokens_that_are_no_tokens_for_this_api) {
  const auto agent = given_agent_at("https://api.example/", {"agents:read"});
  const auto refused = [&](std::string authorization) {
    const auto response = ask("GET", "/v1/agents", "", {{"Authorization", std::move(authorization)}});
    EXPECT_EQ(problem_of(response), "401 invalid_token");
    EXPECT_NE(header_at(response, "WWW-Authenticate").find("error=\"invalid_token\""), std::string::npos);
  };
  refused("Bearer");
  refused("Bearer ");
  refused("Bearer x");
  refused("Basic " + admin_token());
  refused("Bearer " + admin_token() + " x");
  refused("Bearer " + admin_token().substr(1));
  refused("Bearer " + access_token(agent, "https://api.example/"));  // A19: another resource's
  const auto repeated = ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + admin_token()},
                                                      {"Authorization", "Bearer " + admin_token()}});
  EXPECT_EQ(problem_of(repeated), "401 invalid_token");
  EXPECT_EQ(problem_of(ask("GET", "/v1/agents?access_token=" + admin_token())), "401 invalid_token");  // A21
  EXPECT_EQ(ask("GET", "/v1/agents", "", {{"Authorization", "bearer " + admin_token()}}).status, 200);
}

TEST_F(Reach, refuses_a_token_without_the_scope_and_names_it) {
  const auto token = token_of(admin, "agents:read users:read");
  EXPECT_EQ(call(token, "GET", "/v1/agents").status, 200);
  const auto response = call(token, "POST", "/v1/agents", {{"name", "x"}, {"owner", admin.id}});
  EXPECT_EQ(problem_of(response), "403 insufficient_scope");
  const auto challenge = header_at(response, "WWW-Authenticate");
  EXPECT_NE(challenge.find("error=\"insufficient_scope\""), std::string::npos) << challenge;
  EXPECT_NE(challenge.find("scope=\"agents:write\""), std::string::npos) << challenge;
}

TEST_F(Reach, a_token_does_not_outlive_the_assignment_that_gave_it) {
  const auto officer_user = user("officer");
  const auto role = role_at_own_api("readers", {"groups:read"});
  const auto assignment = given_assignment(role, officer_user.id);
  const auto token = token_of(officer_user);
  EXPECT_EQ(call(token, "GET", "/v1/groups").status, 200);
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + assignment).status, 204);
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/groups")), "401 invalid_token");
}

TEST_F(Reach, a28_a_disabled_caller_is_refused_at_once) {
  const auto officer_user = officer("officer", {"groups:read"});
  const auto token = token_of(officer_user);
  EXPECT_EQ(call(token, "GET", "/v1/groups").status, 200);
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/users/" + officer_user.id, {{"state", "disabled"}}).status, 200);
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/groups")), "401 invalid_token");
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/users/" + officer_user.id, {{"state", "active"}}).status, 200);
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/groups")), "401 invalid_token") << "the old token stays dead";
}

TEST_F(Reach, an_owner_sees_to_its_own_agents_and_to_those_of_its_groups) {
  const auto alice = user("alice"), bob = user("bob");
  const auto team = create_id("groups", {{"name", "team"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + team + "/members", {{"member", alice.id}}).status, 201);
  const auto mine = agent_of(alice.id), ours = agent_of(team), theirs = agent_of(bob.id);
  const auto token = token_of(alice);
  EXPECT_EQ(items_of(call(token, "GET", "/v1/agents")), (std::vector{mine, ours}));
  EXPECT_EQ(call(token, "PATCH", "/v1/agents/" + ours, {{"name", "renamed"}}).status, 200);
  EXPECT_EQ(call(token, "POST", "/v1/agents/" + mine + "/suspend").status, 200);
  EXPECT_EQ(call(token, "POST", "/v1/agents/" + mine + "/credentials", {{"type", "secret"}}).status, 201);
  EXPECT_EQ(call(token, "POST", "/v1/agents", {{"name", "new"}, {"owner", alice.id}}).status, 201);
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/agents/" + theirs)), "404 not_found");
}

TEST_F(Reach, nobody_is_made_accountable_unasked) {
  const auto alice = user("alice"), bob = user("bob");
  EXPECT_EQ(problem_of(call(token_of(alice), "POST", "/v1/agents", {{"name", "x"}, {"owner", bob.id}})),
            "403 exceeds_authority");
  const auto organization = create_id("organizations", {{"name", "Acme"}});
  EXPECT_EQ(problem_of(call(token_of(alice), "POST", "/v1/agents",
                            {{"name", "x"}, {"owner", alice.id}, {"organization", organization}})),
            "403 exceeds_authority");
}

TEST_F(Reach, an_organizations_administrator_names_owners_it_administers) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", acme}});
  const auto outside = create_id("users", {{"username", "outside"}});
  const auto token = token_of(officer("boss", {"agents:*"}, acme));
  const auto create_owned_by = [&](const std::string& owner) {
    return problem_of(
        call(token, "POST", "/v1/agents", {{"name", "x"}, {"owner", owner}, {"organization", acme}}));
  };
  EXPECT_EQ(create_owned_by(inside), "201");
  EXPECT_EQ(create_owned_by(outside), "403 exceeds_authority");
  EXPECT_EQ(create_owned_by("usr_" + std::string(26, '0')), "403 exceeds_authority") << "as if it were there";
}

TEST_F(Reach, a38_what_is_out_of_reach_looks_like_what_is_not_there) {
  const auto alice = user("alice"), bob = user("bob");
  const auto theirs = agent_of(bob.id);
  const auto secret = create("agents/" + theirs + "/credentials", {{"type", "secret"}});
  const auto token = token_of(alice);
  const std::string nothing = "agt_00000000000000000000000000";
  const auto same = [&](std::string_view method, std::string_view tail, std::string body = "") {
    auto there = call(token, method, "/v1/agents/" + theirs + std::string(tail), body);
    auto absent = call(token, method, "/v1/agents/" + nothing + std::string(tail), body);
    EXPECT_EQ(problem_of(there), "404 not_found") << method << tail;
    auto one = body_of(there), other = body_of(absent);
    one.erase("correlation_id");
    other.erase("correlation_id");
    EXPECT_EQ(one, other);
    EXPECT_EQ(there.headers, absent.headers);
  };
  same("GET", "");
  same("PATCH", "", R"({"name":"mine"})");
  same("DELETE", "");
  for (const auto* verb : {"/suspend", "/resume", "/revoke"}) same("POST", verb);
  same("POST", "/transfer", R"({"owner":")" + alice.id + "\"}");
  same("GET", "/owners");
  same("GET", "/credentials");
  same("POST", "/credentials", R"({"type":"secret"})");
  same("GET", "/credentials/" + text_at(secret, "id"));
  same("DELETE", "/credentials/" + text_at(secret, "id"));
  same("POST", "/credentials/" + text_at(secret, "id") + "/rotate");
  // The event tells the two apart, for those who may read it.
  const auto refused = events("agent.read");
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_NE(text_at(refused[0].as_object(), "reason"), text_at(refused[1].as_object(), "reason"));
  EXPECT_EQ(text_at(refused[0].as_object(), "decision"), "refused");
}

TEST_F(Reach, a38_a_credential_is_found_under_its_own_principal_only) {
  const auto alice = user("alice");
  const auto mine = agent_of(alice.id), other = agent_of(admin.id);
  const auto foreign = text_at(create("agents/" + other + "/credentials", {{"type", "secret"}}), "id");
  const auto path = "/v1/agents/" + mine + "/credentials/" + foreign;
  EXPECT_EQ(problem_of(call(token_of(alice), "GET", path)), "404 not_found");
  EXPECT_EQ(problem_of(call(token_of(alice), "DELETE", path)), "404 not_found");
  EXPECT_EQ(problem_of(call(token_of(alice), "POST", path + "/rotate")), "404 not_found");
}

TEST_F(Reach, an_organizations_administrator_reaches_it_and_what_lies_below) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto labs = create_id("organizations", {{"name", "Labs"}, {"parent", acme}});
  const auto other = create_id("organizations", {{"name", "Other"}});
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", labs}});
  const auto outside = create_id("users", {{"username", "outside"}, {"organization", other}});
  const auto homeless = create_id("users", {{"username", "homeless"}});
  const auto boss = officer("boss", {"users:*", "agents:*", "organizations:*"}, acme);
  const auto token = token_of(boss);
  EXPECT_EQ(items_of(call(token, "GET", "/v1/users")), (std::vector{inside}));
  EXPECT_EQ(items_of(call(token, "GET", "/v1/organizations")), (std::vector{acme, labs}));
  EXPECT_EQ(call(token, "PATCH", "/v1/users/" + inside, {{"name", "In"}}).status, 200);
  for (const auto& id : {outside, homeless})
    EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/users/" + id, {{"name", "x"}})), "404 not_found");
  // Nor does anything leave or enter its reach by its hand.
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/users/" + inside, {{"organization", other}})),
            "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/users/" + inside, {{"organization", nullptr}})),
            "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/users", {{"username", "x"}, {"organization", other}})),
            "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/users", {{"username", "x"}})), "403 exceeds_authority");
  EXPECT_EQ(call(token, "POST", "/v1/users", {{"username", "x"}, {"organization", acme}}).status, 201);
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/organizations/" + labs, {{"parent", other}})),
            "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/organizations/" + acme, {{"parent", labs}})), "403 exceeds_authority")
      << "out from under those who oversee it";
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/organizations", {{"name", "Root"}})), "403 exceeds_authority");
  EXPECT_EQ(call(token, "POST", "/v1/organizations", {{"name", "New"}, {"parent", labs}}).status, 201);
}

TEST_F(Reach, what_belongs_to_the_tenant_needs_a_role_for_the_whole_tenant) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = officer("boss", {"*"}, acme);
  const auto token = token_of(boss);
  for (const auto* path : {"/v1/events", "/v1/revocations", "/v1/keys", "/v1/tenants"})
    EXPECT_EQ(problem_of(call(token, "GET", path)), "403 exceeds_authority") << path;
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})), "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/tenants", {{"id", "x"}, {"name", "X"}})), "403 exceeds_authority");
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/roles", {{"name", "r"}, {"permissions", json::array{}}})),
            "403 exceeds_authority");
  EXPECT_TRUE(items_of(call(token, "GET", "/v1/roles")).empty());
}

TEST_F(Reach, every_refusal_is_an_event_that_names_the_caller) {
  const auto alice = user("alice");
  (void)call(token_of(alice), "GET", "/v1/groups");
  (void)ask("GET", "/v1/groups");
  const auto recorded = events("group.list");
  ASSERT_EQ(recorded.size(), 2u);
  EXPECT_EQ(text_at(recorded[0].as_object(), "decision"), "refused");
  EXPECT_TRUE(text_at(recorded[0].as_object(), "reason").starts_with("insufficient_scope"));
  EXPECT_EQ(text_at(recorded[0].as_object(), "subject"), alice.id);
  EXPECT_NE(text_at(recorded[0].as_object(), "actor"), "");
  EXPECT_TRUE(text_at(recorded[1].as_object(), "reason").starts_with("invalid_token"));
  EXPECT_EQ(text_at(recorded[1].as_object(), "actor"), "");
}
