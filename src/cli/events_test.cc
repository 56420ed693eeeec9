// deputy events: shown, found and followed, of a server that answers from a table.
#include <gtest/gtest.h>

#include "base/json.h"
#include "cli/test_world.h"
#include "client/table_transport.h"
#include "http/message.h"

namespace deputy::cli::test {
namespace {

class EventsTest : public testing::Test {
 protected:
  EventsTest() { server.serve("https://id.test"); }
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(EventsTest, are_shown_oldest_first) {
  server.on("GET https://id.test/v1/events?decision=refused&from=2026-11-29T23%3A53%3A20.000Z"
            "&order=newest_first&limit=2", 200,
            R"({"items":[{"seq":9,"at":"t9","action":"token.issue"},{"seq":8,"at":"t8","action":"a","actor":"agt_1"}],)"
            R"("next_cursor":"c"})");
  ASSERT_EQ(world.run({"events", "--limit", "2", "--decision", "refused", "--from", "1h"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "SEQ  AT  DECISION  ACTION       ACTOR\n"
            "8    t8            a            agt_1\n"
            "9    t9            token.issue\n");
}

TEST_F(EventsTest, from_longer_ago_than_there_are_instants_are_all) {
  server.on("GET https://id.test/v1/events?from=1970-01-01T00%3A00%3A00.000Z&order=newest_first&limit=2", 200,
            R"({"items":[]})");
  EXPECT_EQ(world.run({"events", "--limit", "2", "--from", "36500d"}), 0) << world.err;
}

TEST_F(EventsTest, say_who_did_what_on_whose_authority) {
  server.on("GET https://id.test/v1/events?order=newest_first&limit=50", 200,
            R"({"items":[{"seq":9,"at":"t9","action":"user.list","actor":"usr_1","subject":"usr_1"},)"
            R"({"seq":8,"at":"t8","action":"token.issue","decision":"granted","actor":"agt_1","subject":"usr_1",)"
            R"("resource":"https://b.test","scope_given":"a b","target":"dlg_1"}]})");
  ASSERT_EQ(world.run({"events"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "SEQ  AT  DECISION  ACTION       ACTOR  SUBJECT  RESOURCE        SCOPE GIVEN  TARGET\n"
            "8    t8  granted   token.issue  agt_1  usr_1    https://b.test  a b          dlg_1\n"
            "9    t9            user.list    usr_1  itself\n");
  server.on("GET https://id.test/v1/events?order=newest_first&limit=2", 200,
            R"({"items":[{"seq":8,"at":"t8","action":"token.issue","decision":"granted","actor":"agt_1",)"
            R"("subject":"usr_1","resource":"https://b.test","scope_given":"a b","target":"dlg_1"}]})");
  server.on("GET https://id.test/v1/events?order=newest_first&limit=1", 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "2"}), 1) << "there is no feed here";
  EXPECT_EQ(world.out, "8  t8  granted  token.issue  agt_1  for usr_1  at https://b.test  scope a b  on dlg_1\n");
}

TEST_F(EventsTest, a40_do_not_steer_the_terminal_in_any_format) {
  const std::string reason = "Zo\u00eb\u009b2J\u202eevil\u2066\u0085\u2028next\u200f";
  server.on("GET https://id.test/v1/events?order=newest_first&limit=50", 200,
            R"({"items":[{"seq":8,"at":"t8","action":"agent.suspend","reason":")" + reason + R"("}]})");
  ASSERT_EQ(world.run({"events"}), 0) << world.err;
  EXPECT_NE(world.out.find(R"(Zoë\x9b2J\u202eevil\u2066\x85\u2028next\u200f)"), std::string::npos) << world.out;
  for (const auto* format : {"json", "yaml"}) {
    ASSERT_EQ(world.run({"events", "--output", format}), 0) << world.err;
    EXPECT_NE(world.out.find(R"("Zoë\u009b2J\u202eevil\u2066\u0085\u2028next\u200f")"), std::string::npos) << world.out;
    if (format != std::string("json")) continue;
    EXPECT_EQ(json::parse(world.out).at(0).at("reason").as_string(), reason) << "the same value";
  }
  server.on("GET https://id.test/v1/events?order=newest_first&limit=2", 200,
            R"({"items":[{"seq":8,"at":"t8","reason":")" + reason + R"("}]})");
  server.on("GET https://id.test/v1/events?order=newest_first&limit=1", 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "2", "--output", "json"}), 1) << "there is no feed here";
  EXPECT_NE(world.out.find(R"(Zoë\u009b2J\u202eevil)"), std::string::npos) << world.out;
}

TEST_F(EventsTest, of_a_consent_that_was_taken_back_do_not_show_what_stays_where_it_was_taken) {
  const std::string event = R"({"seq":8,"at":"t8","action":"consent.withdraw","decision":"done","actor":"usr_1",)"
                            R"("resources":["https://a.test"],"scope_asked":"read","scope_given":"pay write"})";
  server.on("GET https://id.test/v1/events?order=newest_first&limit=50", 200, R"({"items":[)" + event + "]}");
  ASSERT_EQ(world.run({"events"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "SEQ  AT  DECISION  ACTION            ACTOR  RESOURCE\n"
            "8    t8  done      consent.withdraw  usr_1  https://a.test\n");
  ASSERT_EQ(world.run({"events", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at(0).at("scope_given").as_string(), "pay write");
}

TEST_F(EventsTest, name_who_did_what_to_whom_and_ask_for_each_name_once) {
  const std::string bot = "agt_00000000000000000000000001", alice = "usr_00000000000000000000000001",
                    gone = "usr_00000000000000000000000002";
  const auto event = [](int seq, const std::string& actor, const std::string& subject, const std::string& target) {
    return R"({"seq":)" + std::to_string(seq) + R"(,"at":"t","action":"a","decision":"done","actor":")" + actor +
           R"(","subject":")" + subject + R"(","target":")" + target + R"("})";
  };
  const auto two = event(9, bot, bot, gone) + "," + event(8, bot, alice, "dlg_1");
  for (const auto* limit : {"50", "2"})  // of the feed, which is asked for otherwise, there is none
    server.on("GET https://id.test/v1/events?order=newest_first&limit=" + std::string(limit), 200,
              R"({"items":[)" + two + "]}");
  server.on("GET https://id.test/v1/events?order=newest_first&limit=1", 200, R"({"items":[]})");
  server.on("GET https://id.test/v1/agents?filter=", 200, R"({"items":[{"id":")" + bot + R"(","name":"b\u001bot"}]})");
  server.on("GET https://id.test/v1/users?filter=", 200, R"({"items":[{"id":")" + alice + R"(","username":"alice"}]})");
  const auto asked = [&] {
    return std::count_if(server.calls.begin(), server.calls.end(),
                         [](const auto& call) { return call.url.find("?filter=") != std::string::npos; });
  };
  ASSERT_EQ(world.run({"events"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "SEQ  AT  DECISION  ACTION  ACTOR          SUBJECT     TARGET\n"
            "8    t   done      a       agent/b\\x1bot  user/alice  dlg_1\n"
            "9    t   done      a       agent/b\\x1bot  itself      usr_00000000000000000000000002\n");
  EXPECT_EQ(asked(), 2);
  server.calls.clear();
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "2"}), 1) << "there is no feed here";
  EXPECT_EQ(world.out,
            "8  t  done  a  agent/b\\x1bot  for user/alice  on dlg_1\n"
            "9  t  done  a  agent/b\\x1bot  for itself  on usr_00000000000000000000000002\n");
  EXPECT_EQ(asked(), 3) << "of a kind again only for who was not known";
  server.calls.clear();
  ASSERT_EQ(world.run({"events", "--output", "json"}), 0) << world.err;
  EXPECT_NE(world.out.find(alice), std::string::npos);
  EXPECT_EQ(asked(), 0);
}

TEST_F(EventsTest, of_many_scopes_fit_a_terminal) {
  std::string scopes;
  for (int i = 1; i <= 30; ++i) scopes += (i == 1 ? "" : " ") + std::string("things:read") + std::to_string(i);
  server.on("GET https://id.test/v1/events", 200,
            R"({"items":[{"seq":9,"at":"t9","action":"a","scope_given":")" + scopes + R"("}]})");
  ASSERT_EQ(world.run({"events"}), 0) << world.err;
  EXPECT_NE(world.out.find("things:read1 things:read2 things:read3 and 27 more\n"), std::string::npos) << world.out;
  ASSERT_EQ(world.run({"events", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at(0).at("scope_given").as_string(), scopes);
}

TEST_F(EventsTest, are_found_by_the_names_of_who_and_what_they_are_about) {
  const std::string bot = "agt_00000000000000000000000001", alice = "usr_00000000000000000000000001",
                    role = "rol_00000000000000000000000001", api = "https://id.test/v1";
  server.on("GET " + api + "/", 200, R"({"items":[]})");
  server.on("GET " + api + "/agents?filter=name%20eq%20%22bot%22", 200, R"({"items":[{"id":")" + bot + R"("}]})");
  server.on("GET " + api + "/users?filter=username%20eq%20%22alice%22", 200, R"({"items":[{"id":")" + alice + R"("}]})");
  server.on("GET " + api + "/roles?filter=name%20eq%20%22reader%22", 200, R"({"items":[{"id":")" + role + R"("}]})");
  server.on("GET " + api + "/resources?filter=identifier%20eq%20%22https%3A%2F%2Fb.test%22", 200,
            R"({"items":[{"id":"res_1"}]})");
  const auto asked = [&](std::vector<const char*> words) {
    words.insert(words.begin(), "events");
    server.calls.clear();
    EXPECT_EQ(world.run(words), 0) << world.err;
    const std::string url = server.calls.back().url, path = api + "/events?";
    return url.starts_with(path) ? url.substr(path.size(), url.find("&order") - path.size()) : url;
  };
  EXPECT_EQ(asked({"--actor", "bot", "--subject", "alice"}), "actor=" + bot + "&subject=" + alice);
  EXPECT_EQ(asked({"--client", "bot", "--owner", "alice", "--chain", "bot"}),
            "client=" + bot + "&owner=" + alice + "&chain=" + bot);
  EXPECT_EQ(asked({"--resource", "https://gone.test", "--delegation", "dlg_1"}),
            "delegation=dlg_1&resource=https%3A%2F%2Fgone.test")
      << "what is deleted is found too";
  EXPECT_EQ(asked({"--target", "user/alice"}), "target=" + alice);
  EXPECT_EQ(asked({"--target", "role/reader"}), "target=" + role);
  EXPECT_EQ(asked({"--target", "https://b.test"}), "target=res_1");
  EXPECT_EQ(asked({"--target", "tenant/acme"}), "target=acme");
  for (const auto* id : {"dlg_00000000000000000000000001", "k3PnN3Rdc1TyaylAx189iy71fWDmgd6RlXh_Ky6ixBI"}) {
    EXPECT_EQ(asked({"--target", id}), "target=" + std::string(id));
    EXPECT_LE(server.calls.size(), 3u) << "beside metadata and a token: what an id named may be gone";
  }
}

TEST_F(EventsTest, of_a_name_that_nobody_bears_are_refused_and_not_empty) {
  server.on("GET https://id.test/v1/", 200, R"({"items":[]})");
  for (const auto& [flag, whom] : {std::pair("--actor", "agent, user"), {"--subject", "agent, user"},
                                   {"--client", "agent or application"}, {"--chain", "agent or application"},
                                   {"--owner", "user or group"}, {"--resource", "resource"},
                                   {"--target", "agent, user"}}) {
    EXPECT_EQ(world.run({"events", flag, "hotel-bto"}), 1) << flag;
    EXPECT_TRUE(world.err.starts_with(std::string("deputy: there is no ") + whom)) << world.err;
    EXPECT_EQ(world.out, "");
  }
}

TEST_F(EventsTest, of_what_is_no_id_are_refused_and_not_empty) {
  for (const auto* flag : {"--delegation", "--jti", "--correlation-id"}) {
    EXPECT_EQ(world.run({"events", flag, "foo"}), 2) << flag;
    EXPECT_TRUE(world.err.starts_with("deputy: " + std::string(flag) + " takes an id: ")) << world.err;
  }
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(EventsTest, are_followed_behind_the_newest) {
  server.on("GET https://id.test/v1/events?order=newest_first&limit=1", 200,
            R"({"items":[{"seq":9,"action":"a"}],"next_cursor":"c"})");
  int streams = 0;
  server.on("GET https://id.test/v1/events", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.find("newest_first") != std::string::npos)
      return http::Reply{200, {}, R"({"items":[{"seq":9,"action":"a"}]})"};
    for (const auto& [name, value] : call.headers)
      if (name == "Last-Event-ID" && streams == 0) {
        EXPECT_EQ(value, "9");
      }
    if (++streams == 1) return http::Reply{200, {}, "id: 10\ndata: {\"seq\":10,\"action\":\"b\"}\n\n"};
    return http::Reply{403, {}, R"({"detail":"enough"})"};
  });
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "1", "--output", "json"}), 1);
  EXPECT_EQ(world.out, "{\"seq\":9,\"action\":\"a\"}\n{\"seq\":10,\"action\":\"b\"}\n");
}

TEST_F(EventsTest, are_followed_from_the_end_where_none_matches_yet) {
  std::string resumed;
  server.on("GET https://id.test/v1/events", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.find("newest_first") != std::string::npos) {
      const bool all = call.url.find("action=") == std::string::npos;
      return http::Reply{200, {}, all ? R"({"items":[{"seq":41,"action":"a"}]})" : R"({"items":[]})"};
    }
    resumed = http::only_value(call.headers, "Last-Event-ID").value_or("");
    return http::Reply{403, {}, R"({"detail":"enough"})"};
  });
  EXPECT_EQ(world.run({"events", "--follow", "--action", "user.create"}), 1);
  EXPECT_EQ(resumed, "41");
  EXPECT_EQ(world.out, "");
}

TEST_F(EventsTest, are_followed_anew_where_the_servers_store_was_set_back) {
  std::vector<std::string> places;
  server.on("GET https://id.test/v1/events", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.find("newest_first") != std::string::npos)
      return http::Reply{200, {}, places.empty() ? R"({"items":[{"seq":1000}]})" : R"({"items":[{"seq":501}]})"};
    places.emplace_back(http::only_value(call.headers, "Last-Event-ID").value_or(""));
    if (places.size() == 1) return http::Reply{410, {}, R"({"detail":"the log ends before"})"};
    return http::Reply{403, {}, R"({"detail":"enough"})"};
  });
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "1", "--output", "json"}), 1);
  EXPECT_EQ(places, (std::vector<std::string>{"1000", "501"}));
  EXPECT_EQ(world.out, "{\"seq\":1000}\n{\"seq\":501}\n");
  EXPECT_TRUE(world.err.starts_with("The server's log does not hold what was shown last")) << world.err;
}

