// The planner: the steps between what a file wants and what a server holds, each when it is possible.
#include "cli/apply/test_records.h"

namespace deputy::cli::apply {
namespace {

using namespace test;

TEST(ApplyFile, is_checked_by_the_directorys_own_rules_with_the_line_of_each_problem) {
  EXPECT_EQ(problems("kind: agent\nname: bot\n"), "1: agent/bot: owner: is required\n");
  EXPECT_EQ(problems("kind: user\nusername: a\nshoe: 3\n---\nkind: robot\n"),
            "3: user/a: shoe: is not known here: correct it, or take it out\n"
            "5: `kind` must be organization, user, group, agent_type, resource, trusted_issuer, role, "
            "application, agent or assignment\n");
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: alice\n"),
            "3: agent/bot: owner: names a record as user/NAME or group/NAME\n");
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: role/reader\n"),
            "3: agent/bot: owner: names a record as user/NAME or group/NAME\n");
  EXPECT_EQ(problems("- a\n"), "1: each document must be a mapping with a `kind`\n");
  EXPECT_EQ(problems("kind: group\nname: g\nmembers: user/a\n"),
            "3: `members` must be a list such as [user/alice, agent/travel-bot]\n");
  EXPECT_EQ(problems("kind: agent\nname: a\nowner: user/b\nstate: active\n"),
            "4: agent/a: state: is set by the server: leave it out\n");
  EXPECT_EQ(problems("kind: resource\nidentifier: https://b.test\nname: B\nscopes:\n- name: a\n  nom: b\n"),
            "6: https://b.test: scopes/0/nom: is not known here: correct it, or take it out\n");
  EXPECT_EQ(problems("kind: resource\nidentifier: https://b.test\nname: B\nscopes:\n- name: a\n- {}\n"),
            "6: https://b.test: scopes/1/name: is required\n");
}

TEST(ApplyFile, is_told_of_all_that_is_wrong_with_it_at_once) {
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: alice\ncolour: red\n"
                     "delegates:\n- agent/a\n- user/b\n- c\nexpires_at: soon\n"),
            "3: agent/bot: owner: names a record as user/NAME or group/NAME\n"
            "7: agent/bot: delegates: names a record as agent/NAME or group/NAME\n"
            "8: agent/bot: delegates: names a record as agent/NAME or group/NAME\n"
            "4: agent/bot: colour: is not known here: correct it, or take it out\n"
            "9: agent/bot: expires_at: must be a time as 2026-11-24T06:00:00Z (RFC 3339)\n");
  EXPECT_EQ(problems("kind: resource\nidentifier: https://b.test\n"
                     "scopes:\n- {nom: a}\n- {name: b}\n- {name: c, sensitivity: none}\n"),
            "1: https://b.test: name: is required\n"
            "4: https://b.test: scopes/0/nom: is not known here: correct it, or take it out\n"
            "6: https://b.test: scopes/2/sensitivity: must be one of: low, medium, high\n");
  EXPECT_EQ(problems("kind: role\nname: r\npermissions:\n- {scopes: [a]}\n- {resource: 3, scopes: [a]}\n"),
            "4: role/r: permissions: each needs a resource and scopes\n"
            "5: role/r: permissions must name a record\n");
  const std::string member = "members: names a record as user/NAME or agent/NAME or group/NAME or application/NAME\n";
  EXPECT_EQ(problems("kind: group\nid: usr_1\nmembers:\n- a\n- user/b\n- c\n"),
            "2: `id` must be the id of a group\n4: " + member + "6: " + member + "1: name: is required\n");
}

TEST(ApplyFile, is_told_of_all_that_it_names_and_nobody_has) {
  EXPECT_EQ(problems("kind: role\nname: r\npermissions:\n- {resource: 'https://a.test', scopes: [a]}\n"
                     "- {resource: 'https://b.test', scopes: [a]}\n---\n"
                     "kind: agent\nname: bot\nowner: user/alice\ndelegates: [agent/x]\n"),
            "4: role/r: permissions: https://a.test is neither in the file nor within your reach on the server\n"
            "5: role/r: permissions: https://b.test is neither in the file nor within your reach on the server\n"
            "9: agent/bot: owner: user/alice is neither in the file nor within your reach on the server\n"
            "10: agent/bot: delegates: agent/x is neither in the file nor within your reach on the server\n");
}

