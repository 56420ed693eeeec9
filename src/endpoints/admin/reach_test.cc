// Who may call /v1, and how far each caller reaches: owners, administrators of organizations, nobody across tenants.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"
#include "tests/kit/flow.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Reach : testing::Test, Administration {};

// Agents that act for a chief, who holds everything in the whole tenant.
struct Ceiling : testing::Test, Administration {
  std::string acme = create_id("organizations", {{"name", "Acme"}});
  std::string labs = create_id("organizations", {{"name", "Labs"}, {"parent", acme}});
  std::string other = create_id("organizations", {{"name", "Other"}});
  std::string in_acme = agent_of(admin.id, {{"organization", acme}});
  std::string in_labs = agent_of(admin.id, {{"organization", labs}});
  std::string in_other = agent_of(admin.id, {{"organization", other}});
  std::string everything = role_at_own_api("everything", {"*"});
  Given chief = acting("chief", {{"acts", "self"}});

  Given acting(std::string_view name, const json::object& assignment, json::object more = {}) {
    auto given = given_agent(name, std::move(more));
    given_assignment(everything, given.id, assignment);
    return given;
  }
  Given bound_to(const std::string& organization, json::object more = {}) {
    return acting("bound", {{"acts", "others"}, {"organization", organization}}, std::move(more));
  }
  std::string handed_on(const Given& from, const std::string& token, const Given& to) {
    change(directory::Kind::agent, from.id, {{"delegates", json::array{json::value(to.id)}}});
    return exchanged(to, token);
  }
  std::string for_chief(const Given& agent) { return handed_on(chief, token_of(chief), agent); }
  // Of the three agents that lie in an organization, those that are seen.
  std::vector<std::string> seen(std::string_view token) {
    auto all = items_of(call(token, "GET", "/v1/agents"));
    std::erase_if(all, [&](const auto& id) { return id != in_acme && id != in_labs && id != in_other; });
    return all;
  }
  std::string renamed(std::string_view token, const std::string& id) {
    return problem_of(call(token, "PATCH", "/v1/agents/" + id, {{"name", "renamed"}}));
  }
};

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
  refused("Bearer x");
  refused("Bearer " + admin_token().substr(1));
  refused("Bearer " + access_token(agent, "https://api.example/"));  // A19: another resource's
  EXPECT_EQ(problem_of(ask("GET", "/v1/agents?access_token=" + admin_token())), "401 invalid_token");  // A21
  EXPECT_EQ(ask("GET", "/v1/agents", "", {{"Authorization", "bearer " + admin_token()}}).status, 200);
}

TEST_F(Reach, a21_rfc6750_s2_refuses_a_token_that_is_sent_in_two_ways) {
  const auto agent = given_agent_at("https://api.example/", {"agents:read"});
  const auto response = ask("GET", "/v1/agents/" + agent.id + "?access_token=" + admin_token(), "",
                            {{"Authorization", "Bearer " + admin_token()}});
  EXPECT_EQ(problem_of(response), "400 invalid_request");
  EXPECT_EQ(text_at(body_of(response), "detail"),
            "Send one access token, in one Authorization header and nowhere else.");
  const auto challenge = header_at(response, "WWW-Authenticate");
  EXPECT_NE(challenge.find("error=\"invalid_request\""), std::string::npos) << challenge;
  EXPECT_NE(challenge.find("resource_metadata="), std::string::npos) << challenge;
}

