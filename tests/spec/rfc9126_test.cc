// RFC 9126: pushed authorization requests; and FAPI 2.0's demand for them.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "crypto/hash.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Pushed : testing::Test, Flow {
  std::string push_uri(const Given& client, Pairs change = {}) {
    const auto response = push(client, request(client, std::move(change)));
    EXPECT_EQ(response.status, 201) << response.body;
    return text_at(body_of(response), "request_uri");
  }
  http::Response use(const Given& client, const std::string& request_uri, const std::string& more = "") {
    return browse("/oauth2/authorize?client_id=" + client.id + "&request_uri=" + request_uri + more);
  }
  // Of one that waits at a page, after the person signed in.
  http::Response go_on(const http::Response& waits) {
    const auto location = location_of(waits);
    return browse("/oauth2/authorize/continue" + location.substr(location.find("?i=")));
  }
};

}  // namespace

TEST_F(Pushed, s2_2_a_push_gives_a_reference_for_a_while) {
  const auto response = push(agent, request(agent));
  ASSERT_EQ(response.status, 201) << response.body;
  EXPECT_TRUE(text_at(body_of(response), "request_uri").starts_with("urn:ietf:params:oauth:request_uri:"));
  EXPECT_EQ(json_integer(body_of(response), "expires_in"), 90) << "FAPI 2.0: less than 600 seconds";
}

TEST_F(Pushed, s4_the_browser_carries_the_reference_and_s7_3_only_once) {
  sign_in();
  consent(agent);
  const auto uri = push_uri(agent);
  EXPECT_EQ(outcome_of(use(agent, uri)), "code");
  EXPECT_EQ(use(agent, uri).status, 400);
}

TEST_F(Pushed, s4_what_is_sent_besides_the_reference_counts_for_nothing) {
  sign_in();
  consent(agent);
  const auto answer =
      redirected(use(agent, push_uri(agent), "&state=evil&scope=approve&redirect_uri=https://evil.example"));
  EXPECT_EQ(answer.at("state"), "af0ifjsldkj");
  EXPECT_EQ(text_at(body_of(redeem(agent, answer.at("code"))), "scope"), "read write");
}

TEST_F(Pushed, s2_1_the_largest_request_that_is_taken_is_carried_too) {
  sign_in();
  consent(agent);
  std::string body;
  const auto slashes = [](std::size_t count) { return std::string(count, '/'); };
  // Of these letters each is one when it is sent, and three where it is written anew.
  const Pairs longest{{"state", slashes(2000)}, {"nonce", slashes(500)}, {"ui_locales", slashes(500)},
                      {"claims", R"({"pad":")" + slashes(4000) + R"("})"}};
  for (const auto& [name, value] : request(agent, longest)) body += name + "=" + percent_encode(value) + "&";
  const auto pushed = world.ask("POST", "/oauth2/par", body,
                                {{"Authorization", world.basic(agent)},
                                 {"Content-Type", "application/x-www-form-urlencoded"}});
  ASSERT_EQ(pushed.status, 201) << pushed.body;
  EXPECT_EQ(outcome_of(use(agent, text_at(body_of(pushed), "request_uri"))), "code");
}

