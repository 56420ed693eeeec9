// Tokens got and tokens judged.
#include <gtest/gtest.h>

#include "cli/test_world.h"
#include "client/table_transport.h"
#include "jose/jwt.h"
#include "oauth/dpop.h"

namespace deputy::cli::test {
namespace {

using crypto::Algorithm;

class TokenTest : public testing::Test {
 protected:
  TokenTest() {
    server.serve("https://id.test");
    server.on("GET https://id.test/oauth2/jwks", 200, jwks(key, "k1"));
  }
  static std::string jwks(const crypto::PrivateKey& key, const std::string& kid) {
    return json::serialize(
        json::object{{"keys", json::array{jose::public_jwk(key.public_key(), kid, Algorithm::ES256)}}});
  }
  std::string token(const std::string& issuer = "https://id.test", const std::string& kid = "k1") const {
    return jose::sign(key, Algorithm::ES256, kid, "at+jwt",
                      R"({"iss":")" + issuer + R"(","aud":"https://b.test","sub":"agt_1","exp":1796000240})");
  }
  int inspect(const std::string& text, std::vector<const char*> more = {}) {
    std::vector<const char*> words{"token", "inspect"};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words, text + "\n");
  }

  crypto::PrivateKey key = crypto::PrivateKey::generate(Algorithm::ES256);
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(TokenTest, is_printed_alone) {
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--scope", "a b"}), 0) << world.err;
  EXPECT_EQ(world.out, "t0ken\n");
  EXPECT_EQ(server.calls.back().body,
            "grant_type=client_credentials&resource=https%3A%2F%2Fb.test&scope=a%20b");
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).at("expires_in"), 300);
  ASSERT_EQ(world.run({"token", "get", "--resource", "deputy"}), 0) << world.err;
  EXPECT_EQ(server.calls.back().body, "grant_type=client_credentials&resource=https%3A%2F%2Fid.test%2Fv1");
  EXPECT_EQ(world.run({"token", "get"}), 2);
}

TEST_F(TokenTest, is_bound_to_a_key_that_is_made_once_and_kept_privately) {
  const auto proven = [&](const http::Call& call, std::optional<std::string_view> token = std::nullopt) {
    const auto proof = oauth::verify_proof(http::only_value(call.headers, "DPoP").value_or(""),
                                           {.method = call.method, .url = call.url, .access_token = token},
                                           world.clock.now());
    return proof ? proof->jkt : std::string(name_of(proof.error()));
  };
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 0) << world.err;
  EXPECT_EQ(world.out, "t0ken\n");
  const auto jkt = proven(server.calls.back());
  EXPECT_TRUE(oauth::is_thumbprint(jkt)) << jkt;
  const auto file = world.home / ".config/deputy/dpop.jwk";
  EXPECT_EQ(std::filesystem::status(file).permissions(), std::filesystem::perms(0600));
  ASSERT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 0);
  EXPECT_EQ(proven(server.calls.back()), jkt);

  ASSERT_EQ(world.run({"token", "proof", "--token-file", "-", "--method", "GET", "--url", "https://b.test/x"}, "t0ken"),
            0);
  EXPECT_EQ(proven({.method = "GET", .url = "https://b.test/x",
                    .headers = {{"DPoP", world.out.substr(0, world.out.size() - 1)}}}, "t0ken"), jkt);

  std::filesystem::permissions(file, std::filesystem::perms(0644));
  EXPECT_EQ(world.run({"token", "get", "--resource", "https://b.test", "--dpop"}), 1);
  EXPECT_NE(world.err.find("chmod 600"), std::string::npos);
}

