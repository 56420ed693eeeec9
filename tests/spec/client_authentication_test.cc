// Client authentication: secrets that overlap, assertions (RFC 7521, RFC 7523, rfc7523bis), and refusals that tell
// nothing.
#include <gtest/gtest.h>

#include "endpoints/client_keys.h"
#include "tests/kit/signer.h"
#include "tokens/key_set_walk.h"

using namespace deputy;
using test::World;

namespace {

constexpr auto api = "https://api.example/invoices";
constexpr auto assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// An agent that asks for a token with an assertion.
struct Asker : test::Signer {
  explicit Asker(World& given, crypto::Algorithm with = crypto::Algorithm::ES256)
      : Signer(given, agent_in(given), with) {}
  // The first of a world makes the resource too.
  static std::string agent_in(World& given) {
    const auto resource = given.app().directory.resource("default", api);
    return *resource == nullptr ? given.given_agent_at(api, {"read"}).id : given.given_agent("k").id;
  }
  std::string ask(const std::string& assertion, test::Pairs more = {}) const {
    more.insert(more.end(), {{"grant_type", "client_credentials"}, {"resource", api}});
    return test::error_of(world.form("/oauth2/token", with(std::move(more), assertion)));
  }
};

}  // namespace

TEST(PrivateKeyJwt, is_accepted_with_each_algorithm) {
  World given;
  for (const auto algorithm : {crypto::Algorithm::ES256, crypto::Algorithm::EdDSA, crypto::Algorithm::RS256,
                               crypto::Algorithm::PS256}) {
    const auto agent = given.given_agent("k");
    const auto key = crypto::PrivateKey::generate(algorithm);
    const auto kid = jose::thumbprint(key.public_key().parts());
    given.given_credential(agent.id, {{"type", "jwks"}, {"jwks", json::object{{"keys", json::array{jose::public_jwk(
                                                                     key.public_key(), kid, algorithm)}}}}});
    const json::object claims{{"iss", agent.id}, {"sub", agent.id}, {"aud", given.issuer},
                              {"exp", unix_seconds(given.clock.now()) + 60},
                              {"jti", make_id("j", given.clock.now(), given.random)}};
    const auto assertion = jose::sign(key, algorithm, kid, "client-authentication+jwt", json::serialize(claims));
    EXPECT_EQ(test::error_of(given.form("/oauth2/token", {{"grant_type", "client_credentials"},
                                                          {"client_assertion_type", assertion_type},
                                                          {"client_assertion", assertion}})),
              "200")
        << crypto::name_of(algorithm);
  }
}

TEST(PrivateKeyJwt, a14_a_jti_is_good_once) {
  World given;
  const Asker agent(given);
  const auto assertion = agent.assertion();
  EXPECT_EQ(agent.ask(assertion), "200");
  EXPECT_EQ(agent.ask(assertion), "401 invalid_client");
  given.restart();
  EXPECT_EQ(agent.ask(assertion), "401 invalid_client");
}

TEST(PrivateKeyJwt, a13_the_audience_is_the_issuer_alone) {
  World given;
  const Asker agent(given);
  const auto with_audience = [&](json::value audience) {
    auto claims = agent.claims();
    claims["aud"] = std::move(audience);
    return agent.ask(agent.sign(claims));
  };
  EXPECT_EQ(with_audience(json::string(given.issuer)), "200");
  EXPECT_EQ(with_audience(json::array{given.issuer}), "200");
  EXPECT_EQ(with_audience(json::string(given.issuer + "/oauth2/token")), "401 invalid_client");
  EXPECT_EQ(with_audience(json::string(given.issuer + "/")), "401 invalid_client");
  EXPECT_EQ(with_audience(json::array{given.issuer, "https://other.example"}), "401 invalid_client");
}

