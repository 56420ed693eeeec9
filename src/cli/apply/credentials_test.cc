// `apply` and the credentials among an agent's attributes, against a whole server: nobody is shown one, and one that an
// agent has is no difference.
#include "cli/apply/test_records.h"
#include "tests/kit/world_transport.h"

namespace deputy::cli::apply {
namespace {

using namespace test;

constexpr const char* kTypes =
    "kind: user\nusername: alice\n---\n"
    "kind: agent_type\nname: robot\n"
    "schema: [{name: env, type: string}, {name: badge, type: string, credential: true}]\n---\n"
    "kind: agent\nname: bot\nowner: user/alice\ntype: robot\n";

class ApplyCredentials : public testing::Test {
 protected:
  ApplyCredentials() { cli::test::sign_in(world, server, server.admin); }
  // The steps, as JSON; nothing that is printed on the way holds a secret.
  std::string applied(const std::string& text, const char* how = "--yes") {
    const auto file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str(), how}), 0) << world.err;
    const auto said = world.out + world.err;
    EXPECT_EQ(said.find("s3cret"), std::string::npos) << said;
    return said;
  }
  std::string steps_of(const std::string& text) {
    const auto file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str(), "--output", "json"}), 0) << world.err;
    EXPECT_EQ((world.out + world.err).find("s3cret"), std::string::npos) << world.out << world.err;
    return world.out;
  }
  json::object bot() {
    EXPECT_EQ(world.run({"agent", "get", "bot", "--output", "json"}), 0) << world.err;
    return json::parse(world.out).as_object();
  }

  deputy::test::World server;
  cli::test::WorldTransport transport{server};
  cli::test::TestWorld world{transport};
};

TEST_F(ApplyCredentials, are_never_shown_and_no_difference_where_the_agent_has_them) {
  const auto file = kTypes + std::string("attributes: {env: prod, badge: s3cret-1}\n");
  EXPECT_NE(applied(file, "--dry-run").find(R"~(attributes: {"env":"prod","badge":"(credential)"})~"), std::string::npos)
      << world.out;
  EXPECT_NE(steps_of(file).find(R"~("badge": "(credential)")~"), std::string::npos) << world.out;
  EXPECT_EQ(bot().at("credential_attributes"), json::array{"badge"});

  EXPECT_EQ(steps_of(file), "[]\n");
  EXPECT_NE(world.err.find("note: these keep the credential attributes"), std::string::npos) << world.err;
  EXPECT_EQ(steps_of(kTypes + std::string("attributes: {env: prod, badge: s3cret-2}\n")), "[]\n");
  ASSERT_EQ(world.run({"export"}), 0) << world.err;
  EXPECT_EQ(steps_of(std::string(world.out)), "[]\n");
  EXPECT_EQ(world.err, "");
}

TEST_F(ApplyCredentials, stay_where_other_attributes_go) {
  ASSERT_NE(steps_of(kTypes + std::string("attributes: {env: prod, badge: s3cret-1}\n")), "[]\n");
  EXPECT_NE(applied(kTypes).find("~ agent/bot"), std::string::npos) << world.out << world.err;
  EXPECT_EQ(bot().at("attributes"), json::object());
  EXPECT_EQ(bot().at("credential_attributes"), json::array{"badge"});
  EXPECT_EQ(steps_of(kTypes), "[]\n");
}

TEST_F(ApplyCredentials, are_given_where_the_agent_has_none) {
  ASSERT_NE(steps_of(kTypes), "[]\n");
  const auto file = kTypes + std::string("attributes: {badge: s3cret-1}\n");
  EXPECT_NE(applied(file, "--dry-run").find(R"~(attributes: (none) -> {"badge":"(credential)"})~"), std::string::npos)
      << world.out;
  ASSERT_NE(steps_of(file), "[]\n");
  EXPECT_EQ(steps_of(file), "[]\n");
  const auto without = world.file("without.yaml", "attributes: {badge: null}\n");
  ASSERT_EQ(world.run({"agent", "update", "bot", "-f", without.c_str()}), 0) << world.err;
  EXPECT_FALSE(bot().contains("credential_attributes"));
  ASSERT_NE(steps_of(file), "[]\n");
  EXPECT_EQ(bot().at("credential_attributes"), json::array{"badge"});
}

TEST_F(ApplyCredentials, do_not_go_unsaid_with_the_type_they_are_of) {
  ASSERT_NE(steps_of(kTypes + std::string("attributes: {badge: s3cret-1}\n")), "[]\n");
  const std::string clerk =
      "kind: agent_type\nname: clerk\nschema: [{name: badge, type: string, credential: true}]\n---\n"
      "kind: agent\nname: bot\nowner: user/alice\n";
  const auto refused = [&](const std::string& text, const std::string& says) {
    const auto file = world.file("deputy.yaml", text);
    EXPECT_EQ(world.run({"apply", "-f", file.c_str()}), 1) << world.out;
    EXPECT_NE(world.err.find(file + says), std::string::npos) << world.err;
    EXPECT_EQ(world.out, "") << "nothing was begun";
    EXPECT_EQ(bot().at("credential_attributes"), json::array{"badge"});
  };
  refused(clerk + "type: clerk\n", ":8: agent/bot: it holds a credential of the type it has, attributes/badge: name it "
                                   "here for the new type, or take it from the agent first, by null");
  refused(clerk, ":5: agent/bot: it holds a credential of the type it has, attributes/badge: take it from the agent "
                 "first, by null");
  const auto named = clerk + "type: clerk\nattributes: {badge: s3cret-1}\n";
  ASSERT_NE(steps_of(named), "[]\n");
  EXPECT_EQ(bot().at("credential_attributes"), json::array{"badge"});
  EXPECT_EQ(steps_of(named), "[]\n");
}

TEST(Plan, shows_no_attribute_of_a_type_that_cannot_be_read) {
  const Record alice = held("kind: user\nusername: alice\n", "usr_1");
  const auto planned = plan(records("kind: agent\nname: bot\nowner: user/alice\n"
                                    "type: aty_00000000000000000000000001\nattributes: {a: s3cret, b: 5}\n"),
                            {alice}, {}, {Kind::agent_type});
  ASSERT_TRUE(planned);
  EXPECT_NE(steps(*planned).find(R"~(attributes: {"a":"(credential)","b":"(credential)"})~"), std::string::npos)
      << steps(*planned);
  EXPECT_EQ(json::serialize(as_json(planned->steps.front())).find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace deputy::cli::apply
