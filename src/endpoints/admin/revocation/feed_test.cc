// The revocation feed: nothing is missed unnoticed, nobody waits for a timer, and who falls behind begins anew.
#include <gtest/gtest.h>

#include <thread>

#include "jose/jwt.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Stream {
  std::shared_ptr<http::Feed> feed;
  int woken = 0;
  std::string next() { return feed->next(); }
};

struct RevocationFeed : testing::Test, Administration {
  Given service = given_application("a service");
  std::string resource = given_resource("https://mail.example", {"mail:read"}, {{"principal", service.id}});
  std::string token = access_token(admin, issuer + "/v1");

  http::Response get(std::string_view path, http::Headers headers = {}) {
    return call(token, "GET", path, "", std::move(headers));
  }
  json::object page(std::string_view query = "") { return body_of(get("/v1/revocations" + std::string(query))); }
  void revoke(std::string target, Seconds lifetime = Seconds(300), std::string tenant = "default") {
    const store::Revoke revoke{{.tenant = std::move(tenant), .kind = store::Kills::token, .target = std::move(target),
                                .issued_before = clock.now(), .until = clock.now() + lifetime, .at = clock.now()}};
    ASSERT_TRUE(store->commit_now({revoke}));
  }
  // What is answered to who goes on from a place, however it asks.
  std::set<std::string> answers_to(const std::string& place) {
    const http::Headers as_stream{{"Accept", "text/event-stream"}};
    const auto path = "/v1/revocations?after=" + place;
    return {problem_of(get(path)), problem_of(get(path + "&wait=2")), problem_of(get(path, as_stream)),
            problem_of(get("/v1/revocations", {as_stream[0], {"Last-Event-ID", place}}))};
  }
  std::string place_after(std::uint64_t seq) {  // the place of the next entry
    return std::string(page("?limit=1&after=" + std::to_string(seq)).at("place").as_string());
  }
  std::unique_ptr<Stream> stream(std::string_view query = "", http::Headers headers = {}) {
    headers.emplace_back("Accept", "text/event-stream");
    auto response = get("/v1/revocations" + std::string(query), std::move(headers));
    EXPECT_EQ(response.content_type, "text/event-stream") << response.body;
    auto opened = std::make_unique<Stream>();
    opened->feed = response.feed;
    opened->feed->listen([stream = opened.get()] { ++stream->woken; });
    return opened;
  }
};

const json::value nothing{{"items", json::array()}, {"last", 0}, {"place", "0"}, {"newest", 0}};

