// A tenant is never without an administrator by /v1: the change that would take the last one away is refused.
#include <gtest/gtest.h>

#include "endpoints/routing.h"
#include "signin/authenticator.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr const char* refused = "409 wrong_state";

struct Administrators : testing::Test, Administration {
  std::string administrator_role() {
    const auto found = store->find("default", store::Kind::role, "name", "administrator");
    EXPECT_TRUE(found && *found);
    return (*found)->id;
  }
  std::string assignment_of(const std::string& principal) {
    const auto path = "/v1/assignments?filter=principal%20eq%20%22" + principal + "%22";
    const auto listed = items_of(call(admin_token(), "GET", path));
    EXPECT_EQ(listed.size(), 1u);
    return listed.at(0);
  }
  std::string role_becomes(const std::string& role, json::array patterns) {
    json::array permissions;
    if (!patterns.empty())
      permissions.push_back(json::object{{"resource", own_api()}, {"scopes", std::move(patterns)}});
    return problem_of(call(admin_token(), "PATCH", "/v1/roles/" + role, {{"permissions", std::move(permissions)}}));
  }
  // What is decided of a patch now, before it becomes durable.
  endpoints::Answer decided(const std::string& path, std::string body) {
    const auto token = admin_token();
    const http::Request request{.method = "PATCH",
                                .path = path,
                                .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
                                .body = std::move(body),
                                .peer = peer,
                                .secure = true,
                                .correlation_id = "req"};
    const auto match = endpoints::find_route(request.method, request.path);
    return match.route->endpoint({request, "default", issuer, match.params, clock.now()}, app());
  }
  std::string ends(std::string_view path) { return problem_of(call(admin_token(), "DELETE", path)); }
  std::string becomes(const std::string& path, const json::object& patch) {
    return problem_of(call(admin_token(), "PATCH", path, patch));
  }
  std::string credentials_of(const Given& of) { return "/v1/users/" + of.id + "/credentials/"; }
  std::string first_credential_of(const Given& of) {
    const auto listed = items_of(call(admin_token(), "GET", "/v1/users/" + of.id + "/credentials"));
    EXPECT_EQ(listed.size(), 1u);
    return credentials_of(of) + listed.at(0);
  }
  bool has_one() { return call(admin_token(), "GET", "/v1/users").status == 200; }
};

}  // namespace

TEST_F(Administrators, the_last_one_is_not_taken_away) {
  EXPECT_EQ(role_becomes(administrator_role(), {"users:*"}), refused);
  EXPECT_EQ(role_becomes(administrator_role(), {}), refused);
  EXPECT_EQ(ends("/v1/assignments/" + assignment_of(admin.id)), refused);
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), refused);
  EXPECT_EQ(ends("/v1/users/" + admin.id), refused);
  EXPECT_TRUE(has_one());
  // What takes nothing is no matter.
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"name", "Boss"}}), "200");
  EXPECT_EQ(becomes("/v1/roles/" + administrator_role(), {{"description", "all"}}), "200");
}

TEST_F(Administrators, one_goes_where_another_is_left_whatever_makes_that_one_so) {
  const auto other = user("other");
  const auto group = create_id("groups", {{"name", "keepers"}});
  create("assignments", {{"role", administrator_role()}, {"principal", group}});
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), refused) << "nobody is in the group";
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + group + "/members", {{"member", other.id}}).status, 201);
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), "200");
  admin = other;
  EXPECT_EQ(ends("/v1/groups/" + group + "/members/" + other.id), refused);
  EXPECT_EQ(becomes("/v1/users/" + other.id, {{"state", "disabled"}}), refused);
  EXPECT_TRUE(has_one());
}

