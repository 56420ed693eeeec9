// Token exchange under attack: spliced actors, longer chains, wider scopes, and what should be dead.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/id.h"
#include "grants/grant.h"
#include "tests/kit/family.h"
#include "tests/kit/late.h"
#include "tokens/issue.h"

using namespace deputy;
using test::body_of;
using test::claims_of;
using test::error_of;
using test::Family;
using test::text_at;

namespace {
constexpr auto jwt = "urn:ietf:params:oauth:token-type:jwt";
using Parameters = std::vector<std::pair<std::string, std::string>>;
}  // namespace

TEST(Rfc8693, a22_an_exchange_without_a_subject_is_refused) {
  Family f;
  const auto said = [](const http::Response& response) {
    return error_of(response) + ": " + text_at(body_of(response), "error_description");
  };
  EXPECT_EQ(said(f.world.exchange(f.orchestrator, "")), "400 invalid_request: subject_token is missing");
  EXPECT_EQ(said(f.world.exchange(f.orchestrator, "", {{"actor_token", f.orchestrated()}})),
            "400 invalid_request: subject_token is missing");
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, "x.y.z")), "400 invalid_request");
  // A token of ours is no ID token, and a stranger's signature is no signature.
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, f.orchestrated(),
                                      {{"subject_token_type", "urn:ietf:params:oauth:token-type:id_token"}})),
            "400 invalid_request");
  Family elsewhere;
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, elsewhere.upstream(),
                                      {{"subject_token_type", jwt}, {"resource", Family::invoices}})),
            "400 invalid_request");
}

TEST(Rfc8693, a22_a_trusted_issuers_token_is_for_us_or_for_the_caller) {
  Family f;
  const auto exchange = [&](json::object claims) {
    return error_of(f.world.exchange(f.orchestrator, f.upstream(std::move(claims)),
                                     {{"subject_token_type", jwt}, {"resource", Family::invoices}}));
  };
  EXPECT_EQ(exchange({}), "200");
  EXPECT_EQ(exchange({{"aud", f.orchestrator.id}}), "200");
  EXPECT_EQ(exchange({{"aud", json::array{"https://other.example", f.world.issuer}}}), "200");
  EXPECT_EQ(exchange({{"aud", "https://other.example"}}), "400 invalid_request");
  EXPECT_EQ(exchange({{"aud", f.worker.id}}), "400 invalid_request");
  EXPECT_EQ(exchange({{"sub", "nobody"}}), "400 invalid_request");
  EXPECT_EQ(exchange({{"iss", "https://untrusted.example"}}), "400 invalid_request");
  EXPECT_EQ(exchange({{"exp", unix_seconds(f.world.clock.now()) - 60}}), "400 invalid_request");
  EXPECT_EQ(exchange({{"may_act", json::object{{"sub", f.orchestrator.id}}}}), "200");
  EXPECT_EQ(exchange({{"may_act", json::object{{"sub", f.worker.id}}}}), "400 unauthorized_client");
  EXPECT_EQ(exchange({{"may_act", "anybody"}}), "400 invalid_request");
  // RFC 8693 §4.4: `iss` and `sub` together say who, and so does whatever else is there.
  const auto named = [&](const char* name, json::value value) {
    return exchange({{"may_act", json::object{{"sub", f.orchestrator.id}, {name, std::move(value)}}}});
  };
  EXPECT_EQ(named("iss", json::string(f.world.issuer)), "200");
  EXPECT_EQ(named("iss", Family::issuer), "400 invalid_request");
  EXPECT_EQ(named("iss", "https://other.example"), "400 invalid_request");
  EXPECT_EQ(named("iss", nullptr), "400 invalid_request");
  EXPECT_EQ(named("email", "agent@example.com"), "400 invalid_request");
  EXPECT_EQ(exchange({{"may_act", json::object{{"iss", f.world.issuer}}}}), "400 invalid_request");
  f.world.change(directory::Kind::trusted_issuer, f.trusted, {{"state", "disabled"}});
  EXPECT_EQ(exchange({}), "400 invalid_request");
}

TEST(Rfc8693, i2_a23_a_trusted_issuers_chain_is_not_dropped) {
  Family f;
  const auto exchange = [&](json::value act) {
    return error_of(f.world.exchange(f.orchestrator, f.upstream({{"act", std::move(act)}}),
                                     {{"subject_token_type", jwt}, {"resource", Family::invoices}}));
  };
  EXPECT_EQ(exchange(json::object{{"sub", "another-agent"}}), "400 invalid_request");
  EXPECT_NE(f.last_reason().find("names an actor"), std::string::npos) << f.last_reason();
  EXPECT_EQ(exchange(json::object{{"sub", f.orchestrator.id}}), "400 invalid_request");
  EXPECT_EQ(exchange(nullptr), "400 invalid_request");
}

