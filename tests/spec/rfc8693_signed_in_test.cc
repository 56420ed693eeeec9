// ID tokens of this server in a token exchange (RFC 8693 §3): who signed in may be acted for as far as they agreed.
#include <gtest/gtest.h>

#include <functional>

#include "tests/kit/flow.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto id_token_type = "urn:ietf:params:oauth:token-type:id_token";

struct SignedIn : testing::Test, Flow {
  SignedIn() {
    sign_in();
    disclose(agent, "openid");
    disclose(portal, "openid");
  }
  // What the client is given when the person signs in to it, and nothing more.
  std::string id_token(const Given& client) {
    Pairs change{{"scope", "openid"}, {"resource", ""}};
    if (client.id == portal.id) change.emplace_back("redirect_uri", "https://portal.example/a");
    return text_at(body_of(redeem(client, code(client, change))), "id_token");
  }
  http::Response exchange(const Given& client, const std::string& token, Pairs more = {}) {
    const auto named = [&](std::string_view name) {
      return std::any_of(more.begin(), more.end(), [&](const auto& one) { return one.first == name; });
    };
    if (!named("subject_token_type")) more.emplace_back("subject_token_type", id_token_type);
    return world.exchange(client, token, more);
  }
  std::string why() {
    const auto reason = text_at(world.events("token.issue").back().as_object(), "reason");
    return reason.substr(reason.find(": ") + 2);
  }
};

}  // namespace

TEST_F(SignedIn, s3_an_id_token_of_ours_draws_on_what_its_person_agreed_to) {
  const auto root = consent(agent, {"read", "write"});
  const auto token = id_token(agent);
  const auto response = exchange(agent, token, {{"resource", invoices}});
  ASSERT_EQ(error_of(response), "200") << response.body;
  EXPECT_EQ(text_at(body_of(response), "issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
  const auto access_token = text_at(body_of(response), "access_token");
  const auto claims = claims_of(access_token);
  EXPECT_EQ(text_at(claims, "sub"), user);
  EXPECT_EQ(text_at(claims, "client_id"), agent.id);
  EXPECT_EQ(text_at(claims, "scope"), "read write");
  EXPECT_EQ(claims.at("act"), json::value(json::object{{"sub", agent.id}}));
  EXPECT_EQ(claims.at("dlg"), json::value(json::array{root})) << "the consent itself";
  EXPECT_EQ(text_at(claims, "acr"), "urn:deputy:acr:password");
  EXPECT_EQ(claims.at("auth_time"), claims_of(token).at("auth_time"));
  EXPECT_TRUE(active(access_token));
}

TEST_F(SignedIn, a24_no_wider_than_the_consent_and_no_longer_than_the_id_token) {
  consent(agent, {"read"});
  const auto token = id_token(agent);
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}, {"scope", "write"}})), "400 invalid_scope");
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", payments}})), "400 invalid_target");
  world.change(directory::Kind::resource, invoices_id, {{"token_lifetime_s", 3600}});
  world.clock.advance(Seconds(500));
  const auto late = exchange(agent, token);
  ASSERT_EQ(error_of(late), "200") << "the consent names one resource: " << late.body;
  EXPECT_EQ(json_integer(body_of(late), "expires_in"), 100);
  world.clock.advance(Seconds(100));
  EXPECT_EQ(error_of(exchange(agent, token)), "400 invalid_request");
}

TEST_F(SignedIn, of_several_consents_the_one_that_gives_what_is_asked_is_drawn_on) {
  const auto wide = consent(agent, {"read", "write"});
  const auto narrow = consent(agent, {"read"});
  const auto token = id_token(agent);
  const auto path_of = [&](Pairs more) {
    return claims_of(text_at(body_of(exchange(agent, token, std::move(more))), "access_token")).at("dlg");
  };
  EXPECT_EQ(path_of({{"resource", invoices}, {"scope", "read"}}), json::value(json::array{narrow}));
  EXPECT_EQ(path_of({{"resource", invoices}, {"scope", "write"}}), json::value(json::array{wide}));
}

TEST_F(SignedIn, an_application_hands_on_what_its_person_agreed_to) {
  world.change(directory::Kind::application, portal.id, {{"delegates", json::array{agent.id}}});
  consent(portal, {"read"});
  const auto response = exchange(portal, id_token(portal), {{"requested_actor", agent.id}});
  ASSERT_EQ(error_of(response), "200") << response.body;
  const auto claims = claims_of(text_at(body_of(response), "access_token"));
  EXPECT_EQ(text_at(claims, "client_id"), agent.id);
  EXPECT_EQ(claims.at("act"), json::value(json::object{{"sub", agent.id}, {"act", {{"sub", portal.id}}}}));
  EXPECT_EQ(claims.at("dlg").as_array().size(), 2u);
}

