// A stop is not held up by who writes the record all the while: what is stopped is stopped by the first request.
#include "endpoints/admin/frame/stop.h"

#include <gtest/gtest.h>

#include "endpoints/routing.h"
#include "flows/session.h"
#include "signin/sign_out.h"
#include "tests/kit/administration.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Stops : testing::Test, Administration {
  Given alice = user("alice");
  std::string agent = agent_of(alice.id, {{"description", "as it was"}});
  std::string path = "/v1/agents/" + agent;
  int commits = 0;

  // What is decided before `meanwhile` and becomes durable after it.
  std::string late(const std::string& token, const std::string& method, const std::string& at, const json::object& body,
                   const std::function<void()>& meanwhile, const std::string& version = "") {
    const auto match = endpoints::find_route(method, at);
    EXPECT_NE(match.route, nullptr) << at;
    http::Request request{.method = method,
                          .path = at,
                          .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}},
                          .body = body.empty() ? "" : json::serialize(body)};
    if (!version.empty()) request.headers.emplace_back("If-Match", version);
    return problem_of(Late{*this}.settled(match.route->endpoint, std::move(request), meanwhile, match.params));
  }
  // The same where somebody goes before every commit of it; the request has the Idempotency-Key "one".
  std::string each_time(const std::string& token, const std::string& method, const std::string& at,
                        const json::object& body, const std::function<void()>& goes) {
    const auto match = endpoints::find_route(method, at);
    const http::Request request{
        .method = method, .path = at,
        .headers = {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"},
                    {"Idempotency-Key", "one"}},
        .body = json::serialize(body), .peer = peer, .secure = true, .correlation_id = "req"};
    auto answer = match.route->endpoint({request, "default", issuer, match.params, clock.now()}, app());
    commits = 0;
    return problem_of(answered_at_last(*this, std::move(answer), [&](const endpoints::Answer& decided) {
      if (decided.response.status >= 400) return;
      ++commits;
      goes();
    }));
  }
  json::object read(const std::string& at) { return body_of(call(admin_token(), "GET", at)); }
  void owner_writes() {
    EXPECT_EQ(call(token_of(alice), "PATCH", path, {{"description", "quicker"}}).status, 200);
  }
  std::string assignment_of(const std::string& principal, const std::string& role) {
    for (const auto& id : items_of(call(admin_token(), "GET", "/v1/assignments?filter=principal%20eq%20%22" +
                                                                  principal + "%22")))
      if (text_at(read("/v1/assignments/" + id), "role") == role) return id;
    return "";
  }
};

}  // namespace

TEST_F(Stops, a28_an_owner_who_writes_the_agent_all_the_while_does_not_hold_up_its_end) {
  const auto quicker = [&] { owner_writes(); };
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, quicker), "200");
  auto now = read(path);
  EXPECT_EQ(text_at(now, "state"), "suspended");
  EXPECT_EQ(text_at(now, "description"), "quicker") << "what was written first stays";
  EXPECT_EQ(problem_of(call(token_of(alice), "POST", path + "/resume")), "403 exceeds_authority");
  EXPECT_EQ(items_of(call(admin_token(), "GET", "/v1/agents?filter=state%20eq%20%22suspended%22")),
            std::vector<std::string>{agent}) << "it is found as what it is";
  const auto again = [&] { EXPECT_EQ(call(token_of(alice), "PATCH", path, {{"description", "more"}}).status, 200); };
  EXPECT_EQ(late(admin_token(), "POST", path + "/revoke", {}, again), "200");
  now = read(path);
  EXPECT_EQ(text_at(now, "state"), "revoked");
  EXPECT_EQ(text_at(now, "description"), "more");
}

TEST_F(Stops, a28_an_owner_who_resumes_what_it_suspended_while_an_office_suspends_it_resumes_nothing) {
  const auto hers = token_of(alice);
  ASSERT_EQ(problem_of(call(hers, "POST", path + "/suspend")), "200");
  const auto resumes = [&] { EXPECT_EQ(problem_of(call(hers, "POST", path + "/resume")), "200"); };
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, resumes), "200");
  EXPECT_EQ(text_at(read(path), "state"), "suspended");
  EXPECT_EQ(problem_of(call(hers, "POST", path + "/resume")), "403 exceeds_authority");
}

