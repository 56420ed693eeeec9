// What would be issued, and why not the rest: each reason by the name of what would remove it.
#include <gtest/gtest.h>

#include "base/id.h"
#include "delegation/grow.h"
#include "tests/kit/administration.h"
#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Texts = std::vector<std::string>;

struct Explain : testing::Test, Family {
  http::Response ask(json::object body, const Given* by = nullptr) {
    const auto token = world.access_token(by == nullptr ? world.admin : *by, world.issuer + "/v1");
    return world.ask("POST", "/v1/explain", json::serialize(body),
                     {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}});
  }
  json::object explained(json::object more = {}) {
    json::object body{{"actor", worker.id},
                      {"subject", user},
                      {"through", json::array{orchestrator.id}},
                      {"resource", invoices}};
    for (const auto& [name, value] : more) body[name] = value;
    const auto answer = ask(body);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return body_of(answer);
  }
  Texts obstacles(json::object more = {}) {
    Texts out;
    const auto answer = explained(std::move(more));
    for (const auto& one : answer.at("obstacles").as_array()) out.emplace_back(one.as_string());
    return out;
  }
};

}  // namespace

TEST_F(Explain, says_what_would_be_issued_and_issues_nothing) {
  const auto answer = explained({{"scope", "read write"}});
  EXPECT_TRUE(answer.at("issued").as_bool());
  EXPECT_EQ(text_at(answer, "scope"), "read write");
  EXPECT_EQ(answer.at("expires_in").as_int64(), 300);
  EXPECT_EQ(answer.at("chain"), (json::array{worker.id, orchestrator.id}));
  EXPECT_EQ(text_at(explained(), "scope"), "approve read write");
  EXPECT_TRUE(world.store->delegations("default", {})->empty());
  const auto event = world.events("decision.explain").back().as_object();
  EXPECT_EQ(text_at(event, "actor"), world.admin.id);
  EXPECT_EQ(text_at(event, "target"), worker.id);
  EXPECT_EQ(text_at(event, "reason"), "for " + user + ": issued");
}

TEST_F(Explain, gives_the_reason_of_each_scope_that_is_dropped) {
  const auto reads = world.given_role("reads", invoices_id, {"read"});
  const auto bounded = world.given_agent("bounded");
  world.given_assignment(reads, bounded.id, {{"acts", "others"}});
  world.change(directory::Kind::agent, orchestrator.id, {{"delegates", json::array{bounded.id}}});
  const auto answer = explained({{"actor", bounded.id}, {"scope", "read write nonsense"}});
  EXPECT_EQ(text_at(answer, "scope"), "read");
  const json::array dropped{json::object{{"scope", "nonsense"}, {"reason", "the resource does not define it"}},
                            json::object{{"scope", "write"}, {"reason", bounded.id + "'s ceiling"}}};
  EXPECT_EQ(answer.at("dropped"), dropped);
}

TEST_F(Explain, a34_says_which_scopes_want_another_sign_in) {
  world.change(directory::Kind::resource, invoices_id,
               {{"scopes", json::array{json::object{{"name", "read"}},
                                       json::object{{"name", "write"}, {"acr", "urn:deputy:acr:multi-factor"}},
                                       json::object{{"name", "approve"}, {"max_age_s", 60}}}}});
  const auto unknown = explained();
  EXPECT_EQ(text_at(unknown, "scope"), "read");
  EXPECT_EQ(unknown.at("dropped"),
            (json::array{json::object{{"scope", "approve"}, {"reason", "needs a more recent sign-in"}},
                         json::object{{"scope", "write"}, {"reason", "needs a stronger sign-in"}}}));
  EXPECT_EQ(text_at(explained({{"acr", "urn:deputy:acr:password"}}), "scope"), "approve read");
  EXPECT_EQ(text_at(explained({{"acr", "phr"}}), "scope"), "approve read write");
}

