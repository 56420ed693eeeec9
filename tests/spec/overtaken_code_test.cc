// A28: a code that was decided before its agent, its person, its consent or its session was stopped is not written
// after, nor is what an earlier one gives.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "endpoints/authorize/authorize.h"
#include "endpoints/people/people.h"
#include "tests/kit/flow.h"
#include "tests/kit/late.h"
#include "tokens/session_clients.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Overtaken : testing::Test, Flow {
  Overtaken() { sign_in(); }

  // What comes of a request that is decided before `meanwhile` and becomes durable after it.
  http::Response settled(endpoints::Endpoint endpoint, http::Request request, const std::function<void()>& meanwhile) {
    request.headers.emplace_back("Cookie", cookie);
    return Late{world}.settled(endpoint, std::move(request), meanwhile);
  }
  http::Response authorized(const std::function<void()>& meanwhile, Pairs change = {}) {
    const auto query = form_text(request(agent, std::move(change)));
    return settled(endpoints::authorize::authorize,
                   {.method = "GET", .path = "/oauth2/authorize", .query = query}, meanwhile);
  }
  http::Response allowed(const http::Response& asked, const std::function<void()>& meanwhile) {
    const auto fields = all_allowed(browse(location_of(asked)).body);
    const auto location = location_of(asked);
    return settled(endpoints::people::consent,
                   {.method = "POST", .path = "/consent", .query = location.substr(location.find('?') + 1),
                    .headers = {{"Content-Type", "application/x-www-form-urlencoded"}}, .body = form_text(fields)},
                   meanwhile);
  }
  // By another client, where they signed in before.
  void sign_out_at(const std::string& id_token) {
    ASSERT_EQ(browse("/oauth2/logout?id_token_hint=" + id_token).status, 200);
  }
  std::string id_token_of_other() {
    disclose(other, "openid");
    const Pairs asked{{"scope", "openid"}, {"resource", ""}, {"redirect_uri", "https://other.example/cb"}};
    return text_at(body_of(redeem(other, code(other, asked))), "id_token");
  }
  std::vector<std::string> noted() {
    return *tokens::clients_of("default", session, *world.store, world.clock.now());
  }
  void suspend() { act("agents/" + agent.id + "/suspend"); }
  void act(const std::string& path) {
    ASSERT_EQ(world.admin_call("POST", "/v1/" + path, {{"reason", "test"}}).status, 200) << path;
  }
};

}  // namespace

TEST_F(Overtaken, a28_no_code_is_written_for_whom_was_stopped_meanwhile) {
  const auto root = consent(agent);
  EXPECT_EQ(outcome_of(authorized([] {})), "code");
  const auto disabled = [&](std::string_view state) {
    EXPECT_EQ(world.admin_call("PATCH", "/v1/users/" + user, {{"state", state}}).status, 200);
  };
  EXPECT_EQ(outcome_of(authorized([&] { suspend(); })), "temporarily_unavailable");
  EXPECT_EQ(text_at(world.events("authorization.request").back().as_object(), "decision"), "refused");
  act("agents/" + agent.id + "/resume");
  world.clock.advance(Seconds(2));
  EXPECT_EQ(outcome_of(authorized([] {})), "code") << "who asks again is answered";
  EXPECT_EQ(outcome_of(authorized([&] { act("delegations/" + root + "/revoke"); })), "temporarily_unavailable");
  consent(agent);
  EXPECT_EQ(outcome_of(authorized([&] { disabled("disabled"); })), "temporarily_unavailable");
}

TEST_F(Overtaken, a28_i4_what_is_put_together_is_on_record_for_nobody_who_takes_one_part_back_meanwhile) {
  const auto first = consent(agent, {"read"}), second = consent(agent, {"write"});
  const auto roots = [&] { return world.store->delegations("default", {.under = user})->size(); };
  const auto last = [&] { return text_at(world.events("authorization.request").back().as_object(), "decision"); };
  const auto revoke = [&](const std::string& part) { return [&, part] { act("delegations/" + part + "/revoke"); }; };
  EXPECT_EQ(outcome_of(authorized(revoke(first))), "temporarily_unavailable");
  EXPECT_EQ(roots(), 2u) << "nothing was put together";
  EXPECT_EQ(last(), "refused");
  consent(agent, {"read"});
  EXPECT_EQ(outcome_of(authorized([] {})), "code");
  EXPECT_EQ(roots(), 4u);
  EXPECT_EQ(outcome_of(authorized(revoke(second))), "temporarily_unavailable") << "it was there, and ends with it";
  EXPECT_EQ(last(), "refused");
}

