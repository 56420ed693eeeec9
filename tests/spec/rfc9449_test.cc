// RFC 9449: DPoP where tokens are issued, introspected and used, and every part of A18.
#include <gtest/gtest.h>

#include "endpoints/possession.h"
#include "tests/kit/administration.h"
#include "tests/kit/key_holder.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr auto api = "https://api.example/invoices";
constexpr auto token_endpoint = "/oauth2/token";

struct Rfc9449 : testing::Test, Administration {
  Given agent = given_agent_at(api, {"read"});
  KeyHolder holder{*this};

  std::string resource_id() { return (*app().directory.resource("default", api))->id; }
  http::Response token_with(const std::string& proof) { return token(agent, {{"resource", api}}, {{"DPoP", proof}}); }
  std::string proof() { return holder.proof("POST", token_endpoint); }
  // A token of the admin's for /v1, bound to the holder's key.
  std::string bound_admin_token() { return holder.access_token(admin, issuer + "/v1"); }
  std::string why_refused(std::string_view action) {
    std::string reason;
    for (const auto& event : events(action))
      if (text_at(event.as_object(), "decision") == "refused") reason = text_at(event.as_object(), "reason");
    return reason;
  }
};

}  // namespace

TEST_F(Rfc9449, s5_a_proof_binds_the_token_to_its_key) {
  const auto response = holder.token(agent, api);
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(text_at(body_of(response), "token_type"), "DPoP");
  EXPECT_EQ(jkt_of(claims_of(text_at(body_of(response), "access_token"))), holder.jkt());

  const auto bearer = token(agent, {{"resource", api}});
  EXPECT_EQ(text_at(body_of(bearer), "token_type"), "Bearer");
  EXPECT_FALSE(claims_of(text_at(body_of(bearer), "access_token")).contains("cnf"));
  EXPECT_EQ(header_at(bearer, "DPoP-Nonce"), "");
}

TEST_F(Rfc9449, s5_every_algorithm_of_the_metadata_binds) {
  for (const auto name : oauth::dpop_algorithms) {
    const auto algorithm = crypto::algorithm_named(name);
    ASSERT_TRUE(algorithm) << name;
    const KeyHolder one(*this, *algorithm);
    Forged made(one.key, one.proof("POST", token_endpoint));
    made.with_header("alg", json::string(name));  // a key of RSA signs in two ways, and one of EdDSA under two names
    const auto text = jose::sign_with_header(one.key, *algorithm, json::serialize(made.header),
                                             json::serialize(made.claims));
    const auto response = token_with(text);
    ASSERT_EQ(error_of(response), "200") << name << response.body;
    EXPECT_EQ(jkt_of(claims_of(text_at(body_of(response), "access_token"))), one.jkt()) << name;
  }
  const auto metadata = body_of(ask("GET", "/.well-known/oauth-authorization-server"));
  const json::array algorithms{"ES256", "Ed25519", "EdDSA", "PS256", "RS256"};
  EXPECT_EQ(metadata.at("dpop_signing_alg_values_supported"), algorithms);
  const auto resource = body_of(ask("GET", "/.well-known/oauth-protected-resource/v1"));
  EXPECT_EQ(resource.at("dpop_signing_alg_values_supported"), algorithms);
}

TEST_F(Rfc9449, s6_2_introspection_tells_the_key) {
  const auto server = given_application("invoices");
  for (const auto* format : {"jwt", "opaque"}) {
    change(directory::Kind::resource, resource_id(), {{"principal", server.id}, {"token_format", format}});
    const auto bound = body_of(introspect(server, holder.access_token(agent, api)));
    EXPECT_EQ(jkt_of(bound), holder.jkt()) << format;
    EXPECT_EQ(text_at(bound, "token_type"), "DPoP");
    const auto bearer = body_of(introspect(server, access_token(agent, api)));
    EXPECT_FALSE(bearer.contains("cnf"));
    EXPECT_EQ(text_at(bearer, "token_type"), "Bearer");
  }
}

TEST_F(Rfc9449, s4_3_1_exactly_one_proof) {
  const auto response = token(agent, {{"resource", api}}, {{"DPoP", proof()}, {"DPoP", proof()}});
  EXPECT_EQ(error_of(response), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(token_with("")), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(token_with("not a proof")), "400 invalid_dpop_proof");
  EXPECT_EQ(response.body.find("eyJ"), std::string::npos);
}

