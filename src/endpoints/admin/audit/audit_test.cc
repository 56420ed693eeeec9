// /v1/audit from outside: what it answers verifies by the log's key alone, and it shows no one's events but one's own.
#include <gtest/gtest.h>

#include "audit/event.h"
#include "audit/verify.h"
#include "base/encoding.h"
#include "tests/kit/administration.h"

using namespace deputy;
using namespace deputy::test;

namespace {

struct Audit : testing::Test, Administration {
  void seal() { ASSERT_TRUE(app().audit_log.seal_all()); }
  // So many events of a tenant, straight in the store.
  void record(int count, std::string_view tenant = "default", const std::string& reason = "") {
    store::Writes writes;
    for (int i = 0; i < count; ++i) {
      audit::Event event;
      event.id = "evt_" + std::to_string(1000 + i);
      event.at = clock.now();
      event.tenant = tenant;
      event.action = "test.event";
      event.reason = reason;
      writes.push_back(store::Append{std::move(event)});
    }
    ASSERT_TRUE(store->commit_now(std::move(writes)));
  }
  http::Response get(std::string path) { return call(admin_token(), "GET", "/v1/audit/" + path); }
  std::string jti_of_a_token() {
    return text_at(claims_of(admin_token()), "jti");
  }
  audit::NoteKey key() {
    const auto text = get("key").body;
    const auto parsed = audit::parse_vkey(std::string_view(text).substr(0, text.size() - 1));
    EXPECT_TRUE(parsed);
    return *parsed;
  }
  static audit::Path path_of(const json::object& body) {
    audit::Path path;
    for (const auto& node : body.at("path").as_array()) path.push_back(*audit::hash_in(node.as_string()));
    return path;
  }
  static audit::Hash hash_of(const json::object& body, std::string_view name) {
    return *audit::hash_in(text_at(body, name));
  }
  // The export, page by page as a client asks for it.
  std::string exported(std::string query = "") {
    const auto size = audit::open_checkpoint(get("checkpoint").body)->checkpoint.size;
    auto text = get("export?limit=256" + query).body;
    for (std::uint64_t after = 256; after < size; after += 256)
      text += get("export?limit=256&after=" + std::to_string(after) + "&size=" + std::to_string(size)).body;
    return text;
  }
  static std::uint64_t events_in(const std::string& text) {
    std::uint64_t events = 0;
    for (auto at = text.find("{\"seq\":"); at != std::string::npos; at = text.find("{\"seq\":", at + 1)) ++events;
    return events;
  }
  static std::optional<audit::Finding> verify(const std::string& text, audit::Verifier& verifier) {
    for (std::size_t from = 0; from < text.size();) {
      const auto end = text.find('\n', from);
      if (auto finding = verifier.line(text.substr(from, end - from))) return finding;
      from = end + 1;
    }
    return verifier.end();
  }
};

struct Witness {
  crypto::PrivateKey private_key = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  audit::NoteKey key = audit::note_key("w.example", audit::NoteKey::Type::cosigner, private_key.public_key());
  std::string sign(std::string_view note) const {
    const auto text = audit::parse_note(note)->text;
    return audit::signature_line(
        {key.name, key.id + std::string("\0\0\0\0\x6b\x49\xd2\x00", 8) +
                       private_key.sign(crypto::Algorithm::EdDSA, audit::cosigned_message(0x6b49d200, text))});
  }
};

}  // namespace

TEST_F(Audit, signs_a_checkpoint_of_all_there_is) {
  EXPECT_EQ(problem_of(get("checkpoint")), "404 not_found");
  seal();
  const auto events = *store->last_event();
  const auto response = get("checkpoint");
  ASSERT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
  const auto log_key = key();
  EXPECT_EQ(log_key.name, "id.example/audit");
  const auto opened = audit::open_checkpoint(response.body, std::span(&log_key, 1));
  ASSERT_TRUE(opened) << opened.error().detail;
  EXPECT_EQ(opened->checkpoint.size, events);
  EXPECT_EQ(opened->checkpoint.root, audit::root_of(*store->log().leaves(0, events)));
}