TEST_F(Administrators, several_roles_together_make_one) {
  const auto other = user("other");
  const auto some = role_at_own_api("some", {"users:*", "groups:*"});
  const auto assigned = given_assignment(some, other.id);
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), refused);
  std::vector<std::string> rest;
  const auto resource = body_of(call(admin_token(), "GET", "/v1/resources/" + own_api()));
  for (const auto& scope : resource.at("scopes").as_array()) {
    const auto name = text_at(scope.as_object(), "name");
    if (!name.starts_with("users:") && !name.starts_with("groups:")) rest.push_back(name);
  }
  given_assignment(role_at_own_api("rest", rest), other.id);
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), "200");
  admin = other;
  EXPECT_EQ(ends("/v1/assignments/" + assigned), refused);
  EXPECT_EQ(role_becomes(some, {"users:*"}), refused);
}

TEST_F(Administrators, who_is_bound_stopped_or_about_to_end_is_none) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto bound = user("bound");
  given_assignment(administrator_role(), bound.id, {{"organization", acme}});
  const auto suspended = given_agent("suspended", {{"state", "suspended"}});
  given_assignment(administrator_role(), suspended.id);
  const auto ends_soon = given_agent("ends", {{"expires_at", "2100-01-01T00:00:00Z"}});
  given_assignment(administrator_role(), ends_soon.id);
  const auto of_others = given_agent("helper");
  given_assignment(administrator_role(), of_others.id, {{"acts", "others"}});
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), refused);
}

TEST_F(Administrators, an_agent_may_be_the_last_one_and_is_held_as_well) {
  const auto agent = given_agent("keeper");
  given_assignment(administrator_role(), agent.id);
  ASSERT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), "200");
  admin = agent;
  const auto path = "/v1/agents/" + agent.id;
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/suspend")), refused);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/revoke")), refused);
  EXPECT_EQ(becomes(path, {{"expires_at", "2100-01-01T00:00:00Z"}}), refused);
  // It is only asked, and told what the act would be.
  const auto asked = [&](std::string_view method, const std::string& target, const json::object& body = {}) {
    const auto answer = call(admin_token(), method, target + "?preview=true", body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto document = body_of(answer);
    const auto* would = json_member_object(document, "would_refuse");
    return would == nullptr ? std::string("nothing") : std::to_string(json_integer(*would, "status").value_or(0)) +
           " " + text_at(*would, "type").substr(text_at(*would, "type").rfind('#') + 1);
  };
  const auto bob = user("bob").id;
  EXPECT_EQ(asked("POST", path + "/suspend"), refused);
  EXPECT_EQ(asked("POST", path + "/revoke"), refused);
  EXPECT_EQ(asked("PATCH", path, {{"expires_at", "2100-01-01T00:00:00Z"}}), refused);
  EXPECT_EQ(asked("PATCH", path, {{"description", "d"}}), "nothing");
  EXPECT_EQ(asked("POST", path + "/transfer", {{"owner", bob}, {"end_credentials", true}}), refused);
  EXPECT_EQ(asked("POST", path + "/transfer", {{"owner", bob}}), "nothing");
  EXPECT_EQ(asked("DELETE", path), refused) << "nor is it revoked";
  EXPECT_TRUE(has_one());
}

TEST_F(Administrators, of_two_who_go_at_once_one_stays) {
  const auto other = user("other");
  create("assignments", {{"role", administrator_role()}, {"principal", other.id}});
  auto answer = decided("/v1/users/" + other.id, R"({"state":"disabled"})");
  EXPECT_EQ(answer.response.status, 200) << "the first administrator is there yet";
  ASSERT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), "200");
  EXPECT_EQ(problem_of(answered_at_last(*this, std::move(answer))), "401 invalid_token")
      << "who asked is stopped by now";
  EXPECT_EQ(call(token_of(other), "GET", "/v1/users").status, 200);
}

