// Every noun by one path: create, read, change, delete; versions, references, paging and filters.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "directory/noun.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Records : testing::Test, Administration {};

// A document of each noun that the nouns' five routes serve.
json::object sample(Records& world, std::string_view plural) {
  if (plural == "agents") return {{"name", "Scout"}, {"owner", world.create_id("users", {{"username", "owner"}})}};
  if (plural == "users") return {{"username", "alice"}};
  if (plural == "resources") return {{"identifier", "https://api.example/"}, {"name", "API"}};
  if (plural == "roles")
    return {{"name", "reader"}, {"permissions", json::array{json::object{{"resource", world.own_api()},
                                                                         {"scopes", json::array{"agents:read"}}}}}};
  if (plural == "assignments")
    return {{"role", world.role_at_own_api("r", {"agents:read"})},
            {"principal", world.create_id("users", {{"username", "assignee"}})}};
  return {{"name", "One"}};
}
constexpr std::array<std::string_view, 9> plurals{"agents",        "agent-types", "users", "groups",     "applications",
                                                  "organizations", "resources",   "roles", "assignments"};

}  // namespace

TEST_F(Records, every_noun_is_created_read_and_listed_with_its_fields_only) {
  for (const auto plural : plurals) {
    SCOPED_TRACE(plural);
    const auto made = call(admin_token(), "POST", "/v1/" + std::string(plural), sample(*this, plural));
    ASSERT_EQ(made.status, 201) << made.body;
    const auto document = body_of(made);
    const auto id = text_at(document, "id");
    EXPECT_EQ(header_at(made, "ETag"), "\"1\"");
    EXPECT_EQ(header_at(made, "Location"), issuer + "/v1/" + std::string(plural) + "/" + id);
    const auto read = call(admin_token(), "GET", "/v1/" + std::string(plural) + "/" + id);
    EXPECT_EQ(body_of(read), document);
    EXPECT_EQ(header_at(read, "ETag"), "\"1\"");
    const auto& noun = directory::noun(*directory::kind_of_id(id));
    for (const auto& [name, value] : document) {
      const bool common = name == "id" || name == "version" || name == "created_at" || name == "updated_at";
      EXPECT_TRUE(common || noun.field(name) != nullptr) << name;
    }
    const auto listed = items_of(call(admin_token(), "GET", "/v1/" + std::string(plural) + "?limit=200"));
    EXPECT_EQ(std::count(listed.begin(), listed.end(), id), 1);
  }
}

TEST_F(Records, a_change_is_merged_bumps_the_version_and_is_an_event) {
  const auto id = create_id("users", {{"username", "alice"}, {"name", "Alice"}, {"email", "a@example.com"}});
  clock.advance(Seconds(5));
  const auto changed = call(admin_token(), "PATCH", "/v1/users/" + id, {{"name", "Alice B."}, {"email", nullptr}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  const auto document = body_of(changed);
  EXPECT_EQ(text_at(document, "name"), "Alice B.");
  EXPECT_FALSE(document.contains("email"));
  EXPECT_EQ(json_integer(document, "version"), 2);
  EXPECT_LT(text_at(document, "created_at"), text_at(document, "updated_at"));
  EXPECT_EQ(body_of(call(admin_token(), "GET", "/v1/users/" + id)), document);
  const auto recorded = events("user.update");
  ASSERT_EQ(recorded.size(), 1u);
  const auto& event = recorded[0].as_object();
  EXPECT_EQ(text_at(event, "actor"), admin.id);
  EXPECT_EQ(text_at(event, "target"), id);
  EXPECT_EQ(json::serialize(event.at("changes")).find("username"), std::string::npos) << "only what differs";
  EXPECT_NE(json::serialize(event.at("changes")).find("Alice B."), std::string::npos);
}

TEST_F(Records, a_patch_may_come_as_merge_patch_and_not_as_anything_else) {
  const auto id = create_id("users", {{"username", "alice"}});
  const auto patch = [&](std::string type) {
    return ask("PATCH", "/v1/users/" + id, R"({"name":"A"})",
               {{"Authorization", "Bearer " + admin_token()}, {"Content-Type", std::move(type)}});
  };
  EXPECT_EQ(patch("application/merge-patch+json").status, 200);
  EXPECT_EQ(patch("application/json; charset=utf-8").status, 200);
  EXPECT_EQ(patch("text/plain").status, 415);
}

TEST_F(Records, refuses_a_change_of_a_version_that_is_no_more) {
  const auto id = create_id("users", {{"username", "alice"}});
  auto patch = [&, n = 0](std::string match) mutable {
    return problem_of(call(admin_token(), "PATCH", "/v1/users/" + id, {{"name", "A" + std::to_string(n++)}},
                           {{"If-Match", std::move(match)}}));
  };
  EXPECT_EQ(patch("\"1\""), "200");
  for (const auto* other : {"\"1\"", "W/\"2\""}) EXPECT_EQ(patch(other), "412 version_mismatch") << other;
  EXPECT_EQ(patch("*"), "200");
  EXPECT_EQ(patch("\"9\", \"3\""), "200");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/users/" + id, "", {{"If-Match", "\"3\""}})),
            "412 version_mismatch");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/users/" + id, "", {{"If-Match", "\"4\""}})), "204");
}

