// OpenID Connect Core §5.3: userinfo: to whom, what, and when no more.
#include <gtest/gtest.h>

#include "flows/disclosure.h"
#include "oauth/dpop_nonce.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/late.h"
#include "tests/kit/openid.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Userinfo : testing::Test, Openid {
  // An access token of the agent that is bound to the holder's key.
  std::string bound_token(const KeyHolder& holder, Pairs asked = {}) {
    const auto redeemed = world.form("/oauth2/token",
                                     {{"grant_type", "authorization_code"},
                                      {"code", code(agent, std::move(asked))},
                                      {"code_verifier", verifier}},
                                     {{"Authorization", world.basic(agent)},
                                      {"DPoP", holder.proof("POST", "/oauth2/token")}});
    EXPECT_EQ(redeemed.status, 200) << redeemed.body;
    return at(redeemed, "access_token");
  }
  // The person takes back, at their account, what the page lists first under this name; of it this row.
  void take_back(const std::string& what, const std::string& row = "") {
    const auto page = browse("/account");
    const auto answer = world.form("/account/withdraw",
                                   {{"csrf", value_of(page, "csrf")}, {what, value_of(page, what)}, {"scope", row}},
                                   {{"Cookie", cookie}});
    EXPECT_EQ(done_at(answer), "/account?done=withdrawn") << answer.body;
  }
};

std::string challenge_of(const http::Response& response) { return all_headers(response, "WWW-Authenticate"); }

}  // namespace

TEST_F(Userinfo, s5_3_userinfo_says_what_the_scopes_allow) {
  sign_in();
  disclose(agent, "openid profile email");
  const auto response = tokens({{"scope", "openid profile"}});
  for (const auto* method : {"GET", "POST"}) {
    const auto info = userinfo(at(response, "access_token"), method);
    ASSERT_EQ(info.status, 200) << info.body;
    EXPECT_EQ(body_of(info), (json::object{{"sub", user}, {"name", "Alice A."}, {"preferred_username", "alice"}}));
  }
  const auto with_email = userinfo(at(tokens({{"scope", "openid email"}}), "access_token"));
  EXPECT_EQ(body_of(with_email), (json::object{{"sub", user}, {"email", "alice@example.com"}}));
}

TEST_F(Userinfo, s5_1_email_verified_stands_beside_the_address_as_the_record_says) {
  sign_in();
  disclose(agent, "openid profile email");
  const auto token = at(tokens({{"scope", "openid email"}}), "access_token");
  const auto without_email = at(tokens({{"scope", "openid profile"}}), "access_token");
  json::object expected{{"sub", user}, {"email", "alice@example.com"}};
  EXPECT_EQ(body_of(userinfo(token)), expected) << "nobody said";
  for (const bool said : {true, false}) {
    world.change(directory::Kind::user, user, {{"email_verified", said}});
    expected["email_verified"] = said;
    EXPECT_EQ(body_of(userinfo(token)), expected);
    EXPECT_FALSE(body_of(userinfo(without_email)).contains("email_verified"));
  }
}

TEST_F(Userinfo, what_was_told_is_recorded_without_its_values) {
  sign_in();
  disclose(agent, "openid profile email");
  const auto response = tokens({{"scope", "openid email"}});
  EXPECT_TRUE(world.events("userinfo.read").empty());
  ASSERT_EQ(userinfo(at(response, "access_token")).status, 200);
  const auto events = world.events("userinfo.read");
  ASSERT_EQ(events.size(), 1u);
  const auto& event = events[0].as_object();
  const auto claims = claims_of(at(response, "access_token"));
  EXPECT_EQ(text_at(event, "decision"), "granted");
  EXPECT_EQ(text_at(event, "client"), agent.id);
  EXPECT_EQ(text_at(event, "actor"), agent.id);
  EXPECT_EQ(text_at(event, "subject"), user);
  EXPECT_EQ(text_at(event, "scope_given"), "email openid");
  EXPECT_EQ(text_at(event, "jti"), text_at(claims, "jti"));
  EXPECT_EQ(event.at("delegations"), claims.at("dlg"));
  EXPECT_EQ(json::serialize(event).find("alice"), std::string::npos);
  EXPECT_NE(browse("/account/history").body.find("asked who you are and was told"), std::string::npos);
}