TEST_F(SignedIn, a22_another_clients_id_token_gives_nothing) {
  consent(agent);
  consent(portal);
  const auto token = id_token(portal);
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}})), "400 invalid_request");
  EXPECT_EQ(why(), "another client's ID token");
  EXPECT_EQ(error_of(exchange(portal, token, {{"resource", invoices}})), "200");
}

TEST_F(SignedIn, a11_an_id_token_passes_for_no_access_token_and_an_access_token_for_no_id_token) {
  consent(agent);
  const auto token = id_token(agent);
  for (const auto* type : {"access_token", "jwt"})
    EXPECT_EQ(error_of(exchange(agent, token,
                                {{"subject_token_type", std::string("urn:ietf:params:oauth:token-type:") + type},
                                 {"resource", invoices}})),
              "400 invalid_request")
        << type;
  const auto access_token = text_at(body_of(redeem(agent, code(agent))), "access_token");
  EXPECT_EQ(error_of(exchange(agent, access_token, {{"resource", invoices}})), "400 invalid_request");
  const auto forged = signed_request(agent, {{"iss", world.issuer}, {"sub", user}, {"aud", agent.id},
                                             {"azp", agent.id}, {"sid", session}}, "JWT");
  EXPECT_EQ(error_of(exchange(agent, forged, {{"resource", invoices}})), "400 invalid_request");
}

TEST_F(SignedIn, a25_who_has_signed_out_is_acted_for_by_no_id_token) {
  consent(agent);
  const auto token = id_token(agent);
  EXPECT_EQ(error_of(exchange(agent, token)), "200");
  ASSERT_EQ(browse("/oauth2/logout?id_token_hint=" + token).status, 200);
  EXPECT_EQ(error_of(exchange(agent, token)), "400 invalid_request");
  EXPECT_EQ(why(), "the session of the ID token has ended");
  cookie.clear();
  sign_in();
  EXPECT_EQ(error_of(exchange(agent, token)), "400 invalid_request") << "another session is another";
}

TEST_F(SignedIn, a25_who_signs_out_meanwhile_is_acted_for_no_more) {
  consent(agent);
  const auto token = id_token(agent);
  Late late{world};
  const auto decided = [&] {
    return late.decided(grants::token_exchange, agent,
                        {{"subject_token", token}, {"subject_token_type", id_token_type}, {"resource", invoices}});
  };
  auto in_time = decided(), too_late = decided();
  EXPECT_TRUE(late.becomes_durable(std::move(in_time)));
  ASSERT_EQ(browse("/oauth2/logout?id_token_hint=" + token).status, 200);
  EXPECT_FALSE(late.becomes_durable(std::move(too_late)));
}

TEST_F(SignedIn, a25_a_consent_that_was_taken_back_is_drawn_on_by_no_id_token) {
  const auto root = consent(agent);
  const auto token = id_token(agent);
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + root + "/revoke", {{"reason", "test"}}).status, 200);
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}})), "400 invalid_request");
  EXPECT_EQ(why(), "no live consent of the ID token's person for the client");
}

TEST_F(SignedIn, signing_in_allows_nothing_by_itself) {
  consent(portal);
  const auto token = id_token(agent);
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}})), "400 invalid_request");
}

TEST_F(SignedIn, a28_nobody_acts_for_a_person_who_is_disabled) {
  consent(agent);
  const auto token = id_token(agent);
  world.change(directory::Kind::user, user, {{"state", "disabled"}});
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}})), "400 invalid_request");
}