TEST(PrivateKeyJwt, a14_expiry_subject_and_issuer_are_held) {
  World given;
  const Asker agent(given), other(given);
  const auto now = unix_seconds(given.clock.now());
  const auto with = [&](std::string_view name, json::value value) {
    auto claims = agent.claims();
    if (value.is_null()) claims.erase(name);
    else claims[name] = std::move(value);
    return agent.ask(agent.sign(claims));
  };
  EXPECT_EQ(with("exp", now + 3600), "401 invalid_client");  // too far ahead
  EXPECT_EQ(with("exp", now - 60), "401 invalid_client");
  EXPECT_EQ(with("exp", nullptr), "401 invalid_client");
  EXPECT_EQ(with("iat", now + 120), "401 invalid_client");
  EXPECT_EQ(with("nbf", now + 120), "401 invalid_client");
  EXPECT_EQ(with("jti", nullptr), "401 invalid_client");
  EXPECT_EQ(with("jti", json::string(std::string(300, 'a'))), "401 invalid_client");
  EXPECT_EQ(with("sub", json::string(other.id)), "401 invalid_client");
  EXPECT_EQ(with("iss", "https://elsewhere.example"), "401 invalid_client");
  auto stolen = agent.claims();
  stolen["sub"] = stolen["iss"] = other.id;  // another's name under our key
  EXPECT_EQ(agent.ask(agent.sign(stolen)), "401 invalid_client");
  EXPECT_EQ(agent.ask(agent.assertion(), {{"client_id", other.id}}), "401 invalid_client");
  EXPECT_EQ(agent.ask(agent.assertion(), {{"client_id", agent.id}}), "200");
}

TEST(PrivateKeyJwt, a11_a_jwt_of_another_kind_is_no_assertion) {
  World given;
  const Asker agent(given);
  for (const auto* type : {"at+jwt", "dpop+jwt", "logout+jwt", "token-introspection+jwt"})
    EXPECT_EQ(agent.ask(agent.sign(agent.claims(), type)), "401 invalid_client") << type;
}

TEST(PrivateKeyJwt, a14_two_methods_at_once_are_refused) {
  World given;
  const Asker agent(given);
  const auto secret = given.given_secret(agent.id);
  const test::Pairs form{{"grant_type", "client_credentials"}, {"resource", api}};
  const http::Headers basic{{"Authorization", given.basic({agent.id, secret})}};
  EXPECT_EQ(agent.ask(agent.assertion(), {{"client_secret", secret}, {"client_id", agent.id}}), "400 invalid_request");
  EXPECT_EQ(test::error_of(given.form("/oauth2/token", agent.proven(form), basic)), "400 invalid_request");
  EXPECT_EQ(test::error_of(given.form("/oauth2/token", form, basic)), "200");
}

TEST(PrivateKeyJwt, wrong_assertion_type_is_invalid_request) {
  World given;
  const Asker agent(given);
  EXPECT_EQ(test::error_of(given.form("/oauth2/token", {{"grant_type", "client_credentials"},
                                                        {"client_assertion_type", "urn:x"},
                                                        {"client_assertion", agent.assertion()}})),
            "400 invalid_request");
}

TEST(PrivateKeyJwt, several_keys_live_at_once_and_a_retired_one_is_dead) {
  World given;
  const Asker agent(given);
  const auto second = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  const auto kid = jose::thumbprint(second.public_key().parts());
  const json::object set{{"keys", json::array{jose::public_jwk(second.public_key(), kid, crypto::Algorithm::EdDSA)}}};
  const auto credential = given.given_credential(
      agent.id, {{"type", "jwks"}, {"jwks", set}, {"expires_at", rfc3339(given.clock.now() + Seconds(100))}});
  const auto by_second = [&] {
    return agent.ask(jose::sign(second, crypto::Algorithm::EdDSA, kid, "JWT", json::serialize(agent.claims())));
  };
  EXPECT_EQ(agent.ask(agent.assertion()), "200");
  EXPECT_EQ(by_second(), "200");
  given.clock.advance(Seconds(100));
  EXPECT_EQ(by_second(), "401 invalid_client");
  EXPECT_EQ(agent.ask(agent.assertion()), "200");
}