TEST_F(Audit, keeps_its_key_and_goes_on_after_a_restart) {
  const auto before = audit::vkey_of(key());
  seal();
  restart();
  record(3);
  seal();
  EXPECT_EQ(audit::vkey_of(key()), before);
  const auto log_key = key();
  const auto opened = audit::open_checkpoint(get("checkpoint").body, std::span(&log_key, 1));
  ASSERT_TRUE(opened);
  const auto size = opened->checkpoint.size;
  EXPECT_EQ(opened->checkpoint.root, audit::root_of(*store->log().leaves(0, size)));
}

TEST_F(Audit, changes_its_key_and_tells_every_export_how) {
  seal();
  const auto before = key();
  const auto rotate = [&] { return call(admin_token(), "POST", "/v1/audit/key/rotate"); };
  const auto made = rotate();
  ASSERT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(text_at(body_of(made), "key"), audit::vkey_of(key()));
  EXPECT_NE(audit::vkey_of(before), audit::vkey_of(key()));
  EXPECT_EQ(problem_of(rotate()), "409 wrong_state") << "the old key has not signed for the new one yet";
  seal();
  restart();
  record(3);
  seal();
  audit::Verifier verifier({.keys = {before}});
  const auto finding = verify(exported(), verifier);
  EXPECT_FALSE(finding) << finding->sentence;
  ASSERT_EQ(verifier.keys().size(), 2u);
  EXPECT_EQ(audit::vkey_of(verifier.keys()[1]), audit::vkey_of(key()));
  EXPECT_EQ(rotate().status, 201);
}

TEST_F(Audit, signs_nothing_anew_where_nothing_happened) {
  seal();
  const auto before = *store->log().latest_checkpoint(store::Log::Which::any);
  seal();
  EXPECT_EQ(*store->log().latest_checkpoint(store::Log::Which::any), before);
}

TEST_F(Audit, proves_the_issue_of_a_token_by_its_jti) {
  const auto jti = jti_of_a_token();
  seal();
  const auto answer = body_of(get("inclusion?jti=" + jti));
  const auto log_key = key();
  const auto opened = audit::open_checkpoint(text_at(answer, "checkpoint"), std::span(&log_key, 1));
  ASSERT_TRUE(opened);
  const auto index = static_cast<std::uint64_t>(answer.at("index").as_int64());
  EXPECT_EQ(audit::leaf_hash(text_at(answer, "encoded_event")), hash_of(answer, "leaf"));
  EXPECT_TRUE(audit::verify_inclusion(hash_of(answer, "leaf"), index, opened->checkpoint.size, path_of(answer),
                                      opened->checkpoint.root));
  EXPECT_NE(text_at(answer, "encoded_event").find(jti), std::string::npos);
  const auto by_event = body_of(get("inclusion?event=" + text_at(answer, "event")));
  EXPECT_EQ(by_event.at("index"), answer.at("index"));
}

TEST_F(Audit, an_event_not_sealed_yet_is_told_to_wait_for) {
  seal();
  const auto jti = jti_of_a_token();
  EXPECT_EQ(problem_of(get("inclusion?jti=" + jti)), "409 wrong_state");
  seal();
  EXPECT_EQ(get("inclusion?jti=" + jti).status, 200);
  EXPECT_EQ(problem_of(get("inclusion?size=1&jti=" + jti)), "409 wrong_state");
}

TEST_F(Audit, proves_that_one_size_continues_another) {
  record(600);
  seal();
  const auto answer = body_of(get("consistency?from=100&to=600"));
  EXPECT_TRUE(audit::verify_consistency(100, 600, path_of(answer), hash_of(answer, "from_root"),
                                        hash_of(answer, "to_root")));
  EXPECT_EQ(hash_of(answer, "from_root"), audit::root_of(*store->log().leaves(0, 100)));
  EXPECT_EQ(body_of(get("consistency?from=100")).at("to").as_int64(), 
            static_cast<std::int64_t>(store->log().state()->size));
  for (const auto* bad : {"", "from=0", "from=2&to=1", "from=1&to=99999", "from=-1", "from=x", "from=01", "zebra=1"})
    EXPECT_EQ(problem_of(get(std::string("consistency?") + bad)), "400 invalid_request") << bad;
}

