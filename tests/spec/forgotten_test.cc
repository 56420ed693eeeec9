// What was revoked stays dead for as long as anything of it could live, though all that is over is purged meanwhile
// (A17, A20, A25, A28).
#include <gtest/gtest.h>

#include <functional>

#include "base/id.h"
#include "flows/disclosure.h"
#include "flows/withdrawal.h"
#include "tests/kit/flow.h"
#include "tests/kit/forget.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Forgotten : testing::Test, Openid {
  Forgotten() {
    sign_in();
    for (const auto& id : {agent.id, portal.id}) world.given_assignment(role, id);
  }
  void commit(store::Writes writes) {
    const auto outcome = world.store->commit_now(std::move(writes));
    ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  }
  void admin(std::string_view method, const std::string& path, json::object body = {}) {
    EXPECT_EQ(error_of(world.admin_call(method, "/v1/" + path, std::move(body))), "200") << path;
    world.clock.advance(Seconds(2));  // nothing is minted in the second of a revocation
  }
  void give_up(const Given& client, const std::string& token) {
    EXPECT_EQ(world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", world.basic(client)}}).status, 200);
  }
  std::string access_token() {
    consent(agent);
    used_code = code(agent);
    return at(redeem(agent, used_code), "access_token");
  }
  delegation::Delegation delegation_of(const std::string& token) {
    const std::string id(claims_of(token).at("dlg").as_array().back().as_string());
    return **world.store->delegation("default", id);
  }
  void withdraw(const std::string& token) {
    const auto now = world.clock.now();
    commit(*flows::withdraw(delegation_of(token), std::nullopt,
                            {.id = make_id("evt", now, world.random), .at = now, .tenant = "default",
                             .correlation_id = "req", .action = "consent.withdraw"},
                            world.app().reader.revocations_seen(), world.app().directory, now));
  }
  void give(const json::array& scopes) {
    admin("PATCH", "roles/" + role,
          {{"permissions", json::array{json::object{{"resource", invoices_id}, {"scopes", scopes}}}}});
  }
  std::string used_code;
};

}  // namespace

TEST_F(Forgotten, a20_a25_a28_what_was_revoked_is_dead_after_a_purge_too) {
  const std::vector<std::pair<const char*, std::function<void(const std::string&)>>> ends{
      {"given up", [&](const std::string& token) { give_up(agent, token); }},
      {"its delegation is revoked",
       [&](const std::string& token) { admin("POST", "delegations/" + delegation_of(token).id + "/revoke"); }},
      {"its consent is taken back", [&](const std::string& token) { withdraw(token); }},
      {"its code is replayed", [&](const std::string&) { EXPECT_EQ(redeem(agent, used_code).status, 400); }},
      {"its agent is suspended and resumed",
       [&](const std::string&) {
         admin("POST", "agents/" + agent.id + "/suspend");
         admin("POST", "agents/" + agent.id + "/resume");
       }},
      {"its person is disabled and enabled",
       [&](const std::string&) {
         admin("PATCH", "users/" + user, {{"state", "disabled"}});
         admin("PATCH", "users/" + user, {{"state", "active"}});
         sign_in();
       }},
      {"a scope is taken and given back",
       [&](const std::string&) {
         give({"read"});
         give({"*"});
       }}};
  for (const auto& [what, end] : ends) {
    const auto token = access_token();
    EXPECT_TRUE(active(token)) << what;
    end(token);
    EXPECT_FALSE(active(token)) << what;
    world.clock.advance(Seconds(200));  // of the 300 that it lives
    forget(world);
    EXPECT_FALSE(active(token)) << what << ": and is active again";
  }
  const auto alive = access_token();
  world.clock.advance(Seconds(200));
  forget(world);
  EXPECT_TRUE(active(alive)) << "of which nothing was revoked";
}

TEST_F(Forgotten, a20_a_token_of_no_delegation_is_dead_as_long_as_it_would_live) {
  const auto token = world.access_token(agent, invoices);
  give_up(agent, token);
  world.clock.advance(Seconds(299));
  forget(world, world.clock.now());
  EXPECT_FALSE(active(token));
}

TEST_F(Forgotten, a28_what_is_told_no_more_is_not_told_after_a_purge_either) {
  disclose(agent, "openid profile");
  const auto token = at(tokens(), "access_token");
  EXPECT_EQ(userinfo(token).status, 200);
  const auto told = flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(told && *told);
  commit(flows::take_back(**told, {}, user, "default", "", world.random, world.clock.now()));
  EXPECT_EQ(userinfo(token).status, 401);
  world.clock.advance(Seconds(200));
  forget(world);
  EXPECT_EQ(userinfo(token).status, 401);
}

TEST_F(Forgotten, a17_a_family_without_a_delegation_is_over_for_as_long_as_its_tokens_could_live) {
  disclose(app, "openid offline_access");
  const auto first = redeem(app, code(app, {{"scope", "openid offline_access"}, {"resource", ""}}));
  const auto one = at(first, "refresh_token");
  const auto two = refresh(app, one);
  world.clock.advance(Seconds(11));
  EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant");
  EXPECT_EQ(userinfo(at(two, "access_token")).status, 401);
  world.clock.advance(Seconds(200));
  forget(world);
  EXPECT_EQ(userinfo(at(two, "access_token")).status, 401);
  world.clock.advance(Seconds(88 * 86'400));
  forget(world);
  EXPECT_EQ(error_of(refresh(app, at(two, "refresh_token"))), "400 invalid_grant");
}
