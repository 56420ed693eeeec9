// Attacks on the feed, and what a follower makes of them: what it cannot be sure of, it calls stale.
#include "client/revocation_follower.h"

#include "base/metrics.h"
#include "client/test_follower.h"

using namespace deputy;
using namespace deputy::client::test;
using client::RevocationFollower;
using delegation::Kills;

TEST_F(Follower, begins_with_the_snapshot_and_goes_on_from_its_seq) {
  next_snapshot = snapshot({entry(3, 0), entry(7, 3)}, 7);
  streams_are({event(9, 7) + beat(9)});
  EXPECT_EQ(follower.run().error().status, 403);
  EXPECT_TRUE(dead("jti_3") && dead("jti_7") && dead("jti_9"));
  EXPECT_FALSE(dead("jti_8"));
  EXPECT_EQ(follower.position(), 9u);
  EXPECT_TRUE(fresh());
  EXPECT_EQ(*http::only_value(transport.calls.at(transport.calls.size() - 2).headers, "Last-Event-ID"), place(7));
  EXPECT_EQ(*http::only_value(transport.calls.back().headers, "Last-Event-ID"), place(9));
}

TEST_F(Follower, a_gap_is_noticed_and_closed_by_a_snapshot) {
  next_snapshot = snapshot({}, 5);
  streams_are({beat(5) + event(8, 7), ""});
  EXPECT_FALSE(follower.run());
  EXPECT_FALSE(dead("jti_8")) << "what does not follow is not believed";
  EXPECT_EQ(snapshots, 2);
  EXPECT_FALSE(fresh());
}

TEST_F(Follower, what_came_in_a_gap_is_heard_of_once_and_in_order) {
  for (const std::string gap : {"410", "lost"}) {
    SCOPED_TRACE(gap);
    std::vector<std::uint64_t> told;
    RevocationFollower one(api, clock, [&](const delegation::Revocation& entry) { told.push_back(entry.seq); });
    const auto first = snapshot({entry(2, 0)}, 2);
    const auto after_gap = snapshot({entry(2, 0), entry(3, 2), entry(5, 3), entry(8, 5), entry(9, 8)}, 8);
    int taken = 0, opened = 0;
    transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
      if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, ++taken == 1 ? first : after_gap};
      if (++opened == 1) return http::Reply{200, {}, event(3, 2) + beat(3) + (gap == "lost" ? event(9, 8) : "")};
      if (opened == 2 && gap == "410") return http::Reply{410, {}, ""};
      if (opened == (gap == "410" ? 3 : 2)) EXPECT_EQ(*http::only_value(call.headers, "Last-Event-ID"), place(8));
      return opened < 4 ? http::Reply{200, {}, event(9, 8) + beat(9)} : http::Reply{403, {}, ""};
    });
    EXPECT_EQ(one.run().error().status, 403);
    EXPECT_EQ(told, (std::vector<std::uint64_t>{3, 5, 8, 9})) << "not 2, which was before the first snapshot";
  }
}

TEST_F(Follower, a_truncated_feed_is_noticed_by_the_heartbeat) {
  streams_are({beat(0) + beat(4, Seconds(1)), ""});
  EXPECT_FALSE(follower.run());
  EXPECT_FALSE(fresh());
  EXPECT_EQ(snapshots, 2);
}

TEST_F(Follower, a_sequence_that_goes_back_is_not_ours) {
  next_snapshot = snapshot({}, 9);
  streams_are({beat(9) + beat(4, Seconds(1)), ""});
  EXPECT_FALSE(follower.run());
  EXPECT_FALSE(fresh());
}

TEST_F(Follower, replayed_entries_change_nothing) {
  streams_are({event(1, 0) + event(1, 0) + event(2, 1) + event(1, 0) + beat(2)});
  EXPECT_FALSE(follower.run());
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_TRUE(fresh());
}

TEST_F(Follower, replayed_heartbeats_prove_nothing) {
  const auto old = beat(0);
  streams_are({old + beat(0, Seconds(1)) + old + old});
  EXPECT_FALSE(follower.run());
  EXPECT_TRUE(follower.fresh(clock.at + Seconds(11), Seconds(10)));
  EXPECT_FALSE(follower.fresh(clock.at + Seconds(12), Seconds(10)));
}