TEST_F(Explain, says_what_a_request_must_bring_along_besides) {
  EXPECT_EQ(explained().at("demands"), json::array());
  world.change(directory::Kind::resource, invoices_id, {{"sender_constrained_tokens_required", true}});
  const auto demands = [&](json::object more = {}) { return explained(std::move(more)).at("demands"); };
  const std::string proof = "send a DPoP proof";
  const std::string bound = "send, as actor_token, a token of the actor's that is bound to its key";
  EXPECT_EQ(demands(), json::array{"the resource demands a bound token: " + bound}) << "nobody may take what is bound";
  EXPECT_TRUE(explained().at("issued").as_bool());
  EXPECT_EQ(demands({{"actor", orchestrator.id}, {"through", json::array()}}),
            json::array{"the resource demands a bound token: " + proof})
      << "it begins";
  world.change(directory::Kind::agent, worker.id, {{"dpop_bound_access_tokens", true}});
  EXPECT_EQ(demands(), (json::array{"the resource demands a bound token: " + bound,
                                    worker.id + " takes bound tokens only: " + bound}));
  world.change(directory::Kind::resource, invoices_id, {{"principal", worker.id}});
  EXPECT_EQ(demands(), (json::array{"the resource demands a bound token: " + proof,
                                    worker.id + " takes bound tokens only: " + proof}))
      << "it has seen the proof of what it is sent";
  world.change(directory::Kind::resource, invoices_id, {{"sender_constrained_tokens_required", false}});
  EXPECT_EQ(demands(), json::array{worker.id + " takes bound tokens only: " + proof}) << "it takes what is not bound";
}

TEST_F(Explain, says_what_is_taken_as_given) {
  const auto assumed = [&](json::object more = {}) { return explained(std::move(more)).at("assumed"); };
  const auto sentence = user + " agrees to it for " + orchestrator.id + ", or a trusted issuer's token gives it ";
  EXPECT_EQ(assumed(), json::array{sentence + "(no live consent gives any of it)"});
  EXPECT_EQ(assumed({{"subject", orchestrator.id}, {"through", json::array()}}), json::array())
      << "its own authority is looked at";
  const auto agree = [&](const std::string& resource, delegation::Limits limits = {}) {
    auto node = delegation::grow({.tenant = "default",
                                  .subject = user,
                                  .actor = orchestrator.id,
                                  .chain = {orchestrator.id},
                                  .authority = {{resource, "read", ""}},
                                  .asked = limits,
                                  .origin = delegation::Origin::consent,
                                  .at = world.clock.now()});
    ASSERT_TRUE(node);
    delegation::give_id(*node, make_id("dlg", world.clock.now(), world.random));
    ASSERT_TRUE(world.store->commit_now({store::Delegate{std::move(node).take()}}));
  };
  agree(payments_id);
  EXPECT_EQ(assumed(), json::array{sentence + "(no live consent gives any of it)"});
  agree(invoices_id, {.not_after = world.clock.now() + Seconds(60)});
  EXPECT_EQ(assumed(), json::array{sentence + "(a live consent gives some of it)"}) << "however soon it ends";
  const auto stopped = rfc3339(world.clock.now());
  for (const auto* verb : {"suspend", "resume"})
    ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + orchestrator.id + "/" + verb).status, 200);
  EXPECT_EQ(assumed(), json::array{sentence + "that was issued after " + stopped +
                                   " (a live consent gives some of it)"});
}

TEST_F(Explain, an_agent_that_is_called_draws_what_it_needs_and_nobody_delegates_to_it) {
  const auto desk = world.given_resource("https://desk.example", {"ask"}, {{"principal", stranger.id}});
  const json::object through{{"actor", stranger.id}};
  EXPECT_EQ(obstacles(through).size(), 1u) << "it needs nothing";
  world.change(directory::Kind::resource, desk,
               {{"needs", json::array{json::object{{"resource", invoices_id}, {"scopes", json::array{"read"}}}}}});
  EXPECT_EQ(obstacles(through).size(), 1u) << "nobody gets a token at its desk";
  const auto asks = world.given_role("asks", desk, {"ask"});
  world.given_assignment(asks, user);
  world.given_assignment(asks, orchestrator.id, {{"acts", "others"}});
  EXPECT_EQ(obstacles(through), Texts());
  const auto answer = explained(through);
  EXPECT_EQ(text_at(answer, "scope"), "read");
  EXPECT_EQ(answer.at("chain"), (json::array{stranger.id, orchestrator.id}));
  EXPECT_EQ(answer.at("assumed"),
            json::array{user + " agrees to it for " + orchestrator.id + ", with what " + stranger.id + " needs at " +
                        invoices_id + " when it is called (no live consent gives any of it)"});
  EXPECT_EQ(obstacles({{"actor", stranger.id}, {"through", json::array{orchestrator.id, worker.id}}}),
            Texts{worker.id + " may not delegate to " + stranger.id + ": it is not among its delegates; what a person "
                  "agreed to for one that is called by it is not foreseen here"});
  world.change(directory::Kind::agent, stranger.id, {{"state", "suspended"}});
  EXPECT_EQ(obstacles(through), Texts{stranger.id + " is suspended"});
}