// Its `azp` is the client_id it came with; what ends its tokens names the agent.
TEST_F(SignedIn, a28_an_imported_agents_tokens_from_before_it_was_stopped_or_transferred_stay_dead) {
  const Given imported{"legacy-scout", agent.secret};
  world.change(directory::Kind::agent, agent.id, {{"client_id", imported.id}});
  consent(agent);
  const auto post = [&](std::string_view action, json::object body) {
    return world.admin_call("POST", "/v1/agents/" + agent.id + "/" + std::string(action), std::move(body)).status;
  };
  const auto suspended = [&] {
    EXPECT_EQ(post("suspend", {{"reason", "test"}}), 200);
    EXPECT_EQ(post("resume", {{"reason", "test"}}), 200);
  };
  const auto transferred = [&] { EXPECT_EQ(post("transfer", {{"owner", user}}), 200); };
  // With the owner goes what was agreed to.
  const std::pair<std::function<void()>, std::string> ends[]{{suspended, "200"}, {transferred, "400 invalid_request"}};
  for (const auto& [end, signed_in_anew] : ends) {
    const auto token = id_token(imported);
    ASSERT_EQ(text_at(claims_of(token), "azp"), imported.id);
    const auto made = exchange(imported, token, {{"resource", invoices}});
    ASSERT_EQ(error_of(made), "200") << made.body;
    const auto access_token = text_at(body_of(made), "access_token");
    EXPECT_EQ(text_at(claims_of(access_token), "client_id"), imported.id);
    end();
    world.clock.advance(Seconds(2));  // within the second itself nobody's tokens are made
    EXPECT_EQ(error_of(exchange(imported, token, {{"resource", invoices}})), "400 invalid_request");
    EXPECT_EQ(why(), "the client's tokens of that time were revoked");
    EXPECT_FALSE(active(access_token));
    EXPECT_EQ(error_of(exchange(imported, id_token(imported), {{"resource", invoices}})), signed_in_anew);
  }
  EXPECT_EQ(why(), "no live consent of the ID token's person for the client");
  consent(agent);
  EXPECT_EQ(error_of(exchange(imported, id_token(imported), {{"resource", invoices}})), "200") << "agreed to anew";
}

TEST_F(SignedIn, a28_an_id_token_from_before_its_client_expired_stays_dead_when_it_comes_back) {
  consent(agent);
  const auto expires = [&](const json::value& at) {
    EXPECT_EQ(world.admin_call("PATCH", "/v1/agents/" + agent.id, {{"expires_at", at}}).status, 200);
    world.clock.advance(Seconds(2));
  };
  expires(json::value(rfc3339(world.clock.now() + Seconds(100))));
  const auto token = id_token(agent);
  ASSERT_EQ(error_of(exchange(agent, token)), "200");
  world.clock.advance(Seconds(100));
  EXPECT_EQ(error_of(exchange(agent, token)), "401 invalid_client");
  expires(nullptr);
  EXPECT_EQ(error_of(exchange(agent, token)), "400 invalid_request");
  EXPECT_EQ(error_of(exchange(agent, id_token(agent))), "200") << "what was agreed to goes on";
}

// As of access tokens: when a key is gone from the JWK Set all that it signed is over, and all that was made of it ends
// with it until then.
TEST_F(SignedIn, a10_no_id_token_outlives_any_of_ours_or_its_key) {
  world.change(directory::Kind::agent, agent.id, {{"id_token_signed_response_alg", "ES256"}});
  consent(agent);
  auto claims = claims_of(id_token(agent));
  const auto stolen = *world.app().keyring.keys("default");
  const auto forged = [&](Seconds lives) {
    claims["sid"] = session;
    claims["iat"] = unix_seconds(world.clock.now());
    claims["exp"] = unix_seconds(world.clock.now() + lives);
    return error_of(exchange(agent,
                             stolen->active.at(crypto::Algorithm::ES256).id_token.sign(json::serialize(claims)),
                             {{"resource", invoices}}));
  };
  EXPECT_EQ(forged(Seconds(600)), "200");
  EXPECT_EQ(forged(Seconds(86'400)), "400 invalid_request") << "none of ours lives so long";
  const auto rotate = [&] {
    ASSERT_EQ(world.admin_call("POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
  };
  rotate();
  world.clock.advance(world.app().keyring.config().jwks_max_age);
  rotate();
  world.clock.advance(world.app().keyring.config().retire_after - Seconds(300));
  sign_in();
  EXPECT_EQ(forged(Seconds(600)), "400 invalid_request") << "its key is gone before it is over";
  EXPECT_EQ(forged(Seconds(300)), "200");
}

TEST_F(SignedIn, a10_a25_nothing_is_made_of_an_id_token_whose_key_is_compromised_meanwhile) {
  consent(agent);
  const auto token = id_token(agent);
  Late late{world};
  auto writes = late.decided(grants::token_exchange, agent,
                             {{"subject_token", token}, {"subject_token_type", id_token_type}, {"resource", invoices}});
  const auto kid = text_at(header_of(token), "kid");
  late.compromise(kid);
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
  EXPECT_EQ(error_of(exchange(agent, token, {{"resource", invoices}})), "400 invalid_request");
}

TEST_F(SignedIn, a10_a25_no_id_token_is_sent_whose_key_is_compromised_meanwhile) {
  const auto kid = text_at(header_of(id_token(agent)), "kid");
  const auto again = code(agent, {{"scope", "openid"}, {"resource", ""}});
  Late late{world};
  auto writes = late.decided(grants::authorization_code, agent, {{"code", again}, {"code_verifier", verifier}});
  late.compromise(kid);
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}
