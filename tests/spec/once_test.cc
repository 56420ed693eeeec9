// What is good once, asked for by two at the same time: both are decided before either is durable, and one is answered.
#include <gtest/gtest.h>

#include <set>

#include "endpoints/authorize/authorize.h"
#include "endpoints/oauth.h"
#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/late.h"
#include "tests/kit/race.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Once : testing::Test, Flow {
  Once() {
    sign_in();
    consent(agent);
  }
  // What the token endpoint answers to who is overtaken.
  http::Response overtaken(Pairs form, http::Headers headers, const std::function<void()>& by) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return Late{world}.settled(
        endpoints::token,
        {.method = "POST", .path = "/oauth2/token", .headers = std::move(headers), .body = form_text(form)}, by);
  }
  http::Headers basic() const { return {{"Authorization", world.basic(agent)}}; }
  static Pairs redemption(const std::string& code) {
    return {{"grant_type", "authorization_code"}, {"code", code}, {"code_verifier", verifier}};
  }
  Pairs refreshing_pairs(const std::string& token) const {
    return {{"grant_type", "refresh_token"}, {"refresh_token", token}, {"client_id", app.id}};
  }
  std::string refreshing(const std::string& token) const { return form_text(refreshing_pairs(token)); }
  static http::Headers as_form(http::Headers headers) {
    headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    return headers;
  }
  static std::string at(const http::Response& response, std::string_view name) {
    return text_at(body_of(response), name);
  }
};

}  // namespace

TEST_F(Once, a3_of_two_redemptions_at_once_one_is_answered_and_what_came_of_it_ends) {
  const auto good = code(agent);
  http::Response first;
  const auto second = overtaken(redemption(good), basic(), [&] { first = redeem(agent, good); });
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(second), "400 invalid_grant");
  EXPECT_FALSE(active(at(first, "access_token"))) << "one of the two was a thief";
  EXPECT_EQ(error_of(refresh(agent, at(first, "refresh_token"))), "400 invalid_grant");
}

TEST_F(Once, a3_a18_a_code_that_comes_twice_with_a_new_proof_ends_what_came_of_it) {
  const KeyHolder holder(world);
  const auto good = code(agent);
  const auto redeemed = [&](const std::string& code, const std::string& proof) {
    auto headers = basic();
    headers.emplace_back("DPoP", proof);
    return world.form("/oauth2/token", redemption(code), headers);
  };
  const auto proof = [&] { return holder.proof("POST", "/oauth2/token"); };
  const auto once = proof();
  const auto first = redeemed(good, once);
  ASSERT_EQ(error_of(first), "200") << first.body;
  EXPECT_EQ(error_of(redeemed(good, proof())), "400 invalid_grant");
  EXPECT_FALSE(active(at(first, "access_token")));
  consent(agent);
  const auto another = code(agent);
  EXPECT_EQ(error_of(redeemed(another, once)), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(redeemed(another, proof())), "200") << "that it was used says nothing of the code";
}

TEST_F(Once, a17_of_two_refreshes_at_once_one_makes_the_successor_and_both_get_it) {
  Race race{world};
  const auto one = at(redeem(app, code(app)), "refresh_token");
  std::vector<endpoints::Answer> decided;
  for (int i = 0; i < 3; ++i) decided.push_back(race.decided("POST", "/oauth2/token", refreshing(one), as_form({})));
  const auto first = race.settled(std::move(decided[0]));
  ASSERT_EQ(error_of(first), "200") << first.body;
  const auto successor = at(first, "refresh_token");
  std::set<std::string> given{at(first, "access_token")};
  for (const std::size_t later : {1u, 2u}) {
    const auto again = race.settled(std::move(decided[later]));
    ASSERT_EQ(error_of(again), "200") << again.body;
    EXPECT_EQ(at(again, "refresh_token"), successor) << "the same one: two holders of it would still meet";
    given.insert(at(again, "access_token"));
  }
  EXPECT_EQ(given.size(), 3u) << "an access token is each one's own";
  for (const auto& token : given) EXPECT_TRUE(active(token)) << "nothing has ended";
  EXPECT_EQ(error_of(refresh(app, successor)), "200");
  world.clock.advance(Seconds(11));
  EXPECT_EQ(error_of(refresh(app, one)), "400 invalid_grant") << "a reuse is one all the same";
  EXPECT_FALSE(active(*given.begin()));
}