TEST_F(Stops, a28_nor_does_an_owner_who_suspends_it_once_more_make_an_offices_stop_its_own) {
  const auto hers = token_of(alice);
  const auto office = [&] { EXPECT_EQ(problem_of(call(admin_token(), "POST", path + "/suspend")), "200"); };
  EXPECT_EQ(late(hers, "POST", path + "/suspend", {}, office), "200");
  EXPECT_EQ(problem_of(call(hers, "POST", path + "/resume")), "403 exceeds_authority");
}

TEST_F(Stops, a28_nor_its_transfer) {
  const auto bob = create_id("users", {{"username", "bob"}});
  EXPECT_EQ(late(admin_token(), "POST", path + "/transfer", {{"owner", bob}}, [&] { owner_writes(); }), "200");
  const auto now = read(path);
  EXPECT_EQ(text_at(now, "owner"), bob);
  EXPECT_EQ(text_at(now, "description"), "quicker");
  const auto handed = [&] {
    EXPECT_EQ(call(admin_token(), "POST", path + "/transfer", json::object{{"owner", alice.id}}).status, 200);
  };
  EXPECT_EQ(late(admin_token(), "POST", path + "/transfer", {{"owner", admin.id}}, handed), "409 conflict");
}

TEST_F(Stops, a28_what_was_decided_before_a_stop_is_not_made_after_it) {
  const auto stopped = [&] { EXPECT_EQ(call(admin_token(), "POST", path + "/suspend").status, 200); };
  EXPECT_EQ(late(token_of(alice), "PATCH", path, {{"description", "slower"}}, stopped), "409 conflict");
  EXPECT_EQ(text_at(read(path), "description"), "as it was");
}

TEST_F(Stops, a28_a_stop_brings_nothing_back_that_was_ended_for_good) {
  const auto revoked = [&] { EXPECT_EQ(call(admin_token(), "POST", path + "/revoke").status, 200); };
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, revoked), "409 conflict");
  EXPECT_EQ(text_at(read(path), "state"), "revoked");
}

TEST_F(Stops, a28_of_two_that_overtake_each_other_the_later_instant_stays) {
  const auto through = [&] {
    const auto record = store->get("default", store::Kind::agent, agent);
    return json_integer(*parse_json_object((*record)->body), directory::refresh_dead_through).value_or(0);
  };
  std::int64_t later = 0;
  const auto quicker = [&] {
    clock.advance(Seconds(2));
    EXPECT_EQ(call(admin_token(), "POST", path + "/suspend").status, 200);
    later = through();
    EXPECT_EQ(later, unix_millis(clock.now()));
  };
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, quicker), "200");
  EXPECT_EQ(through(), later);
}

TEST_F(Stops, of_a_version_that_was_named_are_of_no_other) {
  const auto quicker = [&] { owner_writes(); };
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, quicker, "\"1\""), "412 version_mismatch");
  EXPECT_EQ(text_at(read(path), "state"), "active");
  EXPECT_EQ(late(admin_token(), "POST", path + "/suspend", {}, [] {}, "\"2\""), "200");
}

TEST_F(Stops, a28_of_what_left_the_callers_reach_meanwhile_are_not_made) {
  const auto acme = create_id("organizations", {{"name", "Acme"}}), other = create_id("organizations", {{"name", "O"}});
  const auto boss = officer("boss", {"agents:*"}, acme);
  const auto place = [&](const std::string& organization) {
    EXPECT_EQ(call(admin_token(), "PATCH", path, json::object{{"organization", organization}}).status, 200);
  };
  place(acme);
  EXPECT_EQ(late(token_of(boss), "POST", path + "/suspend", {}, [&] { place(other); }), "409 conflict");
  EXPECT_EQ(text_at(read(path), "state"), "active");
  place(acme);
  EXPECT_EQ(late(token_of(boss), "POST", path + "/suspend", {}, [&] { owner_writes(); }), "200");
}

TEST_F(Stops, a28_who_writes_their_own_record_all_the_while_is_disabled_all_the_same) {
  const auto clerk = officer("clerk", {"users:write"});
  const auto token = token_of(clerk);
  const auto at = "/v1/users/" + clerk.id;
  const auto quicker = [&] { EXPECT_EQ(call(token, "PATCH", at, json::object{{"name", "Clerk"}}).status, 200); };
  EXPECT_EQ(late(admin_token(), "PATCH", at, {{"state", "disabled"}}, quicker), "200");
  EXPECT_EQ(text_at(read(at), "state"), "disabled");
  EXPECT_EQ(text_at(read(at), "name"), "Clerk");
  EXPECT_EQ(problem_of(call(token, "PATCH", at, json::object{{"name", "again"}})), "401 invalid_token");
  EXPECT_EQ(late(admin_token(), "PATCH", at, {{"state", "active"}},
                 [&] { EXPECT_EQ(call(admin_token(), "PATCH", at, json::object{{"name", "C"}}).status, 200); }),
            "409 conflict") << "who comes back is no stop";
}

