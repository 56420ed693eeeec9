// POST /v1/explain held against the exchange itself: over random worlds both say the same.
#include <gtest/gtest.h>

#include <random>

#include "tests/kit/family.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using directory::Kind;
using test::body_of;
using test::Family;
using test::Given;
using test::text_at;

namespace {

constexpr auto jwt = "urn:ietf:params:oauth:token-type:jwt";
const std::vector<std::string> all_scopes{"read", "write", "approve"};

// A family with something taken away from everybody, by the numbers of one seed.
struct Chance {
  explicit Chance(unsigned seed) : numbers(seed) {
    const auto kinds = std::uniform_int_distribution<>(0, 3);
    for (const auto* one : {&f.orchestrator, &f.worker, &f.other}) line.push_back(one);
    std::shuffle(line.begin(), line.end(), numbers);
    line.resize(1 + numbers() % 3);
    bound(f.user, "self");
    for (const auto* one : line) {
      if (numbers() % 4 == 0) f.world.change(Kind::agent, one->id, {{"delegation", "any"}});
      bound(one->id, "others");
    }
    for (std::size_t i = 0; i + 1 < line.size(); ++i)
      f.world.change(Kind::agent, line[i]->id,
                     {{"delegates", numbers() % 6 == 0 ? json::array() : json::array{line[i + 1]->id}}});
    f.world.change(Kind::resource, f.invoices_id, {{"delegation_depth_max", 1 + numbers() % 4},
                                                   {"token_lifetime_s", 60 + numbers() % 600}});
    if (numbers() % 5 == 0)
      f.world.change(Kind::agent, line[numbers() % line.size()]->id,
                     {{"expires_at", rfc3339(f.world.clock.now() + Seconds(30 + numbers() % 300))}});
  }

  // Its only role at the invoices gives a random few of the scopes.
  void bound(const std::string& principal, std::string_view acts) {
    const auto records = f.world.store->under("default", principal);
    for (const auto& record : *records) {
      if (record.kind != Kind::assignment) continue;
      EXPECT_TRUE(f.world.store->commit_now({store::Remove{"default", Kind::assignment, record.id, record.version}}));
    }
    const auto few = some(numbers() % 8 == 0 ? 0 : 2);
    if (few.empty()) return;
    const auto role = f.world.given_role("some of " + principal, f.invoices_id, few);
    f.world.given_assignment(role, principal, {{"acts", acts}});
  }
  std::vector<std::string> some(std::size_t at_least) {
    auto scopes = all_scopes;
    std::shuffle(scopes.begin(), scopes.end(), numbers);
    scopes.resize(std::min(scopes.size(), at_least + numbers() % 2));
    return scopes;
  }

  std::mt19937 numbers;
  Family f;
  std::vector<const Given*> line;  // nearest to the user first
};

struct Said {
  bool issued;
  std::string scope, chain;
  std::int64_t expires_in;
  friend bool operator==(const Said&, const Said&) = default;
  friend void PrintTo(const Said& said, std::ostream* out) {
    *out << (said.issued ? "issued " : "not issued ") << said.scope << " " << said.chain << " " << said.expires_in;
  }
};

Said explained(Chance& chance, const std::string& scope) {
  auto& f = chance.f;
  json::array through;
  for (std::size_t i = 0; i + 1 < chance.line.size(); ++i) through.emplace_back(chance.line[i]->id);
  json::object body{{"actor", chance.line.back()->id},
                    {"subject", f.user},
                    {"through", std::move(through)},
                    {"resource", Family::invoices}};
  if (!scope.empty()) body["scope"] = scope;
  const auto answer = body_of(f.world.admin_call("POST", "/v1/explain", body));
  Said said{answer.at("issued").as_bool(), text_at(answer, "scope"), "", answer.at("expires_in").as_int64()};
  if (said.issued)
    for (const auto& one : answer.at("chain").as_array())
      said.chain += (said.chain.empty() ? "" : ">") + std::string(one.as_string());
  return said;
}

// The whole way in earnest: each asks for all there is, the last for what is wanted.
Said exchanged(Chance& chance, const std::string& scope) {
  auto& f = chance.f;
  std::string token = f.upstream();
  http::Response response;
  for (std::size_t i = 0; i < chance.line.size(); ++i) {
    std::vector<std::pair<std::string, std::string>> more{{"resource", Family::invoices}};
    if (i == 0) more.emplace_back("subject_token_type", jwt);
    if (i > 0) more.emplace_back("requested_actor", chance.line[i]->id);
    if (i + 1 == chance.line.size() && !scope.empty()) more.emplace_back("scope", scope);
    response = f.world.exchange(*chance.line[i == 0 ? 0 : i - 1], token, more);
    if (response.status != 200) return {false, "", "", 0};
    token = text_at(body_of(response), "access_token");
  }
  const auto body = body_of(response);
  return {true, text_at(body, "scope"), Family::chain_of(token), body.at("expires_in").as_int64()};
}

}  // namespace