// The one who is found to be left may be a friend of the one who goes, and change all the while.
TEST_F(Administrators, a28_one_who_is_left_and_changes_all_the_while_holds_up_nobodys_end) {
  for (const auto* name : {"friend", "other"}) {
    const auto one = user(name);
    create("assignments", {{"role", administrator_role()}, {"principal", one.id}});
  }
  const auto clerk = token_of(officer("clerk", {"users:*"}));
  const auto going = admin;
  const http::Request request{.method = "PATCH",
                              .path = "/v1/users/" + going.id,
                              .headers = {{"Authorization", "Bearer " + clerk}, {"Content-Type", "application/json"}},
                              .body = R"({"state":"disabled"})",
                              .peer = peer,
                              .secure = true,
                              .correlation_id = "req"};
  const auto match = endpoints::find_route(request.method, request.path);
  auto answer = match.route->endpoint({request, "default", issuer, match.params, clock.now()}, app());
  int times = 0;
  std::string held;  // the one who was found first, and from then on is quicker each time
  for (;; ++times) {
    for (const auto& write : answer.writes)
      if (const auto* require = std::get_if<store::Require>(&write); held.empty() && require != nullptr &&
                                                                     require->kind == store::Kind::user)
        held = require->id;
    ASSERT_FALSE(held.empty());
    change(store::Kind::user, held, {{"name", "Friend " + std::to_string(times)}});
    const auto outcome = store->commit_now(std::move(answer.writes));
    ASSERT_TRUE(outcome);
    const auto* lost = std::get_if<store::Refused>(&*outcome);
    if (lost == nullptr) break;
    auto next = answer.refused(*lost);
    answer = next.later ? next.later->work() : std::move(next);
  }
  EXPECT_EQ(times, 1);
  EXPECT_EQ(problem_of(answer.response), "200");
}

TEST_F(Administrators, the_last_credential_of_the_last_one_is_not_taken_away) {
  const auto first = first_credential_of(admin);
  EXPECT_EQ(ends(first), refused);
  given_secret(admin.id, {{"expires_at", "2000-01-01T00:00:00Z"}});
  EXPECT_EQ(ends(first), refused) << "the other opens nothing";
  admin.secret = given_secret(admin.id);
  EXPECT_EQ(ends(first), "204");
  EXPECT_TRUE(has_one());
  const auto other = user("other");
  create("assignments", {{"role", administrator_role()}, {"principal", other.id}});
  const auto theirs = first_credential_of(other);
  EXPECT_EQ(ends(theirs), "204") << "there is the first";
  EXPECT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), refused) << "who is left could do nothing";
}

TEST_F(Administrators, who_signs_in_by_a_password_or_a_passkey_is_one) {
  const auto other = given_user("other");
  given_assignment(administrator_role(), other);
  const auto token = admin_token();
  const auto first = first_credential_of(admin);
  const auto given = [&](signin::Type type) {
    const auto one = signin::make_authenticator(type, "default", other, clock.now(), random);
    EXPECT_TRUE(store->commit_now({signin::put_of(one, clock.now())}));
    return "/v1/users/" + other + "/authenticators/" + one.record.id;
  };
  given(signin::Type::totp);
  EXPECT_EQ(problem_of(call(token, "DELETE", first)), refused) << "alone it opens nothing";
  const auto password = given(signin::Type::password);
  ASSERT_EQ(becomes("/v1/tenants/default", {{"sign_in_password", false}}), "200");
  EXPECT_EQ(problem_of(call(token, "DELETE", first)), refused) << "nor does what is switched off";
  ASSERT_EQ(becomes("/v1/tenants/default", {{"sign_in_password", true}}), "200");
  EXPECT_EQ(problem_of(call(token, "DELETE", first)), "204");
  EXPECT_EQ(problem_of(call(token, "DELETE", password)), refused) << "nobody else is left";
  const auto patch = [&](json::object body) {
    return problem_of(call(token, "PATCH", "/v1/tenants/default", std::move(body)));
  };
  EXPECT_EQ(patch({{"sign_in_password", false}}), refused) << "the one way in";
  EXPECT_EQ(patch({{"sign_in_passkey", false}}), "200") << "nobody's";
}

