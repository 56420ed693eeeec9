// Forgetting a profile that another window changes while the question stands: only what was asked about is forgotten.
#include <gtest/gtest.h>

#include <functional>
#include <istream>
#include <streambuf>
#include <utility>

#include "cli/test_world.h"
#include "client/table_transport.h"

namespace deputy::cli::test {
namespace {

// A terminal at which somebody types yes, and before that something happens.
class YesAfter final : public std::streambuf {
 public:
  explicit YesAfter(std::function<void()> meanwhile) : meanwhile_(std::move(meanwhile)) {}

 protected:
  int_type underflow() override {
    if (!meanwhile_) return traits_type::eof();
    std::exchange(meanwhile_, nullptr)();
    setg(typed_.data(), typed_.data(), typed_.data() + typed_.size());
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::function<void()> meanwhile_;
  std::string typed_ = "y\n";
};

class LogoutTest : public testing::Test {
 protected:
  LogoutTest() {
    for (const auto* issuer : {"https://id.test", "https://other.test"}) server.serve(issuer);
    for (const auto* name : {"DEPUTY_SERVER", "DEPUTY_CLIENT_ID", "DEPUTY_CLIENT_SECRET"}) {
      world.environment.erase(name);
      window.environment.erase(name);
    }
    window.environment["HOME"] = world.home.string();
    EXPECT_EQ(login("https://id.test", "agt_1", "default"), 0) << window.err;
    world.at_terminal = true;
  }
  // In another window.
  int login(const char* issuer, const char* client, const char* profile) {
    return window.run({"login", "--server", issuer, "--client-id", client, "--profile", profile, "--keep-current"},
                      std::string("dsk_of_") + client + "\n");
  }
  int logout(std::function<void()> meanwhile) {
    YesAfter typed(std::move(meanwhile));
    std::istream in(&typed);
    return world.run({"logout"}, in);
  }
  std::string kept() const { return TestWorld::text_of(world.home / ".config/deputy/profiles.yaml"); }

  client::TableTransport server;
  TestWorld world{server}, window{server};
};

TEST_F(LogoutTest, forgets_no_secret_of_another_client_or_server_than_it_asked_about) {
  const std::pair<const char*, const char*> others[]{{"https://id.test", "agt_2"}, {"https://other.test", "agt_1"}};
  for (const auto& [issuer, client] : others) {
    ASSERT_EQ(login("https://id.test", "agt_1", "default"), 0) << window.err;
    std::string saved;
    EXPECT_EQ(logout([&] {
      ASSERT_EQ(login(issuer, client, "default"), 0) << window.err;
      saved = kept();
    }), 2);
    EXPECT_TRUE(world.err.ends_with("[y/N] deputy: the profile became another's while the question stood: ask again\n"))
        << world.err;
    EXPECT_NE(saved.find(issuer), std::string::npos) << saved;
    EXPECT_EQ(kept(), saved) << issuer << " " << client;
  }
}

TEST_F(LogoutTest, says_so_where_another_window_was_quicker) {
  EXPECT_EQ(logout([&] { ASSERT_EQ(window.run({"logout"}), 0) << window.err; }), 2);
  EXPECT_NE(world.err.find("deputy: there is no profile named default"), std::string::npos) << world.err;
  EXPECT_EQ(world.out, "");
}

TEST_F(LogoutTest, keeps_what_another_window_saved_meanwhile) {
  EXPECT_EQ(logout([&] { ASSERT_EQ(login("https://other.test", "agt_2", "two"), 0) << window.err; }), 0) << world.err;
  EXPECT_EQ(world.out, "removed default\n");
  EXPECT_EQ(kept(), "current: \"\"\nprofiles:\n  two:\n    server: https://other.test\n    client_id: agt_2\n"
                    "    client_secret: dsk_of_agt_2\n");
}

}  // namespace
}  // namespace deputy::cli::test