TEST_F(Userinfo, a18_a_proof_opens_userinfo_once) {
  sign_in();
  disclose(agent, "openid");
  const KeyHolder holder(world);
  const auto token = bound_token(holder, {{"scope", "openid"}, {"resource", ""}});
  EXPECT_EQ(userinfo(token).status, 401) << "a bound token is no bearer token";
  const http::Headers proven{{"Authorization", "DPoP " + token},
                             {"DPoP", holder.proof("GET", "/oauth2/userinfo", token)}};
  EXPECT_EQ(world.ask("GET", "/oauth2/userinfo", "", proven).status, 200);
  const auto replayed = world.ask("GET", "/oauth2/userinfo", "", proven);
  EXPECT_EQ(replayed.status, 401);
  EXPECT_NE(challenge_of(replayed).find("error=\"invalid_dpop_proof\""), std::string::npos)
      << challenge_of(replayed);
}

TEST_F(Userinfo, a18_a_proof_is_spent_by_a_refusal_too) {
  sign_in();
  consent(agent);
  const KeyHolder holder(world);
  const auto token = bound_token(holder);
  const http::Headers proven{{"Authorization", "DPoP " + token},
                             {"DPoP", holder.proof("GET", "/oauth2/userinfo", token)}};
  const auto error = [&](const char* name) {
    const auto response = world.ask("GET", "/oauth2/userinfo", "", proven);
    EXPECT_EQ(response.status, 401);
    EXPECT_NE(challenge_of(response).find(std::string("error=\"") + name + "\""), std::string::npos)
        << challenge_of(response);
  };
  error("invalid_token");  // of an API
  error("invalid_dpop_proof");
}

TEST_F(Userinfo, rfc9449_s9_a_nonce_is_demanded_by_401_and_a_fresh_one_comes_with_what_is_told) {
  sign_in();
  disclose(agent, "openid");
  const KeyHolder holder(world);
  const auto token = bound_token(holder, {{"scope", "openid"}, {"resource", ""}});
  const auto ask = [&](std::string_view nonce) {
    return world.ask("GET", "/oauth2/userinfo", "",
                     {{"Authorization", "DPoP " + token},
                      {"DPoP", holder.proof("GET", "/oauth2/userinfo", token, nonce)}});
  };
  world.set([](auto& live) { live.dpop_nonce_required = true; });
  const auto demanded = ask("");
  EXPECT_EQ(error_of(demanded), "401 use_dpop_nonce");
  const auto challenge = challenge_of(demanded);
  EXPECT_TRUE(challenge.starts_with("DPoP ")) << challenge;
  EXPECT_LT(challenge.find("error=\"use_dpop_nonce\""), challenge.find("Bearer")) << challenge;
  const auto first = header_at(demanded, "DPoP-Nonce");
  ASSERT_NE(first, "");
  EXPECT_EQ(ask(first).status, 200);
  world.clock.advance(oauth::DpopNonces::step);  // the first is still taken, and is no longer the one that is given
  const auto told = ask(first);
  ASSERT_EQ(told.status, 200) << told.body;
  const auto second = header_at(told, "DPoP-Nonce");
  EXPECT_NE(second, "");
  EXPECT_NE(second, first);
  world.clock.advance(oauth::DpopNonces::step);
  EXPECT_EQ(error_of(ask(first)), "401 use_dpop_nonce");
  EXPECT_EQ(ask(second).status, 200);
}

TEST_F(Userinfo, a19_userinfo_takes_tokens_that_are_for_it) {
  sign_in();
  consent(agent);
  disclose(agent, "openid");
  const auto response = redeem(agent, code(agent, {{"scope", "openid read"}}));
  ASSERT_EQ(response.status, 200) << response.body;
  const auto refused = userinfo(at(response, "access_token"));
  EXPECT_EQ(refused.status, 401) << "an API may not ask with the token it was sent";
  EXPECT_NE(challenge_of(refused).find("error=\"invalid_token\""), std::string::npos);
  const auto own = refresh(agent, at(response, "refresh_token"), {{"resource", world.issuer}});
  ASSERT_EQ(own.status, 200) << own.body;
  EXPECT_EQ(userinfo(at(own, "access_token")).status, 200);
}

TEST_F(Userinfo, rfc7009_a_token_given_up_leaves_those_that_come_after_it) {
  sign_in();
  disclose(agent, "openid profile");
  const auto given_up = at(tokens(), "access_token"), other = at(tokens(), "access_token");
  const auto revoked = world.form("/oauth2/revoke", {{"token", given_up}}, {{"Authorization", world.basic(agent)}});
  EXPECT_EQ(revoked.status, 200) << revoked.body;
  EXPECT_EQ(userinfo(given_up).status, 401);
  EXPECT_EQ(userinfo(other).status, 200) << "what the person agreed to be told goes on";
  EXPECT_EQ(userinfo(at(tokens(), "access_token")).status, 200);
}