TEST_F(Rfc9449, a18_a_proof_for_another_method_url_time_or_key_is_refused) {
  const auto sound = proof();
  const auto refused = [&](const std::string& text) { return error_of(token_with(text)); };
  EXPECT_EQ(refused(Forged(holder.key, sound).with("jti", "fresh").text()), "200");
  EXPECT_EQ(refused(Forged(holder.key, sound).with("htm", "GET").text()), "400 invalid_dpop_proof");
  EXPECT_EQ(refused(holder.proof("POST", "/oauth2/introspect")), "400 invalid_dpop_proof");
  EXPECT_EQ(refused(holder.proof("POST", "/t/acme/oauth2/token")), "400 invalid_dpop_proof");
  EXPECT_EQ(refused(Forged(holder.key, sound).with("iat", unix_seconds(clock.now()) - 301).text()),
            "400 invalid_dpop_proof");
  EXPECT_EQ(why_refused("token.issue"), "invalid_dpop_proof: DPoP proof refused: time");
  const KeyHolder other(*this);
  EXPECT_EQ(refused(Forged(other.key, sound).text()), "400 invalid_dpop_proof");
  EXPECT_EQ(why_refused("token.issue"), "invalid_dpop_proof: DPoP proof refused: signature");
}

TEST_F(Rfc9449, a18_a_private_jwk_in_a_proof_is_refused) {
  const auto leaked = Forged(holder.key, proof()).with_header("jwk", json::parse(holder.key.to_jwk())).text();
  EXPECT_EQ(error_of(token_with(leaked)), "400 invalid_dpop_proof");
}

TEST_F(Rfc9449, a18_a_proof_is_good_once_also_on_another_node) {
  const auto once = proof();
  EXPECT_EQ(error_of(token_with(once)), "200");
  EXPECT_EQ(error_of(token_with(once)), "400 invalid_dpop_proof");
  EXPECT_EQ(why_refused("token.issue"), "invalid_dpop_proof: the proof was used before");
  restart();  // what another node knows: the store, and nothing else
  EXPECT_EQ(error_of(token_with(once)), "400 invalid_dpop_proof");
  // The same claims signed anew are the same proof: an ECDSA signature is not unique.
  EXPECT_EQ(error_of(token_with(Forged(holder.key, once).text())), "400 invalid_dpop_proof");
  // §11.1: the jti is the key's and the URL's own; nobody can spend another's.
  const KeyHolder other(*this);
  const auto same_jti = Forged(other.key, other.proof("POST", token_endpoint))
                            .with("jti", claims_of(once).at("jti"))
                            .text();
  EXPECT_EQ(error_of(token_with(same_jti)), "200");
  clock.advance(Seconds(302));
  EXPECT_EQ(error_of(token_with(once)), "400 invalid_dpop_proof");
}

TEST_F(Rfc9449, a18_a_proof_is_remembered_for_as_long_as_it_is_believed) {
  const auto once = proof(), unused = proof();
  EXPECT_EQ(error_of(token_with(once)), "200");
  clock.advance(Seconds(300));
  ASSERT_TRUE(store->purge(clock.now(), 1000));
  EXPECT_EQ(error_of(token_with(once)), "400 invalid_dpop_proof");
  EXPECT_EQ(why_refused("token.issue"), "invalid_dpop_proof: the proof was used before");
  EXPECT_EQ(error_of(token_with(unused)), "200") << "it is believed until now";
}

TEST_F(Rfc9449, a18_a_bound_token_sent_as_bearer_is_refused) {
  const auto bound = bound_admin_token();
  EXPECT_EQ(holder.call(bound, "GET", "/v1/agents").status, 200);
  const auto stolen = ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + bound}});
  EXPECT_EQ(problem_of(stolen), "401 invalid_token");
  const auto with_a_proof_besides =
      ask("GET", "/v1/agents", "",
          {{"Authorization", "Bearer " + bound}, {"DPoP", holder.proof("GET", "/v1/agents", bound)}});
  EXPECT_EQ(problem_of(with_a_proof_besides), "401 invalid_token");
}

TEST_F(Rfc9449, a18_a_bearer_token_sent_as_dpop_is_refused) {
  const auto bearer = admin_token();
  EXPECT_EQ(problem_of(holder.call(bearer, "GET", "/v1/agents")), "401 invalid_token");
  EXPECT_EQ(call(bearer, "GET", "/v1/agents").status, 200);
}

