// Where authority shrinks, the tokens that are out and exceed it die with the commit: delegates, what a resource asks
// for, trusted issuers.
#include <gtest/gtest.h>

#include <functional>

#include "endpoints/routing.h"
#include "jose/jwk.h"
#include "tests/kit/administration.h"
#include "tests/kit/family.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Shrinking : testing::Test, Family {
  std::string send(std::string_view method, const std::string& path, json::object body = {}) {
    return std::to_string(world.admin_call(method, "/v1/" + path, std::move(body)).status);
  }
  // Targets of the narrowings in the feed, in order.
  std::vector<std::string> narrowed() {
    const auto body = body_of(world.admin_call("GET", "/v1/revocations"));
    std::vector<std::string> found;
    for (const auto& item : body.at("items").as_array())
      if (item.at("kind") == "narrowing") found.emplace_back(item.at("target").as_string());
    return found;
  }
  std::string new_group(const std::string& name) {
    return text_at(body_of(world.admin_call("POST", "/v1/groups", {{"name", name}})), "id");
  }
  // Straight in the store, where memberships are in the order of `n`.
  void joins(int n, const std::string& member, const std::string& group) {
    store::Put put{.record = {.kind = store::Kind::membership, .tenant = "default",
                              .id = "mbr_" + std::to_string(10'000 + n), .under = member,
                              .body = json::serialize(json::object{{"group", group}, {"member", member}})},
                   .expected_version = 0,
                   .indexes = {{"group", group}, {"member", member}}};
    ASSERT_TRUE(world.store->commit_now({std::move(put)}));
  }
  std::string own_token(const std::string& resource) {
    world.given_assignment(role, stranger.id);
    return world.access_token(stranger, resource);
  }
};

// A change that is decided before `meanwhile` and becomes durable after it: "409 conflict".
std::string overtaken(World& world, const std::string& method, const std::string& path, const json::object& body,
                      const std::function<void()>& meanwhile) {
  const auto bearer = "Bearer " + world.access_token(world.admin, world.issuer + "/v1");
  http::Request request{.method = method, .path = "/v1/" + path, .query = "",
                        .headers = {{"Authorization", bearer}, {"Content-Type", "application/json"}},
                        .body = body.empty() ? "" : json::serialize(body)};
  const auto match = endpoints::find_route(request.method, request.path);
  return problem_of(Late{world}.settled(match.route->endpoint, std::move(request), meanwhile, match.params));
}

// The worker is a resource, and by now nobody's delegate: what it drew there was onward for whom is called.
struct Called : Shrinking {
  const std::string desk = world.given_resource("https://desk.example", {"ask"}, {{"principal", worker.id}});
  const std::string asks = world.given_role("asks", desk, {"ask"});
  const std::string users = world.given_assignment(asks, user);
  const std::string ceiling = world.given_assignment(asks, orchestrator.id, {{"acts", "others"}});
  std::string call, drawn;

  void SetUp() override {
    const auto all_of = [](const std::string& resource) {
      return json::object{{"resource", resource}, {"scopes", json::array{"*"}}};
    };
    world.change(directory::Kind::trusted_issuer, trusted,
                 {{"permissions", json::array{all_of(desk), all_of(invoices_id)}}});
    call = world.exchanged(orchestrator, upstream(),
                           {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                            {"resource", "https://desk.example"},
                            {"authorization_details", R"([{"type":"onward","actor":")" + worker.id +
                                                          R"(","resource":"https://api.example/invoices","scope":"read"}])"}});
    drawn = world.exchanged(worker, call, {{"resource", invoices}});
    world.change(directory::Kind::agent, orchestrator.id, {{"delegates", json::array{other.id}}});
    ASSERT_TRUE(active(drawn));
  }
};

json::object delegates(std::vector<std::string> ids) {
  json::array list;
  for (const auto& id : ids) list.emplace_back(id);
  return {{"delegates", std::move(list)}};
}

}  // namespace

