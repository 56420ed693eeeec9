// Strangers: who proves to be nobody cannot fill the disk, is told no more by it, and the log says what it left out.
#include "endpoints/strangers.h"

#include <gtest/gtest.h>

#include <atomic>
#include <regex>
#include <thread>

#include "tests/kit/flow.h"
#include "tests/kit/key_holder.h"
#include "tests/kit/signer.h"

namespace deputy::endpoints {
namespace {

using namespace test;

constexpr int burst = 300;  // of the default limits

struct Unauthenticated : testing::Test, Flow {
  http::Response wrong_secret() {
    return world.token({agent.id, "wrong"}, {{"resource", std::string(invoices)}});
  }
  void use_up() {
    for (int i = 0; i < burst; ++i) (void)world.app().strangers.take(signin::network_of(world.peer), world.clock.now());
  }
  std::size_t recorded(std::string_view action = "token.issue") { return world.events(action).size(); }
  std::string told() {
    world.tell_of_strangers();
    const auto events = world.events("refusal.count");
    return events.empty() ? "" : text_at(events.back().as_object(), "reason");
  }
};

// A page names its request.
std::string without_id(const std::string& page) {
  return std::regex_replace(page, std::regex("req_[0-9a-hjkmnp-tv-z]{26}"), "req_");
}

}  // namespace

TEST_F(Unauthenticated, a42_beyond_the_bound_a_refusal_is_the_same_answer_and_no_event) {
  const auto before = recorded();
  const auto first = wrong_secret();
  ASSERT_EQ(first.status, 401);
  for (int i = 0; i < burst + 10; ++i) {
    const auto next = wrong_secret();
    ASSERT_EQ(next.status, first.status);
    ASSERT_EQ(next.body, first.body);
    ASSERT_EQ(next.headers, first.headers);
  }
  EXPECT_EQ(recorded() - before, burst);
}

TEST_F(Unauthenticated, a42_the_answer_is_the_same_wherever_nobody_is_let_in) {
  const std::vector<std::function<http::Response()>> asked{
      [&] { return world.introspect({agent.id, "wrong"}, "token"); },
      [&] { return world.form("/oauth2/revoke", {{"client_id", app.id}, {"token", "nothing"}}); },
      [&] { return push({agent.id, "wrong"}, request(agent)); },
      [&] { return redeem(app, "cod_nothing"); },
      [&] { return world.exchange({"nobody", "wrong"}, "token"); },
      [&] { return world.ask("GET", "/oauth2/userinfo"); },
      [&] { return browse("/oauth2/authorize?client_id=nobody"); },
      [&] { return authorize(app, {{"prompt", "none"}}); },
  };
  std::vector<http::Response> answers;
  for (const auto& ask : asked) answers.push_back(ask());
  use_up();
  const auto before = recorded("");
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const auto again = asked[i]();
    EXPECT_EQ(again.status, answers[i].status) << i;
    const bool is_page = !header_at(again, "Set-Cookie").empty();  // a new cookie each time
    if (!is_page) EXPECT_EQ(again.headers, answers[i].headers) << i;
    EXPECT_EQ(without_id(again.body), without_id(answers[i].body)) << i;
  }
  EXPECT_EQ(world.ask("GET", "/v1/agents").status, 401);
  EXPECT_EQ(recorded(""), before);
  world.clock.advance(Seconds(5));
  EXPECT_NE(told().find("refusals: 9, addresses: 1,"), std::string::npos);
}

TEST_F(Unauthenticated, a42_the_log_says_how_many_were_left_out_and_from_how_many_sources) {
  for (const auto* peer : {"192.0.2.1", "192.0.2.2"}) {
    world.peer = peer;
    use_up();
    for (int i = 0; i < 5; ++i) wrong_secret();
  }
  EXPECT_EQ(told(), "") << "it may go on";
  world.clock.advance(Seconds(5));
  EXPECT_EQ(told(), "beyond the bound of unauthenticated callers, not recorded one by one: refusals: 10, addresses: 2, "
                    "first: 2027-01-15T08:00:00.000Z, last: 2027-01-15T08:00:00.000Z");
  const auto event = world.events("refusal.count").front().as_object();
  EXPECT_EQ(text_at(event, "decision"), "refused");
  (void)told();
  EXPECT_EQ(recorded("refusal.count"), 1u) << "once";
}