TEST_F(Stops, a28_who_writes_the_record_of_the_administrator_that_stops_them_is_stopped_all_the_same) {
  const auto found = store->find("default", store::Kind::role, "name", "administrator");
  const auto thief = user("thief");
  given_assignment((*found)->id, thief.id);
  const auto token = token_of(thief);
  const auto quicker = [&] {
    EXPECT_EQ(call(token, "PATCH", "/v1/users/" + admin.id, json::object{{"name", "Boss"}}).status, 200);
  };
  EXPECT_EQ(late(admin_token(), "PATCH", "/v1/users/" + thief.id, {{"state", "disabled"}}, quicker), "200");
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/users")), "401 invalid_token");
}

TEST_F(Stops, a28_who_takes_from_everybody_at_some_resource_all_the_while_is_stopped_all_the_same) {
  const auto clerk = officer("clerk", {"resources:write"});
  const auto token = token_of(clerk);
  const auto resource = "/v1/resources/" + given_resource("https://booking.example", {"booking:read", "booking:write"});
  const auto quicker = [&](const std::string& scope) {
    return [&, scope] {
      const json::array left{json::object{{"name", scope}}};
      EXPECT_EQ(call(token, "PATCH", resource, json::object{{"scopes", left}}).status, 200);
    };
  };
  const json::object end{{"state", "disabled"}};
  EXPECT_EQ(late(admin_token(), "PATCH", "/v1/users/" + clerk.id, {{"name", "C"}}, quicker("booking:read")),
            "409 conflict") << "another change may rest on it";
  EXPECT_EQ(late(admin_token(), "PATCH", "/v1/users/" + clerk.id, end, quicker("booking:write")), "200");
  EXPECT_EQ(problem_of(call(token, "PATCH", resource, json::object{{"name", "B"}})), "401 invalid_token");
}

TEST_F(Stops, a42_who_takes_and_gives_themselves_a_trifle_all_the_while_loses_their_office_all_the_same) {
  const auto clerk = officer("clerk", {"assignments:*"});
  const auto office = (*store->find("default", store::Kind::role, "name", "role of clerk"))->id;
  const auto trifle = given_role("trifle", given_resource("https://booking.example", {"booking:read"}),
                                 {"booking:read"});
  const auto token = token_of(clerk);
  const auto held = assignment_of(clerk.id, office);
  const auto trifling = given_assignment(trifle, clerk.id);
  const auto quicker = [&] { EXPECT_EQ(call(token, "DELETE", "/v1/assignments/" + trifling).status, 204); };
  EXPECT_EQ(late(admin_token(), "DELETE", "/v1/assignments/" + held, {}, quicker), "204");
  EXPECT_EQ(assignment_of(clerk.id, office), "");
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/assignments")), "401 invalid_token") << "the role went from it";
}

// It gives the administrator what is worth nothing, and takes it again: that names them in the sequence.
TEST_F(Stops, a28_who_takes_a_trifle_from_the_administrator_all_the_while_is_stopped_by_them_all_the_same) {
  const auto clerk = officer("clerk", {"assignments:*", "groups:*"});
  const auto token = token_of(clerk);
  const auto trifle = given_role("trifle", given_resource("https://booking.example", {"booking:read"}),
                                 {"booking:read"});
  const auto at = "/v1/agents/" + agent;
  const auto took = given_assignment(trifle, admin.id);
  const auto takes = [&] { EXPECT_EQ(call(token, "DELETE", "/v1/assignments/" + took).status, 204); };
  EXPECT_EQ(late(admin_token(), "POST", at + "/suspend", {}, takes), "200");
  const auto empty = create_id("groups", {{"name", "empty"}});
  const auto members = "/v1/groups/" + empty + "/members";
  ASSERT_EQ(call(token, "POST", members, json::object{{"member", admin.id}}).status, 201);
  const auto leaves = [&] { EXPECT_EQ(call(token, "DELETE", members + "/" + admin.id).status, 204); };
  EXPECT_EQ(late(admin_token(), "PATCH", at, {{"description", "said"}}, leaves), "200") << "nothing is reached by it";
}

