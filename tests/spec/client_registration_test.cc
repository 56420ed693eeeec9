// What agents and applications are registered with as clients (RFC 7591 §2), through /v1.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Registration : testing::Test, Administration {
  http::Response change(const Given& by, const std::string& agent, const json::object& patch) {
    return call(token_of(by), "PATCH", "/v1/agents/" + agent, patch);
  }
};

}  // namespace

TEST_F(Registration, a1_redirect_uris_are_held_to_their_form) {
  const auto owner = user("bob");
  const auto agent = agent_of(owner.id);
  EXPECT_EQ(
      change(owner, agent, {{"redirect_uris", json::array{"https://a.example/cb", "http://127.0.0.1/cb"}}}).status,
      200);
  for (const auto* bad :
       {"http://a.example/cb", "https://a.example/../cb", "javascript:alert(1)", "https://a.example/#x"})
    EXPECT_EQ(problem_of(change(owner, agent, {{"redirect_uris", json::array{bad}}})), "400 invalid_field") << bad;
  for (const auto* field : {"redirect_uris", "post_logout_redirect_uris"})
    for (const auto* other : {"https://a.example:443/cb", "https://A.example/cb", "HTTPS://a.example/cb",
                              "http://localhost:80/cb"}) {
      const auto answer = change(owner, agent, {{field, json::array{other}}});
      EXPECT_EQ(problem_of(answer), "400 invalid_field") << other;
      EXPECT_NE(answer.body.find("lower case, without the scheme's own port"), std::string::npos) << answer.body;
    }
}

TEST_F(Registration, rfc6749_s3_1_a_redirect_uri_does_not_bring_what_the_answer_adds) {
  const auto owner = user("bob");
  const auto agent = agent_of(owner.id);
  const auto set = [&](std::string_view field, std::string uri) {
    return problem_of(change(owner, agent, {{field, json::array{json::string(uri)}}}));
  };
  for (const std::string name : {"state", "code", "iss", "error", "error_description"}) {
    EXPECT_EQ(set("redirect_uris", "https://a.example/cb?x=1&" + name + "=y"), "400 invalid_field") << name;
    EXPECT_EQ(set("redirect_uris", "https://a.example/cb?my_" + name + "=y"), "200") << name;
  }
  EXPECT_EQ(set("post_logout_redirect_uris", "https://a.example/bye?state=y"), "400 invalid_field");
  EXPECT_EQ(set("post_logout_redirect_uris", "https://a.example/bye?code=y"), "200") << "a logout adds no code";
  // As it may have been stored before.
  this->World::change(store::Kind::agent, agent, {{"redirect_uris", json::array{"https://a.example/cb?state=y"}}});
  EXPECT_EQ(problem_of(change(owner, agent, {{"name", "Renamed"}})), "200");
}

TEST_F(Registration, a37_who_owns_an_agent_does_not_vouch_for_it) {
  const auto owner = user("bob");
  const auto agent = agent_of(owner.id);
  EXPECT_EQ(problem_of(change(owner, agent, {{"verified", true}})), "403 exceeds_authority");
  EXPECT_EQ(change(admin, agent, {{"verified", true}}).status, 200);
  const auto unseen = body_of(change(owner, agent, {{"default_scope", "read"}}));
  EXPECT_EQ(json_boolean(unseen, "verified"), true) << "nothing that a person sees";
  const auto renamed = body_of(change(owner, agent, {{"name", "Renamed"}}));
  EXPECT_EQ(json_boolean(renamed, "verified"), false) << "what was vouched for had another name";
}

TEST_F(Registration, fapi2_is_not_for_who_can_prove_nothing) {
  const auto application = create_id("applications", {{"name", "App"}, {"public", true}});
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/applications/" + application, {{"profile", "fapi2"}})),
            "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/applications",
                            {{"name", "B"}, {"public", true}, {"profile", "fapi2"}})),
            "400 invalid_field");
}

