// The audit log through /v1: filtered, paged, single, streamed; and what every change leaves in it.
#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/id.h"
#include "endpoints/admin/event_place.h"
#include "endpoints/admin/frame/page.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Events : testing::Test, Administration {
  http::Response list(std::string query) { return call(admin_token(), "GET", "/v1/events?" + query); }
  http::Response follow(std::string_view token, http::Headers headers = {}, std::string query = "") {
    headers.emplace_back("Accept", "text/event-stream");
    return call(token, "GET", "/v1/events" + query, "", std::move(headers));
  }
  std::string place(std::uint64_t seq) { return text_of(*endpoints::admin::event_place_at(app(), seq)); }
  // Of this number, and of another event: as in a store that was set back and has grown again.
  std::string place_of_another(std::uint64_t seq) {
    return std::to_string(seq) + place(seq - 1).substr(std::to_string(seq - 1).size());
  }
};

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_F(Events, are_found_by_each_of_their_members) {
  const auto id = create_id("users", {{"username", "a"}});
  ASSERT_EQ(call(admin_token(), "PATCH", "/v1/users/" + id, {{"name", "A"}}).status, 200);
  (void)call(admin_token(), "PATCH", "/v1/users/" + id, {{"name", "A"}}, {{"If-Match", "\"9\""}});
  EXPECT_EQ(items_of(list("target=" + id), "action"),
            (std::vector<std::string>{"user.create", "user.update", "user.update"}));
  EXPECT_EQ(items_of(list("target=" + id + "&decision=refused"), "action").size(), 1u);
  EXPECT_EQ(items_of(list("action=user.*&actor=" + admin.id), "target").size(), 3u);
  EXPECT_EQ(items_of(list("target=" + id + "&order=newest_first&limit=1"), "decision"),
            (std::vector<std::string>{"refused"}));
  EXPECT_TRUE(items_of(list("target=" + id + "&to=" + percent_encode(rfc3339(clock.now())))).empty());
  EXPECT_EQ(items_of(list("target=" + id + "&from=" + percent_encode(rfc3339(clock.now())))).size(), 3u);
  for (const auto* bad : {"decision=maybe", "order=upwards", "from=today", "zebra=1", "cursor=zebra", "limit=0"})
    EXPECT_EQ(problem_of(list(bad)), "400 invalid_request") << bad;
}

TEST_F(Events, are_found_by_owner_client_chain_resource_and_delegation) {
  ASSERT_TRUE(store->commit_now({store::Append{{.id = "evt_1", .at = clock.now(), .tenant = "default",
                                                .action = "token.issue", .client = "agt_1", .owner = "usr_1",
                                                .resource = "https://a.example", .chain = {"agt_2", "agt_3"},
                                                .delegations = {"dlg_1", "dlg_2"}}}}));
  const auto at = "resource=" + percent_encode("https://a.example");
  for (const auto& query : {std::string("client=agt_1"), std::string("owner=usr_1"), at, std::string("chain=agt_3"),
                            std::string("delegation=dlg_2")}) {
    EXPECT_EQ(items_of(list(query)), std::vector<std::string>{"evt_1"}) << query;
    EXPECT_EQ(count_of(follow(admin_token(), {{"Last-Event-ID", "0"}}, "?" + query).feed->next(), "event: event\n"), 1u)
        << query;
  }
  for (const auto* other : {"client=agt_2", "owner=agt_1", "resource=agt_1", "chain=agt_1", "delegation=agt_3"})
    EXPECT_TRUE(items_of(list(other)).empty()) << other;
}

TEST_F(Events, what_is_done_by_a_delegated_token_is_found_by_its_delegation) {
  const auto chief = given_agent("chief"), helper = given_agent("helper");
  given_assignment(role_at_own_api("everything", {"*"}), chief.id);
  given_assignment(role_at_own_api("registrar", {"users:write"}), helper.id, {{"acts", "others"}});
  change(directory::Kind::agent, chief.id, {{"delegates", json::array{json::value(helper.id)}}});
  const auto token = exchanged(helper, token_of(chief));
  const auto made = call(token, "POST", "/v1/users", {{"username", "a"}});
  ASSERT_EQ(made.status, 201) << made.body;
  const auto delegation = claims_of(token).at("dlg").as_array().back();
  const auto found = items_of(list("action=user.create&delegation=" + std::string(delegation.as_string())), "target");
  EXPECT_EQ(found, std::vector<std::string>{text_at(body_of(made), "id")});
}