TEST_F(TokenTest, is_not_got_with_the_secret_of_another_client) {
  const std::vector<const char*> get{"token", "get", "--resource", "https://b.test", "--client-id", "agt_other"};
  EXPECT_EQ(world.run(get), 2);
  EXPECT_EQ(world.err, "deputy: name --secret-file: the secret in the environment is that of another client\n");
  EXPECT_EQ(world.run({"login", "--server", "https://id.test", "--client-id", "agt_other"}), 2);
  EXPECT_EQ(world.run({"login", "--server", "https://other.test", "--client-id", "agt_admin"}), 2);
  EXPECT_TRUE(server.calls.empty());
  world.environment["DEPUTY_CLIENT_ID"] = "agt_other";
  EXPECT_EQ(world.run(get), 0) << world.err;
  world.environment.erase("DEPUTY_CLIENT_ID");
  EXPECT_EQ(world.run(get), 0) << "a secret without a name is that of whom the line names: " << world.err;
}

TEST_F(TokenTest, is_proved_only_where_the_proof_can_be_taken) {
  const auto prove = [&](const std::string& text, const char* method, const char* url) {
    return world.run({"token", "proof", "--token-file", "-", "--method", method, "--url", url, "--output", "json"},
                     text);
  };
  const auto bound_to = [&](const std::string& jkt) {
    return jose::sign(key, Algorithm::ES256, "k1", "at+jwt", R"({"cnf":{"jkt":")" + jkt + "\"}}");
  };
  ASSERT_EQ(prove("opaque", "GET", "https://b.test/x"), 0) << world.err;
  const std::string jkt(json::parse(world.out).at("jkt").as_string());
  EXPECT_EQ(prove(bound_to(jkt), "M-SEARCH", "http://localhost:1/x?y"), 0) << world.err;
  EXPECT_EQ(prove(bound_to("another"), "GET", "https://b.test/x"), 1);
  EXPECT_NE(world.err.find("another key than yours"), std::string::npos) << world.err;
  EXPECT_EQ(prove(token(), "GET", "https://b.test/x"), 1);
  EXPECT_NE(world.err.find("bound to no key"), std::string::npos) << world.err;
  EXPECT_EQ(prove("opaque", "G T", "https://b.test/x"), 2);
  EXPECT_EQ(prove("opaque", "GET", "foo"), 2);
}

TEST_F(TokenTest, that_must_be_bound_is_asked_for_with_dpop) {
  server.on("POST https://id.test/oauth2/token", 400,
            R"({"error":"invalid_dpop_proof","error_description":"the resource demands a bound token: send a DPoP proof"})");
  EXPECT_EQ(world.run({"token", "get", "--resource", "https://b.test"}), 1);
  const std::string said = "the resource demands a bound token: send a DPoP proof (HTTP 400, invalid_dpop_proof); "
                           "name --dpop";
  EXPECT_NE(world.err.find(said), std::string::npos) << world.err;
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", "-"}, "t0ken"), 1);
  EXPECT_NE(world.err.find(said), std::string::npos) << world.err;
}