TEST_F(Records, refuses_a_body_by_naming_the_field_and_never_repeats_what_was_sent) {
  const auto refuse = [&](std::string body, std::string expected, std::string field) {
    const auto response = call(admin_token(), "POST", "/v1/users", std::move(body));
    EXPECT_EQ(problem_of(response), expected) << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), field) << response.body;
    EXPECT_EQ(response.body.find("zebra"), std::string::npos) << response.body;
    EXPECT_NE(text_at(body_of(response), "correlation_id"), "");
  };
  refuse(R"({"username":"zebra",)", "400 invalid_json", "");
  refuse(R"(["zebra"])", "400 invalid_json", "");
  refuse(R"({"username":"zebra","username":"other"})", "400 invalid_json", "");
  refuse("", "400 invalid_json", "");
  refuse(R"({})", "400 invalid_field", "username");
  refuse(R"({"username":7})", "400 invalid_field", "username");
  refuse(R"({"username":"zebra\n"})", "400 invalid_field", "username");
  refuse(R"({"username":"a","name":"zebra\u0000"})", "400 invalid_field", "name");
  refuse(R"({"username":"a","colour":"zebra"})", "400 invalid_field", "colour");
  refuse(R"({"username":"a","<zebra>":"x"})", "400 invalid_field", "");
}

TEST_F(Records, a38_refuses_what_only_the_server_sets) {
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto refuse = [&](std::string_view plural, json::object body, std::string_view field, json::value value) {
    body[field] = std::move(value);
    const auto response = call(admin_token(), "POST", "/v1/" + std::string(plural), body);
    EXPECT_EQ(problem_of(response), "400 invalid_field") << field;
    EXPECT_EQ(text_at(body_of(response), "field"), field);
  };
  const json::object agent{{"name", "a"}, {"owner", owner}};
  for (const auto* field : {"id", "version", "created_at", "updated_at", "tenant", "under", "secret_hash"})
    refuse("agents", agent, field, "x");
  refuse("agents", agent, "state", "active");
  refuse("resources", {{"identifier", "https://a.example"}, {"name", "A"}}, "built_in", true);
  const auto id = agent_of(owner);
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/agents/" + id, {{"state", "revoked"}})), "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/agents/" + id, {{"owner", admin.id}})), "400 invalid_field");
}