TEST(Explain, holds_an_application_to_its_ceiling_as_the_exchange_does) {
  Family f;
  const auto app = f.world.given_application("desk");
  const auto ask = [&] {
    return body_of(f.world.admin_call("POST", "/v1/explain",
                                      {{"actor", app.id}, {"subject", f.user}, {"resource", Family::invoices}}));
  };
  const auto take = [&] {
    return f.world.exchange(app, f.upstream(), {{"subject_token_type", jwt}, {"resource", Family::invoices}});
  };
  EXPECT_FALSE(ask().at("issued").as_bool());
  EXPECT_EQ(test::error_of(take()), "400 invalid_scope");
  f.world.given_assignment(f.world.given_role("reads", f.invoices_id, {"read"}), app.id, {{"acts", "others"}});
  EXPECT_EQ(text_at(ask(), "scope"), "read");
  EXPECT_EQ(ask().at("chain"), json::array());
  EXPECT_EQ(text_at(body_of(take()), "scope"), "read");
}

TEST(Explain, agrees_with_the_exchange_in_random_worlds) {
  int issued = 0, refused = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    Chance chance(seed);
    std::string scope;
    if (chance.numbers() % 2 == 0)
      for (const auto& one : chance.some(1)) scope += (scope.empty() ? "" : " ") + one;
    const auto before = explained(chance, scope);
    const auto done = exchanged(chance, scope);
    EXPECT_EQ(before, done);
    // Nothing changed by asking, nor by the exchange: the answer stays.
    EXPECT_EQ(explained(chance, scope), before);
    ++(done.issued ? issued : refused);
  }
  EXPECT_GT(issued, 10);
  EXPECT_GT(refused, 10);
}

namespace {

// A person, the agent that they sign in to, and one that it calls and does not delegate to; something is taken away
// from everybody by the numbers of one seed. The called one may hand on what it draws.
struct CalledChance : test::Flow {
  explicit CalledChance(unsigned seed) : numbers(seed) {
    const auto few = [&](std::size_t at_least) {
      auto scopes = all_scopes;
      std::shuffle(scopes.begin(), scopes.end(), numbers);
      scopes.resize(std::min(scopes.size(), at_least + numbers() % 2));
      return scopes;
    };
    const json::object need{{"resource", invoices_id}, {"scopes", json::value_from(few(numbers() % 8 == 0 ? 0 : 2))}};
    const auto desk_id = world.given_resource(desk, {"ask"}, {{"principal", other.id},
                                                              {"needs", json::array{need}},
                                                              {"delegation_depth_max", numbers() % 6 == 0 ? 0 : 2},
                                                              {"token_lifetime_s", 60 + numbers() % 600}});
    const auto asks = world.given_role("asks", desk_id, {"ask"});
    if (numbers() % 8 != 0) world.given_assignment(asks, user);
    if (numbers() % 8 != 0) world.given_assignment(asks, agent.id, {{"acts", "others"}});
    world.change(Kind::role, role, {{"permissions", json::array{json::object{{"resource", invoices_id},
                                                                             {"scopes", json::value_from(few(2))}}}}});
    world.change(Kind::resource, invoices_id, {{"delegation_depth_max", 1 + numbers() % 4},
                                               {"token_lifetime_s", 60 + numbers() % 600}});
    last = numbers() % 2 == 0 ? other : portal;
    if (numbers() % 4 != 0) world.change(Kind::agent, other.id, {{"delegates", json::array{portal.id}}});
    if (numbers() % 5 == 0)
      world.change(Kind::agent, other.id, {{"expires_at", rfc3339(world.clock.now() + Seconds(30 + numbers() % 300))}});
    if (numbers() % 2 == 0)
      for (const auto& one : few(1)) scope += (scope.empty() ? "" : " ") + one;
    sign_in();
  }

