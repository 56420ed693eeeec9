// A40 where the log's key has changed: who knows the first is led to the last, and to no log that was rewritten before.
#include <gtest/gtest.h>

#include "audit/export_fixture_test.h"

using namespace deputy;
using namespace deputy::audit;
using namespace deputy::audit::test;

namespace {

// A log whose key changed: the head of an export tells how.
struct Rotated {
  Log log{300};
  crypto::PrivateKey new_private = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  NoteKey next = note_key("id.example/audit", NoteKey::Type::signer, new_private.public_key());

  std::string line_by(const crypto::PrivateKey& by, const NoteKey& key, const std::string& text) const {
    return signature_line({key.name, key.id + by.sign(crypto::Algorithm::EdDSA, text)});
  }
  std::string handover(bool by_old = true, bool by_new = true) const {
    const auto text = handover_text(log.at(200), next);
    return text + "\n" + (by_old ? line_by(log.private_key, log.key, text) : "") +
           (by_new ? line_by(new_private, next, text) : "");
  }
  // Its checkpoint is signed by the new key alone.
  Lines exported(std::vector<std::string> handovers) const { return exported(std::move(handovers), log); }
  // Another log, signed for by whoever has the new key.
  Lines exported(std::vector<std::string> handovers, const Log& shown, std::uint64_t after = 0) const {
    auto lines = audit::test::exported(shown, after);
    const auto text = text_of(shown.at(shown.leaves.size()));
    std::string head;
    append_line(head, ExportHead{"id.example/audit", after, text + "\n" + line_by(new_private, next, text),
                                 std::move(handovers)});
    lines[0] = head.substr(0, head.size() - 1);
    return lines;
  }
};

}  // namespace

TEST(Handover, leads_from_a_key_that_is_known_to_the_next) {
  const Rotated rotated;
  Verifier verifier({});
  EXPECT_FALSE(verify(rotated.exported({rotated.handover()}), {.keys = {rotated.log.key}}, &verifier));
  ASSERT_EQ(verifier.keys().size(), 2u);
  EXPECT_EQ(vkey_of(verifier.keys()[1]), vkey_of(rotated.next));
  EXPECT_FALSE(verify(rotated.exported({}), {.keys = {rotated.log.key, rotated.next}})) << "who knows both needs none";
  EXPECT_FALSE(verify(rotated.exported({rotated.handover()}), {.keys = {rotated.next}}, &verifier));
  EXPECT_EQ(verifier.keys().size(), 1u) << "nothing new to who knows the last";
}

TEST(Handover, a40_that_one_of_the_two_did_not_sign_leads_nowhere) {
  const Rotated rotated;
  const Known known{.keys = {rotated.log.key}};
  expect(verify(rotated.exported({}), known), Kind::signature, 0);
  expect(verify(rotated.exported({rotated.handover(false, true)}), known), Kind::signature, 0);
  expect(verify(rotated.exported({rotated.handover(true, false)}), known), Kind::signature, 0);
  auto renamed = rotated.handover();
  renamed.replace(renamed.find("next-key "), 9, "last-key ");
  expect(verify(rotated.exported({renamed}), known), Kind::signature, 0);
  const Rotated other;
  expect(verify(rotated.exported({other.handover()}), known), Kind::signature, 0);
}

TEST(Handover, a40_who_has_the_newer_key_alone_cannot_rewrite_what_came_before_it) {
  const Rotated rotated;
  const auto handover = rotated.handover();  // the true one: for 200 events
  for (const auto& keys : {std::vector{rotated.log.key}, std::vector{rotated.next},
                           std::vector{rotated.log.key, rotated.next}}) {
    const Known known{.keys = keys};
    expect(verify(rotated.exported({handover}, Log(300, "another story")), known), Kind::split_view, 200);
    expect(verify(rotated.exported({handover}, Log(200, "another story")), known), Kind::split_view, 200);
    expect(verify(rotated.exported({handover}, Log(150)), known), Kind::truncated, 151);
    EXPECT_FALSE(verify(rotated.exported({handover}, Log(200)), known)) << "it goes no further yet";
  }
}

TEST(Handover, a40_that_is_left_out_is_missed_by_who_knows_both_keys) {
  const Rotated rotated;
  const auto is_shown = [&](const Lines& lines, std::vector<NoteKey> keys) {
    Verifier verifier({});
    EXPECT_FALSE(verify(lines, {.keys = std::move(keys)}, &verifier));
    return verifier.handover_shown();
  };
  const std::vector both{rotated.log.key, rotated.next};
  const Log other(300, "another story");
  EXPECT_FALSE(is_shown(rotated.exported({}, other), both));
  EXPECT_FALSE(is_shown(rotated.exported({}, other), {rotated.next, rotated.log.key}));
  EXPECT_TRUE(is_shown(rotated.exported({rotated.handover()}), both));
  EXPECT_TRUE(is_shown(rotated.exported({}), {rotated.next, rotated.next})) << "of one there is nothing to miss";
  // Nor is one that the newer key made for itself, be it by a third.
  const Rotated third;
  const auto made = [&](const crypto::PrivateKey& by, const NoteKey& key, const crypto::PrivateKey& to,
                        const NoteKey& next) {
    const auto text = handover_text(other.at(200), next);
    return text + "\n" + rotated.line_by(by, key, text) + rotated.line_by(to, next, text);
  };
  const auto there = made(rotated.new_private, rotated.next, third.new_private, third.next);
  const auto back = made(third.new_private, third.next, rotated.new_private, rotated.next);
  EXPECT_FALSE(is_shown(rotated.exported({there, back}, other), both));
  // Each leads there by itself: whoever has two newer keys of three could hand the log from the one to the other.
  EXPECT_FALSE(is_shown(rotated.exported({back}, other), {rotated.log.key, third.next, rotated.next}));
}

TEST(Handover, a40_is_held_as_an_earlier_checkpoint_is_and_beside_it) {
  const Rotated rotated;
  const Log longer(600), other(600, "another story");
  const auto handover = rotated.handover();
  Known known{.keys = {rotated.log.key}};
  for (const std::uint64_t size : {100u, 200u, 250u, 256u, 257u, 600u}) {
    known.since = longer.at(size);
    EXPECT_FALSE(verify(rotated.exported({handover}, longer), known)) << size;
    known.since = other.at(size);
    expect(verify(rotated.exported({handover}, longer), known), Kind::split_view, size);
  }
  // Of an export that begins later there is the length alone to hold it against.
  known.since.reset();
  known.after = 256;
  EXPECT_FALSE(verify(rotated.exported({handover}, other, 256), known));
  const auto text = handover_text(longer.at(600), rotated.next);
  const auto later = text + "\n" + rotated.line_by(rotated.log.private_key, rotated.log.key, text) +
                     rotated.line_by(rotated.new_private, rotated.next, text);
  expect(verify(rotated.exported({later}, Log(300), 256), known), Kind::truncated, 301);
}
