// Signed notes (C2SP signed-note): a text and the lines of those who sign it; verifier keys; cosignatures.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"
#include "crypto/key.h"

namespace deputy::audit {

struct NoteSignature {
  std::string name;
  std::string bytes;  // the key's id, four bytes, and what its type says
};
struct Note {
  std::string text;  // ends with a line end; what is signed
  std::vector<NoteSignature> signatures;
};
inline constexpr std::size_t note_bytes_max = 16 * 1024;

Result<Note, Fault> parse_note(std::string_view encoded);
// "— NAME BASE64\n"; and a line alone, with or without its line end.
std::string signature_line(const NoteSignature& signature);
Result<NoteSignature, Fault> parse_signature_line(std::string_view line);

// A key that verifies notes, as text "NAME+ID+BASE64" (a vkey).
struct NoteKey {
  enum class Type : std::uint8_t { signer = 1, cosigner = 4 };  // Ed25519; cosignature/v1 (C2SP tlog-cosignature)
  std::string name;
  Type type;
  std::string id;  // four bytes
  crypto::PublicKey key;
};
// A key's name: not empty, no space, no '+', nothing that does not print.
bool is_key_name(std::string_view name);
NoteKey note_key(std::string name, NoteKey::Type type, crypto::PublicKey key);  // an Ed25519 key
std::string vkey_of(const NoteKey& key);
Result<NoteKey, Fault> parse_vkey(std::string_view text);

// What a cosigner signs: the text with the time in front of it.
std::string cosigned_message(std::int64_t unix_seconds, std::string_view text);
// The note's signature by a key, if it verifies. Signatures by others say nothing either way.
std::optional<NoteSignature> signature_by(const NoteKey& key, const Note& note);
bool verify(const NoteKey& key, const NoteSignature& signature, std::string_view text);

}  // namespace deputy::audit