  Said explained() {
    json::array through{agent.id};
    if (last.id != other.id) through.emplace_back(other.id);
    json::object body{{"actor", last.id}, {"subject", user}, {"through", through}, {"resource", invoices}};
    if (!scope.empty()) body["scope"] = scope;
    const auto answer = body_of(world.admin_call("POST", "/v1/explain", body));
    Said said{answer.at("issued").as_bool(), text_at(answer, "scope"), "", answer.at("expires_in").as_int64()};
    if (said.issued)
      for (const auto& one : answer.at("chain").as_array())
        said.chain += (said.chain.empty() ? "" : ">") + std::string(one.as_string());
    return said;
  }

  // In earnest: the person is asked and allows it all, the agent calls, and who is called draws on that.
  Said exchanged() {
    const auto asked = authorize(agent, {{"scope", "ask"}, {"resource", desk}});
    if (test::outcome_of(asked) != "/consent") return {false, "", "", 0};
    const auto code = test::redirected(allow(asked))["code"];
    auto token = text_at(body_of(redeem(agent, code)), "access_token");
    const bool hands_on = last.id != other.id;
    auto response = world.exchange(other, token, parameters(hands_on ? "" : scope));
    if (response.status == 200 && hands_on) {
      token = text_at(body_of(response), "access_token");
      auto more = parameters(scope);
      more.emplace_back("requested_actor", last.id);
      response = world.exchange(other, token, more);
    }
    if (response.status != 200) return {false, "", "", 0};
    const auto body = body_of(response);
    return {true, text_at(body, "scope"), Family::chain_of(text_at(body, "access_token")),
            body.at("expires_in").as_int64()};
  }
  static test::Pairs parameters(const std::string& scope) {
    test::Pairs more{{"resource", invoices}};
    if (!scope.empty()) more.emplace_back("scope", scope);
    return more;
  }

  static constexpr auto desk = "https://other.example/desk";
  std::mt19937 numbers;
  std::string scope;
  Given last;
};

}  // namespace

TEST(Explain, agrees_with_the_exchange_in_random_worlds_where_an_agent_is_called) {
  int issued = 0, refused = 0;
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    CalledChance chance(seed);
    const auto before = chance.explained(), done = chance.exchanged();
    EXPECT_EQ(before, done);
    EXPECT_EQ(chance.explained(), before) << "a consent is assumed, whether it is there or not";
    ++(done.issued ? issued : refused);
  }
  EXPECT_GT(issued, 10);
  EXPECT_GT(refused, 10);
}

