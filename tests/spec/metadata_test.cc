// RFC 8414 §2, OpenID Connect Discovery §3, RFC 9728 §2: each list of the metadata is held against what the server
// does. All that is listed works, and nothing else does.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "base/encoding.h"
#include "jose/jwt.h"
#include "tests/kit/openid.h"
#include "tests/kit/signer.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Names = std::vector<std::string>;

// Where a client authenticates itself: what it asks there, and what it is answered once it has.
struct Endpoint {
  std::string name;
  Pairs form;
  std::string known;
};

struct Metadata : testing::Test, Openid {
  json::object document = body_of(world.ask("GET", "/.well-known/openid-configuration"));
  std::map<crypto::Algorithm, Signer> signers;
  const std::vector<Endpoint> endpoints{
      {"token", {{"grant_type", "authorization_code"}, {"code", "dac_x"}, {"code_verifier", verifier}},
       "400 invalid_grant"},
      {"introspection", {{"token", "x"}}, "200"},
      {"revocation", {{"token", "x"}}, "200"}};

  Names list(const std::string& name) const { return texts_of(document, name); }
  std::string path_of(const Endpoint& endpoint) const {
    return text_at(document, endpoint.name + "_endpoint").substr(world.issuer.size());
  }
  // A registered key of the agent for this `alg`.
  const Signer& signer(const std::string& alg) {
    const auto algorithm = crypto::algorithm_named(alg);
    EXPECT_TRUE(algorithm) << alg;
    return signers.try_emplace(algorithm.value(), world, agent.id, algorithm.value()).first->second;
  }
  // Under that very name: EdDSA has two.
  std::string signed_by(const std::string& alg, const json::object& claims, std::string_view type) {
    const auto& by = signer(alg);
    const json::object header{{"alg", alg}, {"kid", by.kid}, {"typ", type}};
    return jose::sign_with_header(by.key, by.algorithm, json::serialize(header), json::serialize(claims));
  }
};

const Names every_algorithm{"ES256", "Ed25519", "EdDSA", "PS256", "RS256"};

}  // namespace

TEST_F(Metadata, rfc8725_s3_2_no_list_of_algorithms_has_none_or_a_secret) {
  int lists = 0;
  for (const auto& [name, value] : document) {
    if (!std::string_view(name).ends_with("_alg_values_supported")) continue;
    ++lists;
    for (const auto& one : list(name)) EXPECT_TRUE(one != "none" && !one.starts_with("HS")) << name << " " << one;
  }
  EXPECT_GE(lists, 7);
}

TEST_F(Metadata, rfc8414_s2_an_assertion_is_taken_by_each_algorithm_that_is_listed) {
  for (const auto& endpoint : endpoints) {
    const auto algorithms = list(endpoint.name + "_endpoint_auth_signing_alg_values_supported");
    EXPECT_EQ(algorithms, every_algorithm) << endpoint.name;
    for (const auto& alg : algorithms) {
      const auto assertion = signed_by(alg, signer(alg).claims(), "JWT");
      EXPECT_EQ(error_of(world.form(path_of(endpoint), Signer::with(endpoint.form, assertion))), endpoint.known)
          << endpoint.name << " " << alg;
    }
  }
}

TEST_F(Metadata, rfc8414_s2_a_client_authenticates_by_the_methods_that_are_listed_and_by_no_other) {
  using Ask = std::function<http::Response(const std::string&, Pairs)>;
  const std::map<std::string, Ask> methods{
      {"client_secret_basic",
       [&](const std::string& path, const Pairs& form) {
         return world.form(path, form, {{"Authorization", world.basic(agent)}});
       }},
      {"client_secret_post",
       [&](const std::string& path, Pairs form) {
         form.emplace_back("client_id", agent.id);
         form.emplace_back("client_secret", agent.secret);
         return world.form(path, form);
       }},
      {"private_key_jwt",
       [&](const std::string& path, Pairs form) {
         return world.form(path, signer("ES256").proven(std::move(form)));
       }},
      {"none", [&](const std::string& path, Pairs form) {
         form.emplace_back("client_id", app.id);
         return world.form(path, form);
       }}};
  for (const auto& endpoint : endpoints) {
    const auto listed = list(endpoint.name + "_endpoint_auth_methods_supported");
    for (const auto& name : listed) EXPECT_TRUE(methods.contains(name)) << endpoint.name << " " << name;
    for (const auto& [name, ask] : methods) {
      const bool is_listed = std::find(listed.begin(), listed.end(), name) != listed.end();
      EXPECT_EQ(error_of(ask(path_of(endpoint), endpoint.form)), is_listed ? endpoint.known : "401 invalid_client")
          << endpoint.name << " " << name;
    }
    const http::Headers wrong{{"Authorization", world.basic({agent.id, "dsk_wrong"})}};
    EXPECT_EQ(error_of(world.form(path_of(endpoint), endpoint.form, wrong)), "401 invalid_client") << endpoint.name;
  }
}