TEST(ApplyFile, may_not_name_what_nobody_has_or_say_a_thing_twice) {
  EXPECT_EQ(problems("kind: agent\nname: bot\nowner: user/alice\n"),
            "3: agent/bot: owner: user/alice is neither in the file nor within your reach on the server\n");
  EXPECT_EQ(problems("kind: user\nusername: a\n---\nkind: user\nusername: a\n"),
            "4: user/a stands twice; first in line 1\n");
  EXPECT_EQ(problems("kind: user\nusername: a\n---\nkind: user\nusername: A\n"),
            "5: user/A differs from user/a in the case of its letters only: write that, or give its id\n");
}

TEST(Plan, says_again_of_an_address_that_changes_that_it_is_verified) {
  const auto text = [](const std::string& address) {
    return "kind: user\nusername: a\nemail: " + address + "\nemail_verified: true\n";
  };
  const std::vector<Record> there{held(text("a@b.test"), "usr_00000000000000000000000001")};
  const auto same = plan(records(text("a@b.test")), there, {}), other = plan(records(text("c@b.test")), there, {});
  ASSERT_TRUE(same && other);
  EXPECT_TRUE(same->steps.empty());
  ASSERT_EQ(other->steps.size(), 1u);
  EXPECT_EQ(other->steps[0].fields, (json::object{{"email", "c@b.test"}, {"email_verified", true}}));
  EXPECT_EQ(problems("kind: user\nusername: a\nemail_verified: true\n"),
            "3: user/a: email_verified: needs email, of which it is said\n");
}

TEST(Plan, knows_that_usernames_are_one_whatever_their_letters_case) {
  const std::vector<Record> bob{held("kind: user\nusername: Bob\n", "usr_00000000000000000000000001")};
  const auto told = [&](const std::string& text) {
    const auto planned = plan(records(text), bob, {});
    return planned ? "good" : planned.error().front().sentence;
  };
  EXPECT_EQ(told("kind: user\nusername: bob\n"),
            "user/bob differs from user/Bob in the case of its letters only: write that, or give its id");
  const std::string renamed = "kind: user\nid: usr_00000000000000000000000001\nusername: ";
  EXPECT_EQ(told(renamed + "bob\n"), "good");
  EXPECT_EQ(order(plan(records("kind: user\nusername: bob\n---\n" + renamed + "rob\n"), bob, {})),
            (std::vector<std::string>{"user/Bob", "user/bob"})) << "the name is given up first";
}

TEST(ApplyFile, completes_records_and_has_identifiers_written_one_way) {
  EXPECT_NE(problems("kind: resource\nidentifier: HTTPS://B.test:443/x\nname: B\n").find("one spelling"),
            std::string::npos);
  const auto read = records("kind: resource\nidentifier: https://b.test/x\nname: B\n");
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].name, "https://b.test/x");
  EXPECT_EQ(json_integer(read[0].fields, "token_lifetime_s"), 300);
}