// Who receives a call holds the caller's token anyway: that is no agreement.
TEST(Rfc8693, a23_a_token_that_was_sent_for_something_else_is_no_agreement) {
  Family f;
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"agreement_required", true}});
  f.world.given_assignment(f.role, f.orchestrator.id);
  const auto token = f.orchestrated("read write");
  const auto with = [&](std::string_view actor_token) {
    return error_of(f.world.exchange(f.worker, token, {{"actor_token", std::string(actor_token)}}));
  };
  EXPECT_EQ(with(token), "400 invalid_request") << "the subject token, twice";
  EXPECT_EQ(with(f.orchestrated("read")), "400 invalid_request") << "for the user";
  EXPECT_EQ(with(f.world.access_token(f.orchestrator, Family::invoices, "read")), "400 invalid_request") << "of a call";
  EXPECT_EQ(with(f.world.access_token(f.worker, "")), "400 invalid_request") << "the worker's own";
  const auto agreement = f.world.access_token(f.orchestrator, "");
  EXPECT_EQ(with(agreement), "200");
  // An agreement that is itself what is exchanged agrees to nothing.
  EXPECT_EQ(error_of(f.world.exchange(f.worker, agreement, {{"actor_token", agreement}})), "400 invalid_request");
}

TEST(Rfc8693, a23_no_actor_is_spliced_dropped_or_reordered) {
  Family f;
  f.world.given_assignment(f.role, f.stranger.id);
  const auto token = f.orchestrated();
  const auto strangers = f.world.access_token(f.stranger, Family::invoices, "read");
  // A valid subject token with an unrelated actor's token.
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, token, {{"actor_token", strangers}})), "400 unauthorized_client");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"actor_token", strangers}})), "400 invalid_request");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"requested_actor", f.other.id}})), "400 invalid_request");
  EXPECT_EQ(error_of(f.world.exchange(f.stranger, token, {{"actor_token", strangers}})), "400 unauthorized_client");
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, token, {{"requested_actor", f.stranger.id}})),
            "400 unauthorized_client");
  // Nobody there, and somebody who may not, look the same (A16).
  const auto nobody = f.world.exchange(f.orchestrator, token, {{"requested_actor", "agt_nobody"}});
  const auto somebody = f.world.exchange(f.orchestrator, token, {{"requested_actor", f.stranger.id}});
  EXPECT_EQ(nobody.body, somebody.body);
  // To whoever is not the token's holder, too.
  EXPECT_EQ(f.world.exchange(f.worker, token, {{"requested_actor", "agt_nobody"}}).body,
            f.world.exchange(f.worker, token, {{"requested_actor", f.stranger.id}}).body);
  // Without any actor parameter the chain is there all the same.
  const auto drawn = f.world.exchanged(f.worker, token, {});
  EXPECT_EQ(Family::chain_of(drawn), f.worker.id + ">" + f.orchestrator.id);
}

TEST(Rfc8693, a23_a_chain_grows_no_longer_than_the_resource_allows) {
  Family f;
  f.world.change(directory::Kind::resource, f.invoices_id, {{"delegation_depth_max", 3}});
  f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
  f.world.change(directory::Kind::agent, f.other.id, {{"delegates", json::array{f.worker.id}}});
  auto token = f.handed_on(f.orchestrator, f.orchestrated(), f.worker);
  token = f.handed_on(f.worker, token, f.other);
  EXPECT_EQ(error_of(f.world.exchange(f.other, token, {{"requested_actor", f.worker.id}})), "400 invalid_target");
}

TEST(Rfc8693, a23_a_depth_bomb_ends_at_the_bound_of_every_tree) {
  Family f;
  f.world.change(directory::Kind::resource, f.invoices_id, {{"delegation_depth_max", 16}});
  f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
  f.world.change(directory::Kind::agent, f.other.id, {{"delegates", json::array{f.worker.id}}});
  auto token = f.handed_on(f.orchestrator, f.orchestrated(), f.worker);
  const auto* from = &f.worker;
  const auto* to = &f.other;
  for (int links = 2; links < 16; ++links, std::swap(from, to)) token = f.handed_on(*from, token, *to);
  EXPECT_EQ(Family::path_of(token).size(), 16u);
  EXPECT_EQ(error_of(f.world.exchange(*from, token, {{"requested_actor", to->id}})), "400 invalid_target");
}

