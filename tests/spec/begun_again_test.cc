// A trusted issuer's token whose chain was ended, or whose person or client was stopped since: what it may begin again,
// and what stays to draw on (docs/adr/0032).
#include <gtest/gtest.h>

#include "base/id.h"
#include "flows/withdrawal.h"
#include "jose/jwt.h"
#include "tests/kit/family.h"
#include "tests/kit/late.h"

using namespace deputy;
using namespace deputy::test;

namespace {

using directory::Kind;
using Form = std::vector<std::pair<std::string, std::string>>;

struct BegunAgain : testing::Test, Family {
  BegunAgain() { pass(); }
  void pass() { world.clock.advance(Seconds(1)); }

  http::Response take(const Given& client, const std::string& token, Form more = {}) {
    more.emplace_back("subject_token_type", "urn:ietf:params:oauth:token-type:jwt");
    more.emplace_back("resource", invoices);
    return world.exchange(client, token, std::move(more));
  }
  std::string begun(const std::string& token, Form more = {}) {
    return text_at(body_of(take(orchestrator, token, std::move(more))), "access_token");
  }
  // What the orchestrator gets for it: the scopes, or the error.
  std::string given(const std::string& token, Form more = {}) {
    const auto answer = take(orchestrator, token, std::move(more));
    return answer.status == 200 ? text_at(body_of(answer), "scope") : error_of(answer);
  }
  void revoke(const std::string& token) {
    ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + path_of(token).front() + "/revoke").status, 200);
  }
  // As a person does on their account page; gives what stays.
  std::string take_back(const std::string& token, const std::string& scope) {
    const auto root = **world.store->delegation("default", path_of(token).front());
    const flows::Taken taken{.pair = [&](const auto& pair) { return pair.scope == scope; },
                             .detail = [](const auto&) { return false; }};
    const auto now = world.clock.now();
    auto stays = flows::what_stays(root, taken, world.random, now);
    const auto id = stays->id;
    audit::Event event{.id = make_id("evt", now, world.random), .tenant = "default"};
    auto writes = flows::withdraw(root, std::move(stays), std::move(event), world.app().reader.revocations_seen(),
                                  world.app().directory, now);
    EXPECT_TRUE(writes && Late{world}.becomes_durable(std::move(*writes)));
    return id;
  }
  void admin(std::string_view method, const std::string& path, json::object body = {}) {
    const auto answer = world.admin_call(method, "/v1/" + path, std::move(body));
    ASSERT_EQ(answer.status, 200) << answer.body;
  }
  // The held token begins nothing for this client any more, for this reason; and a newer one begins all.
  void is_from_before(const Given& client, const std::string& token, std::string_view why) {
    pass();
    EXPECT_EQ(error_of(take(client, token)), "400 invalid_request") << why;
    EXPECT_NE(last_reason().find(why), std::string::npos) << last_reason();
    EXPECT_EQ(text_at(body_of(take(client, upstream())), "scope"), all) << why;
  }

  static constexpr auto all = "approve read write";
  static constexpr auto ended = "what the issuer's tokens began for the client was ended since it was issued";
  std::string held = upstream();
};

}  // namespace

// RFC 7009 §2.1; I4: what it was begun with is not more than what was begun.
TEST_F(BegunAgain, a25_what_was_revoked_is_not_begun_again_by_the_token_that_began_it) {
  revoke(begun(held));
  EXPECT_EQ(given(held), "400 invalid_request") << "not in that second either";
  EXPECT_EQ(given(upstream()), "400 invalid_request") << "which may have been issued before";
  is_from_before(orchestrator, held, ended);
  EXPECT_EQ(given(held), "400 invalid_request") << "whatever a newer one began";
}

TEST_F(BegunAgain, a25_what_its_client_gave_up_is_not_begun_again_either) {
  const auto token = begun(held);
  const http::Headers proof{{"Authorization", world.basic(orchestrator)}};
  ASSERT_EQ(world.form("/oauth2/revoke", {{"token", token}}, proof).status, 200);
  is_from_before(orchestrator, held, ended);
}

TEST_F(BegunAgain, what_was_ended_is_of_one_person_one_client_and_one_issuer) {
  const auto bobs = upstream({{"sub", "bob"}});
  world.given_assignment(role, world.given_user("bob"));
  revoke(begun(held));
  pass();
  EXPECT_EQ(error_of(take(worker, held)), "200");
  EXPECT_EQ(given(bobs), all);
  EXPECT_EQ(given(held), "400 invalid_request");
  const auto handed = handed_on(orchestrator, begun(upstream()), worker);
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + path_of(handed).back() + "/revoke").status, 200);
  const auto newer = upstream();
  world.clock.advance(Seconds(60));
  EXPECT_EQ(error_of(take(worker, newer)), "200") << "what was handed on was not begun";
  EXPECT_EQ(given(newer), all);
}

TEST_F(BegunAgain, a25_what_stays_of_a_root_is_all_that_the_token_may_still_draw) {
  const auto token = begun(held);
  const auto stays = take_back(token, "write");
  pass();
  const auto again = begun(held);
  EXPECT_EQ(text_at(claims_of(again), "scope"), "approve read");
  EXPECT_EQ(path_of(again), std::vector<std::string>{stays}) << "nothing begins";
  EXPECT_EQ(chain_of(again), orchestrator.id);
  EXPECT_EQ(given(held, {{"scope", "write"}}), "400 invalid_scope");
  EXPECT_EQ(error_of(take(orchestrator, held, {{"requested_actor", worker.id}})), "400 invalid_request")
      << "its actor exchanges it itself";
  const auto bounded = begun(held, {{"authorization_details", R"([{"type":"limits","uses":5}])"}});
  ASSERT_EQ(path_of(bounded).size(), 2u);
  EXPECT_EQ(path_of(bounded).front(), stays);

  const auto anew = begun(upstream());
  EXPECT_EQ(text_at(claims_of(anew), "scope"), all);
  EXPECT_EQ(given(held), "approve read") << "what a newer one began is not its own";
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + stays + "/revoke").status, 200);
  EXPECT_FALSE(active(again) || active(bounded));
  EXPECT_TRUE(active(anew));
  pass();
  EXPECT_EQ(given(held), "400 invalid_request");
}

