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
  static json::array own(const json::object& answer) { return answer.at("own_tokens").as_array(); }
  // An agent that acts for itself at an API where tokens live ten minutes.
  static constexpr auto mail = "https://mail.example";
  std::string mail_id = world.given_resource(mail, {"mail:read"}, {{"token_lifetime_s", 600}});
  Given solo = world.given_agent("solo");
  std::string solos_assignment = world.given_assignment(world.given_role("mail", mail_id, {"*"}), solo.id);
  std::string after(Seconds time) { return rfc3339(world.clock.now() + time); }

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

TEST_F(Previews, say_what_the_act_would_be_refused_as) {
  const auto said = [](const json::object& answer) {
    const auto* would = json_member_object(answer, "would_refuse");
    if (would == nullptr) return std::string("nothing");
    EXPECT_FALSE(would->contains("correlation_id")) << "nothing is on record";
    const auto type = text_at(*would, "type");
    return type.substr(type.rfind('#') + 1) + ": " + text_at(*would, "detail");
  };
  const auto act = [&](std::string_view method, const std::string& path) {
    const auto refused = body_of(send(method, path));
    const auto type = text_at(refused, "type");
    return type.substr(type.rfind('#') + 1) + ": " + text_at(refused, "detail");
  };
  for (const auto& path : {"users/" + user, "agents/" + worker.id, "roles/" + role, "resources/" + invoices_id}) {
    const auto would = said(preview("DELETE", path));
    EXPECT_NE(would, "nothing") << path;
    EXPECT_EQ(act("DELETE", path), would) << path;
  }
  EXPECT_TRUE(said(preview("DELETE", "agents/" + worker.id)).starts_with("wrong_state: "));
  EXPECT_TRUE(said(preview("DELETE", "users/" + user)).starts_with("in_use: "));
  EXPECT_EQ(said(preview("PATCH", "users/" + user, {{"state", "disabled"}})), "nothing");
  EXPECT_EQ(said(preview("DELETE", "assignments/" + users_assignment)), "nothing");
  EXPECT_EQ(said(preview("POST", "agents/" + worker.id + "/revoke")), "nothing");
}