int count(std::string_view text, std::string_view what) {
  int found = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_F(RevocationFeed, a_follower_is_woken_by_the_commit_and_hears_the_entry_once) {
  const auto one = stream(), two = stream();
  EXPECT_EQ(one->next(), "event: heartbeat\ndata: {\"last\":0,\"now\":\"2027-01-15T08:00:00.000Z\"}\n\n");
  two->next();
  revoke("jti_1");
  EXPECT_EQ(one->woken, 1);
  const auto text = one->next();
  EXPECT_TRUE(text.starts_with("id: " + place_after(0) + "\nevent: revocation\ndata: {\"seq\":1,\"previous\":0,"
                               "\"kind\":\"token\"")) << text;
  EXPECT_EQ(two->next(), text);
  EXPECT_EQ(one->next(), "");
}

TEST_F(RevocationFeed, a_neighbours_revocation_wakes_nobody_else) {
  const auto one = stream();
  one->next();
  revoke("jti_1", Seconds(300), "other");
  EXPECT_EQ(one->woken, 0);
  EXPECT_EQ(one->next(), "");
  revoke("jti_2");
  EXPECT_NE(one->next().find("\"seq\":2,\"previous\":0"), std::string::npos);
}

TEST_F(RevocationFeed, is_resumed_where_it_broke_off_and_from_before_the_servers_start) {
  for (const auto* target : {"jti_1", "jti_2", "jti_3"}) revoke(target);
  restart();
  const auto resumed = stream("", {{"Last-Event-ID", "1"}});
  const auto text = resumed->next();
  EXPECT_EQ(count(text, "event: revocation"), 2);
  EXPECT_NE(text.find("\"seq\":2,\"previous\":1"), std::string::npos);
  EXPECT_EQ(count(stream("?after=2")->next(), "event: revocation"), 1);
  EXPECT_EQ(count(stream()->next(), "event: revocation"), 3);
  revoke("jti_4");
  EXPECT_EQ(count(resumed->next(), "\"seq\":4,\"previous\":3"), 1);
}

TEST_F(RevocationFeed, a_place_that_is_no_number_is_refused) {
  for (const auto* place : {"", "x", "1x", "-1", "1.0", "18446744073709551616", "1-", "1-x", "1--1", "1-1-1"}) {
    const http::Headers resumed{{"Accept", "text/event-stream"}, {"Last-Event-ID", place}};
    EXPECT_EQ(problem_of(get("/v1/revocations", resumed)), "400 invalid_request") << place;
    EXPECT_EQ(problem_of(get("/v1/events", resumed)), "400 invalid_request") << place;
  }
}

TEST_F(RevocationFeed, beats_each_second_and_says_where_the_end_is) {
  const auto one = stream();
  one->next();
  revoke("jti_1");
  one->next();
  EXPECT_EQ(one->next(), "");
  clock.advance(Seconds(1));
  EXPECT_EQ(one->next(), "event: heartbeat\ndata: {\"last\":1,\"now\":\"2027-01-15T08:00:01.000Z\"}\n\n");
}

TEST_F(RevocationFeed, beats_each_second_of_a_clock_that_was_set_back) {
  const auto one = stream();
  one->next();
  clock.advance(-Seconds(600));
  EXPECT_EQ(one->next(), "event: heartbeat\ndata: {\"last\":0,\"now\":\"2027-01-15T07:50:00.000Z\"}\n\n");
  EXPECT_EQ(one->next(), "");
  clock.advance(Seconds(1));
  EXPECT_EQ(count(one->next(), "event: heartbeat"), 1);
}

TEST_F(RevocationFeed, a28_ends_with_the_token_it_was_opened_by) {
  const auto one = stream();
  one->next();
  clock.advance(Seconds(3601));
  one->next();
  EXPECT_TRUE(one->feed->finished());
}

TEST_F(RevocationFeed, a_stream_is_for_who_would_rather_have_it) {
  const auto type = [&](std::string_view accept) {
    return get("/v1/revocations", {{"Accept", std::string(accept)}}).content_type;
  };
  EXPECT_EQ(type("Text/Event-Stream"), "text/event-stream");
  EXPECT_EQ(type("text/event-stream;q=0, */*"), "application/json");
  EXPECT_EQ(type("application/json, text/event-stream;q=0.5"), "application/json");
}

TEST_F(RevocationFeed, who_is_behind_what_is_kept_is_told_to_begin_anew) {
  revoke("jti_1");
  revoke("jti_2", Seconds(1));
  clock.advance(Seconds(2));
  ASSERT_EQ(*store->purge(clock.now(), 10), 1u);
  EXPECT_EQ(problem_of(get("/v1/revocations?after=1")), "410 gone");
  EXPECT_EQ(problem_of(get("/v1/revocations", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "1"}})), "410 gone");
  EXPECT_EQ(page("?after=2").at("items").as_array().size(), 0u);
  EXPECT_EQ(page().at("items").as_array().size(), 1u) << "who names no place hears what is kept";
}

TEST_F(RevocationFeed, a28_who_is_ahead_of_a_store_that_was_set_back_is_told_to_begin_anew) {
  const std::set<std::string> gone{"410 gone"};
  EXPECT_EQ(answers_to("1"), gone) << "nothing was revoked yet";
  revoke("jti_1");
  EXPECT_EQ(answers_to("2"), gone);
  EXPECT_EQ(answers_to("99999"), gone);
  const json::object end{{"items", json::array()}, {"last", 1}, {"place", "1"}, {"newest", 1}};
  EXPECT_EQ(page("?after=1"), end);
  restart();
  EXPECT_EQ(answers_to("2"), gone);
  revoke("jti_2", Seconds(300), "other");
  EXPECT_EQ(answers_to("2"), gone) << "a neighbour's number is none of this sequence";
  // What is just committed may be held by whoever heard of it.
  revoke("jti_3");
  EXPECT_EQ(answers_to("3"), std::set<std::string>{"200"});
  EXPECT_EQ(answers_to("4"), gone);
}

