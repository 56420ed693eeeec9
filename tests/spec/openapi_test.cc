// openapi.yaml held against the code, in both directions: routes, scopes, the fields of each noun, and real answers.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <set>

#include "directory/noun.h"
#include "endpoints/admin/frame/problem.h"
#include "endpoints/routes.h"
#include "http/refusal.h"
#include "http/response_text.h"
#include "oauth/error.h"
#include "tests/kit/administration.h"
#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;
using directory::Kind;
using directory::Need;

namespace {

using Names = std::set<std::string>;

const YAML::Node& document() {
  static const YAML::Node node = YAML::LoadFile(std::string(DEPUTY_SOURCE_DIR) + "/openapi.yaml");
  return node;
}
YAML::Node schema(const std::string& name) { return document()["components"]["schemas"][name]; }

Names keys_of(const YAML::Node& node) {
  Names names;
  for (const auto& item : node) names.insert(item.first.as<std::string>());
  return names;
}
Names texts_of(const YAML::Node& node) {
  Names names;
  for (const auto& item : node) names.insert(item.as<std::string>());
  return names;
}

// "agent_type" → "AgentType"
std::string schema_name(Kind kind) {
  std::string name;
  bool capital = true;
  for (const char c : directory::row(kind).name) {
    if (c != '_') name.push_back(capital ? static_cast<char>(c - 'a' + 'A') : c);
    capital = c == '_';
  }
  return name;
}

// The members that a document of ours may have, by its schema and those it is made of.
Names members_of(const YAML::Node& node) {
  if (node["$ref"]) return members_of(schema(node["$ref"].as<std::string>().substr(sizeof("#/components/schemas"))));
  auto names = keys_of(node["properties"]);
  for (const auto& part : node["allOf"]) names.merge(members_of(part));
  return names;
}

// May the member be null? By its type, or by one of what it may be.
bool takes_null(const YAML::Node& node) {
  const auto type = node["type"];
  if (type && type.IsSequence()) return texts_of(type).contains("null");
  if (type) return type.as<std::string>() == "null";
  return std::any_of(node["anyOf"].begin(), node["anyOf"].end(), [](const auto& one) { return takes_null(one); });
}

// The operation's node: "POST", "/v1/agents".
YAML::Node operation(const endpoints::Route& route) {
  std::string method(route.method);
  std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
  return document()["paths"][std::string(route.path)][method];
}

// Is there a place that is called so, such as "components/headers/ETag"?
bool is_place(const YAML::Node& from, std::string_view path) {
  const auto end = std::min(path.find('/'), path.size());
  if (!from.IsMap()) return false;
  const auto next = from[std::string(path.substr(0, end))];
  return next.IsDefined() && (end == path.size() || is_place(next, path.substr(end + 1)));
}

void expect_as_described(const std::string& name, const json::object& answer) {
  SCOPED_TRACE(name);
  const auto members = members_of(schema(name));
  for (const auto& [member, value] : answer)
    EXPECT_TRUE(members.contains(std::string(member))) << "not described: " << member;
  for (const auto& required : texts_of(schema(name)["required"]))
    EXPECT_TRUE(answer.contains(required)) << "described, but absent: " << required;
}

struct Openapi : testing::Test, Administration {
  http::Response as_admin(std::string_view method, const std::string& path, const json::object& body = {}) {
    return call(admin_token(), method, path, body);
  }
};

}  // namespace

// YAML 1.2 §3.2.1.1: the keys of a mapping are unique; of two, a loader keeps one or refuses the document.
TEST_F(Openapi, names_nothing_twice_and_refers_to_what_there_is) {
  std::vector<std::pair<std::string, YAML::Node>> open{{"", document()}};
  std::size_t references = 0;
  while (!open.empty()) {
    const auto [at, node] = open.back();
    open.pop_back();
    if (node.IsSequence())
      for (std::size_t i = 0; i < node.size(); ++i) open.emplace_back(at + "/" + std::to_string(i), node[i]);
    if (!node.IsMap()) continue;
    Names names;
    for (const auto& item : node) {
      const auto name = item.first.as<std::string>();
      EXPECT_TRUE(names.insert(name).second) << at << " has two of " << name;
      open.emplace_back(at + "/" + name, item.second);
      if (name != "$ref" || !item.second.IsScalar()) continue;
      ++references;
      const auto to = item.second.as<std::string>();
      EXPECT_TRUE(to.starts_with("#/") && is_place(document(), std::string_view(to).substr(2))) << at << ": " << to;
    }
  }
  EXPECT_GT(references, 500u);
}