TEST_F(EventsTest, are_followed_from_the_instant_of_the_last_where_the_store_was_set_back) {
  std::vector<std::string> places, lists;
  const auto one = [](const char* seq, const char* id, const char* second) {
    return std::string(R"({"seq":)") + seq + R"(,"id":"evt_)" + id + R"(","at":"2026-11-30T00:00:0)" + second +
           R"(.000Z"})";
  };
  const auto page = [](const std::string& items, const char* more = "") {
    return http::Reply{200, {}, R"({"items":[)" + items + "]" + more + "}"};
  };
  server.on("GET https://id.test/v1/events", [&](const http::Call& call) -> Result<http::Reply, Fault> {
    if (call.url.find("newest_first") != std::string::npos)
      return page(places.empty() ? one("1000", "a", "1") : one("503", "e", "3"));
    if (call.url.find("oldest_first") != std::string::npos) {
      lists.push_back(call.url);
      if (call.url.find("cursor=") != std::string::npos) return page(one("502", "d", "2") + "," + one("503", "e", "3"));
      return page(one("500", "b", "2") + "," + one("501", "c", "2"), R"(,"next_cursor":"more")");
    }
    places.emplace_back(http::only_value(call.headers, "Last-Event-ID").value_or(""));
    if (places.size() == 1) return http::Reply{200, {}, "id: 1001\ndata: " + one("1001", "b", "2") + "\n\n"};
    if (places.size() == 2) return http::Reply{410, {}, R"({"detail":"the log ends before"})"};
    return http::Reply{403, {}, R"({"detail":"enough"})"};
  });
  EXPECT_EQ(world.run({"events", "--follow", "--limit", "1", "--from", "1h", "--output", "json"}), 1);
  EXPECT_EQ(places, (std::vector<std::string>{"1000", "1001", "503"}));
  const std::string list = "https://id.test/v1/events?from=2026-11-30T00%3A00%3A02.000Z&order=oldest_first&limit=200";
  EXPECT_EQ(lists, (std::vector<std::string>{list, list + "&cursor=more"}));
  EXPECT_EQ(world.out, one("1000", "a", "1") + "\n" + one("1001", "b", "2") + "\n" + one("501", "c", "2") + "\n" +
                           one("502", "d", "2") + "\n" + one("503", "e", "3") + "\n")
      << "each once";
}

}  // namespace
}  // namespace deputy::cli::test