// Whoever names a public client has a request kept: of it what is read later, and no more.
TEST_F(Pushed, a42_of_a_push_nothing_is_kept_that_nothing_reads) {
  auto form = request(app);
  for (const auto* name : {"pad", "client_secret_of_mine", "code_verifier", "display"})
    form.emplace_back(name, std::string(10'000, 'x'));
  const auto pushed = push(app, form);
  ASSERT_EQ(pushed.status, 201) << pushed.body;
  const auto key = crypto::sha256_base64url(text_at(body_of(pushed), "request_uri"));
  const auto kept = world.store->kept(store::Use::request_uri, "default", key, world.clock.now());
  ASSERT_TRUE(kept && *kept);
  EXPECT_EQ((*kept)->body.find(std::string(30, 'x')), std::string::npos);
  EXPECT_LT((*kept)->body.size(), 2000u);
  EXPECT_NE((*kept)->body.find("code_challenge="), std::string::npos);
}

TEST_F(Pushed, s2_2_the_reference_is_its_own_clients) {
  sign_in();
  consent(agent);
  const auto uri = push_uri(agent);
  EXPECT_EQ(use(other, uri).status, 400);
  EXPECT_EQ(use(agent, "urn:ietf:params:oauth:request_uri:nothing").status, 400);
  EXPECT_EQ(outcome_of(use(agent, uri)), "code");
}

// OIDC Core §3.1.2.6. What the request is cannot be known, but who is to be told stands beside it.
TEST_F(Pushed, a31_a_request_uri_of_somebody_else_is_not_fetched_and_the_client_is_told) {
  sign_in();
  const auto told = authorize(agent, {{"request_uri", "https://agent.example/request"}, {"state", "s"}});
  EXPECT_EQ(outcome_of(told), "request_uri_not_supported");
  EXPECT_TRUE(location_of(told).starts_with(callback)) << location_of(told);
  EXPECT_EQ(redirected(told)["state"], "s");
  EXPECT_EQ(outcome_of(use(agent, "https://agent.example/request")), "request_uri_not_supported");
  // Where nothing says to whom, the person is told, and of no answer that they would have given before.
  const auto page = use(portal, "https://agent.example/request");
  EXPECT_EQ(page.status, 400);
  EXPECT_NE(page.body.find("no request_uri is fetched"), std::string::npos) << page.body;
  EXPECT_EQ(page.body.find("answered already"), std::string::npos) << page.body;
  const auto nobody = use({"agt_nobody", ""}, "https://agent.example/request");
  EXPECT_NE(nobody.body.find("not one that may send people here"), std::string::npos) << "a16: as without one";
}

TEST_F(Pushed, s2_2_the_reference_expires) {
  sign_in();
  consent(agent);
  const auto uri = push_uri(agent);
  world.clock.advance(Seconds(90));
  EXPECT_EQ(use(agent, uri).status, 400);
}

TEST_F(Pushed, s2_1_the_client_is_authenticated_as_at_the_token_endpoint) {
  EXPECT_EQ(error_of(push({agent.id, "wrong"}, request(agent))), "401 invalid_client");
  EXPECT_EQ(error_of(world.form("/oauth2/par", request(agent))), "401 invalid_client");
  EXPECT_EQ(error_of(push(agent, request(other))), "400 invalid_request") << "client_id is the authenticated one";
  EXPECT_EQ(push(app, request(app)).status, 201) << "a public client has no more to show";
}

TEST_F(Pushed, s2_1_no_request_uri_is_pushed) {
  auto form = request(agent);
  form.emplace_back("request_uri", "urn:ietf:params:oauth:request_uri:x");
  EXPECT_EQ(error_of(push(agent, form)), "400 invalid_request");
}

TEST_F(Pushed, s2_3_what_would_be_refused_later_is_refused_now) {
  EXPECT_EQ(error_of(push(agent, request(agent, {{"redirect_uri", "https://evil.example"}}))), "400 invalid_request");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"code_challenge_method", "plain"}}))), "400 invalid_request");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"scope", "fly"}}))), "400 invalid_scope");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"code_challenge", ""}}))), "400 invalid_request");
  for (const auto* type : {"token", "code id_token"})
    EXPECT_EQ(error_of(push(agent, request(agent, {{"response_type", type}}))), "400 unsupported_response_type");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"response_mode", "fragment"}}))), "400 invalid_request");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"state", std::string(2001, 's')}}))), "400 invalid_request");
}

TEST_F(Pushed, s2_3_a_hint_that_names_nobody_is_refused_now) {
  sign_in();
  disclose(agent, "openid");
  const auto tokens = redeem(agent, code(agent, {{"scope", "openid"}, {"resource", ""}}));
  const auto hint = text_at(body_of(tokens), "id_token");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"id_token_hint", hint}}))), "201");
  EXPECT_EQ(error_of(push(agent, request(agent, {{"id_token_hint", "no.id.token"}}))), "400 invalid_request");
  const Pairs anothers{{"id_token_hint", hint}, {"redirect_uri", "https://other.example/cb"}};
  EXPECT_EQ(error_of(push(other, request(other, anothers))), "400 invalid_request");
  const auto* another = R"({"id_token":{"sub":{"value":"usr_another"}}})";
  EXPECT_EQ(error_of(push(agent, request(agent, {{"id_token_hint", hint}, {"claims", another}}))),
            "400 invalid_request");
}

