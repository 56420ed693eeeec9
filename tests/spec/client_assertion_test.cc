// RFC 7523 wherever a client proves itself: one use, the issuer alone, how long and how far ahead, and nobody who was
// stopped (A13, A14, A28).
#include <gtest/gtest.h>

#include "base/id.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/metric.h"
#include "tests/kit/signer.h"

using namespace deputy;
using namespace deputy::test;

namespace {

constexpr std::array paths{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/par"};

struct Assertions : testing::Test, Flow {
  Assertions() { world.given_assignment(role, agent.id); }

  // A request that wants nothing but its client's proof.
  Pairs request_at(std::string_view path) const {
    if (path == "/oauth2/par") return request(agent);
    return {{"grant_type", "client_credentials"}, {"resource", invoices}, {"token", "unknown"}};
  }
  http::Response send(std::string_view path, std::string_view assertion) {
    return world.form(path, Signer::with(request_at(path), assertion));
  }
  std::string answer(std::string_view path, std::string_view assertion) { return error_of(send(path, assertion)); }
  // What is answered to this assertion with one claim changed.
  std::string answer_with(std::string_view path, std::string_view name, json::value value) {
    auto claims = signer.claims();
    claims[name] = std::move(value);
    return answer(path, signer.sign(claims));
  }
  static std::string success_at(std::string_view path) { return path == "/oauth2/par" ? "201" : "200"; }
  std::string last_reason() { return text_at(world.events().back().as_object(), "reason"); }

  Signer signer{world, agent.id};
};

// The same assertion, signed by nobody.
std::string forged(std::string assertion) {
  auto& letter = assertion[assertion.rfind('.') + 1];
  letter = letter == 'A' ? 'B' : 'A';
  return assertion;
}

}  // namespace

TEST_F(Assertions, a14_an_assertion_is_good_once_wherever_it_is_sent) {
  for (const auto* first : paths) {
    const auto assertion = signer.assertion();
    EXPECT_EQ(answer(first, assertion), success_at(first)) << first;
    for (const auto* again : paths) {
      EXPECT_EQ(answer(again, assertion), "401 invalid_client") << first << " and then " << again;
      EXPECT_EQ(last_reason(), "invalid_client: the assertion was used before") << again;
    }
  }
}

TEST_F(Assertions, a_token_that_the_store_refuses_is_not_counted_as_issued) {
  const auto assertion = signer.assertion();
  const auto before = metric("deputy_tokens_issued_total");
  EXPECT_EQ(answer("/oauth2/token", assertion), "200");
  EXPECT_EQ(metric("deputy_tokens_issued_total"), before + 1);
  EXPECT_EQ(answer("/oauth2/token", assertion), "401 invalid_client");
  EXPECT_EQ(metric("deputy_tokens_issued_total"), before + 1);
}

TEST_F(Assertions, a14_an_assertion_is_spent_by_a_refusal_too) {
  const auto bad_push = request(agent, {{"scope", "fly"}});
  const struct {
    const char *path, *refused;
    Pairs form;
  } rows[]{
      {"/oauth2/token", "400 invalid_scope", {{"grant_type", "client_credentials"}, {"resource", invoices},
                                              {"scope", "fly"}}},
      {"/oauth2/token", "400 unsupported_grant_type", {{"grant_type", "password"}}},
      {"/oauth2/token", "400 invalid_grant", {{"grant_type", "refresh_token"}, {"refresh_token", "drt_unknown"}}},
      {"/oauth2/par", "400 invalid_scope", bad_push},
      {"/oauth2/introspect", "400 invalid_request", {}},
      {"/oauth2/revoke", "400 invalid_request", {}},
  };
  for (const auto& [path, refused, form] : rows) {
    const auto assertion = signer.assertion();
    const auto bad = [&] { return error_of(world.form(path, Signer::with(form, assertion))); };
    EXPECT_EQ(bad(), refused) << path;
    EXPECT_EQ(bad(), "401 invalid_client") << path << ": a replay, whatever else is wrong with it";
    for (const auto* again : paths) {
      EXPECT_EQ(answer(again, assertion), "401 invalid_client") << refused << " at " << path << " and then " << again;
      EXPECT_EQ(last_reason(), "invalid_client: the assertion was used before") << again;
    }
  }
}

TEST_F(Assertions, a14_an_assertion_of_who_is_stopped_is_spent_when_they_come_back) {
  const auto past = rfc3339(world.clock.now() - Seconds(1)), far = rfc3339(world.clock.now() + Seconds(86'400));
  const struct {
    json::object stopped, back;
    std::string why;
  } rows[]{
      {{{"state", "suspended"}}, {{"state", "active"}}, "suspended"},
      {{{"expires_at", past}}, {{"expires_at", far}}, "expired"},
  };
  for (const auto* path : paths)
    for (const auto& [stopped, back, why] : rows) {
      world.change(directory::Kind::agent, agent.id, stopped);
      const auto assertion = signer.assertion();
      const auto refused = send(path, assertion);
      EXPECT_EQ(error_of(refused), "401 invalid_client") << path << " " << why;
      EXPECT_EQ(last_reason(), "invalid_client: the client is " + why) << path;
      world.change(directory::Kind::agent, agent.id, back);
      const auto replayed = send(path, assertion);
      EXPECT_EQ(last_reason(), "invalid_client: the assertion was used before") << path << " " << why;
      EXPECT_EQ(replayed.status, refused.status) << path << " " << why << ": a16";
      EXPECT_EQ(replayed.body, refused.body) << path << " " << why;
      EXPECT_EQ(replayed.headers, refused.headers) << path << " " << why;
      EXPECT_EQ(answer(path, signer.assertion()), success_at(path)) << path << " " << why;
    }
}

TEST_F(Assertions, a14_an_assertion_is_spent_while_its_agent_is_suspended_by_an_administrator) {
  const auto act = [&](const std::string& what) {
    EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/" + what).status, 200);
  };
  act("suspend");
  const auto assertion = signer.assertion();
  EXPECT_EQ(answer(paths[0], assertion), "401 invalid_client");
  EXPECT_EQ(answer(paths[0], assertion), "401 invalid_client");
  EXPECT_EQ(last_reason(), "invalid_client: the assertion was used before");
  act("resume");
  world.clock.advance(Seconds(1));  // nothing is minted in the second of a revocation
  EXPECT_EQ(answer(paths[0], assertion), "401 invalid_client");
  EXPECT_EQ(answer(paths[0], signer.assertion()), "200");
}

// Whoever may not spend it must not be able to: only its client's signature does.
TEST_F(Assertions, a14_an_assertion_is_not_spent_by_who_did_not_sign_it) {
  const auto assertion = signer.assertion();
  EXPECT_EQ(answer(paths[0], forged(assertion)), "401 invalid_client");
  EXPECT_EQ(answer(paths[0], assertion), "200");
}

TEST_F(Assertions, a14_what_is_to_be_tried_again_is_tried_with_a_new_assertion) {
  EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/suspend").status, 200);
  EXPECT_EQ(world.admin_call("POST", "/v1/agents/" + agent.id + "/resume").status, 200);
  const auto assertion = signer.assertion();
  EXPECT_EQ(answer(paths[0], assertion), "503 temporarily_unavailable") << "nothing is minted in this second";
  world.clock.advance(Seconds(1));
  EXPECT_EQ(answer(paths[0], assertion), "401 invalid_client");
  EXPECT_EQ(answer(paths[0], signer.assertion()), "200");
}

// RFC 9449 §8: the same request again, with another proof.
TEST_F(Assertions, a14_a_demand_for_a_nonce_spends_no_assertion) {
  world.set([](auto& live) { live.dpop_nonce_required = true; });
  const KeyHolder holder(world);
  for (const auto* path : {"/oauth2/token", "/oauth2/par"}) {
    const auto form = Signer::with(request_at(path), signer.assertion());
    const auto demanded = world.form(path, form, {{"DPoP", holder.proof("POST", path)}});
    EXPECT_EQ(error_of(demanded), "400 use_dpop_nonce") << path;
    const auto nonce = header_at(demanded, "DPoP-Nonce");
    const auto with = [&] {
      return error_of(world.form(path, form, {{"DPoP", holder.proof("POST", path, std::nullopt, nonce)}}));
    };
    EXPECT_EQ(with(), success_at(path)) << path;
    EXPECT_EQ(with(), "401 invalid_client") << path;
  }
}

TEST_F(Assertions, a13_an_assertion_is_for_the_issuer_alone_wherever_it_is_sent) {
  for (const auto* path : paths) {
    EXPECT_EQ(answer_with(path, "aud", json::string(world.issuer)), success_at(path)) << path;
    for (const json::value& audience :
         {json::value(world.issuer + path), json::value(world.issuer + "/oauth2/token"),
          json::value(json::array{world.issuer, "https://other.example"})})
      EXPECT_EQ(answer_with(path, "aud", audience), "401 invalid_client") << path << " " << json::serialize(audience);
  }
}

TEST_F(Assertions, a14_an_assertion_lives_five_minutes_and_a_clock_may_be_ten_seconds_off) {
  const auto now = unix_seconds(world.clock.now());
  const auto path = paths[0];
  EXPECT_EQ(answer_with(path, "exp", now + 310), "200");
  EXPECT_EQ(answer_with(path, "exp", now + 311), "401 invalid_client");
  EXPECT_EQ(answer_with(path, "exp", now - 9), "200");
  EXPECT_EQ(answer_with(path, "exp", now - 10), "401 invalid_client");
  for (const auto* name : {"iat", "nbf"}) {
    EXPECT_EQ(answer_with(path, name, now + 10), "200") << name << ": FAPI 2.0 section 5.3.2.1";
    EXPECT_EQ(answer_with(path, name, now + 11), "401 invalid_client") << name;
  }
}

TEST_F(Assertions, a14_a_jti_is_remembered_for_as_long_as_its_assertion_is_believed) {
  auto claims = signer.claims();
  claims["exp"] = unix_seconds(world.clock.now()) + 290;
  const auto assertion = signer.sign(claims);
  EXPECT_EQ(answer(paths[0], assertion), "200");
  world.clock.advance(Seconds(299));  // of which the last nine are a clock's that is behind
  ASSERT_TRUE(world.store->purge(world.clock.now(), 1000));
  EXPECT_EQ(answer(paths[0], assertion), "401 invalid_client");
  EXPECT_EQ(last_reason(), "invalid_client: the assertion was used before");
}

TEST_F(Assertions, a16_a28_who_is_stopped_proves_nothing_by_a_key_either) {
  const auto becomes = [&](const json::object& patch) { world.change(directory::Kind::agent, agent.id, patch); };
  const auto past = rfc3339(world.clock.now() - Seconds(1)), far = rfc3339(world.clock.now() + Seconds(86'400));
  for (const auto* path : paths) {
    const auto reference = send(path, forged(signer.assertion()));
    ASSERT_EQ(error_of(reference), "401 invalid_client") << path;
    for (const auto& [patch, why] : {std::pair{json::object{{"state", "suspended"}}, "suspended"},
                                     std::pair{json::object{{"state", "revoked"}}, "revoked"},
                                     std::pair{json::object{{"expires_at", past}}, "expired"}}) {
      becomes(patch);
      const auto refused = send(path, signer.assertion());
      EXPECT_EQ(refused.status, reference.status) << path << " " << why;
      EXPECT_EQ(refused.body, reference.body) << path << " " << why;
      EXPECT_EQ(refused.headers, reference.headers) << path << " " << why;
      EXPECT_EQ(last_reason(), std::string("invalid_client: the client is ") + why) << path;
      becomes({{"state", "active"}, {"expires_at", far}});
    }
    EXPECT_EQ(answer(path, signer.assertion()), success_at(path)) << path;
  }
}

// Of an assertion that cannot be good whoever sent it, it is said why, and in the same words where nobody has its name.
TEST_F(Assertions, a16_what_is_wrong_with_an_assertion_itself_is_said_whoever_it_names) {
  const auto now = unix_seconds(world.clock.now());
  const auto said = [&](std::string_view name, const json::value& value, std::string_view type = "JWT") {
    const auto by = [&](const std::string& client) {
      auto claims = signer.claims();
      claims["iss"] = claims["sub"] = client;
      if (!name.empty()) claims[name] = value;
      return send(paths[0], signer.sign(claims, type));
    };
    const auto known = by(agent.id), unknown = by("agt_01jd0000000000000000000000");
    EXPECT_EQ(known.status, 401) << name;
    EXPECT_EQ(known.status, unknown.status) << name;
    EXPECT_EQ(known.body, unknown.body) << name;
    EXPECT_EQ(known.headers, unknown.headers) << name;
    const auto description = text_at(body_of(known), "error_description");
    EXPECT_NE(header_at(known, "WWW-Authenticate").find("error_description=\"" + description + "\""),
              std::string::npos)
        << "where a library looks that reads no body";
    return description;
  };
  const auto exp = "exp of the assertion must lie ahead, by at most 300 seconds";
  EXPECT_EQ(said("aud", json::string(world.issuer + "/oauth2/token")),
            "aud of the assertion must be the issuer of this server's metadata alone, not the token endpoint");
  EXPECT_EQ(last_reason(), "invalid_client: unknown client") << "the audit knows which it was";
  EXPECT_EQ(said("exp", now + 3600), exp);
  EXPECT_EQ(said("exp", now - 60), exp);
  EXPECT_EQ(said("exp", "soon"), "a claim of the assertion is malformed");
  EXPECT_EQ(said("iat", now + 60), "nbf or iat of the assertion lies ahead: is the clock right?");
  EXPECT_EQ(said("jti", ""), "the assertion must have a jti of at most 256 characters");
  EXPECT_EQ(said("sub", "somebody"), "iss and sub of the assertion must both be the client's id (RFC 7523 section 3)");
  EXPECT_EQ(said("", {}, "at+jwt"), "typ of the assertion must be client-authentication+jwt or JWT");
  const auto description = [&](std::string_view assertion) {
    return text_at(body_of(send(paths[0], assertion)), "error_description");
  };
  EXPECT_EQ(description("dsk_no.jwt"), "client_assertion is no JWT that is signed by an algorithm of the metadata");
  EXPECT_EQ(description(forged(signer.assertion())), "client authentication failed") << "only its signature is wrong";
}