TEST_F(TokenTest, that_is_bound_says_to_whose_key) {
  ASSERT_EQ(world.run({"token", "proof", "--token-file", "-", "--method", "GET", "--url", "https://b.test/x",
                       "--output", "json"}, "t0ken"), 0);
  const std::string jkt(json::parse(world.out).at("jkt").as_string());
  const auto bound = [&](const std::string& to) {
    return jose::sign(key, Algorithm::ES256, "k1", "at+jwt",
                      R"({"iss":"https://id.test","aud":"https://b.test","exp":1796000240,"cnf":{"jkt":")" + to + "\"}}");
  };
  ASSERT_EQ(inspect(bound(jkt)), 0);
  EXPECT_NE(world.out.find("Binding\n  to the key " + jkt + ", which is yours\n"), std::string::npos) << world.out;
  ASSERT_EQ(inspect(bound("another")), 0);
  EXPECT_NE(world.out.find("to the key another, not yours\n"), std::string::npos) << world.out;
  ASSERT_EQ(inspect(token()), 0);
  EXPECT_EQ(world.out.find("Binding"), std::string::npos);
}

TEST_F(TokenTest, that_verifies_says_so_and_exits_with_0) {
  ASSERT_EQ(inspect(token()), 0) << world.out << world.err;
  EXPECT_NE(world.out.find("  typ  at+jwt\n"), std::string::npos);
  EXPECT_NE(world.out.find("  exp  1796000240 (2026-11-30T00:57:20.000Z, in 4 min)\n"), std::string::npos);
  EXPECT_NE(world.out.find("verifies: ES256 by keys of https://id.test, read now\n"), std::string::npos);
  const std::string text = token();
  EXPECT_EQ(world.run({"token", "inspect", text.c_str(), "--audience", "https://b.test", "--type", "at+jwt"}), 0);
  EXPECT_EQ(world.run({"token", "inspect", "-"}, text), 0);
}

TEST_F(TokenTest, that_does_not_verify_says_why_and_exits_with_1) {
  const auto reason = [&](const std::string& text, std::vector<const char*> more = {}) {
    more.insert(more.end(), {"--output", "json"});
    EXPECT_EQ(inspect(text, more), 1) << world.out;
    return std::string(json::parse(world.out).at("reason").as_string());
  };
  EXPECT_EQ(reason(token(), {"--audience", "https://c.test"}), jose::name_of(jose::Reject::audience));
  EXPECT_EQ(reason(token(), {"--type", "jwt"}), jose::name_of(jose::Reject::type));
  EXPECT_EQ(reason(token("https://evil.test")), jose::name_of(jose::Reject::issuer));
  EXPECT_EQ(reason(token("https://id.test", "k2")), jose::name_of(jose::Reject::key));
  EXPECT_EQ(reason("dat_opaque"), jose::name_of(jose::Reject::malformed));
  std::string altered = token();
  altered.back() = altered.back() == 'A' ? 'Q' : 'A';
  EXPECT_EQ(reason(altered), jose::name_of(jose::Reject::signature));
  world.clock.at += Seconds(300);
  EXPECT_EQ(reason(token()), jose::name_of(jose::Reject::expired));
}

TEST_F(TokenTest, a10_never_sends_anyone_to_the_issuer_a_token_names) {
  EXPECT_EQ(inspect(token("https://evil.test")), 1);
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(TokenTest, is_judged_by_kept_keys_until_they_are_old_or_lack_its_key) {
  ASSERT_EQ(inspect(token()), 0);
  const std::size_t asked = server.calls.size();
  ASSERT_EQ(inspect(token()), 0);
  EXPECT_EQ(server.calls.size(), asked);
  EXPECT_EQ(inspect(token("https://id.test", "k2")), 1);
  EXPECT_GT(server.calls.size(), asked) << "a key not yet seen is looked for";
  server.on("GET https://id.test/.well-known", [](const http::Call&) -> Result<http::Reply, Fault> {
    return Fail{Fault{Fault::Kind::unavailable, "no network"}};
  });
  world.clock.at += Seconds(200);
  ASSERT_EQ(inspect(token()), 0) << world.out;
  EXPECT_NE(world.out.find("read 200 s ago"), std::string::npos);
}

TEST_F(TokenTest, is_judged_without_a_network_by_a_file_of_keys) {
  const std::string file = world.file("keys.json", jwks(key, "k1"));
  world.environment.erase("DEPUTY_SERVER");
  EXPECT_EQ(inspect(token(), {"--jwks", file.c_str()}), 0) << world.out << world.err;
  EXPECT_EQ(inspect(token(), {"--jwks", file.c_str(), "--issuer", "https://other.test"}), 1);
  const std::string other = world.file("other.json", jwks(crypto::PrivateKey::generate(Algorithm::ES256), "k1"));
  EXPECT_EQ(inspect(token(), {"--jwks", other.c_str()}), 1);
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(TokenTest, a9_of_no_algorithm_is_shown_but_refused) {
  EXPECT_EQ(inspect("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0."), 1);
  EXPECT_NE(world.out.find("  alg  none\n"), std::string::npos);
  EXPECT_NE(world.out.find("does not verify"), std::string::npos);
}

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
  EXPECT_TRUE(world.err.starts_with("The server's log ends before what was shown last")) << world.err;
}

}  // namespace
}  // namespace deputy::cli::test
