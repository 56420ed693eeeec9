// Reading is strict: every note, line and key has one text, so that two that differ are two.
#include "audit/note.h"

#include "base/encoding.h"
#include "crypto/hash.h"

namespace deputy::audit {
namespace {

constexpr std::string_view dash = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::size_t id_bytes = 4, time_bytes = 8, signature_bytes = 64, key_bytes = 32;
constexpr std::size_t signatures_max = 64;

Fail<Fault> malformed(const char* what) { return Fail{Fault{Fault::Kind::invalid, what}}; }

// No control characters: a line end in one place must not make a line of another (A40).
bool prints(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return is_utf8(text);
}

std::string raw_key(const crypto::PublicKey& key) { return base64url_decode(key.parts().x).value_or(""); }

std::string id_of(std::string_view name, NoteKey::Type type, std::string_view key) {
  const char kind[] = {'\n', static_cast<char>(type)};
  const auto digest = crypto::sha256({name, std::string_view(kind, sizeof kind), key});
  return std::string(as_text(digest).substr(0, id_bytes));
}

std::int64_t time_of(std::string_view bytes) {
  std::uint64_t time = 0;
  for (const char c : bytes) time = time << 8 | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(time);
}

}  // namespace

bool is_key_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 && prints(name) && name.find_first_of(" +") == std::string_view::npos;
}

std::string signature_line(const NoteSignature& signature) {
  return std::string(dash).append(signature.name).append(" ").append(base64(signature.bytes)).append("\n");
}

Result<NoteSignature, Fault> parse_signature_line(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (!line.starts_with(dash)) return malformed("a signature line begins with an em dash and a space");
  line.remove_prefix(dash.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos || !is_key_name(line.substr(0, space)))
    return malformed("a signature line holds the key's name and the signature, with a space between them");
  auto bytes = base64_decode(line.substr(space + 1));
  if (!bytes || bytes->size() <= id_bytes) return malformed("a signature is base64 of a key id and what follows it");
  return NoteSignature{std::string(line.substr(0, space)), *std::move(bytes)};
}

Result<Note, Fault> parse_note(std::string_view encoded) {
  if (encoded.size() > note_bytes_max) return malformed("the note is too long");
  const auto end = encoded.rfind("\n\n");
  if (end == std::string_view::npos || !encoded.ends_with('\n')) return malformed("it is no signed note");
  Note note{std::string(encoded.substr(0, end + 1)), {}};
  for (const char c : note.text)
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7f) return malformed("it is no signed note");
  if (!is_utf8(note.text)) return malformed("it is no signed note");
  for (auto rest = encoded.substr(end + 2); !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n') + 1);
    TRY(auto signature, parse_signature_line(line));
    if (note.signatures.size() == signatures_max) return malformed("the note has too many signatures");
    note.signatures.push_back(std::move(signature));
    rest.remove_prefix(line.size());
  }
  if (note.signatures.empty()) return malformed("the note has no signature");
  return note;
}

NoteKey note_key(std::string name, NoteKey::Type type, crypto::PublicKey key) {
  CHECK(key.algorithm() == crypto::Algorithm::EdDSA && is_key_name(name));
  auto id = id_of(name, type, raw_key(key));
  return {std::move(name), type, std::move(id), std::move(key)};
}

std::string vkey_of(const NoteKey& key) {
  const char type = static_cast<char>(key.type);
  return key.name + "+" + hex(key.id) + "+" + base64(std::string(1, type) + raw_key(key.key));
}

Result<NoteKey, Fault> parse_vkey(std::string_view text) {
  const auto name_end = text.find('+');
  const auto id_end = name_end == std::string_view::npos ? name_end : text.find('+', name_end + 1);
  if (id_end == std::string_view::npos) return malformed("a verifier key is NAME+ID+KEY");
  const auto name = text.substr(0, name_end), id = text.substr(name_end + 1, id_end - name_end - 1);
  const auto bytes = base64_decode(text.substr(id_end + 1));
  if (!is_key_name(name) || !bytes || bytes->size() != 1 + key_bytes)
    return malformed("a verifier key is NAME+ID+KEY");
  const auto type = static_cast<NoteKey::Type>(bytes->front());
  if (type != NoteKey::Type::signer && type != NoteKey::Type::cosigner)
    return malformed("a verifier key is of type 1 (Ed25519) or 4 (cosignature/v1)");
  TRY(auto key, crypto::PublicKey::from_parts({.kty = "OKP", .crv = "Ed25519", .x = base64url(bytes->substr(1)),
                                               .y = {}, .n = {}, .e = {}}));
  auto made = note_key(std::string(name), type, std::move(key));
  if (hex(made.id) != id) return malformed("the verifier key's id is not that of its name and key");
  return made;
}

std::string cosigned_message(std::int64_t unix_seconds, std::string_view text) {
  return std::string("cosignature/v1\ntime ").append(std::to_string(unix_seconds)).append("\n").append(text);
}

bool verify(const NoteKey& key, const NoteSignature& signature, std::string_view text) {
  const std::string_view bytes = signature.bytes;
  if (signature.name != key.name || !bytes.starts_with(key.id)) return false;
  const auto rest = bytes.substr(id_bytes);
  if (key.type == NoteKey::Type::signer)
    return rest.size() == signature_bytes && key.key.verify(crypto::Algorithm::EdDSA, text, rest);
  if (rest.size() != time_bytes + signature_bytes) return false;
  return key.key.verify(crypto::Algorithm::EdDSA, cosigned_message(time_of(rest.substr(0, time_bytes)), text),
                        rest.substr(time_bytes));
}

std::optional<NoteSignature> signature_by(const NoteKey& key, const Note& note) {
  for (const auto& signature : note.signatures)
    if (verify(key, signature, note.text)) return signature;
  return std::nullopt;
}

}  // namespace deputy::audit