TEST_F(Userinfo, a3_a_code_used_twice_ends_every_token_that_came_of_it) {
  sign_in();
  disclose(agent, "openid profile offline_access");
  const auto used = code(agent, {{"scope", "openid profile offline_access"}, {"resource", ""}});
  const auto first = redeem(agent, used);
  const auto second = refresh(agent, at(first, "refresh_token"));
  for (const auto* one : {&first, &second}) EXPECT_EQ(userinfo(at(*one, "access_token")).status, 200);
  EXPECT_EQ(error_of(redeem(agent, used)), "400 invalid_grant");
  for (const auto* one : {&first, &second}) EXPECT_EQ(userinfo(at(*one, "access_token")).status, 401);
  EXPECT_EQ(userinfo(at(tokens(), "access_token")).status, 200) << "another code is another grant";
}

TEST_F(Userinfo, rfc7009_s2_1_a_refresh_token_given_up_takes_its_access_tokens_with_it) {
  sign_in();
  disclose(agent, "openid profile offline_access");
  const auto first = tokens({{"scope", "openid profile offline_access"}});
  const auto second = refresh(agent, at(first, "refresh_token"));
  const auto revoked = world.form("/oauth2/revoke", {{"token", at(first, "refresh_token")}},
                                  {{"Authorization", world.basic(agent)}});
  EXPECT_EQ(revoked.status, 200) << revoked.body;
  for (const auto* one : {&first, &second}) EXPECT_EQ(userinfo(at(*one, "access_token")).status, 401);
}

TEST_F(Userinfo, rfc6750_s3_1_without_a_token_the_challenge_names_no_error) {
  const auto response = world.ask("GET", "/oauth2/userinfo");
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(challenge_of(response).find("error="), std::string::npos) << challenge_of(response);
  EXPECT_EQ(world.ask("GET", "/oauth2/userinfo?access_token=x").status, 401) << "a21: never in the query";
}

