// Signed notes, verifier keys, cosignatures and checkpoints, as C2SP writes them.
#include "audit/note.h"

#include <gtest/gtest.h>

#include "audit/checkpoint.h"
#include "base/encoding.h"

using namespace deputy;
using namespace deputy::audit;

namespace {

// The example of signed notes' first implementation.
constexpr std::string_view vkey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view example =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    "\n";

struct Signer {
  crypto::PrivateKey key = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  NoteKey own;
  explicit Signer(std::string name, NoteKey::Type type = NoteKey::Type::signer)
      : own(note_key(std::move(name), type, key.public_key())) {}
  std::string line(std::string_view text) const {
    return signature_line({own.name, own.id + key.sign(crypto::Algorithm::EdDSA, text)});
  }
  std::string cosign(std::string_view text, std::int64_t time) const {
    std::string bytes(8, '\0');
    for (int i = 0; i < 8; ++i) bytes[static_cast<std::size_t>(7 - i)] = static_cast<char>(time >> 8 * i & 255);
    return signature_line(
        {own.name, own.id + bytes + key.sign(crypto::Algorithm::EdDSA, cosigned_message(time, text))});
  }
};

const Checkpoint checkpoint{.origin = "id.example/audit", .size = 42, .root = leaf_hash("x")};

}  // namespace

TEST(Note, another_implementations_example_verifies) {
  const auto key = parse_vkey(vkey);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(vkey_of(*key), vkey);
  const auto note = parse_note(example);
  ASSERT_TRUE(note) << note.error().detail;
  EXPECT_TRUE(signature_by(*key, *note));
  auto altered = *note;
  altered.text[0] = 'i';
  EXPECT_FALSE(signature_by(*key, altered));
}

TEST(Note, a_key_is_not_taken_under_another_name_type_or_id) {
  const Signer signer("id.example/audit");
  const auto text = vkey_of(signer.own);
  ASSERT_TRUE(parse_vkey(text));
  EXPECT_FALSE(parse_vkey("id.example/other" + text.substr(text.find('+'))));
  auto id = text;
  id[text.find('+') + 1] = id[text.find('+') + 1] == '0' ? '1' : '0';
  EXPECT_FALSE(parse_vkey(id));
  for (const auto* bad :
       {"", "+", "a+b", "a+00000000+", "a b+00000000+AAAA", "a+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVk"})
    EXPECT_FALSE(parse_vkey(bad)) << bad;
}

TEST(Note, signatures_by_others_say_nothing) {
  const Signer log("id.example/audit"), other("id.example/audit"), witness("w.example", NoteKey::Type::cosigner);
  const auto text = text_of(checkpoint);
  const auto note = parse_note(text + "\n" + other.line(text) + log.line(text) + witness.cosign(text, 1'800'000'000));
  ASSERT_TRUE(note);
  EXPECT_EQ(note->signatures.size(), 3u);
  EXPECT_TRUE(signature_by(log.own, *note));
  EXPECT_TRUE(signature_by(witness.own, *note));
  EXPECT_FALSE(signature_by(Signer("id.example/audit").own, *note));
}

TEST(Note, a_cosignature_is_of_its_time_and_text) {
  const Signer witness("w.example", NoteKey::Type::cosigner);
  const auto text = text_of(checkpoint);
  auto signature = *parse_signature_line(witness.cosign(text, 1'800'000'000));
  EXPECT_TRUE(verify(witness.own, signature, text));
  EXPECT_FALSE(verify(witness.own, signature, text + "more\n"));
  signature.bytes[11] ^= 1;  // the last byte of its time
  EXPECT_FALSE(verify(witness.own, signature, text));
  // The log's plain signature by the same key is none of a witness.
  EXPECT_FALSE(verify(witness.own, *parse_signature_line(witness.line(text)), text));
}

TEST(Note, a40_no_text_makes_a_line_of_its_own) {
  const Signer signer("id.example/audit");
  const auto text = text_of(checkpoint);
  for (const auto& bad : {std::string("no note\n"), text + "\n", text + signer.line(text), "\n\n" + signer.line(text),
                          text + "\x01\n\n" + signer.line(text), text + "\r\n\n" + signer.line(text),
                          text + "\n" + signer.line(text) + "more", text + "\n" + signer.line(text) + "\n",
                          text + "\n" + signer.line(text).substr(1)})
    EXPECT_FALSE(open_checkpoint(bad)) << bad;
  EXPECT_FALSE(parse_signature_line(signer.line(text) + signer.line(text)));
  EXPECT_FALSE(is_key_name("two words"));
  EXPECT_FALSE(is_key_name("a+b"));
  EXPECT_FALSE(is_key_name("a\nb"));
  EXPECT_FALSE(is_key_name(""));
}

TEST(Checkpoint, is_three_lines_and_whatever_was_signed_after_them) {
  const auto text = text_of(checkpoint);
  EXPECT_EQ(text, "id.example/audit\n42\n" + base64(as_text(checkpoint.root)) + "\n");
  EXPECT_EQ(*parse_checkpoint(text), checkpoint);
  EXPECT_EQ(*parse_checkpoint(text + "extension\n"), checkpoint);
  const auto root = text_of(checkpoint.root);
  for (const auto& bad : {std::string(), std::string("a\n1\n"), "a\n01\n" + root + "\n", "a\n-1\n" + root + "\n",
                          "a\n+1\n" + root + "\n", "a\n18446744073709551616\n" + root + "\n", "a b\n1\n" + root + "\n",
                          "a\n1\n" + root, "a\n1\n" + root.substr(4) + "\n", "a\n1\n" + root + "\n\n"})
    EXPECT_FALSE(parse_checkpoint(bad)) << bad;
}

TEST(Checkpoint, opens_only_with_the_key_of_its_own_log) {
  const Signer log("id.example/audit"), other("other.example/audit");
  const auto text = text_of(checkpoint);
  EXPECT_TRUE(open_checkpoint(text + "\n" + log.line(text), std::span(&log.own, 1)));
  EXPECT_FALSE(open_checkpoint(text + "\n" + other.line(text), std::span(&log.own, 1)));
  // Another origin than the key's name.
  EXPECT_FALSE(open_checkpoint(text + "\n" + other.line(text), std::span(&other.own, 1)));
}