TEST_F(Records, refuses_what_refers_to_nothing_and_names_the_field) {
  const std::string nobody = "usr_00000000000000000000000000";
  const auto agent = call(admin_token(), "POST", "/v1/agents", {{"name", "a"}, {"owner", nobody}});
  EXPECT_EQ(problem_of(agent), "422 missing_reference");
  EXPECT_EQ(text_at(body_of(agent), "field"), "owner");
  const auto wrong_kind = call(admin_token(), "POST", "/v1/agents", {{"name", "a"}, {"owner", own_api()}});
  EXPECT_EQ(problem_of(wrong_kind), "400 invalid_field");
  const auto id = create_id("users", {{"username", "alice"}});
  const auto nowhere = "org_" + std::string(26, '0');
  const auto patched = call(admin_token(), "PATCH", "/v1/users/" + id, {{"organization", nowhere}});
  EXPECT_EQ(problem_of(patched), "422 missing_reference");
}

TEST_F(Records, refuses_a_value_that_another_record_holds) {
  create("users", {{"username", "alice"}});
  const auto again = call(admin_token(), "POST", "/v1/users", {{"username", "alice"}});
  EXPECT_EQ(problem_of(again), "409 not_unique");
  EXPECT_EQ(text_at(body_of(again), "field"), "username");
}

TEST_F(Records, refuses_to_delete_what_is_referred_to_and_names_the_kind) {
  const auto organization = create_id("organizations", {{"name", "Acme"}});
  const auto user = create_id("users", {{"username", "alice"}, {"organization", organization}});
  const auto agent = agent_of(user);
  const auto role = role_at_own_api("r", {"agents:read"});
  const auto assignment = create_id("assignments", {{"role", role}, {"principal", user}});
  const auto refused = [&](std::string path, std::string_view kind) {
    const auto response = call(admin_token(), "DELETE", path);
    EXPECT_EQ(problem_of(response), "409 in_use") << path;
    EXPECT_NE(text_at(body_of(response), "detail").find(kind), std::string::npos) << response.body;
  };
  refused("/v1/organizations/" + organization, "user");
  refused("/v1/users/" + user, "agent");
  refused("/v1/roles/" + role, "assignment");
  ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + agent + "/revoke").status, 200);
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/agents/" + agent).status, 204);
  refused("/v1/users/" + user, "assignment");
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + assignment).status, 204);
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/roles/" + role).status, 204);
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/users/" + user).status, 204);
  EXPECT_EQ(call(admin_token(), "DELETE", "/v1/organizations/" + organization).status, 204);
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/users/" + user)), "404 not_found");
}

TEST_F(Records, pages_hold_every_record_once_in_the_order_they_were_made) {
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) made.push_back(create_id("groups", {{"name", "group " + std::to_string(i)}}));
  std::vector<std::string> seen;
  std::string cursor;
  int pages = 0;
  do {
    const auto page = call(admin_token(), "GET", "/v1/groups?limit=3" + (cursor.empty() ? "" : "&cursor=" + cursor));
    ASSERT_EQ(page.status, 200) << page.body;
    for (auto& id : items_of(page)) seen.push_back(std::move(id));
    cursor = text_at(body_of(page), "next_cursor");
    ++pages;
  } while (!cursor.empty());
  EXPECT_EQ(seen, made);
  EXPECT_EQ(pages, 3);
  const auto first = text_at(body_of(call(admin_token(), "GET", "/v1/groups?limit=3")), "next_cursor");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/users?cursor=" + first)), "400 invalid_request");
  const auto exact = body_of(call(admin_token(), "GET", "/v1/groups?limit=7"));
  EXPECT_FALSE(exact.contains("next_cursor")) << "a full last page has no next one";
}

TEST_F(Records, refuses_a_query_it_does_not_know) {
  for (const auto* query : {"limit=0", "limit=201", "limit=x", "limit=1&limit=2", "cursor=zebra", "cursor=!", "zebra=1",
                            "filter=zebra", "filter=colour%20eq%20%22red%22", "filter=", "%zz=1"}) {
    const auto response = call(admin_token(), "GET", "/v1/agents?" + std::string(query));
    EXPECT_EQ(problem_of(response), "400 invalid_request") << query;
    EXPECT_EQ(response.body.find("zebra"), std::string::npos);
  }
}

