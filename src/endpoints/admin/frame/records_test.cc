// A change of nothing, and members that are not a caller's to send.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {
struct Sent : testing::Test, Administration {};
}  // namespace

TEST_F(Sent, a_change_of_nothing_leaves_the_version_and_records_nothing) {
  const auto agent = "agents/" + agent_of(admin.id, {{"name", "a"}});
  const auto credential = agent + "/credentials/" + create_id(agent + "/credentials", {{"type", "secret"}});
  const auto user = "users/" + create_id("users", {{"username", "alice"}, {"name", "Alice"}});
  const auto type = "agent-types/" + create_id("agent-types", {{"name", "crawler"}});
  const std::string elsewhere = "https://elsewhere.example";
  const auto trusted = "trusted-issuers/" + create_id("trusted-issuers", {{"issuer", elsewhere},
                                                                          {"jwks_uri", elsewhere + "/keys"},
                                                                          {"permissions", json::array{}}});
  create("tenants", {{"id", "acme"}, {"name", "Acme"}});
  clock.advance(Seconds(5));
  const std::vector<std::tuple<std::string, std::string, json::object>> all{
      {agent, "agent", {{"name", "a"}}},
      {credential, "credential", {{"type", "secret"}}},
      {user, "user", {{"name", "Alice"}}},
      {type, "agent_type", {{"name", "crawler"}}},
      {trusted, "trusted_issuer", {{"issuer", elsewhere}}},
      {"tenants/acme", "tenant", {{"name", "Acme"}}},
      {"tenants/default", "tenant", {{"acr_values", nullptr}}}};
  for (const auto& [path, noun, same_again] : all) {
    const auto before = call(admin_token(), "GET", "/v1/" + path);
    ASSERT_EQ(before.status, 200) << path;
    for (const json::object& patch : {json::object{}, same_again}) {
      const auto same =
          call(admin_token(), "PATCH", "/v1/" + path, patch, {{"If-Match", header_at(before, "ETag")}});
      EXPECT_EQ(same.status, 200) << path << same.body;
      EXPECT_EQ(body_of(same), body_of(before)) << path;
      EXPECT_EQ(header_at(same, "ETag"), header_at(before, "ETag")) << path;
    }
    EXPECT_TRUE(events(noun + ".update").empty()) << noun;
  }
}

TEST_F(Sent, says_of_what_is_shown_of_every_record_that_it_is_not_sent) {
  const auto id = create_id("users", {{"username", "alice"}});
  const auto whole = body_of(call(admin_token(), "GET", "/v1/users/" + id));
  const auto answer = call(admin_token(), "PATCH", "/v1/users/" + id, whole);
  EXPECT_EQ(problem_of(answer), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(answer), "detail"), "id is set by the server: leave it out.");
  EXPECT_EQ(text_at(body_of(answer), "field"), "id");
}
