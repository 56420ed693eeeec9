// The life of an agent: suspended, resumed, revoked, transferred, expired, deleted; and its tokens with it.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "endpoints/admin/frame/records.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Agents : testing::Test, Administration {
  const std::string api = "https://api.example/";

  std::string act(const std::string& id, std::string_view verb, json::object body = {}) {
    return problem_of(call(admin_token(), "POST", "/v1/agents/" + id + "/" + std::string(verb), body));
  }
  std::string state_of(const std::string& id) {
    return text_at(body_of(call(admin_token(), "GET", "/v1/agents/" + id)), "state");
  }
  bool active(const std::string& token) {
    const auto read = app().reader.read(token, "default", issuer, clock.now());
    return read && std::holds_alternative<std::shared_ptr<const tokens::AccessToken>>(*read);
  }
};

}  // namespace

TEST_F(Agents, a42_an_event_of_a_clock_that_was_years_ahead_keeps_no_agent_from_its_tokens) {
  const auto agent = given_agent_at(api, {"read"});
  audit::Event event{.id = "evt_ahead", .at = clock.now() + std::chrono::days(3650), .tenant = "default"};
  ASSERT_TRUE(store->commit_now({store::Append{std::move(event)}}));
  ASSERT_EQ(act(agent.id, "suspend"), "200");
  ASSERT_EQ(act(agent.id, "resume"), "200");
  clock.advance(Seconds(1));
  EXPECT_TRUE(active(access_token(agent, api)));
}

TEST_F(Agents, only_the_transitions_of_the_lifecycle_are_made) {
  const auto id = agent_of(admin.id);
  EXPECT_EQ(act(id, "resume"), "409 wrong_state");
  EXPECT_EQ(act(id, "suspend"), "200");
  EXPECT_EQ(act(id, "suspend"), "409 wrong_state");
  EXPECT_EQ(state_of(id), "suspended");
  EXPECT_EQ(act(id, "resume"), "200");
  EXPECT_EQ(state_of(id), "active");
  EXPECT_EQ(act(id, "revoke", {{"reason", "leaked"}}), "200");
  EXPECT_EQ(state_of(id), "revoked");
  for (const auto* verb : {"suspend", "resume", "revoke"}) EXPECT_EQ(act(id, verb), "409 wrong_state") << verb;
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/agents/" + id, {{"name", "x"}})), "409 wrong_state");
  const auto revoked = events("agent.revoke");
  EXPECT_EQ(text_at(revoked[0].as_object(), "reason"), "leaked");
}

TEST_F(Agents, an_expired_agent_is_revoked_or_given_a_new_expiry) {
  const auto id = agent_of(admin.id, {{"expires_at", rfc3339(clock.now() + Seconds(60))}});
  clock.advance(Seconds(60));
  EXPECT_EQ(state_of(id), "expired");
  EXPECT_EQ(act(id, "resume"), "409 wrong_state");
  const auto path = "/v1/agents/" + id;
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"expires_at", rfc3339(clock.now() - Seconds(1))}})),
            "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"expires_at", rfc3339(clock.now() + Seconds(9))}})), "200");
  EXPECT_EQ(state_of(id), "active");
  clock.advance(Seconds(10));
  EXPECT_EQ(act(id, "revoke"), "200");
}

TEST_F(Agents, a28_suspension_and_revocation_end_live_tokens_and_resuming_does_not_bring_them_back) {
  const auto agent = given_agent_at(api, {"read"});
  const auto token = access_token(agent, api);
  ASSERT_TRUE(active(token));
  ASSERT_EQ(act(agent.id, "suspend"), "200");
  EXPECT_FALSE(active(token));
  ASSERT_EQ(act(agent.id, "resume"), "200");
  EXPECT_FALSE(active(token));
  clock.advance(Seconds(2));
  const auto fresh = access_token(agent, api);
  EXPECT_TRUE(active(fresh));
  ASSERT_EQ(act(agent.id, "revoke"), "200");
  EXPECT_FALSE(active(fresh));
  EXPECT_EQ(error_of(this->token(agent, {{"resource", api}})), "401 invalid_client");
}

TEST_F(Agents, a28_a_transfer_ends_tokens_that_name_the_old_owner) {
  const auto agent = given_agent_at(api, {"read"});
  const auto token = access_token(agent, api);
  const auto next = create_id("users", {{"username", "next"}});
  ASSERT_EQ(act(agent.id, "transfer", {{"owner", next}}), "200");
  EXPECT_FALSE(active(token));
  clock.advance(Seconds(2));
  EXPECT_EQ(text_at(claims_of(access_token(agent, api)), "owner"), next);
}