TEST_F(Userinfo, a21_rfc6750_s2_a_token_is_sent_in_one_way) {
  sign_in();
  disclose(agent, "openid profile");
  const auto token = at(tokens(), "access_token");
  const http::Headers bearer{{"Authorization", "Bearer " + token}};
  auto form = bearer, other = bearer;
  form.emplace_back("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  other.emplace_back("Content-Type", "application/json");
  for (const auto& response : {world.ask("GET", "/oauth2/userinfo?access_token=" + token, "", bearer),
                               world.ask("GET", "/oauth2/userinfo?a=b&access%5Ftoken", "", bearer),
                               world.ask("POST", "/oauth2/userinfo", "a=b&access_token=" + token, form)}) {
    EXPECT_EQ(error_of(response), "400 invalid_request");
    EXPECT_NE(challenge_of(response).find("error=\"invalid_request\""), std::string::npos) << challenge_of(response);
    EXPECT_EQ(response.body.find(token), std::string::npos);
  }
  EXPECT_EQ(world.ask("GET", "/oauth2/userinfo?a=access_token", "", bearer).status, 200);
  EXPECT_EQ(world.ask("POST", "/oauth2/userinfo", "a=access_token", form).status, 200);
  EXPECT_EQ(world.ask("POST", "/oauth2/userinfo", "access_token=" + token, other).status, 200) << "no form";
}

TEST_F(Userinfo, a21_rfc6750_s3_1_a_good_token_that_is_sent_elsewhere_is_none) {
  sign_in();
  disclose(agent, "openid");
  const auto token = at(tokens({{"scope", "openid"}}), "access_token");
  const http::Headers as_form{{"Content-Type", "application/x-www-form-urlencoded"}};
  for (const auto& response : {world.ask("GET", "/oauth2/userinfo?access_token=" + token),
                               world.ask("POST", "/oauth2/userinfo?access_token=" + token),
                               world.ask("POST", "/oauth2/userinfo", "access_token=" + token, as_form)}) {
    EXPECT_EQ(response.status, 401) << response.body;
    EXPECT_TRUE(challenge_of(response).starts_with("Bearer")) << challenge_of(response);
    EXPECT_EQ(challenge_of(response).find("error="), std::string::npos) << challenge_of(response);
    EXPECT_EQ(response.body.find(user), std::string::npos) << response.body;
  }
  EXPECT_EQ(userinfo(token).status, 200) << "it is good";
}

TEST_F(Userinfo, rfc6750_s3_1_a_token_for_the_issuer_without_openid_is_insufficient_scope) {
  const auto token = at(world.token(agent, {{"resource", world.issuer}}), "access_token");
  ASSERT_EQ(text_at(claims_of(token), "aud"), world.issuer);
  const auto refused = userinfo(token);
  EXPECT_EQ(error_of(refused), "403 insufficient_scope");
  const auto challenge = challenge_of(refused);
  EXPECT_TRUE(challenge.starts_with("Bearer ")) << challenge;
  const auto bearer = challenge.substr(0, challenge.find("DPoP"));
  EXPECT_NE(bearer.find("error=\"insufficient_scope\""), std::string::npos) << challenge;
  EXPECT_NE(bearer.find("scope=\"openid\""), std::string::npos) << challenge;
}

TEST_F(Userinfo, a28_userinfo_knows_who_is_not_active_any_more) {
  sign_in();
  disclose(agent, "openid profile");
  const auto token = at(tokens(), "access_token");
  world.change(directory::Kind::user, user, {{"state", "disabled"}});
  EXPECT_EQ(userinfo(token).status, 401);
  world.change(directory::Kind::user, user, {{"state", "active"}});
  EXPECT_EQ(userinfo(token).status, 200) << "nothing of it was revoked";
  world.change(directory::Kind::agent, agent.id, {{"state", "suspended"}});
  EXPECT_EQ(userinfo(token).status, 401) << "who acts";

  disclose(portal, "openid profile");
  const auto portals = at(redeem(portal, code(portal, {{"scope", "openid"}, {"resource", ""},
                                                       {"redirect_uri", "https://portal.example/a"}})),
                          "access_token");
  EXPECT_EQ(userinfo(portals).status, 200);
  world.change(directory::Kind::application, portal.id, {{"state", "disabled"}});
  EXPECT_EQ(userinfo(portals).status, 401) << "whose token it is";
}

TEST_F(Userinfo, a28_what_is_told_no_more_ends_every_token_that_tells_it) {
  sign_in();
  disclose(agent, "openid profile offline_access");
  const auto first = tokens({{"scope", "openid profile offline_access"}});
  const auto token = at(first, "access_token"), lasting = at(first, "refresh_token");
  const auto waiting = code(agent, {{"scope", "openid profile"}, {"resource", ""}});
  EXPECT_EQ(userinfo(token).status, 200);
  EXPECT_EQ(error_of(refresh(agent, lasting)), "200");
  take_back("disclosure");
  EXPECT_EQ(userinfo(token).status, 401);
  EXPECT_EQ(error_of(refresh(agent, lasting)), "400 invalid_grant");
  EXPECT_EQ(error_of(redeem(agent, waiting)), "400 invalid_grant");
  disclose(agent, "openid profile offline_access");
  EXPECT_EQ(userinfo(at(tokens(), "access_token")).status, 200) << "agreed to anew, it is told at once";
  EXPECT_EQ(error_of(refresh(agent, lasting)), "400 invalid_grant") << "what ended does not come back with it";
  EXPECT_EQ(userinfo(token).status, 401);
}

TEST_F(Userinfo, a25_a_token_that_tells_what_is_taken_back_meanwhile_is_none) {
  sign_in();
  consent(agent);
  const Pairs of_the_issuer{{"scope", "openid profile"}, {"resource", ""}};
  const Pairs of_a_resource{{"scope", "openid profile read"}, {"claims", R"({"id_token":{"name":null}})"}};
  for (const auto& asked : {of_the_issuer, of_a_resource}) {
    disclose(agent, "openid profile");
    Late late{world};
    const auto decided = [&] {
      return late.decided(grants::authorization_code, agent,
                          {{"code", code(agent, asked)}, {"code_verifier", verifier}});
    };
    auto in_time = decided(), too_late = decided();
    EXPECT_TRUE(late.becomes_durable(std::move(in_time)));
    take_back("disclosure");
    EXPECT_FALSE(late.becomes_durable(std::move(too_late))) << form_text(asked);
  }
}

TEST_F(Userinfo, a28_a_refresh_tells_what_may_still_be_told) {
  sign_in();
  disclose(agent, "openid email offline_access");
  const auto lasting = at(tokens({{"scope", "openid email offline_access"}}), "refresh_token");
  EXPECT_EQ(at(refresh(agent, lasting), "scope"), "email offline_access openid");
  const auto before = flows::disclosed_to(agent.id, user, "default", *world.store);
  ASSERT_TRUE(before && *before);
  ASSERT_TRUE(world.store->commit_now({flows::disclose(*before, {.told = {}, .declined = {"email"}}, agent.id, user,
                                                       "default", world.random, world.clock.now())}));
  const auto less = refresh(agent, lasting);
  EXPECT_EQ(at(less, "scope"), "offline_access openid");
  EXPECT_EQ(body_of(userinfo(at(less, "access_token"))), (json::object{{"sub", user}}));
}

TEST_F(Userinfo, a28_a_consent_outlives_what_was_told_beside_it) {
  sign_in();
  consent(agent);
  disclose(agent, "openid");
  const auto lasting = at(redeem(agent, code(agent, {{"scope", "openid read"}})), "refresh_token");
  take_back("disclosure");
  const auto again = refresh(agent, lasting);
  EXPECT_EQ(at(again, "scope"), "read") << again.body;
  EXPECT_FALSE(body_of(again).contains("id_token"));
  EXPECT_EQ(error_of(refresh(agent, lasting, {{"resource", world.issuer}})), "400 invalid_target");
  EXPECT_EQ(error_of(refresh(agent, lasting, {{"scope", "openid"}})), "400 invalid_scope") << "none is given any more";
  EXPECT_EQ(at(refresh(agent, lasting, {{"scope", "openid read"}}), "scope"), "read");
}

TEST_F(Userinfo, a28_userinfo_ends_with_the_consent_and_draws_nothing_from_it) {
  sign_in();
  consent(agent);
  disclose(agent, "openid");
  const auto lasting = at(redeem(agent, code(agent, {{"scope", "openid read"}})), "refresh_token");
  const auto token = at(refresh(agent, lasting, {{"resource", world.issuer}}), "access_token");
  EXPECT_EQ(userinfo(token).status, 200);
  EXPECT_EQ(error_of(world.exchange(agent, token, {{"resource", invoices}})), "400 invalid_target");
  take_back("delegation", invoices_id + " read ");
  EXPECT_EQ(userinfo(token).status, 401);
}

TEST_F(Userinfo, what_is_told_this_once_is_told_and_not_remembered) {
  sign_in();
  const auto answer = allow(authorize(agent, {{"scope", "openid read"}}), "once");
  const auto once = redeem(agent, redirected(answer)["code"], {{"resource", world.issuer}});
  ASSERT_EQ(once.status, 200) << once.body;
  EXPECT_EQ(userinfo(at(once, "access_token")).status, 200);
  EXPECT_EQ(outcome_of(authorize(agent, {{"scope", "openid read"}})), "/consent");
}

TEST_F(Userinfo, a28_what_is_switched_off_is_told_to_no_client_that_was_imported_either) {
  const Given imported{"legacy-scout", agent.secret};
  world.change(directory::Kind::agent, agent.id, {{"client_id", imported.id}});
  sign_in();
  const auto answer = allow(authorize(imported, {{"scope", "openid email read"}}), "once");
  const auto once = at(redeem(imported, redirected(answer)["code"], {{"resource", world.issuer}}), "access_token");
  ASSERT_EQ(text_at(claims_of(once), "client_id"), imported.id);
  EXPECT_EQ(body_of(userinfo(once)), (json::object{{"sub", user}, {"email", "alice@example.com"}}));
  EXPECT_EQ(text_at(world.events("userinfo.read").back().as_object(), "client"), agent.id);
  ASSERT_TRUE(world.store->commit_now({flows::disclose(std::nullopt, {.told = {}, .declined = {"email"}}, agent.id,
                                                       user, "default", world.random, world.clock.now())}));
  EXPECT_EQ(body_of(userinfo(once)), (json::object{{"sub", user}}));
}

TEST_F(Userinfo, s5_3_the_largest_record_that_is_taken_is_told_of) {
  json::object attributes;
  for (int i = 0; i < 50; ++i) attributes["a" + std::to_string(i)] = std::string(2000, 'x');
  const auto changed = world.admin_call("PATCH", "/v1/users/" + user, {{"attributes", attributes}});
  ASSERT_EQ(changed.status, 200) << changed.body;
  sign_in();
  disclose(agent, "openid profile");
  const auto response = tokens({{"login_hint", "alice"}, {"claims", R"({"id_token":{"name":null}})"}});
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(claims_of(at(response, "id_token")).at("name"), "Alice A.");
  const auto info = userinfo(at(response, "access_token"));
  EXPECT_EQ(info.status, 200) << info.body;
}
