// The role that `agent create` makes for --resource and --scope: made whatever it is called, gone with its agent.
#include "cli/small_server.h"

namespace deputy::cli::test {
namespace {

class OwnRole : public testing::Test {
 protected:
  OwnRole() {
    ok({"user", "create", "alice"});
    ok({"resource", "create", "https://b.test", "--name", "B", "--scope", "a=Read a"});
  }
  void ok(std::vector<const char*> words) { ASSERT_EQ(world.run(words), 0) << words[1] << ": " << world.err; }
  // Gives its id.
  std::string make(const std::string& name) {
    ok({"agent", "create", name.c_str(), "--owner", "alice", "--resource", "https://b.test", "--scope", "a",
        "--no-credential", "--output", "json"});
    return std::string(json::parse(world.out).at("id").as_string());
  }
  void remove(const std::string& agent) {
    ok({"agent", "revoke", agent.c_str()});
    ok({"agent", "delete", agent.c_str()});
  }
  std::set<std::string> roles() const {
    std::set<std::string> names;
    for (const auto& [id, record] : server.records)
      if (id.starts_with("rol_")) names.emplace(text_of(record, "name"));
    return names;
  }
  bool holds_one(const std::string& agent) const {
    return std::count_if(server.records.begin(), server.records.end(), [&](const auto& one) {
             return one.first.starts_with("asn_") && text_of(one.second, "principal") == agent;
           }) == 1;
  }

  SmallServer server;
  TestWorld world{server};
};

TEST_F(OwnRole, of_a_second_agent_of_one_name_is_called_by_its_id) {
  const auto first = make("bot"), second = make("bot");
  EXPECT_EQ(roles(), (std::set<std::string>{"access of bot", "access of " + second}));
  EXPECT_TRUE(holds_one(first) && holds_one(second));
  remove(second);
  EXPECT_EQ(roles(), (std::set<std::string>{"access of bot"}));
  EXPECT_TRUE(holds_one(first));
}

TEST_F(OwnRole, of_an_agent_whose_name_is_too_long_for_it_is_called_by_its_id) {
  const std::string fits(190, 'x'), long_one(191, 'x');
  make(fits);
  const auto agent = make(long_one);
  EXPECT_EQ(roles(), (std::set<std::string>{"access of " + fits, "access of " + agent}));
  EXPECT_TRUE(holds_one(agent));
}

TEST_F(OwnRole, goes_with_an_agent_that_has_another_name_by_now) {
  const auto agent = make("bot");
  ok({"agent", "update", agent.c_str(), "--name", "clerk"});
  ok({"agent", "revoke", agent.c_str()});
  world.at_terminal = true;
  EXPECT_EQ(world.run({"agent", "delete", agent.c_str()}, "n\n"), 1);
  EXPECT_NE(world.err.find("Its assignment goes with it, and role access of bot. [y/N]"), std::string::npos)
      << world.err;
  world.at_terminal = false;
  ok({"agent", "delete", agent.c_str()});
  EXPECT_EQ(roles(), std::set<std::string>());
}

TEST_F(OwnRole, is_none_that_people_made_under_such_a_name) {
  const auto agent = make("bot");
  const std::string earlier = "rol_00000000000000000000000001", later = "rol_7zzzzzzzzzzzzzzzzzzzzzzzzz";
  server.records[earlier] = {{"id", earlier}, {"name", "access of invoices"}, {"version", 1}};
  server.records[later] = {{"id", later}, {"name", "access of payroll"}, {"version", 1}};
  ok({"assign", "access of invoices", agent.c_str()});
  ok({"assign", "access of payroll", agent.c_str()});
  remove(agent);
  EXPECT_EQ(roles(), (std::set<std::string>{"access of invoices", "access of payroll"}));
}

TEST_F(OwnRole, that_is_left_behind_is_no_reason_to_delete_the_agent_again) {
  const auto agent = make("bot");
  ok({"agent", "revoke", agent.c_str()});
  server.lose_at = server.changes + 3;  // its assignment, the agent, the role
  EXPECT_EQ(world.run({"agent", "delete", agent.c_str()}), 1) << "3 would have a script try what finds no agent";
  EXPECT_NE(world.err.find(agent + " is deleted, but its role rol_"), std::string::npos) << world.err;
  EXPECT_NE(world.err.find("delete that with `deputy role delete rol_"), std::string::npos) << world.err;
}

TEST_F(OwnRole, that_somebody_else_holds_too_stays) {
  const auto agent = make("bot");
  ok({"agent", "update", agent.c_str(), "--name", "clerk"});
  ok({"assign", "access of bot", "alice"});
  remove(agent);
  EXPECT_EQ(roles(), (std::set<std::string>{"access of bot"}));
}

}  // namespace
}  // namespace deputy::cli::test
