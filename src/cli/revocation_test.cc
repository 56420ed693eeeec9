// deputy revocation …, against a whole server in this process.
#include <gtest/gtest.h>

#include "tests/kit/world_transport.h"

namespace deputy::cli::test {
namespace {

class RevocationTest : public testing::Test {
 protected:
  RevocationTest() { sign_in(world, server, server.admin); }
  void revoke(const std::string& target, Seconds lifetime) {
    const auto now = server.clock.now();
    const store::Revoke revoke{{.tenant = "default", .kind = store::Kills::token, .target = target,
                                .issued_before = now, .until = now + lifetime, .at = now}};
    ASSERT_TRUE(server.store->commit_now({revoke}));
  }

  deputy::test::World server;
  WorldTransport transport{server};
  TestWorld world{transport};
};

TEST_F(RevocationTest, lists_all_that_may_still_kill_whatever_was_purged_since) {
  for (int i = 1; i <= 250; ++i) revoke("jti_" + std::to_string(i), Seconds(3000));
  revoke("jti_251", Seconds(1));
  server.clock.advance(Seconds(2));
  ASSERT_EQ(*server.store->purge(server.clock.now(), 10), 1u);
  ASSERT_EQ(world.run({"revocation", "list", "--output", "json"}), 0) << world.err;
  const auto entries = json::parse(world.out).as_array();
  ASSERT_EQ(entries.size(), 250u);
  EXPECT_EQ(entries.front().at("target"), "jti_1");
  EXPECT_EQ(entries.back().at("target"), "jti_250");
}

TEST_F(RevocationTest, lists_a_set_that_comes_in_pieces) {
  store::Writes writes;
  const auto now = server.clock.now();
  for (int i = 0; i < 3000; ++i)
    writes.emplace_back(store::Revoke{{.tenant = "default", .kind = store::Kills::token,
                                       .target = "jti_" + std::to_string(i), .issued_before = now,
                                       .until = now + Seconds(300), .at = now}});
  ASSERT_TRUE(server.store->commit_now(std::move(writes)));
  ASSERT_EQ(world.run({"revocation", "list", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).as_array().size(), 3000u);
}

TEST_F(RevocationTest, lists_what_was_revoked_since_the_snapshot_was_made) {
  revoke("jti_0", Seconds(3000));
  ASSERT_EQ(world.run({"revocation", "list"}), 0) << world.err;  // the server keeps this snapshot for a second
  for (int i = 1; i <= 250; ++i) revoke("jti_" + std::to_string(i), Seconds(3000));
  ASSERT_EQ(world.run({"revocation", "list", "--output", "json"}), 0) << world.err;
  const auto entries = json::parse(world.out).as_array();
  ASSERT_EQ(entries.size(), 251u);
  for (int i = 0; i <= 250; ++i)
    EXPECT_EQ(entries[static_cast<std::size_t>(i)].at("target").as_string(), "jti_" + std::to_string(i));
}

TEST_F(RevocationTest, tells_what_ends_everything_from_what_ends_nothing) {
  const auto now = server.clock.now();
  for (const auto& before : {delegation::nothing_issued, now}) {
    const store::Revoke revoke{{.tenant = "default", .kind = store::Kills::principal, .target = "agt_1",
                                .issued_before = before, .until = now + Seconds(3000), .at = now}};
    ASSERT_TRUE(server.store->commit_now({revoke}));
  }
  ASSERT_EQ(world.run({"revocation", "list"}), 0) << world.err;
  EXPECT_NE(world.out.find("1970-01-01T00:00:00.000Z"), std::string::npos) << world.out;
}

}  // namespace
}  // namespace deputy::cli::test
