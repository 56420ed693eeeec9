// Nobody gives what they do not hold: not by a role, an assignment, a membership, a credential or a transfer.
#include <gtest/gtest.h>

#include "crypto/key.h"
#include "jose/jwk.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Authority : testing::Test, Administration {
  std::string administrator_role() {
    const auto found = store->find("default", store::Kind::role, "name", "administrator");
    EXPECT_TRUE(found && *found);
    return (*found)->id;
  }
};

constexpr const char* refused = "403 exceeds_authority";

}  // namespace

TEST_F(Authority, an_assigner_does_not_make_an_administrator) {
  const auto officer_user = officer("officer", {"assignments:*", "users:read"});
  const auto token = token_of(officer_user);
  const auto assign = [&](const std::string& role) {
    return problem_of(call(token, "POST", "/v1/assignments", {{"role", role}, {"principal", officer_user.id}}));
  };
  EXPECT_EQ(assign(administrator_role()), refused);
  EXPECT_EQ(assign(role_at_own_api("writers", {"users:write"})), refused);
  EXPECT_EQ(assign(role_at_own_api("readers", {"users:read"})), "201");
  // Roles at other people's APIs are what assigning is for.
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  EXPECT_EQ(assign(given_role("bookers", booking, {"booking:*"})), "201");
}

TEST_F(Authority, an_organizations_assigner_gives_what_it_holds_there_and_no_further) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto other = create_id("organizations", {{"name", "Other"}});
  const auto boss = officer("boss", {"assignments:*", "users:*"}, acme);
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", acme}});
  const auto outside = create_id("users", {{"username", "outside"}, {"organization", other}});
  const auto readers = role_at_own_api("readers", {"users:read"});
  const auto token = token_of(boss);
  const auto assign = [&](const std::string& role, const std::string& principal, const std::string& organization) {
    json::object body{{"role", role}, {"principal", principal}};
    if (!organization.empty()) body["organization"] = organization;
    const auto answer = call(token, "POST", "/v1/assignments", body);
    const bool missing = answer.status == 422;
    return problem_of(answer) + (missing ? " " + text_at(body_of(answer), "field") : "");
  };
  EXPECT_EQ(assign(readers, inside, acme), "201");
  EXPECT_EQ(assign(readers, inside, ""), refused) << "the whole tenant";
  EXPECT_EQ(assign(readers, inside, other), refused);
  for (const auto& principal : {outside, "usr_" + std::string(26, '0')})
    EXPECT_EQ(assign(readers, principal, acme), "422 missing_reference principal") << "out of reach, or not there";
  EXPECT_EQ(assign(administrator_role(), inside, acme), refused);
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  EXPECT_EQ(assign(given_role("bookers", booking, {"booking:*"}), inside, ""), refused);
}

TEST_F(Authority, a24_what_is_not_defined_yet_is_given_by_whom_it_will_be_held) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = officer("boss", {"assignments:*", "users:*"}, acme);
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", acme}});
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  given_assignment(given_role("reads", booking, {"booking:read"}), boss.id);
  const auto assign = [&](const std::string& role, const std::string& organization = "") {
    json::object body{{"role", role}, {"principal", inside}};
    if (!organization.empty()) body["organization"] = organization;
    return problem_of(call(token_of(boss), "POST", "/v1/assignments", body));
  };
  EXPECT_EQ(assign(given_role("all", booking, {"booking:*"})), refused) << "it gives booking:delete, once there is one";
  EXPECT_EQ(assign(given_role("later", booking, {"refunds:*"})), refused) << "nor what gives nothing today";
  EXPECT_EQ(assign(role_at_own_api("future", {"billing:*"}), acme), refused);
  EXPECT_EQ(assign(given_role("one", booking, {"booking:read"})), "201");
  given_assignment(given_role("whole", booking, {"booking:*"}), boss.id);
  EXPECT_EQ(assign(given_role("part", booking, {"booking:re*"})), "201");
}