TEST_F(RevocationFeed, a28_a_place_of_another_history_is_gone_though_the_sequence_has_grown_past_it) {
  const std::set<std::string> gone{"410 gone"}, good{"200"};
  EXPECT_EQ(answers_to("0-7"), gone);
  for (const auto* target : {"jti_1", "jti_2", "jti_3"}) revoke(target);
  for (const std::uint64_t seq : {1, 2, 3}) {
    auto place = place_after(seq - 1);
    EXPECT_TRUE(place.starts_with(std::to_string(seq) + "-")) << place;
    EXPECT_EQ(answers_to(place), good) << seq;
    place.back() = place.back() == '7' ? '8' : '7';
    EXPECT_EQ(answers_to(place), gone) << seq << ": the number is the same, the entry another";
    EXPECT_EQ(answers_to(std::to_string(seq)), good) << "who knows no more than the number is not held to more";
  }
  revoke("jti_4", Seconds(300), "other");
  const auto others = place_after(2).substr(1);
  EXPECT_EQ(answers_to("4" + others), gone) << "a neighbour's number is none of this sequence";
  revoke("jti_5");
  EXPECT_EQ(answers_to("4" + others), gone);
}

TEST_F(RevocationFeed, the_place_of_a_purged_entry_is_known_as_long_as_it_is_the_last) {
  revoke("jti_1");
  revoke("jti_2", Seconds(1));
  const auto place = place_after(1);
  clock.advance(Seconds(2));
  ASSERT_EQ(*store->purge(clock.now(), 10), 1u);
  EXPECT_EQ(answers_to(place), std::set<std::string>{"200"});
  EXPECT_EQ(page().at("place").as_string(), place) << "where a page ends behind what is purged";
  revoke("jti_3");
  EXPECT_EQ(answers_to(place), std::set<std::string>{"410 gone"}) << "it may have been another's";
}

TEST_F(RevocationFeed, pages_link_to_each_other_and_say_where_the_end_is) {
  for (int i = 1; i <= 5; ++i) revoke("jti_" + std::to_string(i));
  const auto first = page("?limit=2");
  EXPECT_EQ(first.at("last"), 2);
  EXPECT_EQ(page("?limit=2&after=" + std::string(first.at("place").as_string())).at("last"), 4);
  EXPECT_EQ(first.at("newest"), 5);
  const auto second = page("?limit=2&after=2");
  EXPECT_EQ(second.at("items").at(0).at("previous"), 2);
  EXPECT_EQ(page("?after=5").at("items").as_array().size(), 0u);
  EXPECT_EQ(problem_of(get("/v1/revocations?after=x")), "400 invalid_request");
  EXPECT_EQ(problem_of(get("/v1/revocations?wait=31")), "400 invalid_request");
}

TEST_F(RevocationFeed, a_long_poll_answers_at_the_commit) {
  auto response = get("/v1/revocations?wait=20");
  ASSERT_TRUE(response.feed);
  int woken = 0;
  response.feed->listen([&] { ++woken; });
  EXPECT_EQ(response.feed->next(), "");
  revoke("jti_1");
  EXPECT_EQ(woken, 1);
  const auto text = response.feed->next();
  EXPECT_EQ(json::parse(text).at("items").as_array().size(), 1u);
  EXPECT_TRUE(response.feed->finished());
  EXPECT_FALSE(get("/v1/revocations?wait=20").feed) << "there is something to say at once";
}

TEST_F(RevocationFeed, a_long_poll_answers_when_its_time_is_over) {
  auto response = get("/v1/revocations?wait=2");
  ASSERT_TRUE(response.feed);
  clock.advance(Seconds(2));
  EXPECT_EQ(json::parse(response.feed->next()), nothing);
}

TEST_F(RevocationFeed, a_long_poll_that_the_servers_end_cuts_short_is_an_empty_page) {
  revoke("jti_1");
  const auto place = place_after(0);
  auto response = get("/v1/revocations?wait=20&after=" + place);
  ASSERT_TRUE(response.feed);
  EXPECT_EQ(response.feed->next(), "");
  EXPECT_EQ(json::parse(response.feed->farewell()),
            (json::value{{"items", json::array()}, {"last", 1}, {"place", place}, {"newest", 1}}));
}