TEST(Rfc8693, a23_exchanging_with_oneself_extends_nothing) {
  Family f;
  auto token = f.orchestrated();
  const auto expires = json_integer(claims_of(token), "exp");
  f.world.clock.advance(Seconds(200));
  token = f.world.exchanged(f.orchestrator, token, {});
  EXPECT_EQ(json_integer(claims_of(token), "exp"), expires);
  token = f.handed_on(f.orchestrator, token, f.worker);
  EXPECT_EQ(json_integer(claims_of(token), "exp"), expires);
  f.world.clock.advance(Seconds(101));
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token)), "400 invalid_request");
}

TEST(Rfc8693, a24_nothing_widens_on_the_way) {
  Family f;
  const auto token = f.handed_on(f.orchestrator, f.orchestrated("read write"), f.worker, {{"scope", "read"}});
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"scope", "write"}})), "400 invalid_scope");
  EXPECT_EQ(text_at(f.world.events("token.issue").back().as_object(), "reason"),
            "invalid_scope: scope write dropped: the parent does not hold it");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"resource", Family::payments}})), "400 invalid_target");
  const auto partial = f.world.exchange(f.worker, token, {{"scope", "read write approve"}});
  EXPECT_EQ(text_at(body_of(partial), "scope"), "read");
  const auto reason = text_at(f.world.events("token.issue").back().as_object(), "reason");
  EXPECT_EQ(reason, "scope approve dropped: the parent does not hold it; scope write dropped: the parent does not "
                    "hold it");
  const auto onward = R"([{"type":"onward","actor":")" + f.other.id +
                      R"(","resource":"https://api.example/invoices","scope":"write"}])";
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"authorization_details", onward}})),
            "400 unauthorized_client");
  f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"authorization_details", onward}})),
            "400 invalid_authorization_details");
}

TEST(Rfc8693, i3_authority_is_what_everybody_holds_now) {
  Family f;
  const auto token = f.orchestrated();
  const auto scopes = [&] {
    const auto response = f.world.exchange(f.orchestrator, token, {{"requested_actor", f.worker.id}});
    return response.status == 200 ? text_at(body_of(response), "scope") : error_of(response);
  };
  EXPECT_EQ(scopes(), "approve read write");
  // A resource that no longer defines a scope, an actor's ceiling, the subject's own role: each takes at once.
  f.world.change(directory::Kind::resource, f.invoices_id,
                 {{"scopes", json::array{json::object{{"name", "read"}}, json::object{{"name", "write"}}}}});
  EXPECT_EQ(scopes(), "read write");
  const auto ceiling = f.world.given_role("reads", f.invoices_id, {"read"});
  const auto bounded = f.world.given_agent("bounded");
  f.world.given_assignment(ceiling, bounded.id, {{"acts", "others"}});
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"delegates", json::array{f.worker.id, bounded.id}}});
  const auto handed = f.world.exchange(f.orchestrator, token, {{"requested_actor", bounded.id}});
  EXPECT_EQ(text_at(body_of(handed), "scope"), "read");
  f.world.change(directory::Kind::agent, bounded.id, {{"delegation", "any"}});
  const auto lifted = f.world.exchange(f.orchestrator, token, {{"requested_actor", bounded.id}});
  EXPECT_EQ(text_at(body_of(lifted), "scope"), "read write");
  f.world.change(directory::Kind::role, f.role,
                 {{"permissions", json::array{json::object{{"resource", f.invoices_id},
                                                           {"scopes", json::array{"write"}}}}}});
  EXPECT_EQ(scopes(), "write");
  f.world.change(directory::Kind::role, f.role,
                 {{"permissions", json::array{json::object{{"resource", f.payments_id},
                                                           {"scopes", json::array{"*"}}}}}});
  EXPECT_EQ(scopes(), "400 invalid_scope");
}

TEST(Rfc8693, i3_nothing_is_minted_that_is_dead_at_birth) {
  Family f;
  const auto token = f.orchestrated();
  const auto path = "/v1/assignments/" + f.users_assignment;
  EXPECT_EQ(f.world.admin_call("DELETE", path).status, 204);
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token)), "400 invalid_request");  // what was out is narrowed away
  f.world.given_assignment(f.role, f.user);
  // Lost and given back within the second: a token of this second would bear an `iat` that the narrowing covers.
  const auto again = [&] {
    return error_of(f.world.exchange(f.orchestrator, f.upstream(),
                                     {{"subject_token_type", jwt}, {"resource", Family::invoices}}));
  };
  EXPECT_EQ(again(), "503 temporarily_unavailable");
  f.world.clock.advance(Seconds(1));
  EXPECT_EQ(again(), "200");
}

