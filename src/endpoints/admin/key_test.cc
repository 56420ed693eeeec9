// Signing keys through /v1: rotated without a gap, withdrawn with all they signed, never shown.
#include <gtest/gtest.h>

#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Keys : testing::Test, Administration {
  json::array keys() {
    const auto body = body_of(call(admin_token(), "GET", "/v1/keys"));
    return body.at("items").as_array();
  }
  // A day of the server's upkeep, before which a clock that was set back is not believed.
  void day() {
    const auto past = clock.now();
    for (int minute = 0; minute < 24 * 60; ++minute) {
      clock.advance(Seconds(60));
      app().keyring.tick(past);
    }
  }
  std::string kid_of_token() { return text_at(header_of(admin_token()), "kid"); }
};

}  // namespace

TEST_F(Keys, are_shown_by_their_public_facts_only) {
  const auto all = keys();
  EXPECT_GE(all.size(), 3u);
  for (const auto& key : all) {
    std::set<std::string> members;
    for (const auto& [name, value] : key.as_object()) members.insert(std::string(name));
    EXPECT_EQ(members, (std::set<std::string>{"kid", "algorithm", "state", "created_at", "changes_at"}));
  }
}

TEST_F(Keys, a_rotation_signs_with_another_key_and_keeps_the_old_ones_tokens_alive) {
  ASSERT_EQ(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
  clock.advance(app().keyring.config().jwks_max_age);
  const auto before = admin_token();
  const auto old = kid_of_token();
  const auto rotated = call(before, "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}});
  ASSERT_EQ(rotated.status, 201) << rotated.body;
  const auto document = body_of(rotated);
  EXPECT_EQ(text_at(document, "state"), "active");
  EXPECT_EQ(text_at(document, "algorithm"), "ES256");
  EXPECT_EQ(kid_of_token(), text_at(document, "kid"));
  EXPECT_NE(kid_of_token(), old);
  EXPECT_EQ(call(before, "GET", "/v1/keys").status, 200);
  EXPECT_EQ(text_at(events("key.rotate").back().as_object(), "target"), text_at(document, "kid"));
  for (const auto* bad : {R"({"algorithm":"none"})", R"({"algorithm":"HS256"})", R"({})", R"({"kid":"x"})"})
    EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/keys/rotate", bad)), "400 invalid_field") << bad;
}

TEST_F(Keys, the_first_rotation_on_demand_publishes_and_signs_when_every_verifier_can_know_the_key) {
  const auto old = kid_of_token();
  const auto rotate = [&] { return body_of(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})); };
  const auto made = rotate();
  EXPECT_EQ(text_at(made, "state"), "next");
  EXPECT_EQ(text_at(made, "changes_at"), rfc3339(clock.now() + app().keyring.config().jwks_max_age));
  EXPECT_NE(ask("GET", "/oauth2/jwks").body.find(text_at(made, "kid")), std::string::npos);
  EXPECT_EQ(kid_of_token(), old);
  EXPECT_EQ(text_at(rotate(), "kid"), text_at(made, "kid")) << "asked again, it is the same key";
  clock.advance(app().keyring.config().jwks_max_age - Seconds(1));
  app().keyring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), old);
  clock.advance(Seconds(1));
  app().keyring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), text_at(made, "kid"));
  EXPECT_NE(ask("GET", "/oauth2/jwks").body.find(old), std::string::npos) << "what it signed still verifies";
}

TEST_F(Keys, a_new_one_waits_for_sets_that_were_given_for_longer_before) {
  auto& ring = app().keyring;
  auto config = ring.config();
  const auto before = config.jwks_max_age;
  config.jwks_max_age = config.publish_ahead = Seconds(60);
  ring.configure(config);
  const auto old = kid_of_token();
  const auto rotate = [&] { return body_of(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})); };
  const auto made = rotate();
  clock.advance(Seconds(60));
  ring.configure(config);
  ring.tick(clock.now());
  EXPECT_EQ(text_at(rotate(), "state"), "next");
  EXPECT_EQ(kid_of_token(), old) << "a set without the new key may be at hand";
  clock.advance(before - Seconds(60));
  ring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), text_at(made, "kid"));
  const auto second = rotate();
  clock.advance(Seconds(60));
  ring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), text_at(second, "kid")) << "by then all were given for a minute";
}