TEST_F(RevocationFeed, a_long_poll_answers_when_its_clock_was_set_back) {
  auto response = get("/v1/revocations?wait=20");
  clock.advance(Seconds(10));
  EXPECT_EQ(response.feed->next(), "");
  clock.advance(-Seconds(5));
  EXPECT_EQ(json::parse(response.feed->next()), nothing)
      << "how long it has waited is not known any more";
}

TEST_F(RevocationFeed, a28_a_long_poll_tells_nothing_to_a_caller_that_was_stopped_while_it_waited) {
  const auto stops = [&](const Given& caller, auto stop) {
    const auto waiting = token_of(caller);
    const auto newest = page().at("newest").as_int64();
    auto response = call(waiting, "GET", "/v1/revocations?wait=20&after=" + std::to_string(newest));
    ASSERT_TRUE(response.feed) << response.body;
    EXPECT_EQ(response.feed->next(), "");
    stop();
    revoke("jti_1");
    const auto place = std::to_string(newest);
    EXPECT_EQ(json::parse(response.feed->next()),
              (json::value{{"items", json::array()}, {"last", newest}, {"place", place}, {"newest", newest}}));
    EXPECT_TRUE(response.feed->finished());
    EXPECT_EQ(problem_of(call(waiting, "GET", "/v1/revocations")), "401 invalid_token");
  };
  const auto disabled = officer("disabled", {"revocations:read"});
  stops(disabled, [&] {
    ASSERT_EQ(call(token, "PATCH", "/v1/users/" + disabled.id, {{"state", "disabled"}}).status, 200);
  });
  const auto lowered = user("lowered");
  const auto assignment = given_assignment(role_at_own_api("followers", {"revocations:read"}), lowered.id);
  stops(lowered, [&] { ASSERT_EQ(call(token, "DELETE", "/v1/assignments/" + assignment).status, 204); });
  const auto expired = officer("expired", {"revocations:read"});
  stops(expired, [&] {
    clock.advance(Seconds(3601));
    token = access_token(admin, issuer + "/v1");
  });
}

TEST_F(RevocationFeed, the_snapshot_is_signed_and_holds_what_still_kills) {
  revoke("jti_1");
  revoke("jti_2", Seconds(1));
  clock.advance(Seconds(62));
  const auto response = get("/v1/revocations/snapshot");
  ASSERT_EQ(response.status, 200) << response.body;
  const auto keys = app().keyring.keys("default");
  const auto audience = issuer + "/v1/revocations";
  const jose::Expect expect{.types = {"revocation-snapshot+jwt"}, .issuer = issuer, .audience = audience};
  const auto verified = jose::verify(response.body, (*keys)->published, expect, clock.now());
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->claims.at("seq"), 2);
  ASSERT_EQ(verified->claims.at("revocations").as_array().size(), 1u);
  EXPECT_EQ(verified->claims.at("revocations").at(0).at("target"), "jti_1");
  // Followed from its place, nothing is missed.
  const std::string place(verified->claims.at("place").as_string());
  EXPECT_TRUE(place.starts_with("2-")) << place;
  EXPECT_EQ(answers_to(place), std::set<std::string>{"200"});
  revoke("jti_3");
  EXPECT_EQ(count(stream("?after=" + place)->next(), "\"seq\":3,\"previous\":2"), 1);
  EXPECT_FALSE(jose::verify(response.body, (*keys)->published, expect, clock.now() + Seconds(120))) << "an old one";
}

TEST_F(RevocationFeed, a25_the_snapshot_holds_for_a_minute_what_is_over_by_the_servers_clock) {
  revoke("jti_1", Seconds(1));
  clock.advance(Seconds(2));
  const auto holds_it = [&] {
    const auto split = jose::split(get("/v1/revocations/snapshot").body);
    return split && !split->claims.at("revocations").as_array().empty();
  };
  EXPECT_TRUE(holds_it()) << "the clock of whoever takes it may be behind";
  clock.advance(Seconds(60));
  EXPECT_FALSE(holds_it());
}