TEST(Rfc8693, i6_no_token_outlives_what_it_rests_on) {
  Family f;
  const auto now = unix_seconds(f.world.clock.now());
  const auto expires = [&](const std::string& token) { return *json_integer(claims_of(token), "exp") - now; };
  const auto brief = f.world.exchanged(f.orchestrator, f.upstream({{"exp", now + 100}}),
                                       {{"subject_token_type", jwt}, {"resource", Family::invoices}});
  EXPECT_EQ(expires(brief), 100);
  const auto token = f.orchestrated();
  EXPECT_EQ(expires(token), 300);
  const auto limited = f.handed_on(f.orchestrator, token, f.worker,
                                   {{"authorization_details", R"([{"type":"limits","expires_in":50}])"}});
  EXPECT_EQ(expires(limited), 50);
  f.world.change(directory::Kind::agent, f.worker.id,
                 {{"expires_at", rfc3339(f.world.clock.now() + Seconds(20))}});
  EXPECT_EQ(expires(f.handed_on(f.orchestrator, token, f.worker)), 20);
}

TEST(Rfc8693, a_budget_counts_every_token_below_it) {
  Family f;
  const auto token = f.orchestrated();
  const auto limits = R"([{"type":"limits","uses":3,"max_depth":3}])";
  const auto one = f.handed_on(f.orchestrator, token, f.worker, {{"authorization_details", limits}});
  f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
  const auto two = f.handed_on(f.worker, one, f.other);  // its own node, the same budget
  const auto three = f.world.exchanged(f.worker, one, {});
  EXPECT_EQ(Family::path_of(two).size(), 3u);
  EXPECT_FALSE(three.empty());
  EXPECT_EQ(error_of(f.world.exchange(f.worker, one)), "400 invalid_request");
  EXPECT_EQ(error_of(f.world.exchange(f.other, two)), "400 invalid_request");
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, token, {})), "200");
  f.world.change(directory::Kind::agent, f.other.id, {{"delegates", json::array{f.worker.id}}});
  EXPECT_EQ(error_of(f.world.exchange(f.other, two, {{"requested_actor", f.worker.id}})), "400 invalid_target");
}

TEST(Rfc7009, s2_1_giving_up_a_token_that_is_dead_ends_its_delegation) {
  for (const bool opaque : {false, true}) {
    Family f;
    if (opaque) f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", "opaque"}});
    const auto token = f.orchestrated("read write");
    const auto event = f.world.events("token.issue").back().as_object();
    const std::string delegation(json_member_array(event, "delegations")->back().as_string());
    const auto give_up = [&](const test::Given& client) {
      return f.world.form("/oauth2/revoke", {{"token", token}}, {{"Authorization", f.world.basic(client)}}).status;
    };
    const auto alive = [&] { return !(*f.world.store->delegation("default", delegation))->revoked_at; };
    // Killed by a narrowing, or expired: either way what it was drawn from goes on.
    if (opaque)
      ASSERT_EQ(f.world.admin_call("DELETE", "/v1/assignments/" + f.users_assignment).status, 204);
    else
      f.world.clock.advance(Seconds(301));
    ASSERT_FALSE(body_of(f.world.introspect(f.invoices_api, token)).at("active").as_bool());
    EXPECT_EQ(give_up(f.worker), 200);
    EXPECT_TRUE(alive()) << "another client's is left alone";
    EXPECT_EQ(give_up(f.orchestrator), 200);
    EXPECT_FALSE(alive());
  }
}

TEST(Rfc8693, i4_a25_nothing_grows_from_what_is_dead) {
  Family f;
  const auto first = f.orchestrated();
  const auto second = f.handed_on(f.orchestrator, first, f.worker);
  const auto revoked = f.world.form("/oauth2/revoke", {{"token", first}},
                                    {{"Authorization", f.world.basic(f.orchestrator)}});
  EXPECT_EQ(revoked.status, 200);
  // The token, and all below its delegation.
  EXPECT_FALSE(f.active(first));
  EXPECT_FALSE(f.active(second));
  EXPECT_EQ(error_of(f.world.exchange(f.worker, second)), "400 invalid_request");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, first)), "400 invalid_request");
  EXPECT_EQ(f.last_reason(), "invalid_request: the subject token is revoked");
  f.world.restart();
  EXPECT_FALSE(f.active(second));
  // A newer token begins a new tree: what is revoked is not taken up again.
  f.world.clock.advance(Seconds(1));
  const auto anew = f.orchestrated();
  EXPECT_NE(Family::path_of(anew), Family::path_of(first));
}