TEST_F(Audit, refuses_questions_it_cannot_answer) {
  seal();
  const auto evt = "evt_" + jti_of_a_token().substr(4), jti = jti_of_a_token();
  for (const auto& bad : {std::string("inclusion"), "inclusion?event=" + evt + "&jti=" + jti,
                          "inclusion?jti=" + jti + "&size=99999", "inclusion?jti=" + jti + "&size=0",
                          std::string("export?after=1"), std::string("export?limit=0"),
                          std::string("export?limit=1025"),
                          std::string("export?after=99999840"), std::string("checkpoint?size=x"),
                          std::string("checkpoint?cosigned=yes")})
    EXPECT_EQ(problem_of(get(bad)), "400 invalid_request") << bad;
  EXPECT_EQ(problem_of(get("inclusion?event=" + jti)), "404 not_found");
  EXPECT_EQ(problem_of(get("inclusion?jti=jti_" + std::string(26, '0'))), "404 not_found");
  EXPECT_EQ(problem_of(get("checkpoint?size=77")), "404 not_found");
}

TEST_F(Audit, asks_for_the_scope_and_the_whole_tenant) {
  seal();
  const auto reader = token_of(admin, "agents:read");
  for (const auto* path : {"checkpoint", "key", "inclusion", "consistency", "export"})
    EXPECT_EQ(problem_of(call(reader, "GET", std::string("/v1/audit/") + path)), "403 insufficient_scope") << path;
  EXPECT_EQ(problem_of(call(reader, "POST", "/v1/audit/cosignatures", json::object{{"size", 1}})),
            "403 insufficient_scope");
  EXPECT_EQ(ask("GET", "/v1/audit/checkpoint").status, 401);
}

TEST_F(Audit, exports_what_verifies_with_its_key_alone) {
  record(700);
  seal();
  const auto log_key = key();
  audit::Verifier verifier({.keys = {log_key}});
  const auto text = exported();
  const auto finding = verify(text, verifier);
  EXPECT_FALSE(finding) << finding->sentence;
  EXPECT_GE(verifier.read(), 700u);
  EXPECT_EQ(verifier.bodies(), verifier.read());
}

TEST_F(Audit, a38_shows_of_another_tenants_events_nothing_but_their_hashes) {
  record(10, "acme");
  record(10);
  seal();
  const auto text = exported();
  EXPECT_EQ(text.find("acme"), std::string::npos);
  const auto log_key = key();
  audit::Verifier verifier({.keys = {log_key}});
  EXPECT_FALSE(verify(text, verifier));
  EXPECT_EQ(verifier.bodies() + 10, verifier.read());
}

TEST_F(Audit, takes_a_cosignature_of_a_witness_it_knows) {
  const Witness witness, stranger;
  set([&](auto& live) { live.audit_witnesses = {witness.key}; });
  seal();
  const auto note = get("checkpoint").body;
  const auto size = static_cast<std::int64_t>(audit::open_checkpoint(note)->checkpoint.size);
  EXPECT_EQ(problem_of(get("checkpoint?cosigned=true")), "404 not_found");
  const auto post = [&](std::int64_t of, std::string line) {
    return call(admin_token(), "POST", "/v1/audit/cosignatures", json::object{{"size", of}, {"cosignature", line}});
  };
  EXPECT_EQ(problem_of(post(size, stranger.sign(note))), "400 invalid_field");
  EXPECT_EQ(problem_of(post(size, "zebra")), "400 invalid_field");
  EXPECT_EQ(problem_of(post(-1, witness.sign(note))), "400 invalid_field");
  EXPECT_EQ(problem_of(post(size + 1000, witness.sign(note))), "404 not_found");
  ASSERT_EQ(post(size, witness.sign(note)).status, 200);
  const auto cosigned = get("checkpoint?cosigned=true").body;
  EXPECT_EQ(cosigned, note + witness.sign(note));
  EXPECT_TRUE(audit::signature_by(witness.key, *audit::parse_note(cosigned)));
  // Again: no second line, and no second event.
  const auto events = this->events("audit.cosign").size();
  ASSERT_EQ(post(size, witness.sign(note)).status, 200);
  EXPECT_EQ(get("checkpoint?cosigned=true").body, cosigned);
  EXPECT_EQ(this->events("audit.cosign").size(), events);
  seal();
  const auto log_key = key();
  audit::Verifier verifier({.keys = {log_key}, .witnesses = {witness.key}});
  EXPECT_FALSE(verify(get("export?cosigned=true").body, verifier));
}