TEST_F(Events, pages_go_both_ways_and_hold_each_event_once) {
  for (int i = 0; i < 5; ++i) create("users", {{"username", "u" + std::to_string(i)}});
  const auto walk = [&](std::string order) {
    std::vector<std::string> seen;
    std::string cursor;
    do {
      const auto page = list("action=user.create&limit=2&order=" + order + (cursor.empty() ? "" : "&cursor=" + cursor));
      for (auto& id : items_of(page)) seen.push_back(std::move(id));
      cursor = text_at(body_of(page), "next_cursor");
    } while (!cursor.empty() && seen.size() < 50);
    return seen;
  };
  auto forward = walk("oldest_first"), back = walk("newest_first");
  EXPECT_EQ(forward.size(), 5u);
  std::reverse(back.begin(), back.end());
  EXPECT_EQ(forward, back);
}

TEST_F(Events, one_is_read_by_its_id_and_the_numbers_only_rise) {
  create("users", {{"username", "a"}});
  const auto all = body_of(list("limit=200")).at("items").as_array();
  std::int64_t last = 0;
  for (const auto& event : all) {
    EXPECT_GT(*json_integer(event.as_object(), "seq"), last);
    last = *json_integer(event.as_object(), "seq");
  }
  const auto& event = all.front().as_object();
  EXPECT_EQ(body_of(call(admin_token(), "GET", "/v1/events/" + text_at(event, "id"))), event);
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/events/evt_" + std::string(26, '0'))), "404 not_found");
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/events/x")), "404 not_found");
}

TEST_F(Events, a_stream_gives_what_happens_next_once_and_beats_each_second) {
  create("users", {{"username", "before"}});
  const auto response = follow(admin_token(), {}, "?action=user.create");
  ASSERT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.content_type, "text/event-stream");
  ASSERT_NE(response.feed, nullptr);
  EXPECT_EQ(response.feed->next(), "");
  const auto id = create_id("users", {{"username", "after"}});
  const auto text = response.feed->next();
  EXPECT_EQ(count_of(text, "event: event\n"), 1u) << text;
  EXPECT_EQ(count_of(text, "\nid: ") + text.starts_with("id: "), 1u);
  EXPECT_NE(text.find("\"target\":\"" + id + "\""), std::string::npos);
  EXPECT_TRUE(text.ends_with("}\n\n"));
  EXPECT_EQ(response.feed->next(), "");
  clock.advance(Seconds(1));
  EXPECT_TRUE(response.feed->next().starts_with(":"));
  EXPECT_EQ(response.feed->next(), "");
}

TEST_F(Events, a_stream_says_from_where_to_resume_it_though_nothing_matched_yet) {
  const auto response = follow(admin_token(), {}, "?action=user.create");
  const auto opened = place(*store->last_event());
  EXPECT_EQ(response.body, ": following\nid: " + opened + "\n\n");
  response.feed->next();
  create("organizations", {{"name", "Acme"}});
  clock.advance(Seconds(1));
  response.feed->next();  // which tells nothing of it, but has gone by it
  clock.advance(Seconds(1));
  const auto passed = place(*store->last_event());
  EXPECT_NE(passed, opened);
  EXPECT_EQ(response.feed->next(), ": alive\nid: " + passed + "\n\n");
  const auto missed = create_id("users", {{"username", "missed"}});
  const auto resumed = follow(admin_token(), {{"Last-Event-ID", passed}}, "?action=user.create");
  EXPECT_NE(resumed.feed->next().find(missed), std::string::npos);
}

TEST_F(Events, a_stream_that_has_more_than_a_piece_goes_on_at_once) {
  const auto response = follow(admin_token(), {}, "?action=user.create");
  int woken = 0;
  response.feed->listen([&] { ++woken; });
  const auto record = [&](std::size_t count, std::string action) {
    store::Writes writes;
    for (std::size_t i = 0; i < count; ++i)
      writes.emplace_back(store::Append{{.id = make_id("evt", clock.now(), random), .at = clock.now(),
                                         .tenant = "default", .action = action}});
    ASSERT_TRUE(store->commit_now(std::move(writes)));
  };
  record(201, "user.create");
  EXPECT_EQ(count_of(response.feed->next(), "event: event\n"), 200u);
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(count_of(response.feed->next(), "event: event\n"), 1u);
  EXPECT_EQ(woken, 1) << "there is no more";
  // What does not match is passed by in steps that hold up nobody else.
  record(3000, "token.issue");
  record(1, "user.create");
  EXPECT_EQ(response.feed->next(), "");
  EXPECT_EQ(woken, 2);
  EXPECT_EQ(count_of(response.feed->next(), "event: event\n"), 1u);
}

