// Delegations drawn and ended, decisions explained, tokens exchanged: against a server that answers from a table.
#include <gtest/gtest.h>

#include "cli/small_server.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

class DelegationTest : public testing::Test {
 protected:
  DelegationTest() { server.serve("https://id.test"); }
  static std::string api(const std::string& method, const std::string& path) {
    return method + " https://id.test/v1" + path;
  }
  static std::string node(int depth, const std::string& id, const std::string& actor, const std::string& more = "") {
    return R"({"id":")" + id + R"(","depth":)" + std::to_string(depth) + R"(,"state":"live","subject_name":"alice",)" +
           R"("actor_name":")" + actor + R"(","authority":[{"resource":"res_1","identifier":"https://b.test",)" +
           R"("scope":"read"}],"limits":{})" + more + "}";
  }
  const http::Call& last() const { return server.calls.back(); }

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(DelegationTest, is_drawn_with_all_below_it) {
  const std::string used = R"(,"last_used_at":"t1")", more = R"(,"more":true)";
  server.on(api("GET", "/delegations/dlg_1/tree"), 200,
            R"({"truncated":true,"items":[)" + node(0, "dlg_1", "bot", used) + "," + node(1, "dlg_2", "a") + "," +
                node(2, "dlg_3", "b", more) + "," + node(1, "dlg_4", "c") + "," + node(2, "dlg_5", "d") + "]}");
  ASSERT_EQ(world.run({"delegation", "tree", "dlg_1"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "bot for alice  https://b.test: read  live  last used t1  dlg_1\n"
            "├─ a  https://b.test: read  live  never used  dlg_2\n"
            "│  └─ b  https://b.test: read  live  never used  dlg_3\n"
            "│     └─ …\n"
            "└─ c  https://b.test: read  live  never used  dlg_4\n"
            "   └─ d  https://b.test: read  live  never used  dlg_5\n"
            "… more than are shown: see the tree of a delegation further down\n");
  ASSERT_EQ(world.run({"delegation", "tree", "dlg_1", "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).at("items").as_array().size(), 5u);
}

TEST_F(DelegationTest, names_cannot_write_to_the_terminal) {
  server.on(api("GET", "/delegations/dlg_1/tree"), 200,
            R"({"truncated":false,"items":[)" + node(0, "dlg_1", R"(\u001b[2Jbot)") + "]}");
  ASSERT_EQ(world.run({"delegation", "tree", "dlg_1"}), 0) << world.err;
  EXPECT_EQ(world.out.find('\x1b'), std::string::npos);
}

TEST_F(DelegationTest, is_listed_by_whom_it_concerns) {
  server.on(api("GET", "/agents?filter"), 200, R"({"items":[{"id":"agt_00000000000000000000000001","name":"bot"}]})");
  server.on(api("GET", "/applications?filter"), 200, R"({"items":[]})");
  server.on(api("GET", "/delegations?actor=agt_00000000000000000000000001"), 200,
            R"({"items":[)" + node(0, "dlg_1", "bot") + "]}");
  ASSERT_EQ(world.run({"delegation", "list", "--actor", "bot"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "ID     ACTOR NAME  SUBJECT NAME  STATE  AUTHORITY             LAST USED AT\n"
            "dlg_1  bot         alice         live   https://b.test: read\n");
  server.on(api("GET", "/delegations?actor=agt_00000000000000000000000001&parent=dlg_1&origin=own"), 200,
            R"({"items":[]})");
  EXPECT_EQ(world.run({"delegation", "list", "--parent", "dlg_1", "--actor", "agt_00000000000000000000000001",
                       "--origin", "own"}),
            0)
      << world.err;
  EXPECT_EQ(world.run({"delegation", "list", "--parent", "dlg_1", "--subject", "agt_00000000000000000000000001"}), 2);
}

TEST_F(DelegationTest, is_ended_with_a_reason_or_only_previewed) {
  server.on(api("POST", "/delegations/dlg_1/revoke"), 200, R"({"id":"dlg_1","revoked_at":"t2"})");
  ASSERT_EQ(world.run({"delegation", "revoke", "dlg_1", "--reason", "over"}), 0) << world.err;
  EXPECT_EQ(last().url, "https://id.test/v1/delegations/dlg_1/revoke");
  EXPECT_EQ(last().body, R"({"reason":"over"})");
  EXPECT_EQ(world.out, "revoked dlg_1 at t2\n");

  const std::string counted =
      R"({"delegations":3,"agents":[{"id":"agt_1","name":"bot"}],"live_tokens_max":4,"truncated":false})";
  server.on(api("POST", "/delegations/dlg_1/revoke?preview=true"), 200, counted);
  ASSERT_EQ(world.run({"delegation", "revoke", "dlg_1", "--preview"}), 0) << world.err;
  EXPECT_EQ(world.out,
            "delegations      3\n"
            "agents           bot (agt_1)\n"
            "live_tokens_max  4\n"
            "truncated        false\n");

  const std::string bot = "agt_00000000000000000000000001";
  server.on(api("GET", "/agents/" + bot), 200, R"({"id":")" + bot + R"(","name":"bot"})");
  server.on(api("POST", "/agents/" + bot + "/suspend?preview=true"), 200, counted);
  server.calls.clear();
  ASSERT_EQ(world.run({"agent", "suspend", bot.c_str(), "--preview"}), 0) << world.err;
  EXPECT_TRUE(last().url.ends_with("?preview=true"));
  EXPECT_EQ(world.run({"agent", "resume", bot.c_str(), "--preview"}), 2);
}

TEST_F(DelegationTest, tokens_of_an_agents_own_are_named_in_words) {
  const std::string bot = "agt_00000000000000000000000001";
  server.on(api("GET", "/agents/" + bot), 200, R"({"id":")" + bot + R"(","name":"bot"})");
  server.on(api("POST", "/agents/" + bot + "/revoke?preview=true"), 200,
            R"({"delegations":0,"agents":[],"live_tokens_max":0,"own_tokens":[{"live_until_max":"t2","last_used_at":"t1",)"
            R"("agent":"agt_1","name":"bot"},{"live_until_max":"t3","last_used_at":"t1"}],"truncated":false})");
  ASSERT_EQ(world.run({"agent", "revoke", bot.c_str(), "--preview"}), 0) << world.err;
  EXPECT_NE(world.out.find("own_tokens       bot (agt_1): tokens of its own: not counted, the last ends by t2\n"
                           "                 somebody out of your reach: tokens of its own: not counted, the last ends "
                           "by t3\n"),
            std::string::npos)
      << world.out;
  server.on(api("POST", "/agents/" + bot + "/revoke?preview=true"), 200,
            R"({"delegations":0,"agents":[],"live_tokens_max":0,"own_tokens":[],"truncated":false})");
  ASSERT_EQ(world.run({"agent", "revoke", bot.c_str(), "--preview"}), 0) << world.err;
  EXPECT_EQ(world.out.find("own_tokens"), std::string::npos) << world.out;
}

TEST_F(DelegationTest, whatever_ends_something_is_previewed) {
  const std::string alice = "usr_00000000000000000000000001", bot = "agt_00000000000000000000000001",
                    role = "asn_00000000000000000000000001", group = "grp_00000000000000000000000001";
  const std::string counted =
      R"({"delegations":0,"agents":[],"live_tokens_max":0,"minted_again":[{"target":"usr_1","name":"alice",)"
      R"("resource":"https://b.test","scope":"read","delegations":2,"live_tokens_max":3},)"
      R"({"kid":"k1","delegations":1,"live_tokens_max":1},{"from_kid":"k1","delegations":2,"live_tokens_max":2}],)"
      R"("truncated":false})";
  server.on(api("PATCH", "/users/" + alice + "?preview=true"), 200, counted);
  ASSERT_EQ(world.run({"user", "update", alice.c_str(), "--state", "disabled", "--preview"}), 0) << world.err;
  EXPECT_EQ(last().body, R"({"state":"disabled"})");
  EXPECT_NE(world.out.find("alice (usr_1): read at https://b.test, 2 delegations, at most 3 tokens"),
            std::string::npos)
      << world.out;
  EXPECT_NE(world.out.find("k1: all tokens, 1 delegations, at most 1 tokens"), std::string::npos) << world.out;
  EXPECT_NE(world.out.find("exchanged for tokens of k1: all tokens, 2 delegations, at most 2"), std::string::npos);

  server.on(api("GET", "/assignments/" + role), 200, R"({"id":")" + role + R"("})");
  server.on(api("DELETE", "/assignments/" + role + "?preview=true"), 200, counted);
  EXPECT_EQ(world.run({"assignment", "delete", role.c_str(), "--preview"}), 0) << world.err;
  server.on(api("POST", "/keys/k1/compromised?preview=true"), 200, counted);
  EXPECT_EQ(world.run({"key", "compromised", "k1", "--preview"}), 0) << world.err;
  server.on(api("DELETE", "/groups/" + group + "/members/" + alice + "?preview=true"), 200, counted);
  EXPECT_EQ(world.run({"group", "remove-member", group.c_str(), alice.c_str(), "--preview"}), 0) << world.err;
  server.on(api("POST", "/agents/" + bot + "/transfer?preview=true"), 200, counted);
  EXPECT_EQ(world.run({"agent", "transfer", bot.c_str(), "--owner", alice.c_str(), "--preview"}), 0) << world.err;
  EXPECT_EQ(last().body, R"({"owner":")" + alice + R"("})");
  EXPECT_EQ(world.run({"group", "delete", group.c_str(), "--preview"}), 2) << "nothing ends with a group";
}

TEST_F(DelegationTest, a_change_that_ends_something_is_asked_about_at_a_terminal) {
  const std::string alice = "usr_00000000000000000000000001", role = "rol_00000000000000000000000001";
  const std::string nothing = R"({"delegations":0,"agents":[],"live_tokens_max":0,"truncated":false})";
  server.on(api("GET", "/users/" + alice), 200, R"({"id":")" + alice + R"(","username":"alice"})");
  server.on(api("GET", "/roles/" + role), 200, R"({"id":")" + role + R"(","name":"reader"})");
  const auto changed = [&](std::vector<const char*> words, const char* answer) {
    server.calls.clear();
    world.run(words, answer);
    return std::any_of(server.calls.begin(), server.calls.end(), [](const http::Call& call) {
      return call.method == "PATCH" && !call.url.ends_with("?preview=true");
    });
  };
  for (const auto& path : {"/users/" + alice, "/roles/" + role}) {
    server.on(api("PATCH", path), 200, "{}");
    server.on(api("PATCH", path + "?preview=true"), 200, nothing);
  }
  world.at_terminal = true;
  const std::vector<const char*> disable{"user", "update", alice.c_str(), "--state", "disabled"},
      rename{"user", "update", alice.c_str(), "--name", "Alice"},
      narrow{"role", "update", role.c_str(), "--permission", "res_00000000000000000000000001=a"};
  EXPECT_FALSE(changed(disable, "n\n"));
  EXPECT_EQ(world.err, "Disable user alice (" + alice + ")? [y/N] deputy: nothing was done\n");
  EXPECT_TRUE(changed(rename, "")) << "nothing ends: " << world.err;
  EXPECT_EQ(world.err, "");
  EXPECT_TRUE(changed(narrow, "")) << "nobody held it: " << world.err;

  server.on(api("PATCH", "/roles/" + role + "?preview=true"), 200,
            R"({"delegations":0,"agents":[],"live_tokens_max":0,"minted_again":[{"target":"usr_1","name":"alice",)"
            R"("resource":"https://b.test","scope":"read","delegations":2,"live_tokens_max":3}],"truncated":false})");
  EXPECT_FALSE(changed(narrow, "n\n"));
  EXPECT_EQ(world.err, "Change role reader (" + role + ")? It ends: alice (usr_1): read at https://b.test, "
                       "2 delegations, at most 3 tokens. [y/N] deputy: nothing was done\n");
  server.on(api("PATCH", "/roles/" + role + "?preview=true"), 200,
            R"({"delegations":0,"agents":[],"live_tokens_max":0,"own_tokens":[{"agent":"usr_1","name":"alice"},{},)"
            R"({"agent":"agt_1","name":"bot"},{"agent":"agt_2","name":"b"},{"agent":"agt_3","name":"c"}]})");
  EXPECT_FALSE(changed(narrow, "n\n"));
  EXPECT_NE(world.err.find("It ends: own tokens of alice, somebody out of your reach, bot and 2 more. [y/N]"),
            std::string::npos) << world.err;
  EXPECT_TRUE(changed(narrow, "y\n")) << world.err;
  auto said_before = narrow;
  said_before.push_back("--yes");
  EXPECT_TRUE(changed(said_before, "")) << world.err;
  world.at_terminal = false;
  EXPECT_TRUE(changed(disable, "")) << "nobody is there to ask";
}

TEST_F(DelegationTest, decisions_are_explained_and_told_by_the_exit_status) {
  const char* const bot = "agt_00000000000000000000000001";
  const char* const alice = "usr_00000000000000000000000001";
  server.on(api("POST", "/explain"), 200,
            R"({"issued":true,"scope":"read","dropped":[{"scope":"write","reason":"agt_1's ceiling"}],"obstacles":[],)"
            R"("demands":["the resource demands a bound token"],"assumed":["usr_1 agrees to it for agt_1"],)"
            R"("chain":["agt_2","agt_1"],"expires_in":300})");
  std::vector<const char*> line{"explain", "--actor", bot, "--subject", alice, "--through", bot,
                                "--resource", "https://b.test", "--scope", "read write"};
  ASSERT_EQ(world.run(line), 0) << world.err;
  EXPECT_EQ(last().body,
            R"({"actor":"agt_00000000000000000000000001","subject":"usr_00000000000000000000000001",)"
            R"("resource":"https://b.test","through":["agt_00000000000000000000000001"],"scope":"read write"})");
  EXPECT_EQ(world.out,
            "issued: read, for 300 s\n"
            "  and the resource demands a bound token\n"
            "  if usr_1 agrees to it for agt_1\n"
            "  without write: agt_1's ceiling\n"
            "  acting: agt_2 ← agt_1\n");
  server.on(api("POST", "/explain"), 200,
            R"({"issued":false,"scope":"","dropped":[],"obstacles":["usr_1 is disabled"],"chain":[],"expires_in":0})");
  EXPECT_EQ(world.run(line), 1);
  EXPECT_EQ(world.out, "not issued\n  because usr_1 is disabled\n");
  EXPECT_EQ(world.err, "");
  server.on(api("GET", "/agents"), 200, R"({"items":[{"id":")" + std::string(bot) + R"("}]})");
  server.on(api("POST", "/explain"), 200,
            R"({"issued":false,"scope":"","dropped":[],"obstacles":[")" + std::string(bot) + R"( may not delegate to )" +
                bot + R"("],"chain":[")" + bot + R"("],"expires_in":0})");
  EXPECT_EQ(world.run({"explain", "--actor", "agent/bot", "--subject", alice, "--resource", "https://b.test"}), 1);
  EXPECT_EQ(world.out, "not issued\n  because agent/bot may not delegate to agent/bot\n  acting: agent/bot\n");
  EXPECT_EQ(world.run({"explain", "--actor", bot, "--subject", alice}), 2);

  const std::string resource = "res_00000000000000000000000001";
  server.on(api("GET", "/resources"), 200, R"({"items":[{"id":")" + resource + R"("}]})");
  server.on(api("POST", "/explain"), 200,
            R"({"issued":true,"scope":"read","dropped":[{"scope":"write","reason":"needs it at )" + resource +
                R"("}],"expires_in":300})");
  EXPECT_EQ(world.run({"explain", "--actor", bot, "--subject", alice, "--resource", "https://b.test"}), 0) << world.err;
  EXPECT_EQ(world.out, "issued: read, for 300 s\n  without write: needs it at https://b.test\n");
  EXPECT_EQ(world.run({"explain", "--actor", bot, "--subject", alice, "--resource", "deputy"}), 0) << world.err;
  EXPECT_EQ(world.out, "issued: read, for 300 s\n  without write: needs it at deputy\n");
  EXPECT_NE(last().body.find(R"("resource":"https://id.test/v1")"), std::string::npos) << last().body;
}

TEST_F(DelegationTest, what_is_explained_of_what_is_not_there_says_so) {
  const std::string bot = "agt_00000000000000000000000001", alice = "usr_00000000000000000000000001";
  const std::vector<const char*> line{"explain", "--actor", bot.c_str(), "--subject", alice.c_str(), "--resource",
                                      "https://nope.test", "--acr", "nope"};
  server.on(api("POST", "/explain"), 422,
            R"({"type":"https://id.test/errors#missing_reference","status":422,"detail":"Name one that is registered.",)"
            R"("field":"resource"})");
  EXPECT_EQ(world.run(line), 1);
  EXPECT_EQ(world.err, "deputy: there is no resource called \"https://nope.test\" within your reach\n");
  server.on(api("POST", "/explain"), 200, R"({"issued":true,"scope":"read","expires_in":300})");
  EXPECT_EQ(world.run(line), 0);
  EXPECT_EQ(world.err, "") << "this server does not say how people sign in";
  server.on("GET https://id.test/.well-known/oauth-authorization-server", 200,
            R"({"issuer":"https://id.test","token_endpoint":"https://id.test/oauth2/token",)"
            R"("jwks_uri":"https://id.test/oauth2/jwks","acr_values_supported":["urn:a","phr"]})");
  EXPECT_EQ(world.run(line), 0);
  EXPECT_EQ(world.err, "deputy: note: nobody signs in here with that acr; there are: urn:a, phr\n");
  auto good = line;
  good.back() = "phr";
  EXPECT_EQ(world.run(good), 0);
  EXPECT_EQ(world.err, "");
}

TEST_F(DelegationTest, a_token_is_exchanged_as_rfc_8693_has_it) {
  server.on("POST https://id.test/oauth2/token", 200,
            R"({"access_token":"n3w","issued_token_type":"x","token_type":"Bearer","expires_in":300,"scope":"read"})");
  const std::string proof = world.file("proof", "pr00f\n");
  ASSERT_EQ(world.run({"token", "exchange", "--subject-token-file", "-", "--subject-token-type", "jwt", "--actor",
                       "agt_2", "--actor-token-file", proof.c_str(), "--resource", "https://b.test", "--scope", "read",
                       "--limits", "expires_in=1h,max_depth=3,uses=10", "--onward", "agt_3=https://c.test?a=b=go run"},
                      " s3nt \n"),
            0)
      << world.err;
  EXPECT_EQ(world.out, "n3w\n");
  const auto form = form_decode(last().body).value();
  EXPECT_EQ(form,
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=s3nt"
            "&subject_token_type=urn:ietf:params:oauth:token-type:jwt&actor_token=pr00f"
            "&actor_token_type=urn:ietf:params:oauth:token-type:access_token&requested_actor=agt_2"
            "&resource=https://b.test&scope=read&authorization_details="
            R"([{"type":"onward","actor":"agt_3","resource":"https://c.test?a=b","scope":"go run"},)"
            R"({"type":"limits","expires_in":3600,"max_depth":3,"uses":10}])");
  ASSERT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--resource", "deputy"}), 0);
  EXPECT_TRUE(last().body.ends_with("&resource=https%3A%2F%2Fid.test%2Fv1")) << last().body;
  const std::string one = world.file("one", "type: https://pay.test/payment\nto: Ann\namount: 30\n");
  const std::string two = world.file("two", R"([{"type":"https://pay.test/payment"},{"type":"https://b.test/trip"}])");
  ASSERT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--details", one.c_str(), "--limits",
                       "uses=1"}),
            0)
      << world.err;
  EXPECT_TRUE(form_decode(last().body)->ends_with(
      R"(&authorization_details=[{"type":"https://pay.test/payment","to":"Ann","amount":30},{"type":"limits","uses":1}])"))
      << last().body;
  ASSERT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--details", two.c_str()}), 0);
  EXPECT_TRUE(form_decode(last().body)->ends_with(
      R"(&authorization_details=[{"type":"https://pay.test/payment"},{"type":"https://b.test/trip"}])"));
  for (const auto* text : {"", "[]", "Ann", "[Ann]", "{}{", "type: a\n---\ntype: b\n"}) {
    const std::string bad = world.file("bad", text);
    EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--details", bad.c_str()}), 2)
        << text;
  }
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", "-", "--details", "-"}, "t0ken"), 2);
  for (const auto* limits : {"uses", "uses=x", "more=1", "uses=1,", ""})
    EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--limits", limits}), 2) << limits;
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", proof.c_str(), "--onward", "agt_3=read"}), 2);
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", "-"}, " \n"), 2);
  EXPECT_EQ(world.run({"token", "exchange"}), 2);
}

TEST_F(DelegationTest, a_token_is_handed_on_to_an_id_and_to_no_name) {
  const std::string file = world.file("token", "t0ken\n");
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", file.c_str(), "--actor", "hotel-bot"}), 2);
  EXPECT_TRUE(world.err.starts_with("deputy: --actor takes an id")) << world.err;
  EXPECT_EQ(world.run({"token", "exchange", "--subject-token-file", file.c_str(), "--onward", "hotel-bot=https://c=x"}),
            2);
  EXPECT_TRUE(server.calls.empty());
}

TEST_F(DelegationTest, a_name_is_found_though_another_kind_may_not_be_read) {
  const std::string bot = "agt_00000000000000000000000001";
  const std::string bot_found = R"({"items":[{"id":")" + bot + R"("}]})";
  server.on(api("GET", "/applications"), 403, R"({"detail":"no applications:read","status":403})");
  server.on(api("GET", "/users"), 403, R"({"detail":"no users:read","status":403})");
  server.on(api("GET", "/agents"), 200, bot_found);
  server.on(api("GET", "/agents/" + bot + "/credentials"), 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"credential", "list", "bot"}), 0) << world.err;
  server.on(api("GET", "/agents"), 200, R"({"items":[]})");
  EXPECT_EQ(world.run({"credential", "list", "bto"}), 1);
  EXPECT_EQ(world.err, "deputy: there is no agent called \"bto\" within your reach, and you may not read applications "
                       "and users: of those, name one by its id\n");
  server.on(api("GET", "/agents"), 403, R"({"detail":"no agents:read","status":403})");
  EXPECT_EQ(world.run({"credential", "list", "bot"}), 1);
  EXPECT_EQ(world.err, "deputy: no agents:read (HTTP 403); name it by its id\n");
}

TEST_F(DelegationTest, an_assignment_is_named_by_its_id) {
  for (const auto* act : {"get", "delete"}) {
    EXPECT_EQ(world.run({"assignment", act, "reader"}), 2);
    EXPECT_EQ(world.err, "deputy: an assignment is named by its id; see `deputy assignment list`\n");
  }
}

TEST(TrustedIssuer, is_a_noun_like_others_from_file_to_server_and_back) {
  SmallServer server;
  TestWorld world(server);
  ASSERT_EQ(world.run({"resource", "create", "https://b.test", "--name", "B", "--scope", "read"}), 0) << world.err;
  ASSERT_EQ(world.run({"trusted-issuer", "create", "https://login.test", "--jwks-uri", "https://login.test/jwks",
                       "--permission", "https://b.test=read"}),
            0)
      << world.err;
  ASSERT_EQ(world.run({"trusted-issuer", "get", "https://login.test", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("subject_field"), "username");
  ASSERT_EQ(world.run({"export"}), 0) << world.err;
  EXPECT_NE(world.out.find("kind: trusted_issuer\nissuer: https://login.test\n"), std::string::npos) << world.out;
  const std::string file = world.file("all.yaml", world.out);
  ASSERT_EQ(world.run({"trusted-issuer", "delete", "https://login.test"}), 0) << world.err;
  ASSERT_EQ(world.run({"apply", "-f", file.c_str()}), 0) << world.err;
  ASSERT_EQ(world.run({"trusted-issuer", "list", "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).as_array().size(), 1u);
  ASSERT_EQ(world.run({"apply", "-f", file.c_str(), "--dry-run", "--output", "json"}), 0);
  EXPECT_EQ(world.out.find("create"), std::string::npos) << world.out;
}

}  // namespace
}  // namespace deputy::cli::test
