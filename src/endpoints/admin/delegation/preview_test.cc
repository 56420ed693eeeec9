// What a change would end, asked before it is made: the answer names what then dies, and asking changes nothing.
#include <gtest/gtest.h>

#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Previews : testing::Test, Family {
  http::Response send(std::string_view method, const std::string& path, json::object body = {}) {
    return world.admin_call(method, "/v1/" + path, std::move(body));
  }
  json::object preview(std::string_view method, const std::string& path, json::object body = {}) {
    const auto before = send("GET", "events?limit=1").body, revoked = send("GET", "revocations").body;
    const auto answer = send(method, path + "?preview=true", std::move(body));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(send("GET", "revocations").body, revoked);
    return body_of(answer);
  }
  static std::int64_t count(const json::object& answer, std::string_view name = "delegations") {
    return answer.at(name).as_int64();
  }
  static json::array again(const json::object& answer) {
    const auto* parts = json_member_array(answer, "minted_again");
    return parts == nullptr ? json::array() : *parts;
  }
  // The user's tree: a root for the orchestrator, that reads and writes; below it the worker, who reads.
  std::string root = orchestrated("read write");
  std::string below = handed_on(orchestrator, root, worker, {{"scope", "read"}});
};

}  // namespace

TEST_F(Previews, of_a_user_who_is_disabled_or_deleted_count_all_that_is_done_in_their_name) {
  for (const auto& would :
       {preview("PATCH", "users/" + user, {{"state", "disabled"}}), preview("DELETE", "users/" + user)}) {
    EXPECT_EQ(count(would), 2);
    EXPECT_EQ(count(would, "live_tokens_max"), 2);
    EXPECT_EQ(would.at("agents").as_array().size(), 2u);
    EXPECT_TRUE(would.contains("last_used_at"));
    EXPECT_TRUE(again(would).empty());
  }
  EXPECT_EQ(count(preview("PATCH", "users/" + user, {{"name", "Alice"}})), 0);
  EXPECT_TRUE(active(root) && active(below));
  ASSERT_EQ(send("PATCH", "users/" + user, {{"state", "disabled"}}).status, 200);
  EXPECT_FALSE(active(root) || active(below));
}

TEST_F(Previews, of_a_role_taken_away_or_shrunk_say_who_would_lose_what) {
  const auto gone = preview("DELETE", "assignments/" + users_assignment);
  EXPECT_EQ(count(gone), 0) << "the delegations live on";
  std::map<std::string, json::object> by_resource;
  for (const auto& one : again(gone)) by_resource[text_at(one.as_object(), "resource")] = one.as_object();
  ASSERT_EQ(by_resource.size(), 2u);
  const auto& lost = by_resource[invoices];
  EXPECT_EQ(text_at(lost, "target"), user);
  EXPECT_EQ(text_at(lost, "name"), user_name);
  EXPECT_EQ(text_at(lost, "scope"), "approve read write");
  EXPECT_EQ(count(lost), 2);
  EXPECT_EQ(count(lost, "live_tokens_max"), 2);
  EXPECT_EQ(count(by_resource[payments]), 0);

  const json::array permissions{json::object{{"resource", invoices_id}, {"scopes", json::array{"read", "approve"}}},
                                json::object{{"resource", payments_id}, {"scopes", json::array{"*"}}}};
  std::map<std::string, json::object> by_target;
  for (const auto& one : again(preview("PATCH", "roles/" + role, {{"permissions", permissions}})))
    by_target[text_at(one.as_object(), "target")] = one.as_object();
  EXPECT_EQ(by_target.size(), 5u) << "the user and four agents";
  EXPECT_EQ(text_at(by_target[user], "scope"), "write");
  EXPECT_EQ(count(by_target[user]), 1) << "the worker only reads";
  EXPECT_EQ(count(by_target[worker.id]), 0);
  EXPECT_TRUE(active(root) && active(below));
}

TEST_F(Previews, of_what_everybody_would_lose_count_everybodys) {
  const auto would = again(preview("PATCH", "trusted-issuers/" + trusted, {{"state", "disabled"}}));
  ASSERT_EQ(would.size(), 2u);
  EXPECT_FALSE(would.at(0).as_object().contains("target"));
  EXPECT_EQ(count(would.at(0).as_object()) + count(would.at(1).as_object()), 2);
  EXPECT_EQ(count(again(preview("PATCH", "resources/" + invoices_id, {{"delegation_depth_max", 1}})).at(0).as_object()),
            2);
}

TEST_F(Previews, of_a_compromised_key_count_the_tokens_it_may_have_signed) {
  const auto signing = text_at(header_of(root), "kid");
  const auto would = preview("POST", "keys/" + signing + "/compromised");
  EXPECT_EQ(count(would), 0);
  const auto part = again(would).at(0).as_object();
  EXPECT_EQ(again(would).size(), 1u);
  EXPECT_EQ(text_at(part, "kid"), signing);
  EXPECT_EQ(count(part, "live_tokens_max"), 2);
  EXPECT_TRUE(active(root));
  const auto keys = body_of(send("GET", "keys"));
  for (const auto& one : keys.at("items").as_array()) {
    const auto& key = one.as_object();
    if (text_at(key, "algorithm") == "ES256") continue;
    const auto parts = again(preview("POST", "keys/" + text_at(key, "kid") + "/compromised"));
    EXPECT_EQ(count(parts.at(0).as_object()), 0);
    // A10: it signed none of them; but they may have been exchanged for what it signed.
    EXPECT_EQ(text_at(parts.at(1).as_object(), "from_kid"), text_at(key, "kid"));
    EXPECT_EQ(count(parts.at(1).as_object(), "live_tokens_max"), 2);
  }
  EXPECT_EQ(send("POST", "keys/none/compromised?preview=true").status, 404);
}

TEST_F(Previews, of_an_agent_that_passes_on_or_loses_its_ceiling_say_that_its_tokens_die) {
  const auto bob = world.given_user("bob");
  const auto would = again(preview("POST", "agents/" + worker.id + "/transfer", {{"owner", bob}}));
  ASSERT_EQ(would.size(), 1u);
  EXPECT_EQ(text_at(would.at(0).as_object(), "target"), worker.id);
  EXPECT_EQ(count(would.at(0).as_object(), "live_tokens_max"), 1);
  EXPECT_TRUE(active(below));
}

TEST_F(Previews, of_a_member_who_leaves_say_what_the_group_gave) {
  const auto group = text_at(body_of(send("POST", "groups", {{"name", "readers"}})), "id");
  const auto bob = world.given_user("bob");
  world.given_assignment(role, group);
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", bob}}).status, 201);
  const auto would = again(preview("DELETE", "groups/" + group + "/members/" + bob));
  ASSERT_EQ(would.size(), 2u);
  EXPECT_EQ(text_at(would.at(0).as_object(), "target"), bob);
}