TEST_F(Explain, names_every_obstacle) {
  EXPECT_EQ(obstacles(), Texts());
  EXPECT_EQ(obstacles({{"actor", stranger.id}}),
            Texts{orchestrator.id + " may not delegate to " + stranger.id + ": it is not among its delegates"});
  EXPECT_EQ(obstacles({{"subject", orchestrator.id}, {"through", json::array()}}),
            Texts{"nothing is left of the scopes"});  // it holds nothing of its own
  world.change(directory::Kind::resource, invoices_id, {{"delegation_depth_max", 1}});
  EXPECT_EQ(obstacles(), Texts{"the chain is of 2 agents, and " + invoices_id + " allows 1"});
  world.change(directory::Kind::resource, invoices_id, {{"delegation_depth_max", 4}});
  world.change(directory::Kind::user, user, {{"state", "disabled"}});
  world.change(directory::Kind::agent, worker.id, {{"state", "suspended"}});
  EXPECT_EQ(obstacles(), (Texts{user + " is disabled", worker.id + " is suspended"}));
  EXPECT_EQ(text_at(explained(), "scope"), "");
}

TEST_F(Explain, an_agent_for_itself_needs_nobodys_leave) {
  world.given_assignment(role, worker.id);
  const auto answer = explained({{"subject", worker.id}, {"through", json::array()}, {"scope", "read"}});
  EXPECT_EQ(text_at(answer, "scope"), "read");
  EXPECT_EQ(answer.at("chain"), json::array());
}

TEST_F(Explain, refuses_what_it_cannot_understand) {
  const json::object good{{"actor", worker.id}, {"subject", user}, {"resource", invoices}};
  const auto refused = [&](std::string_view name, const auto& value) {
    auto body = good;
    body[name] = value;
    return problem_of(ask(body));
  };
  EXPECT_EQ(problem_of(ask(good)), "200");
  EXPECT_EQ(refused("resource", invoices_id), "200");
  EXPECT_EQ(refused("actor", "agt_nobody"), "422 missing_reference");
  EXPECT_EQ(refused("actor", user), "400 invalid_field");
  EXPECT_EQ(refused("actor", 1), "400 invalid_field");
  EXPECT_EQ(refused("subject", nullptr), "400 invalid_field");
  EXPECT_EQ(refused("resource", "https://nowhere.example"), "422 missing_reference");
  EXPECT_EQ(refused("through", "x"), "400 invalid_field");
  EXPECT_EQ(refused("through", json::array(33, json::value(worker.id))), "400 invalid_field");
  EXPECT_EQ(refused("scope", "a  b"), "400 invalid_field");
  EXPECT_EQ(refused("more", 1), "400 invalid_field");
}

TEST_F(Explain, a38_tells_nobody_what_strangers_hold) {
  const Given alice{user, world.given_secret(user)};
  const json::object others{{"actor", worker.id}, {"subject", user}, {"resource", invoices}};
  EXPECT_EQ(problem_of(ask(others, &alice)), "422 missing_reference");
  world.change(directory::Kind::agent, worker.id, {{"owner", user}});
  EXPECT_EQ(problem_of(ask(others, &alice)), "200");
  const auto bob = world.given_user("bob");
  const json::object of_bob{{"actor", worker.id}, {"subject", bob}, {"resource", invoices}};
  EXPECT_EQ(problem_of(ask(of_bob, &alice)), "422 missing_reference");
}