TEST_F(Pushed, s2_3_a_sign_in_that_nothing_makes_is_refused_now) {
  const auto pushed = [&](const Pairs& change) { return error_of(push(agent, request(agent, change))); };
  EXPECT_EQ(pushed({{"acr_values", "urn:example:unheard-of"}}), "400 unmet_authentication_requirements");
  EXPECT_EQ(pushed({{"claims", R"({"id_token":{"acr":{"essential":true,"value":"urn:example:unheard-of"}}})"}}),
            "400 unmet_authentication_requirements");
  EXPECT_EQ(pushed({{"acr_values", "urn:example:unheard-of phr"}}), "201");
  world.change(directory::Kind::tenant, "default", {{"sign_in_passkey", false}});
  EXPECT_EQ(pushed({{"acr_values", "phr"}}), "201") << "somebody may have signed in so before";
}

TEST_F(Pushed, s5_a_client_may_be_held_to_pushing) {
  world.change(directory::Kind::agent, agent.id, {{"pushed_requests_required", true}});
  sign_in();
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent)), "invalid_request");
  EXPECT_EQ(outcome_of(use(agent, push_uri(agent))), "code");
}

TEST_F(Pushed, s5_a_server_may_hold_every_client_to_pushing) {
  sign_in();
  consent(agent);
  const auto required = [&] {
    const auto document = body_of(world.ask("GET", "/.well-known/oauth-authorization-server"));
    return json_boolean(document, "require_pushed_authorization_requests").value_or(false);
  };
  EXPECT_FALSE(required());
  EXPECT_EQ(outcome_of(authorize(agent)), "code");
  world.set([](auto& live) { live.pushed_requests_required = true; });
  EXPECT_TRUE(required());
  EXPECT_EQ(outcome_of(authorize(agent)), "invalid_request");
  EXPECT_EQ(outcome_of(use(agent, push_uri(agent))), "code");
}

// A28: what was tightened since counts for what waits, at its continuation and at the page.
TEST_F(Pushed, a28_s5_s6_what_waits_is_held_to_how_requests_must_come_now) {
  const auto refused_when = [&](const std::string& what, json::value now, json::value then) {
    sign_out();
    const auto waits = authorize(agent), by_push = use(agent, push_uri(agent));
    ASSERT_EQ(outcome_of(waits), "/sign-in");
    sign_in();
    const auto asked = authorize(agent);
    ASSERT_EQ(outcome_of(asked), "/consent");
    const auto fields = all_allowed(browse(location_of(asked)).body);
    world.change(directory::Kind::agent, agent.id, {{what, std::move(now)}});
    EXPECT_EQ(outcome_of(go_on(waits)), "invalid_request") << what;
    const auto answer = world.form(location_of(asked), fields, {{"Cookie", cookie}});
    EXPECT_EQ(outcome_of(answer), "/oauth2/authorize/continue") << what;
    EXPECT_EQ(outcome_of(browse(location_of(answer))), "invalid_request") << what;
    const bool to_sign = what == "signed_requests_required";
    EXPECT_EQ(outcome_of(go_on(by_push)), to_sign ? "invalid_request" : "/consent") << what;
    world.change(directory::Kind::agent, agent.id, {{what, std::move(then)}});
  };
  refused_when("pushed_requests_required", true, false);
  refused_when("signed_requests_required", true, false);
  refused_when("profile", "fapi2", "plain");
  sign_out();
  const auto waits = authorize(agent);
  sign_in();
  world.set([](auto& live) { live.pushed_requests_required = true; });
  EXPECT_EQ(outcome_of(go_on(waits)), "invalid_request") << "by the server's own settings";
}

// RFC 9126 §4: the page may be opened again, and a preview of a link may have opened it before the person did.
TEST_F(Pushed, s4_a_pushed_request_may_be_visited_again_until_it_is_answered) {
  const auto uri = push_uri(agent);
  const auto first = use(agent, uri), second = use(agent, uri);
  EXPECT_EQ(outcome_of(first), "/sign-in");
  EXPECT_EQ(outcome_of(second), "/sign-in");
  sign_in();
  EXPECT_EQ(outcome_of(use(agent, uri)), "/consent") << "and a visit by somebody who has signed in";
  consent(agent);
  EXPECT_EQ(outcome_of(go_on(second)), "code");
  EXPECT_EQ(use(agent, uri).status, 400) << "one answer, whichever visit it came by";
  const auto late = go_on(first);
  EXPECT_EQ(late.status, 400);
  EXPECT_NE(late.body.find("This was answered already"), std::string::npos);
}

