// What openapi.yaml says of every answer: how each operation fails, by which header it is found, and how what a preview
// answers is told from a record.
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>

#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

const YAML::Node& document() {
  static const YAML::Node node = YAML::LoadFile(std::string(DEPUTY_SOURCE_DIR) + "/openapi.yaml");
  return node;
}
// What a $ref leads to, or the node itself.
YAML::Node whole(const YAML::Node& node) {
  if (!node["$ref"]) return node;
  const auto to = node["$ref"].as<std::string>();  // #/components/responses/Problem
  const auto name = to.rfind('/'), kind = to.rfind('/', name - 1);
  return document()["components"][to.substr(kind + 1, name - kind - 1)][to.substr(name + 1)];
}
bool refers_to(const YAML::Node& schema, const std::string& name) {
  return schema["$ref"] && schema["$ref"].as<std::string>() == "#/components/schemas/" + name;
}

// Calls `look` with each response of each operation: "GET /v1/agents 200", its path, its status, what it is.
template <class Look>
void of_each_response(const Look& look) {
  for (const auto& path : document()["paths"])
    for (const auto& method : path.second) {
      if (!method.second.IsMap()) continue;  // beside them stand the path's parameters, a list
      const auto at = path.first.as<std::string>();
      for (const auto& response : method.second["responses"])
        look(method.first.as<std::string>() + " " + at + " " + response.first.as<std::string>(), at,
             response.first.as<std::string>(), whole(response.second));
    }
}

}  // namespace

TEST(OpenapiRefusals, each_operation_says_how_it_fails_otherwise_and_in_which_words) {
  std::size_t operations = 0, otherwise = 0;
  for (const auto& path : document()["paths"])
    for (const auto& method : path.second) operations += method.second.IsMap() ? 1 : 0;
  of_each_response([&](const std::string& name, const std::string& at, const std::string& status,
                       const YAML::Node& response) {
    if (status != "default") return;
    ++otherwise;
    const auto content = response["content"];
    EXPECT_TRUE(refers_to(content["application/problem+json"]["schema"], "Problem")) << name;
    const bool of_oauth = !at.starts_with("/v1");
    EXPECT_EQ(content["application/json"].IsDefined(), of_oauth) << name;
    if (of_oauth) EXPECT_TRUE(refers_to(content["application/json"]["schema"], "OAuthError")) << name;
  });
  EXPECT_EQ(otherwise, operations);
}

TEST(OpenapiRefusals, each_refusal_bears_the_id_of_its_request) {
  of_each_response([](const std::string& name, const std::string&, const std::string& status,
                      const YAML::Node& response) {
    if (status != "default" && status[0] < '4') return;
    EXPECT_TRUE(response["headers"] && response["headers"]["X-Correlation-Id"]) << name;
  });
}

TEST(OpenapiRefusals, what_a_preview_answers_is_told_from_every_record) {
  const auto preview = document()["components"]["schemas"]["Preview"];
  EXPECT_TRUE(preview["properties"]["preview"]["const"].as<bool>());
  std::set<std::string> required;
  for (const auto& name : preview["required"]) required.insert(name.as<std::string>());
  EXPECT_TRUE(required.contains("preview"));
  std::size_t choices = 0;
  of_each_response([&](const std::string& name, const std::string&, const std::string&, const YAML::Node& response) {
    if (!response["content"] || !response["content"]["application/json"]) return;
    const auto any = response["content"]["application/json"]["schema"]["anyOf"];
    if (!any || !std::any_of(any.begin(), any.end(), [](const auto& one) { return refers_to(one, "Preview"); })) return;
    ++choices;
    for (const auto& one : any) {
      if (refers_to(one, "Preview")) continue;
      const auto properties = whole(one)["properties"];
      EXPECT_FALSE(properties && properties["preview"]) << name;
    }
  });
  EXPECT_GT(choices, 5u);
}

TEST(OpenapiRefusals, what_a_preview_answers_is_as_described) {
  Family f;
  const auto answer = f.world.admin_call("DELETE", "/v1/users/" + f.user + "?preview=true");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto told = body_of(answer);
  EXPECT_EQ(json_boolean(told, "preview"), true);
  const auto* would = json_member_object(told, "would_refuse");
  ASSERT_NE(would, nullptr) << answer.body;
  const auto properties = document()["components"]["schemas"]["Problem"]["properties"];
  for (const auto& [member, value] : *would) EXPECT_TRUE(properties[std::string(member)].IsDefined()) << member;
  for (const auto& name : document()["components"]["schemas"]["Problem"]["required"])
    EXPECT_TRUE(would->contains(name.as<std::string>())) << name;
  for (const auto& [member, value] : told)
    EXPECT_TRUE(document()["components"]["schemas"]["Preview"]["properties"][std::string(member)].IsDefined())
        << member;
}
