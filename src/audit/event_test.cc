// What an encoded event promises: one form, readable as JSON whatever its members hold, nothing said that is not so.
#include "audit/event.h"

#include <gtest/gtest.h>

using namespace deputy;
using audit::Decision;
using audit::Event;

namespace {

Event whole_event() {
  return {.id = "evt_1",
          .at = from_unix_millis(1'795'500'227'123),
          .tenant = "acme",
          .correlation_id = "c1",
          .action = "token.issue",
          .decision = Decision::granted,
          .reason = "narrowed",
          .actor = "agt_1",
          .client = "client",
          .subject = "usr_1",
          .owner = "usr_2",
          .target = "agt_3",
          .resource = "https://api.example",
          .resources = {"https://api.example", "https://b.example"},
          .scope_asked = "a b",
          .scope_given = "a",
          .jti = "tok_1",
          .chain = {"agt_0", "agt_1"},
          .delegations = {"dlg_0", "dlg_1"},
          .changes = R"({"before":{},"after":{"name":"x"}})"};
}

}  // namespace

TEST(Event, is_written_in_one_order) {
  EXPECT_EQ(audit::encode(whole_event()),
            R"({"id":"evt_1","at":"2026-11-24T06:03:47.123Z","tenant":"acme","correlation_id":"c1",)"
            R"("action":"token.issue","decision":"granted","reason":"narrowed","actor":"agt_1","client":"client",)"
            R"("subject":"usr_1","owner":"usr_2","target":"agt_3","resource":"https://api.example",)"
            R"("resources":["https://api.example","https://b.example"],"scope_asked":"a b","scope_given":"a","jti":"tok_1","chain":["agt_0","agt_1"],)"
            R"("delegations":["dlg_0","dlg_1"],"changes":{"before":{},"after":{"name":"x"}}})");
}

TEST(Event, leaves_out_what_is_empty) {
  EXPECT_EQ(audit::encode({.id = "evt_1", .at = Instant(), .tenant = "t", .action = "agent.create"}),
            R"({"id":"evt_1","at":"1970-01-01T00:00:00.000Z","tenant":"t","action":"agent.create","decision":"done"})");
}

TEST(Event, a40_a_hostile_member_cannot_add_another) {
  auto event = whole_event();
  event.reason = "x\",\"decision\":\"granted\"}\n{\"id\":\"evt_2";
  event.actor = std::string("\0\x1f\\\"\x7f", 5);
  event.chain = {"\"],\"owner\":\"usr_9"};
  const auto read = parse_json_object(audit::encode(event));
  ASSERT_TRUE(read);
  EXPECT_EQ(json_text(*read, "reason"), event.reason);
  EXPECT_EQ(json_text(*read, "actor"), event.actor);
  EXPECT_EQ(json_text(*read, "owner"), "usr_2");
  EXPECT_EQ(json_member_array(*read, "chain")->size(), 1u);
  EXPECT_EQ(audit::encode(event).find('\n'), std::string::npos);
}

TEST(Event, a_decision_has_one_name) {
  for (const auto decision : {Decision::granted, Decision::refused, Decision::done})
    EXPECT_EQ(audit::decision_named(audit::name_of(decision)), decision);
  EXPECT_FALSE(audit::decision_named("Granted"));
  EXPECT_FALSE(audit::decision_named(""));
}