TEST_F(Registration, fapi2_has_no_rs256) {
  const auto path = "/v1/applications/" + create_id("applications", {{"name", "App"}});
  const auto changed = body_of(call(admin_token(), "PATCH", path, {{"profile", "fapi2"}}));
  EXPECT_EQ(json_text(changed, "id_token_signed_response_alg"), "ES256");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"id_token_signed_response_alg", "RS256"}})),
            "400 invalid_field");
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", path, {{"id_token_signed_response_alg", "EdDSA"}})), "200");
  const auto left_out = call(admin_token(), "PATCH", path, {{"id_token_signed_response_alg", nullptr}});
  EXPECT_EQ(json_text(body_of(left_out), "id_token_signed_response_alg"), "ES256");
  const auto made = body_of(call(admin_token(), "POST", "/v1/applications", {{"name", "B"}, {"profile", "fapi2"}}));
  EXPECT_EQ(json_text(made, "id_token_signed_response_alg"), "ES256");
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/applications",
                            {{"name", "C"}, {"profile", "fapi2"}, {"id_token_signed_response_alg", "RS256"}})),
            "400 invalid_field");
}

TEST_F(Registration, a4_who_can_prove_its_codes_only_by_pkce_is_not_excused_from_it) {
  const auto refused = [&](const http::Response& response) {
    EXPECT_EQ(problem_of(response), "400 invalid_field") << response.body;
    EXPECT_EQ(text_at(body_of(response), "field"), "pkce_required");
    EXPECT_NE(text_at(body_of(response), "detail").find("make `pkce_required` true"), std::string::npos);
  };
  const auto made = [&](json::object more) {
    more["name"] = "B";
    more["pkce_required"] = false;
    return call(admin_token(), "POST", "/v1/applications", more);
  };
  refused(made({{"public", true}}));
  refused(made({{"profile", "fapi2"}}));
  EXPECT_EQ(problem_of(made({})), "201");

  const auto path = "/v1/applications/" + create_id("applications", {{"name", "App"}});
  const auto changed = [&](const json::object& patch) { return call(admin_token(), "PATCH", path, patch); };
  const auto says = [&] { return json_boolean(body_of(call(admin_token(), "GET", path)), "pkce_required"); };
  EXPECT_EQ(says(), true) << "unless it is said";
  EXPECT_EQ(problem_of(changed({{"pkce_required", false}})), "200");
  for (const auto& patch : {json::object{{"public", true}}, json::object{{"profile", "fapi2"}}}) {
    refused(changed(patch));
    EXPECT_EQ(says(), false) << "nothing was changed";
    auto both = patch;
    both["pkce_required"] = nullptr;
    EXPECT_EQ(problem_of(changed(both)), "200");
    EXPECT_EQ(says(), true);
    refused(changed({{"pkce_required", false}}));
    EXPECT_EQ(problem_of(changed({{"public", false}, {"profile", "plain"}, {"pkce_required", false}})), "200");
  }
}

TEST_F(Registration, a4_no_agent_is_excused_from_pkce) {
  const auto owner = user("bob");
  const auto agent = agent_of(owner.id);
  for (const bool required : {false, true}) {
    EXPECT_EQ(problem_of(change(admin, agent, {{"pkce_required", required}})), "400 invalid_field");
    EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/agents",
                              {{"name", "B"}, {"owner", owner.id}, {"pkce_required", required}})),
              "400 invalid_field");
  }
}

TEST_F(Registration, an_excuse_from_pkce_is_an_event) {
  const auto id = create_id("applications", {{"name", "App"}});
  EXPECT_EQ(problem_of(call(admin_token(), "PATCH", "/v1/applications/" + id, {{"pkce_required", false}})), "200");
  const auto recorded = events("application.update");
  ASSERT_EQ(recorded.size(), 1u);
  const auto& event = recorded[0].as_object();
  EXPECT_EQ(text_at(event, "target"), id);
  EXPECT_EQ(text_at(event, "actor"), admin.id);
  EXPECT_EQ(event.at("changes"), json::value(json::object{{"before", json::object{{"pkce_required", true}}},
                                                          {"after", json::object{{"pkce_required", false}}}}));
}