TEST_F(Shrinking, who_is_no_delegate_any_more_loses_what_it_was_handed) {
  const auto token = orchestrated();
  const auto workers = handed_on(orchestrator, token, worker), others = handed_on(orchestrator, token, other);
  ASSERT_TRUE(active(workers) && active(others));
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({other.id})), "200");
  EXPECT_FALSE(active(workers));
  EXPECT_TRUE(active(others));
  EXPECT_TRUE(active(token)) << "the one who handed on holds what it held";
  for (const auto& target : narrowed()) EXPECT_EQ(target, worker.id);
  EXPECT_EQ(error_of(world.exchange(worker, token)), "400 unauthorized_client");
}

TEST_F(Shrinking, a25_what_somebody_may_do_more_while_it_is_no_delegate_any_more_is_not_kept) {
  const auto pays = world.given_role("pays", payments_id, {"pay"});
  const auto archive = world.given_resource("https://archive.example", {"file"});
  const auto taken = [&](const std::function<void()>& meanwhile) {
    return overtaken(world, "PATCH", "agents/" + orchestrator.id, delegates({other.id}), meanwhile);
  };
  const auto given = [&] {
    EXPECT_EQ(send("POST", "assignments", {{"role", pays}, {"principal", worker.id}, {"acts", "others"}}), "201");
  };
  const auto grows = [&] {
    const json::array both{json::object{{"resource", payments_id}, {"scopes", json::array{"pay"}}},
                           json::object{{"resource", archive}, {"scopes", json::array{"file"}}}};
    EXPECT_EQ(send("PATCH", "roles/" + pays, {{"permissions", both}}), "200");
  };
  const auto unbounded = [&] { EXPECT_EQ(send("PATCH", "agents/" + worker.id, {{"delegation", "any"}}), "200"); };
  EXPECT_EQ(taken(given), "409 conflict");
  EXPECT_EQ(taken(grows), "409 conflict");
  EXPECT_EQ(taken(unbounded), "409 conflict");
  EXPECT_EQ(taken([] {}), "200");
}

TEST_F(Shrinking, a25_a_group_that_becomes_a_delegate_while_a_member_leaves_leaves_it_nothing) {
  const auto group = new_group("workers"), member = "groups/" + group + "/members/" + worker.id;
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", worker.id}}), "201");
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({other.id})), "200");
  world.clock.advance(Seconds(1));
  std::string workers;
  const auto named = [&] {
    EXPECT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({other.id, group})), "200");
    workers = handed_on(orchestrator, orchestrated(), worker);
  };
  EXPECT_EQ(overtaken(world, "DELETE", member, {}, named), "204") << "nobody holds it up";
  EXPECT_FALSE(workers.empty());
  EXPECT_FALSE(active(workers));
}

TEST_F(Shrinking, what_was_handed_further_on_dies_with_it) {
  world.change(directory::Kind::agent, worker.id, delegates({other.id}));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  const auto further = handed_on(worker, workers, other);
  ASSERT_TRUE(active(further));
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({other.id})), "200");
  EXPECT_FALSE(active(further));
}

TEST_F(Shrinking, who_is_a_delegate_in_another_way_too_loses_nothing) {
  const auto group = new_group("workers");
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", worker.id}}), "201");
  world.change(directory::Kind::agent, orchestrator.id, delegates({worker.id, group}));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({worker.id})), "200");
  EXPECT_TRUE(active(workers));
  EXPECT_TRUE(narrowed().empty());
}

TEST_F(Shrinking, whoever_leaves_a_group_of_delegates_loses_what_it_was_handed) {
  const auto group = new_group("workers");
  ASSERT_EQ(send("POST", "groups/" + group + "/members", {{"member", worker.id}}), "201");
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({group, other.id})), "200");
  world.clock.advance(Seconds(1));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  ASSERT_TRUE(active(workers));
  ASSERT_EQ(send("DELETE", "groups/" + group + "/members/" + worker.id), "204");
  EXPECT_FALSE(active(workers));
}

TEST_F(Called, who_is_the_resource_no_more_loses_what_it_drew_when_it_was_called) {
  ASSERT_EQ(send("PATCH", "resources/" + desk, {{"name", "Desk"}, {"principal", worker.id}}), "200");
  EXPECT_TRUE(active(drawn));
  ASSERT_EQ(send("PATCH", "resources/" + desk, {{"principal", other.id}}), "200");
  EXPECT_FALSE(active(drawn));
  for (const auto& target : narrowed()) EXPECT_EQ(target, worker.id);
  EXPECT_EQ(error_of(world.exchange(worker, call, {{"resource", invoices}})), "400 unauthorized_client");
}

