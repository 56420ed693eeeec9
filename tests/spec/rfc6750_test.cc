// RFC 6750 §3.1 at /v1 and at userinfo: what is answered to a request with no token, half a token or too many.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr std::array<std::string_view, 2> paths{"/v1/agents", "/oauth2/userinfo"};

struct Rfc6750 : testing::Test, Openid {
  // One that opens the path.
  std::string token_for(std::string_view path) {
    if (path == "/v1/agents") return world.access_token(world.admin, world.issuer + "/v1");
    sign_in();
    disclose(agent, "openid");
    return at(tokens({{"scope", "openid"}}), "access_token");
  }
  http::Response with(std::string_view path, const std::vector<std::string>& authorizations) {
    http::Headers headers;
    for (const auto& value : authorizations) headers.emplace_back("Authorization", value);
    return world.ask("GET", path, "", std::move(headers));
  }
  // "400 invalid_request", whichever kind of body the path speaks.
  static std::string answer(std::string_view path, const http::Response& response) {
    return path == "/v1/agents" ? problem_of(response) : error_of(response);
  }
};

std::string challenge_of(const http::Response& response) { return all_headers(response, "WWW-Authenticate"); }

}  // namespace

TEST_F(Rfc6750, s3_1_a_request_that_is_malformed_is_invalid_request_and_the_challenge_says_so) {
  for (const auto path : paths) {
    const auto good = token_for(path);
    ASSERT_EQ(with(path, {"Bearer " + good}).status, 200) << path;
    const std::vector<std::string> malformed[]{
        {"Bearer"},
        {"Bearer "},
        {"bearer"},
        {"Bearer " + good + " x"},
        {"Bearer \"" + good + "\""},
        {"DPoP"},
        {"DPoP " + good + " x"},
        {"Bearer " + good, "Bearer " + good},
        {"Bearer " + good, "Basic " + good},
        {"DPoP " + good, "Bearer " + good},
    };
    for (const auto& sent : malformed) {
      const auto response = with(path, sent);
      EXPECT_EQ(answer(path, response), "400 invalid_request") << path << " " << sent.back();
      const auto challenge = challenge_of(response);
      const auto error = challenge.find("error=\"invalid_request\"");
      EXPECT_NE(error, std::string::npos) << path << " " << sent.back() << ": " << challenge;
      EXPECT_EQ(challenge.find("error=", error + 1), std::string::npos) << "once: " << challenge;
      EXPECT_EQ(response.body.find(good), std::string::npos) << path;
      EXPECT_EQ(challenge.find(good), std::string::npos) << path;
    }
  }
}

TEST_F(Rfc6750, s3_1_another_scheme_is_no_authentication_and_no_challenge_names_an_error) {
  for (const auto path : paths) {
    const auto good = token_for(path);
    const auto bare = with(path, {});
    ASSERT_EQ(answer(path, bare), "401 invalid_token") << path;
    ASSERT_TRUE(challenge_of(bare).starts_with("Bearer")) << path << " " << challenge_of(bare);
    EXPECT_EQ(challenge_of(bare).find("error="), std::string::npos) << path << " " << challenge_of(bare);
    for (const auto& sent : {"Basic " + good, std::string("Basic"), std::string("Digest a=b"), "Bearers " + good,
                             good, std::string()}) {
      const auto response = with(path, {sent});
      EXPECT_EQ(answer(path, response), "401 invalid_token") << path << " " << sent;
      EXPECT_EQ(response.headers, bare.headers) << path << " " << sent;
    }
  }
}

TEST_F(Rfc6750, s3_1_the_error_stands_in_the_challenge_of_the_scheme_that_was_used) {
  for (const auto path : paths) {
    const auto half = challenge_of(with(path, {"DPoP"}));
    EXPECT_TRUE(half.starts_with("DPoP")) << half;
    EXPECT_LT(half.find("error="), half.find("Bearer")) << half;
    const auto other_half = challenge_of(with(path, {"Bearer"}));
    EXPECT_TRUE(other_half.starts_with("Bearer")) << other_half;
    EXPECT_LT(other_half.find("error="), other_half.find("DPoP")) << other_half;
  }
}

TEST_F(Rfc6750, s3_1_who_is_let_in_and_asks_for_nonsense_is_given_no_challenge) {
  const auto path = paths[0];
  const auto response = with("/v1/agents?limit=x", {"Bearer " + token_for(path)});
  EXPECT_EQ(answer(path, response), "400 invalid_request");
  EXPECT_EQ(challenge_of(response), "");
}