TEST(Plan, keeps_what_is_out_of_reach_where_the_record_has_it_already) {
  const std::string out = "agt_00000000000000000000000009", user = "usr_00000000000000000000000009";
  Record group = held("kind: group\nname: g\n", "grp_00000000000000000000000001");
  group.members = {user};
  Record api = held("kind: resource\nidentifier: https://b.test\nname: B\n", "res_00000000000000000000000001");
  api.fields["principal"] = out;
  Record given = held("kind: user\nusername: a\n", "asn_00000000000000000000000001");
  given.kind = Kind::assignment;
  given.fields = {{"role", "rol_00000000000000000000000001"}, {"principal", user}, {"acts", "self"}};
  const Record role = held("kind: role\nname: r\npermissions: [{resource: deputy, scopes: [a]}]\n",
                           "rol_00000000000000000000000001");
  const std::string resource = "kind: resource\nidentifier: https://b.test\nname: B\nprincipal: ";
  const auto planned = plan(records(resource + out + "\n---\nkind: group\nname: g\nmembers: [" + user + "]\n---\n" +
                                    "kind: assignment\nrole: role/r\nprincipal: " + user + "\n"),
                            {group, api, given, role}, {});
  ASSERT_TRUE(planned) << planned.error().front().sentence;
  EXPECT_EQ(steps(*planned), "");
  const std::string other = "agt_00000000000000000000000008";
  EXPECT_EQ(problems(resource + other + "\n", {api}),
            "4: https://b.test: principal: " + other + " is not there, or out of your reach\n");
  EXPECT_EQ(problems("kind: group\nname: h\nmembers: [" + user + "]\n", {group}),
            "3: group/h: members: " + user + " is not there, or out of your reach\n");
}

TEST(Plan, says_which_delegates_it_takes_out_that_it_does_not_see) {
  const std::string unseen = "agt_00000000000000000000000009", user = "usr_00000000000000000000000001";
  const Record alice = held("kind: user\nusername: alice\n", user);
  const std::string file = "kind: agent\nname: bot\nowner: user/alice\n";
  Record helper = held("kind: agent\nname: helper\nowner: user/alice\n", "agt_00000000000000000000000002"),
         bot = held(file, "agt_00000000000000000000000001");
  helper.fields["owner"] = bot.fields["owner"] = user;
  bot.fields["delegates"] = json::array{json::value(unseen), json::value(helper.id)};
  const auto taken_out = [&](const std::string& delegates) {
    const auto planned = plan(records(file + delegates), {alice, helper, bot}, {});
    EXPECT_TRUE(planned);
    return planned->unseen_delegates;
  };
  using Texts = std::vector<std::string>;
  EXPECT_EQ(taken_out(""), Texts{"agent/bot (" + unseen + ")"});
  EXPECT_EQ(taken_out("delegates: [agent/helper]\n"), Texts{"agent/bot (" + unseen + ")"});
  EXPECT_EQ(taken_out("delegates: [" + unseen + "]\n"), Texts{});
  EXPECT_EQ(problems("kind: agent\nid: " + unseen + "\nname: bot\nowner: user/alice\n", {alice}),
            "1: agent/bot: " + unseen + " is not there, or out of your reach\n");
}

TEST(Plan, of_attributes_shows_those_that_change) {
  const Record alice = held("kind: user\nusername: alice\nattributes: {dept: sales, level: 3, city: Rome, floor: 2}\n",
                            "usr_00000000000000000000000001");
  const auto planned = plan(
      records("kind: user\nusername: alice\nattributes: {dept: sales, level: 4, city: Rome, desk: a}\n"), {alice}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ user/alice\n    attributes: {\"level\":3,\"floor\":2} -> {\"level\":4,\"desk\":\"a\",\"floor\":null}\n");
  EXPECT_EQ(json::serialize(as_json(planned->steps.front()).at("before")), R"({"attributes":{"level":3,"floor":2}})");
}

TEST(Plan, makes_each_record_after_those_it_refers_to) {
  const auto wanted = records(
      "kind: assignment\nrole: reader\nprincipal: agent/bot\n---\n"
      "kind: agent\nname: bot\nowner: group/team\n---\n"
      "kind: role\nname: reader\npermissions: [{resource: 'https://b.test', scopes: [a]}]\n---\n"
      "kind: group\nname: team\nmembers: [user/alice]\n---\n"
      "kind: resource\nidentifier: https://b.test\nname: B\nprincipal: agent/bot\n---\n"
      "kind: user\nusername: alice\n");
  const auto planned = plan(wanted, {}, {});
  ASSERT_TRUE(planned);
  std::vector<std::string> order;
  for (const auto& step : planned->steps) order.push_back(step.symbol);
  EXPECT_EQ(order, (std::vector<std::string>{"group/team", "user/alice", "agent/bot", "https://b.test", "role/reader",
                                             "assignment of role/reader to agent/bot", "group/team"}));
}

TEST(Plan, breaks_a_circle_at_an_optional_field) {
  const auto wanted = records(
      "kind: user\nusername: u\n---\n"
      "kind: agent\nname: a\nowner: user/u\ndelegates: [agent/b]\n---\n"
      "kind: agent\nname: b\nowner: user/u\ndelegates: [agent/a]\n");
  const auto planned = plan(wanted, {}, {});
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->steps.size(), 4u);
  EXPECT_FALSE(planned->steps[1].fields.contains("delegates"));
  EXPECT_EQ(difference(planned->steps[3], {}), "~ agent/a\n    delegates: (none) -> [\"agent/b\"]\n");
}

