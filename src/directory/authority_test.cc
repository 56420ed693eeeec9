// Authority: patterns, hierarchy, and that narrowing only ever narrows.
#include "directory/authority.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

using namespace deputy;
using namespace deputy::directory;
using oauth::ScopeSet;

namespace {

Resource resource_with(std::vector<std::pair<std::string, std::string>> scopes_and_parents) {
  Resource resource;
  resource.id = "res_1";
  for (auto& [name, parent] : scopes_and_parents)
    resource.scopes.push_back({.name = name, .description = "", .sensitivity = "low", .parent = parent});
  return resource;
}

Role role_of(std::vector<std::string> patterns, std::string resource = "res_1") {
  return {.id = "rol_1",
          .name = "",
          .permissions = {{.resource = std::move(resource), .patterns = std::move(patterns)}}};
}

std::string given(const Resource& resource, const Role& role) { return scopes_given(resource, {&role}).text(); }

// Few names, so that what is asked, held and defined meet often.
rc::Gen<std::string> some_scope() {
  return rc::gen::elementOf(std::vector<std::string>{"a", "a:r", "a:w", "a:r:own", "b", "b:r", "c"});
}
rc::Gen<std::vector<std::string>> some_scopes() { return rc::gen::container<std::vector<std::string>>(some_scope()); }
rc::Gen<std::vector<std::string>> some_patterns() {
  return rc::gen::container<std::vector<std::string>>(
      rc::gen::elementOf(std::vector<std::string>{"*", "a", "a:*", "a:r*", "b*", "c", "nothing", "", "d:*"}));
}

// Each scope once, as Resource::from() sees to; but parents that are not defined, and cycles, which it does not refuse.
Resource some_resource() {
  const auto listed = *some_scopes();
  const std::set<std::string> names(listed.begin(), listed.end());
  std::vector<std::pair<std::string, std::string>> scopes;
  for (const auto& name : names)
    scopes.emplace_back(
        name, *rc::gen::weightedOneOf<std::string>({{2, rc::gen::just(std::string())}, {1, some_scope()}}));
  return resource_with(scopes);
}

}  // namespace

TEST(Authority, a_pattern_covers_what_begins_with_it) {
  EXPECT_TRUE(covers("booking:*", "booking:read"));
  EXPECT_TRUE(covers("booking:*", "booking:read:own"));
  EXPECT_FALSE(covers("booking:*", "booking"));
  EXPECT_FALSE(covers("booking:*", "booking:"));
  EXPECT_FALSE(covers("booking:*", "bookings:read"));
  EXPECT_TRUE(covers("*", "anything"));
  EXPECT_TRUE(covers("read", "read"));
  EXPECT_FALSE(covers("read", "reader"));
  EXPECT_FALSE(covers("", "read"));
}

TEST(Authority, gives_only_what_the_resource_defines) {
  const auto resource = resource_with({{"booking:read", ""}, {"booking:write", ""}, {"admin", ""}});
  EXPECT_EQ(given(resource, role_of({"booking:*", "payment:*"})), "booking:read booking:write");
  EXPECT_EQ(given(resource, role_of({"*"})), "admin booking:read booking:write");
  EXPECT_EQ(given(resource, role_of({"booking:delete"})), "");
  EXPECT_EQ(given(resource, role_of({"*"}, "res_2")), "");
  EXPECT_EQ(scopes_given(resource, {}).text(), "");
}

TEST(Authority, holding_a_parent_is_holding_all_below_and_nothing_above) {
  const auto resource = resource_with({{"all", ""}, {"read", "all"}, {"read:own", "read"}, {"other", ""}});
  EXPECT_EQ(given(resource, role_of({"all"})), "all read read:own");
  EXPECT_EQ(given(resource, role_of({"read"})), "read read:own");
  EXPECT_EQ(given(resource, role_of({"read:own"})), "read:own");
}

TEST(Authority, a42_a_cycle_of_parents_ends) {
  EXPECT_EQ(given(resource_with({{"a", "b"}, {"b", "a"}}), role_of({"c"})), "");
  EXPECT_EQ(given(resource_with({{"a", "b"}, {"b", "a"}}), role_of({"b"})), "a b");
  EXPECT_EQ(given(resource_with({{"a", "a"}}), role_of({"c"})), "");
}

