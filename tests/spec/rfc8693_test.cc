// Token exchange (RFC 8693): who may exchange what, what is left of it, and the chain that nobody can drop.
#include <gtest/gtest.h>

#include <set>

#include "endpoints/oauth.h"
#include "tests/kit/family.h"
#include "tests/kit/flow.h"
#include "tests/kit/late.h"

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

TEST(Rfc8693, s2_2_1_the_answer_says_what_was_issued) {
  Family f;
  const auto response = f.world.exchange(f.orchestrator, f.upstream(),
                                         {{"subject_token_type", jwt}, {"resource", Family::invoices}});
  ASSERT_EQ(error_of(response), "200") << response.body;
  const auto body = body_of(response);
  EXPECT_EQ(text_at(body, "issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
  EXPECT_EQ(text_at(body, "token_type"), "Bearer");
  EXPECT_EQ(text_at(body, "scope"), "approve read write");
  EXPECT_EQ(json_integer(body, "expires_in"), 300);
  const auto asked = f.world.exchange(
      f.orchestrator, f.upstream(),
      {{"subject_token_type", jwt}, {"resource", Family::invoices}, {"requested_token_type", jwt}});
  EXPECT_EQ(text_at(body_of(asked), "issued_token_type"), jwt);
}

TEST(Rfc8693, s2_2_1_an_opaque_token_is_not_called_a_jwt) {
  Family f;
  f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", "opaque"}});
  const auto ask = [&](std::string_view type) {
    return f.world.exchange(f.orchestrator, f.upstream(),
                            {{"subject_token_type", jwt}, {"resource", Family::invoices},
                             {"requested_token_type", std::string(type)}});
  };
  EXPECT_EQ(error_of(ask(jwt)), "400 invalid_request");
  const auto given = body_of(ask("urn:ietf:params:oauth:token-type:access_token"));
  EXPECT_TRUE(text_at(given, "access_token").starts_with("dot_"));
  EXPECT_EQ(text_at(given, "issued_token_type"), "urn:ietf:params:oauth:token-type:access_token");
}

TEST(Rfc8693, s4_1_the_subject_stays_and_the_actors_nest) {
  Family f;
  const auto first = f.orchestrated();
  EXPECT_EQ(text_at(claims_of(first), "sub"), f.user);
  EXPECT_EQ(text_at(claims_of(first), "client_id"), f.orchestrator.id);
  EXPECT_EQ(text_at(claims_of(first), "sub_type"), "user");
  EXPECT_EQ(Family::chain_of(first), f.orchestrator.id);
  ASSERT_EQ(Family::path_of(first).size(), 1u);

  const auto second = f.handed_on(f.orchestrator, first, f.worker, {{"scope", "read"}});
  const auto claims = claims_of(second);
  EXPECT_EQ(text_at(claims, "sub"), f.user);
  EXPECT_EQ(text_at(claims, "client_id"), f.worker.id);
  EXPECT_EQ(text_at(claims, "scope"), "read");
  EXPECT_EQ(Family::chain_of(second), f.worker.id + ">" + f.orchestrator.id);
  ASSERT_EQ(Family::path_of(second).size(), 2u);
  EXPECT_EQ(Family::path_of(second).front(), Family::path_of(first).front());
  EXPECT_TRUE(f.active(first));
  EXPECT_TRUE(f.active(second));

  const auto event = f.world.events("token.issue").back().as_object();
  EXPECT_EQ(text_at(event, "client"), f.orchestrator.id);
  EXPECT_EQ(text_at(event, "subject"), f.user);
  EXPECT_EQ(json_member_array(event, "delegations")->size(), 2u);
  EXPECT_EQ(json_member_array(event, "chain")->size(), 2u);
}

TEST(Rfc8693, a_holder_narrows_its_token_to_another_resource_of_its_delegation) {
  Family f;
  const auto broad = f.world.exchanged(
      f.orchestrator, f.upstream(),
      {{"subject_token_type", jwt},
       {"resource", Family::invoices},
       {"authorization_details", R"([{"type":"onward","actor":")" + f.worker.id +
                                     R"(","resource":"https://api.example/payments","scope":"pay"}])"}});
  const auto narrow = f.world.exchanged(f.orchestrator, broad, {{"scope", "read"}});
  EXPECT_EQ(text_at(claims_of(narrow), "scope"), "read");
  EXPECT_EQ(Family::chain_of(narrow), Family::chain_of(broad));
  EXPECT_EQ(Family::path_of(narrow), Family::path_of(broad));
  // What is onward for the worker is not the orchestrator's to draw.
  EXPECT_EQ(error_of(f.world.exchange(f.orchestrator, broad, {{"resource", Family::payments}})), "400 invalid_target");
}

TEST(Rfc8693, who_receives_a_call_draws_only_what_is_onward_for_it) {
  Family f;
  // The worker is a resource of its own: it is called.
  const auto desk = f.world.given_resource("https://worker.example/", {"ask"}, {{"principal", f.worker.id}});
  const auto asks = f.world.given_role("asks", desk, {"ask"});
  f.world.given_assignment(asks, f.user);
  f.world.given_assignment(asks, f.orchestrator.id, {{"acts", "others"}});
  f.world.change(directory::Kind::trusted_issuer, f.trusted,
                 {{"permissions",
                   json::array{json::object{{"resource", desk}, {"scopes", json::array{"*"}}},
                               json::object{{"resource", f.invoices_id}, {"scopes", json::array{"*"}}}}}});
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"delegates", json::array{f.worker.id}}});
  const auto call = [&](std::string details) {
    Parameters more{{"subject_token_type", jwt}, {"resource", "https://worker.example/"}};
    if (!details.empty()) more.emplace_back("authorization_details", details);
    return f.world.exchanged(f.orchestrator, f.upstream(), more);
  };
  const auto agreed = call(R"([{"type":"onward","actor":")" + f.worker.id +
                           R"(","resource":"https://api.example/invoices","scope":"read"}])");
  const auto drawn = f.world.exchanged(f.worker, agreed, {{"resource", Family::invoices}});
  EXPECT_EQ(text_at(claims_of(drawn), "scope"), "read");
  EXPECT_EQ(text_at(claims_of(drawn), "sub"), f.user);
  EXPECT_EQ(Family::chain_of(drawn), f.worker.id + ">" + f.orchestrator.id);
  EXPECT_EQ(error_of(f.world.exchange(f.worker, agreed, {{"resource", Family::invoices}, {"scope", "write"}})),
            "400 invalid_scope");
  // Nothing is onward by default; presenting a token hands nothing over. Not even to a delegate, of another resource.
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"delegates", json::array()}});
  const auto bare = call("");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, bare, {{"resource", Family::invoices}})), "400 invalid_target");
}

