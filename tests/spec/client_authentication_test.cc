// Client authentication: secrets that overlap, assertions (RFC 7521, RFC 7523, rfc7523bis), and refusals that tell
// nothing.
#include <gtest/gtest.h>

#include "base/id.h"
#include "crypto/key.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/kit/world.h"

using namespace deputy;
using test::World;

namespace {

constexpr auto api = "https://api.example/invoices";
constexpr auto assertion_type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

// An agent with a key of its own, and the assertions it can make.
struct KeyHolder {
  World& given;
  std::string id;
  crypto::Algorithm algorithm = crypto::Algorithm::ES256;
  crypto::PrivateKey key = crypto::PrivateKey::generate(algorithm);
  std::string kid = jose::thumbprint(key.public_key().parts());

  KeyHolder(World& world, crypto::Algorithm with = crypto::Algorithm::ES256)
      : given(world), id(agent_in(world)), algorithm(with),
        key(crypto::PrivateKey::generate(with)), kid(jose::thumbprint(key.public_key().parts())) {
    given.given_credential(id, {{"type", "jwks"}, {"jwks", key_set()}});
  }
  // The first holder of a world makes the resource too.
  static std::string agent_in(World& world) {
    const auto resource = world.app().directory.resource("default", api);
    return *resource == nullptr ? world.given_agent_at(api, {"read"}).id : world.given_agent("k").id;
  }
  json::object key_set() const {
    return {{"keys", json::array{jose::public_jwk(key.public_key(), kid, algorithm)}}};
  }
  json::object claims() const {
    return {{"iss", id}, {"sub", id}, {"aud", given.issuer}, {"iat", unix_seconds(given.clock.now())},
            {"exp", unix_seconds(given.clock.now()) + 60},
            {"jti", make_id("j", given.clock.now(), given.random)}};
  }
  std::string sign(const json::object& claims, std::string_view type = "JWT") const {
    return jose::sign(key, algorithm, kid, type, json::serialize(claims));
  }
  std::string ask(const std::string& assertion, std::vector<std::pair<std::string, std::string>> more = {}) const {
    more.insert(more.end(), {{"grant_type", "client_credentials"}, {"resource", api},
                             {"client_assertion_type", assertion_type}, {"client_assertion", assertion}});
    return test::error_of(given.form("/oauth2/token", more));
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
  const KeyHolder agent(given);
  const auto assertion = agent.sign(agent.claims());
  EXPECT_EQ(agent.ask(assertion), "200");
  EXPECT_EQ(agent.ask(assertion), "401 invalid_client");
  given.restart();
  EXPECT_EQ(agent.ask(assertion), "401 invalid_client");
}

TEST(PrivateKeyJwt, a13_the_audience_is_the_issuer_alone) {
  World given;
  const KeyHolder agent(given);
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
  const KeyHolder agent(given), other(given);
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
  EXPECT_EQ(agent.ask(agent.sign(agent.claims()), {{"client_id", other.id}}), "401 invalid_client");
  EXPECT_EQ(agent.ask(agent.sign(agent.claims()), {{"client_id", agent.id}}), "200");
}

TEST(PrivateKeyJwt, a11_a_jwt_of_another_kind_is_no_assertion) {
  World given;
  const KeyHolder agent(given);
  for (const auto* type : {"at+jwt", "dpop+jwt", "logout+jwt", "token-introspection+jwt"})
    EXPECT_EQ(agent.ask(agent.sign(agent.claims(), type)), "401 invalid_client") << type;
}

TEST(PrivateKeyJwt, a14_two_methods_at_once_are_refused) {
  World given;
  const KeyHolder agent(given);
  EXPECT_EQ(agent.ask(agent.sign(agent.claims()), {{"client_secret", "dsk_x"}, {"client_id", agent.id}}),
            "400 invalid_request");
}

TEST(PrivateKeyJwt, wrong_assertion_type_is_invalid_request) {
  World given;
  const KeyHolder agent(given);
  EXPECT_EQ(test::error_of(given.form("/oauth2/token", {{"grant_type", "client_credentials"},
                                                        {"client_assertion_type", "urn:x"},
                                                        {"client_assertion", agent.sign(agent.claims())}})),
            "400 invalid_request");
}

TEST(PrivateKeyJwt, several_keys_live_at_once_and_a_retired_one_is_dead) {
  World given;
  const KeyHolder agent(given);
  const auto second = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  const auto kid = jose::thumbprint(second.public_key().parts());
  const json::object set{{"keys", json::array{jose::public_jwk(second.public_key(), kid, crypto::Algorithm::EdDSA)}}};
  const auto credential = given.given_credential(
      agent.id, {{"type", "jwks"}, {"jwks", set}, {"expires_at", rfc3339(given.clock.now() + Seconds(100))}});
  const auto by_second = [&] {
    return agent.ask(jose::sign(second, crypto::Algorithm::EdDSA, kid, "JWT", json::serialize(agent.claims())));
  };
  EXPECT_EQ(agent.ask(agent.sign(agent.claims())), "200");
  EXPECT_EQ(by_second(), "200");
  given.clock.advance(Seconds(100));
  EXPECT_EQ(by_second(), "401 invalid_client");
  EXPECT_EQ(agent.ask(agent.sign(agent.claims())), "200");
}

TEST(PrivateKeyJwt, a_jwks_uri_is_fetched_off_the_request_path) {
  World given;
  const KeyHolder agent(given);
  const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const auto kid = jose::thumbprint(key.public_key().parts());
  const json::object set{{"keys", json::array{jose::public_jwk(key.public_key(), kid, crypto::Algorithm::ES256)}}};
  const auto remote = given.given_agent("remote").id;
  const auto uri = "https://agent.example/jwks.json";
  given.documents[uri] = json::serialize(set);
  given.given_credential(remote, {{"type", "jwks_uri"}, {"jwks_uri", uri}});
  const auto ask = [&] {
    auto claims = agent.claims();
    claims["iss"] = claims["sub"] = remote;
    return test::error_of(
        given.form("/oauth2/token", {{"grant_type", "client_credentials"},
                                     {"client_assertion_type", assertion_type},
                                     {"client_assertion", jose::sign(key, crypto::Algorithm::ES256, kid, "JWT",
                                                                     json::serialize(claims))}}));
  };
  EXPECT_EQ(ask(), "503 temporarily_unavailable");
  given.app().key_sets.wait_idle();
  EXPECT_EQ(ask(), "200");
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
                             suspended, revoked, expired, test::Given{agent.id, ""}}) {
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