TEST_F(Keys, a_new_one_waits_for_sets_that_were_given_for_longer_before_a_restart) {
  auto config = app().keyring.config();
  const auto now_and_then = config.jwks_max_age;
  config.jwks_max_age = 2 * now_and_then;
  app().keyring.configure(config);
  clock.advance(Seconds(600));
  restart();
  ASSERT_EQ(app().keyring.config().jwks_max_age, now_and_then);
  const auto old = kid_of_token();
  const auto rotate = [&] { return body_of(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})); };
  const auto made = rotate();
  EXPECT_EQ(text_at(made, "changes_at"), rfc3339(clock.now() + 2 * now_and_then));
  clock.advance(now_and_then);
  app().keyring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), old) << "a set without the new key may be at hand";
  clock.advance(now_and_then);
  app().keyring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), text_at(made, "kid"));
  const auto second = rotate();
  clock.advance(now_and_then);
  app().keyring.tick(clock.now());
  EXPECT_EQ(kid_of_token(), text_at(second, "kid")) << "by then all were given for as long as now";
}

TEST_F(Keys, are_not_rotated_on_demand_until_nobody_can_read_their_set) {
  const auto rotate = [&] { return call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "EdDSA"}}); };
  const auto& config = app().keyring.config();
  auto answer = rotate();
  for (int i = 0; i < 80 && answer.status == 201; ++i) {
    clock.advance(config.jwks_max_age);
    answer = rotate();
  }
  EXPECT_EQ(problem_of(answer), "409 wrong_state");
  EXPECT_GT(keys().size(), 40u);
  EXPECT_TRUE(jose::JwkSet::parse(ask("GET", "/oauth2/jwks").body));
  // What the schedule does meanwhile finds its place.
  EXPECT_LE(keys().size() + tokens::scheduled_keys_max(config) - 3, jose::jwk_set_keys_max);
  clock.advance(config.retire_after);
  app().keyring.tick(clock.now());
  EXPECT_EQ(rotate().status, 201);
}

TEST_F(Keys, a_clock_that_was_ahead_for_a_moment_holds_up_no_rotation) {
  const auto right = clock.now();
  const auto first = kid_of_token();
  clock.set(right + std::chrono::days(365));
  app().keyring.tick(right);
  clock.set(right);
  day();
  for (const auto& key : keys())
    if (text_at(key.as_object(), "state") == "next") {
      EXPECT_EQ(text_at(key.as_object(), "created_at"), rfc3339(clock.now()));
    }
  clock.set(right + app().keyring.config().rotate_every);
  app().keyring.tick(clock.now());
  EXPECT_NE(kid_of_token(), first);
}

TEST_F(Keys, a_clock_that_was_ahead_for_a_moment_holds_up_no_rotation_on_demand) {
  const auto rotate = [&] { return body_of(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}})); };
  const auto right = clock.now();
  const auto first = kid_of_token();
  clock.set(right + std::chrono::days(365));
  app().keyring.tick(right);
  clock.set(right);
  EXPECT_EQ(text_at(rotate(), "state"), "next") << "nobody knows how long verifiers could know it";
  clock.advance(app().keyring.config().jwks_max_age);
  EXPECT_EQ(text_at(rotate(), "state"), "active");
  EXPECT_NE(kid_of_token(), first);
}

