// Two nodes on one store: one key, one log, whoever seals.
#include "tokens/audit_log.h"

#include <gtest/gtest.h>

#include "audit/checkpoint.h"
#include "audit/event.h"
#include "tokens/log_key.h"

using namespace deputy;
using namespace deputy::tokens;

namespace {

class AuditLogTest : public testing::Test {
 protected:
  std::unique_ptr<AuditLog> node(std::string_view origin = "https://id.example") {
    auto opened = AuditLog::open(*store, seal, clock, random, origin);
    EXPECT_TRUE(opened);
    return std::move(opened).take();
  }
  void record(int count) { record(count, clock.now()); }
  void record(int count, Instant at, const std::string& tenant = "default") {
    store::Writes writes;
    for (int i = 0; i < count; ++i) {
      audit::Event event;
      event.id = "evt_" + std::to_string(++recorded);
      event.at = at;
      event.tenant = tenant;
      writes.push_back(store::Append{std::move(event)});
    }
    ASSERT_TRUE(store->commit_now(std::move(writes)));
  }
  audit::Checkpoint newest(const AuditLog& log) {
    const auto key = log.published()->key;
    const auto opened = audit::open_checkpoint(newest_note(), std::span(&key, 1));
    EXPECT_TRUE(opened);
    return opened->checkpoint;
  }
  std::string newest_note() { return **store->log().latest_checkpoint(store::Log::Which::any); }
  audit::NoteKey rotate(const AuditLog& log) {
    const auto rotation = log.rotation();
    EXPECT_TRUE(rotation);
    EXPECT_TRUE(std::holds_alternative<Done>(*store->commit_now({rotation->write})));
    return rotation->after;
  }
  audit::Hash root(std::uint64_t size) { return audit::root_of(*store->log().leaves(0, size)); }

  SystemClock clock;
  SystemRandom random;
  crypto::SealKey seal = crypto::SealKey::from_text(crypto::SealKey::generate_text(random)).take();
  std::unique_ptr<store::Store> store = store::open_memory_store();
  int recorded = 0;
};

}  // namespace

TEST_F(AuditLogTest, nodes_of_one_store_have_one_key) {
  EXPECT_EQ(audit::vkey_of(node()->published()->key), audit::vkey_of(node()->published()->key));
  const auto other = crypto::SealKey::from_text(crypto::SealKey::generate_text(random));
  EXPECT_EQ(log_keys(*store, *other, clock.now(), random).error().kind, Fault::Kind::corrupt);
}

TEST_F(AuditLogTest, a_node_that_was_overtaken_goes_on_from_there) {
  const auto first = node(), second = node();
  record(300);
  EXPECT_EQ(*first->seal(), 300u);
  EXPECT_EQ(*second->seal(), 0u);  // its first look is at what is there now
  record(10);
  EXPECT_EQ(*second->seal(), 10u);
  record(5);
  EXPECT_EQ(*first->seal(), 5u);  // its edge was of 300 events: the store refused that, and it began anew
  EXPECT_EQ(newest(*first), (audit::Checkpoint{"id.example/audit", 315, root(315)}));
  EXPECT_TRUE(second->seal_all());
}

TEST_F(AuditLogTest, seals_a_long_backlog_in_steps) {
  for (int i = 0; i < 7; ++i) record(10'000);
  const auto log = node();
  EXPECT_EQ(*log->seal(), AuditLog::step);
  EXPECT_EQ(newest(*log).size, AuditLog::step);
  ASSERT_TRUE(log->seal_all());
  EXPECT_EQ(newest(*log), (audit::Checkpoint{"id.example/audit", 70'000, root(70'000)}));
}

TEST_F(AuditLogTest, is_named_after_the_origin) {
  EXPECT_EQ(node("https://id.example:8443")->published()->key.name, "id.example:8443/audit");
  EXPECT_EQ(*log_name("http://127.0.0.1:8440"), "127.0.0.1:8440/audit");
  EXPECT_EQ(log_name("https://a b").error().kind, Fault::Kind::invalid);
  EXPECT_EQ(log_name("https://a+b").error().kind, Fault::Kind::invalid);
}

TEST_F(AuditLogTest, drops_nothing_that_is_young_or_not_sealed) {
  const auto log = node();
  record(256);
  const auto later = clock.now() + Seconds(60);
  EXPECT_FALSE(*log->retain(later));
  ASSERT_TRUE(log->seal());
  EXPECT_FALSE(*log->retain(clock.now() - Seconds(60)));
  EXPECT_TRUE(*log->retain(later));
  EXPECT_FALSE(*log->retain(later));  // what is left is no whole segment
}