TEST_F(Agents, i6_no_token_outlives_an_expiry_that_is_brought_forward) {
  const auto agent = given_agent_at(api, {"read"});
  const auto token = access_token(agent, api);
  const auto soon = rfc3339(clock.now() + Seconds(30));
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/agents/" + agent.id, {{"expires_at", soon}}).status, 200);
  EXPECT_FALSE(active(token)) << "it would live 300 s";
}

TEST_F(Agents, nobody_is_accountable_beside_another_when_the_clock_was_set_back) {
  const auto first = create_id("users", {{"username", "first"}}), second = create_id("groups", {{"name", "second"}}),
             third = create_id("groups", {{"name", "third"}});
  const auto id = agent_of(first);
  clock.advance(Seconds(100));
  ASSERT_EQ(act(id, "transfer", {{"owner", second}}), "200");
  const auto ahead = clock.now();
  clock.advance(Seconds(-50));
  ASSERT_EQ(act(id, "transfer", {{"owner", third}}), "200");
  const auto at = [&](Instant when) {
    return items_of(call(admin_token(), "GET", "/v1/agents/" + id + "/owners?at=" + percent_encode(rfc3339(when))),
                    "owner");
  };
  EXPECT_EQ(at(clock.now()), (std::vector{first}));
  EXPECT_EQ(at(ahead), (std::vector{third}));
}

TEST_F(Agents, the_history_of_owners_says_who_was_accountable_when) {
  const auto first = create_id("users", {{"username", "first"}}), second = create_id("groups", {{"name", "second"}});
  const auto id = agent_of(first);
  const auto began = clock.now();
  clock.advance(Seconds(100));
  ASSERT_EQ(act(id, "transfer", {{"owner", second}}), "200");
  const auto moved = clock.now();
  clock.advance(Seconds(100));
  const auto owners_at = [&](std::string query) {
    return items_of(call(admin_token(), "GET", "/v1/agents/" + id + "/owners" + query), "owner");
  };
  const auto at = [&](Instant when) { return owners_at("?at=" + percent_encode(rfc3339(when))); };
  EXPECT_EQ(owners_at(""), (std::vector{first, second}));
  EXPECT_EQ(at(began), (std::vector{first}));
  EXPECT_EQ(at(moved - Millis(1)), (std::vector{first}));
  EXPECT_EQ(at(moved), (std::vector{second}));
  EXPECT_TRUE(at(began - Millis(1)).empty());
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/agents/" + id + "/owners?at=yesterday")), "400 invalid_request");
}

TEST_F(Agents, refuses_a_transfer_to_nobody_to_the_same_owner_or_of_the_dead) {
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto id = agent_of(owner);
  EXPECT_EQ(act(id, "transfer", {{"owner", "usr_" + std::string(26, '0')}}), "422 missing_reference");
  EXPECT_EQ(act(id, "transfer", {{"owner", id}}), "400 invalid_field");
  EXPECT_EQ(act(id, "transfer"), "400 invalid_field");
  EXPECT_EQ(act(id, "transfer", {{"owner", owner}}), "409 wrong_state");
  ASSERT_EQ(act(id, "revoke"), "200");
  EXPECT_EQ(act(id, "transfer", {{"owner", admin.id}}), "409 wrong_state");
}

TEST_F(Agents, an_agent_is_deleted_after_it_is_revoked_and_what_lies_under_it_goes_too) {
  const auto id = agent_of(admin.id);
  const auto group = create_id("groups", {{"name", "g"}});
  const auto credential = text_at(create("agents/" + id + "/credentials", {{"type", "secret"}}), "id");
  ASSERT_EQ(call(admin_token(), "POST", "/v1/groups/" + group + "/members", {{"member", id}}).status, 201);
  EXPECT_EQ(problem_of(call(admin_token(), "DELETE", "/v1/agents/" + id)), "409 wrong_state");
  ASSERT_EQ(act(id, "revoke"), "200");
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/agents/" + id).status, 204);
  const auto left = store->under("default", id);
  ASSERT_TRUE(left);
  EXPECT_TRUE(left->empty());
  EXPECT_TRUE(items_of(call(admin_token(), "GET", "/v1/groups/" + group + "/members"), "member").empty());
  EXPECT_EQ(events("agent.delete").size(), 2u) << "the refusal and the deletion stay in the log";
}