namespace {

// A person's public application, which hands on to an agent that can prove itself and to one that cannot.
struct ExplainPublic : testing::Test, test::Flow {
  ExplainPublic() {
    bare.id = world.put(Kind::agent, {{"name", "Bare"}, {"owner", user}, {"state", "active"}, {"public", true},
                                      {"delegation", "any"}});
    world.change(Kind::application, app.id, {{"delegates", json::array{agent.id, bare.id}}});
    sign_in();
  }
  bool issued(const std::string& subject, const Given& actor, std::vector<std::string> through = {},
              json::object more = {}) {
    more["subject"] = subject;
    more["actor"] = actor.id;
    more["through"] = json::value_from(through);
    more["resource"] = invoices;
    const auto answer = world.admin_call("POST", "/v1/explain", more);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return body_of(answer).at("issued").as_bool();
  }
  std::string own_of(const Given& client) {
    return test::error_of(token_request(client, {{"grant_type", "client_credentials"}, {"resource", invoices}}));
  }
  std::string exchanged(const Given& client, const std::string& token, test::Pairs more = {}) {
    more.insert(more.end(), {{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
                             {"subject_token", token},
                             {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"}});
    return test::error_of(token_request(client, std::move(more)));
  }
  // The person's token at the public application, bound to a key or not.
  std::string of_the_person(const test::KeyHolder* holder = nullptr) {
    const test::Pairs form{{"grant_type", "authorization_code"}, {"code", code(app)}, {"code_verifier", verifier},
                           {"client_id", app.id}};
    const auto answer = world.form("/oauth2/token", form,
                                   holder == nullptr ? http::Headers() : holder->at_token_endpoint());
    EXPECT_EQ(answer.status, 200) << answer.body;
    return text_at(body_of(answer), "access_token");
  }
  Given bare;
};

}  // namespace

// RFC 6749 §4.4: "MUST only be used by confidential clients".
TEST_F(ExplainPublic, a_public_client_gets_no_token_of_its_own) {
  world.given_assignment(role, app.id);
  EXPECT_FALSE(issued(app.id, app));
  EXPECT_EQ(own_of(app), "400 unauthorized_client");
  EXPECT_FALSE(issued(app.id, agent)) << "there is nothing it could hand on";
  app.secret = world.given_secret(app.id);
  EXPECT_FALSE(issued(app.id, app)) << "what it is registered as counts: it keeps no secret, whoever gave it one";
  EXPECT_EQ(own_of(app), "400 unauthorized_client");
  world.change(Kind::application, app.id, {{"public", false}});
  EXPECT_TRUE(issued(app.id, app));
  EXPECT_EQ(own_of(app), "200");
  EXPECT_TRUE(issued(app.id, agent));
  world.clock.advance(Seconds(1));
  const auto own = world.access_token(app, invoices);
  EXPECT_EQ(exchanged(app, own, {{"requested_actor", agent.id}}), "200");
}

TEST_F(ExplainPublic, a_public_client_hands_nothing_on_but_its_delegate_may_take_it) {
  EXPECT_TRUE(issued(user, app));
  const auto token = of_the_person();
  EXPECT_TRUE(issued(user, agent, {app.id}));
  EXPECT_EQ(exchanged(app, token, {{"requested_actor", agent.id}}), "400 unauthorized_client");
  EXPECT_EQ(exchanged(agent, token), "200");

  EXPECT_FALSE(issued(user, bare, {app.id})) << "neither of them may exchange";
  EXPECT_EQ(exchanged(app, token, {{"requested_actor", bare.id}}), "400 unauthorized_client");
  EXPECT_EQ(exchanged(bare, token), "400 unauthorized_client");
  world.change(Kind::agent, agent.id, {{"delegates", json::array{bare.id}}});
  EXPECT_TRUE(issued(user, bare, {agent.id})) << "it may be handed what another exchanges";
  consent(agent);
  const auto agents = text_at(body_of(redeem(agent, code(agent))), "access_token");
  EXPECT_EQ(exchanged(agent, agents, {{"requested_actor", bare.id}}), "200");

  world.change(Kind::application, app.id, {{"agreement_required", true}});
  EXPECT_FALSE(issued(user, agent, {app.id})) << "it has no token to agree by";
  EXPECT_EQ(exchanged(agent, token), "400 invalid_request");
}

// RFC 9449 §5: what a public client holds bound is bound to a key that its delegate cannot prove.
TEST_F(ExplainPublic, what_a_public_client_holds_bound_is_taken_by_its_audience_alone) {
  const test::KeyHolder apps(world);
  world.change(Kind::application, app.id, {{"dpop_bound_access_tokens", true}});
  const auto token = of_the_person(&apps);
  EXPECT_FALSE(issued(user, agent, {app.id}));
  EXPECT_EQ(exchanged(agent, token), "400 invalid_request");
  world.change(Kind::resource, invoices_id, {{"principal", agent.id}});
  EXPECT_TRUE(issued(user, agent, {app.id}));
  EXPECT_EQ(exchanged(agent, token), "200");
}

// RFC 9396: a detail is what a person agreed to.
TEST_F(ExplainPublic, own_authority_that_is_handed_on_has_no_authorization_details) {
  world.change(Kind::resource, invoices_id,
               {{"authorization_details_types",
                 json::array{json::parse(R"({"type": "payment", "description": "One payment",
                                             "schema": {"type": "object", "additionalProperties": false,
                                                        "properties": {"to": {"type": "string"}}},
                                             "display": {"en": "Pay {to}"}})")}}});
  world.given_assignment(role, agent.id);
  world.change(Kind::agent, agent.id, {{"delegates", json::array{other.id}}});
  const auto own = world.access_token(agent, invoices);
  constexpr auto details = R"([{"type":"payment","to":"Ann"}])";
  const json::object asked{{"authorization_details", json::parse(details)}};
  EXPECT_TRUE(issued(agent.id, other));
  EXPECT_EQ(exchanged(agent, own, {{"requested_actor", other.id}}), "200");
  EXPECT_FALSE(issued(agent.id, other, {}, asked));
  EXPECT_EQ(exchanged(agent, own, {{"requested_actor", other.id}, {"authorization_details", details}}),
            "400 invalid_authorization_details");
  EXPECT_TRUE(issued(user, agent, {}, asked)) << "what a person agreed to is taken as given";
}
