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

// Of an issuer that types all it signs alike, or not at all: RFC 8417 §2.2, RFC 9701 §5.
TEST_F(TrustedIssuers, a11_a22_a_logout_token_or_an_introspection_is_no_token_of_a_person_whatever_its_type) {
  const json::object logout{
      {"events", json::object{{"http://schemas.openid.net/event/backchannel-logout", json::object()}}}};
  const json::object introspection{{"token_introspection", json::object{{"active", true}}}};
  for (const auto& claims : {logout, json::object{{"events", nullptr}}, introspection})
    for (const json::value& typ : {json::value("JWT"), json::value(nullptr), json::value("at+jwt")})
      for (const auto* type : {"id_token", "jwt", "access_token"})
        EXPECT_EQ(error_of(take(orchestrator, signed_by(key, typ, claims), type)), "400 invalid_request")
            << json::serialize(claims) << " " << typ << " " << type;
  EXPECT_EQ(with(logout), "400 invalid_request");
  EXPECT_EQ(why(), "the trusted issuer's token is a statement of another kind");
  EXPECT_EQ(with({}), "200");
}

// OIDC Core §3.1.3.7: what may be an ID token, and says to whom it was issued.
TEST_F(TrustedIssuers, a22_an_id_token_was_issued_to_the_caller_or_to_an_audience_of_the_record) {
  const auto as = [&](const char* type, json::value azp, json::value typ = "JWT") {
    return error_of(take(orchestrator, signed_by(key, std::move(typ), {{"azp", std::move(azp)}}), type));
  };
  for (const auto* type : {"id_token", "jwt"}) {
    EXPECT_EQ(as(type, "https://other.example"), "400 invalid_request") << type;
    EXPECT_EQ(why(), "the trusted issuer's token was issued to another party") << type;
    EXPECT_EQ(as(type, "https://other.example", nullptr), "400 invalid_request") << type;
    EXPECT_EQ(as(type, json::string(worker.id)), "400 invalid_request") << type;
    EXPECT_EQ(as(type, 7), "400 invalid_request") << type;
    EXPECT_EQ(as(type, nullptr), "400 invalid_request") << type;
    EXPECT_EQ(as(type, json::string(orchestrator.id)), "200") << type;
    EXPECT_EQ(as(type, json::string(world.issuer)), "200") << type;
  }
  EXPECT_EQ(as("access_token", "https://other.example", "at+jwt"), "200") << "who got it, of whoever it is for";
  world.change(Kind::trusted_issuer, trusted, {{"audiences", json::array{"https://other.example"}}});
  for (const auto* type : {"id_token", "jwt"}) EXPECT_EQ(as(type, "https://other.example"), "200") << type;
}

TEST_F(TrustedIssuers, a22_a_token_is_for_an_audience_that_the_record_names) {
  world.change(Kind::trusted_issuer, trusted,
               {{"audiences", json::array{"https://listed.example", "https://listed.example/too"}}});
  EXPECT_EQ(with({{"aud", "https://listed.example"}}), "200");
  EXPECT_EQ(with({{"aud", "https://listed.example/too"}}), "200");
  EXPECT_EQ(with({{"aud", json::array{"https://unlisted.example", "https://listed.example"}}}), "200");
  EXPECT_EQ(with({{"aud", world.issuer}}), "200") << "this server is an audience always";
  for (const json::value& other : {json::value("https://unlisted.example"), json::value("https://listed.example/"),
                                   json::value(json::array{"https://unlisted.example"}), json::value(json::array())}) {
    EXPECT_EQ(with({{"aud", other}}), "400 invalid_request") << other;
    EXPECT_EQ(why(), "the trusted issuer's token is for another audience") << other;
  }
  for (const json::value& other : {json::value(json::array{7}), json::value(7), json::value(nullptr)})
    EXPECT_EQ(with({{"aud", other}}), "400 invalid_request") << other;
}