// What is put together is made with its code: before that there is no such delegation, and a refusal names none.
TEST_F(Overtaken, a_refusal_names_the_consent_that_its_code_would_have_rested_on) {
  using Texts = std::vector<std::string>;
  const auto named = [&] {
    const auto event = world.events("authorization.request").back().as_object();
    auto names = texts_of(event, "delegations");
    names.insert(names.begin(), text_of(event, "decision"));
    return names;
  };
  const auto first = consent(agent, {"read"}), second = consent(agent, {"write"});
  EXPECT_EQ(outcome_of(authorized([&] { act("delegations/" + first + "/revoke"); })), "temporarily_unavailable");
  EXPECT_EQ(named(), Texts{"refused"}) << "none was put together";
  const auto again = consent(agent, {"read"});
  ASSERT_EQ(outcome_of(authorized([] {})), "code");
  auto path = named();
  ASSERT_EQ(path.size(), 4u) << "it rests on both, and is itself the last";
  path.front() = "refused";
  EXPECT_EQ(outcome_of(authorized([&] { act("delegations/" + second + "/revoke"); })), "temporarily_unavailable");
  EXPECT_EQ(named(), path) << "it was there";
  EXPECT_EQ(outcome_of(authorized([&] { act("delegations/" + again + "/revoke"); }, {{"scope", "read"}})),
            "temporarily_unavailable");
  EXPECT_EQ(named(), (Texts{"refused", again}));
}

TEST_F(Overtaken, a28_who_signs_out_meanwhile_is_signed_in_to_no_client_that_nobody_tells) {
  const auto elsewhere = id_token_of_other();
  consent(agent);
  disclose(agent, "openid");
  const Pairs asked{{"scope", "openid read"}};
  EXPECT_EQ(outcome_of(authorized([&] { sign_out_at(elsewhere); }, asked)), "temporarily_unavailable");
  EXPECT_EQ(text_at(world.events("authorization.request").back().as_object(), "decision"), "refused");
  EXPECT_EQ(noted(), std::vector<std::string>{other.id});
  EXPECT_EQ(outcome_of(authorize(agent, asked)), "/sign-in") << "who asks again is answered";
}

TEST_F(Overtaken, a28_a_yes_of_who_signs_out_meanwhile_is_none) {
  const auto elsewhere = id_token_of_other();
  const auto asked = authorize(agent, {{"scope", "openid read"}});
  ASSERT_EQ(outcome_of(asked), "/consent");
  EXPECT_EQ(outcome_of(allowed(asked, [&] { sign_out_at(elsewhere); })), "/consent");
  EXPECT_TRUE(world.events("consent.give").empty());
  EXPECT_TRUE(world.store->delegations("default", {.under = user})->empty());
  EXPECT_EQ(noted(), std::vector<std::string>{other.id});
  EXPECT_EQ(outcome_of(browse(location_of(asked))), "/sign-in");
}

TEST_F(Overtaken, backchannel_s2_7_no_id_token_names_a_session_that_ends_while_it_is_made) {
  const auto elsewhere = id_token_of_other();
  consent(agent);
  disclose(agent, "openid");
  const Pairs asked{{"scope", "openid read"}};
  const auto lasting = text_at(body_of(redeem(agent, code(agent, asked))), "refresh_token");
  const auto good = code(agent, asked);
  Late late{world};
  auto at_once = late.decided(grants::authorization_code, agent, {{"code", good}, {"code_verifier", verifier}});
  auto later = late.decided(grants::refresh_token, agent, {{"refresh_token", lasting}});
  sign_out_at(elsewhere);
  EXPECT_FALSE(late.becomes_durable(std::move(at_once)));
  EXPECT_FALSE(late.becomes_durable(std::move(later)));
  for (const auto& again : {redeem(agent, good), refresh(agent, lasting)}) {
    ASSERT_EQ(error_of(again), "200") << "who asks again is answered: " << again.body;
    EXPECT_FALSE(claims_of(text_at(body_of(again), "id_token")).contains("sid"));
  }
}

TEST_F(Overtaken, a28_a_pushed_request_whose_answer_was_overtaken_is_used_up) {
  consent(agent);
  const auto pushed = text_at(body_of(push(agent, request(agent))), "request_uri");
  ASSERT_FALSE(pushed.empty());
  const auto query = "client_id=" + agent.id + "&request_uri=" + percent_encode(pushed);
  const auto response = settled(endpoints::authorize::authorize,
                                {.method = "GET", .path = "/oauth2/authorize", .query = query}, [&] { suspend(); });
  EXPECT_EQ(outcome_of(response), "temporarily_unavailable");
  act("agents/" + agent.id + "/resume");
  EXPECT_EQ(browse("/oauth2/authorize?" + query).status, 400);
}

TEST_F(Overtaken, a28_a_yes_to_an_agent_that_was_stopped_meanwhile_is_none) {
  const auto asked = authorize(agent);
  ASSERT_EQ(outcome_of(asked), "/consent");
  EXPECT_EQ(outcome_of(allowed(asked, [&] { suspend(); })), "/consent") << "where it is decided anew";
  EXPECT_TRUE(world.events("consent.give").empty());
  const auto roots = world.admin_call("GET", "/v1/delegations?subject=" + user);
  EXPECT_TRUE(body_of(roots).at("items").as_array().empty());
  act("agents/" + agent.id + "/resume");
  world.clock.advance(Seconds(2));
  EXPECT_EQ(outcome_of(allow(asked)), "code");
}