TEST_F(Reach, refuses_a_token_without_the_scope_and_names_it) {
  const auto token = token_of(admin, "agents:read users:read");
  EXPECT_EQ(call(token, "GET", "/v1/agents").status, 200);
  const auto response = call(token, "POST", "/v1/agents", {{"name", "x"}, {"owner", admin.id}});
  EXPECT_EQ(problem_of(response), "403 insufficient_scope");
  EXPECT_EQ(text_at(body_of(response), "detail"),
            "The access token does not carry the scope that this needs: agents:write.");
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
  EXPECT_TRUE(items_of(call(token, "GET", "/v1/trusted-issuers")).empty());
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

TEST_F(Ceiling, i3_bound_to_an_organization_binds_an_agent_that_acts_for_an_administrator_of_the_tenant) {
  ASSERT_EQ(seen(token_of(chief)), (std::vector{in_acme, in_labs, in_other}));
  const auto token = for_chief(bound_to(acme));
  EXPECT_EQ(items_of(call(token, "GET", "/v1/agents")), (std::vector{in_acme, in_labs}));
  EXPECT_EQ(items_of(call(token, "GET", "/v1/organizations")), (std::vector{acme, labs}));
  EXPECT_EQ(renamed(token, in_labs), "200");
  EXPECT_EQ(renamed(token, in_other), "404 not_found");
  EXPECT_EQ(renamed(token, chief.id), "404 not_found");
  const auto create_in = [&](json::object body) {
    body["username"] = "x";
    return problem_of(call(token, "POST", "/v1/users", body));
  };
  EXPECT_EQ(create_in({{"organization", other}}), "403 exceeds_authority");
  EXPECT_EQ(create_in({}), "403 exceeds_authority");
  EXPECT_EQ(create_in({{"organization", labs}}), "201");
  for (const auto* path : {"/v1/events", "/v1/revocations", "/v1/keys"})
    EXPECT_EQ(problem_of(call(token, "GET", path)), "403 exceeds_authority") << path;
}

TEST_F(Ceiling, i3_bounds_what_an_agent_confers_for_another) {
  const auto mail = given_resource("https://mail.example", {"mail:read"});
  const auto reader = given_role("mail reader", mail, {"mail:read"});
  given_assignment(reader, chief.id);
  const auto keeper = role_at_own_api("keeper of users", {"users:write"});
  const auto helper = given_agent("helper");
  const auto in = [](const std::string& organization) {
    return json::object{{"acts", "others"}, {"organization", organization}};
  };
  given_assignment(role_at_own_api("giver", {"assignments:write"}), helper.id, in(acme));
  given_assignment(keeper, helper.id, in(labs));
  const auto token = for_chief(helper);
  const auto assign = [&](const std::string& role, const std::string& organization) {
    json::object body{{"role", role}, {"principal", in_labs}};
    if (!organization.empty()) body["organization"] = organization;
    return problem_of(call(token, "POST", "/v1/assignments", body));
  };
  EXPECT_EQ(assign(keeper, other), "403 exceeds_authority");
  EXPECT_EQ(assign(keeper, acme), "403 exceeds_authority") << "the chief holds it there, the agent may not do it there";
  EXPECT_EQ(assign(keeper, labs), "201");
  EXPECT_EQ(assign(everything, labs), "403 exceeds_authority");
  EXPECT_EQ(assign(reader, ""), "403 exceeds_authority") << "at another resource, too";
  given_assignment(reader, helper.id, in(acme));
  EXPECT_EQ(assign(reader, ""), "201");
}

TEST_F(Ceiling, i3_who_acts_for_another_makes_no_credential_by_which_it_would_be_the_other) {
  const auto helper = given_agent("helper");
  given_assignment(role_at_own_api("locksmith", {"credentials:write"}), helper.id, {{"acts", "others"}});
  const auto made = [&](const std::string& token) {
    return problem_of(call(token, "POST", "/v1/agents/" + chief.id + "/credentials", {{"type", "secret"}}));
  };
  EXPECT_EQ(made(for_chief(helper)), "403 exceeds_authority");
  EXPECT_EQ(made(token_of(chief)), "201");
}

TEST_F(Ceiling, i3_a_chain_reaches_what_lies_in_the_ceilings_of_all) {
  const auto whole = acting("whole", {{"acts", "others"}}), in = bound_to(acme), below = bound_to(labs);
  const auto beside = bound_to(other), both = bound_to(other);
  given_assignment(everything, both.id, {{"acts", "others"}, {"organization", labs}});
  const auto first = for_chief(whole);
  EXPECT_EQ(seen(first), (std::vector{in_acme, in_labs, in_other}));
  const auto second = handed_on(whole, first, in);
  EXPECT_EQ(seen(second), (std::vector{in_acme, in_labs}));
  EXPECT_EQ(seen(handed_on(in, second, below)), (std::vector{in_labs}));
  EXPECT_EQ(seen(handed_on(in, second, both)), (std::vector{in_labs}));
  const auto nothing = handed_on(in, second, beside);
  EXPECT_TRUE(seen(nothing).empty());
  for (const auto& id : {in_acme, in_labs, in_other}) EXPECT_EQ(renamed(nothing, id), "404 not_found");
  // It is no matter who comes first.
  EXPECT_EQ(seen(handed_on(below, for_chief(below), whole)), (std::vector{in_labs}));
}

TEST_F(Reach, what_is_the_tenants_as_a_whole_is_out_of_reach_for_who_is_bound_to_an_organization) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto type = create_id("agent-types", {{"name", "t"}});
  const auto resource = given_resource("https://api.example/", {"read"});
  const auto role = given_role("r", resource, {"read"});
  struct Asked {
    std::string_view scope, method;
    std::string path, body;
  };
  const std::string named = R"({"name":"other"})";
  const std::vector<Asked> asked{
      {"agent_types:write", "PATCH", "/v1/agent-types/" + type, named},
      {"events:read", "GET", "/v1/events", ""},
      {"keys:read", "GET", "/v1/keys", ""},
      {"keys:write", "POST", "/v1/keys/rotate", R"({"algorithm":"ES256"})"},
      {"resources:write", "PATCH", "/v1/resources/" + resource, named},
      {"revocations:read", "GET", "/v1/revocations", ""},
      {"roles:write", "PATCH", "/v1/roles/" + role, named},
      {"tenants:read", "GET", "/v1/tenants", ""},
      {"tenants:write", "POST", "/v1/tenants", R"({"id":"other","name":"other"})"},
      {"trusted_issuers:write", "POST", "/v1/trusted-issuers",
       R"({"issuer":"https://idp.example","jwks_uri":"https://idp.example/keys","permissions":[]})"},
  };
  const auto bound = user("bound");
  given_assignment(role_at_own_api("everything", {"*"}), bound.id, {{"organization", acme}});
  for (const auto scope : directory::whole_tenant_scopes) {
    if (scope == "trusted_issuers:read") continue;
    const auto found = std::find_if(asked.begin(), asked.end(), [&](const auto& one) { return one.scope == scope; });
    ASSERT_NE(found, asked.end()) << scope;
    EXPECT_EQ(problem_of(call(token_of(bound), found->method, found->path, found->body)), "403 exceeds_authority")
        << scope;
  }
  create("trusted-issuers", {{"issuer", "https://login.example"}, {"jwks_uri", "https://login.example/keys"},
                             {"permissions", json::array()}});
  EXPECT_TRUE(items_of(call(token_of(bound), "GET", "/v1/trusted-issuers")).empty());
  for (const auto* path : {"/v1/audit/checkpoint", "/v1/audit/export", "/v1/revocations/snapshot"})
    EXPECT_EQ(problem_of(call(token_of(bound), "GET", path)), "403 exceeds_authority") << path;
}

TEST_F(Ceiling, i3_one_that_is_lifted_binds_nothing) {
  const auto token = for_chief(bound_to(acme, {{"delegation", "any"}}));
  EXPECT_EQ(seen(token), (std::vector{in_acme, in_labs, in_other}));
  EXPECT_EQ(renamed(token, in_other), "200");
  EXPECT_EQ(call(token, "GET", "/v1/events").status, 200);
}

TEST(CeilingOfAnApplication, i3_binds_though_no_chain_names_it_and_also_what_its_person_owns) {
  Flow flow;
  auto& world = flow.world;
  const auto own_api = (*world.store->find("default", store::Kind::resource, "identifier", world.issuer + "/v1"))->id;
  const auto readers = world.given_role("readers", own_api, {"agents:read"});
  const auto acme = world.put(store::Kind::organization, {{"name", "Acme"}});
  const auto other = world.put(store::Kind::organization, {{"name", "Other"}});
  const auto mine = world.given_agent("mine", {{"owner", flow.user}, {"organization", acme}});
  (void)world.given_agent("mine, elsewhere", {{"owner", flow.user}, {"organization", other}});
  (void)world.given_agent("mine, nowhere", {{"owner", flow.user}});
  (void)world.given_agent("somebody's", {{"organization", acme}});
  world.given_assignment(readers, flow.user, {{"organization", other}});
  world.given_assignment(readers, flow.portal.id, {{"acts", "others"}, {"organization", acme}});
  flow.sign_in();
  const std::pair<std::string, std::string> back{"redirect_uri", "https://portal.example/a"};
  const auto asked = flow.authorize(flow.portal, {back, {"resource", world.issuer + "/v1"}, {"scope", "agents:read"}});
  ASSERT_EQ(outcome_of(asked), "/consent") << asked.body;
  const auto code = redirected(flow.allow(asked))["code"];
  const auto token = text_at(body_of(flow.redeem(flow.portal, code, {back})), "access_token");
  EXPECT_FALSE(claims_of(token).contains("act"));
  EXPECT_EQ(items_of(world.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + token}})),
            (std::vector{mine.id}));
}