TEST_F(Rfc9449, a18_a_thief_of_token_and_proof_gets_nowhere_else) {
  const auto bound = bound_admin_token();
  const auto with = [&](std::string_view method, std::string_view path, const std::string& proof) {
    return problem_of(ask(method, path, "", {{"Authorization", "DPoP " + bound}, {"DPoP", proof}}));
  };
  const auto sound = holder.proof("GET", "/v1/agents", bound);
  EXPECT_EQ(with("GET", "/v1/users", sound), "401 invalid_dpop_proof");
  EXPECT_EQ(with("DELETE", "/v1/agents", sound), "405 about:blank");
  EXPECT_EQ(with("POST", "/v1/agents", sound), "401 invalid_dpop_proof");
  EXPECT_EQ(with("GET", "/v1/agents", Forged(holder.key, sound).with("ath", nullptr).text()),
            "401 invalid_dpop_proof");
  EXPECT_EQ(with("GET", "/v1/agents", holder.proof("GET", "/v1/agents", "another token")), "401 invalid_dpop_proof");
  const KeyHolder thief(*this);
  EXPECT_EQ(with("GET", "/v1/agents", thief.proof("GET", "/v1/agents", bound)), "401 invalid_token");
  EXPECT_EQ(problem_of(ask("GET", "/v1/agents", "", {{"Authorization", "DPoP " + bound}})), "401 invalid_dpop_proof");
  EXPECT_EQ(with("GET", "/v1/agents?limit=5", sound), "200");  // §4.3 step 9: the query does not count
  EXPECT_EQ(with("GET", "/v1/agents?limit=5", sound), "401 invalid_dpop_proof");
}

TEST_F(Rfc9449, a18_a_proof_at_a_resource_is_spent_by_a_refusal_too) {
  const auto bound = bound_admin_token();
  const auto user_id = given_user("owner");
  const auto once = holder.proof("POST", "/v1/agents", bound);
  const auto post = [&](const json::object& body) {
    return ask("POST", "/v1/agents", json::serialize(body),
               {{"Authorization", "DPoP " + bound}, {"DPoP", once}, {"Content-Type", "application/json"}});
  };
  EXPECT_EQ(problem_of(post({{"name", "a"}})), "400 invalid_field");  // without an owner
  EXPECT_EQ(problem_of(post({{"name", "a"}, {"owner", user_id}})), "401 invalid_dpop_proof");
  // And by one that only the store could make: a name that is taken.
  const auto group = [&](const std::string& proof) {
    return ask("POST", "/v1/groups", R"({"name":"same"})",
               {{"Authorization", "DPoP " + bound}, {"DPoP", proof}, {"Content-Type", "application/json"}});
  };
  EXPECT_EQ(problem_of(group(holder.proof("POST", "/v1/groups", bound))), "201");
  const auto late = holder.proof("POST", "/v1/groups", bound);
  EXPECT_EQ(problem_of(group(late)), "409 not_unique");
  EXPECT_EQ(problem_of(group(late)), "401 invalid_dpop_proof");
}

TEST_F(Rfc9449, a18_a_proof_that_opens_nothing_at_a_resource_is_spent_all_the_same) {
  const auto narrow = text_at(body_of(token(admin, {{"resource", issuer + "/v1"}, {"scope", "agents:read"}},
                                            holder.at_token_endpoint())),
                              "access_token");
  const auto elsewhere = holder.access_token(agent, api);
  for (const auto& [bound, first] :
       {std::pair{narrow, "403 insufficient_scope"}, std::pair{elsewhere, "401 invalid_token"}}) {
    const auto once = holder.proof("GET", "/v1/users", bound);
    const auto with = [&] {
      return problem_of(ask("GET", "/v1/users", "", {{"Authorization", "DPoP " + bound}, {"DPoP", once}}));
    };
    EXPECT_EQ(with(), first);
    EXPECT_EQ(with(), "401 invalid_dpop_proof") << first;
  }
}

TEST_F(Rfc9449, a18_a_proof_where_tokens_are_issued_is_spent_by_a_refusal_too) {
  const auto once = proof();
  const auto refused = [&](std::vector<std::pair<std::string, std::string>> form) {
    return error_of(token(agent, std::move(form), {{"DPoP", once}}));
  };
  EXPECT_EQ(refused({{"resource", api}, {"scope", "fly"}}), "400 invalid_scope");
  EXPECT_EQ(why_refused("token.issue").find("used before"), std::string::npos);
  EXPECT_EQ(refused({{"resource", api}, {"scope", "fly"}}), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(token_with(once)), "400 invalid_dpop_proof");
  EXPECT_EQ(why_refused("token.issue"), "invalid_dpop_proof: the proof was used before");
  EXPECT_FALSE(header_at(token_with(once), "DPoP-Nonce").empty());
  EXPECT_EQ(error_of(token_with(proof())), "200");
}