TEST_F(Unauthenticated, a42_who_authenticates_is_not_touched) {
  use_up();
  const auto before = recorded();
  const Pairs nowhere{{"resource", "https://nowhere.example"}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(error_of(world.token(agent, nowhere)), "400 invalid_target");
  EXPECT_EQ(recorded() - before, 3u) << "its refusals are events";
  EXPECT_EQ(push(agent, request(agent)).status, 201);
  sign_in();
  EXPECT_EQ(outcome_of(authorize(agent)), "/consent");
  world.clock.advance(Seconds(1));
  use_up();
  EXPECT_EQ(outcome_of(authorize(agent, {{"prompt", "login"}})), "/sign-in") << "somebody is signed in";
  consent(app);
  EXPECT_EQ(redeem(app, code(app)).status, 200);
  const auto event = world.events("token.issue").back().as_object();
  EXPECT_EQ(text_at(event, "actor"), app.id) << "what a public client redeems proves it";
}

TEST_F(Unauthenticated, a42_another_address_is_not_touched_and_an_ipv6_network_is_one) {
  world.peer = "2001:db8::1";
  use_up();
  const auto before = recorded();
  wrong_secret();
  world.peer = "2001:db8::2";
  wrong_secret();
  EXPECT_EQ(recorded(), before);
  for (const auto* other_peer : {"2001:db8:0:1::1", "192.0.2.1"}) {
    world.peer = other_peer;
    wrong_secret();
  }
  EXPECT_EQ(recorded() - before, 2u);
}

TEST_F(Unauthenticated, a42_the_bucket_refills) {
  use_up();
  const auto before = recorded();
  world.clock.advance(Seconds(1));
  for (int i = 0; i < 20; ++i) wrong_secret();
  EXPECT_EQ(recorded() - before, 10u);
}

TEST_F(Unauthenticated, a42_rfc9126_s2_3_a_public_client_pushes_within_the_bound) {
  for (int i = 0; i < burst; ++i) ASSERT_EQ(push(app, request(app)).status, 201);
  const auto before = recorded("authorization.push");
  const auto refused = push(app, request(app));
  EXPECT_EQ(error_of(refused), "429 temporarily_unavailable");
  EXPECT_EQ(header_at(refused, "Retry-After"), "1");
  EXPECT_EQ(recorded("authorization.push"), before);
  EXPECT_EQ(push(agent, request(agent)).status, 201) << "a client that proves who it is";
  world.clock.advance(Seconds(1));
  EXPECT_EQ(push(app, request(app)).status, 201);
}

TEST_F(Unauthenticated, a42_requests_of_who_has_not_signed_in_wait_within_the_bound) {
  const auto pushed = text_at(body_of(push(agent, request(agent))), "request_uri");
  for (int i = 0; i < burst; ++i) ASSERT_EQ(outcome_of(authorize(app)), "/sign-in");
  const auto begin = [&] { return browse("/oauth2/authorize?client_id=" + agent.id + "&request_uri=" + pushed); };
  const auto refused = begin();
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_at(refused, "Retry-After"), "1");
  EXPECT_EQ(refused.content_type, "text/html; charset=utf-8");
  world.clock.advance(Seconds(1));
  EXPECT_EQ(outcome_of(begin()), "/sign-in") << "what was pushed is still good";
}

TEST_F(Unauthenticated, a42_a_name_that_is_believed_is_nobody) {
  use_up();
  const auto before = recorded("");
  EXPECT_EQ(error_of(redeem(app, "cod_nothing")), "400 invalid_grant");
  EXPECT_EQ(world.form("/oauth2/revoke", {{"client_id", app.id}, {"token", "nothing"}}).status, 200);
  EXPECT_EQ(recorded(""), before);
}