TEST_F(Pushed, s7_3_a_refusal_is_the_one_answer_too) {
  const auto uri = push_uri(agent, {{"prompt", "none"}});
  EXPECT_EQ(outcome_of(use(agent, uri)), "login_required");
  EXPECT_EQ(use(agent, uri).status, 400);
}

TEST_F(Pushed, s7_3_of_two_visits_that_wait_one_is_answered) {
  sign_in();
  const auto uri = push_uri(agent);
  const auto first = use(agent, uri), second = use(agent, uri);
  const auto fields = all_allowed(browse(location_of(second)).body);
  EXPECT_EQ(outcome_of(allow(first)), "code");
  const auto given = world.events("consent.give").size();
  ASSERT_EQ(given, 1u);
  const auto late = world.form(location_of(second), fields, {{"Cookie", cookie}});
  EXPECT_EQ(late.status, 400);
  EXPECT_NE(late.body.find("This was answered already"), std::string::npos);
  EXPECT_EQ(world.events("consent.give").size(), given) << "and no consent comes of the other";
}

TEST_F(Pushed, fapi2_asks_for_pushed_requests_and_for_keys_instead_of_secrets) {
  world.change(directory::Kind::agent, agent.id, {{"profile", "fapi2"}});
  sign_in();
  consent(agent);
  EXPECT_EQ(outcome_of(authorize(agent)), "invalid_request");
  EXPECT_EQ(error_of(push(agent, request(agent))), "401 invalid_client") << "a secret is not of the profile";
}

TEST_F(Pushed, a18_a_proof_pushes_once_and_the_refusal_says_that_it_was_the_proof) {
  const KeyHolder holder(world);
  const http::Headers headers{{"Authorization", world.basic(agent)}, {"DPoP", holder.proof("POST", "/oauth2/par")}};
  EXPECT_EQ(world.form("/oauth2/par", request(agent), headers).status, 201);
  EXPECT_EQ(error_of(world.form("/oauth2/par", request(agent), headers)), "400 invalid_dpop_proof");
}

TEST_F(Pushed, a18_a_proof_is_spent_by_a_push_that_is_refused) {
  const KeyHolder holder(world);
  const http::Headers headers{{"Authorization", world.basic(agent)}, {"DPoP", holder.proof("POST", "/oauth2/par")}};
  EXPECT_EQ(error_of(world.form("/oauth2/par", request(agent, {{"scope", "fly"}}), headers)), "400 invalid_scope");
  const auto replayed = world.form("/oauth2/par", request(agent), headers);
  EXPECT_EQ(error_of(replayed), "400 invalid_dpop_proof");
  EXPECT_FALSE(header_at(replayed, "DPoP-Nonce").empty());
}

TEST_F(Pushed, a16_who_may_not_send_people_here_looks_like_nobody_to_a_stranger_and_not_to_the_audit) {
  const auto service = world.given_agent("service");
  const auto stopped = world.given_agent("stopped", {{"redirect_uris", json::array{callback}}});
  ASSERT_EQ(world.admin_call("POST", "/v1/agents/" + stopped.id + "/suspend").status, 200);
  for (const auto& [client, why] :
       {std::pair<std::string, std::string>("agt_nobody", "unknown client"), {world.admin.id, "unknown client"},
        {service.id, "no redirect URI"}, {stopped.id, "client not active"}, {"", "client_id is missing"}}) {
    const auto named = client.empty() ? "" : "&client_id=" + client;
    for (const auto* more : {"", "&request=x", "&request_uri=urn:ietf:params:oauth:request_uri:x",
                             "&request=x&request_uri=x", "&redirect_uri=https://x.example/"}) {
      world.clock.advance(Seconds(60));  // each refusal is an event of its own
      const auto page = browse("/oauth2/authorize?response_type=code" + named + more).body;
      EXPECT_NE(page.find("client_id is missing, or not one that may send people here"), std::string::npos) << page;
      if (!client.empty()) EXPECT_EQ(page.find(client), std::string::npos) << "what was sent is not echoed";
      EXPECT_EQ(text_at(world.events("authorization.request").back().as_object(), "reason"), "invalid_request: " + why);
    }
  }
  EXPECT_NE(push(service, request(service)).body.find("no redirect URI registered"), std::string::npos)
      << "who has proven who it is may know";
}