TEST_F(Agents, a40_a_reason_cannot_forge_a_line_of_the_log) {
  const auto id = agent_of(admin.id);
  EXPECT_EQ(act(id, "suspend", {{"reason", "x\n{\"event\":\"forged\"}"}}), "400 invalid_field");
  EXPECT_EQ(act(id, "suspend", {{"reason", std::string(501, 'x')}}), "400 invalid_field");
  EXPECT_EQ(act(id, "suspend", {{"reason", 7}}), "400 invalid_field");
  for (const auto* steering : {"a\x7f", "a\u0085b", "a\u009b2Jb", "a\u2028b", "a\u2029b", "\u202egnp.exe", "\u2066a"})
    EXPECT_EQ(act(id, "suspend", {{"reason", steering}}), "400 invalid_field") << steering;
  EXPECT_EQ(act(id, "suspend", {{"why", "x"}}), "400 invalid_field");
  EXPECT_EQ(act(id, "suspend", {{"reason", "said \"stop\""}}), "200");
  EXPECT_EQ(text_at(events("agent.suspend").back().as_object(), "reason"), "said \"stop\"");
}

TEST_F(Agents, a_transition_is_conditional_on_the_version_too) {
  const auto id = agent_of(admin.id);
  const auto path = "/v1/agents/" + id + "/suspend";
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path, "", {{"If-Match", "\"9\""}})), "412 version_mismatch");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", path, "", {{"If-Match", "\"1\""}})), "200");
}

TEST_F(Agents, a28_no_clash_of_attributes_stands_in_the_way_of_the_kill_switch) {
  const auto schema = [](json::object attribute) {
    attribute["name"] = "serial";
    attribute["type"] = "string";
    return json::array{std::move(attribute)};
  };
  const auto type = create_id("agent-types", {{"name", "t"}, {"schema", schema({})}});
  const auto owner = create_id("users", {{"username", "owner"}});
  const auto make = [&] { return agent_of(admin.id, {{"type", type}, {"attributes", json::object{{"serial", "7"}}}}); };
  const auto first = make(), second = make();
  // A type that became stricter while its agents shared a value, as older versions allowed.
  auto stored = *store->get("default", store::Kind::agent_type, type);
  ASSERT_TRUE(stored);
  auto body = *parse_json_object(stored->body);
  body["schema"] = schema({{"credential", true}});
  const auto stricter = endpoints::admin::record_put("default", store::Kind::agent_type, type, type, body,
                                                     stored->version, clock.now());
  ASSERT_TRUE(store->commit_now({stricter}));
  EXPECT_EQ(act(first, "suspend"), "200");
  EXPECT_EQ(act(second, "transfer", {{"owner", owner}}), "200");
  EXPECT_EQ(act(second, "suspend"), "200");
  EXPECT_EQ(act(second, "resume"), "200");
  EXPECT_EQ(act(second, "revoke"), "200");
}

TEST_F(Agents, a19_no_agent_takes_over_an_applications_client_id_nor_the_other_way_round) {
  create("applications", {{"name", "portal"}, {"client_id", "portal"}});
  const auto alice = user("alice");
  const auto as_alice = [&](json::object body) {
    body["name"] = "mine";
    body["owner"] = alice.id;
    return call(token_of(alice), "POST", "/v1/agents", body);
  };
  const auto own_choice = as_alice({{"client_id", "free"}}), taken = as_alice({{"client_id", "portal"}});
  EXPECT_EQ(problem_of(own_choice), "403 exceeds_authority");
  EXPECT_EQ(text_at(body_of(own_choice), "field"), "client_id");
  EXPECT_EQ(problem_of(taken), "403 exceeds_authority") << "as if it were free";
  const json::object agent{{"name", "a"}, {"owner", admin.id}, {"client_id", "portal"}};
  const auto clash = call(admin_token(), "POST", "/v1/agents", agent);
  EXPECT_EQ(problem_of(clash), "409 not_unique");
  EXPECT_EQ(text_at(body_of(clash), "field"), "client_id");
  agent_of(admin.id, {{"client_id", "bot"}});
  for (const auto* name : {"bot", "portal"})
    EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/applications", {{"name", "p"}, {"client_id", name}})),
              "409 not_unique");
  EXPECT_EQ(problem_of(as_alice({{"client_id", "app_" + std::string(26, '0')}})), "400 invalid_field");
  // Nor does who administers an organization take a name that a trusted issuer's tokens may be made out to.
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto boss = token_of(officer("boss", {"applications:*"}, acme));
  json::object app{{"name", "theirs"}, {"organization", acme}, {"client_id", "upstream"}};
  const auto chosen = call(boss, "POST", "/v1/applications", app);
  EXPECT_EQ(problem_of(chosen), "403 exceeds_authority");
  EXPECT_EQ(text_at(body_of(chosen), "field"), "client_id");
  app.erase("client_id");
  EXPECT_EQ(problem_of(call(boss, "POST", "/v1/applications", app)), "201");
}
