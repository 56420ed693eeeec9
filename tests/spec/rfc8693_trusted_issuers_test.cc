// Tokens of trusted issuers in an exchange: of which type, for whom, about whom, and by which keys.
#include <gtest/gtest.h>

#include "jose/jwt.h"
#include "tests/kit/family.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;

struct TrustedIssuers : testing::Test, Family {
  // Signed by this key under this header: a `typ` of null is left out.
  std::string signed_by(const crypto::PrivateKey& by, json::value type, json::object more = {}) const {
    json::object header{{"alg", "ES256"}, {"kid", jose::thumbprint(by.public_key().parts())}};
    if (!type.is_null()) header["typ"] = std::move(type);
    auto claims = claims_of(upstream(std::move(more)));
    return jose::sign_with_header(by, crypto::Algorithm::ES256, json::serialize(header), json::serialize(claims));
  }
  http::Response take(const Given& client, const std::string& token, std::string_view type = "jwt",
                      std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("subject_token_type", "urn:ietf:params:oauth:token-type:" + std::string(type));
    more.emplace_back("resource", invoices);
    return world.exchange(client, token, std::move(more));
  }
  std::string with(json::object claims) { return error_of(take(orchestrator, upstream(std::move(claims)))); }
  std::string why() {
    const auto reason = last_reason();
    return reason.substr(reason.find(": ") + 2);
  }
  static std::string key_set_of(const crypto::PrivateKey& one) {
    const auto kid = jose::thumbprint(one.public_key().parts());
    return json::serialize(
        json::object{{"keys", json::array{jose::public_jwk(one.public_key(), kid, crypto::Algorithm::ES256)}}});
  }
};

}  // namespace

// RFC 8693 §3; RFC 9068 §2.1: the `typ` of an access token, which no ID token has.
TEST_F(TrustedIssuers, a11_a22_a_token_is_exchanged_as_the_type_that_it_is) {
  const struct {
    json::value typ;
    const char *access_token, *id_token, *jwt;
  } rows[]{
      {"at+jwt", "200", "400 invalid_request", "200"},
      {"application/at+jwt", "200", "400 invalid_request", "200"},
      {"JWT", "400 invalid_request", "200", "200"},  // many issuers' access tokens, too
      {nullptr, "400 invalid_request", "200", "200"},
      {"logout+jwt", "400 invalid_request", "400 invalid_request", "400 invalid_request"},
      {"dpop+jwt", "400 invalid_request", "400 invalid_request", "400 invalid_request"},
  };
  for (const auto& row : rows) {
    const auto token = signed_by(key, row.typ);
    const auto as = [&](const char* type) { return error_of(take(orchestrator, token, type)); };
    EXPECT_EQ(as("access_token"), row.access_token) << row.typ;
    EXPECT_EQ(as("id_token"), row.id_token) << row.typ;
    EXPECT_EQ(as("jwt"), row.jwt) << row.typ;
  }
}
