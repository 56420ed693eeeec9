// The revocation set: what kills which token, for how long.
#include "delegation/revocation_set.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/random.h"

using namespace deputy;
using delegation::Kills;
using delegation::RevocationSet;

namespace {

const Instant now = from_unix_millis(1'800'000'000'500);

const std::vector<std::string> chain{"agt_2", "agt_1"};
const std::vector<std::string> path{"dlg_root", "dlg_leaf"};
const std::vector<std::string> from_kids{"kid_1", "kid_2"};

delegation::TokenView token() {
  delegation::TokenView one;
  one.subject = "usr_1";
  one.client_id = "agt_2";
  one.jti = "jti_1";
  one.kid = "kid";
  one.chain = chain;
  one.delegations = path;
  one.from_kids = from_kids;
  one.audience = "https://mail.example";
  one.scope = "mail:read mail:send";
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
  for (const auto* kid : {"kid_1", "kid_2"}) EXPECT_TRUE(kills(Kills::key, kid)) << "it descends from " << kid;
  EXPECT_FALSE(kills(Kills::key, "kid_3"));
  EXPECT_FALSE(kills(Kills::token, "usr_1"));  // a name of one kind is no name of another
  EXPECT_FALSE(kills(Kills::principal, "dlg_root"));
  EXPECT_FALSE(kills(Kills::token, "jti_2"));
}

TEST(RevocationSet, an_entry_that_ends_nothing_kills_nothing_and_has_nobody_wait) {
  RevocationSet set;
  set.add({.seq = 7, .tenant = "default", .kind = Kills::principal, .target = "agt_1",
           .issued_before = delegation::nothing_issued, .until = now + Seconds(300), .at = now});
  EXPECT_FALSE(set.kills("default", token()));
  EXPECT_EQ(set.dead_until("default", "agt_1"), std::nullopt);
  EXPECT_EQ(set.seen(), 7u);
}

TEST(RevocationSet, says_whether_an_entry_was_news_to_it) {
  for (const auto kind : {Kills::token, Kills::delegation, Kills::key, Kills::principal, Kills::narrowing}) {
    for (const auto* target : {"x", ""}) {
      if (*target == 0 && kind != Kills::narrowing) continue;
      RevocationSet set;
      delegation::Revocation entry{.tenant = "default", .kind = kind, .target = target, .issued_before = now,
                                   .until = now + Seconds(300), .at = now};
      if (kind == Kills::narrowing) entry.scopes = {"mail:read"}, entry.resource = "https://mail.example";
      const auto what = static_cast<int>(kind);
      EXPECT_TRUE(set.add(entry)) << what;
      EXPECT_FALSE(set.add(entry)) << what;
      entry.until += Seconds(1);
      EXPECT_TRUE(set.add(entry)) << what << ": for longer";
      entry.until -= Seconds(1);
      EXPECT_FALSE(set.add(entry)) << what;
      if (kind == Kills::narrowing) entry.scopes.emplace_back("mail:send");
      else entry.target = "y";
      EXPECT_TRUE(set.add(entry)) << what;
    }
  }
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

namespace {

bool narrowing_kills(std::string target, std::vector<std::string> scopes, std::string resource = "https://mail.example",
                     Instant issued_before = now) {
  RevocationSet set;
  set.add({.tenant = "default", .kind = Kills::narrowing, .target = std::move(target), .issued_before = issued_before,
           .until = now + Seconds(300), .at = now, .scopes = std::move(scopes), .resource = std::move(resource)});
  return set.kills("default", token());
}

}  // namespace

TEST(RevocationSet, a_narrowing_kills_tokens_that_carry_what_was_lost) {
  for (const auto* principal : {"usr_1", "agt_2", "agt_1"}) {
    EXPECT_TRUE(narrowing_kills(principal, {"mail:send"})) << principal;
    EXPECT_TRUE(narrowing_kills(principal, {"other", "mail:read"})) << principal;
    EXPECT_FALSE(narrowing_kills(principal, {"mail:delete", "mail"})) << "the token does not carry it";
    EXPECT_FALSE(narrowing_kills(principal, {"mail:send"}, "https://files.example")) << "at another resource";
    EXPECT_FALSE(narrowing_kills(principal, {"mail:send"}, "https://mail.example", now - Seconds(1)));
  }
  EXPECT_FALSE(narrowing_kills("usr_9", {"mail:send"}));
}

TEST(RevocationSet, a_narrowing_without_a_target_is_for_everybody) {
  EXPECT_TRUE(narrowing_kills("", {"mail:send"}));
  EXPECT_FALSE(narrowing_kills("", {"mail:delete"}));
  EXPECT_FALSE(narrowing_kills("", {"mail:send"}, "https://files.example"));
  EXPECT_FALSE(narrowing_kills("", {"mail:send"}, "https://mail.example", now - Seconds(1)));
}

TEST(RevocationSet, what_one_principal_lost_kills_no_others_tokens) {
  RevocationSet set;
  const auto narrow = [&](std::string target, std::string scope) {
    set.add({.tenant = "default", .kind = Kills::narrowing, .target = std::move(target), .issued_before = now,
             .until = now + Seconds(300), .at = now, .scopes = {std::move(scope)}, .resource = "https://mail.example"});
  };
  narrow("usr_1", "mail:delete");  // of the token's own, but not what it carries
  narrow("usr_9", "mail:send");    // what it carries, but somebody else lost it
  EXPECT_FALSE(set.kills("default", token()));
  EXPECT_FALSE(set.dead_until("default", "usr_1")) << "a narrowing kills no principal";
  set.purge(now + Seconds(400));
  EXPECT_EQ(set.size(), 0u);
}

namespace {

struct Model {  // the rules as DELEGATION writes them, one entry after the other
  std::vector<delegation::Revocation> entries;
  bool kills(const delegation::TokenView& one) const {
    const auto names = [&](const std::string& target) {
      return one.subject == target || one.client_id == target ||
             std::find(one.chain.begin(), one.chain.end(), target) != one.chain.end();
    };
    const auto carries = [&](const std::string& scope) {
      return (" " + std::string(one.scope) + " ").find(" " + scope + " ") != std::string::npos;
    };
    return std::any_of(entries.begin(), entries.end(), [&](const delegation::Revocation& entry) {
      const bool before = unix_seconds(one.issued_at) <= unix_seconds(entry.issued_before);
      switch (entry.kind) {
        case Kills::token: return one.jti == entry.target;
        case Kills::key: return one.kid == entry.target;
        case Kills::delegation:
          return std::find(one.delegations.begin(), one.delegations.end(), entry.target) != one.delegations.end();
        case Kills::principal: return before && names(entry.target);
        case Kills::narrowing:
          return before && entry.resource == one.audience && (entry.target.empty() || names(entry.target)) &&
                 std::any_of(entry.scopes.begin(), entry.scopes.end(), carries);
      }
      return false;
    });
  }
};

}  // namespace

RC_GTEST_PROP(RevocationSet, decides_as_its_entries_do_one_by_one, ()) {
  static const auto ids = [] {
    SystemRandom random;
    std::vector<std::string> made{"kid", "an imported client"};
    for (const auto* prefix : {"agt", "usr", "dlg", "jti"})
      for (int i = 0; i < 3; ++i) made.push_back(make_id(prefix, now, random));
    return made;
  }();
  const auto id = rc::gen::elementOf(ids);
  const auto scope = rc::gen::element<std::string>("a", "b", "ab", "c");
  const auto uri = rc::gen::element<std::string>("https://x", "https://y");
  RevocationSet set;
  Model model;
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    delegation::Revocation entry{.tenant = "default", .kind = static_cast<Kills>(*rc::gen::inRange(0, 5)),
                                 .target = *id, .issued_before = now + Seconds(*rc::gen::inRange(-3, 3)),
                                 .until = now + Seconds(300), .at = now};
    if (entry.kind == Kills::narrowing) {
      entry.scopes = *rc::gen::container<std::vector<std::string>>(scope);
      entry.resource = *uri;
      if (*rc::gen::inRange(0, 4) == 0) entry.target.clear();
    }
    set.add(entry);
    model.entries.push_back(entry);
  }
  const auto jti = *id, kid = *id, subject = *id, client = *id, audience = *uri;
  const auto scopes = *scope + " " + *scope;
  const auto acts = *rc::gen::container<std::vector<std::string>>(id);
  const auto dlgs = *rc::gen::container<std::vector<std::string>>(id);
  const delegation::TokenView one{.jti = jti, .kid = kid, .subject = subject, .client_id = client,
                                  .audience = audience, .scope = scopes, .chain = acts, .delegations = dlgs,
                                  .issued_at = from_unix_seconds(unix_seconds(now) + *rc::gen::inRange(-4, 4))};
  RC_ASSERT(set.kills("default", one) == model.kills(one));
}