TEST_F(Openapi, describes_every_route_and_no_other) {
  Names described, routed;
  for (const auto& path : document()["paths"])
    for (const auto& method : path.second) {
      auto name = method.first.as<std::string>();
      if (name == "parameters") continue;
      std::transform(name.begin(), name.end(), name.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
      described.insert(name + " " + path.first.as<std::string>());
    }
  for (const auto rows : {endpoints::oauth_routes(), endpoints::admin_routes()})
    for (const auto& route : rows) routed.insert(std::string(route.method) + " " + std::string(route.path));
  EXPECT_EQ(described, routed);
}

TEST_F(Openapi, names_each_parameter_of_a_path) {
  for (const auto& path : document()["paths"]) {
    const auto text = path.first.as<std::string>();
    Names in_path, named;
    for (auto at = text.find('{'); at != std::string::npos; at = text.find('{', at + 1))
      in_path.insert(text.substr(at + 1, text.find('}', at) - at - 1));
    for (const auto& parameter : path.second["parameters"]) {
      const auto reference = parameter["$ref"].as<std::string>();
      named.insert(reference.substr(reference.rfind('/') + 1));
    }
    EXPECT_EQ(named, in_path) << text;
  }
}

TEST_F(Openapi, has_the_fields_of_every_noun) {
  for (const auto& noun : directory::nouns()) {
    SCOPED_TRACE(directory::row(noun.kind).name);
    Names shown{"id", "version", "created_at", "updated_at"}, sent, needed, patched;
    if (noun.kind == Kind::credential) shown.insert("last_used_at");
    if (noun.kind == Kind::tenant) sent.insert("id"), needed.insert("id");
    for (const auto& field : noun.fields) {
      const std::string name(field.name);
      if (name == "secret_hash") continue;
      shown.insert(name);
      if (field.need != Need::read_only) sent.insert(name);
      if (field.need == Need::required || field.need == Need::create_required) needed.insert(name);
      if (field.need == Need::required || field.need == Need::optional) patched.insert(name);
    }
    const auto name = schema_name(noun.kind);
    EXPECT_EQ(keys_of(schema(name)["properties"]), shown);
    EXPECT_EQ(keys_of(schema(name + "New")["properties"]), sent);
    EXPECT_EQ(texts_of(schema(name + "New")["required"]), needed);
    const auto patch = schema(name + "Patch");
    EXPECT_EQ(patch.IsDefined(), !patched.empty()) << "what nothing changes has none";
    if (patch && noun.kind != Kind::credential) EXPECT_EQ(keys_of(patch["properties"]), patched);
    for (const auto& field : noun.fields) {
      const auto property = schema(name)["properties"][std::string(field.name)];
      if (!property) continue;
      EXPECT_EQ(property["description"].as<std::string>(), field.doc);
      Names choices;
      for (const auto choice : field.choices) choices.insert(std::string(choice));
      EXPECT_EQ(texts_of(property["enum"]), choices) << field.name;
      if (field.type == directory::Type::integer) EXPECT_EQ(property["maximum"].as<std::int64_t>(), field.max);
      // RFC 7396: null takes away, and what is required stays.
      if (!patch) continue;
      const auto change = patch["properties"][std::string(field.name)];
      if (change) EXPECT_EQ(takes_null(change), field.need == Need::optional) << field.name;
    }
  }
}

TEST_F(Openapi, names_each_status_that_an_operation_of_v1_refuses_with) {
  const auto elsewhere = token_of(admin, "keys:read"), otherwise = token_of(admin, "events:read"), all = admin_token();
  for (const auto& route : endpoints::admin_routes()) {
    const auto described = keys_of(operation(route)["responses"]);
    const std::string path(route.path), name = std::string(route.method) + " " + path;
    const auto refused = [&](const http::Response& response, int status) {
      EXPECT_EQ(response.status, status) << name << response.body;
      EXPECT_TRUE(described.contains(std::to_string(status))) << name << " lacks " << status;
    };
    refused(call(all, route.method, path + "?access_token=" + all), 400);
    refused(ask(route.method, path), 401);
    const auto needs = operation(route)["security"][0]["bearer"][0].as<std::string>();
    refused(call(needs == "keys:read" ? otherwise : elsewhere, route.method, path), 403);
    if (route.form == endpoints::Form::json)
      refused(ask(route.method, path, "x", {{"Authorization", "Bearer " + all}, {"Content-Type", "text/plain"}}), 415);
    EXPECT_EQ(operation(route)["requestBody"].IsDefined(), route.form == endpoints::Form::json) << name;
    EXPECT_TRUE(described.contains("503")) << name;
    // An Idempotency-Key of another request.
    if (route.method == "POST") EXPECT_TRUE(described.contains("422")) << name;
  }
}

TEST_F(Openapi, names_each_status_of_what_is_too_large_or_cannot_be_read) {
  const std::string large(64 * 1024 + 1, 'x');
  for (const auto& route : endpoints::oauth_routes()) {
    const auto described = keys_of(operation(route)["responses"]);
    const bool of_the_store = route.path != "/errors" && route.path != "/healthz" && route.path != "/metrics";
    EXPECT_EQ(described.contains("503"), of_the_store) << route.path;
    EXPECT_EQ(described.contains("413"), route.form == endpoints::Form::urlencoded) << route.path;
    if (route.form == endpoints::Form::urlencoded)
      EXPECT_EQ(ask(route.method, route.path, large, {{"Content-Type", "application/x-www-form-urlencoded"}}).status,
                413)
          << route.path;
  }
}

TEST_F(Openapi, bounds_what_lists_of_a_noun_hold_as_the_code_does) {
  for (const auto* name : {"ScopeDefinition", "Permission", "AttributeRule", "DetailType"})
    EXPECT_FALSE(schema(name)["additionalProperties"].as<bool>(true)) << name;
  const auto at = own_api();
  const auto answer = [&](const char* plural, std::string_view field, json::object item) {
    const json::object body{{"name", "n"}, {field, json::array{json::value(std::move(item))}}};
    return problem_of(as_admin("POST", "/v1/" + std::string(plural), body));
  };
  const auto rule = [&](json::object item) { return answer("agent-types", "schema", std::move(item)); };
  const auto most = [](const std::string& of, const std::string& member, const char* bound = "maxLength") {
    return schema(of)["properties"][member][bound].as<std::size_t>();
  };
  const auto text = [](std::size_t size) { return std::string(size, 'a'); };
  const auto name_most = most("AttributeRule", "name"), pattern_most = most("AttributeRule", "pattern");
  EXPECT_EQ(rule({{"name", text(name_most + 1)}}), "400 invalid_field");
  EXPECT_EQ(rule({{"name", "a"}, {"pattern", text(pattern_most + 1)}}), "400 invalid_field");
  EXPECT_EQ(rule({{"name", "-a"}}), "400 invalid_field");
  EXPECT_EQ(rule({{"name", text(name_most)}, {"pattern", text(pattern_most)}}), "201") << "and a string it is";
  const auto permission = [&](std::size_t scopes, std::size_t length) {
    const json::array patterns(scopes, json::value(text(length)));
    return answer("roles", "permissions", {{"resource", at}, {"scopes", patterns}});
  };
  const auto scopes_most = most("Permission", "scopes", "maxItems");
  const auto scope_most = schema("Permission")["properties"]["scopes"]["items"]["maxLength"].as<std::size_t>();
  EXPECT_EQ(permission(0, 1), "400 invalid_field");
  EXPECT_EQ(permission(scopes_most + 1, 1), "400 invalid_field");
  EXPECT_EQ(permission(1, scope_most + 1), "400 invalid_field");
  EXPECT_EQ(permission(scopes_most, scope_most), "201");
}

TEST_F(Openapi, documents_that_are_answered_are_as_described) {
  const auto organization = create("organizations", {{"name", "Acme"}, {"description", "x"}});
  const auto owner = create("users", {{"username", "u"}, {"organization", text_at(organization, "id")}});
  const auto id = text_at(owner, "id");
  const auto agent = create("agents", {{"name", "a"}, {"owner", id}, {"expires_at", "2100-01-01T00:00:00Z"}});
  const auto agent_id = text_at(agent, "id");
  const auto resource = create("resources", {{"identifier", "https://api.example/"}, {"name", "API"}});
  const json::array permissions{json::object{{"resource", text_at(resource, "id")}, {"scopes", json::array{"a"}}}};
  const auto role = create("roles", {{"name", "r"}, {"permissions", permissions}});
  const auto group = create("groups", {{"name", "g"}});
  const auto members = "/v1/groups/" + text_at(group, "id") + "/members";
  expect_as_described("Organization", organization);
  expect_as_described("User", owner);
  expect_as_described("Agent", agent);
  expect_as_described("Resource", resource);
  expect_as_described("Role", role);
  expect_as_described("Group", group);
  expect_as_described("AgentType", create("agent-types", {{"name", "t"}}));
  expect_as_described("Application", create("applications", {{"name", "p"}}));
  expect_as_described("Assignment", create("assignments", {{"role", text_at(role, "id")}, {"principal", id}}));
  expect_as_described("TenantMade", create("tenants", {{"id", "acme"}, {"name", "Acme"}}));
  expect_as_described("Tenant", body_of(as_admin("GET", "/v1/tenants/acme")));
  const auto credential = create("agents/" + agent_id + "/credentials", {{"type", "secret"}});
  const auto credential_path = "/v1/agents/" + agent_id + "/credentials/" + text_at(credential, "id");
  expect_as_described("CredentialMade", credential);
  expect_as_described("Credential", body_of(as_admin("GET", credential_path)));
  expect_as_described("Credential", body_of(as_admin("PATCH", credential_path, {{"label", "ci"}})));
  expect_as_described("CredentialRotated", body_of(as_admin("POST", credential_path + "/rotate")));
  expect_as_described("Membership", body_of(as_admin("POST", members, {{"member", id}})));
  const auto lists = std::vector<std::pair<std::string, std::string>>{
      {"Agent", "/v1/agents"}, {"Credential", "/v1/agents/" + agent_id + "/credentials"}, {"Membership", members},
      {"Key", "/v1/keys"},     {"Event", "/v1/events?limit=200"},                         {"Tenant", "/v1/tenants"}};
  ASSERT_EQ(as_admin("POST", "/v1/agents/" + agent_id + "/revoke", {{"reason", "x"}}).status, 200);
  for (const auto& [name, path] : lists) {
    const auto answer = body_of(as_admin("GET", path));
    expect_as_described(name + "List", answer);
    const auto& items = answer.at("items").as_array();
    EXPECT_FALSE(items.empty()) << path;
    for (const auto& item : items) expect_as_described(name, item.as_object());
  }
  const auto revocations = body_of(as_admin("GET", "/v1/revocations"));
  expect_as_described("RevocationList", revocations);
  EXPECT_FALSE(revocations.at("items").as_array().empty());
  for (const auto& item : revocations.at("items").as_array()) expect_as_described("Revocation", item.as_object());
  const auto after = std::to_string(revocations.at("newest").as_int64());
  auto waiting = as_admin("GET", "/v1/revocations?wait=20&after=" + after);
  ASSERT_TRUE(waiting.feed);
  clock.advance(Seconds(3601));
  const auto too_late = json::parse(waiting.feed->next()).as_object();  // its token is over
  expect_as_described("RevocationList", too_late);
  expect_as_described("Key", body_of(as_admin("POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})));
  expect_as_described("Problem", body_of(as_admin("GET", "/v1/agents?limit=0")));
}

TEST_F(Openapi, delegations_and_explanations_are_as_described) {
  Family f;
  const auto ask = [&](std::string_view method, const std::string& path, const json::object& body = {}) {
    const auto answer = f.world.admin_call(method, path, body);
    EXPECT_LT(answer.status, 300) << path << answer.body;
    return body_of(answer);
  };
  const auto root = f.orchestrated();
  const auto path = "/v1/delegations/" + Family::path_of(root).front();
  f.handed_on(f.orchestrator, root, f.worker, {{"authorization_details", R"([{"type":"limits","uses":3}])"}});
  const auto list = ask("GET", "/v1/delegations"), tree = ask("GET", path + "/tree");
  expect_as_described("DelegationList", list);
  expect_as_described("DelegationTree", tree);
  ASSERT_EQ(list.at("items").as_array().size(), 2u);
  for (const auto& item : list.at("items").as_array()) {
    expect_as_described("Delegation", item.as_object());
    expect_as_described("DelegatedAuthority", item.at("authority").as_array().at(0).as_object());
    expect_as_described("DelegationLimits", item.at("limits").as_object());
  }
  for (const auto& item : tree.at("items").as_array()) expect_as_described("DelegationNode", item.as_object());
  expect_as_described("Preview", ask("POST", path + "/revoke?preview=true"));
  const auto solo = f.world.given_agent_at("https://mail.example", {"mail:read"});
  f.world.access_token(solo, "https://mail.example");
  const auto ended = ask("POST", "/v1/agents/" + solo.id + "/revoke?preview=true");
  expect_as_described("Preview", ended);
  expect_as_described("OwnTokens", ended.at("own_tokens").as_array().at(0).as_object());
  const auto lost = ask("DELETE", "/v1/assignments/" + f.users_assignment + "?preview=true");
  expect_as_described("Preview", lost);
  for (const auto& one : lost.at("minted_again").as_array()) expect_as_described("MintedAgain", one.as_object());
  expect_as_described("Explanation", ask("POST", "/v1/explain", {{"actor", f.worker.id},
                                                                 {"subject", f.user},
                                                                 {"resource", Family::invoices}}));
  expect_as_described("Delegation", ask("POST", path + "/revoke", {{"reason", "x"}}));
  expect_as_described("TrustedIssuer", ask("GET", "/v1/trusted-issuers/" + f.trusted));
  expect_as_described("TrustedIssuerList", ask("GET", "/v1/trusted-issuers"));
  f.world.clock.advance(Seconds(1));  // who was ended begins anew with a token of afterwards
  const auto token = body_of(f.world.exchange(f.orchestrator, f.orchestrated()));
  expect_as_described("TokenResponse", token);
}

TEST_F(Openapi, names_the_scopes_of_the_api_and_the_one_that_each_operation_needs) {
  const auto resource = app().directory.resource("default", issuer + "/v1");
  ASSERT_TRUE(resource && *resource);
  Names defined;
  for (const auto& scope : (*resource)->scopes) defined.insert(scope.name);
  const auto flows = document()["components"]["securitySchemes"]["bearer"]["flows"];
  EXPECT_EQ(keys_of(flows["clientCredentials"]["scopes"]), defined);

  // Called with a token that carries another scope, each route asks for the one that is written down.
  const auto elsewhere = token_of(admin, "keys:read"), otherwise = token_of(admin, "events:read");
  for (const auto& route : endpoints::admin_routes()) {
    std::string path(route.path), method(route.method);
    std::transform(method.begin(), method.end(), method.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    const auto needs = document()["paths"][path][method]["security"][0]["bearer"][0].as<std::string>();
    const auto response = call(needs == "keys:read" ? otherwise : elsewhere, route.method, path);
    const auto challenge = header_at(response, "WWW-Authenticate");
    EXPECT_NE(challenge.find("scope=\"" + needs + "\""), std::string::npos) << method << " " << path << challenge;
  }
}

TEST_F(Openapi, every_problem_has_a_code_that_a_response_names) {
  std::string described;
  for (const auto& response : document()["components"]["responses"])
    described += response.second["description"].as<std::string>() + "\n";
  for (const auto& row : endpoints::admin::problem_table)
    EXPECT_NE(described.find(row.code), std::string::npos) << row.code;
}

TEST_F(Openapi, each_status_that_is_described_or_in_a_table_has_its_phrase) {
  std::set<int> statuses;
  for (const auto& path : document()["paths"])
    for (const auto& method : path.second)
      if (method.second.IsMap())  // beside them stand the path's parameters, a list
        for (const auto& response : method.second["responses"])
          if (response.first.as<std::string>() != "default") statuses.insert(response.first.as<int>());
  for (const auto& row : endpoints::admin::problem_table) statuses.insert(row.status);
  for (const auto& row : oauth::code_table) statuses.insert(row.status);
  for (std::size_t i = 0; i < http::refusal_count; ++i)
    statuses.insert(http::row_of(static_cast<http::Refusal>(i)).status);
  statuses.erase(0);  // of those the client hears nothing
  for (const int status : {200, 303, 400, 404, 410, 431, 503}) EXPECT_TRUE(statuses.contains(status)) << status;
  for (const int status : statuses) {
    std::string text;
    http::append_response(text, {.status = status}, http::Body::whole, http::After::keep, "", "req");
    const auto phrase = "HTTP/1.1 " + std::to_string(status) + " ";
    ASSERT_TRUE(text.starts_with(phrase)) << text;
    EXPECT_TRUE(text.size() > phrase.size() && text[phrase.size()] != '\r') << status;
  }
}
