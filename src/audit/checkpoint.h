// Checkpoint: the state of the whole log in three lines, signed as a note (C2SP tlog-checkpoint).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "audit/merkle.h"
#include "audit/note.h"

namespace deputy::audit {

struct Checkpoint {
  std::string origin;  // the log's name, and its key's: "id.example/audit"
  std::uint64_t size = 0;
  Hash root{};
  bool operator==(const Checkpoint&) const = default;
};

std::string text_of(const Checkpoint& checkpoint);
// Lines after the third are extensions: signed, and of no meaning here.
Result<Checkpoint, Fault> parse_checkpoint(std::string_view text);

struct SignedCheckpoint {
  Checkpoint checkpoint;
  Note note;
};
// The note, if it holds a checkpoint and, where keys are given, the signature of one of them. Its name must be the
// checkpoint's origin: one log's key says nothing about another's.
Result<SignedCheckpoint, Fault> open_checkpoint(std::string_view encoded, std::span<const NoteKey> keys = {});

// A handover is the checkpoint at which the log's key changes: it names the next key in an extension line, and both
// keys sign it, so that whoever knows the first learns of the second from a file.
std::string handover_text(const Checkpoint& checkpoint, const NoteKey& next);
struct Handover {
  Checkpoint at;
  NoteKey next;
};
// What a handover says, if one of these keys and the one that it names have signed it.
std::optional<Handover> handed_over(std::string_view encoded, std::span<const NoteKey> keys);

// A decimal number as checkpoints and exports write it: no sign, no leading zero.
std::optional<std::uint64_t> size_in(std::string_view text);
std::string text_of(const Hash& hash);  // base64
std::optional<Hash> hash_in(std::string_view text);

}  // namespace deputy::audit
