// What an export holds, what it leaves out, and what it says of that.
#include "cli/apply/write.h"

#include "cli/apply/test_records.h"

namespace deputy::cli::apply {
namespace {

using namespace test;

TEST(Export, leaves_out_agents_that_are_gone_and_what_refers_to_them) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1");
  Record api = held("kind: resource\nidentifier: https://id.test/v1\nname: Deputy API\n", "res_0");
  api.built_in = true;
  Record dead = held("kind: agent\nname: dead\nowner: user/alice\n", "agt_1"), over = dead, bot = dead;
  dead.revoked = true;
  over.id = "agt_2", over.name = "over", over.expired = true;
  bot.id = "agt_3", bot.name = "bot", bot.suspended = true;
  bot.fields["name"] = "bot";
  bot.fields["owner"] = "usr_1";
  bot.fields["delegates"] = json::array{"agt_1", "agt_2"};
  Record group = held("kind: group\nname: g\n", "grp_1");
  group.members = {"agt_1", "agt_2", "usr_1"};
  Record resource = held("kind: resource\nidentifier: https://r.test\nname: R\n", "res_1");
  resource.fields["principal"] = "agt_2";
  Record role = held("kind: role\nname: r\npermissions: [{resource: deputy, scopes: ['users:read']}]\n", "rol_1");
  role.fields["permissions"].as_array()[0].as_object()["resource"] = "res_0";
  Record assignment = held("kind: assignment\nrole: r\nprincipal: agent/bot\n", "asn_1");
  assignment.fields["role"] = "rol_1";
  assignment.fields["principal"] = "agt_2";
  const std::vector<Record> all{alice, api, dead, over, bot, group, resource, role, assignment};
  const auto written = write(all);
  EXPECT_EQ(written.text,
            "kind: user\nusername: alice\n---\nkind: agent\nname: bot\nowner: user/alice\nstate: suspended\n---\n"
            "kind: group\nname: g\nmembers:\n  - user/alice\n---\n"
            "kind: resource\nidentifier: https://r.test\nname: R\n---\n"
            "kind: role\nname: r\npermissions:\n  - resource: deputy\n    scopes:\n      - users:read\n");
  EXPECT_EQ(written.notes, (std::vector<std::string>{
                               "left out, with what refers to them: agent/dead (revoked), agent/over (expired)"}));
  EXPECT_EQ(steps(*plan(records(written.text), all, {})), "") << "and here it changes nothing";
}

TEST(Export, says_what_only_this_server_takes_back) {
  const Record type = held("kind: agent_type\nname: t\n"
                           "schema: [{name: key, type: string, credential: true, required: true}]\n", "aty_1");
  Record one = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1"), two = one;
  one.fields["type"] = "aty_1";
  one.credentials = {"key"};
  two.id = "agt_2";
  const auto written = write({type, one, two});
  ASSERT_EQ(written.notes.size(), 2u);
  EXPECT_TRUE(written.notes[0].ends_with(": agent/bot (agt_1), agent/bot (agt_2)")) << written.notes[0];
  EXPECT_TRUE(written.notes[1].ends_with(": agent/bot")) << written.notes[1];
}

TEST(Export, names_who_has_delegates_that_nobody_here_is) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1");
  Record still = held("kind: agent\nname: still\nowner: user/alice\n", "agt_1");
  still.fields["owner"] = "usr_1";
  still.fields["delegates"] = json::array{"agt_2"};
  Record bot = still;
  bot.id = "agt_2", bot.name = "bot";
  bot.fields["name"] = "bot";
  bot.fields["delegates"] = json::array{"agt_1", "agt_00000000000000000000000003"};
  const std::vector<Record> all{alice, still, bot};
  const auto written = write(all);
  EXPECT_NE(written.text.find("delegates:\n  - agent/still\n  - agt_00000000000000000000000003\n"), std::string::npos)
      << written.text;
  ASSERT_EQ(written.notes.size(), 1u);
  EXPECT_TRUE(written.notes[0].ends_with("taken out of the file: agent/bot")) << written.notes[0];
  EXPECT_EQ(steps(*plan(records(written.text), all, {})), "") << "and here it changes nothing";
}

TEST(Export, names_users_whose_names_are_one_but_for_their_letters_case) {
  const std::vector<Record> twins{held("kind: user\nusername: Bob\n", "usr_1"),
                                  held("kind: user\nusername: bob\n", "usr_2"),
                                  held("kind: user\nusername: eve\n", "usr_3")};
  const auto written = write(twins);
  EXPECT_EQ(steps(*plan(records(written.text), twins, {})), "") << "here they keep theirs";
  ASSERT_EQ(written.notes.size(), 1u);
  EXPECT_TRUE(written.notes[0].ends_with(": user/Bob, user/bob")) << written.notes[0];
}

TEST(Export, names_agents_that_break_their_type_as_it_is_now) {
  const Record type = held("kind: agent_type\nname: t\nschema: [{name: level, type: number, required: true}, "
                           "{name: key, type: string, credential: true}]\n", "aty_1");
  const auto agent = [](const std::string& name, json::object attributes) {
    Record record = held("kind: agent\nname: " + name + "\nowner: user/alice\n", "agt_" + name);
    record.fields["type"] = "aty_1";
    record.fields["attributes"] = std::move(attributes);
    record.credentials = {"key"};
    return record;
  };
  EXPECT_TRUE(write({type, agent("good", {{"level", 3}})}).notes.empty());
  const auto written = write({type, agent("good", {{"level", 3}}), agent("less", {}),
                              agent("more", {{"level", 3}, {"team", "red"}}), agent("other", {{"level", "high"}})});
  ASSERT_EQ(written.notes.size(), 1u);
  EXPECT_TRUE(written.notes[0].ends_with(": agent/less, agent/more, agent/other")) << written.notes[0];
}

}  // namespace
}  // namespace deputy::cli::apply