TEST_F(BegunAgain, a25_of_several_roots_the_others_stay) {
  const auto reading = begun(held, {{"scope", "read"}}), whole = begun(held);
  ASSERT_NE(path_of(reading), path_of(whole));
  revoke(whole);
  pass();
  EXPECT_EQ(given(held), "read");
  EXPECT_EQ(error_of(world.exchange(orchestrator, held, {{"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                                                         {"resource", payments}})),
            "400 invalid_request");
  revoke(reading);
  is_from_before(orchestrator, held, ended);
}

TEST_F(BegunAgain, a28_who_was_stopped_and_is_back_brings_no_token_of_before_along) {
  const auto agent = "agents/" + orchestrator.id;
  admin("POST", agent + "/suspend");
  admin("POST", agent + "/resume");
  is_from_before(orchestrator, held, orchestrator.id + " was stopped, or transferred, since it was issued");
  const auto next = upstream();
  pass();
  admin("POST", agent + "/transfer", {{"owner", world.given_user("bob")}});
  is_from_before(orchestrator, next, orchestrator.id + " was stopped, or transferred, since it was issued");
  const auto last = upstream();
  pass();
  for (const auto* state : {"disabled", "active"}) admin("PATCH", "users/" + user, {{"state", state}});
  is_from_before(orchestrator, last, user + " was stopped since it was issued");
}

TEST_F(BegunAgain, a28_an_application_that_was_disabled_brings_none_along) {
  const auto desk = world.given_application("desk");
  world.given_assignment(role, desk.id, {{"acts", "others"}});
  EXPECT_EQ(error_of(take(desk, held)), "200");
  pass();
  for (const auto* state : {"disabled", "active"}) admin("PATCH", "applications/" + desk.id, {{"state", state}});
  is_from_before(desk, held, desk.id + " was stopped, or transferred, since it was issued");
}

// RFC 7519 §4.1.6: `iat` is optional, and `nbf` (§4.1.5) may say it. Else nobody knows that it is not from before.
TEST_F(BegunAgain, a25_a_token_that_does_not_say_when_it_was_issued_is_older_than_any_end) {
  const auto undated = [&](json::object more = {}) {
    auto claims = claims_of(upstream(std::move(more)));
    claims.erase("iat");
    return jose::sign(key, crypto::Algorithm::ES256, jose::thumbprint(key.public_key().parts()), "JWT",
                      json::serialize(claims));
  };
  const auto token = begun(undated());
  ASSERT_FALSE(token.empty());
  const auto from_now = [&] { return json::object{{"nbf", unix_seconds(world.clock.now())}}; };
  const auto before = undated(from_now());
  revoke(token);
  pass();
  EXPECT_EQ(given(before), "400 invalid_request");
  EXPECT_EQ(given(undated(from_now())), all);
  world.clock.advance(Seconds(7200));
  const auto answer = body_of(take(orchestrator, undated()));
  EXPECT_EQ(text_at(answer, "error"), "invalid_request");
  EXPECT_NE(text_at(answer, "error_description").find("present one with `iat` or `nbf`"), std::string::npos);
  EXPECT_EQ(given(upstream()), all);
}

// Ahead by more than a day, as the feed has it: nobody is kept out until then.
TEST_F(BegunAgain, what_ended_under_a_clock_that_was_far_ahead_counts_for_nothing) {
  const auto now = world.clock.now();
  world.clock.advance(Seconds(2 * 86'400));
  const auto ahead = begun(upstream());
  revoke(ahead);
  world.clock.set(now + Seconds(1));
  EXPECT_EQ(given(held), all);
}

TEST_F(BegunAgain, a25_nothing_is_begun_again_that_ends_while_it_is_decided) {
  const auto first = begun(held);
  Late late{world};
  const auto decided = [&](const std::string& uses) {
    return late.decided(grants::token_exchange, orchestrator,
                        {{"subject_token", held},
                         {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                         {"resource", invoices},
                         {"authorization_details", R"([{"type":"limits","uses":)" + uses + "}]"}});
  };
  auto in_time = decided("5"), too_late = decided("6");
  EXPECT_TRUE(late.becomes_durable(std::move(in_time)));
  revoke(first);
  EXPECT_FALSE(late.becomes_durable(std::move(too_late)));
}

TEST_F(BegunAgain, a25_nothing_is_drawn_from_what_stays_when_that_ends_meanwhile) {
  const auto stays = take_back(begun(held), "write");
  pass();
  Late late{world};
  auto writes = late.decided(grants::token_exchange, orchestrator,
                             {{"subject_token", held},
                              {"subject_token_type", "urn:ietf:params:oauth:token-type:jwt"},
                              {"resource", invoices}});
  ASSERT_EQ(world.admin_call("POST", "/v1/delegations/" + stays + "/revoke").status, 200);
  EXPECT_FALSE(late.becomes_durable(std::move(writes)));
}