TEST_F(Called, what_was_drawn_on_calls_to_a_resource_ends_when_it_is_deleted) {
  const json::array permissions{json::object{{"resource", invoices_id}, {"scopes", json::array{"*"}}}};
  ASSERT_EQ(send("PATCH", "trusted-issuers/" + trusted, {{"permissions", permissions}}), "200");
  for (const auto& path : {"assignments/" + users, "assignments/" + ceiling, "roles/" + asks})
    ASSERT_EQ(send("DELETE", path), "204") << path;
  ASSERT_TRUE(active(drawn));
  ASSERT_EQ(send("DELETE", "resources/" + desk), "204");
  EXPECT_FALSE(active(drawn));
}

// However many groups it is in by that one: the first of them is the delegate.
TEST_F(Shrinking, whoever_leaves_a_group_that_is_in_hundreds_loses_what_it_was_handed) {
  const auto team = new_group("team"), delegated = new_group("delegated");
  ASSERT_EQ(send("POST", "groups/" + team + "/members", {{"member", worker.id}}), "201");
  joins(0, team, delegated);
  for (int i = 1; i <= 230; ++i) joins(i, team, new_group("group-" + std::to_string(i)));
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({delegated, other.id})), "200");
  world.clock.advance(Seconds(1));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  ASSERT_TRUE(active(workers));
  ASSERT_EQ(send("DELETE", "groups/" + team + "/members/" + worker.id), "204");
  EXPECT_FALSE(active(workers));
}

// Too many to name: what they were handed is looked for where it hangs, and nobody is kept in the group by it.
TEST_F(Shrinking, a_crowd_leaves_a_group_of_delegates_and_what_it_was_handed_ends) {
  const auto crowd = new_group("crowd"), delegated = new_group("delegated");
  ASSERT_EQ(send("POST", "groups/" + crowd + "/members", {{"member", worker.id}}), "201");
  ASSERT_EQ(send("POST", "groups/" + delegated + "/members", {{"member", crowd}}), "201");
  for (int i = 0; i < 1000; ++i) joins(i, world.given_user("member-" + std::to_string(i)), crowd);
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({delegated, other.id})), "200");
  world.clock.advance(Seconds(1));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  const auto elsewhere = own_token(payments);
  ASSERT_TRUE(active(workers));
  const auto begins = [&] { EXPECT_EQ(send("PATCH", "agents/" + other.id, delegates({delegated})), "200"); };
  const auto leave = "groups/" + delegated + "/members/" + crowd;
  EXPECT_EQ(overtaken(world, "DELETE", leave, {}, begins), "204") << "who names it at that moment holds nobody in it";
  EXPECT_EQ(send("DELETE", leave), "404");
  EXPECT_FALSE(active(workers));
  EXPECT_TRUE(body_of(world.introspect(payments_api, elsewhere)).at("active").as_bool());
}

TEST_F(Shrinking, who_is_taken_out_beside_a_group_of_very_many_is_out) {
  const auto crowd = new_group("crowd");
  for (int i = 0; i < 1501; ++i) joins(i, world.given_user("member-" + std::to_string(i)), crowd);
  ASSERT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({worker.id, crowd})), "200");
  world.clock.advance(Seconds(1));
  const auto workers = handed_on(orchestrator, orchestrated(), worker);
  ASSERT_TRUE(active(workers));
  EXPECT_EQ(send("PATCH", "agents/" + orchestrator.id, delegates({crowd})), "200") << "those are too many to be held";
  EXPECT_FALSE(active(workers));
}