TEST_F(Events, a_stream_is_not_resumed_beyond_the_end_of_a_log_that_was_set_back) {
  const auto newest = *store->last_event();
  const auto token = admin_token();  // an event more
  const auto at = std::to_string(newest + 1);
  EXPECT_EQ(follow(token, {{"Last-Event-ID", at}}).status, 200);
  EXPECT_EQ(problem_of(follow(token, {{"Last-Event-ID", std::to_string(newest + 1000)}})), "410 gone");
  EXPECT_EQ(problem_of(follow(token, {}, "?cursor=" + endpoints::admin::make_cursor('e', "1000"))), "410 gone");
}

TEST_F(Events, a_stream_is_not_resumed_at_an_event_that_is_another_now) {
  for (int i = 0; i < 3; ++i) create("users", {{"username", "u" + std::to_string(i)}});
  const auto at = *store->last_event();
  EXPECT_NE(place(at), place_of_another(at));
  EXPECT_EQ(follow(admin_token(), {{"Last-Event-ID", place(at)}}).status, 200);
  EXPECT_EQ(problem_of(follow(admin_token(), {{"Last-Event-ID", place_of_another(at)}})), "410 gone");
  const auto cursor = [](const std::string& place) { return "?cursor=" + endpoints::admin::make_cursor('e', place); };
  EXPECT_EQ(follow(admin_token(), {}, cursor(place(at))).status, 200);
  EXPECT_EQ(problem_of(follow(admin_token(), {}, cursor(place_of_another(at)))), "410 gone");
  for (const auto* none : {"x", "1-", "-1", "1-x", "1 2", ""})
    EXPECT_EQ(problem_of(follow(admin_token(), {{"Last-Event-ID", none}})), "400 invalid_request") << none;
}

TEST_F(Events, each_event_of_a_stream_has_its_place_as_its_id) {
  const auto response = follow(admin_token(), {}, "?action=user.create");
  create("users", {{"username", "a"}});
  const auto text = response.feed->next();
  const auto seq = body_of(list("action=user.create&order=newest_first&limit=1")).at("items").at(0).at("seq");
  EXPECT_TRUE(text.starts_with("id: " + place(static_cast<std::uint64_t>(seq.as_int64())) + "\n")) << text;
}

TEST_F(Events, a_list_is_not_gone_on_with_where_the_log_is_another_now) {
  for (int i = 0; i < 5; ++i) create("users", {{"username", "u" + std::to_string(i)}});
  for (const auto& [order, letter] : {std::pair{"oldest_first", 'e'}, std::pair{"newest_first", 'n'}}) {
    const auto query = "action=user.create&limit=2&order=" + std::string(order);
    const auto next = text_at(body_of(list(query)), "next_cursor");
    EXPECT_EQ(list(query + "&cursor=" + next).status, 200);
    const auto told = endpoints::admin::parse_feed_place(base64url_decode(next)->substr(1));
    ASSERT_TRUE(told);
    EXPECT_EQ(text_of(*told), place(told->seq));
    const auto with = [&](const std::string& place) {
      return problem_of(list(query + "&cursor=" + endpoints::admin::make_cursor(letter, place)));
    };
    EXPECT_EQ(with(place_of_another(told->seq)), "410 gone");
    EXPECT_EQ(with(std::to_string(*store->last_event() + 1000)), "410 gone");
    EXPECT_EQ(with(std::to_string(told->seq)), "200") << "a bare number says nothing of its event";
    EXPECT_EQ(with("x"), "400 invalid_request");
  }
}