TEST_F(Authority, an_organization_is_named_where_it_bounds_something) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  const auto bookers = given_role("bookers", booking, {"booking:*"});
  const auto robot = agent_of(admin.id, {{"organization", acme}});
  const auto assign = [&](const std::string& role) {
    return call(admin_token(), "POST", "/v1/assignments",
                {{"role", role}, {"principal", robot}, {"organization", acme}});
  };
  const auto answer = assign(bookers);
  EXPECT_EQ(problem_of(answer), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(answer), "field"), "organization");
  EXPECT_EQ(problem_of(assign(role_at_own_api("readers", {"users:read"}))), "201");
  // What an earlier version took is as it was.
  const auto earlier = given_assignment(bookers, robot, {{"organization", acme}});
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + earlier).status, 204);
}

TEST_F(Authority, an_assignment_is_made_and_taken_back_and_never_changed) {
  const auto given = "/v1/assignments/" + given_assignment(role_at_own_api("readers", {"users:read"}), user("anna").id);
  const auto changed = call(admin_token(), "PATCH", given, json::object{});
  EXPECT_EQ(changed.status, 405) << changed.body;
  EXPECT_EQ(header_at(changed, "Allow"), "GET, HEAD, DELETE");
  EXPECT_EQ(call(admin_token(), "DELETE", given).status, 204);
}

TEST_F(Authority, a_user_acts_for_nobody) {
  const auto readers = role_at_own_api("readers", {"users:read"});
  const auto assign = [&](const std::string& principal) {
    return call(admin_token(), "POST", "/v1/assignments",
                {{"role", readers}, {"principal", principal}, {"acts", "others"}});
  };
  const auto answer = assign(user("anna").id);
  EXPECT_EQ(problem_of(answer), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(answer), "field"), "acts");
  EXPECT_EQ(problem_of(assign(agent_of(admin.id))), "201");
  EXPECT_EQ(problem_of(assign(given_application("portal").id)), "201");
  EXPECT_EQ(problem_of(assign(create_id("groups", {{"name", "robots"}}))), "201");
}