// The day is counted by a server that runs: who starts theirs anew each day is told what to do.
TEST_F(Keys, that_wait_because_a_clock_was_ahead_are_warned_of_at_each_start_until_they_are_rotated) {
  const auto warnings = [&] {
    testing::internal::CaptureStderr();
    for (int minute = 0; minute < 3; ++minute) app().keyring.tick(clock.now());
    const auto said = testing::internal::GetCapturedStderr();
    const auto next = [&](std::size_t from) { return said.find("key_rotation_waits", from); };
    std::size_t count = 0;
    for (auto at = next(0); at != std::string::npos; at = next(at + 1)) ++count;
    return count;
  };
  const auto right = clock.now();
  EXPECT_EQ(warnings(), 0u);
  clock.set(right + std::chrono::days(365));
  EXPECT_EQ(warnings(), 0u);
  clock.set(right);
  EXPECT_EQ(warnings(), 1u);
  restart();
  EXPECT_EQ(warnings(), 1u);
  for (const auto* algorithm : {"ES256", "EdDSA", "RS256"})
    ASSERT_EQ(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", algorithm}}).status, 201);
  restart();
  EXPECT_EQ(warnings(), 0u);
}

TEST_F(Keys, what_a_clock_that_was_ahead_made_active_or_retired_is_so_for_no_longer) {
  const auto config = app().keyring.config();
  const auto due = clock.now() + config.rotate_every;
  clock.set(due - config.publish_ahead);
  app().keyring.tick(clock.now());
  clock.set(due + std::chrono::days(365));
  app().keyring.tick(due);
  clock.set(due);
  day();
  for (const auto& key : keys()) {
    const auto state = text_at(key.as_object(), "state");
    const auto lasts = state == "active" ? config.rotate_every : config.retire_after;
    EXPECT_EQ(text_at(key.as_object(), "changes_at"), rfc3339(clock.now() + lasts)) << state;
  }
}

TEST_F(Keys, a_clock_that_is_behind_for_a_while_moves_none) {
  ASSERT_EQ(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
  clock.advance(app().keyring.config().jwks_max_age);
  const auto old = admin_token();
  app().keyring.tick(clock.now());
  ASSERT_NE(text_at(header_of(old), "kid"), kid_of_token());
  const auto before = keys();
  const auto right = clock.now();
  clock.set(right - std::chrono::days(365));
  restart();
  for (int minute = 0; minute < 60; ++minute) app().keyring.tick(clock.now());
  (void)keys();
  clock.set(right);
  app().keyring.tick(clock.now());
  EXPECT_EQ(keys(), before);
  EXPECT_EQ(call(old, "GET", "/v1/keys").status, 200) << "what a retired key signed lives";
}

TEST_F(Keys, a10_a_retired_one_is_published_until_its_time_is_past_whatever_the_clock_says) {
  const auto config = app().keyring.config();
  const auto old = kid_of_token();
  const auto is_published = [&] { return ask("GET", "/oauth2/jwks").body.find(old) != std::string::npos; };
  for (int i = 0; i < 2; ++i, clock.advance(config.jwks_max_age))
    ASSERT_EQ(call(admin_token(), "POST", "/v1/keys/rotate", {{"algorithm", "ES256"}}).status, 201);
  const auto right = clock.now();
  clock.set(right + config.retire_after);
  for (const auto past : {std::optional<Instant>(), std::optional(right)}) {
    app().keyring.tick(past);
    EXPECT_TRUE(is_published());
  }
  app().keyring.tick(clock.now());
  EXPECT_FALSE(is_published());
}

TEST_F(Keys, each_step_of_a_scheduled_rotation_is_an_event_of_its_own) {
  const auto targets_of = [&](std::string_view action) {
    std::set<std::string> targets;
    for (const auto& event : events(action)) targets.insert(text_at(event.as_object(), "target"));
    return targets;
  };
  const auto kids = [&](std::string_view state) {
    std::set<std::string> all;
    for (const auto& key : keys())
      if (text_at(key.as_object(), "state") == state) all.insert(text_at(key.as_object(), "kid"));
    return all;
  };
  const auto& config = app().keyring.config();
  const auto first = kids("active");
  app().keyring.tick(clock.now());
  EXPECT_TRUE(events("key.*").empty()) << "nothing is due";
  clock.advance(config.rotate_every - config.publish_ahead);
  app().keyring.tick(clock.now());
  const auto second = kids("next");
  EXPECT_EQ(second.size(), 3u);
  EXPECT_EQ(targets_of("key.publish"), second);
  clock.advance(config.publish_ahead);
  app().keyring.tick(clock.now());
  EXPECT_EQ(targets_of("key.retire"), first);
  EXPECT_EQ(targets_of("key.activate"), second);
  EXPECT_EQ(kids("retired"), first);
  clock.advance(config.retire_after);
  app().keyring.tick(clock.now());
  EXPECT_EQ(targets_of("key.remove"), first);
}

TEST_F(Keys, a10_a_compromised_key_is_withdrawn_with_all_it_signed) {
  const auto token = admin_token();
  const auto kid = kid_of_token();
  const auto gone = call(token, "POST", "/v1/keys/" + kid + "/compromised");
  ASSERT_EQ(gone.status, 200) << gone.body;
  EXPECT_EQ(problem_of(call(token, "GET", "/v1/keys")), "401 invalid_token");
  EXPECT_NE(kid_of_token(), kid);
  EXPECT_EQ(kid_of_token(), text_at(body_of(gone), "replaced_by"));
  const auto feed = call(admin_token(), "GET", "/v1/revocations");
  EXPECT_EQ(items_of(feed, "target"), (std::vector{kid}));
  EXPECT_EQ(items_of(feed, "kind"), (std::vector<std::string>{"key"}));
}

TEST_F(Keys, one_that_is_withdrawn_already_is_said_to_be_and_one_that_never_was_is_not_there) {
  const auto kid = kid_of_token();
  const auto withdraw = [&](const std::string& of, const std::string& query = "") {
    return call(admin_token(), "POST", "/v1/keys/" + of + "/compromised" + query);
  };
  const auto last_target = [&] { return text_at(events("key.compromised").back().as_object(), "target"); };
  ASSERT_EQ(withdraw(kid).status, 200);
  for (const auto* query : {"", "?preview=true"}) {
    const auto again = withdraw(kid, query);
    EXPECT_EQ(problem_of(again), "409 wrong_state");
    EXPECT_EQ(text_at(body_of(again), "detail"), "The key is withdrawn already, with all that it signed.");
    EXPECT_EQ(last_target(), kid);
    EXPECT_EQ(problem_of(withdraw("k3PnN3Rdc1TyaylAx189iy71fWDmgd6RlXh_Ky6ixBI", query)), "404 not_found");
    EXPECT_EQ(last_target(), "") << "it names nothing of ours";
  }
  restart();
  EXPECT_EQ(problem_of(withdraw(kid)), "409 wrong_state") << "it is on record";
  EXPECT_EQ(items_of(call(admin_token(), "GET", "/v1/revocations"), "target"), (std::vector{kid})) << "once";
  const auto active = kid_of_token();
  EXPECT_EQ(problem_of(call(admin_token(), "POST", "/v1/keys/" + active + "/compromised", {{"why", "x"}})),
            "400 invalid_field");
  EXPECT_EQ(last_target(), active) << "of a key that is there, too";
}

// Whoever has the key sets any `exp`: what it signs must not outlast the revocation.
TEST_F(Keys, a10_a_stolen_key_signs_nothing_that_outlives_its_revocation) {
  const auto signed_until = [&](Seconds ahead) {
    auto claims = claims_of(admin_token());
    claims["exp"] = unix_seconds(clock.now() + ahead);
    const auto keys = app().keyring.keys("default");
    return (*keys)->active.at(crypto::Algorithm::ES256).access_token.sign(json::serialize(claims));
  };
  const auto longest = signed_until(directory::token_lifetime_max), longer = signed_until(Seconds(30 * 86'400));
  const auto kid = kid_of_token();
  EXPECT_EQ(call(longest, "GET", "/v1/keys").status, 200);
  EXPECT_EQ(problem_of(call(longer, "GET", "/v1/keys")), "401 invalid_token") << "no token of ours lives so long";
  // What was verified is verified again once its key is gone, were the entry forgotten ever so early.
  auto writes = *app().keyring.compromise_writes("default", kid);
  for (auto& write : writes)
    if (auto* revoke = std::get_if<store::Revoke>(&write)) {
      EXPECT_GE(revoke->revocation.until, clock.now() + directory::token_lifetime_max);
      revoke->revocation.until = clock.now() + Seconds(10);
    }
  const auto outcome = store->commit_now(std::move(writes));
  ASSERT_TRUE(outcome && std::holds_alternative<Done>(*outcome));
  clock.advance(Seconds(60));
  app().reader.purge(clock.now());
  EXPECT_EQ(problem_of(call(longest, "GET", "/v1/keys")), "401 invalid_token");
}