TEST(Plan, a28_does_not_bring_a_revoked_agent_back) {
  Record alice = held("kind: user\nusername: alice\n", "usr_1");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  bot.revoked = true;
  const std::string file = "kind: user\nusername: alice\n---\nkind: agent\nname: bot\nowner: user/alice\n";
  EXPECT_NE(problems(file, {alice, bot}).find("agent/bot was revoked, and apply does not bring it back"),
            std::string::npos);
  Record second = bot;
  second.id = "agt_2";
  second.revoked = false;
  second.fields["owner"] = "usr_1";
  EXPECT_EQ(problems(file, {alice, bot, second}), "");
}

TEST(Plan, means_the_living_agent_where_one_of_its_name_has_expired) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1"), group = held("kind: group\nname: g\n", "grp_1");
  Record old = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  old.fields["owner"] = "usr_1";
  Record bot = old;
  old.expired = true;
  bot.id = "agt_2";
  const std::string file = "kind: user\nusername: alice\n---\nkind: agent\nname: bot\nowner: user/alice\n";
  const auto planned = plan(records(file), {alice, old, bot}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned), "");
  const auto joined = plan(records("kind: group\nname: g\nmembers: [agent/bot]\n"), {alice, group, old, bot}, {});
  ASSERT_TRUE(joined);
  EXPECT_EQ(steps(*joined), "+ agt_2 in group/g\n");
  bot.expired = true;
  EXPECT_NE(problems(file, {alice, old, bot}).find("agent/bot is the name of agt_1, agt_2"), std::string::npos);
}

TEST(Plan, hands_an_agent_over_rather_than_patching_its_owner) {
  const Record a = held("kind: user\nusername: a\n", "usr_1"), b = held("kind: user\nusername: b\n", "usr_2");
  Record bot = held("kind: agent\nname: bot\nowner: user/a\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  const auto planned = plan(records("kind: agent\nname: bot\nowner: user/b\ndescription: d\n"), {a, b, bot}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ agent/bot\n    description: (none) -> \"d\"\n~ agent/bot\n    owner: \"usr_1\" -> \"usr_2\"\n");
  EXPECT_EQ(planned->steps[0].version, 3);
}

TEST(Plan, takes_away_what_the_file_leaves_out_attribute_by_attribute) {
  const Record alice =
      held("kind: user\nusername: alice\nname: Al\nstate: disabled\nattributes: {x: 1, y: 2}\n", "usr_1");
  const auto planned = plan(records("kind: user\nusername: alice\nattributes: {y: 2}\n"), {alice}, {});
  ASSERT_TRUE(planned);
  ASSERT_EQ(planned->steps.size(), 1u);
  EXPECT_EQ(json::serialize(planned->steps[0].fields), R"({"name":null,"attributes":{"x":null},"state":"active"})");
}

TEST(Plan, tells_two_of_one_name_apart_by_id_only) {
  const Record one = held("kind: organization\nname: acme\n", "org_00000000000000000000000001"),
               two = held("kind: organization\nname: acme\n", "org_00000000000000000000000002");
  EXPECT_EQ(problems("kind: organization\nname: acme\n", {one, two}),
            "1: organization/acme is the name of org_00000000000000000000000001, org_00000000000000000000000002; say "
            "which by `id`\n");
  const auto planned =
      plan(records("kind: organization\nid: org_00000000000000000000000002\nname: acme2\n---\n"
                   "kind: user\nusername: u\norganization: acme2\n"),
           {one, two}, {});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ organization/acme\n    name: \"acme\" -> \"acme2\"\n"
            "+ user/u\n    username: \"u\"\n    organization: \"org_00000000000000000000000002\"\n"
            "    state: \"active\"\n");
}