TEST_F(Follower, counts_the_time_a_heartbeat_was_on_its_way) {
  // Written a second apart, they arrive when five have passed.
  transport.on("GET " + issuer + "/v1/revocations", [this](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, next_snapshot};
    if (streams++ > 0) return http::Reply{403, {}, ""};
    const auto text = beat(0) + beat(0, Seconds(1));
    clock.at += Seconds(5);
    return http::Reply{200, {}, text};
  });
  EXPECT_FALSE(follower.run());
  EXPECT_TRUE(follower.fresh(clock.at, Seconds(4)));
  EXPECT_FALSE(follower.fresh(clock.at, Seconds(3)));
}

TEST_F(Follower, is_stale_before_the_first_heartbeat_and_after_silence) {
  EXPECT_FALSE(fresh());
  streams_are({event(1, 0), beat(1)});
  EXPECT_FALSE(follower.run());
  EXPECT_TRUE(fresh());
  const delegation::TokenView living{.jti = "jti_9", .issued_at = clock.at};
  const delegation::TokenView gone{.jti = "jti_1", .issued_at = clock.at};
  clock.at += Seconds(10);
  EXPECT_EQ(follower.judge(living), RevocationFollower::Verdict::live);
  clock.at += Seconds(1);
  EXPECT_EQ(follower.judge(living, Seconds(11)), RevocationFollower::Verdict::live);
  EXPECT_FALSE(follower.fresh(clock.at));
  EXPECT_EQ(follower.judge(living), RevocationFollower::Verdict::stale);
  EXPECT_EQ(follower.judge(gone), RevocationFollower::Verdict::dead);
  clock.at -= Seconds(60);
  EXPECT_EQ(follower.judge(living), RevocationFollower::Verdict::stale) << "a clock set back";
}

TEST_F(Follower, tokens_that_are_refused_for_staleness_are_counted) {
  const auto counted = [] {
    const auto text = metrics::text();
    const auto at = text.find("\ndeputy_revocation_stale_total ");
    return at == std::string::npos ? -1 : std::stoi(text.substr(text.find(' ', at + 1)));
  };
  streams_are({event(1, 0), beat(1)});
  EXPECT_FALSE(follower.run());
  const auto before = counted();
  ASSERT_GE(before, 0) << "it is there before the first";
  follower.judge({.jti = "jti_9", .issued_at = clock.at});
  EXPECT_EQ(counted(), before);
  clock.at += Seconds(11);
  follower.judge({.jti = "jti_9", .issued_at = clock.at});
  follower.judge({.jti = "jti_1", .issued_at = clock.at});
  EXPECT_EQ(counted(), before + 1) << "what is dead is not stale";
}

TEST_F(Follower, begins_anew_where_its_place_is_purged) {
  streams_are({"410", beat(0)});
  EXPECT_FALSE(follower.run());
  EXPECT_EQ(snapshots, 2);
  EXPECT_TRUE(fresh());
}

TEST_F(Follower, a28_begins_anew_with_less_where_the_servers_store_was_set_back) {
  stop_after = 4;
  const auto at_nine = snapshot({entry(9, 0)}, 9), set_back = snapshot({entry(4, 0)}, 4);
  transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) {
      if (++snapshots > 3) return http::Reply{403, {}, ""};  // not taken: ends the test, rather than asking for ever
      return http::Reply{200, {}, snapshots == 1 ? at_nine : set_back};
    }
    if (++streams == 1) return http::Reply{200, {}, event(10, 9) + beat(10)};
    const auto from = http::only_value(call.headers, "Last-Event-ID").value_or("");
    if (from == place(10) || call.url.find("after=" + place(10) + "&") != std::string::npos)
      return http::Reply{410, {}, ""};
    EXPECT_EQ(from, place(4));
    EXPECT_FALSE(fresh()) << "between the two nothing is";
    return http::Reply{200, {}, event(5, 4) + beat(5) + event(6, 5)};
  });
  ASSERT_TRUE(follower.run());
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{10, 4, 5, 6}));
  EXPECT_EQ(follower.position(), 6u);
  EXPECT_TRUE(dead("jti_4") && dead("jti_5"));
  EXPECT_TRUE(dead("jti_9") && dead("jti_10")) << "what is known to be dead stays dead";
  EXPECT_TRUE(fresh());
}