TEST_F(AuditLogTest, each_tenant_hears_that_bodies_of_its_own_were_dropped) {
  const auto log = node();
  const auto now = clock.now(), old = now - std::chrono::days(30), before = now - std::chrono::days(7);
  record(100, old);
  record(56, old, "acme");
  record(100, old, "globex");
  record(256, old, "acme");
  ASSERT_TRUE(log->seal());
  const auto told = [&](std::string_view tenant) {
    return store->events(tenant, {.action = "event.retain"}, {})->events.size();
  };
  ASSERT_TRUE(*log->retain(before));
  for (const auto* tenant : {"default", "acme", "globex"}) EXPECT_EQ(told(tenant), 1u) << tenant;
  ASSERT_TRUE(*log->retain(before));
  EXPECT_EQ(told("default"), 2u) << "of every drop";
  EXPECT_EQ(told("acme"), 2u);
  EXPECT_EQ(told("globex"), 1u) << "of that segment it had nothing";
  EXPECT_EQ(told("initech"), 0u);
}

TEST_F(AuditLogTest, that_a_drop_was_told_of_is_not_told_of_again_when_it_is_dropped) {
  const auto log = node();
  store::Writes writes;
  for (int i = 0; i < 256; ++i) {
    audit::Event event;
    event.id = "evt_" + std::to_string(++recorded);
    event.at = clock.now() - std::chrono::days(30);
    event.tenant = "acme";
    event.action = "event.retain";
    writes.push_back(store::Append{std::move(event)});
  }
  ASSERT_TRUE(store->commit_now(std::move(writes)));
  ASSERT_TRUE(log->seal());
  ASSERT_TRUE(*log->retain(clock.now() - std::chrono::days(7)));
  EXPECT_EQ(*store->last_event(), 257u);
  EXPECT_EQ(store->events("default", {.action = "event.retain"}, {})->events.size(), 1u);
}

TEST_F(AuditLogTest, what_a_clock_that_was_ahead_told_does_not_keep_bodies_for_ever) {
  const auto log = node();
  const auto now = clock.now(), old = now - std::chrono::days(30), before = now - std::chrono::days(7);
  record(700, now + std::chrono::days(3650));
  record(68, old);  // the third segment is of both
  ASSERT_TRUE(log->seal());
  EXPECT_FALSE(*log->retain(before)) << "nothing behind it says how old it is";
  record(512, old);
  ASSERT_TRUE(log->seal());
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(*log->retain(before)) << i;
  record(256, now + std::chrono::days(3650));
  record(256, now);
  ASSERT_TRUE(log->seal());
  EXPECT_FALSE(*log->retain(before)) << "what is behind it is young";
}

TEST_F(AuditLogTest, a_new_key_takes_over_at_a_checkpoint_that_both_sign) {
  const auto first = node(), second = node();
  record(10);
  ASSERT_TRUE(first->seal());
  const auto before = first->published()->key;
  const auto after = rotate(*first);
  EXPECT_EQ(audit::vkey_of(second->published()->key), audit::vkey_of(after));
  record(1);
  ASSERT_TRUE(second->seal());  // by whichever node
  const auto handover = *audit::parse_note(newest_note());
  EXPECT_TRUE(audit::signature_by(before, handover));
  EXPECT_TRUE(audit::signature_by(after, handover));
  EXPECT_EQ(first->published()->handovers, std::vector<std::string>{newest_note()});
  const auto named = audit::handed_over(newest_note(), std::span(&before, 1));
  ASSERT_TRUE(named);
  EXPECT_EQ(audit::vkey_of(named->next), audit::vkey_of(after));
  record(1);
  ASSERT_TRUE(first->seal());
  const auto later = *audit::parse_note(newest_note());
  EXPECT_FALSE(audit::signature_by(before, later)) << "the old key is gone";
  EXPECT_EQ(newest(*first), (audit::Checkpoint{"id.example/audit", 12, root(12)}));
}

TEST_F(AuditLogTest, a_key_that_has_not_handed_over_is_not_replaced_again) {
  const auto log = node();
  record(1);
  rotate(*log);
  EXPECT_EQ(log->rotation().error().kind, Fault::Kind::conflict);
  ASSERT_TRUE(log->seal());
  EXPECT_TRUE(log->rotation());
}

TEST_F(AuditLogTest, a_handover_survives_a_restart_in_between) {
  record(1);
  const auto before = node()->published()->key;
  const auto after = rotate(*node());
  ASSERT_TRUE(node()->seal());
  const auto named = audit::handed_over(newest_note(), std::span(&before, 1));
  ASSERT_TRUE(named);
  EXPECT_EQ(audit::vkey_of(named->next), audit::vkey_of(after));
}
