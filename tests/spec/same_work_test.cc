// A16: an assertion that names nobody, or somebody who cannot be tried, costs what a wrong signature costs.
#include <gtest/gtest.h>

#include "base/id.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "tests/kit/metric.h"
#include "tests/kit/world.h"

using namespace deputy;
using namespace deputy::test;

namespace {

double verified() { return metric("deputy_signatures_verified_total"); }

struct SameWork : testing::Test, World {
  std::string agent(std::string_view name, json::object more = {}) { return given_agent(name, std::move(more)).id; }
  json::object jwks(const crypto::PrivateKey& of, std::string_view kid) const {
    return {{"keys", json::array{jose::public_jwk(of.public_key(), std::string(kid), algorithm)}}};
  }
  void register_key(const std::string& client, const crypto::PrivateKey& of, std::string_view kid = "k") {
    given_credential(client, {{"type", "jwks"}, {"jwks", jwks(of, kid)}});
  }
  http::Response ask(const std::string& client) {
    const auto now = unix_seconds(clock.now());
    const json::object claims{{"iss", client}, {"sub", client},   {"aud", issuer},
                              {"iat", now},    {"exp", now + 60}, {"jti", make_id("j", clock.now(), random)}};
    return form("/oauth2/token",
                {{"grant_type", "client_credentials"},
                 {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                 {"client_assertion", jose::sign(key, algorithm, "k", "JWT", json::serialize(claims))}});
  }
  // How many signatures were verified before the client was refused.
  double work_for(const std::string& client) {
    const auto before = verified();
    EXPECT_EQ(error_of(ask(client)), "401 invalid_client");
    return verified() - before;
  }

  crypto::Algorithm algorithm = crypto::Algorithm::ES256;
  crypto::PrivateKey key = crypto::PrivateKey::generate(algorithm);
};

}  // namespace

TEST_F(SameWork, a16_one_verification_whoever_is_named) {
  const auto wrong = agent("whose key is another"), other_kid = agent("whose key has another name"),
             none = agent("with a secret alone"), away = agent("whose keys are away"),
             suspended = agent("suspended", {{"state", "suspended"}});
  register_key(wrong, crypto::PrivateKey::generate(algorithm));
  register_key(other_kid, key, "another");
  register_key(suspended, key);
  given_credential(away, {{"type", "jwks_uri"}, {"jwks_uri", "https://nowhere.example/jwks.json"}});
  EXPECT_EQ(work_for(wrong), 1);
  EXPECT_EQ(work_for("agt_01jd0000000000000000000000"), 1) << "unknown";
  EXPECT_EQ(work_for(other_kid), 1);
  EXPECT_EQ(work_for(none), 1);
  EXPECT_EQ(work_for(away), 1);
  EXPECT_EQ(work_for(suspended), 1);
}

TEST_F(SameWork, a16_by_the_algorithm_that_was_sent) {
  for (const auto one : {crypto::Algorithm::EdDSA, crypto::Algorithm::RS256, crypto::Algorithm::PS256}) {
    algorithm = one;
    key = crypto::PrivateKey::generate(one);
    EXPECT_EQ(work_for("agt_01jd0000000000000000000000"), 1) << crypto::name_of(one);
  }
  algorithm = crypto::Algorithm::RS256;
  const auto strict = agent("of a profile without RS256", {{"profile", "fapi2"}});
  register_key(strict, key);
  EXPECT_EQ(work_for(strict), 1);
}