TEST(Rfc8693, a_delegate_draws_on_the_token_it_received_and_no_wider) {
  Family f;
  const auto token = f.orchestrated("read write");
  const auto drawn = f.world.exchanged(f.worker, token, {{"scope", "read approve"}});
  EXPECT_EQ(text_at(claims_of(drawn), "scope"), "read");
  EXPECT_EQ(Family::chain_of(drawn), f.worker.id + ">" + f.orchestrator.id);
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"resource", Family::payments}})), "400 invalid_target");
  EXPECT_EQ(error_of(f.world.exchange(f.stranger, token)), "400 unauthorized_client");
}

TEST(Rfc8693, a_holder_may_require_its_own_agreement) {
  Family f;
  f.world.change(directory::Kind::agent, f.orchestrator.id, {{"agreement_required", true}});
  const auto token = f.orchestrated();
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token)), "400 invalid_request");
  // A token of its own for this server opens nothing: it is given to agree.
  const auto proof = f.world.access_token(f.orchestrator, "");
  EXPECT_EQ(error_of(f.world.exchange(f.worker, token, {{"actor_token", proof}})), "200");
}

TEST(Rfc8693, an_agent_delegates_its_own_authority) {
  Family f;
  f.world.given_assignment(f.role, f.orchestrator.id);  // of its own
  const auto own = f.world.access_token(f.orchestrator, Family::invoices, "read write");
  EXPECT_TRUE(Family::path_of(own).empty());
  const auto token = f.handed_on(f.orchestrator, own, f.worker, {{"scope", "read"}});
  EXPECT_EQ(text_at(claims_of(token), "sub"), f.orchestrator.id);
  EXPECT_EQ(Family::chain_of(token), f.worker.id);
  ASSERT_EQ(Family::path_of(token).size(), 1u);
  const auto node = f.world.store->delegation("default", Family::path_of(token).front());
  EXPECT_EQ((*node)->origin, delegation::Origin::own);
  EXPECT_EQ((*node)->subject, f.orchestrator.id);
  // Narrowing what is its own makes no node and leaves no link.
  const auto narrow = f.world.exchanged(f.orchestrator, own, {{"scope", "read"}});
  EXPECT_TRUE(Family::path_of(narrow).empty());
  EXPECT_EQ(Family::chain_of(narrow), "");
}

