// What tests of /v1 ask of a world: calls by a bearer, records made through the API itself, callers of every reach.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "tests/kit/world.h"

namespace deputy::test {

struct Administration : World {
  http::Response call(std::string_view token, std::string_view method, std::string_view path, std::string body = "",
                      http::Headers headers = {}) {
    headers.emplace_back("Authorization", "Bearer " + std::string(token));
    if (!body.empty()) headers.emplace_back("Content-Type", "application/json");
    return ask(method, path, std::move(body), std::move(headers));
  }
  http::Response call(std::string_view token, std::string_view method, std::string_view path, const json::object& body,
                      http::Headers headers = {}) {
    return call(token, method, path, json::serialize(body), std::move(headers));
  }

  std::string token_of(const Given& who, std::string_view scope = "") {
    return access_token(who, issuer + "/v1", scope);
  }
  std::string admin_token() { return token_of(admin); }

  // The document that POST /v1/{plural} answers; the test fails where it is refused.
  json::object create(std::string_view plural, const json::object& body) {
    const auto made = call(admin_token(), "POST", "/v1/" + std::string(plural), body);
    EXPECT_EQ(made.status, 201) << made.body;
    return body_of(made);
  }
  std::string create_id(std::string_view plural, const json::object& body) {
    return text_at(create(plural, body), "id");
  }

  // A user with a secret of its own.
  Given user(std::string_view username, json::object more = {}) {
    more["username"] = username;
    const auto id = create_id("users", more);
    return {id, given_secret(id)};
  }
  std::string agent_of(std::string_view owner, json::object more = {}) {
    if (!more.contains("name")) more["name"] = "an agent";
    more["owner"] = owner;
    return create_id("agents", more);
  }

  std::string own_api() {
    const auto found = store->find("default", store::Kind::resource, "identifier", issuer + "/v1");
    EXPECT_TRUE(found && *found);
    return (*found)->id;
  }
  std::string role_at_own_api(std::string_view name, std::vector<std::string> scopes) {
    return given_role(name, own_api(), std::move(scopes));
  }
  // A user who holds these scopes of /v1, in one organization or, where it is empty, in the whole tenant.
  Given officer(std::string_view username, std::vector<std::string> scopes, std::string_view organization = "") {
    auto given = user(username);
    const auto role = role_at_own_api("role of " + std::string(username), std::move(scopes));
    json::object more;
    if (!organization.empty()) more["organization"] = organization;
    given_assignment(role, given.id, more);
    return given;
  }
};

// "404 not_found": the status and the problem's code; "201" where it is none.
inline std::string problem_of(const http::Response& response) {
  if (response.status < 300) return std::to_string(response.status);
  EXPECT_EQ(response.content_type, "application/problem+json") << response.body;
  const auto type = text_at(body_of(response), "type");
  return std::to_string(response.status) + " " + type.substr(type.find('#') + 1);
}

// The texts of one member of a list's items.
inline std::vector<std::string> items_of(const http::Response& response, std::string_view member = "id") {
  std::vector<std::string> out;
  const auto body = body_of(response);
  const auto* items = json_member_array(body, "items");
  EXPECT_NE(items, nullptr) << response.body;
  if (items != nullptr)
    for (const auto& item : *items) out.push_back(text_at(item.as_object(), member));
  return out;
}

}  // namespace deputy::test
