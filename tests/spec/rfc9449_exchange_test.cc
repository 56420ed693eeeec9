// Token exchange of bound tokens: who must prove which key, and to which key the new token is bound (docs/adr/0012).
#include <gtest/gtest.h>

#include "tests/kit/family.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto jwt = "urn:ietf:params:oauth:token-type:jwt";
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct Rfc9449Exchange : testing::Test, Family {
  KeyHolder orchestrators{world}, workers{world};

  http::Response ask(const Given& client, std::string_view token, Parameters more, const KeyHolder* prover = nullptr) {
    return world.exchange(client, token, std::move(more),
                          prover == nullptr ? http::Headers{} : prover->at_token_endpoint());
  }
  std::string given(const http::Response& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return response.status == 200 ? text_at(body_of(response), "access_token") : "";
  }
  static std::string key_of(std::string_view token) { return jkt_of(claims_of(token)); }

  // The orchestrator's token for the user, bound to its key.
  std::string bound() {
    return given(ask(orchestrator, upstream(), {{"subject_token_type", jwt}, {"resource", invoices}}, &orchestrators));
  }
  // The worker's own token, bound to the worker's key.
  std::string bound_workers() {
    world.given_assignment(role, worker.id);
    return given(world.token(worker, {{"resource", invoices}}, workers.at_token_endpoint()));
  }
};

}  // namespace

TEST_F(Rfc9449Exchange, a18_a_bound_token_is_narrowed_by_who_proves_its_key) {
  const auto token = bound();
  EXPECT_EQ(key_of(token), orchestrators.jkt());
  EXPECT_EQ(error_of(ask(orchestrator, token, {})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(ask(orchestrator, token, {}, &workers)), "400 invalid_dpop_proof");
  const auto narrowed = ask(orchestrator, token, {{"scope", "read"}}, &orchestrators);
  EXPECT_EQ(text_at(body_of(narrowed), "token_type"), "DPoP");
  EXPECT_EQ(key_of(given(narrowed)), orchestrators.jkt());
}

TEST_F(Rfc9449Exchange, a_bearer_token_becomes_bound_to_the_key_that_is_proven) {
  EXPECT_EQ(key_of(given(ask(orchestrator, orchestrated(), {}, &orchestrators))), orchestrators.jkt());
}

TEST_F(Rfc9449Exchange, a18_a_bound_token_is_handed_on_by_who_proves_its_key) {
  const auto token = bound();
  EXPECT_EQ(error_of(ask(orchestrator, token, {{"requested_actor", worker.id}})), "400 invalid_dpop_proof");
  // The proof is the sender's: to bind what the receiver gets to it would make that useless.
  const auto handed = given(ask(orchestrator, token, {{"requested_actor", worker.id}}, &orchestrators));
  EXPECT_EQ(key_of(handed), "");
  EXPECT_EQ(text_at(claims_of(handed), "client_id"), worker.id);
}

TEST_F(Rfc9449Exchange, what_is_handed_on_is_bound_to_the_key_of_the_receivers_own_token) {
  const auto handed = given(ask(orchestrator, bound(), {{"actor_token", bound_workers()}}, &orchestrators));
  EXPECT_EQ(key_of(handed), workers.jkt());
  EXPECT_EQ(text_at(claims_of(handed), "client_id"), worker.id);
  EXPECT_EQ(error_of(ask(worker, handed, {})), "400 invalid_dpop_proof");
  EXPECT_EQ(key_of(given(ask(worker, handed, {}, &workers))), workers.jkt());
}

TEST_F(Rfc9449Exchange, nothing_is_handed_on_unbound_where_a_key_is_demanded) {
  const Parameters by_name{{"requested_actor", worker.id}};
  world.change(directory::Kind::agent, worker.id, {{"dpop_bound_access_tokens", true}});
  EXPECT_EQ(error_of(ask(orchestrator, bound(), by_name, &orchestrators)), "400 invalid_request");
  world.change(directory::Kind::agent, worker.id, {{"dpop_bound_access_tokens", false}});
  world.change(directory::Kind::resource, invoices_id, {{"sender_constrained_tokens_required", true}});
  EXPECT_EQ(error_of(ask(orchestrator, bound(), by_name, &orchestrators)), "400 invalid_request");
  EXPECT_EQ(key_of(given(ask(orchestrator, bound(), {{"actor_token", bound_workers()}}, &orchestrators))),
            workers.jkt());
}

TEST_F(Rfc9449Exchange, the_resource_a_token_was_sent_to_draws_on_it_with_its_own_key) {
  world.change(directory::Kind::resource, invoices_id, {{"principal", worker.id}});
  const auto token = bound();
  const auto drawn = given(ask(worker, token, {{"scope", "read"}}, &workers));
  EXPECT_EQ(key_of(drawn), workers.jkt());
  EXPECT_EQ(chain_of(drawn), worker.id + ">" + orchestrator.id);
  EXPECT_EQ(key_of(given(ask(worker, token, {{"scope", "read"}}))), "");
}

TEST_F(Rfc9449Exchange, a18_a_bound_token_in_the_hands_of_another_delegate_is_refused) {
  const auto token = bound();
  EXPECT_EQ(error_of(ask(worker, token, {})), "400 invalid_request");
  EXPECT_EQ(error_of(ask(worker, token, {}, &workers)), "400 invalid_request");
  EXPECT_EQ(error_of(ask(worker, orchestrated(), {})), "200");  // a bearer token is what it says
}

TEST_F(Rfc9449Exchange, a18_a_trusted_issuers_bound_token_needs_its_key) {
  const auto exchange = [&](json::object claims, const KeyHolder* prover) {
    return ask(orchestrator, upstream(std::move(claims)), {{"subject_token_type", jwt}, {"resource", invoices}},
               prover);
  };
  const json::object cnf{{"cnf", json::object{{"jkt", orchestrators.jkt()}}}};
  EXPECT_EQ(error_of(exchange(cnf, nullptr)), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(exchange(cnf, &workers)), "400 invalid_dpop_proof");
  EXPECT_EQ(key_of(given(exchange(cnf, &orchestrators))), orchestrators.jkt());
  // A binding that is not known here is not passed over.
  for (const auto& other : {json::value("text"), json::value(json::object{}),
                            json::value(json::object{{"x5t#S256", "AAAA"}}),
                            json::value(json::object{{"jkt", orchestrators.jkt()}, {"x5t#S256", "AAAA"}})})
    EXPECT_EQ(error_of(exchange({{"cnf", other}}, &orchestrators)), "400 invalid_request");
}