TEST_F(Metadata, rfc9101_s10_5_a_request_is_signed_by_each_algorithm_that_is_listed) {
  EXPECT_EQ(list("request_object_signing_alg_values_supported"), every_algorithm);
  for (const auto& alg : list("request_object_signing_alg_values_supported")) {
    const auto request = signed_by(alg, claims_of(signed_request(agent)), "oauth-authz-req+jwt");
    EXPECT_EQ(error_of(push(agent, {{"request", request}, {"client_id", agent.id}})), "201") << alg;
  }
}

TEST_F(Metadata, discovery_s3_a_client_has_its_id_tokens_signed_by_each_algorithm_that_is_listed_and_by_no_other) {
  sign_in();
  disclose(agent, "openid profile");
  const auto registered = [&](const std::string& alg) {
    return world.admin_call("PATCH", "/v1/agents/" + agent.id, {{"id_token_signed_response_alg", alg}}).status;
  };
  const auto listed = list("id_token_signing_alg_values_supported");
  EXPECT_EQ(listed, (Names{"RS256", "ES256", "EdDSA"}));
  for (const auto& alg : listed) {
    EXPECT_EQ(registered(alg), 200) << alg;
    EXPECT_EQ(text_at(header_of(at(tokens(), "id_token")), "alg"), alg);
  }
  for (const auto* alg : {"PS256", "Ed25519", "ES384", "HS256", "none"}) EXPECT_EQ(registered(alg), 400) << alg;
}

TEST_F(Metadata, rfc9701_s7_introspection_is_signed_by_the_algorithm_that_is_listed) {
  const auto answer = world.introspect(invoices_api, "x", {{"Accept", "application/token-introspection+jwt"}});
  EXPECT_EQ(list("introspection_signing_alg_values_supported"), Names{text_at(header_of(answer.body), "alg")});
}

TEST_F(Metadata, discovery_s3_an_answer_travels_by_the_response_modes_that_are_listed_and_by_no_other) {
  sign_in();
  consent(agent);
  EXPECT_EQ(list("response_modes_supported"), (Names{"query", "form_post"}));
  EXPECT_FALSE(redirected(authorize(agent, {{"response_mode", "query"}}))["code"].empty());
  EXPECT_NE(value_of(authorize(agent, {{"response_mode", "form_post"}}), "code"), "");
  for (const auto* mode : {"fragment", "jwt", "query.jwt", "form_post.jwt", "web_message"})
    EXPECT_EQ(outcome_of(authorize(agent, {{"response_mode", mode}})), "invalid_request") << mode;
}

TEST_F(Metadata, discovery_s3_the_scopes_that_are_listed_are_given) {
  EXPECT_EQ(list("scopes_supported"), (Names{"openid", "profile", "email", "offline_access"}));
  std::string all;
  for (const auto& one : list("scopes_supported")) all += (all.empty() ? "" : " ") + one;
  sign_in();
  disclose(agent, all);
  EXPECT_EQ(at(tokens({{"scope", all}}), "scope"), "email offline_access openid profile");
}

