// deputy audit …, against a whole server in this process: what is exported verifies, and what is altered is named.
#include <gtest/gtest.h>

#include "audit/log_export.h"
#include "tests/kit/world_transport.h"

namespace deputy::cli::test {
namespace {

class AuditTest : public testing::Test {
 protected:
  AuditTest() {
    sign_in(world, server, server.admin);
    for (int i = 0; i < 600; ++i) server.admin_call("GET", "/v1/agents");  // each leaves the event of its token
    (void)server.app().audit_log.seal_all();
  }
  std::string path(const std::string& name) const { return (world.home / name).string(); }
  std::string exported() {
    const auto file = path("audit.jsonl");
    EXPECT_EQ(world.run({"audit", "export", "--output-file", file.c_str()}), 0) << world.err;
    return TestWorld::text_of(file);
  }
  std::string key() {
    EXPECT_EQ(world.run({"audit", "key"}), 0) << world.err;
    return world.out.substr(0, world.out.find('\n'));
  }
  int verify(const std::string& text, std::vector<const char*> more = {}) {
    const auto file = world.file("copy.jsonl", text);
    std::vector<const char*> words{"audit", "verify", file.c_str()};
    words.insert(words.end(), more.begin(), more.end());
    return world.run(words);
  }

  deputy::test::World server;
  WorldTransport transport{server};
  TestWorld world{transport};
};

TEST_F(AuditTest, an_export_verifies_with_the_key_and_an_earlier_checkpoint) {
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const auto since = world.file("checkpoint.txt", world.out);
  for (int i = 0; i < 50; ++i) server.admin_call("GET", "/v1/agents");
  (void)server.app().audit_log.seal_all();
  const auto text = exported();
  const auto vkey = key();
  EXPECT_EQ(verify(text, {"--key", vkey.c_str(), "--since", since.c_str()}), 0) << world.err;
  EXPECT_NE(world.out.find("verified: events 1 to 65"), std::string::npos) << world.out;
  EXPECT_EQ(world.err, "");
  EXPECT_EQ(world.run({"audit", "verify", "-", "--key", vkey.c_str()}, text), 0) << world.err;
}

TEST_F(AuditTest, an_export_to_a_dash_goes_to_standard_output) {
  const auto here = std::filesystem::current_path() / "-";
  ASSERT_EQ(world.run({"audit", "export", "--output-file", "-"}), 0) << world.err;
  const auto text = world.out;
  EXPECT_EQ(world.err.find("events are in"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(here));
  const auto vkey = key();
  EXPECT_EQ(world.run({"audit", "verify", "-", "--key", vkey.c_str()}, text), 0) << world.err;
}

TEST_F(AuditTest, a40_without_a_key_nothing_passes_for_proof) {
  const auto text = exported();
  EXPECT_EQ(verify(text), 2);
  EXPECT_NE(world.err.find("without --key nobody vouches"), std::string::npos) << world.err;
  EXPECT_EQ(world.out, "");
  EXPECT_EQ(verify(text, {"--consistency-only"}), 0) << world.err;
  EXPECT_TRUE(world.out.starts_with("consistent: events 1 to ")) << world.out;
  EXPECT_NE(world.out.find("not proved: "), std::string::npos) << world.out;
  EXPECT_EQ(world.out.find("verified"), std::string::npos) << world.out;
  EXPECT_EQ(verify(text, {"--consistency-only", "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).at("verified"), false);
  EXPECT_EQ(json::parse(world.out).at("consistent"), true);
  const auto vkey = key();
  EXPECT_EQ(verify(text, {"--consistency-only", "--key", vkey.c_str()}), 2);
}

TEST_F(AuditTest, whoever_knows_the_old_key_follows_to_the_new_one) {
  const auto old_key = key();
  ASSERT_EQ(world.run({"audit", "rotate-key", "--yes"}), 0) << world.err;
  const auto new_key = world.out.substr(0, world.out.find('\n'));
  EXPECT_NE(new_key, old_key);
  EXPECT_EQ(key(), new_key);
  (void)server.app().audit_log.seal_all();
  server.admin_call("GET", "/v1/agents");
  (void)server.app().audit_log.seal_all();
  const auto text = exported();
  EXPECT_EQ(verify(text, {"--key", old_key.c_str()}), 0) << world.err;
  EXPECT_NE(world.err.find("from now on name " + new_key), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--key", new_key.c_str()}), 0) << world.err;
  EXPECT_EQ(world.err, "");
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--key", new_key.c_str()}), 0) << world.err;
  const auto event = server.events("audit.key.rotate").at(0).as_object();
  const auto& changes = event.at("changes").as_object();
  EXPECT_EQ(deputy::test::text_at(changes.at("before").as_object(), "key"), old_key);
  EXPECT_EQ(deputy::test::text_at(changes.at("after").as_object(), "key"), new_key);
}

TEST_F(AuditTest, a40_a_handover_that_is_left_out_is_warned_of) {
  const auto old_key = key();
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const auto since = world.file("before.txt", world.out);
  ASSERT_EQ(world.run({"audit", "rotate-key", "--yes"}), 0) << world.err;
  const auto new_key = world.out.substr(0, world.out.find('\n'));
  for (int i = 0; i < 2; ++i) {  // the handover is signed by both
    (void)server.app().audit_log.seal_all();
    server.admin_call("GET", "/v1/agents");
  }
  (void)server.app().audit_log.seal_all();
  auto text = exported();
  const auto end = text.find('\n');
  auto head = std::get<audit::ExportHead>(*audit::parse_line(std::string_view(text).substr(0, end)));
  ASSERT_EQ(head.handovers.size(), 1u);
  head.handovers.clear();
  std::string line;
  audit::append_line(line, head);
  text.replace(0, end + 1, line);
  constexpr auto warning = "no handover in the export leads from each to the one that signed it";
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--key", new_key.c_str()}), 0) << world.err;
  EXPECT_NE(world.err.find(warning), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--key", new_key.c_str(), "--output", "json"}), 0) << world.err;
  ASSERT_EQ(json::parse(world.out).at("warnings").as_array().size(), 1u) << world.out;
  EXPECT_EQ(verify(text, {"--key", old_key.c_str()}), 1) << "who names the old one alone is not misled";
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--key", new_key.c_str(), "--since", since.c_str()}), 0)
      << world.err;
  EXPECT_NE(world.err.find("rewritten what came after the earlier checkpoint"), std::string::npos) << world.err;
}

TEST_F(AuditTest, an_earlier_checkpoint_may_be_signed_by_the_key_that_was_handed_the_log) {
  const auto old_key = key();
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const auto before = world.file("before.txt", world.out);
  ASSERT_EQ(world.run({"audit", "rotate-key", "--yes"}), 0) << world.err;
  const auto new_key = world.out.substr(0, world.out.find('\n'));
  const auto seal = [&] {
    server.admin_call("GET", "/v1/agents");
    (void)server.app().audit_log.seal_all();
  };
  for (int i = 0; i < 3; ++i) seal();  // the handover is signed by both, and what follows by the new one alone
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const auto note = world.out;
  const auto after = world.file("after.txt", note);
  seal();
  const auto text = exported();
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--since", after.c_str()}), 0) << world.err;
  EXPECT_NE(world.err.find("from now on name " + new_key + ", and the old one too for as long as you hold checkpoints "
                           "of its time"), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--key", new_key.c_str(), "--since", before.c_str()}), 0)
      << world.err;
  EXPECT_EQ(verify(text, {"--key", new_key.c_str(), "--since", before.c_str()}), 1);
  EXPECT_EQ(world.err, "deputy: not verified: the earlier checkpoint: the checkpoint is not signed by the log's key\n");
  auto forged = note;
  forged[forged.find('\n') + 1] = '1';  // of its size
  const auto lie = world.file("lie.txt", forged);
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--since", lie.c_str(), "--output", "json"}), 1);
  EXPECT_EQ(json::parse(world.out).at("finding"), "signature");
  const auto other = world.file("other.txt", "no note");
  EXPECT_EQ(verify(text, {"--key", old_key.c_str(), "--since", other.c_str()}), 1);
  EXPECT_TRUE(world.err.starts_with("deputy: --since: ")) << world.err;
}

TEST_F(AuditTest, a40_hashes_that_are_cut_off_are_blamed_on_no_event) {
  auto text = exported();
  const auto vkey = key();
  const auto at = text.find("{\"segment\":1,"), end = text.find('\n', at);
  ASSERT_NE(at, std::string::npos);
  const auto line = audit::parse_line(std::string_view(text).substr(at, end - at));
  auto segment = std::get<audit::ExportSegment>(*line);
  segment.leaves.resize(segment.leaves.size() - 3);
  std::string cut;
  audit::append_line(cut, segment);
  text.replace(at, end + 1 - at, cut);
  EXPECT_EQ(verify(text, {"--key", vkey.c_str()}), 1);
  EXPECT_EQ(world.err, "deputy: not verified: the hashes of events 510 to 512 are missing\n");
  EXPECT_EQ(verify(text, {"--key", vkey.c_str(), "--output", "json"}), 1);
  EXPECT_EQ(json::parse(world.out).at("finding"), "altered");
  EXPECT_EQ(json::parse(world.out).at("seq"), 510);
}

TEST_F(AuditTest, a40_an_altered_export_names_the_event_and_exits_with_1) {
  auto text = exported();
  const auto vkey = key();
  const auto at = text.find("{\"seq\":300,");
  ASSERT_NE(at, std::string::npos);
  text[text.find("token.issue", at)] = 'T';
  EXPECT_EQ(verify(text, {"--key", vkey.c_str()}), 1);
  EXPECT_NE(world.err.find("not verified: event 300 (evt_"), std::string::npos) << world.err;
  EXPECT_NE(world.err.find(") was altered"), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--consistency-only", "--output", "json"}), 1);
  const auto answer = json::parse(world.out).as_object();
  EXPECT_EQ(answer.at("finding"), "altered");
  EXPECT_EQ(answer.at("seq"), 300);
}

TEST_F(AuditTest, a40_a_line_that_does_not_end_is_told_by_its_place) {
  auto text = exported();
  const auto vkey = key();
  const auto at = text.find("{\"seq\":300,");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string::npos, 2 * audit::line_bytes_max, ' ');
  EXPECT_EQ(verify(text, {"--key", vkey.c_str()}), 1);
  EXPECT_EQ(world.err, "deputy: not verified: line 302 is longer than any line of an export\n");
  EXPECT_EQ(verify(text, {"--key", vkey.c_str(), "--output", "json"}), 1);
  EXPECT_EQ(json::parse(world.out).at("finding"), "malformed");
}

TEST_F(AuditTest, a40_another_logs_key_verifies_nothing) {
  const auto text = exported();
  const auto stranger = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA).public_key();
  const auto other = audit::vkey_of(audit::note_key("id.example/audit", audit::NoteKey::Type::signer, stranger));
  EXPECT_EQ(verify(text, {"--key", other.c_str()}), 1);
  EXPECT_NE(world.err.find("not signed by the log's key"), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--key", "zebra"}), 2);
  EXPECT_EQ(verify(text, {"--witness", other.c_str()}), 2);  // a log's key is no witness's
}

TEST_F(AuditTest, an_export_may_begin_later) {
  const auto file = path("later.jsonl");
  ASSERT_EQ(world.run({"audit", "export", "--after", "256", "--output-file", file.c_str()}), 0) << world.err;
  const auto vkey = key();
  EXPECT_EQ(world.run({"audit", "verify", file.c_str(), "--key", vkey.c_str()}), 1);
  EXPECT_NE(world.err.find("event 1 is missing"), std::string::npos) << world.err;
  EXPECT_EQ(world.run({"audit", "verify", file.c_str(), "--key", vkey.c_str(), "--after", "256"}), 0) << world.err;
  EXPECT_EQ(world.run({"audit", "export", "--after", "7"}), 2);
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const auto since = world.file("checkpoint.txt", world.out);
  server.admin_call("GET", "/v1/agents");
  (void)server.app().audit_log.seal_all();
  ASSERT_EQ(world.run({"audit", "export", "--after", "512", "--output-file", path("last.jsonl").c_str()}), 0);
  EXPECT_EQ(world.run({"audit", "verify", path("last.jsonl").c_str(), "--key", vkey.c_str(), "--after", "512",
                       "--since", since.c_str()}), 0) << world.err;
  EXPECT_NE(world.err.find("against the length of the log alone"), std::string::npos) << world.err;
}

TEST_F(AuditTest, a40_a_log_that_was_cut_back_is_told_by_its_head) {
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  const json::object head{{"log", "id.example/audit"}, {"after", 1024}, {"checkpoint", world.out}};
  const auto vkey = key();
  EXPECT_EQ(verify(json::serialize(head) + "\n", {"--key", vkey.c_str(), "--after", "1024"}), 1) << world.out;
}

TEST_F(AuditTest, a40_which_events_have_no_body_is_said) {
  auto text = exported();
  const auto vkey = key();
  const auto at = text.find("{\"seq\":300,"), end = text.find('\n', at);
  const auto line = audit::parse_line(std::string_view(text).substr(at, end - at));
  std::string hidden;
  audit::append_line(hidden, audit::ExportEvent{300, "", std::get<audit::ExportEvent>(*line).leaf});
  text.replace(at, end + 1 - at, hidden);
  ASSERT_EQ(verify(text, {"--key", vkey.c_str()}), 0) << world.err;
  EXPECT_NE(world.out.find("with their bodies and without 300\n"), std::string::npos) << world.out;
  ASSERT_EQ(verify(text, {"--key", vkey.c_str(), "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("without_bodies"), json::parse(R"([{"first":300,"last":300}])"));
  EXPECT_EQ(verify(text, {"--key", vkey.c_str(), "--bodies-from", "300"}), 1);
  EXPECT_NE(world.err.find("event 300 has no body"), std::string::npos) << world.err;
  EXPECT_EQ(verify(text, {"--key", vkey.c_str(), "--bodies-from", "301"}), 0) << world.err;
}

TEST_F(AuditTest, proves_a_token_that_was_just_issued) {
  const auto token = server.access_token(server.admin, server.issuer + "/v1");
  const auto jti = deputy::test::text_at(deputy::test::claims_of(token), "jti");
  const auto vkey = key();
  ASSERT_EQ(world.run({"audit", "proof", jti.c_str(), "--key", vkey.c_str()}), 0) << world.err;
  EXPECT_TRUE(world.out.starts_with("verified: event ")) << world.out;
  EXPECT_EQ(world.run({"audit", "proof", jti.c_str(), "--key", vkey.c_str(), "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("verified"), true);
  EXPECT_EQ(world.run({"audit", "proof", "zebra"}), 2);
  EXPECT_EQ(world.run({"audit", "proof", "jti_00000000000000000000000000"}), 1);
}

TEST_F(AuditTest, a40_a_proof_by_the_key_that_the_server_itself_names_is_none) {
  const auto event = deputy::test::text_at(server.events("token.issue").at(0).as_object(), "id");
  const auto vkey = key();
  EXPECT_EQ(world.run({"audit", "proof", event.c_str()}), 1);
  EXPECT_EQ(world.out, "");
  EXPECT_TRUE(world.err.starts_with("deputy: not verified: event ")) << world.err;
  EXPECT_NE(world.err.find("by the key that the server itself names, " + vkey), std::string::npos) << world.err;
  EXPECT_NE(world.err.find("with --key\n"), std::string::npos) << world.err;
  EXPECT_EQ(world.run({"audit", "proof", event.c_str(), "--output", "json"}), 1);
  EXPECT_EQ(json::parse(world.out).at("verified"), false);
  EXPECT_EQ(world.run({"audit", "proof", event.c_str(), "--key", vkey.c_str(), "--output", "json"}), 0);
  EXPECT_EQ(json::parse(world.out).at("verified"), true);
}

TEST_F(AuditTest, a40_the_proof_of_another_event_proves_nothing) {
  const auto vkey = key();
  const auto first = server.events("token.issue").at(0).as_object();
  const auto jti = deputy::test::text_at(first, "jti"), event = deputy::test::text_at(first, "id");
  const auto asked = [&](const std::string& id, const char* format = "table") {
    return world.run({"audit", "proof", id.c_str(), "--key", vkey.c_str(), "--output", format});
  };
  ASSERT_EQ(asked(event, "json"), 0) << world.err;
  const auto genuine = json::parse(world.out).as_object();
  ASSERT_EQ(asked(jti), 0) << world.err;
  EXPECT_NE(world.out.find(event), std::string::npos) << world.out;
  const auto other = deputy::test::text_at(server.events("token.issue").at(7).as_object(), "id");
  transport.lie = [&](const std::string&) { return json::serialize(genuine); };
  EXPECT_EQ(asked(other), 1);
  EXPECT_NE(world.err.find("of another event than the one asked for"), std::string::npos) << world.err;
  EXPECT_EQ(asked("jti" + other.substr(3)), 1);
  EXPECT_EQ(world.out, "");
  auto renamed = genuine;  // its own words are no proof
  renamed["event"] = other;
  transport.lie = [&](const std::string&) { return json::serialize(renamed); };
  EXPECT_EQ(asked(other), 1);
  EXPECT_EQ(asked("jti" + other.substr(3)), 1);
}

TEST_F(AuditTest, a40_a_leaf_without_its_event_is_only_what_the_server_says) {
  const auto event = deputy::test::text_at(server.events("token.issue").at(0).as_object(), "id");
  transport.lie = [](const std::string& body) {
    auto answer = json::parse(body).as_object();
    answer.erase("encoded_event");
    return json::serialize(answer);
  };
  const auto vkey = key();
  EXPECT_EQ(world.run({"audit", "proof", event.c_str(), "--key", vkey.c_str()}), 1);
  EXPECT_TRUE(world.err.starts_with("deputy: not verified: the server says that event ")) << world.err;
  EXPECT_EQ(world.run({"audit", "proof", event.c_str(), "--key", vkey.c_str(), "--output", "json"}), 1);
  EXPECT_EQ(json::parse(world.out).at("verified"), false);
}

TEST_F(AuditTest, shows_a_checkpoint_for_people_and_for_scripts) {
  ASSERT_EQ(world.run({"audit", "checkpoint"}), 0) << world.err;
  EXPECT_TRUE(world.out.starts_with("id.example/audit\n")) << world.out;
  ASSERT_EQ(world.run({"audit", "checkpoint", "--output", "json"}), 0) << world.err;
  EXPECT_EQ(json::parse(world.out).at("origin"), "id.example/audit");
  EXPECT_EQ(world.run({"audit", "checkpoint", "--cosigned"}), 1);
  EXPECT_EQ(world.run({"audit", "checkpoint", "--size", "x"}), 2);
}

}  // namespace
}  // namespace deputy::cli::test