namespace {

// A client whose keys are published elsewhere.
struct Remote : Asker {
  explicit Remote(World& given) : Asker(given), remote(given.given_agent("remote").id) {
    given.documents[uri] = json::serialize(key_set());
    given.given_credential(remote, {{"type", "jwks_uri"}, {"jwks_uri", uri}});
  }
  http::Response response(std::string_view client) const {
    auto said = claims();
    said["iss"] = said["sub"] = client;
    return world.form("/oauth2/token", with({{"grant_type", "client_credentials"}}, sign(said)));
  }
  std::string ask_remote() const { return test::error_of(response(remote)); }

  std::string remote, uri = "https://agent.example/jwks.json";
};

}  // namespace

TEST(PrivateKeyJwt, a_jwks_uri_is_fetched_off_the_request_path) {
  World given;
  const Remote agent(given);
  EXPECT_EQ(agent.ask_remote(), "401 invalid_client");
  given.app().key_sets.wait_idle();
  EXPECT_EQ(agent.ask_remote(), "200");
}

TEST(PrivateKeyJwt, a10_a_key_that_is_not_in_the_set_has_it_fetched_again) {
  World given;
  const Remote before(given);
  (void)before.ask_remote();
  given.app().key_sets.wait_idle();
  EXPECT_EQ(before.ask_remote(), "200");
  const test::Signer next(given, before.id);
  given.documents[before.uri] = json::serialize(next.key_set());
  const auto by_next = [&] {
    auto claims = next.claims();
    claims["iss"] = claims["sub"] = before.remote;
    return test::error_of(given.form("/oauth2/token", test::Signer::with({{"grant_type", "client_credentials"}},
                                                                         next.sign(claims))));
  };
  given.clock.advance(Seconds(61));  // the set is fresh for five minutes
  EXPECT_EQ(by_next(), "401 invalid_client");
  given.app().key_sets.wait_idle();
  EXPECT_EQ(by_next(), "200");
  EXPECT_EQ(before.ask_remote(), "401 invalid_client") << "what is published no more proves nothing";
}

TEST(PrivateKeyJwt, a16_a_client_whose_keys_are_not_at_hand_looks_like_none) {
  World given;
  const Remote agent(given);
  const auto known = agent.response(agent.remote), unknown = agent.response("agt_01jd0000000000000000000000");
  EXPECT_EQ(known.status, 401);
  EXPECT_EQ(known.status, unknown.status);
  EXPECT_EQ(known.body, unknown.body);
  EXPECT_EQ(known.headers, unknown.headers);
  std::vector<std::string> reasons;
  for (const auto& event : given.events("token.issue")) reasons.push_back(test::text_at(event.as_object(), "reason"));
  EXPECT_EQ(reasons, (std::vector<std::string>{"invalid_client: assertion refused: the client's key set is not at hand",
                                               "invalid_client: unknown client"}));
}

TEST(PrivateKeyJwt, a16_what_names_nobody_costs_a_verification_of_its_algorithm) {
  for (const auto algorithm : {crypto::Algorithm::ES256, crypto::Algorithm::EdDSA, crypto::Algorithm::RS256,
                               crypto::Algorithm::PS256}) {
    const auto key = crypto::PrivateKey::generate(algorithm);
    const auto text = jose::sign(key, algorithm, "k", "JWT", "{}");
    const auto parts = jose::split(text);
    ASSERT_TRUE(parts);
    EXPECT_TRUE(endpoints::verify_in_vain(*parts)) << crypto::name_of(algorithm);
  }
}

TEST(PrivateKeyJwt, a_key_set_is_at_hand_before_its_client_comes_and_stays_so) {
  World given;
  const Remote agent(given);
  tokens::KeySetWalk walk(*given.store, given.app().key_sets, given.clock);
  const auto hours = [&](int count) {
    for (int second = 0; second < count * 3600; second += 60, given.clock.advance(Seconds(60))) {
      ASSERT_TRUE(walk.step());
      ASSERT_TRUE(given.app().key_sets.wait_idle());
    }
  };
  hours(1);
  EXPECT_TRUE(walk.resting());
  EXPECT_EQ(agent.ask_remote(), "200");
  hours(5);  // nobody asks
  EXPECT_EQ(agent.ask_remote(), "200");
}

