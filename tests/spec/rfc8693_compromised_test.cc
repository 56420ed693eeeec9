// A10: whoever stole a signing key forges what is exchanged for good tokens. With the key die those, too.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/kit/family.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using Parameters = std::vector<std::pair<std::string, std::string>>;
using Kids = std::vector<std::string>;

constexpr auto access_token_type = "urn:ietf:params:oauth:token-type:access_token";

struct Stolen : testing::Test, Family {
  Stolen() {
    for (const auto& id : {invoices_id, payments_id})
      world.change(directory::Kind::resource, id, {{"token_lifetime_s", 7200}});
    world.change(directory::Kind::agent, worker.id, {{"delegates", json::array{other.id}}});
    EXPECT_EQ(world.admin_call("POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
    genuine = orchestrated();
  }
  // From now on another key signs.
  void rotate() {
    world.clock.advance(world.app().keyring.config().jwks_max_age);
    ASSERT_EQ(world.admin_call("POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
  }
  // What the thief signs: the orchestrator holds a token of the user's, of no delegation, until the claims say more.
  std::string forged(json::object more = {}) {
    const auto now = unix_seconds(world.clock.now());
    json::object claims{{"iss", world.issuer},   {"sub", user}, {"client_id", orchestrator.id}, {"aud", invoices},
                        {"scope", "read write"}, {"iat", now},  {"exp", now + 7200},            {"jti", "jti_forged"}};
    for (const auto& [name, value] : more) claims[name] = value;
    return stolen->active.at(crypto::Algorithm::ES256).access_token.sign(json::serialize(claims));
  }
  std::string forged_of_a_delegation() {
    const auto claims = claims_of(genuine);
    return forged({{"act", claims.at("act")}, {"dlg", claims.at("dlg")}});
  }
  void compromise() {
    ASSERT_EQ(world.admin_call("POST", "/v1/keys/" + kid + "/compromised").status, 200);
  }
  bool opaque_active(std::string_view token) {
    return json_boolean(body_of(world.introspect(invoices_api, token)), "active").value_or(false);
  }
  static std::string kid_of(std::string_view token) { return text_at(header_of(token), "kid"); }
  static Kids from_kids(std::string_view token) { return texts_of(claims_of(token), "from_kids"); }

  std::string genuine;  // the orchestrator's, for the user
  std::shared_ptr<const tokens::TenantKeys> stolen = *world.app().keyring.keys("default");
  std::string kid = stolen->active.at(crypto::Algorithm::ES256).kid;
};

}  // namespace

TEST_F(Stolen, a10_what_was_exchanged_for_a_forged_token_dies_with_the_key) {
  rotate();
  std::vector<std::string> made;
  for (const auto& start : {forged(), forged_of_a_delegation()}) {
    made.push_back(world.exchanged(orchestrator, start, {{"scope", "read"}}));
    made.push_back(handed_on(orchestrator, start, worker, {{"scope", "read"}}));
    made.push_back(handed_on(worker, made.back(), other));
  }
  for (const auto& one : made) {
    EXPECT_NE(kid_of(one), kid) << "another key signed it";
    EXPECT_TRUE(active(one));
  }
  const auto good = orchestrated();
  const auto handed = handed_on(orchestrator, good, worker, {{"scope", "read"}});
  compromise();
  for (const auto& one : made) EXPECT_FALSE(active(one)) << Family::chain_of(one);
  EXPECT_EQ(error_of(world.exchange(orchestrator, made[0])), "400 invalid_request");
  EXPECT_EQ(error_of(world.exchange(worker, made[1], {{"requested_actor", other.id}})), "400 invalid_request");
  EXPECT_TRUE(active(good) && active(handed)) << "what does not descend from it lives on";
  EXPECT_TRUE(active(handed_on(orchestrator, good, worker))) << "and so does the delegation that was drawn upon";
}

TEST_F(Stolen, a10_a_token_says_which_other_keys_signed_what_it_was_made_of) {
  const auto same = world.exchanged(orchestrator, genuine, {{"scope", "read"}});
  EXPECT_FALSE(claims_of(same).contains("from_kids")) << "its own key is in its header";
  rotate();
  const auto second = world.exchanged(orchestrator, genuine, {{"scope", "read"}});
  EXPECT_EQ(from_kids(second), Kids{kid});
  EXPECT_EQ(texts_of(body_of(world.introspect(invoices_api, second)), "from_kids"), Kids{kid});
  rotate();
  auto both = Kids{kid, kid_of(second)};
  std::sort(both.begin(), both.end());
  EXPECT_EQ(from_kids(handed_on(orchestrator, second, worker)), both);
  EXPECT_FALSE(claims_of(orchestrated()).contains("from_kids")) << "a trusted issuer's key is not ours";
}

TEST_F(Stolen, a10_what_no_key_signed_descends_as_well) {
  world.change(directory::Kind::resource, invoices_id, {{"token_format", "opaque"}});
  const auto opaque = world.exchanged(orchestrator, forged(), {{"scope", "read"}});
  EXPECT_TRUE(opaque_active(opaque));
  rotate();
  world.change(directory::Kind::resource, invoices_id, {{"token_format", "jwt"}});
  const auto later = world.exchanged(orchestrator, opaque);
  EXPECT_EQ(from_kids(later), Kids{kid});
  compromise();
  EXPECT_FALSE(opaque_active(opaque));
  EXPECT_FALSE(active(later));
}

TEST_F(Stolen, a10_an_agreement_that_was_forged_is_part_of_the_descent) {
  rotate();
  const auto agreed =
      world.exchanged(orchestrator, orchestrated(),
                      {{"actor_token", forged({{"sub", worker.id}, {"client_id", worker.id}, {"aud", payments}})},
                       {"actor_token_type", access_token_type}});
  EXPECT_TRUE(active(agreed));
  compromise();
  EXPECT_FALSE(active(agreed));
}

TEST_F(Stolen, a10_a25_nothing_is_made_of_what_descends_from_a_key_that_is_compromised_meanwhile) {
  rotate();
  const auto token = world.exchanged(orchestrator, genuine, {{"scope", "read"}});
  ASSERT_NE(kid_of(token), kid);
  world.change(directory::Kind::resource, invoices_id, {{"token_format", "opaque"}});
  Late late{world};
  auto writes = late.decided(grants::token_exchange, orchestrator,
                             {{"subject_token", token}, {"subject_token_type", access_token_type}});
  late.compromise(kid);
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}

// When it is gone from the JWK Set it can be withdrawn no more: by then all that it signed is over.
TEST_F(Stolen, a10_a_retired_key_signs_nothing_that_outlasts_it) {
  rotate();
  const auto gone_at = world.clock.now() + world.app().keyring.config().retire_after;
  world.clock.set(gone_at - Seconds(600));
  EXPECT_EQ(error_of(world.exchange(orchestrator, forged())), "400 invalid_request");
  EXPECT_EQ(error_of(world.exchange(orchestrator, forged({{"exp", unix_seconds(gone_at)}}))), "200");
}

TEST_F(Stolen, a10_a_descent_longer_than_any_of_ours_is_refused) {
  json::array many;
  for (int i = 0; i < 17; ++i) many.emplace_back("kid_" + std::to_string(i));
  EXPECT_EQ(error_of(world.exchange(orchestrator, forged({{"from_kids", many}}))), "400 invalid_request");
}