TEST_F(Metadata, discovery_s3_what_is_claimed_of_requests_and_logouts_is_so) {
  for (const auto* name : {"request_parameter_supported", "claims_parameter_supported", "backchannel_logout_supported",
                           "backchannel_logout_session_supported", "authorization_response_iss_parameter_supported"})
    EXPECT_EQ(document.at(name), json::value(true)) << name;
  for (const auto* name : {"request_uri_parameter_supported", "require_pushed_authorization_requests"})
    EXPECT_EQ(document.at(name), json::value(false)) << name;
  EXPECT_EQ(list("subject_types_supported"), Names{"public"});
  sign_in();
  consent(agent);
  const auto by = [&](const std::string& parameter, const std::string& value) {
    return outcome_of(browse("/oauth2/authorize?client_id=" + agent.id + "&" + parameter + "=" + value));
  };
  EXPECT_EQ(by("request", signed_request(agent)), "code");
  EXPECT_EQ(by("request_uri", percent_encode("https://agent.example/request")), "request_uri_not_supported");
}

TEST_F(Metadata, rfc9728_s4_the_protected_resource_is_this_servers_api) {
  EXPECT_EQ(list("protected_resources"), Names{world.issuer + "/v1"});
  const auto resource = body_of(world.ask("GET", "/.well-known/oauth-protected-resource/v1"));
  EXPECT_EQ(text_at(resource, "resource"), world.issuer + "/v1");
  EXPECT_EQ(texts_of(resource, "bearer_methods_supported"), Names{"header"});
  EXPECT_EQ(texts_of(resource, "dpop_signing_alg_values_supported"), list("dpop_signing_alg_values_supported"));
  const auto token = world.access_token(world.admin, world.issuer + "/v1");
  EXPECT_EQ(world.ask("GET", "/v1/agents?access_token=" + token).status, 401) << "by the header alone";
  EXPECT_EQ(world.ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + token}}).status, 200);
}

// Metadata documents as client ids (A29 of SECURITY.md) are not spoken: whoever names one is nobody.
TEST_F(Metadata, s3_a_url_is_no_client_id_and_nothing_is_fetched_from_it) {
  const Given client{"https://client.example/metadata", ""};
  const std::string uri = "https://client.example/cb", jwks_uri = "https://client.example/jwks";
  const auto own = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  const auto kid = jose::thumbprint(own.public_key().parts());
  const json::array keys{jose::public_jwk(own.public_key(), kid, crypto::Algorithm::ES256)};
  world.documents[jwks_uri] = json::serialize(json::object{{"keys", keys}});
  world.documents[client.id] =
      json::serialize(json::object{{"client_id", client.id}, {"client_name", "Client"}, {"jwks_uri", jwks_uri},
                                   {"token_endpoint_auth_method", "private_key_jwt"}, {"keys", keys},
                                   {"redirect_uris", json::array{uri}}, {"response_types", json::array{"code"}}});
  sign_in();
  const auto page = authorize(client, {{"redirect_uri", uri}});
  EXPECT_EQ(page.status, 400);
  EXPECT_EQ(location_of(page), "");
  EXPECT_NE(page.body.find("not one that may send people here"), std::string::npos) << page.body;

  const auto now = unix_seconds(world.clock.now());
  const auto proven = [&](Pairs form, const std::string& jti) {
    const json::object claims{{"iss", client.id}, {"sub", client.id}, {"aud", world.issuer},
                              {"iat", now},       {"exp", now + 60},  {"jti", jti}};
    return Signer::with(std::move(form),
                        jose::sign(own, crypto::Algorithm::ES256, kid, "JWT", json::serialize(claims)));
  };
  const auto pushed = request(client, {{"redirect_uri", uri}});
  EXPECT_EQ(error_of(push(client, pushed)), "401 invalid_client");
  EXPECT_EQ(error_of(push(client, proven(pushed, "a"))), "401 invalid_client");
  const auto& redemption = endpoints.front().form;
  EXPECT_EQ(error_of(token_request(client, redemption)), "401 invalid_client");
  EXPECT_EQ(error_of(token_request(client, proven(redemption, "b"))), "401 invalid_client");

  auto& fetched = world.app().key_sets;
  ASSERT_TRUE(fetched.wait_idle());
  for (const auto& one : {client.id, jwks_uri}) EXPECT_EQ(fetched.find(one), nullptr) << one;
  ASSERT_TRUE(fetched.wait_idle());
  for (const auto& one : {client.id, jwks_uri}) EXPECT_NE(fetched.find(one), nullptr) << "it could have been";
  world.deliver_logouts();
  EXPECT_TRUE(world.posted.empty());
}