TEST(PrivateKeyJwt, a_key_set_is_fetched_again_after_the_clock_was_set_back) {
  World given;
  const Remote agent(given);
  tokens::KeySetWalk walk(*given.store, given.app().key_sets, given.clock);
  const auto round = [&] {
    do {
      ASSERT_TRUE(walk.step());
      ASSERT_TRUE(given.app().key_sets.wait_idle());
    } while (!walk.resting());
  };
  round();
  given.clock.advance(-Seconds(86'400));
  given.documents.clear();
  round();
  EXPECT_EQ(agent.ask_remote(), "200") << "what was fetched serves for an hour";
  given.clock.advance(Seconds(3601));
  EXPECT_EQ(agent.ask_remote(), "401 invalid_client");
}

TEST(PrivateKeyJwt, only_the_key_sets_of_what_is_in_force_are_fetched) {
  World given;
  const auto agent = given.given_agent("k").id;
  const auto credential = [&](const std::string& uri, json::object more) {
    given.documents[uri] = json::serialize(Asker(given).key_set());
    more["type"] = "jwks_uri";
    more["jwks_uri"] = uri;
    given.given_credential(agent, std::move(more));
  };
  const auto issuer = [&](const std::string& uri, std::string_view state) {
    given.documents[uri] = json::serialize(Asker(given).key_set());
    given.put(directory::Kind::trusted_issuer,
              {{"issuer", uri}, {"jwks_uri", uri}, {"permissions", json::array{}}, {"state", state}});
  };
  for (int i = 0; i < 60; ++i) credential("https://live.example/" + std::to_string(i), {});  // more than a page
  credential("https://expired.example/1", {{"expires_at", rfc3339(given.clock.now())}});
  issuer("https://trusted.example/1", "active");
  issuer("https://disabled.example/1", "disabled");
  tokens::KeySetWalk walk(*given.store, given.app().key_sets, given.clock);
  do {
    ASSERT_TRUE(walk.step());
    ASSERT_TRUE(given.app().key_sets.wait_idle());
  } while (!walk.resting());
  const auto at_hand = [&](const std::string& uri) { return given.app().key_sets.find(uri) != nullptr; };
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(at_hand("https://live.example/" + std::to_string(i))) << i;
  EXPECT_TRUE(at_hand("https://trusted.example/1"));
  EXPECT_FALSE(at_hand("https://expired.example/1"));
  EXPECT_FALSE(at_hand("https://disabled.example/1"));
}

TEST(ClientSecret, several_live_at_once_each_with_its_own_expiry) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const test::Given second{agent.id,
                           given.given_secret(agent.id, {{"expires_at", rfc3339(given.clock.now() + Seconds(60))}})};
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "200");
  EXPECT_EQ(test::error_of(given.token(second, {{"resource", api}})), "200");
  given.clock.advance(Seconds(60));
  EXPECT_EQ(test::error_of(given.token(second, {{"resource", api}})), "401 invalid_client");
  EXPECT_EQ(test::error_of(given.token(agent, {{"resource", api}})), "200");
}

TEST(ClientSecret, an_imported_client_id_is_the_client) {
  World given;
  const auto resource = given.given_resource(api, {"read"});
  const auto agent = given.given_agent("imported", {{"client_id", "legacy-bot"}});
  given.given_assignment(given.given_role("r", resource, {"read"}), agent.id);
  const auto token = given.access_token({"legacy-bot", agent.secret}, api);
  EXPECT_EQ(test::text_at(test::claims_of(token), "client_id"), "legacy-bot");
  EXPECT_EQ(test::text_at(test::claims_of(token), "sub"), agent.id);
}

