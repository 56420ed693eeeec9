// Trusted issuers: the keys that they sign with are keys.
#include <gtest/gtest.h>

#include "crypto/key.h"
#include "jose/jwk.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct IssuersKeys : testing::Test, Administration {
  static json::object set_of(std::vector<json::object> keys) {
    json::array list;
    for (auto& key : keys) list.push_back(std::move(key));
    return {{"keys", std::move(list)}};
  }
  static json::object jwk(std::string_view kid) {
    const auto key = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
    return jose::public_jwk(key.public_key(), std::string(kid), crypto::Algorithm::ES256);
  }
  static json::object jwk_with(std::string_view member, std::string_view value) {
    auto one = jwk("a");
    one[member] = value;
    return one;
  }
  http::Response post(const json::object& jwks) {
    return call(admin_token(), "POST", "/v1/trusted-issuers",
                {{"issuer", "https://issuer" + std::to_string(++made) + ".example"},
                 {"permissions", json::array()},
                 {"jwks", jwks}});
  }
  // Sets of which nothing could be verified, or by which it would be one of two keys.
  const std::vector<json::object> none{
      set_of({{}}),
      set_of({jwk("a"), jwk("a")}),
      set_of({jwk_with("use", "enc")}),
      set_of({jwk_with("x", "AAAA")}),
      set_of({{{"kty", "RSA"}, {"kid", "a"}, {"n", "AQAB"}, {"e", "AQAB"}}}),
  };
  int made = 0;
};

}  // namespace

TEST_F(IssuersKeys, a_set_that_can_verify_nothing_is_refused_as_a_credentials_is) {
  const auto credentials = "/v1/applications/" + given_application("one").id + "/credentials";
  for (const auto& set : none) {
    const auto refused = post(set);
    EXPECT_EQ(problem_of(refused), "400 invalid_field") << json::serialize(set);
    EXPECT_EQ(text_at(body_of(refused), "field"), "jwks");
    const auto credential = call(admin_token(), "POST", credentials, {{"type", "jwks"}, {"jwks", set}});
    EXPECT_EQ(text_at(body_of(refused), "detail"), text_at(body_of(credential), "detail"));
  }
  EXPECT_EQ(problem_of(post(set_of({jwk("a"), jwk("b")}))), "201");
}

TEST_F(IssuersKeys, a_set_is_no_larger_than_an_event_tells_of) {
  const auto credentials = "/v1/applications/" + given_application("one").id + "/credentials";
  const auto bare = json::serialize(set_of({jwk_with("note", "")})).size();
  for (const std::size_t bytes : {16 * 1024, 16 * 1024 + 1}) {
    const auto set = set_of({jwk_with("note", std::string(bytes - bare, 'n'))});
    const auto outcome = bytes == 16 * 1024 ? "201" : "400 invalid_field";
    EXPECT_EQ(problem_of(post(set)), outcome);
    EXPECT_EQ(problem_of(call(admin_token(), "POST", credentials, {{"type", "jwks"}, {"jwks", set}})), outcome);
  }
}

TEST_F(IssuersKeys, a_change_is_held_to_it_and_what_is_stored_holds_up_nothing_else) {
  const auto id = text_at(body_of(post(set_of({jwk("a")}))), "id");
  const auto patch = [&](const json::object& body) {
    return problem_of(call(admin_token(), "PATCH", "/v1/trusted-issuers/" + id, body));
  };
  for (const auto& set : none) EXPECT_EQ(patch({{"jwks", set}}), "400 invalid_field") << json::serialize(set);
  EXPECT_EQ(patch({{"jwks", set_of({jwk("b")})}}), "200");
  change(store::Kind::trusted_issuer, id, {{"jwks", none.front()}});  // as it may have been stored before
  EXPECT_EQ(patch({{"name", "Renamed"}}), "200");
}