TEST_F(TrustedIssuers, a22_a_token_speaks_for_the_user_whom_the_named_claim_names) {
  const auto refused = [&](json::object claims) {
    EXPECT_EQ(with(claims), "400 invalid_request") << json::serialize(claims);
    EXPECT_EQ(why(), "the trusted issuer's token names nobody known here") << json::serialize(claims);
  };
  world.given_user("bob");
  const auto subject_of = [&](json::object claims) {
    const auto answer = take(orchestrator, upstream(std::move(claims)));
    return answer.status == 200 ? text_at(claims_of(text_at(body_of(answer), "access_token")), "sub") : answer.body;
  };
  world.change(Kind::trusted_issuer, trusted, {{"subject_claim", "preferred_username"}});
  EXPECT_EQ(subject_of({{"sub", "bob"}, {"preferred_username", user_name}}), user);
  refused({{"sub", user_name}});
  refused({{"sub", user_name}, {"preferred_username", ""}});
  refused({{"sub", user_name}, {"preferred_username", 7}});
  refused({{"sub", user_name}, {"preferred_username", json::array{user_name}}});
  refused({{"sub", user_name}, {"preferred_username", user}});

  world.change(Kind::trusted_issuer, trusted, {{"subject_claim", "sub"}, {"subject_field", "id"}});
  EXPECT_EQ(subject_of({{"sub", user}}), user);
  refused({{"sub", user_name}});
  refused({{"sub", worker.id}});
  EXPECT_EQ(with({{"sub", user.substr(0, user.size() - 4) + "0000"}}), "400 invalid_request") << "no such user";
}

TEST_F(TrustedIssuers, a28_a_token_names_whom_its_username_named_when_it_was_issued) {
  const auto named = [&](std::string_view name) {
    const auto made = world.admin_call("POST", "/v1/users", {{"username", name}});
    EXPECT_EQ(made.status, 201) << made.body;
    return text_at(body_of(made), "id");
  };
  const auto carol = named("carol");
  const auto of_alice = upstream(), of_carol = upstream({{"sub", "carol"}});
  EXPECT_EQ(error_of(take(orchestrator, of_alice)), "200");
  world.clock.advance(Seconds(60));
  ASSERT_EQ(world.admin_call("PATCH", "/v1/users/" + user, {{"username", "elder"}}).status, 200);
  ASSERT_EQ(world.admin_call("DELETE", "/v1/users/" + carol).status, 204);
  const auto alice = named(user_name), other_carol = named("carol");
  for (const auto& one : {alice, other_carol}) world.given_assignment(role, one);
  for (const auto& token : {of_alice, of_carol}) {
    EXPECT_EQ(error_of(take(orchestrator, token)), "400 invalid_request");
    EXPECT_EQ(why(), "the trusted issuer's token names nobody known here");
  }
  world.clock.advance(Seconds(1));
  const auto newer = take(orchestrator, upstream());
  ASSERT_EQ(newer.status, 200) << newer.body;
  EXPECT_EQ(text_at(claims_of(text_at(body_of(newer), "access_token")), "sub"), alice);
  // What names a user by the id is the same user's, whatever they are called.
  world.change(Kind::trusted_issuer, trusted, {{"subject_field", "id"}});
  EXPECT_EQ(with({{"sub", user}, {"iat", unix_seconds(world.clock.now()) - 120}}), "200");
}

TEST_F(TrustedIssuers, keys_behind_a_uri_are_fetched_and_fetched_again_for_a_kid_that_is_not_known) {
  constexpr auto uri = "https://login.example/jwks";
  world.change(Kind::trusted_issuer, trusted, {{"jwks", nullptr}, {"jwks_uri", uri}});
  world.documents[uri] = key_set_of(key);
  auto& key_sets = world.app().key_sets;
  const auto response = take(orchestrator, upstream());
  EXPECT_EQ(error_of(response), "503 temporarily_unavailable") << "they are on their way";
  ASSERT_TRUE(key_sets.wait_idle());
  EXPECT_EQ(with({}), "200");

  const auto next = crypto::PrivateKey::generate(crypto::Algorithm::ES256);
  world.documents[uri] = key_set_of(next);
  world.clock.advance(Seconds(61));  // no oftener than once a minute, whoever asks
  EXPECT_EQ(with({}), "200") << "the set is fresh";
  ASSERT_TRUE(key_sets.wait_idle());
  EXPECT_EQ(error_of(take(orchestrator, signed_by(next, "JWT"))), "400 invalid_request");
  EXPECT_EQ(why(), "the trusted issuer's token was refused: key");
  ASSERT_TRUE(key_sets.wait_idle());
  EXPECT_EQ(error_of(take(orchestrator, signed_by(next, "JWT"))), "200");
  EXPECT_EQ(with({}), "400 invalid_request") << "a key that the issuer took out of its set";
}

// I6: what differing clocks are forgiven is no time in which anything is made of it.
TEST_F(TrustedIssuers, i6_a24_a_token_that_is_over_gives_nothing_however_late_the_clocks_may_be) {
  const auto now = unix_seconds(world.clock.now());
  for (const auto over : {now - 6, now - 1, now}) {
    EXPECT_EQ(with({{"iat", now - 100}, {"exp", over}}), "400 invalid_request") << over - now;
    EXPECT_EQ(why(), "the trusted issuer's token was refused: expired");
  }
  EXPECT_TRUE(world.store->delegations("default", {.actor = orchestrator.id, .limit = 9})->empty());
  const auto last = take(orchestrator, upstream({{"exp", now + 1}}));
  ASSERT_EQ(error_of(last), "200") << last.body;
  EXPECT_EQ(json_integer(body_of(last), "expires_in"), 1);
  EXPECT_EQ(with({{"iat", now + 6}}), "200") << "when it was issued is another matter";
}