TEST(Rfc8693, an_identical_hand_on_shares_its_node) {
  Family f;
  const auto token = f.orchestrated();
  const auto one = f.handed_on(f.orchestrator, token, f.worker, {{"scope", "read"}});
  const auto two = f.handed_on(f.orchestrator, f.orchestrated(), f.worker, {{"scope", "read"}});
  const auto three = f.handed_on(f.orchestrator, token, f.worker, {{"scope", "write"}});
  EXPECT_EQ(Family::path_of(one), Family::path_of(two));
  EXPECT_NE(Family::path_of(one).back(), Family::path_of(three).back());
  const auto node = f.world.store->delegation("default", Family::path_of(one).back());
  EXPECT_EQ((*node)->uses, 2u);
  EXPECT_EQ((*node)->tokens_live_max, 2u);
}

TEST(Rfc8693, s1_1_an_application_becomes_the_innermost_actor) {
  Family f;
  auto app = f.world.given_application("desk");
  f.world.change(directory::Kind::application, app.id, {{"delegates", json::array{f.worker.id}}});
  f.world.given_assignment(f.role, app.id, {{"acts", "others"}});
  const auto token = f.world.exchanged(app, f.upstream(),
                                       {{"subject_token_type", jwt}, {"resource", Family::invoices}});
  EXPECT_EQ(Family::chain_of(token), "");
  EXPECT_EQ(Family::path_of(token).size(), 1u);
  const auto drawn = f.world.exchanged(f.worker, token, {{"scope", "read"}});
  EXPECT_EQ(Family::chain_of(drawn), f.worker.id + ">" + app.id);
}

TEST(Rfc8693, s2_1_what_is_required_is_required) {
  Family f;
  const auto token = f.orchestrated();
  const auto refused = [&](Parameters more) { return error_of(f.world.exchange(f.orchestrator, token, more)); };
  EXPECT_EQ(refused({{"subject_token_type", ""}}), "400 invalid_request");
  EXPECT_EQ(refused({{"subject_token_type", "urn:ietf:params:oauth:token-type:saml2"}}), "400 invalid_request");
  EXPECT_EQ(refused({{"actor_token_type", jwt}}), "400 invalid_request");
  EXPECT_EQ(refused({{"actor_token", token}, {"actor_token_type", ""}}), "400 invalid_request");
  EXPECT_EQ(refused({{"requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"}}),
            "400 invalid_request");
  EXPECT_EQ(refused({{"resource", "https://nowhere.example"}}), "400 invalid_target");
  EXPECT_EQ(refused({{"audience", "nowhere"}}), "400 invalid_target");
  EXPECT_EQ(refused({{"resource", Family::invoices}, {"resource", Family::payments}}), "400 invalid_target");
  EXPECT_EQ(refused({{"resource", Family::invoices}, {"audience", f.payments_id}}), "400 invalid_target");
  EXPECT_EQ(refused({{"audience", f.invoices_id}}), "200");
  EXPECT_EQ(refused({{"scope", "nonsense"}}), "400 invalid_scope");
}

// RFC 8693 §2.1: "the logical name of the target service".
TEST(Rfc8693, s2_1_an_audience_may_be_the_name_of_a_resource_that_no_other_bears) {
  Family f;
  const auto named = [&](std::string_view name) {
    const auto answer = f.world.exchange(f.orchestrator, f.upstream(),
                                         {{"subject_token_type", jwt}, {"audience", std::string(name)}});
    if (answer.status != 200) return error_of(answer);
    return text_at(claims_of(text_at(body_of(answer), "access_token")), "aud");
  };
  const auto call = [&](const std::string& id, const char* name) {
    f.world.change(directory::Kind::resource, id, {{"name", name}});
  };
  EXPECT_EQ(named("Payments"), "400 invalid_target");
  call(f.payments_id, "Payments");
  EXPECT_EQ(named("Payments"), Family::payments);
  EXPECT_EQ(named("payments"), "400 invalid_target") << "as it is spelled";
  call(f.invoices_id, "Payments");
  EXPECT_EQ(named("Payments"), "400 invalid_target") << "which of the two?";
  EXPECT_EQ(named(f.payments_id), Family::payments) << "an id says which";
  call(f.invoices_id, "Invoices");
  EXPECT_EQ(named("Payments"), Family::payments);
  EXPECT_EQ(named("Invoices"), Family::invoices);
}

