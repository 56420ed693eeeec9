// What an agent, user or application can reach, as a person and as a script reads it: from a server that is a table.
#include <gtest/gtest.h>

#include "cli/small_server.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

constexpr const char* kBot = "agt_00000000000000000000000001";
constexpr const char* kFirst = R"({"next_cursor":"c1","items":[
  {"resource":"res_1","identifier":"https://b.test","name":"B","more":true,
   "self":{"scope":"read","obstacles":[]},
   "others":{"scope":"read","obstacles":["bot is suspended"],"ceiling":"ceiling",
             "dropped":[{"scope":"write","reason":"bot's ceiling"}]},
   "by":[{"acts":"self","scope":"read","role":"rol_1","role_name":"reader","assignment":"asn_1",
          "group":"grp_00000000000000000000000001"},
         {"acts":"others","scope":"read","role":"rol_2","role_name":"caller","assignment":"asn_2"}]}]})";
constexpr const char* kSecond = R"({"items":[
  {"resource":"res_2","identifier":"https://c.test","name":"C","by":[],
   "others":{"scope":"x","obstacles":[],"ceiling":"any","dropped":[]}},
  {"resource":"res_3","identifier":"https://id.test/v1","name":"Own",
   "self":{"scope":"a:r","obstacles":[]},
   "by":[{"acts":"self","scope":"a:r","every_user":true},
         {"acts":"self","scope":"a:r","role":"rol_3","role_name":"admin","assignment":"asn_3",
          "organization":"org_00000000000000000000000001"}]}]})";

class AccessTest : public testing::Test {
 protected:
  AccessTest() { server.serve("https://id.test"); }
  void answer(const std::string& path) {
    server.on("GET https://id.test/v1" + path + "/access", [](const http::Call& call) {
      const bool second = call.url.find("cursor=c1") != std::string::npos;
      return Result<http::Reply, Fault>(http::Reply{200, {}, second ? kSecond : kFirst});
    });
  }
  void name(const std::string& plural, const std::string& id, const std::string& called) {
    server.on("GET https://id.test/v1/" + plural + "?", 200,
              R"({"items":[{"id":")" + id + R"(","name":")" + called + R"("}]})");
  }

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(AccessTest, is_a_row_for_each_resource_and_manner_of_acting) {
  answer("/agents/" + std::string(kBot));
  name("groups", "grp_00000000000000000000000001", "on-call");
  name("organizations", "org_00000000000000000000000001", "acme");
  ASSERT_EQ(world.run({"agent", "access", kBot}), 0) << world.err;
  EXPECT_EQ(world.out,
            "IDENTIFIER          ACTS    SCOPE  DROPPED  BY                                      OBSTACLES\n"
            "https://b.test      self    read            reader by group/on-call, …\n"
            "https://b.test      others  read   write    caller, …                               bot is suspended\n"
            "https://c.test      others  x               no ceiling\n"
            "https://id.test/v1  self    a:r             every user, admin in organization/acme\n");
}

TEST_F(AccessTest, says_a_role_where_it_is_not_said_which_and_any_resource_where_none_is_named) {
  server.on("GET https://id.test/v1/agents/" + std::string(kBot) + "/access", 200, R"({"items":[
    {"resource":"res_1","identifier":"https://b.test","name":"B","self":{"scope":"read","obstacles":[]},
     "by":[{"acts":"self","scope":"read"},{"acts":"self","scope":"read"},
           {"acts":"self","scope":"read","role":"rol_1","assignment":"asn_1"}]},
    {"others":{"obstacles":["bot is suspended"],"ceiling":"any"},"by":[]}]})");
  ASSERT_EQ(world.run({"agent", "access", kBot}), 0) << world.err;
  EXPECT_EQ(world.out,
            "IDENTIFIER      ACTS    SCOPE  DROPPED  BY             OBSTACLES\n"
            "https://b.test  self    read            a role, rol_1\n"
            "any resource    others                  no ceiling     bot is suspended\n");
}

TEST_F(AccessTest, is_for_a_script_what_the_server_says) {
  for (const auto& [word, path] : {std::pair("agent", "/agents/agt_"), std::pair("user", "/users/usr_"),
                                   std::pair("application", "/applications/app_")}) {
    const std::string id = std::string(path).substr(std::string(path).rfind('/') + 1) + "00000000000000000000000001";
    answer(path + std::string("00000000000000000000000001"));
    ASSERT_EQ(world.run({word, "access", id.c_str(), "--output", "json"}), 0) << world.err;
    const auto first = json::parse(kFirst), second = json::parse(kSecond);
    auto all = first.at("items").as_array();
    for (const auto& one : second.at("items").as_array()) all.push_back(one);
    EXPECT_EQ(json::parse(world.out), all);
  }
}

}  // namespace
}  // namespace deputy::cli::test