TEST_F(Records, a_filter_asks_about_any_field_and_the_state_of_now) {
  const auto alice = create_id("users", {{"username", "alice"}}), bob = create_id("users", {{"username", "bob"}});
  const auto one = agent_of(alice), two = agent_of(bob);
  const auto three = agent_of(alice, {{"name", "short-lived"}, {"expires_at", rfc3339(clock.now() + Seconds(60))}});
  clock.advance(Seconds(61));
  const auto found = [&](std::string_view filter) {
    return items_of(call(admin_token(), "GET", "/v1/agents?filter=" + percent_encode(filter)));
  };
  EXPECT_EQ(found("owner eq \"" + alice + "\""), (std::vector{one, three}));
  EXPECT_EQ(found("owner eq \"" + alice + "\" and state eq \"active\""), (std::vector{one}));
  EXPECT_EQ(found("state eq \"expired\""), (std::vector{three}));
  EXPECT_EQ(found("state ne \"expired\""), (std::vector{one, two}));
  EXPECT_EQ(found("name sw \"short\" or owner eq \"" + bob + "\""), (std::vector{two, three}));
  EXPECT_TRUE(found("name eq \"nobody\"").empty());
  EXPECT_EQ(found("Owner EQ \"" + alice + "\""), (std::vector{one, three}));
  for (const auto* never : {"expires_at gt \"soon\"", "version gt \"1\"", "state eq \"bogus\"", "created_at eq 5",
                            "public eq \"true\""})
    EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/agents?filter=" + percent_encode(never))),
              "400 invalid_request")
        << never;
}

TEST_F(Records, a_resource_that_is_built_in_is_not_changed_or_deleted) {
  const auto path = "/v1/resources/" + own_api();
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"scopes", json::array{}}})), "409 wrong_state");
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", path)), "409 wrong_state");
  const json::object mine{{"identifier", issuer + "/v1"}, {"name", "Mine"}};
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/resources", mine)), "409 not_unique");
}

TEST_F(Records, an_organization_never_lies_below_itself) {
  const auto top = create_id("organizations", {{"name", "Top"}});
  const auto middle = create_id("organizations", {{"name", "Middle"}, {"parent", top}});
  const auto leaf = create_id("organizations", {{"name", "Leaf"}, {"parent", middle}});
  const auto move = [&](const std::string& id, const std::string& below) {
    return problem_of(call(admin_token(), "PATCH", "/v1/organizations/" + id, {{"parent", below}}));
  };
  EXPECT_EQ(move(top, top), "400 invalid_field");
  EXPECT_EQ(move(top, leaf), "400 invalid_field");
  EXPECT_EQ(move(leaf, top), "200");
}

TEST_F(Records, attributes_are_held_against_the_agents_type) {
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto type = create_id("agent-types", {{"name", "crawler"},
                                              {"schema", json::array{json::object{{"name", "region"},
                                                                                  {"type", "enum"},
                                                                                  {"values", json::array{"eu", "us"}},
                                                                                  {"required", true}},
                                                                     json::object{{"name", "serial"},
                                                                                  {"type", "string"},
                                                                                  {"unique", true}}}}});
  const auto create_with = [&](json::object attributes) {
    return call(admin_token(), "POST", "/v1/agents",
                {{"name", "c"}, {"owner", owner}, {"type", type}, {"attributes", std::move(attributes)}});
  };
  EXPECT_EQ(problem_of(create_with({})), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(create_with({{"region", "mars"}})), "field"), "attributes/region");
  EXPECT_EQ(problem_of(create_with({{"region", "eu"}, {"hat", "red"}})), "400 invalid_field");
  const auto first = create_with({{"region", "eu"}, {"serial", "7"}});
  ASSERT_EQ(problem_of(first), "201") << first.body;
  const auto taken = create_with({{"region", "us"}, {"serial", "7"}});
  EXPECT_EQ(problem_of(taken), "409 not_unique");
  EXPECT_EQ(text_at(body_of(taken), "field"), "attributes/serial");
  // A change of state keeps the claim on the value.
  ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + text_at(body_of(first), "id") + "/suspend").status, 200);
  EXPECT_EQ(problem_of(create_with({{"region", "us"}, {"serial", "7"}})), "409 not_unique");
}