TEST_F(RevocationFeed, a_snapshot_of_any_size_is_made_off_the_reactor_and_sent_piece_by_piece) {
  store::Writes writes;
  for (int i = 0; i < 3000; ++i)
    writes.emplace_back(store::Revoke{{.tenant = "default", .kind = store::Kills::token,
                                       .target = "jti_" + std::to_string(i), .issued_before = clock.now(),
                                       .until = clock.now() + Seconds(300), .at = clock.now()}});
  ASSERT_TRUE(store->commit_now(std::move(writes)));
  std::set<std::thread::id> threads;
  clock.looked = [&] { threads.insert(std::this_thread::get_id()); };
  const auto response = get("/v1/revocations/snapshot");
  clock.looked = nullptr;
  EXPECT_EQ(threads.size(), 2u);
  ASSERT_TRUE(response.feed) << response.body;
  EXPECT_EQ(response.feed->ends(), http::Feed::Ends::when_finished) << "a part of it is none";
  int woken = 0, pieces = 0;
  response.feed->listen([&] { ++woken; });
  std::string text;
  for (bool last = false; !last; ++pieces) {
    last = response.feed->finished();  // as a connection asks
    const auto piece = response.feed->next();
    EXPECT_LE(piece.size(), 256u * 1024);
    text += piece;
  }
  EXPECT_GE(pieces, 3);
  EXPECT_GE(woken, pieces - 1);
  const auto keys = app().keyring.keys("default");
  const jose::Expect expect{.types = {"revocation-snapshot+jwt"}, .issuer = issuer, .audience = std::nullopt,
                            .octets_max = text.size()};
  const auto verified = jose::verify(text, (*keys)->published, expect, clock.now());
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->claims.at("revocations").as_array().size(), 3000u);
  EXPECT_EQ(verified->claims.at("seq"), 3000);
}

TEST_F(RevocationFeed, a_snapshot_is_made_once_for_all_who_ask_at_about_one_time) {
  auto& bulletin = app().bulletin;
  int made = 0;
  const auto ask_since = [&](Instant asked) {
    const auto text = bulletin.snapshot("default", asked, clock, [&]() -> Result<std::string, Fault> {
      clock.advance(Seconds(3));  // it is large
      return std::to_string(++made);
    });
    return **text;
  };
  const auto begun = clock.now();
  EXPECT_EQ(ask_since(begun), "1");
  revoke("jti_1");
  EXPECT_EQ(ask_since(begun + Seconds(2)), "1") << "asked while it was made";
  EXPECT_EQ(ask_since(clock.now()), "1") << "who takes it reads on from its seq";
  clock.advance(Seconds(1));
  EXPECT_EQ(ask_since(clock.now()), "2");
  clock.advance(Seconds(4));
  EXPECT_EQ(ask_since(clock.now()), "2") << "nothing was revoked since";
  clock.advance(Seconds(1));
  EXPECT_EQ(ask_since(clock.now()), "3");
  clock.advance(-Seconds(600));
  EXPECT_EQ(ask_since(clock.now()), "4") << "nobody knows how old it is";
}

TEST_F(RevocationFeed, a11_a_snapshot_is_no_access_token) {
  const auto snapshot = get("/v1/revocations/snapshot").body;
  EXPECT_EQ(body_of(introspect(service, snapshot)).at("active"), false);
  EXPECT_EQ(problem_of(call(snapshot, "GET", "/v1/revocations")), "401 invalid_token");
}

TEST_F(RevocationFeed, a38_belongs_to_the_tenant_as_a_whole) {
  const auto acme = create_id("organizations", {{"name", "Acme"}});
  const auto local = token_of(officer("local", {"revocations:read"}, acme));
  const auto whole = token_of(officer("whole", {"revocations:read"}));
  const auto none = token_of(officer("none", {"events:read"}));
  for (const auto* path : {"/v1/revocations", "/v1/revocations/snapshot"}) {
    EXPECT_EQ(problem_of(call(local, "GET", path)), "403 exceeds_authority");
    EXPECT_EQ(problem_of(call(none, "GET", path)), "403 insufficient_scope");
    EXPECT_EQ(call(whole, "GET", path).status, 200);
  }
}