TEST(Rfc8693, i4_a28_everybody_on_the_chain_must_be_active) {
  for (const auto* who : {"user", "orchestrator", "worker"}) {
    Family f;
    const auto token = f.handed_on(f.orchestrator, f.orchestrated(), f.worker);
    const auto kind = *who == 'u' ? directory::Kind::user : directory::Kind::agent;
    const auto id = *who == 'u' ? f.user : *who == 'o' ? f.orchestrator.id : f.worker.id;
    f.world.change(kind, id, {{"state", *who == 'u' ? "disabled" : "suspended"}});
    EXPECT_EQ(error_of(f.world.exchange(f.worker, token)), *who == 'w' ? "401 invalid_client" : "400 invalid_request")
        << who;
    EXPECT_FALSE(f.active(token)) << who;
  }
}

TEST(Rfc8693, a42_bad_details_are_refused_whole) {
  Family f;
  const auto token = f.orchestrated();
  for (const auto* details :
       {"{}", "[1]", "[{}]", R"([{"type":"payment"}])", R"([{"type":"limits","uses":0}])", "[[[[[[]]]]]]", "not json",
        R"([{"type":"limits","uses":1.5}])", R"([{"type":"limits","max_depth":17}])", R"([{"type":"limits","more":1}])",
        R"([{"type":"onward","actor":"agt_x","resource":"https://x"}])",
        R"([{"type":"onward","actor":"agt_x","resource":"https://x","scope":""}])"})
    EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, token, {{"authorization_details", details}})),
              "400 invalid_authorization_details")
        << details;
}

TEST(Rfc8693, a10_a25_nothing_is_made_of_what_a_key_signed_that_is_compromised_meanwhile) {
  Family f;
  const auto token = f.orchestrated();
  f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", "opaque"}});  // so that no key signs it
  test::Late late{f.world};
  auto writes = late.decided(grants::token_exchange, f.orchestrator,
                             {{"subject_token", token},
                              {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"}});
  late.compromise(text_at(test::header_of(token), "kid"));
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}

TEST(Rfc8693, a10_a25_no_token_is_sent_whose_own_key_is_compromised_meanwhile) {
  Family f;
  f.world.given_assignment(f.role, f.orchestrator.id);
  test::Late late{f.world};
  auto writes = late.decided(grants::client_credentials, f.orchestrator, {{"resource", Family::invoices}});
  late.compromise(text_at(test::header_of(f.orchestrated()), "kid"));
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}

TEST(Rfc8693, a10_a25_an_agreement_whose_key_is_compromised_meanwhile_is_none) {
  Family f;
  f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", "opaque"}});  // so that no key signs it
  const auto token = f.orchestrated();
  f.world.given_assignment(f.role, f.worker.id);
  const auto agreement = f.world.access_token(f.worker, Family::payments);
  test::Late late{f.world};
  auto writes = late.decided(grants::token_exchange, f.orchestrator,
                             {{"subject_token", token},
                              {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"},
                              {"actor_token", agreement},
                              {"actor_token_type", "urn:ietf:params:oauth:token-type:access_token"}});
  late.compromise(text_at(test::header_of(agreement), "kid"));
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}

TEST(Rfc8693, a25_an_agreement_that_is_given_up_meanwhile_is_none) {
  Family f;
  const auto own = "urn:ietf:params:oauth:token-type:access_token";
  const auto token = f.orchestrated();
  const auto agreement = text_at(body_of(f.world.token(f.worker)), "access_token");
  test::Late late{f.world};
  const auto decided = [&] {
    return late.decided(grants::token_exchange, f.orchestrator,
                        {{"subject_token", token}, {"subject_token_type", own},
                         {"actor_token", agreement}, {"actor_token_type", own}});
  };
  auto in_time = decided(), too_late = decided();
  EXPECT_TRUE(late.becomes_durable(std::move(in_time)));
  const http::Headers by_worker{{"Authorization", f.world.basic(f.worker)}};
  ASSERT_EQ(f.world.form("/oauth2/revoke", {{"token", agreement}}, by_worker).status, 200);
  EXPECT_FALSE(late.becomes_durable(std::move(too_late)));
}