TEST_F(Records, a_credential_among_attributes_is_kept_as_its_hash_and_never_shown) {
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto type = create_id("agent-types", {{"name", "crawler"},
                                              {"schema", json::array{json::object{{"name", "team"}, {"type", "string"}},
                                                                     json::object{{"name", "key"},
                                                                                  {"type", "string"},
                                                                                  {"pattern", "k-[a-z0-9]+"},
                                                                                  {"required", true},
                                                                                  {"credential", true}}}}});
  const auto create_with = [&](json::object attributes) {
    return call(admin_token(), "POST", "/v1/agents",
                {{"name", "c"}, {"owner", owner}, {"type", type}, {"attributes", std::move(attributes)}});
  };
  EXPECT_EQ(text_at(body_of(create_with({{"team", "red"}})), "field"), "attributes/key");
  EXPECT_EQ(text_at(body_of(create_with({{"key", "wrong"}})), "field"), "attributes/key");
  const auto made = create_with({{"team", "red"}, {"key", "k-first1"}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto one = "/v1/agents/" + text_at(body_of(made), "id");
  const auto patch = [&](json::value attributes) {
    return call(admin_token(), "PATCH", one, json::serialize(json::object{{"attributes", std::move(attributes)}}));
  };
  const auto key_is_taken = [&](const std::string& key) {
    return problem_of(create_with({{"key", key}})) == "409 not_unique";
  };
  EXPECT_TRUE(key_is_taken("k-first1"));

  ASSERT_EQ(patch(json::object{{"team", "blue"}}).status, 200) << "what is not named stays";
  EXPECT_TRUE(key_is_taken("k-first1"));
  ASSERT_EQ(call(admin_token(), "POST", one + "/suspend").status, 200);
  ASSERT_EQ(patch(json::object{{"key", "k-second2"}}).status, 200);
  EXPECT_TRUE(key_is_taken("k-second2"));
  EXPECT_EQ(problem_of(create_with({{"key", "k-first1"}})), "201") << "it is free again";
  EXPECT_EQ(text_at(body_of(patch(json::object{{"key", nullptr}})), "field"), "attributes/key");
  EXPECT_EQ(text_at(body_of(patch(nullptr)), "field"), "attributes/key");

  std::string seen = made.body + call(admin_token(), "GET", one).body + call(admin_token(), "GET", "/v1/agents").body;
  for (const auto& event : events()) seen += json::serialize(event);
  seen += (*store->get("default", directory::Kind::agent, text_at(body_of(made), "id")))->body;
  for (const auto* secret : {"k-first1", "k-second2"}) EXPECT_EQ(seen.find(secret), std::string::npos) << secret;
  const auto shown = body_of(call(admin_token(), "GET", one));
  EXPECT_EQ(shown.at("credential_attributes"), json::array{"key"}) << "but that it has one";
  EXPECT_EQ(text_at(body_of(call(admin_token(), "PATCH", one, {{"credential_attributes", json::array{}}})), "field"),
            "credential_attributes");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/agents?filter=credential_attributes%20eq%20%22key%22")),
            "400 invalid_request");
}

// `?preview=true` must not be the change itself, least of all where there is no preview.
TEST_F(Records, a_change_with_a_parameter_that_is_not_known_is_not_made) {
  const auto alice = create_id("users", {{"username", "alice"}}), bob = create_id("users", {{"username", "bob"}});
  const auto agent = agent_of(alice), group = create_id("groups", {{"name", "all"}});
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + group + "/members", {{"member", bob}}).status, 201);
  const auto keys = body_of(call(admin_token(), "GET", "/v1/keys"));
  const auto kid = text_at(keys.at("items").as_array().front().as_object(), "kid");
  struct Case {
    std::string_view method;
    std::string path;
    json::object body;
  };
  const std::vector<Case> changes{{"POST", "users", {{"username", "carol"}}},
                                  {"PATCH", "users/" + bob, {{"state", "disabled"}}},
                                  {"DELETE", "users/" + bob, {}},
                                  {"DELETE", "groups/" + group + "/members/" + bob, {}},
                                  {"POST", "agents/" + agent + "/transfer", {{"owner", bob}}},
                                  {"POST", "keys/rotate", {{"algorithm", "ES256"}}},
                                  {"POST", "keys/" + kid + "/compromised", {}}};
  const auto send = [&](const Case& one, std::string_view query) {
    const auto body = one.body.empty() ? std::string() : json::serialize(one.body);
    return call(admin_token(), one.method, "/v1/" + one.path + std::string(query), body);
  };
  const auto before = call(admin_token(), "GET", "/v1/users").body;
  for (const auto& one : changes)
    for (const auto* query : {"?preview=yes", "?preview", "?preview=", "?dry_run=1", "?preview=false&preview=false"})
      EXPECT_EQ(problem_of(send(one, query)), "400 invalid_request") << one.method << " " << one.path << query;
  for (const auto at : {0, 5})
    EXPECT_EQ(problem_of(send(changes.at(at), "?preview=true")), "400 invalid_request") << changes.at(at).path;
  for (const auto at : {1, 2, 3, 4, 6})
    EXPECT_EQ(problem_of(send(changes.at(at), "?preview=true")), "200") << changes.at(at).path;
  EXPECT_EQ(call(admin_token(), "GET", "/v1/users").body, before);
  EXPECT_EQ(text_at(body_of(call(admin_token(), "GET", "/v1/agents/" + agent)), "owner"), alice);
  EXPECT_EQ(body_of(call(admin_token(), "GET", "/v1/keys")), keys);
  // Where there is a preview, it is known.
  const auto stop = "/v1/agents/" + agent + "/suspend";
  EXPECT_EQ(call(admin_token(), "POST", stop + "?preview=true").status, 200);
  EXPECT_EQ(problem_of(call(admin_token(), "POST", stop + "?dry_run=true")), "400 invalid_request");
}