TEST_F(Authority, a_role_does_not_grow_beyond_whoever_edits_it) {
  const auto officer_user = officer("officer", {"roles:*", "users:read"});
  const auto token = token_of(officer_user);
  const auto permissions = [&](std::string_view pattern) {
    return json::array{json::object{{"resource", own_api()}, {"scopes", json::array{pattern}}}};
  };
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/roles", {{"name", "r"}, {"permissions", permissions("*")}})), refused);
  const auto made = call(token, "POST", "/v1/roles", {{"name", "r"}, {"permissions", permissions("users:read")}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto path = "/v1/roles/" + text_at(body_of(made), "id");
  EXPECT_EQ(problem_of(call(token, "PATCH", path, {{"permissions", permissions("users:*")}})), refused);
  EXPECT_EQ(problem_of(call(token, "PATCH", path, {{"description", "fine"}})), "200");
  // What is there already may stay: an editor of names need not hold all that a role gives.
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/roles/" + administrator_role(), {{"description", "all"}})), "200");
}

TEST_F(Authority, a_member_is_not_put_into_a_group_that_holds_more) {
  const auto officer_user = officer("officer", {"groups:*", "users:read"});
  const auto admins = create_id("groups", {{"name", "admins"}}), outer = create_id("groups", {{"name", "outer"}});
  const auto plain = create_id("groups", {{"name", "plain"}});
  create("assignments", {{"role", administrator_role()}, {"principal", outer}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + outer + "/members", {{"member", admins}}).status, 201);
  const auto join = [&](const std::string& group) {
    return problem_of(
        call(token_of(officer_user), "POST", "/v1/groups/" + group + "/members", {{"member", officer_user.id}}));
  };
  EXPECT_EQ(join(outer), refused);
  EXPECT_EQ(join(admins), refused) << "through the group it is in";
  EXPECT_EQ(join(plain), "201");
}

TEST_F(Authority, a_credential_of_an_administrator_is_not_made_by_less) {
  const auto officer_user = officer("officer", {"credentials:write", "users:*", "agents:*"});
  const auto token = token_of(officer_user);
  const json::object secret{{"type", "secret"}};
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/users/" + admin.id + "/credentials", secret)), refused);
  const auto credentials = items_of(call(token, "GET", "/v1/users/" + admin.id + "/credentials"));
  ASSERT_EQ(credentials.size(), 1u);
  const auto rotate = "/v1/users/" + admin.id + "/credentials/" + credentials[0] + "/rotate";
  EXPECT_EQ(problem_of(call(token, "POST", rotate)), refused);
  const auto plain = create_id("users", {{"username", "plain"}});
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/users/" + plain + "/credentials", secret)), "201");
}

TEST_F(Authority, a_token_that_was_narrowed_gives_nothing_that_it_does_not_carry) {
  const auto narrow = token_of(admin, "assignments:write credentials:write");
  const auto plain = create_id("users", {{"username", "plain"}});
  const auto give = [&](const std::string& token, const std::string& role) {
    return problem_of(call(token, "POST", "/v1/assignments", {{"role", role}, {"principal", plain}}));
  };
  EXPECT_EQ(give(narrow, administrator_role()), refused);
  const auto second = create_id("users", {{"username", "second"}});
  create("assignments", {{"role", administrator_role()}, {"principal", second}});
  const auto credentials = "/v1/users/" + second + "/credentials";
  EXPECT_EQ(problem_of(call(narrow, "POST", credentials, json::object{{"type", "secret"}})), refused);
  EXPECT_EQ(give(narrow, role_at_own_api("gives", {"assignments:write"})), "201");
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  EXPECT_EQ(give(narrow, given_role("books", booking, {"booking:read"})), "201") << "its office";
  EXPECT_EQ(give(admin_token(), administrator_role()), "201");
}

TEST_F(Authority, a_token_that_was_narrowed_comes_by_no_wider_one) {
  const auto narrow = token_of(admin, "agents:write credentials:write users:write");
  const auto team = create_id("groups", {{"name", "team"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + team + "/members", {{"member", admin.id}}).status, 201);
  const auto robot = agent_of(team), plain = agent_of(team);
  create("assignments", {{"role", administrator_role()}, {"principal", robot}});
  const json::object secret{{"type", "secret"}};
  const auto me = "/v1/users/" + admin.id;
  const auto credential = "/credentials/" + items_of(call(admin_token(), "GET", me + "/credentials")).at(0);
  const auto answers = [&](const std::string& token) {
    return std::vector<std::string>{
        problem_of(call(token, "POST", "/v1/agents/" + robot + "/credentials", secret)),
        problem_of(call(token, "POST", "/v1/agents/" + robot + "/transfer", {{"owner", admin.id}})),
        problem_of(call(token, "POST", me + "/credentials", secret)),
        problem_of(call(token, "POST", me + credential + "/rotate")),
        problem_of(call(token, "PATCH", me + credential, {{"expires_at", nullptr}})),
        problem_of(call(token, "PATCH", me, {{"username", "another"}})),
        problem_of(call(token, "POST", me + "/reset-code"))};
  };
  EXPECT_EQ(answers(narrow), std::vector<std::string>(7, refused));
  EXPECT_EQ(problem_of(call(narrow, "POST", "/v1/agents/" + plain + "/credentials", secret)), "201");
  EXPECT_EQ(problem_of(call(narrow, "POST", "/v1/agents/" + plain + "/transfer", {{"owner", admin.id}})), "200");
  EXPECT_EQ(answers(admin_token()),
            (std::vector<std::string>{"201", "200", "201", "201", "200", "200", "201"})) << "as it was given";

  const Given clerk{agent_of(admin.id), ""};
  given_assignment(role_at_own_api("clerk", {"users:read", "credentials:write"}), clerk.id);
  const Given itself{clerk.id, given_secret(clerk.id)};
  const auto renew = [&](std::string_view scope) {
    return problem_of(call(token_of(itself, scope), "POST", "/v1/agents/" + itself.id + "/credentials", secret));
  };
  EXPECT_EQ(renew("credentials:write"), refused) << "an agent's own";
  EXPECT_EQ(renew(""), "201");
}

TEST_F(Authority, a_token_that_was_narrowed_is_told_that_it_is_when_it_would_reach_other_resources) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto owner = user("owner", {{"organization", acme}});
  const auto mine = agent_of(owner.id, {{"organization", acme}}), plain = agent_of(owner.id);
  create("assignments", {{"role", given_role("books", given_resource("https://booking.example/", {"booking:read"}),
                                             {"booking:read"})}, {"principal", mine}});
  const auto make = [&](const std::string& token, const std::string& agent) {
    return call(token, "POST", "/v1/agents/" + agent + "/credentials", json::object{{"type", "secret"}});
  };
  const auto narrow = token_of(owner, "agents:read credentials:write");
  const auto told = make(narrow, mine);
  EXPECT_EQ(problem_of(told), refused) << "a token for /v1 alone does not come by one for the bookings";
  EXPECT_NE(told.body.find("Your token does not carry all you hold at this server's own API"), std::string::npos)
      << told.body;
  EXPECT_EQ(problem_of(make(narrow, plain)), "201");
  EXPECT_EQ(problem_of(make(token_of(owner), mine)), "201") << "the owner's own act";
  const auto stranger = make(token_of(officer("officer", {"credentials:write", "agents:read"}, acme)), mine);
  EXPECT_EQ(problem_of(stranger), refused);
  EXPECT_EQ(stranger.body.find("Your token does not carry all"), std::string::npos) << "there it is who asks";
}

TEST_F(Authority, an_agent_that_holds_more_is_not_taken_over_by_transfer) {
  const auto officer_user = officer("officer", {"agents:*"});
  const auto robot = agent_of(admin.id), plain = agent_of(admin.id);
  create("assignments", {{"role", administrator_role()}, {"principal", robot}});
  const auto take = [&](const std::string& agent) {
    return problem_of(
        call(token_of(officer_user), "POST", "/v1/agents/" + agent + "/transfer", {{"owner", officer_user.id}}));
  };
  EXPECT_EQ(take(robot), refused);
  EXPECT_EQ(take(plain), "200");
}

TEST_F(Authority, a24_a_trusted_issuer_is_given_no_more_than_whoever_names_it_holds) {
  const auto token = token_of(officer("mallory", {"trusted_issuers:*", "users:read"}));
  const auto permissions = [&](std::string_view pattern) {
    return json::array{json::object{{"resource", own_api()}, {"scopes", json::array{pattern}}}};
  };
  const auto named = [&](std::string_view issuer, std::string_view pattern, std::string_view state) {
    return problem_of(call(token, "POST", "/v1/trusted-issuers",
                           {{"issuer", issuer}, {"jwks_uri", "https://keys.example/mine"}, {"state", state},
                            {"permissions", permissions(pattern)}}));
  };
  EXPECT_EQ(named("https://one.example", "*", "active"), refused);
  EXPECT_EQ(named("https://two.example", "users:write", "active"), refused);
  EXPECT_EQ(named("https://three.example", "users:read", "active"), "201");
  EXPECT_EQ(named("https://four.example", "*", "disabled"), "201") << "it gives nothing";
  // Roles at other people's APIs are what the office is for.
  const auto booking = given_resource("https://booking.example/", {"booking:read"});
  EXPECT_EQ(problem_of(call(token, "POST", "/v1/trusted-issuers",
                            {{"issuer", "https://five.example"}, {"jwks_uri", "https://keys.example/mine"},
                             {"permissions", json::array{json::object{{"resource", booking},
                                                                      {"scopes", json::array{"*"}}}}}})),
            "201");
}

TEST_F(Authority, a24_a_trusted_issuer_that_gives_more_does_not_become_another_by_less) {
  const auto strong = [&](std::string_view issuer, std::string_view state) {
    return "/v1/trusted-issuers/" +
           create_id("trusted-issuers",
                     {{"issuer", issuer}, {"jwks_uri", "https://keys.example/theirs"}, {"state", state},
                      {"permissions", json::array{json::object{{"resource", own_api()},
                                                               {"scopes", json::array{"*"}}}}}});
  };
  const auto active = strong("https://one.example", "active"), disabled = strong("https://two.example", "disabled");
  const auto mallory = officer("mallory", {"trusted_issuers:*"});
  const auto patch = [&](const std::string& path, const json::object& body) {
    return problem_of(call(token_of(mallory), "PATCH", path, body));
  };
  const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const json::object keys{{"keys", json::array{jose::public_jwk(key.public_key(), "k", crypto::Algorithm::ES256)}}};
  EXPECT_EQ(patch(active, {{"jwks_uri", "https://keys.example/mine"}}), refused);
  EXPECT_EQ(patch(active, {{"jwks_uri", nullptr}, {"jwks", keys}}), refused);
  EXPECT_EQ(patch(active, {{"audiences", json::array{"another"}}}), refused);
  EXPECT_EQ(patch(active, {{"subject_claim", "email"}}), refused);
  EXPECT_EQ(patch(active, {{"subject_field", "id"}}), refused);
  EXPECT_EQ(patch(disabled, {{"state", "active"}}), refused);
  EXPECT_EQ(patch(active, {{"name", "as it was"}}), "200");
  EXPECT_EQ(patch(disabled, {{"jwks_uri", "https://keys.example/mine"}}), "200") << "it gives nothing";
  EXPECT_EQ(patch(disabled, {{"state", "active"}}), refused);
  EXPECT_EQ(patch(active, {{"permissions", json::array()}}), "200") << "less is no giving";
  clock.advance(Seconds(1));  // whoever had a token with what it gave gets another
  EXPECT_EQ(patch(active, {{"jwks_uri", "https://keys.example/mine"}}), "200");
}

TEST_F(Authority, a38_who_takes_the_place_of_an_owner_takes_its_agents) {
  const auto officer_user = officer("officer", {"groups:*", "credentials:write", "users:*"});
  const auto token = token_of(officer_user);
  const auto platform = create_id("groups", {{"name", "platform"}});
  const auto alice = create_id("users", {{"username", "alice"}});
  const auto groups_robot = agent_of(platform), alices_robot = agent_of(alice);
  const json::object secret{{"type", "secret"}};
  const auto join = [&] {
    const auto path = "/v1/groups/" + platform + "/members";
    const auto answer = problem_of(call(token, "POST", path, {{"member", officer_user.id}}));
    if (answer == "201") EXPECT_EQ(call(token, "DELETE", path + "/" + officer_user.id).status, 204);
    return answer;
  };
  const auto stand_in = [&] { return problem_of(call(token, "POST", "/v1/users/" + alice + "/credentials", secret)); };
  const auto reset = [&] { return problem_of(call(token, "POST", "/v1/users/" + alice + "/reset-code")); };
  EXPECT_EQ(join(), "201");
  EXPECT_EQ(stand_in(), "201");
  EXPECT_EQ(reset(), "201");
  for (const auto& robot : {groups_robot, alices_robot})
    create("assignments", {{"role", administrator_role()}, {"principal", robot}});
  EXPECT_EQ(join(), refused);
  EXPECT_EQ(stand_in(), refused);
  EXPECT_EQ(reset(), refused);
  // One that is revoked acts no more; nor does that of a group that alice is in stay out of it.
  ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + alices_robot + "/revoke").status, 200);
  EXPECT_EQ(stand_in(), "201");
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + platform + "/members", {{"member", alice}}).status, 201);
  EXPECT_EQ(stand_in(), refused);
}