TEST(ClientAuthentication, a16_every_refusal_looks_the_same) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto with_state = [&](json::object patch) {
    const auto one = given.given_agent("x");
    given.change(directory::Kind::agent, one.id, std::move(patch));
    return one;
  };
  const auto suspended = with_state({{"state", "suspended"}});
  const auto revoked = with_state({{"state", "revoked"}});
  const auto expired = with_state({{"expires_at", rfc3339(given.clock.now() - Seconds(1))}});
  const auto reference = given.token({agent.id, agent.secret + "x"}, {{"resource", api}});
  EXPECT_EQ(test::error_of(reference), "401 invalid_client");
  for (const auto& client : {test::Given{"agt_01jd0000000000000000000000", agent.secret}, test::Given{"nobody", "x"},
                             suspended, revoked, expired}) {
    const auto response = given.token(client, {{"resource", api}});
    EXPECT_EQ(response.status, reference.status);
    EXPECT_EQ(response.body, reference.body);
    EXPECT_EQ(response.headers, reference.headers);
  }
  // The audit knows which it was.
  std::set<std::string> reasons;
  for (const auto& event : given.events("token.issue")) reasons.insert(test::text_at(event.as_object(), "reason"));
  EXPECT_TRUE(reasons.contains("invalid_client: the client is suspended"));
  EXPECT_TRUE(reasons.contains("invalid_client: unknown client"));
}

// What a library without a secret may send; and in the same words where nobody has the name.
TEST(ClientAuthentication, a16_that_no_secret_was_sent_is_said_whoever_is_named) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto gone = given.put(directory::Kind::application, {{"name", "App"}, {"state", "disabled"}, {"public", true}});
  const auto by_basic = [&](const std::string& client) { return given.token({client, ""}, {{"resource", api}}); };
  const auto by_name = [&](const std::string& client) {
    return given.form("/oauth2/token", {{"grant_type", "client_credentials"}, {"client_id", client}});
  };
  const auto said = [&](const auto& ask) {
    const auto reference = ask(agent.id);
    EXPECT_EQ(test::error_of(reference), "401 invalid_client");
    for (const auto& client : {gone, std::string("agt_01jd0000000000000000000000"), std::string("nobody")}) {
      const auto response = ask(client);
      EXPECT_EQ(response.status, reference.status) << client;
      EXPECT_EQ(response.body, reference.body) << client;
      EXPECT_EQ(response.headers, reference.headers) << client;
    }
    return test::text_at(test::body_of(reference), "error_description");
  };
  const auto nothing = "no secret and no assertion was sent: client_id alone is enough for a public client only";
  EXPECT_EQ(said(by_basic),
            "the secret is empty: a client without one sends client_id in the body and no Authorization header");
  EXPECT_EQ(said(by_name), nothing);
  const auto description = [&](test::Pairs form, const http::Headers& headers) {
    form.emplace_back("grant_type", "client_credentials");
    return test::text_at(test::body_of(given.form("/oauth2/token", form, headers)), "error_description");
  };
  EXPECT_EQ(description({}, {}), nothing);
  EXPECT_EQ(description({{"client_secret", agent.secret}}, {}), "client_secret is sent without client_id");
  EXPECT_EQ(description({}, {{"Authorization", "Bearer x"}}),
            "the Authorization header is no Basic of an id and a secret (RFC 6749 section 2.3.1)");
}

TEST(ClientAuthentication, where_no_public_client_may_come_none_is_told_to_send_its_name_alone) {
  World given;
  const auto said = [&](const test::Pairs& form, const http::Headers& headers) {
    return test::text_at(test::body_of(given.form("/oauth2/introspect", form, headers)), "error_description");
  };
  const auto nothing = "no secret and no assertion was sent: here a client proves itself by one of them";
  EXPECT_EQ(said({{"token", "x"}}, {}), nothing);
  EXPECT_EQ(said({{"token", "x"}, {"client_id", given.admin.id}}, {}), nothing);
  EXPECT_EQ(said({{"token", "x"}}, {{"Authorization", given.basic({given.admin.id, ""})}}),
            "the secret is empty: here a client proves itself by one, or by an assertion");
}

TEST(ClientAuthentication, a21_no_secret_and_no_token_is_in_an_event) {
  World given;
  const auto agent = given.given_agent_at(api, {"read"});
  const auto token = given.access_token(agent, api);
  given.token({agent.id, "dsk_wrongsecretwrongsecret"}, {});
  for (const auto& event : given.events()) {
    const auto text = json::serialize(event);
    EXPECT_EQ(text.find(agent.secret), std::string::npos);
    EXPECT_EQ(text.find("dsk_wrong"), std::string::npos);
    EXPECT_EQ(text.find(token), std::string::npos);
  }
}