TEST_F(Records, no_attribute_becomes_unique_while_agents_of_the_type_exist) {
  const auto schema = [](json::object attribute) {
    attribute["name"] = "serial";
    attribute["type"] = "string";
    return json::object{{"schema", json::array{std::move(attribute)}}};
  };
  auto type_body = schema({});
  type_body["name"] = "crawler";
  const auto type = create_id("agent-types", type_body);
  const auto patch = [&](const json::object& body) {
    return call(admin_token(), "PATCH", "/v1/agent-types/" + type, body);
  };
  EXPECT_EQ(problem_of(patch(schema({{"unique", true}}))), "200");
  EXPECT_EQ(problem_of(patch(schema({}))), "200");
  const auto agent = agent_of(create_id("users", {{"username", "owner"}}), {{"type", type}});
  for (const auto* how : {"unique", "credential"}) {
    const auto refused = patch(schema({{how, true}}));
    EXPECT_EQ(problem_of(refused), "409 in_use") << how;
    EXPECT_EQ(text_at(body_of(refused), "field"), "schema");
  }
  EXPECT_EQ(problem_of(patch(schema({{"required", true}}))), "200") << "nothing that agents could clash in";
  auto secret_type = schema({{"credential", true}});
  secret_type["name"] = "secretive";
  const auto other = create_id("agent-types", secret_type);
  agent_of(create_id("users", {{"username", "another"}}), {{"type", other}});
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/agent-types/" + other, schema({{"unique", true}}))),
            "409 in_use")
      << "what is a hash becomes no value";
}