// RFC 8693 §4.4, docs/adr/0022.
TEST_F(TrustedIssuers, a23_whom_may_act_names_presents_the_token_itself_and_nobody_hands_it_on) {
  const auto of = [&](const Given& whom) { return upstream({{"may_act", json::object{{"sub", whom.id}}}}); };
  const std::vector<std::pair<std::string, std::string>> to_the_worker{{"requested_actor", worker.id}};
  EXPECT_EQ(error_of(take(orchestrator, of(worker))), "400 unauthorized_client");
  EXPECT_EQ(error_of(take(orchestrator, of(worker), "jwt", to_the_worker)), "400 invalid_request")
      << "not the actor of a token that another client takes away";
  EXPECT_EQ(error_of(take(orchestrator, of(orchestrator), "jwt", to_the_worker)), "400 invalid_request");
  EXPECT_EQ(error_of(take(stranger, of(worker), "jwt", to_the_worker)), "400 unauthorized_client");
  const auto presented = take(worker, of(worker));
  ASSERT_EQ(error_of(presented), "200") << presented.body;
  EXPECT_EQ(chain_of(text_at(body_of(presented), "access_token")), worker.id);
  // Who is named, and hands on what it got: both are in the chain.
  const auto begun = text_at(body_of(take(orchestrator, of(orchestrator))), "access_token");
  EXPECT_EQ(chain_of(handed_on(orchestrator, begun, worker)), worker.id + ">" + orchestrator.id);
}

// What another issuer writes under the names of our own claims: RFC 8693 §4.1 has no `dlg`, and a kid is its issuer's.
TEST_F(TrustedIssuers, a23_a_foreign_tokens_dlg_is_nothing) {
  world.given_assignment(role, world.given_user("bob"));
  const auto given = [&](const Given& client, json::object claims) {
    const auto answer = take(client, upstream(std::move(claims)));
    EXPECT_EQ(error_of(answer), "200") << answer.body;
    return text_at(body_of(answer), "access_token");
  };
  const auto ends = [&](const std::string& id) {
    return world.admin_call("POST", "/v1/delegations/" + id + "/revoke", {{"reason", "test"}}).status;
  };
  const auto bobs = given(orchestrator, {{"sub", "bob"}}), bobs_other = given(worker, {{"sub", "bob"}});
  ASSERT_EQ(path_of(bobs).size(), 1u);
  ASSERT_EQ(path_of(bobs_other).size(), 1u);
  const auto live = path_of(bobs).front(), revoked = path_of(bobs_other).front();
  ASSERT_EQ(ends(revoked), 200);
  ASSERT_FALSE(active(bobs_other));
  world.clock.advance(Seconds(1));

  json::array kids;  // more than a token of ours may descend from
  for (int i = 0; i < 17; ++i) kids.emplace_back("kid_" + std::to_string(i));
  std::vector<std::string> tokens;
  for (const json::object& forged :
       {json::object{{"dlg", json::array{live}}}, json::object{{"dlg", json::array{revoked}}},
        json::object{{"dlg", json::array{live, revoked}}}, json::object{{"dlg", live}}, json::object{{"dlg", 7}},
        json::object{{"from_kids", kids}}, json::object{{"dlg", json::array{live}}, {"from_kids", kids}}}) {
    const auto token = given(orchestrator, forged);
    const auto path = path_of(token);
    ASSERT_EQ(path.size(), 1u) << json::serialize(forged);
    EXPECT_TRUE(path.front() != live && path.front() != revoked) << json::serialize(forged);
    EXPECT_FALSE(claims_of(token).contains("from_kids")) << json::serialize(forged);
    const auto root = world.store->delegation("default", path.front());
    ASSERT_TRUE(root && *root);
    EXPECT_EQ((*root)->parent, "");
    EXPECT_EQ((*root)->path, path);
    EXPECT_EQ((*root)->subject, user);
    EXPECT_EQ((*root)->chain, std::vector<std::string>{orchestrator.id});
    tokens.push_back(token);
  }
  ASSERT_EQ(ends(live), 200);
  EXPECT_FALSE(active(bobs));
  for (const auto& token : tokens) {
    EXPECT_TRUE(active(token));
    EXPECT_EQ(path_of(world.exchanged(orchestrator, token)), path_of(token));
  }
}