TEST_F(Authority, a42_an_owner_of_more_agents_than_are_looked_at_is_for_those_who_hold_everything) {
  const auto officer_user = officer("officer", {"groups:*", "users:read"});
  const auto crowd = create_id("groups", {{"name", "crowd"}});
  for (int i = 0; i < 1001; ++i) put(store::Kind::agent, {{"name", "one"}, {"owner", crowd}, {"state", "active"}});
  const auto join = [&](const std::string& token) {
    return problem_of(call(token, "POST", "/v1/groups/" + crowd + "/members", {{"member", officer_user.id}}));
  };
  EXPECT_EQ(join(token_of(officer_user)), refused);
  EXPECT_EQ(join(admin_token()), "201");
}

TEST_F(Authority, a38_a_username_that_names_an_administrator_upstream_is_not_moved_by_less) {
  const auto officer_user = officer("officer", {"users:*"});
  const auto token = token_of(officer_user);
  const auto rename = [&](const std::string& user, std::string_view name) {
    return problem_of(call(token, "PATCH", "/v1/users/" + user, {{"username", name}}));
  };
  EXPECT_EQ(rename(admin.id, "boss"), refused);
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/users/" + admin.id, {{"name", "Boss"}})), "200");
  EXPECT_EQ(rename(create_id("users", {{"username", "plain"}}), "simple"), "200");
  EXPECT_EQ(rename(officer_user.id, "officer2"), "200") << "oneself";
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/users/" + admin.id, {{"username", "root"}})), "200");
}