TEST_F(Stops, a28_whose_reach_is_less_at_that_moment_stops_by_what_is_left_of_it) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  ASSERT_EQ(call(admin_token(), "PATCH", path, json::object{{"organization", acme}}).status, 200);
  const auto boss = officer("boss", {"agents:*"}, acme);
  const auto team = create_id("groups", {{"name", "team"}});
  agent_of(team);
  const auto members = "/v1/groups/" + team + "/members";
  ASSERT_EQ(call(admin_token(), "POST", members, json::object{{"member", boss.id}}).status, 201);
  const auto leaves = [&] { EXPECT_EQ(call(admin_token(), "DELETE", members + "/" + boss.id).status, 204); };
  EXPECT_EQ(late(token_of(boss), "POST", path + "/suspend", {}, leaves), "200") << "it is decided once more";
  ASSERT_EQ(problem_of(call(admin_token(), "POST", path + "/resume")), "200");
  const auto held = assignment_of(boss.id, (*store->find("default", store::Kind::role, "name", "role of boss"))->id);
  const auto loses = [&] { EXPECT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + held).status, 204); };
  EXPECT_EQ(late(token_of(boss), "POST", path + "/suspend", {}, loses), "401 invalid_token");
  EXPECT_EQ(text_at(read(path), "state"), "active");
}

TEST_F(Stops, a28_who_agrees_all_the_while_holds_up_no_transfer) {
  const auto bob = create_id("users", {{"username", "bob"}});
  const auto token = admin_token();
  const json::object to_bob{{"owner", bob}};
  const auto id = [](int n) { return "dlg_agreed_" + std::to_string(n); };
  const auto agrees = [&] {
    const auto one = id(commits);
    store::Delegation agreed{.id = one, .tenant = "default", .path = {one}, .subject = alice.id, .actor = agent};
    agreed.chain = {agent};
    agreed.origin = delegation::Origin::consent;
    agreed.created_at = clock.now();
    agreed.limits.not_after = clock.now() + Seconds(600);
    ASSERT_TRUE(Late{*this}.becomes_durable({store::Delegate{std::move(agreed)}}));
  };
  EXPECT_EQ(each_time(token, "POST", path + "/transfer", to_bob, agrees), "200");
  EXPECT_EQ(commits, 3);
  EXPECT_EQ(text_at(read(path), "owner"), bob);
  for (int n = 1; n <= commits; ++n) EXPECT_TRUE((*store->delegation("default", id(n)))->revoked_at) << n;
  json::array rest;
  for (const auto& event : events("consent.end"))
    if (text_of(event.as_object(), "reason").starts_with("transferred: people agreed meanwhile")) rest.push_back(event);
  EXPECT_EQ(rest.size(), 1u);
  const auto again = call(token, "POST", path + "/transfer", to_bob, {{"Idempotency-Key", "one"}});
  EXPECT_EQ(problem_of(again), "200") << "its answer was kept";
}

TEST_F(Stops, a28_who_has_all_signed_out_all_the_while_is_disabled_all_the_same) {
  const auto mark = [&] { return signin::sign_out_of(*store, "default", alice.id)->mark; };
  std::string newest;
  const auto signs_out = [&] {
    const auto before = signin::sign_out_of(*store, "default", alice.id);
    ASSERT_TRUE(before);
    ASSERT_TRUE(Late{*this}.becomes_durable(
        {signin::sign_out(*before, "default", alice.id, "", random, clock.now())}));
    newest = mark();
  };
  const auto at = "/v1/users/" + alice.id;
  app().sign_in.end_sessions = flows::ends_others(*store, random, [&](std::string_view) { return issuer; });
  EXPECT_EQ(each_time(admin_token(), "PATCH", at, {{"state", "disabled"}}, signs_out), "200");
  EXPECT_EQ(commits, 3);
  EXPECT_EQ(text_at(read(at), "state"), "disabled");
  EXPECT_NE(mark(), newest) << "what was signed in by then is over";
}

TEST_F(Stops, a28_a_secret_that_is_added_three_times_holds_up_no_transfer_that_ends_credentials) {
  const auto bob = create_id("users", {{"username", "bob"}});
  const auto adds = [&] {
    if (commits > 3) return;
    EXPECT_EQ(call(admin_token(), "POST", path + "/credentials", "{}").status, 201);
  };
  EXPECT_EQ(each_time(admin_token(), "POST", path + "/transfer", {{"owner", bob}, {"end_credentials", true}}, adds),
            "200");
  EXPECT_EQ(commits, 4);
  EXPECT_TRUE(items_of(call(admin_token(), "GET", path + "/credentials")).empty());
}