TEST_F(Follower, a28_begins_anew_where_the_set_back_store_has_grown_past_its_place) {
  const auto ours = snapshot({entry(7, 0), entry(8, 7)}, 8);
  auto other = entry(8, 7);  // what the server's new history has at our number
  other.target = "jti_other";
  const auto grown = snapshot({entry(7, 0), other, entry(9, 8)}, 9);
  std::vector<std::string> told;
  RevocationFollower one(api, clock, [&](const delegation::Revocation& entry) { told.push_back(entry.target); });
  transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, ++snapshots == 1 ? ours : grown};
    const auto from = http::only_value(call.headers, "Last-Event-ID").value_or("");
    if (++streams > 2) return http::Reply{403, {}, ""};
    EXPECT_EQ(from, place(streams == 1 ? 8 : 9));
    return streams == 1 ? http::Reply{410, {}, ""} : http::Reply{200, {}, event(10, 9) + beat(10)};
  });
  EXPECT_EQ(one.run().error().status, 403);
  EXPECT_EQ(told, (std::vector<std::string>{"jti_other", "jti_9", "jti_10"})) << "and not jti_7, which both have";
  for (const auto* jti : {"jti_8", "jti_other", "jti_9"})
    EXPECT_TRUE(one.set().kills("", {.jti = jti, .issued_at = clock.at})) << jti;
  EXPECT_EQ(one.position(), 10u);
  EXPECT_TRUE(one.fresh(clock.at, Seconds(10)));
}

TEST_F(Follower, a11_a9_refuses_a_snapshot_that_is_another_jwt_or_another_keys) {
  for (const auto& text : {snapshot({}, 0, "at+jwt"), snapshot({}, 0, "JWT"), std::string("x.y.z")}) {
    next_snapshot = text;
    streams = 0;
    int tries = 0;
    transport.on("GET " + issuer + "/v1/revocations/snapshot", [&](const http::Call&) -> Result<http::Reply, Fault> {
      return ++tries == 1 ? http::Reply{200, {}, next_snapshot} : http::Reply{403, {}, ""};
    });
    EXPECT_EQ(follower.run().error().status, 403);
    EXPECT_EQ(tries, 2) << "asked again, not followed";
    EXPECT_EQ(streams, 0);
    EXPECT_FALSE(fresh());
  }
}

TEST_F(Follower, an_old_snapshot_takes_nothing_back) {
  next_snapshot = snapshot({}, 9);
  const auto old = snapshot({}, 3);
  int tries = 0;
  streams_are({beat(9) + event(12, 11)});
  transport.on("GET " + issuer + "/v1/revocations/snapshot", [&](const http::Call&) -> Result<http::Reply, Fault> {
    ++tries;
    if (tries > 2) return http::Reply{403, {}, ""};
    return http::Reply{200, {}, tries == 1 ? next_snapshot : old};
  });
  EXPECT_FALSE(follower.run());
  EXPECT_EQ(tries, 3);
  EXPECT_EQ(follower.position(), 9u);
  EXPECT_FALSE(fresh());
}