TEST_F(Administrators, an_agent_that_is_the_last_one_is_not_handed_on_without_its_credentials) {
  const auto agent = given_agent("keeper");
  given_assignment(administrator_role(), agent.id);
  const auto owner = create_id("users", {{"username", "owner"}});
  ASSERT_EQ(becomes("/v1/users/" + admin.id, {{"state", "disabled"}}), "200");
  admin = agent;
  const auto handed = [&](bool end) {
    return problem_of(call(admin_token(), "POST", "/v1/agents/" + agent.id + "/transfer",
                           {{"owner", owner}, {"end_credentials", end}}));
  };
  EXPECT_EQ(handed(true), refused);
  EXPECT_EQ(handed(false), "200");
}

TEST_F(Administrators, who_is_left_keeps_a_credential_until_the_change_is_made) {
  const auto other = user("other");
  create("assignments", {{"role", administrator_role()}, {"principal", other.id}});
  const auto first = first_credential_of(admin);
  auto answer = decided("/v1/users/" + other.id, R"({"state":"disabled"})");
  EXPECT_EQ(answer.response.status, 200) << "the first administrator has a credential yet";
  ASSERT_EQ(ends(first), "204");
  EXPECT_EQ(problem_of(answered_at_last(*this, std::move(answer))), refused) << "nobody else would be left";
}

TEST_F(Administrators, a_role_that_takes_nothing_from_anybody_does_not_hang_on_one) {
  const auto booking = given_resource("https://booking.example/", {"booking:read", "booking:write"});
  const auto books = given_role("books", booking, {"booking:*"}), reads = role_at_own_api("reads", {"users:read"});
  const auto patch = [](const std::string& resource, const std::string& scopes) {
    return R"({"permissions":[{"resource":")" + resource + R"(","scopes":[)" + scopes + "]}]}";
  };
  const auto lost = [&](const std::string& role, const std::string& body) {
    auto answer = decided("/v1/roles/" + role, body);
    EXPECT_EQ(answer.response.status, 200) << answer.response.body;
    change(store::Kind::user, admin.id, {{"name", role}});
    const auto outcome = store->commit_now(std::move(answer.writes));
    EXPECT_TRUE(outcome);
    return !outcome || std::holds_alternative<store::Refused>(*outcome);
  };
  EXPECT_FALSE(lost(books, patch(booking, R"("booking:read")"))) << "of another API";
  EXPECT_FALSE(lost(reads, patch(own_api(), R"("users:read","users:write")"))) << "it gives more";
  EXPECT_TRUE(lost(reads, patch(own_api(), R"("users:read")"))) << "it gives less";
}

TEST_F(Administrators, where_there_is_none_nothing_is_asked) {
  const auto token = token_of(officer("officer", {"users:*", "roles:*"}));
  const auto role = (*store->find("default", store::Kind::role, "name", "role of officer"))->id;
  const json::array less{json::object{{"resource", own_api()}, {"scopes", json::array{"roles:*"}}}};
  change(store::Kind::user, admin.id, {{"state", "disabled"}});
  EXPECT_EQ(problem_of(call(token, "PATCH", "/v1/roles/" + role, {{"permissions", less}})), "200");
}

TEST_F(Administrators, a_tenant_has_its_own) {
  const auto made = body_of(admin_call("POST", "/v1/tenants", {{"id", "acme"}, {"name", "Acme"}}));
  const auto& first = made.at("admin").as_object();
  const Given theirs{text_at(first, "client_id"), text_at(first, "secret")};
  const auto answer = form("/t/acme/oauth2/token", {{"grant_type", "client_credentials"}},
                           {{"Authorization", basic(theirs)}});
  const auto token = text_at(body_of(answer), "access_token");
  EXPECT_EQ(problem_of(call(token, "PATCH", "/t/acme/v1/users/" + theirs.id, {{"state", "disabled"}})), refused);
}
