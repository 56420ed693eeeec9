// Tenants: made with a first administrator whose secret is kept privately, and changed by their ids.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

constexpr std::string_view acme = R"({"id":"acme","version":1,"name":"Acme","issuer":"https://id.test/t/acme")";

class Tenants : public testing::Test {
 protected:
  Tenants() {
    server.serve("https://id.test");
    server.on("POST https://id.test/v1/tenants", 201,
              std::string(acme) + R"(,"admin":{"client_id":"app_1","secret":"dsk_new"}})");
    server.on("GET https://id.test/v1/tenants", 200, R"({"items":[)" + std::string(acme) + "}]}");
    server.on("GET https://id.test/v1/tenants/acme", 200, std::string(acme) + "}");
    server.on("GET https://id.test/v1/tenants/nobody", 404, R"({"title":"There is no such record.","status":404})");
    server.on("PATCH https://id.test/v1/tenants/acme", 200, std::string(acme) + "}");
  }
  // The bodies sent by this method.
  std::vector<std::string> sent(std::string_view method) const {
    std::vector<std::string> bodies;
    for (const auto& call : server.calls)
      if (call.method == method && call.url.find("/v1/tenants") != std::string::npos) bodies.push_back(call.body);
    return bodies;
  }
  using Texts = std::vector<std::string>;

  client::TableTransport server;
  TestWorld world{server};
};

TEST_F(Tenants, are_made_with_an_administrator_shown_once) {
  ASSERT_EQ(world.run({"tenant", "create", "acme", "--name", "Acme", "--sign-in-totp", "false"}), 0) << world.err;
  EXPECT_EQ(sent("POST"), (Texts{R"({"name":"Acme","sign_in_totp":false,"id":"acme"})"}));
  EXPECT_EQ(world.out,
            "id         acme\n"
            "version    1\n"
            "name       Acme\n"
            "issuer     https://id.test/t/acme\n"
            "client_id  app_1\n"
            "secret     dsk_new\n");
  EXPECT_NE(world.err.find("this once"), std::string::npos);
}

TEST_F(Tenants, a_secret_goes_to_a_new_file_of_its_owner_only) {
  const std::string path = (world.home / "acme.secret").string();
  const std::vector<const char*> create{"tenant", "create", "acme", "--name", "Acme", "--secret-file", path.c_str()};
  ASSERT_EQ(world.run(create), 0) << world.err;
  EXPECT_EQ(TestWorld::text_of(path), "dsk_new\n");
  struct stat facts {};
  ASSERT_EQ(stat(path.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  EXPECT_EQ((world.out + world.err).find("dsk_new"), std::string::npos);

  server.calls.clear();
  EXPECT_EQ(world.run(create), 2);
  EXPECT_TRUE(server.calls.empty()) << "a secret that cannot be kept must not be made";
  EXPECT_EQ(TestWorld::text_of(path), "dsk_new\n");
}

TEST_F(Tenants, are_shown_and_listed) {
  ASSERT_EQ(world.run({"tenant", "get", "acme"}), 0) << world.err;
  EXPECT_NE(world.out.find("https://id.test/t/acme"), std::string::npos);
  ASSERT_EQ(world.run({"tenant", "list"}), 0) << world.err;
  EXPECT_TRUE(world.out.starts_with("ID    NAME\nacme  Acme\n")) << world.out;
  EXPECT_EQ(world.run({"tenant", "get", "nobody"}), 1);
}

TEST_F(Tenants, a_way_of_signing_in_is_not_taken_away_unasked) {
  const std::vector<const char*> off{"tenant", "update", "acme", "--sign-in-password", "false"};
  world.at_terminal = true;
  EXPECT_EQ(world.run(off, "n\n"), 1);
  EXPECT_NE(world.err.find("Nobody signs in there by password from then on. [y/N]"), std::string::npos) << world.err;
  EXPECT_TRUE(sent("PATCH").empty());
  EXPECT_EQ(world.run(off, "y\n"), 0);
  EXPECT_EQ(world.run({"tenant", "update", "acme", "--name", "A", "--sign-in-password", "true"}), 0);
  EXPECT_EQ(world.err, "") << "nothing is lost";
  world.at_terminal = false;
  EXPECT_EQ(world.run(off), 0);
  EXPECT_EQ(sent("PATCH"), (Texts{R"({"sign_in_password":false})", R"({"name":"A","sign_in_password":true})",
                                  R"({"sign_in_password":false})"}));
  EXPECT_EQ(world.run({"tenant", "update", "acme"}), 2);
}

TEST_F(Tenants, what_signing_in_is_worth_comes_from_a_file) {
  const auto file = world.file("acr.yaml", "- {acr: silver, amr: [pwd]}\n- {acr: gold, amr: [mfa]}\n");
  ASSERT_EQ(world.run({"tenant", "update", "acme", "--acr-values", file.c_str()}), 0) << world.err;
  EXPECT_EQ(sent("PATCH"),
            (Texts{R"({"acr_values":[{"acr":"silver","amr":["pwd"]},{"acr":"gold","amr":["mfa"]}]})"}));
}

}  // namespace
}  // namespace deputy::cli::test