TEST_F(Follower, takes_a_large_snapshot_and_none_beyond_its_limit) {
  std::vector<delegation::Revocation> entries;
  for (std::uint64_t seq = 1; seq <= 20'000; ++seq) entries.push_back(entry(seq, seq - 1));
  next_snapshot = snapshot(entries, 20'000);
  streams_are({beat(20'000)});
  EXPECT_EQ(follower.run().error().status, 403);
  EXPECT_EQ(follower.position(), 20'000u);
  EXPECT_TRUE(dead("jti_1") && dead("jti_20000"));
  EXPECT_TRUE(fresh());

  RevocationFollower small(api, clock, {}, next_snapshot.size() - 1);
  int tries = 0;
  transport.on("GET " + issuer + "/v1/revocations/snapshot", [&](const http::Call&) -> Result<http::Reply, Fault> {
    return ++tries == 1 ? http::Reply{200, {}, next_snapshot} : http::Reply{403, {}, ""};
  });
  EXPECT_FALSE(small.run());
  EXPECT_EQ(tries, 2);
  EXPECT_FALSE(small.fresh(clock.at, Seconds(10)));
}

TEST_F(Follower, takes_a_snapshot_that_is_long_on_its_way_and_none_that_was_old_when_it_was_asked_for) {
  for (const auto age : {Seconds(0), Seconds(100)}) {
    clock.at -= age;
    const auto text = snapshot({entry(1, 0)}, 1);
    clock.at += age;
    RevocationFollower one(api, clock);
    int asked = 0;
    transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
      if (!call.url.ends_with("/snapshot") || ++asked > 1) return http::Reply{403, {}, ""};
      clock.at += Seconds(90);
      return http::Reply{200, {}, text};
    });
    EXPECT_EQ(one.run().error().status, 403);
    EXPECT_EQ(one.position(), age == Seconds(0) ? 1u : 0u);
  }
}

TEST_F(Follower, a28_ends_where_its_client_gets_no_token_any_more) {
  const std::vector<std::pair<int, std::string>> refusals{
      {401, "invalid_client"}, {400, "unauthorized_client"}, {400, "invalid_scope"}, {400, "invalid_target"}};
  for (const auto& [status, code] : refusals) {
    SCOPED_TRACE(code);
    int tokens = 0, opened = 0;
    const auto over = [&] { return tokens > 4; };  // ends the test, rather than asking for ever
    transport.on("POST " + issuer + "/oauth2/token", [&](const http::Call&) -> Result<http::Reply, Fault> {
      if (++tokens == 1 || over())
        return http::Reply{200, {}, R"({"access_token":"t","token_type":"Bearer","expires_in":300})"};
      return http::Reply{status, {}, R"({"error":")" + code + R"("})"};
    });
    transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
      if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, next_snapshot};
      if (++opened == 1) return http::Reply{200, {}, beat(0)};
      return http::Reply{over() ? 403 : 401, {}, ""};
    });
    client::Api own{transport, clock, random, issuer, {"agt_guard", Secret("s")}};
    EXPECT_EQ(RevocationFollower(own, clock).run().error().code, code);
  }
}

TEST_F(Follower, says_why_it_cannot_follow) {
  transport.on("GET " + issuer + "/v1/revocations", [this](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, next_snapshot};
    return http::Reply{++streams == 1 ? 500 : 403, {}, ""};
  });
  testing::internal::CaptureStderr();
  EXPECT_EQ(follower.run().error().status, 403);
  EXPECT_NE(testing::internal::GetCapturedStderr().find("\"revocation_feed_failed\""), std::string::npos);
}

TEST_F(Follower, a25_what_is_known_to_be_dead_stays_dead_though_its_clock_was_ahead_for_a_moment) {
  const auto before = snapshot({entry(1, 0)}, 1);
  transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) return http::Reply{200, {}, before};
    if (++streams > 3) return http::Reply{403, {}, ""};
    if (streams == 2) clock.at -= Seconds(3600);
    const auto text = beat(1, Seconds(streams));
    if (streams == 1) clock.at += Seconds(3600);
    return http::Reply{200, {}, text};
  });
  EXPECT_FALSE(follower.run());
  EXPECT_TRUE(fresh());
  EXPECT_EQ(follower.judge({.jti = "jti_1", .issued_at = clock.at}, Seconds(10)), RevocationFollower::Verdict::dead);
}

TEST_F(Follower, opens_another_stream_where_the_servers_clock_was_set_ahead) {
  transport.on("GET " + issuer + "/v1/revocations", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.ends_with("/snapshot")) return http::Reply{++snapshots == 1 ? 200 : 403, {}, next_snapshot};
    if (++streams > 2) return http::Reply{403, {}, ""};
    EXPECT_EQ(http::only_value(call.headers, "Last-Event-ID"), place(0)) << "it is left at the beat, where it was";
    const auto text = streams == 1 ? beat(0) + beat(0, Seconds(1)) + beat(0, Seconds(32)) + event(1, 0)
                                   : beat(0, Seconds(32)) + event(1, 0) + beat(1, Seconds(33));
    clock.at += Seconds(2);
    return http::Reply{200, {}, text};
  });
  EXPECT_FALSE(follower.run());
  EXPECT_EQ(snapshots, 1);
  EXPECT_EQ(heard, (std::vector<std::uint64_t>{1}));
  EXPECT_TRUE(fresh());
}

TEST_F(Follower, a_kind_it_does_not_know_is_a_gap_not_a_line_to_pass_over) {
  auto unknown = event(1, 0);
  unknown.replace(unknown.find("\"token\""), 7, "\"tenant\"");
  streams_are({unknown + beat(1), ""});
  EXPECT_FALSE(follower.run());
  EXPECT_FALSE(fresh());
}