TEST_F(Previews, of_who_is_stopped_already_say_that_nothing_more_ends) {
  const auto agent = "agents/" + orchestrator.id, person = "users/" + user;
  EXPECT_EQ(count(preview("PATCH", person, {{"state", "disabled"}})), 2);
  ASSERT_EQ(send("POST", agent + "/suspend").status, 200);
  EXPECT_EQ(count(preview("PATCH", agent, {{"description", "d"}})), 0);
  EXPECT_EQ(count(preview("PATCH", person, {{"name", "Alice"}})), 0);
  ASSERT_EQ(send("PATCH", person, {{"state", "disabled"}}).status, 200);
  EXPECT_EQ(count(preview("PATCH", person, {{"name", "Alice"}})), 0);
  EXPECT_EQ(count(preview("DELETE", person)), 2) << "for good";
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

TEST_F(Previews, of_an_agent_with_tokens_of_its_own_say_until_when_those_live) {
  const auto agent = "agents/" + solo.id;
  EXPECT_TRUE(own(preview("POST", agent + "/revoke")).empty()) << "it never used its credential";
  const auto token = world.access_token(solo, mail);
  const auto used = after(Seconds(0));
  world.clock.advance(Seconds(60));
  for (const auto& would :
       {preview("POST", agent + "/revoke"), preview("POST", agent + "/suspend"),
        preview("PATCH", agent, {{"expires_at", after(Seconds(30))}}),
        preview("POST", agent + "/transfer", {{"owner", user}}), preview("DELETE", "assignments/" + solos_assignment),
        preview("PATCH", "resources/" + mail_id, {{"sender_constrained_tokens_required", true}})}) {
    EXPECT_EQ(count(would), 0);
    ASSERT_EQ(own(would).size(), 1u);
    EXPECT_EQ(own(would).at(0), (json::object{{"agent", solo.id}, {"name", "solo"},
                                              {"last_used_at", used}, {"live_until_max", after(Seconds(600))}}));
  }
  EXPECT_TRUE(own(preview("PATCH", agent, {{"name", "Solo"}})).empty());
  EXPECT_TRUE(own(preview("POST", "agents/" + orchestrator.id + "/revoke")).empty()) << "it acts for others only";
  EXPECT_TRUE(own(preview("PATCH", "resources/" + invoices_id, {{"delegation_depth_max", 1}})).empty());

  // After the noted use others may have come, for a quarter of an hour.
  ASSERT_TRUE(world.store->commit_now(world.app().last_use.take(100)));
  world.restart();
  world.clock.advance(Seconds(900 - 60 + 599));
  EXPECT_EQ(text_at(own(preview("POST", agent + "/revoke")).at(0).as_object(), "live_until_max"), after(Seconds(1)));
  world.clock.advance(Seconds(1));
  EXPECT_TRUE(own(preview("POST", agent + "/revoke")).empty());
}

TEST_F(Previews, of_own_tokens_pass_over_those_that_are_dead_already) {
  const auto agent = "agents/" + solo.id;
  world.access_token(solo, mail);
  world.clock.advance(Seconds(901));
  ASSERT_EQ(own(preview("POST", agent + "/revoke")).size(), 1u);
  ASSERT_EQ(send("POST", agent + "/suspend").status, 200);
  EXPECT_TRUE(own(preview("POST", agent + "/revoke")).empty());
  ASSERT_EQ(send("POST", agent + "/resume").status, 200);
  EXPECT_TRUE(own(preview("POST", agent + "/revoke")).empty());
  world.clock.advance(Seconds(1));
  world.access_token(solo, mail);
  EXPECT_EQ(own(preview("POST", agent + "/revoke")).size(), 1u);
}

TEST_F(Previews, of_own_tokens_name_a_user_and_whoever_a_key_may_have_signed_for) {
  world.access_token(solo, mail);
  const Given alice{user, world.given_secret(user)};
  ASSERT_FALSE(world.access_token(alice, world.issuer + "/v1").empty());
  const auto mine = own(preview("PATCH", "users/" + user, {{"state", "disabled"}}));
  ASSERT_EQ(mine.size(), 1u);
  EXPECT_EQ(text_at(mine.at(0).as_object(), "agent"), user);
  std::set<std::string> named;
  for (const auto& one : own(preview("POST", "keys/" + text_at(header_of(root), "kid") + "/compromised")))
    named.insert(text_at(one.as_object(), "agent"));
  EXPECT_TRUE(named.contains(solo.id) && named.contains(user));
  EXPECT_FALSE(named.contains(orchestrator.id));
}

TEST_F(Previews, of_own_tokens_know_when_a_credential_was_used_that_was_taken_away) {
  const auto agent = "agents/" + solo.id;
  world.access_token(solo, mail);
  const auto used = after(Seconds(0));
  const auto credentials = body_of(send("GET", agent + "/credentials")).at("items").as_array();
  ASSERT_EQ(credentials.size(), 1u);
  ASSERT_EQ(send("DELETE", agent + "/credentials/" + text_at(credentials.at(0).as_object(), "id")).status, 204);
  world.clock.advance(Seconds(60));
  const auto would = own(preview("POST", agent + "/suspend"));
  ASSERT_EQ(would.size(), 1u);
  EXPECT_EQ(would.at(0), (json::object{{"agent", solo.id}, {"name", "solo"},
                                       {"last_used_at", used}, {"live_until_max", after(Seconds(600))}}));
}

TEST_F(Previews, of_own_tokens_reckon_with_those_that_were_given_a_longer_life) {
  const auto revoke = "agents/" + solo.id + "/revoke", resource = "resources/" + mail_id;
  const auto until = [&] {
    const auto all = own(preview("POST", revoke));
    return all.empty() ? std::string() : text_at(all.at(0).as_object(), "live_until_max");
  };
  world.access_token(solo, mail);
  ASSERT_EQ(send("PATCH", resource, {{"description", "Mail"}}).status, 200);
  EXPECT_EQ(until(), after(Seconds(600))) << "it gives the same as before";
  ASSERT_EQ(send("PATCH", resource, {{"token_lifetime_s", 60}}).status, 200);
  EXPECT_EQ(until(), after(directory::token_lifetime_max));
  EXPECT_EQ(own(preview("PATCH", resource, {{"sender_constrained_tokens_required", true}})).size(), 1u);
  world.clock.advance(Seconds(599));
  EXPECT_FALSE(until().empty());
  world.clock.advance(Seconds(1));
  EXPECT_EQ(until(), after(Seconds(60))) << "those that were given longer are over";
}