TEST(Plan, removes_only_what_this_file_made_and_the_referring_first) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1"), bob = held("kind: user\nusername: bob\n",
                                                                                  "usr_2");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  const auto planned = plan({}, {alice, bob, bot}, {"usr_1", "agt_1", "usr_gone"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned), "~ agent/bot (revoked, for good)\n- agent/bot\n- user/alice\n");
}

TEST(Plan, opens_a_circle_before_it_removes_it) {
  const Record u = held("kind: user\nusername: u\n", "usr_1");
  Record a = held("kind: agent\nname: a\nowner: user/u\n", "agt_1");
  Record r = held("kind: resource\nidentifier: https://r.test\nname: R\n", "res_1");
  a.fields["owner"] = "usr_1";
  a.fields["default_resource"] = "res_1";
  r.fields["principal"] = "agt_1";
  const auto planned = plan({}, {u, a, r}, {"usr_1", "agt_1", "res_1"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(order(planned), (std::vector<std::string>{"agent/a", "https://r.test", "agent/a", "agent/a",
                                                      "https://r.test", "user/u"}));
  EXPECT_EQ(planned->steps[0].fields, (json::object{{"default_resource", nullptr}}));
  EXPECT_EQ(planned->steps[1].fields, (json::object{{"principal", nullptr}}));
  EXPECT_EQ(planned->steps[2].act, Step::Act::revoke);
  a.revoked = true;
  const auto again = plan({}, {u, a, r}, {"usr_1", "agt_1", "res_1"});
  EXPECT_EQ(order(again), (std::vector<std::string>{"https://r.test", "agent/a", "user/u", "https://r.test"}));
}

TEST(Plan, opens_no_circle_of_delegates) {
  const Record u = held("kind: user\nusername: u\n", "usr_1");
  Record a = held("kind: agent\nname: a\nowner: user/u\n", "agt_1");
  Record b = held("kind: agent\nname: b\nowner: user/u\n", "agt_2");
  a.fields["owner"] = b.fields["owner"] = "usr_1";
  a.fields["delegates"] = json::array{"agt_2"};
  b.fields["delegates"] = json::array{"agt_1"};
  const auto planned = plan({}, {u, a, b}, {"usr_1", "agt_1", "agt_2"});
  ASSERT_TRUE(planned);
  EXPECT_EQ(steps(*planned),
            "~ agent/a (revoked, for good)\n- agent/a\n~ agent/b (revoked, for good)\n- agent/b\n- user/u\n");
}

TEST(Plan, changes_a_type_before_agents_are_made_or_changed_by_it) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1");
  const Record type = held("kind: agent_type\nname: t\n", "aty_1");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\ntype: t\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  bot.fields["type"] = "aty_1";
  const std::string schema = "kind: agent_type\nname: t\nschema: [{name: team, type: string}]\n";
  const auto agent = [](const std::string& name) {
    return "kind: agent\nname: " + name + "\nowner: user/alice\ntype: t\nattributes: {team: a}\n";
  };
  EXPECT_EQ(order(plan(records(agent("bot") + "---\n" + agent("new") + "---\n" + schema), {alice, type, bot}, {})),
            (std::vector<std::string>{"agent_type/t", "agent/bot", "agent/new"}));
}

TEST(Plan, lets_a_parent_go_before_it_becomes_a_child) {
  const Record a = held("kind: organization\nname: a\n", "org_1");
  Record b = held("kind: organization\nname: b\nparent: a\n", "org_2"), c = b;
  b.fields["parent"] = "org_1";
  const std::string swapped = "kind: organization\nname: a\nparent: b\n---\nkind: organization\nname: b\n";
  EXPECT_EQ(order(plan(records(swapped), {a, b}, {})), (std::vector<std::string>{"organization/b", "organization/a"}));
  // The same over one that the file does not name, and that stays where it is.
  c.id = "org_3";
  c.name = "c";
  c.fields = {{"name", "c"}, {"parent", "org_2"}};
  EXPECT_EQ(order(plan(records("kind: organization\nname: a\nparent: c\n---\nkind: organization\nname: b\n"),
                       {a, b, c}, {})),
            (std::vector<std::string>{"organization/b", "organization/a"}));
}

TEST(Plan, takes_groups_out_of_groups_before_others_come_in) {
  Record a = held("kind: group\nname: a\nmembers: []\n", "grp_00000000000000000000000001");
  Record b = held("kind: group\nname: b\nmembers: []\n", "grp_00000000000000000000000002");
  Record u = held("kind: user\nusername: u\n", "usr_00000000000000000000000001");
  a.members = {b.id, u.id};
  const auto planned = plan(records("kind: group\nname: b\nmembers: [group/a, user/u]\n---\n"
                                    "kind: group\nname: a\nmembers: []\n"), {a, b, u}, {});
  EXPECT_EQ(order(planned), (std::vector<std::string>{"group/a " + b.id, "group/b " + a.id, "group/b " + u.id,
                                                      "group/a " + u.id}));
  EXPECT_EQ(planned->steps[0].act, Step::Act::remove_member);
}

TEST(Plan, takes_one_member_that_is_named_twice_for_one) {
  Record g = held("kind: group\nname: g\nmembers: []\n", "grp_00000000000000000000000001");
  const Record u = held("kind: user\nusername: u\n", "usr_00000000000000000000000001");
  const auto twice = records("kind: group\nname: g\nmembers: [user/u, " + u.id + ", user/u]\n");
  EXPECT_EQ(order(plan(twice, {g, u}, {})), (std::vector<std::string>{"group/g " + u.id}));
  g.members = {u.id};
  EXPECT_EQ(order(plan(twice, {g, u}, {})), std::vector<std::string>());
}

TEST(Plan, gives_a_value_up_before_another_takes_it) {
  const std::string types = "authorization_details_types: [{type: trip, description: A trip., display: {en: Trip}, "
                            "schema: {type: object, additionalProperties: false}}]\n";
  const Record a = held("kind: resource\nidentifier: https://a.test\nname: A\n" + types, "res_1");
  EXPECT_EQ(order(plan(records("kind: resource\nidentifier: https://b.test\nname: B\n" + types +
                               "---\nkind: resource\nidentifier: https://a.test\nname: A\n"), {a}, {})),
            (std::vector<std::string>{"https://a.test", "https://b.test"}));
  const Record one = held("kind: user\nusername: one\n", "usr_00000000000000000000000001"),
               two = held("kind: user\nusername: two\n", "usr_00000000000000000000000002");
  EXPECT_EQ(problems("kind: user\nid: usr_00000000000000000000000001\nusername: two\n---\n"
                     "kind: user\nid: usr_00000000000000000000000002\nusername: one\n", {one, two}),
            "1: user/two: it and others wait for each other; part the change in two files\n");
}

TEST(Plan, suspends_what_the_file_says_is_suspended_and_resumes_nothing) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1");
  Record bot = held("kind: agent\nname: bot\nowner: user/alice\n", "agt_1");
  bot.fields["owner"] = "usr_1";
  const std::string plain = "kind: agent\nname: bot\nowner: user/alice\n", suspended = plain + "state: suspended\n";
  EXPECT_EQ(order(plan(records(suspended), {alice}, {})), (std::vector<std::string>{"agent/bot", "agent/bot"}));
  EXPECT_EQ(steps(*plan(records(suspended), {alice, bot}, {})), "~ agent/bot (suspended)\n");
  bot.suspended = true;
  EXPECT_EQ(steps(*plan(records(suspended), {alice, bot}, {})), "");
  EXPECT_EQ(steps(*plan(records(plain), {alice, bot}, {})), "");
}

}  // namespace
}  // namespace deputy::cli::apply
