// The revocation set: what kills which token, for how long.
#include "delegation/revocation_set.h"

#include <gtest/gtest.h>

using namespace deputy;
using delegation::Kills;
using delegation::RevocationSet;

namespace {

const Instant now = from_unix_millis(1'800'000'000'500);

const std::vector<std::string> chain{"agt_2", "agt_1"};
const std::vector<std::string> path{"dlg_root", "dlg_leaf"};

delegation::TokenView token() {
  delegation::TokenView one;
  one.subject = "usr_1";
  one.client_id = "agt_2";
  one.jti = "jti_1";
  one.kid = "kid";
  one.chain = chain;
  one.delegations = path;
  one.issued_at = from_unix_seconds(unix_seconds(now));
  return one;
}

bool kills(Kills kind, std::string target, Instant issued_before = now, std::string tenant = "default") {
  RevocationSet set;
  set.add({.tenant = std::move(tenant), .kind = kind, .target = std::move(target), .issued_before = issued_before,
           .until = now + Seconds(300), .at = now});
  return set.kills("default", token());
}

}  // namespace

TEST(RevocationSet, each_kind_kills_by_its_own_name) {
  EXPECT_TRUE(kills(Kills::token, "jti_1"));
  EXPECT_TRUE(kills(Kills::key, "kid"));
  EXPECT_TRUE(kills(Kills::delegation, "dlg_root"));
  EXPECT_TRUE(kills(Kills::delegation, "dlg_leaf"));
  for (const auto* principal : {"usr_1", "agt_2", "agt_1"})
    EXPECT_TRUE(kills(Kills::principal, principal)) << principal;
  EXPECT_FALSE(kills(Kills::token, "usr_1"));  // a name of one kind is no name of another
  EXPECT_FALSE(kills(Kills::principal, "dlg_root"));
  EXPECT_FALSE(kills(Kills::token, "jti_2"));
}

TEST(RevocationSet, a_principals_tokens_die_up_to_the_second_of_the_revocation) {
  EXPECT_TRUE(kills(Kills::principal, "agt_2", now));
  EXPECT_TRUE(kills(Kills::principal, "agt_2", now + Seconds(5)));
  EXPECT_FALSE(kills(Kills::principal, "agt_2", now - Seconds(1)));
}

TEST(RevocationSet, one_tenants_entry_kills_nothing_of_another) {
  EXPECT_FALSE(kills(Kills::principal, "agt_2", now, "acme"));
  EXPECT_FALSE(kills(Kills::token, "jti_1", now, "acme"));
}

TEST(RevocationSet, a42_forgets_what_nothing_living_is_left_of) {
  RevocationSet set;
  for (int i = 0; i < 100; ++i)
    set.add(
        {.tenant = "default", .kind = Kills::token, .target = "jti_" + std::to_string(i), .until = now + Seconds(i)});
  EXPECT_EQ(set.size(), 100u);
  set.purge(now + Seconds(50));
  EXPECT_EQ(set.size(), 50u);
}

TEST(RevocationSet, a_later_entry_only_widens) {
  RevocationSet set;
  const auto add = [&](Instant issued_before) {
    set.add({.tenant = "default", .kind = Kills::principal, .target = "agt_2", .issued_before = issued_before,
             .until = now + Seconds(300)});
  };
  add(now);
  add(now - Seconds(100));
  EXPECT_TRUE(set.kills("default", token()));
}

TEST(RevocationSet, says_how_far_into_the_sequence_it_has_seen) {
  RevocationSet set;
  EXPECT_EQ(set.seen(), 0u);
  for (const std::uint64_t seq : {4, 9, 7})
    set.add({.seq = seq, .tenant = "default", .target = "jti_" + std::to_string(seq), .until = now});
  EXPECT_EQ(set.seen(), 9u);
  set.purge(now + Seconds(1));
  EXPECT_EQ(set.seen(), 9u);
}
