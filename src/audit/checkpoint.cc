// Writing and reading a checkpoint's three lines.
#include "audit/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/encoding.h"

namespace deputy::audit {
namespace {

constexpr std::string_view next_key_begins = "next-key ";

Fail<Fault> invalid(const char* why) { return Fail{Fault{Fault::Kind::invalid, why}}; }

// The text up to the next line end, which it takes away; none if there is no line end.
std::optional<std::string_view> next_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::optional<std::uint64_t> size_in(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  // SQLite's integers are signed, and no log is this long.
  return size > INT64_MAX ? std::nullopt : std::optional(size);
}

std::string text_of(const Hash& hash) { return base64(as_text(hash)); }

std::optional<Hash> hash_in(std::string_view text) {
  const auto bytes = base64_decode(text);
  Hash hash;
  if (!bytes || bytes->size() != hash.size()) return std::nullopt;
  std::memcpy(hash.data(), bytes->data(), hash.size());
  return hash;
}

std::string text_of(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + text_of(checkpoint.root) + "\n";
}

Result<Checkpoint, Fault> parse_checkpoint(std::string_view text) {
  const auto origin = next_line(text), size_line = next_line(text), root_line = next_line(text);
  if (!root_line || !is_key_name(*origin)) return invalid("the note is no checkpoint");
  const auto size = size_in(*size_line);
  const auto root = hash_in(*root_line);
  if (!size || !root) return invalid("the note is no checkpoint");
  while (!text.empty()) {
    const auto extension = next_line(text);
    if (!extension || extension->empty()) return invalid("the note is no checkpoint");
  }
  return Checkpoint{std::string(*origin), *size, *root};
}

Result<SignedCheckpoint, Fault> open_checkpoint(std::string_view encoded, std::span<const NoteKey> keys) {
  TRY(auto note, parse_note(encoded));
  TRY(auto checkpoint, parse_checkpoint(note.text));
  const auto of_log = [&](const NoteKey& key) { return key.name == checkpoint.origin; };
  const auto signed_by = [&](const NoteKey& key) { return of_log(key) && signature_by(key, note).has_value(); };
  if (!keys.empty() && std::none_of(keys.begin(), keys.end(), of_log))
    return invalid("the checkpoint is of another log than the key's");
  if (!keys.empty() && std::none_of(keys.begin(), keys.end(), signed_by))
    return invalid("the checkpoint is not signed by the log's key");
  return SignedCheckpoint{std::move(checkpoint), std::move(note)};
}

std::string handover_text(const Checkpoint& checkpoint, const NoteKey& next) {
  return text_of(checkpoint) + std::string(next_key_begins) + vkey_of(next) + "\n";
}

std::optional<Handover> handed_over(std::string_view encoded, std::span<const NoteKey> keys) {
  auto opened = open_checkpoint(encoded, keys);
  if (keys.empty() || !opened) return std::nullopt;
  std::string_view text = opened->note.text;
  while (const auto line = next_line(text)) {
    if (!line->starts_with(next_key_begins)) continue;
    auto next = parse_vkey(line->substr(next_key_begins.size()));
    const bool fits = next && next->type == NoteKey::Type::signer && next->name == opened->checkpoint.origin;
    if (!fits || !signature_by(*next, opened->note)) return std::nullopt;
    return Handover{std::move(opened->checkpoint), std::move(next).take()};
  }
  return std::nullopt;
}

}  // namespace deputy::audit