TEST_F(Once, a42_who_is_overtaken_is_decided_once_more_off_the_stores_thread) {
  Race race{world};
  const auto one = at(redeem(app, code(app)), "refresh_token");
  auto slow = race.decided("POST", "/oauth2/token", refreshing(one), as_form({}));
  const auto first = refresh(app, one);
  ASSERT_EQ(error_of(first), "200") << first.body;
  const auto outcome = world.store->commit_now(std::move(slow.writes));
  ASSERT_TRUE(outcome);
  const auto* lost = std::get_if<store::Refused>(&*outcome);
  ASSERT_NE(lost, nullptr);
  auto instead = slow.refused(*lost);
  ASSERT_TRUE(instead.later) << "the store's writer signs nothing";
  EXPECT_EQ(instead.later->pool, &world.app().refreshes);
  EXPECT_EQ(at(race.settled(instead.later->work()), "refresh_token"), at(first, "refresh_token"));
}

TEST_F(Once, a42_where_too_many_are_overtaken_the_refusal_is_on_record_as_any_other) {
  Race race{world};
  const KeyHolder holder(world);
  const auto one = at(redeem(app, code(app)), "refresh_token");
  const auto headers = as_form(holder.at_token_endpoint());
  auto slow = race.decided("POST", "/oauth2/token", refreshing(one), headers);
  const auto first = world.form("/oauth2/token", refreshing_pairs(one), holder.at_token_endpoint());
  ASSERT_EQ(error_of(first), "200") << first.body;
  const auto outcome = world.store->commit_now(std::move(slow.writes));
  ASSERT_TRUE(outcome);
  const auto* lost = std::get_if<store::Refused>(&*outcome);
  ASSERT_NE(lost, nullptr);
  auto instead = slow.refused(*lost);
  ASSERT_TRUE(instead.later);
  world.app().refreshes.close();  // it takes nothing more, as where its queue is full
  const auto before = world.events("token.issue").size();
  testing::internal::CaptureStderr();
  auto full = endpoints::begin(std::move(*instead.later), [](const endpoints::Answer&) { ADD_FAILURE(); });
  const auto line = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(full);
  const auto refused = race.settled(std::move(*full));
  EXPECT_EQ(error_of(refused), "503 temporarily_unavailable");
  EXPECT_EQ(header_at(refused, "Retry-After"), "1");
  EXPECT_FALSE(header_at(refused, "DPoP-Nonce").empty());
  for (const auto* part : {R"("correlation_id":"req_race")", R"("action":"token.issue")",
                           R"("code":"temporarily_unavailable")"})
    EXPECT_NE(line.find(part), std::string::npos) << line;
  const auto events = world.events("token.issue");
  ASSERT_EQ(events.size(), before + 1);
  const auto& event = events.back().as_object();
  EXPECT_EQ(text_at(event, "decision"), "refused");
  EXPECT_EQ(text_at(event, "correlation_id"), "req_race");
  EXPECT_EQ(text_at(event, "actor"), app.id);
  EXPECT_EQ(text_at(event, "subject"), user);
  EXPECT_EQ(error_of(world.ask("POST", "/oauth2/token", refreshing(one), headers)), "400 invalid_dpop_proof")
      << "the proof is spent by the refusal";
}

TEST_F(Once, a17_a18_who_refreshes_at_once_with_another_key_gets_nothing_of_the_others) {
  Race race{world};
  const KeyHolder mine(world), thief(world);
  const auto one = at(redeem(app, code(app)), "refresh_token");
  const auto by = [&](const KeyHolder* holder) {
    return race.decided("POST", "/oauth2/token", refreshing(one),
                        as_form(holder == nullptr ? http::Headers() : holder->at_token_endpoint()));
  };
  auto first = by(&mine), again = by(&mine), stolen = by(&thief), bare = by(nullptr);
  Pairs theirs = refreshing_pairs(one);
  theirs.pop_back();
  auto others = race.decided("POST", "/oauth2/token", form_text(theirs),
                             as_form({{"Authorization", world.basic(other)}}));
  const auto tokens = race.settled(std::move(first));
  ASSERT_EQ(error_of(tokens), "200") << tokens.body;
  EXPECT_EQ(error_of(race.settled(std::move(stolen))), "400 invalid_grant");
  EXPECT_EQ(error_of(race.settled(std::move(bare))), "400 invalid_dpop_proof");
  EXPECT_EQ(error_of(race.settled(std::move(others))), "400 invalid_grant");
  EXPECT_EQ(at(race.settled(std::move(again)), "refresh_token"), at(tokens, "refresh_token"))
      << "its proof was spent by nothing that was not written";
  EXPECT_TRUE(active(at(tokens, "access_token"))) << "a refusal ends nothing";
}