TEST_F(Shrinking, a_resource_that_asks_for_more_ends_the_tokens_that_were_given_for_less) {
  const std::vector<json::object> demands{json::object{{"sender_constrained_tokens_required", true}},
                                          json::object{{"delegation_depth_max", 3}},
                                          json::object{{"acr", "urn:deputy:acr:mfa"}},
                                          json::object{{"max_age_s", 600}},
                                          json::object{{"max_age_s", 300}}};
  const auto elsewhere = own_token(payments);
  for (const auto& demand : demands) {
    world.change(directory::Kind::resource, invoices_id, {{"sender_constrained_tokens_required", false}});
    const auto token = own_token(invoices);
    ASSERT_TRUE(active(token)) << json::serialize(demand);
    ASSERT_EQ(send("PATCH", "resources/" + invoices_id, demand), "200");
    EXPECT_FALSE(active(token)) << json::serialize(demand);
    world.clock.advance(Seconds(1));
  }
  EXPECT_TRUE(body_of(world.introspect(payments_api, elsewhere)).at("active").as_bool());
}

TEST_F(Shrinking, a_scope_that_asks_for_a_better_sign_in_ends_the_tokens_that_carry_it) {
  world.given_assignment(role, stranger.id);
  const auto reading = world.access_token(stranger, invoices, "read");
  const auto writing = world.access_token(stranger, invoices, "write");
  const json::array scopes{json::object{{"name", "read"}},
                           json::object{{"name", "write"}, {"acr", "urn:deputy:acr:mfa"}},
                           json::object{{"name", "approve"}}};
  ASSERT_EQ(send("PATCH", "resources/" + invoices_id, {{"scopes", scopes}}), "200");
  EXPECT_TRUE(active(reading));
  EXPECT_FALSE(active(writing));
}

TEST_F(Shrinking, a_resource_that_asks_for_less_ends_nothing) {
  const auto token = own_token(invoices);
  ASSERT_EQ(send("PATCH", "resources/" + invoices_id, {{"delegation_depth_max", 9}}), "200");
  ASSERT_EQ(send("PATCH", "resources/" + invoices_id, {{"token_lifetime_s", 600}}), "200");
  EXPECT_TRUE(active(token));
  EXPECT_TRUE(narrowed().empty());
}

TEST_F(Shrinking, a_trusted_issuer_that_may_give_less_ends_what_was_begun_with_more) {
  const auto reading = orchestrated("read"), writing = orchestrated("write");
  const json::array permissions{json::object{{"resource", invoices_id}, {"scopes", json::array{"read"}}}};
  ASSERT_EQ(send("PATCH", "trusted-issuers/" + trusted, {{"permissions", permissions}}), "200");
  EXPECT_TRUE(active(reading));
  EXPECT_FALSE(active(writing));
}

TEST_F(Shrinking, a_trusted_issuer_that_takes_other_tokens_ends_what_was_begun_before) {
  const auto changed = [&](json::object to) { return send("PATCH", "trusted-issuers/" + trusted, std::move(to)); };
  const auto their_key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const auto theirs = jose::public_jwk(their_key.public_key(), "k2", crypto::Algorithm::ES256);
  const auto ours = jose::public_jwk(key.public_key(), jose::thumbprint(key.public_key().parts()),
                                     crypto::Algorithm::ES256);
  auto token = orchestrated();
  ASSERT_EQ(changed({{"audiences", json::array{"https://one.example", "https://two.example"}}}), "200");
  EXPECT_TRUE(active(token)) << "it takes more than it did";
  ASSERT_EQ(changed({{"jwks", json::object{{"keys", json::array{ours, theirs}}}}}), "200");
  EXPECT_TRUE(active(token)) << "keys are rotated";
  EXPECT_TRUE(narrowed().empty());
  for (const auto& change : {json::object{{"audiences", json::array{"https://two.example"}}},
                             json::object{{"subject_claim", "name"}}, json::object{{"subject_field", "id"}}}) {
    world.change(directory::Kind::trusted_issuer, trusted, {{"subject_claim", "sub"}, {"subject_field", "username"}});
    world.clock.advance(Seconds(1));
    token = orchestrated();
    ASSERT_TRUE(active(token));
    ASSERT_EQ(changed(change), "200") << json::serialize(change);
    EXPECT_FALSE(active(token)) << json::serialize(change);
  }
}