TEST_F(Audit, an_export_up_to_an_earlier_checkpoint_has_no_handover_of_a_later_one) {
  const Witness witness;
  set([&](auto& live) { live.audit_witnesses = {witness.key}; });
  seal();
  const auto before = key();
  const auto note = get("checkpoint").body;
  const auto size = static_cast<std::int64_t>(audit::open_checkpoint(note)->checkpoint.size);
  ASSERT_EQ(call(admin_token(), "POST", "/v1/audit/cosignatures",
                 json::object{{"size", size}, {"cosignature", witness.sign(note)}}).status, 200);
  ASSERT_EQ(call(admin_token(), "POST", "/v1/audit/key/rotate").status, 201);
  seal();
  audit::Verifier later({.keys = {before}});
  EXPECT_FALSE(verify(get("export").body, later));
  EXPECT_EQ(later.keys().size(), 2u);
  audit::Verifier earlier({.keys = {before}, .witnesses = {witness.key}});
  const auto finding = verify(get("export?cosigned=true").body, earlier);
  EXPECT_FALSE(finding) << finding->sentence;
  EXPECT_EQ(earlier.keys().size(), 1u);
}

TEST_F(Audit, large_events_end_a_page_sooner_and_the_export_is_whole) {
  record(500, "default", std::string(30'000, 'x'));
  record(600);
  seal();
  const auto size = audit::open_checkpoint(get("checkpoint").body)->checkpoint.size;
  auto text = get("export").body;
  EXPECT_EQ(events_in(text), 256u) << "a segment of such is more than a page has";
  for (auto read = events_in(text), before = std::uint64_t{0}; read < size && read != before;) {
    text += get("export?after=" + std::to_string(read) + "&size=" + std::to_string(size)).body;
    before = std::exchange(read, events_in(text));
  }
  const auto log_key = key();
  audit::Verifier verifier({.keys = {log_key}});
  const auto finding = verify(text, verifier);
  EXPECT_FALSE(finding) << finding->sentence;
  EXPECT_EQ(verifier.read(), size);
}

TEST_F(Audit, drops_old_bodies_and_keeps_their_proofs) {
  const auto jti = jti_of_a_token();
  record(600);
  seal();
  clock.advance(Seconds(86'400));
  record(300);
  seal();
  auto& log = app().audit_log;
  const auto before = clock.now() - Seconds(3600);
  ASSERT_TRUE(*log.retain(before));
  ASSERT_TRUE(*log.retain(before));
  EXPECT_FALSE(*log.retain(before));  // the third segment holds events of today
  EXPECT_EQ(store->log().state()->bodies_from, 513u);
  seal();
  const auto recorded = events("event.retain");
  ASSERT_EQ(recorded.size(), 2u);
  EXPECT_EQ(json::serialize(recorded[0].at("changes")),
            R"({"before":{"bodies_from":1},"after":{"bodies_from":257}})");
  const auto answer = body_of(get("inclusion?jti=" + jti));
  EXPECT_FALSE(answer.contains("encoded_event"));
  EXPECT_EQ(problem_of(call(admin_token(), "GET", "/v1/events/" + text_at(answer, "event"))), "404 not_found");
  const auto log_key = key();
  audit::Verifier verifier({.keys = {log_key}});
  const auto finding = verify(exported(), verifier);
  EXPECT_FALSE(finding) << finding->sentence;
  EXPECT_EQ(verifier.bodies() + 512, verifier.read());
}