TEST_F(Once, a25_who_refreshes_at_once_is_decided_by_what_holds_then) {
  const auto one = at(redeem(app, code(app)), "refresh_token");
  http::Response first;
  const auto second = overtaken(refreshing_pairs(one), {}, [&] {
    first = refresh(app, one);
    world.change(directory::Kind::user, user, {{"state", "disabled"}});
  });
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(second), "400 invalid_grant");
}

TEST_F(Once, a17_a_second_at_once_that_comes_after_the_ten_seconds_is_a_reuse) {
  Race race{world};
  const auto one = at(redeem(app, code(app)), "refresh_token");
  auto slow = race.decided("POST", "/oauth2/token", refreshing(one), as_form({}));
  world.clock.advance(Seconds(11));
  auto late = race.decided("POST", "/oauth2/token", refreshing(one), as_form({}));
  const auto first = race.settled(std::move(slow));
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(race.settled(std::move(late))), "400 invalid_grant");
  EXPECT_FALSE(active(at(first, "access_token")));
}

TEST_F(Once, rfc9126_s7_3_of_two_uses_of_a_pushed_request_at_once_one_is_answered) {
  const auto query = "client_id=" + agent.id + "&request_uri=" +
                     at(push(agent, request(agent)), "request_uri");
  http::Response first;
  const auto second = Late{world}.settled(
      endpoints::authorize::authorize,
      {.method = "GET", .path = "/oauth2/authorize", .query = query, .headers = {{"Cookie", cookie}}},
      [&] { first = browse("/oauth2/authorize?" + query); });
  EXPECT_EQ(outcome_of(first), "code");
  EXPECT_EQ(second.status, 400);
  EXPECT_EQ(location_of(second), "");
}

TEST_F(Once, a18_of_two_uses_of_a_proof_at_once_one_is_answered) {
  world.given_assignment(role, agent.id);
  const KeyHolder holder(world);
  auto headers = basic();
  headers.emplace_back("DPoP", holder.proof("POST", "/oauth2/token"));
  const Pairs form{{"grant_type", "client_credentials"}, {"resource", invoices}};
  http::Response first;
  const auto second = overtaken(form, headers, [&] { first = world.form("/oauth2/token", form, headers); });
  EXPECT_EQ(error_of(first), "200");
  EXPECT_EQ(error_of(second), "400 invalid_dpop_proof");
}

TEST_F(Once, rfc6749_s5_2_a_code_of_a_consent_that_ends_within_this_second_is_invalid_grant) {
  world.clock.advance(Millis(500));
  const Pairs read{{"scope", "read"}, {"redirect_uri", "https://other.example/cb"}};
  const auto granted = allow(authorize(other, read), "hour");
  ASSERT_EQ(outcome_of(granted), "code") << granted.body;
  const auto used = redirected(granted)["code"];
  const auto tokens = redeem(other, used);
  ASSERT_EQ(error_of(tokens), "200") << tokens.body;
  world.clock.advance(Seconds(3540));
  const auto unused = code(other, read);
  ASSERT_EQ(error_of(refresh(other, at(tokens, "refresh_token"))), "200");
  world.clock.advance(Millis(59'900));
  EXPECT_EQ(error_of(redeem(other, used)), "400 invalid_grant") << "a tenth of a second is left";
  EXPECT_EQ(error_of(redeem(other, unused)), "400 invalid_grant") << "no later try would get a token";
  EXPECT_EQ(error_of(refresh(other, at(tokens, "refresh_token"))), "400 invalid_grant");
}