TEST_F(Rfc9449, a18_a_proof_is_spent_by_an_answer_that_is_made_elsewhere_too) {
  const auto bound = bound_admin_token();
  const std::string_view path = "/v1/revocations/snapshot";
  const auto once = holder.proof("GET", path, bound);
  const auto with = [&] { return ask("GET", path, "", {{"Authorization", "DPoP " + bound}, {"DPoP", once}}); };
  EXPECT_EQ(problem_of(with()), "200");  // by a thread of the snapshots'
  EXPECT_EQ(problem_of(with()), "401 invalid_dpop_proof") << "as it was made";
  clock.advance(Seconds(10));
  EXPECT_EQ(problem_of(with()), "401 invalid_dpop_proof") << "made anew";
}

TEST_F(Rfc9449, a_call_is_repeated_under_its_idempotency_key_with_a_new_proof) {
  const auto bound = bound_admin_token();
  const auto post = [&] {
    return holder.call(bound, "POST", "/v1/groups", R"({"name":"once"})", {{"Idempotency-Key", "k"}});
  };
  const auto first = post(), second = post();
  EXPECT_EQ(problem_of(first), "201") << first.body;
  EXPECT_EQ(second.body, first.body);
}

TEST_F(Rfc9449, a16_an_unknown_token_is_refused_whatever_its_proof_is) {
  const auto with = [&](const std::string& proof) {
    return ask("GET", "/v1/agents", "", {{"Authorization", "DPoP unknown"}, {"DPoP", proof}});
  };
  EXPECT_EQ(problem_of(with(holder.proof("GET", "/v1/agents", "unknown"))), "401 invalid_token");
  EXPECT_EQ(problem_of(with("not a proof")), "401 invalid_token");
}

TEST_F(Rfc9449, s7_1_challenges_name_both_schemes_and_the_algorithms) {
  const auto algs = std::string("DPoP algs=\"ES256 Ed25519 EdDSA PS256 RS256\"");
  const auto nobody = all_headers(ask("GET", "/v1/agents"), "WWW-Authenticate");
  EXPECT_TRUE(nobody.starts_with("Bearer resource_metadata=\"")) << nobody;
  EXPECT_NE(nobody.find(algs), std::string::npos) << nobody;
  EXPECT_EQ(nobody.find("error="), std::string::npos) << nobody;

  const auto wrong = all_headers(holder.call(admin_token(), "GET", "/v1/agents"), "WWW-Authenticate");
  EXPECT_TRUE(wrong.starts_with(algs)) << wrong;
  EXPECT_LT(wrong.find("error=\"invalid_token\""), wrong.find("Bearer")) << wrong;
  const auto no_proof = ask("GET", "/v1/agents", "", {{"Authorization", "DPoP " + bound_admin_token()}});
  EXPECT_NE(all_headers(no_proof, "WWW-Authenticate").find("error=\"invalid_dpop_proof\""), std::string::npos);
}