TEST(Rfc8693, s2_1_of_several_audiences_none_is_taken) {
  Family f;
  const auto token = f.orchestrated();
  const auto named = [&](std::vector<std::string> audiences, Parameters more = {}) {
    for (auto& audience : audiences) more.emplace_back("audience", std::move(audience));
    return error_of(f.world.exchange(f.orchestrator, token, std::move(more)));
  };
  EXPECT_EQ(named({f.invoices_id, f.payments_id}), "400 invalid_target");
  EXPECT_EQ(named({f.payments_id, f.invoices_id}), "400 invalid_target");
  EXPECT_EQ(named({f.invoices_id, f.invoices_id}), "400 invalid_target");
  EXPECT_EQ(named({f.invoices_id, f.payments_id}, {{"resource", Family::invoices}}), "400 invalid_target");
  EXPECT_EQ(named({f.invoices_id}, {{"resource", Family::invoices}}), "200");
}

TEST(Rfc8693, s2_2_2_a_subject_token_that_is_forged_expired_or_revoked_is_invalid_request) {
  Family f;
  const auto refused = [&](const std::string& token) { return error_of(f.world.exchange(f.orchestrator, token)); };
  const auto upstream = [&](json::object claims) {
    return error_of(f.world.exchange(f.orchestrator, f.upstream(std::move(claims)),
                                     {{"subject_token_type", jwt}, {"resource", Family::invoices}}));
  };
  const auto token = f.orchestrated(), narrower = f.orchestrated("read");
  EXPECT_EQ(refused(token.substr(0, token.rfind('.')) + narrower.substr(narrower.rfind('.'))), "400 invalid_request")
      << "the signature of another token";
  EXPECT_EQ(refused(narrower), "200");
  const http::Headers as_orchestrator{{"Authorization", f.world.basic(f.orchestrator)}};
  ASSERT_EQ(f.world.form("/oauth2/revoke", {{"token", narrower}}, as_orchestrator).status, 200);
  EXPECT_EQ(refused(narrower), "400 invalid_request");
  f.world.clock.advance(Seconds(1));
  const auto last = f.orchestrated();
  f.world.clock.advance(Seconds(299));
  EXPECT_EQ(refused(last), "200");
  f.world.clock.advance(Seconds(1));
  EXPECT_EQ(refused(last), "400 invalid_request");
  EXPECT_EQ(upstream({}), "200");
  EXPECT_EQ(upstream({{"exp", unix_seconds(f.world.clock.now()) - 60}}), "400 invalid_request");
}

TEST(Rfc8693, a_hand_on_whose_budget_is_spent_is_made_anew) {
  Family f;
  const auto hand_on = [&](const std::string& token, std::string_view limits) {
    return f.world.exchange(f.orchestrator, token,
                            {{"requested_actor", f.worker.id}, {"authorization_details", std::string(limits)}});
  };
  const auto node_of = [](const http::Response& response) {
    EXPECT_EQ(error_of(response), "200") << response.body;
    const auto path = Family::path_of(text_at(body_of(response), "access_token"));
    return path.empty() ? std::string() : path.back();
  };
  constexpr auto once = R"([{"type":"limits","uses":1}])", twice = R"([{"type":"limits","uses":2}])";
  const auto token = f.orchestrated();
  const auto first = hand_on(token, once), second = hand_on(token, once), third = hand_on(token, once);
  EXPECT_EQ((std::set{node_of(first), node_of(second), node_of(third)}).size(), 3u);
  EXPECT_EQ(error_of(f.world.exchange(f.worker, text_at(body_of(first), "access_token"))), "400 invalid_request")
      << "who holds what was handed on draws no more than was given with it";
  const auto shared = node_of(hand_on(token, twice));
  EXPECT_EQ(node_of(hand_on(token, twice)), shared) << "one that is not spent is shared";
  EXPECT_NE(node_of(hand_on(token, twice)), shared);
}

namespace {

// The same hand-on, of so many tokens at most, again and again.
struct HandOn {
  HandOn(Family& family, const test::Given& from, const test::Given& to, const std::string& token, int uses)
      : f(family),
        form{{"grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"},
             {"subject_token", token},
             {"subject_token_type", "urn:ietf:params:oauth:token-type:access_token"},
             {"requested_actor", to.id},
             {"authorization_details", R"([{"type":"limits","uses":)" + std::to_string(uses) + "}]"}},
        headers{{"Authorization", f.world.basic(from)}, {"Content-Type", "application/x-www-form-urlencoded"}} {}
  std::string once() const { return error_of(f.world.form("/oauth2/token", form, {headers.front()})); }
  // Decided before another, and written after it.
  http::Response overtaken() const {
    http::Request request{.method = "POST", .path = "/oauth2/token", .headers = headers, .body = test::form_text(form)};
    return test::Late{f.world}.settled(endpoints::token, std::move(request), [&] { EXPECT_EQ(once(), "200"); });
  }
  Family& f;
  test::Pairs form;
  http::Headers headers;
};

}  // namespace

