// A user's own credential (docs/adr/0004): it opens this server's API, for the user alone. Elsewhere, and for another,
// an agent acts, by consent.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"
#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct OwnCredential : testing::Test, Family {
  http::Response exchange(const Given& caller, std::string_view resource) {
    return world.exchange(caller, upstream(),
                          {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                           {"resource", std::string(resource)}});
  }
};

struct NobodyElse : testing::Test, Administration {};

}  // namespace

TEST_F(OwnCredential, a19_a23_a_user_begins_no_chain) {
  const auto own_api = world.issuer + "/v1";
  const Given alice{user, world.given_secret(user)};
  EXPECT_EQ(error_of(exchange(alice, invoices)), "400 unauthorized_client") << "as client_credentials has it";
  EXPECT_EQ(error_of(exchange(alice, own_api)), "400 unauthorized_client");
  // Another's, too, whatever was assigned before that was refused.
  const auto bobs = world.given_user("bob");
  const Given bob{bobs, world.given_secret(bobs)};
  world.given_assignment(role, bobs, {{"acts", "others"}});
  EXPECT_EQ(error_of(exchange(bob, invoices)), "400 unauthorized_client");
  for (const auto& id : {user, bobs})
    EXPECT_TRUE(world.store->delegations("default", {.actor = id, .limit = 9})->empty()) << "no user is an actor";
  EXPECT_EQ(error_of(exchange(orchestrator, invoices)), "200");
}

TEST_F(OwnCredential, a19_the_servers_own_name_is_no_other_way_in) {
  const Given alice{user, world.given_secret(user)};
  EXPECT_EQ(error_of(world.token(alice, {{"resource", world.issuer}})), "400 unauthorized_client");
}

TEST_F(OwnCredential, a_users_own_token_is_narrowed_like_any_other) {
  const Given alice{user, world.given_secret(user)};
  const auto own = text_at(body_of(world.token(alice)), "access_token");
  const auto narrow = world.exchanged(alice, own, {{"scope", "agents:read"}});
  EXPECT_EQ(text_at(claims_of(narrow), "scope"), "agents:read");
  EXPECT_EQ(text_at(claims_of(narrow), "aud"), world.issuer + "/v1");
  EXPECT_EQ(error_of(world.exchange(alice, own, {{"scope", "users:read"}})), "400 invalid_scope");
}

TEST_F(NobodyElse, a_user_is_given_no_ceiling) {
  const auto role = given_role("r", given_resource("https://booking.example/", {"read"}), {"read"});
  const auto assign = [&](std::string_view principal, std::string_view acts) {
    return call(admin_token(), "POST", "/v1/assignments", {{"role", role}, {"principal", principal}, {"acts", acts}});
  };
  const auto alice = given_user("alice");
  const auto refused = assign(alice, "others");
  EXPECT_EQ(problem_of(refused), "400 invalid_field");
  EXPECT_EQ(text_at(body_of(refused), "field"), "acts");
  EXPECT_EQ(problem_of(assign(alice, "self")), "201");
  for (const auto& principal : {given_agent("a").id, given_application("b").id, create_id("groups", {{"name", "g"}})})
    EXPECT_EQ(problem_of(assign(principal, "others")), "201") << "a group's agents have it";
}