RC_GTEST_PROP(Authority, what_is_given_is_defined_and_grows_with_roles_only, ()) {
  const auto resource = some_resource();
  const auto one = role_of(*some_patterns()), other = role_of(*some_patterns());
  const auto first = scopes_given(resource, {&one}), both = scopes_given(resource, {&one, &other});
  for (const auto& scope : both.tokens()) RC_ASSERT(resource.defines(scope));
  RC_ASSERT(first.within(both));
}

// The same question answered the other way round: from what a pattern covers outright, down to the children.
RC_GTEST_PROP(Authority, what_is_given_is_what_is_covered_and_all_below, ()) {
  const auto resource = some_resource();
  const auto role = role_of(*some_patterns());
  ScopeSet expected;
  for (const auto& scope : resource.scopes)
    for (const auto& pattern : role.permissions[0].patterns)
      if (covers(pattern, scope.name)) expected.add(scope.name);
  for (std::size_t round = 0; round <= resource.scopes.size(); ++round)
    for (const auto& scope : resource.scopes)
      if (!scope.parent.empty() && expected.contains(scope.parent)) expected.add(scope.name);
  RC_ASSERT(scopes_given(resource, {&role}).text() == expected.text());
}

TEST(Resource, reads_its_record) {
  const auto body = *parse_json_object(R"({"identifier": "https://api.example", "name": "API", "principal": "agt_1",
      "scopes": [{"name": "read", "parent": "all", "sensitivity": "high", "description": "Read."}, {"name": "all"}],
      "token_lifetime_s": 60, "algorithm": "EdDSA", "token_format": "opaque", "delegation_depth_max": 2,
      "needs": [{"resource": "res_2", "scopes": ["book", "ask:*"]}], "built_in": true})");
  const auto resource = Resource::from("res_1", body);
  ASSERT_TRUE(resource);
  EXPECT_EQ(resource->identifier, "https://api.example");
  EXPECT_EQ(resource->principal, "agt_1");
  ASSERT_EQ(resource->scopes.size(), 2u);
  EXPECT_EQ(resource->scopes[0].parent, "all");
  EXPECT_EQ(resource->scopes[0].sensitivity, "high");
  EXPECT_EQ(resource->scopes[1].sensitivity, "low");
  EXPECT_EQ(resource->token_lifetime, Seconds(60));
  EXPECT_EQ(resource->algorithm, "EdDSA");
  EXPECT_EQ(resource->format, Resource::Format::opaque);
  EXPECT_EQ(resource->delegation_depth_max, 2);
  EXPECT_TRUE(resource->built_in);
  ASSERT_EQ(resource->needs.permissions.size(), 1u);
  EXPECT_EQ(resource->needs.permissions[0].resource, "res_2");
  EXPECT_EQ(resource->needs.permissions[0].patterns, (std::vector<std::string>{"book", "ask:*"}));
  EXPECT_TRUE(resource->defines("all"));
  EXPECT_FALSE(resource->defines("write"));
}

TEST(Resource, a_damaged_record_is_none) {
  const auto with_scopes = [](const std::string& scopes) {
    return Resource::from("res_1", *parse_json_object(R"({"identifier": "https://a", "scopes": )" + scopes + "}"));
  };
  EXPECT_TRUE(with_scopes(R"([{"name": "a"}, {"name": "b", "parent": "a"}])"));
  EXPECT_FALSE(Resource::from("res_1", {}));
  EXPECT_FALSE(with_scopes(R"(["read"])"));
  EXPECT_FALSE(with_scopes(R"([{"name": "a b"}])"));
  EXPECT_FALSE(with_scopes(R"([{"name": "a"}, {"name": "a", "parent": "b"}])"));
  EXPECT_FALSE(Role::from("rol_1", *parse_json_object(R"({"name": "x"})")));
  EXPECT_FALSE(Role::from("rol_1", *parse_json_object(R"({"permissions": ["x"]})")));
}
