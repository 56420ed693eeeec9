// What is asked about at a terminal is asked with what would end by it.
#include <gtest/gtest.h>

#include <tuple>

#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

using Words = std::vector<const char*>;

constexpr const char* kAlice = "usr_00000000000000000000000001";
constexpr const char* kBot = "agt_00000000000000000000000001";
constexpr const char* kRole = "rol_00000000000000000000000001";
constexpr const char* kGroup = "grp_00000000000000000000000001";
constexpr const char* kAssignment = "asn_00000000000000000000000001";
constexpr const char* kCounted = R"({"delegations":2,"agents":[],"live_tokens_max":3,"truncated":false})";

struct Asked {
  Words words;
  std::string act;       // "POST /agents/agt_…/suspend"
  std::string question;  // before what would end
};

class Asking : public testing::Test {
 protected:
  Asking() {
    const std::string v1 = "GET https://id.test/v1";
    server.serve("https://id.test");
    for (const auto& [path, key, name] : {std::tuple("/users/", kAlice, R"("username":"alice")"),
                                          std::tuple("/agents/", kBot, R"("name":"bot","state":"active")"),
                                          std::tuple("/roles/", kRole, R"("name":"reader")"),
                                          std::tuple("/assignments/", kAssignment, R"("acts":"self")")})
      server.on(v1 + path + key, 200, R"({"id":")" + std::string(key) + R"(",)" + name + "}");
    server.on(v1 + "/assignments?filter", 200,
              R"({"items":[{"id":")" + std::string(kAssignment) + R"(","role":")" + kRole + R"(","principal":")" +
                  kAlice + R"(","acts":"self"}]})");
    world.at_terminal = true;
  }
  // "METHOD /path" of /v1, as a table has it.
  static std::string at(const std::string& act) {
    const auto space = act.find(' ');
    return act.substr(0, space) + " https://id.test/v1" + act.substr(space + 1);
  }
  // The act is answered, and its preview so.
  void answer(const Asked& asked, int status, const std::string& body) {
    server.on(at(asked.act), 200, R"({"id":"x"})");
    server.on(at(asked.act) + "?preview=true", status, body);
  }
  bool is_done(const Asked& asked) const {
    return std::any_of(server.calls.begin(), server.calls.end(),
                       [&](const http::Call& call) { return call.method + " " + call.url == at(asked.act); });
  }
  int run(const Asked& asked, const std::string& typed) {
    server.calls.clear();
    return world.run(asked.words, typed);
  }

  const std::string alice = kAlice, bot = kBot, role = kRole, group = kGroup, assignment = kAssignment;
  const std::vector<Asked> acts{
      {{"agent", "suspend", kBot}, "POST /agents/" + bot + "/suspend", "Suspend agent bot (" + bot + ")?"},
      {{"agent", "revoke", kBot}, "POST /agents/" + bot + "/revoke", "Revoke agent bot (" + bot + ") for good?"},
      {{"agent", "transfer", kBot, "--owner", kAlice},
       "POST /agents/" + bot + "/transfer",
       "Transfer agent bot (" + bot + ") to " + alice + "? Tokens that name its owner of now die, people are asked for "
       "their consent again, and its credentials go on."},
      {{"agent", "delete", kBot}, "DELETE /agents/" + bot, "Delete agent bot (" + bot + ")?"},
      {{"user", "delete", kAlice}, "DELETE /users/" + alice, "Delete user alice (" + alice + ")?"},
      {{"role", "delete", kRole}, "DELETE /roles/" + role, "Delete role reader (" + role + ")?"},
      {{"assignment", "delete", kAssignment},
       "DELETE /assignments/" + assignment,
       "Delete assignment  (" + assignment + ")?"},
      {{"unassign", kRole, kAlice}, "DELETE /assignments/" + assignment, "Take role " + role + " from " + alice + "?"},
      {{"group", "remove-member", kGroup, kAlice},
       "DELETE /groups/" + group + "/members/" + alice,
       "Take " + alice + " out of group " + group + "?"},
      {{"delegation", "revoke", "dlg_1"}, "POST /delegations/dlg_1/revoke", "Revoke dlg_1 and all below it?"},
      {{"key", "compromised", "k1"},
       "POST /keys/k1/compromised",
       "Withdraw key k1 at once? Every token it signed stops verifying."}};
  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(Asking, says_what_would_end) {
  for (const Asked& asked : acts) {
    answer(asked, 200, kCounted);
    EXPECT_EQ(run(asked, "n\n"), 1);
    EXPECT_EQ(world.err,
              asked.question + " It ends: 2 delegations, at most 3 tokens. [y/N] deputy: nothing was done\n");
    EXPECT_FALSE(is_done(asked)) << asked.act;
    EXPECT_EQ(run(asked, "y\n"), 0) << world.err;
    EXPECT_TRUE(is_done(asked)) << asked.act;
  }
}

TEST_F(Asking, says_nothing_of_what_ends_where_nothing_does) {
  for (const Asked& asked : acts) {
    answer(asked, 200, R"({"delegations":0,"agents":[],"live_tokens_max":0,"truncated":false})");
    EXPECT_EQ(run(asked, "n\n"), 1);
    EXPECT_EQ(world.err, asked.question + " [y/N] deputy: nothing was done\n");
  }
}

TEST_F(Asking, goes_on_to_the_act_where_the_preview_is_refused) {
  for (const Asked& asked : acts) {
    answer(asked, 403, R"({"detail":"no","status":403})");
    EXPECT_EQ(run(asked, "y\n"), 0) << world.err;
    EXPECT_TRUE(world.err.starts_with(asked.question + " What would end with it is not known. [y/N] ")) << world.err;
    EXPECT_TRUE(is_done(asked)) << asked.act;
  }
}

TEST_F(Asking, says_where_not_all_was_counted) {
  answer(acts.front(), 200, R"({"delegations":9,"agents":[],"live_tokens_max":9,"truncated":true})");
  EXPECT_EQ(run(acts.front(), "n\n"), 1);
  EXPECT_NE(world.err.find("? It ends: 9 delegations, at most 9 tokens; and more than was counted. [y/N]"),
            std::string::npos) << world.err;
}

TEST_F(Asking, previews_nothing_where_nobody_is_asked) {
  const auto previewed = [&] {
    return std::any_of(server.calls.begin(), server.calls.end(),
                       [](const http::Call& call) { return call.url.ends_with("preview=true"); });
  };
  for (Asked asked : acts) {
    answer(asked, 200, kCounted);
    world.at_terminal = false;
    EXPECT_EQ(run(asked, ""), 0) << world.err;
    EXPECT_FALSE(previewed()) << asked.act;
    world.at_terminal = true;
    asked.words.push_back("--yes");
    EXPECT_EQ(run(asked, ""), 0) << world.err;
    EXPECT_FALSE(previewed()) << asked.act;
  }
}

}  // namespace
}  // namespace deputy::cli::test
