// URLs that this server calls are judged where they are written: one that could never be called is refused with a
// sentence (A31).
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct FetchedUrls : testing::Test, Administration {
  // What creating one with this URL is answered: "201", or the sentence.
  std::string answered(const std::string& plural, json::object body, std::string_view field, std::string_view url) {
    body[field] = url;
    const auto response = call(admin_token(), "POST", "/v1/" + plural, body);
    if (response.status == 201) return "201";
    EXPECT_EQ(problem_of(response), "400 invalid_field") << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), field) << response.body;
    return text_at(body_of(response), "detail");
  }
  std::string application(std::string_view url) {
    return answered("applications", {{"name", "app " + std::to_string(++made)}}, "backchannel_logout_uri", url);
  }
  std::string issuer_by(std::string_view url) {
    const auto number = std::to_string(++made);
    return answered("trusted-issuers",
                    {{"issuer", "https://issuer" + number + ".example"}, {"permissions", json::array()}}, "jwks_uri",
                    url);
  }
  int made = 0;
};

constexpr const char* not_https = "Send an https:// URL.";
constexpr const char* not_public = "Send the URL of a public host: this address is for special use (RFC 6890).";

}  // namespace

TEST_F(FetchedUrls, a31_one_that_could_never_be_called_is_refused) {
  EXPECT_EQ(application("https://app.example/logout"), "201");
  EXPECT_EQ(application("http://127.0.0.1/logout"), not_https);
  for (const char* url : {"https://127.0.0.1/logout", "https://169.254.169.254/latest", "https://[::1]/",
                          "https://10.1.2.3/", "https://localhost/logout"})
    EXPECT_EQ(application(url), not_public) << url;
  for (const char* url : {"https://me@app.example/logout", "https://app.example/logout#now"})
    EXPECT_NE(application(url), "201") << url;
}

TEST_F(FetchedUrls, a31_of_trusted_issuers_and_credentials_too) {
  EXPECT_EQ(issuer_by("https://keys.example/set"), "201");
  EXPECT_EQ(issuer_by("urn:example:keys"),
            "jwks_uri must be a URL that can be fetched, without fragment or user info: https://….");
  EXPECT_EQ(issuer_by("http://idp.internal.example/jwks"), not_https);
  EXPECT_EQ(issuer_by("https://192.168.0.1/keys"), not_public);
  const auto app = given_application("one");
  const auto credentials = "applications/" + app.id + "/credentials";
  EXPECT_EQ(answered(credentials, {{"type", "jwks_uri"}}, "jwks_uri", "http://localhost/keys"), not_https);
  EXPECT_EQ(answered(credentials, {{"type", "jwks_uri"}}, "jwks_uri", "https://127.0.0.1/keys"), not_public);
}

TEST_F(FetchedUrls, what_the_settings_allow_is_taken) {
  set([](auto& live) { live.fetch.allow_special_addresses = live.fetch.allow_plain_http = true; });
  EXPECT_EQ(application("http://127.0.0.1:8080/logout"), "201");
  EXPECT_EQ(issuer_by("http://localhost:8080/keys"), "201");
  EXPECT_EQ(issuer_by("http://idp.internal.example/jwks"), "201");
  EXPECT_EQ(application("http://app.internal.example/logout"), "201");
  const auto credentials = "applications/" + given_application("one").id + "/credentials";
  EXPECT_EQ(answered(credentials, {{"type", "jwks_uri"}}, "jwks_uri", "http://10.0.0.7/keys"), "201");
}

TEST_F(FetchedUrls, what_was_written_under_other_settings_does_not_hold_up_a_change_of_something_else) {
  const auto app_id = given_application("one").id;
  change(store::Kind::application, app_id, {{"backchannel_logout_uri", "http://127.0.0.1/logout"}});
  const auto patch = [&](json::object body) {
    return problem_of(call(admin_token(), "PATCH", "/v1/applications/" + app_id, body));
  };
  EXPECT_EQ(patch({{"description", "as it was"}}), "200");
  EXPECT_EQ(patch({{"backchannel_logout_uri", "http://127.0.0.1/other"}}), "400 invalid_field");
}