TEST_F(Rfc9449, s5_2_a_client_registered_so_gets_bound_tokens_only) {
  change(directory::Kind::agent, agent.id, {{"dpop_bound_access_tokens", true}});
  EXPECT_EQ(error_of(token(agent, {{"resource", api}})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(holder.token(agent, api)), "200");
}

TEST_F(Rfc9449, a_resource_may_want_bound_tokens_only) {
  change(directory::Kind::resource, resource_id(), {{"sender_constrained_tokens_required", true}});
  EXPECT_EQ(error_of(token(agent, {{"resource", api}})), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(holder.token(agent, api)), "200");
}

// Whoever has bearer tokens alone would be locked out of /v1 by it, and could not take it back: it is built in.
TEST_F(Rfc9449, the_api_itself_never_wants_bound_tokens_only) {
  const json::object demand{{"sender_constrained_tokens_required", true}};
  EXPECT_EQ(problem_of(Administration::call(admin_token(), "PATCH", "/v1/resources/" + own_api(), demand)),
            "409 wrong_state");
  EXPECT_EQ(problem_of(ask("GET", "/v1/agents", "", {{"Authorization", "Bearer " + admin_token()}})), "200");
  const auto document = body_of(ask("GET", "/.well-known/oauth-protected-resource/v1"));
  EXPECT_FALSE(document.contains("dpop_bound_access_tokens_required"));
}

TEST_F(Rfc9449, s8_a_nonce_is_offered_always_and_demanded_where_it_is_set) {
  const auto offered = header_at(holder.token(agent, api), "DPoP-Nonce");
  EXPECT_FALSE(offered.empty());
  EXPECT_EQ(header_at(token_with("not a proof"), "DPoP-Nonce"), offered);
  for (const auto* path : {"/v1/agents", "/v1/revocations/snapshot"})
    EXPECT_EQ(header_at(holder.call(bound_admin_token(), "GET", path), "DPoP-Nonce"), offered) << path;

  set([](auto& live) { live.dpop_nonce_required = true; });
  const auto without = token_with(proof());
  EXPECT_EQ(error_of(without), "400 use_dpop_nonce");
  const auto nonce = header_at(without, "DPoP-Nonce");
  EXPECT_EQ(error_of(token_with(holder.proof("POST", token_endpoint, std::nullopt, nonce))), "200");
  EXPECT_EQ(error_of(token(agent, {{"resource", api}})), "200");  // who sends no proof needs no nonce
}

TEST_F(Rfc9449, a18_a_nonce_that_is_not_ours_or_old_is_refused_even_where_none_is_demanded) {
  const auto with = [&](std::string_view nonce) {
    return error_of(token_with(holder.proof("POST", token_endpoint, std::nullopt, nonce)));
  };
  const auto nonce = app().dpop_nonces.current("default", clock.now());
  EXPECT_EQ(with(nonce), "200");
  EXPECT_EQ(with("made-up"), "400 use_dpop_nonce");
  EXPECT_EQ(with(app().dpop_nonces.current("acme", clock.now())), "400 use_dpop_nonce");
  EXPECT_EQ(error_of(token_with(Forged(holder.key, proof()).with("nonce", 7).text())), "400 use_dpop_nonce");
  clock.advance(Seconds(240));
  EXPECT_EQ(with(nonce), "400 use_dpop_nonce");
}

TEST_F(Rfc9449, s9_a_resource_demands_its_nonce_by_401) {
  const auto bound = bound_admin_token();
  set([](auto& live) { live.dpop_nonce_required = true; });
  const auto without = holder.call(bound, "GET", "/v1/agents");
  EXPECT_EQ(problem_of(without), "401 use_dpop_nonce");
  EXPECT_NE(all_headers(without, "WWW-Authenticate").find("error=\"use_dpop_nonce\""), std::string::npos);
  const auto again = holder.proof("GET", "/v1/agents", bound, header_at(without, "DPoP-Nonce"));
  EXPECT_EQ(ask("GET", "/v1/agents", "", {{"Authorization", "DPoP " + bound}, {"DPoP", again}}).status, 200);
}

TEST_F(Rfc9449, s10_1_a_request_asks_for_one_key) {
  const auto code_of = [](const auto& result) {
    return result ? std::string("good") : std::string(oauth::row(result.error().code).wire);
  };
  const auto mine = holder.jkt(), theirs = KeyHolder(*this).jkt();
  using endpoints::requested_key;
  EXPECT_EQ(*requested_key(mine, {}), mine);
  EXPECT_EQ(*requested_key("", {.jkt = mine, .writes = {}}), mine);
  EXPECT_EQ(*requested_key("", {}), "");
  EXPECT_EQ(*requested_key(mine, {.jkt = mine, .writes = {}}), mine);
  EXPECT_EQ(code_of(requested_key(mine, {.jkt = theirs, .writes = {}})), "invalid_dpop_proof");
  EXPECT_EQ(code_of(requested_key("short", {})), "invalid_request");
}

TEST_F(Rfc9449, browsers_may_send_a_proof_and_read_the_nonce) {
  const auto preflight = ask("OPTIONS", token_endpoint);
  EXPECT_NE(header_at(preflight, "Access-Control-Allow-Headers").find("DPoP"), std::string::npos);
  EXPECT_NE(holder.token(agent, api).lines.find("Access-Control-Expose-Headers: WWW-Authenticate, DPoP-Nonce"),
            std::string_view::npos);
}