TEST_F(Events, a_place_is_good_though_the_body_of_its_event_is_dropped) {
  for (int i = 0; i < 300; ++i)
    ASSERT_TRUE(store->commit_now({store::Append{{.id = make_id("evt", clock.now(), random), .at = clock.now(),
                                                  .tenant = "default", .action = "token.issue"}}}));
  const auto kept = place(200);
  ASSERT_TRUE(app().audit_log.seal_all());
  clock.advance(Seconds(86'400));
  ASSERT_TRUE(*app().audit_log.retain(clock.now() - Seconds(3600)));
  EXPECT_EQ(follow(admin_token(), {{"Last-Event-ID", kept}}).status, 200);
  EXPECT_EQ(problem_of(follow(admin_token(), {{"Last-Event-ID", place_of_another(200)}})), "410 gone");
}

TEST_F(Events, a_stream_resumes_after_the_last_event_that_was_seen) {
  create("users", {{"username", "one"}});
  create("users", {{"username", "two"}});
  const auto all = body_of(list("action=user.create")).at("items").as_array();
  const auto first = std::to_string(*json_integer(all[0].as_object(), "seq"));
  const auto resumed = follow(admin_token(), {{"Last-Event-ID", first}}, "?action=user.create");
  const auto text = resumed.feed->next();
  EXPECT_EQ(count_of(text, "event: event\n"), 1u) << text;
  EXPECT_NE(text.find(text_at(all[1].as_object(), "id")), std::string::npos);
}

TEST_F(Events, a_stream_ends_with_the_token_it_was_opened_by) {
  const auto response = follow(admin_token());
  clock.advance(Seconds(299));
  (void)response.feed->next();
  EXPECT_FALSE(response.feed->finished());
  clock.advance(Seconds(1));
  (void)response.feed->next();
  EXPECT_TRUE(response.feed->finished());
}

TEST_F(Events, a28_a_stream_ends_when_its_reader_loses_the_authority) {
  const auto auditor = user("auditor");
  const auto assignment = given_assignment(role_at_own_api("r", {"events:read"}), auditor.id);
  const auto response = follow(token_of(auditor));
  ASSERT_NE(response.feed, nullptr) << response.body;
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + assignment).status, 204);
  clock.advance(Seconds(1));
  const auto text = response.feed->next();
  EXPECT_TRUE(response.feed->finished());
  EXPECT_EQ(text.find("assignment.delete"), std::string::npos) << "nothing is told after that";
}

TEST_F(Events, a28_a_stream_beats_and_ends_as_ever_when_the_clock_was_set_back) {
  const auto auditor = user("auditor");
  const auto assignment = given_assignment(role_at_own_api("r", {"events:read"}), auditor.id);
  const auto response = follow(token_of(auditor));
  ASSERT_NE(response.feed, nullptr) << response.body;
  clock.advance(-Seconds(600));
  EXPECT_EQ(count_of(response.feed->next(), ": alive\n"), 1u);
  EXPECT_FALSE(response.feed->finished());
  ASSERT_EQ(call(admin_token(), "DELETE", "/v1/assignments/" + assignment).status, 204);
  clock.advance(Seconds(1));
  const auto text = response.feed->next();
  EXPECT_TRUE(response.feed->finished());
  EXPECT_EQ(text.find("assignment.delete"), std::string::npos) << "nothing is told after that";
}

TEST_F(Events, revocations_are_followed_from_any_point_on) {
  const auto one = agent_of(admin.id), two = agent_of(admin.id);
  for (const auto& id : {one, two}) ASSERT_EQ(call(admin_token(), "POST", "/v1/agents/" + id + "/suspend").status, 200);
  const auto feed = call(admin_token(), "GET", "/v1/revocations?limit=1");
  EXPECT_EQ(items_of(feed, "target"), (std::vector{one}));
  const auto last = std::to_string(*json_integer(body_of(feed), "last"));
  EXPECT_EQ(items_of(call(admin_token(), "GET", "/v1/revocations?after=" + last), "target"), (std::vector{two}));
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/revocations?after=x")), "400 invalid_request");
}

TEST_F(Events, a40_text_that_a_caller_chooses_stays_inside_its_member) {
  const std::string forged = "x\",\"decision\":\"granted\",\"actor\":\"usr_evil";
  const auto id = create_id("users", {{"username", "a"}, {"name", forged}});
  const auto found = body_of(list("target=" + id)).at("items").as_array();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(text_at(found[0].as_object(), "actor"), admin.id);
  EXPECT_TRUE(items_of(list("actor=usr_evil")).empty());
}