// As one after another: what is given with each is no limit on who gives it.
TEST(Rfc8693, a_hand_on_whose_shared_node_is_spent_meanwhile_is_made_when_it_is_asked_for_again) {
  Family f;
  const HandOn hand_on(f, f.orchestrator, f.worker, f.orchestrated(), 2);
  EXPECT_EQ(hand_on.once(), "200");
  const auto overtaken = hand_on.overtaken();
  EXPECT_EQ(error_of(overtaken), "503 temporarily_unavailable");
  EXPECT_TRUE(http::only_value(overtaken.headers, "Retry-After"));
  EXPECT_EQ(hand_on.once(), "200");
}

// What is spent above it is spent for good: nobody is told to try again.
TEST(Rfc8693, a24_a_hand_on_whose_budget_above_it_is_spent_meanwhile_is_refused) {
  Family f;
  f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
  // Of three tokens the first is the hand-on itself.
  const auto bounded = f.handed_on(f.orchestrator, f.orchestrated(), f.worker,
                                   {{"authorization_details", R"([{"type":"limits","uses":3}])"}});
  const HandOn hand_on(f, f.worker, f.other, bounded, 3);
  EXPECT_EQ(hand_on.once(), "200");
  EXPECT_EQ(error_of(hand_on.overtaken()), "400 invalid_request");
  EXPECT_EQ(hand_on.once(), "400 invalid_request");
}

// I1: what is made anew hangs from the same parent, whose budget it counts against.
TEST(Rfc8693, a24_no_hand_on_is_made_anew_beyond_the_budget_above_it) {
  for (const std::string_view limits : {"", R"([{"type":"limits","uses":1}])"}) {
    Family f;
    f.world.change(directory::Kind::agent, f.worker.id, {{"delegates", json::array{f.other.id}}});
    // Of two tokens the first is the hand-on itself.
    const auto bounded = f.handed_on(f.orchestrator, f.orchestrated(), f.worker,
                                     {{"authorization_details", R"([{"type":"limits","uses":2}])"}});
    const auto hand_on = [&] {
      std::vector<std::pair<std::string, std::string>> more{{"requested_actor", f.other.id}};
      if (!limits.empty()) more.emplace_back("authorization_details", limits);
      return error_of(f.world.exchange(f.worker, bounded, more));
    };
    EXPECT_EQ(hand_on(), "200") << limits;
    EXPECT_EQ(hand_on(), "400 invalid_request") << limits;
    EXPECT_EQ(f.world.store->delegations("default", {.actor = f.other.id, .limit = 9})->size(), 1u) << limits;
  }
}

// RFC 8693 §3: a JWT is a JWT.
TEST(Rfc8693, a22_an_opaque_token_is_exchanged_as_an_access_token_and_as_nothing_else) {
  Family f;
  f.world.given_assignment(f.role, f.worker.id);
  f.world.change(directory::Kind::resource, f.invoices_id, {{"token_format", "opaque"}});
  const auto token = f.orchestrated("read"), workers = f.world.access_token(f.worker, Family::invoices, "read");
  ASSERT_TRUE(token.starts_with("dot_") && workers.starts_with("dot_"));
  const auto type = [](std::string_view name) { return "urn:ietf:params:oauth:token-type:" + std::string(name); };
  const auto subject = [&](std::string_view name) {
    return error_of(f.world.exchange(f.orchestrator, token, {{"subject_token_type", type(name)}}));
  };
  EXPECT_EQ(subject("jwt"), "400 invalid_request");
  EXPECT_EQ(subject("id_token"), "400 invalid_request");
  EXPECT_EQ(subject("access_token"), "200");
  const auto actor = [&](std::string_view name) {
    return error_of(
        f.world.exchange(f.orchestrator, token, {{"actor_token", workers}, {"actor_token_type", type(name)}}));
  };
  EXPECT_EQ(actor("jwt"), "400 invalid_request");
  EXPECT_EQ(actor("access_token"), "200");
}

TEST(Rfc8693, an_exchange_for_this_server_itself_says_that_there_is_none) {
  Family f;
  for (const auto* parameter : {"resource", "audience"}) {
    const auto answer = f.world.exchange(f.orchestrator, f.orchestrated(), {{parameter, f.world.issuer}});
    EXPECT_EQ(error_of(answer), "400 invalid_target");
    EXPECT_EQ(text_at(body_of(answer), "error_description"),
              "an exchange gives no token for this server itself: name the resource it is for");
  }
}