TEST_F(Unauthenticated, a42_beyond_the_bound_a_refused_proof_of_nobody_leaves_no_mark) {
  const KeyHolder holder(world);
  const auto answered = [&] {
    const Pairs form{{"grant_type", "refresh_token"}, {"refresh_token", "drt_nothing"}, {"client_id", app.id}};
    return error_of(world.form("/oauth2/token", form, holder.at_token_endpoint()));
  };
  const auto marks = [&] {  // what there is to purge when all of it has ended
    const auto purged = world.store->purge(world.clock.now() + Seconds(86'400), 1000);
    EXPECT_TRUE(purged);
    return purged ? *purged : 0;
  };
  marks();
  EXPECT_EQ(answered(), "400 invalid_grant");
  EXPECT_EQ(marks(), 1u) << "within it, it does";
  use_up();
  EXPECT_EQ(answered(), "400 invalid_grant");
  EXPECT_EQ(marks(), 0u);
}

// Its key is nobody's but the client's: a mark of it is no stranger's doing.
TEST_F(Unauthenticated, a14_a42_beyond_the_bound_an_assertion_of_who_is_stopped_is_spent_all_the_same) {
  world.given_assignment(role, agent.id);
  const Signer signer(world, agent.id);
  const auto answered = [&](const std::string& assertion) {
    const Pairs form{{"grant_type", "client_credentials"}, {"resource", std::string(invoices)}};
    return error_of(world.form("/oauth2/token", Signer::with(form, assertion)));
  };
  world.change(directory::Kind::agent, agent.id, {{"state", "suspended"}});
  use_up();
  const auto before = recorded();
  const auto assertion = signer.assertion();
  EXPECT_EQ(answered(assertion), "401 invalid_client");
  EXPECT_EQ(recorded(), before);
  world.change(directory::Kind::agent, agent.id, {{"state", "active"}});
  EXPECT_EQ(answered(assertion), "401 invalid_client");
  EXPECT_EQ(answered(signer.assertion()), "200");
}

namespace {

audit::Event refusal_at(Instant at) {
  audit::Event event;
  event.at = at;
  event.tenant = "default";
  return event;
}
std::string reason_of(const store::Writes& told) { return std::get<store::Append>(told.front()).event.reason; }

}  // namespace

TEST(Strangers, a42_while_it_goes_on_the_log_is_told_each_minute) {
  Strangers strangers({.writes_per_s = 1, .writes_burst = 1});
  SystemRandom random;
  const auto noon = from_unix_seconds(1'800'000'000);
  for (int second = 0; second < 60; ++second) {
    for (int i = 0; i < 3; ++i) strangers.records("a", refusal_at(noon + Seconds(second)));
    EXPECT_TRUE(strangers.told(noon + Seconds(second), random).empty()) << second;
  }
  const auto told = strangers.told(noon + Seconds(60), random);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(reason_of(told).find("refusals: 120,"), std::string::npos) << reason_of(told);
}

TEST(Strangers, a42_memory_is_bounded) {
  Strangers strangers({.writes_per_s = 1, .writes_burst = 1, .sources_max = 20'000});
  SystemRandom random;
  const auto noon = from_unix_seconds(1'800'000'000);
  for (int i = 0; i < 20'000; ++i) {
    strangers.records(std::to_string(i % 10'001), refusal_at(noon));
  }
  const auto told = strangers.told(noon, random, Strangers::Which::all);
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(reason_of(told).find("refusals: 9999,"), std::string::npos) << reason_of(told);
  // Fewer are kept in mind than came, and the log says that it does not know the rest.
  for (int i = 0; i < 10'001; ++i) strangers.records(std::to_string(i), refusal_at(noon));
  EXPECT_NE(reason_of(strangers.told(noon, random, Strangers::Which::all)).find("addresses: at least 10000,"),
            std::string::npos);
}

TEST(Strangers, a42_a_bound_that_changes_holds_from_then_on) {
  Strangers strangers({.writes_per_s = 1, .writes_burst = 3});
  const auto noon = from_unix_seconds(1'800'000'000);
  const auto taken = [&](const std::string& source, Instant at) {
    int count = 0;
    while (count < 50 && !strangers.take(source, at)) ++count;
    return count;
  };
  EXPECT_EQ(taken("a", noon), 3);
  strangers.limit({.writes_per_s = 2, .writes_burst = 5});
  EXPECT_EQ(taken("a", noon), 2) << "what was taken stays taken";
  EXPECT_EQ(taken("b", noon), 5);
  EXPECT_EQ(taken("b", noon + Seconds(1)), 2);
  strangers.limit({.writes_per_s = 1, .writes_burst = 1});
  EXPECT_EQ(taken("a", noon + Seconds(100)), 1);
}

TEST(Strangers, a42_of_many_at_once_each_is_recorded_or_counted) {
  Strangers strangers({.writes_per_s = 1, .writes_burst = 100});
  const auto noon = from_unix_seconds(1'800'000'000);
  std::atomic<int> recorded{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i)
        if (strangers.records("a", refusal_at(noon))) ++recorded;
    });
  for (auto& thread : threads) thread.join();
  SystemRandom random;
  EXPECT_EQ(recorded, 100);
  EXPECT_NE(reason_of(strangers.told(noon, random, Strangers::Which::all)).find("refusals: 3900,"), std::string::npos);
}

}  // namespace deputy::endpoints
