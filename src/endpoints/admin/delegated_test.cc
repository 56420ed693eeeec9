// What an organization's administrator sees of the tenant, gives, and is told where the tenant's own is not theirs.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {
struct Delegated : testing::Test, Administration {};
}  // namespace

TEST_F(Delegated, an_organizations_administrator_sees_what_is_assigned_by_name_and_assigns_it) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = officer("boss", {"*"}, acme);
  const auto inside = create_id("users", {{"username", "inside"}, {"organization", acme}});
  const auto outside = create_id("users", {{"username", "outside"}});
  const auto books = given_resource("https://books.example/", {"books:read"});
  const auto accountant = given_role("accountant", books, {"books:*"});
  const auto readers = role_at_own_api("readers", {"users:read"});
  given_assignment(accountant, boss.id);
  const auto token = token_of(boss);
  const auto by_name = call(token, "GET", "/v1/roles?filter=name%20eq%20%22accountant%22");
  EXPECT_EQ(items_of(by_name), (std::vector{accountant}));
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/roles/" + accountant)), "200");
  EXPECT_EQ(items_of(call(token, "GET", "/v1/resources?filter=identifier%20eq%20%22https://books.example/%22")),
            (std::vector{books}));
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/resources/" + books)), "200");
  const auto type = create_id("agent-types", {{"name", "robot"}});
  EXPECT_EQ(items_of(call(token, "GET", "/v1/agent-types")), (std::vector{type}));

  const auto assign = [&](const std::string& role, const std::string& principal, json::object more = {}) {
    more["role"] = role;
    more["principal"] = principal;
    return call(token, "POST", "/v1/assignments", more);
  };
  const auto made = assign(accountant, inside);
  ASSERT_EQ(made.status, 201) << made.body;
  const auto assignment = text_at(body_of(made), "id");
  const auto bound = assign(readers, inside, {{"organization", acme}});
  ASSERT_EQ(bound.status, 201) << bound.body;
  auto seen = items_of(call(token, "GET", "/v1/assignments"));
  EXPECT_NE(std::find(seen.begin(), seen.end(), assignment), seen.end());
  EXPECT_NE(std::find(seen.begin(), seen.end(), text_at(body_of(bound), "id")), seen.end());
  EXPECT_EQ(call(token, "DELETE", "/v1/assignments/" + assignment).status, 204);
  EXPECT_EQ(problem_of(assign(accountant, outside)), "403 exceeds_authority");
  EXPECT_EQ(problem_of(assign(accountant, "usr_" + std::string(26, '0'))), "403 exceeds_authority") << "the same";
  EXPECT_EQ(problem_of(assign(readers, inside)), "403 exceeds_authority") << "it would reach the whole tenant";
  // What reaches the tenant is not an organization's to see, whoever has it.
  const auto auditors = given_assignment(readers, inside);
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/assignments/" + auditors)), "404 not_found");
  EXPECT_EQ(problem_of(call(token, "DELETE", "/v1/assignments/" + auditors)), "404 not_found");
}

TEST_F(Delegated, a_refusal_names_a_way_that_the_kind_has) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto token = token_of(officer("boss", {"*"}, acme));
  const auto role = role_at_own_api("readers", {"users:read"});
  const auto refusal = [&](std::string_view method, const std::string& path, const json::object& body) {
    const auto answer = call(token, method, "/v1/" + path, body);
    EXPECT_EQ(problem_of(answer), "403 exceeds_authority") << path;
    return body_of(answer);
  };
  const json::array none;
  const std::string whole =
      "This belongs to the tenant as a whole: it needs a role that is not bound to an organization.";
  const std::vector<std::pair<std::string, json::object>> common{
      {"resources", {{"identifier", "https://x.example/"}, {"name", "x"}}},
      {"roles", {{"name", "x"}, {"permissions", none}}},
      {"agent-types", {{"name", "x"}}},
      {"trusted-issuers",
       {{"issuer", "https://i.example"}, {"jwks_uri", "https://i.example/k"}, {"permissions", none}}}};
  for (const auto& [path, body] : common) {
    const auto said = refusal("POST", path, body);
    EXPECT_EQ(text_at(said, "detail"), whole);
    EXPECT_FALSE(said.contains("field"));
  }
  const auto changed = refusal("PATCH", "roles/" + role, {{"description", "mine"}});
  EXPECT_EQ(text_at(changed, "detail"), whole);
  const std::vector<std::pair<std::string, json::object>> placed{
      {"users", {{"username", "x"}}}, {"groups", {{"name", "x"}}}, {"applications", {{"name", "x"}}}};
  for (const auto& [path, body] : placed) {
    const auto said = refusal("POST", path, body);
    EXPECT_EQ(text_at(said, "field"), "organization") << json::serialize(said);
    EXPECT_EQ(text_at(said, "detail").find("owner"), std::string::npos) << json::serialize(said);
  }
  EXPECT_EQ(text_at(refusal("POST", "organizations", {{"name", "x"}}), "field"), "parent");
}