// Every token of a path draws on what its root holds: the root remembers whose token it was made of.
TEST_F(Shrinking, i3_what_a_trusted_issuer_gives_no_more_is_not_drawn_by_a_token_that_stayed) {
  const auto broad = orchestrated();
  const auto reading = world.exchanged(orchestrator, broad, {{"scope", "read"}});
  const auto handed = handed_on(orchestrator, reading, worker, {{"scope", "read"}});
  ASSERT_EQ(path_of(reading), path_of(broad));
  const json::array permissions{json::object{{"resource", invoices_id}, {"scopes", json::array{"read"}}}};
  ASSERT_EQ(send("PATCH", "trusted-issuers/" + trusted, {{"permissions", permissions}}), "200");
  world.clock.advance(Seconds(2));
  ASSERT_TRUE(!active(broad) && active(reading) && active(handed));
  EXPECT_EQ(error_of(world.exchange(orchestrator, reading, {{"scope", "write"}})), "400 invalid_scope");
  EXPECT_EQ(text_at(claims_of(world.exchanged(orchestrator, reading, {{"scope", "read write"}})), "scope"), "read");
  EXPECT_EQ(text_at(world.events("token.issue").back().as_object(), "reason"),
            "scope write dropped: the trusted issuer does not give it now");
  EXPECT_EQ(text_at(claims_of(handed_on(orchestrator, reading, other)), "scope"), "read");
}

TEST_F(Shrinking, i4_nothing_is_drawn_from_what_began_with_a_trusted_issuer_that_is_not_one_now) {
  const auto token = orchestrated();
  const auto root = path_of(token).front();
  const auto shown = [&] { return body_of(world.admin_call("GET", "/v1/delegations/" + root)); };
  const auto drawn = [&] { return error_of(world.exchange(orchestrator, token, {{"scope", "read"}})); };
  EXPECT_EQ(text_at(shown(), "trusted_issuer"), trusted);
  // Behind the server's back, so that the token itself lives on.
  world.change(directory::Kind::trusted_issuer, trusted, {{"state", "disabled"}});
  EXPECT_EQ(drawn(), "400 invalid_request");
  EXPECT_EQ(text_at(shown(), "state"), "inactive");
  world.change(directory::Kind::trusted_issuer, trusted, {{"state", "active"}});
  EXPECT_EQ(drawn(), "200");
  EXPECT_EQ(text_at(shown(), "state"), "live");
  ASSERT_EQ(send("DELETE", "trusted-issuers/" + trusted), "204");
  EXPECT_EQ(drawn(), "400 invalid_request");
  EXPECT_EQ(text_at(shown(), "state"), "inactive");
}

TEST_F(Shrinking, a_trusted_issuer_that_is_disabled_or_deleted_ends_what_was_begun_with_it) {
  const auto token = orchestrated();
  ASSERT_EQ(send("PATCH", "trusted-issuers/" + trusted, {{"state", "disabled"}}), "200");
  EXPECT_FALSE(active(token));
  ASSERT_EQ(send("PATCH", "trusted-issuers/" + trusted, {{"state", "active"}}), "200");
  world.clock.advance(Seconds(1));
  const auto again = orchestrated();
  ASSERT_TRUE(active(again));
  ASSERT_EQ(send("DELETE", "trusted-issuers/" + trusted), "204");
  EXPECT_FALSE(active(again));
}

// A token that an application holds for a person bears its client_id and no `act`.
TEST_F(Shrinking, an_application_that_was_imported_loses_by_its_earlier_name_too) {
  auto desk = world.given_application("desk");
  world.change(directory::Kind::application, desk.id, {{"client_id", "earlier-desk"}});
  const auto assignment = world.given_assignment(role, desk.id, {{"acts", "others"}});
  const auto begun = [&] {
    return world.exchanged(desk, upstream(), {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                                              {"resource", invoices}});
  };
  const auto token = begun();
  ASSERT_EQ(text_at(claims_of(token), "client_id"), "earlier-desk");
  ASSERT_TRUE(active(token));
  ASSERT_EQ(send("DELETE", "assignments/" + assignment), "204");
  EXPECT_FALSE(active(token));

  world.change(directory::Kind::application, desk.id, {{"delegation", "any"}});
  world.clock.advance(Seconds(2));
  const auto under_no_ceiling = begun();
  ASSERT_TRUE(active(under_no_ceiling));
  ASSERT_EQ(send("PATCH", "applications/" + desk.id, {{"delegation", "ceiling"}}), "200");
  EXPECT_FALSE(active(under_no_ceiling));
}
