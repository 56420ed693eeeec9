// A log with its key and its tree, and the lines of an export of it as the server writes them.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "audit/event.h"
#include "audit/verify.h"

namespace deputy::audit::test {

using Kind = Finding::Kind;

inline const Instant noon = from_unix_millis(1'800'000'000'000);

struct Log {
  crypto::PrivateKey private_key = crypto::PrivateKey::generate(crypto::Algorithm::EdDSA);
  NoteKey key = note_key("id.example/audit", NoteKey::Type::signer, private_key.public_key());
  std::vector<std::string> bodies;
  std::vector<Hash> leaves;
  std::map<TileId, Tile> tiles;
  Edge edge = *Edge::load(0, {});
  ReadTile read = [this](TileId id) -> Result<Tile, Fault> { return tiles.at(id); };

  explicit Log(std::size_t count, std::string_view reason = "", Instant (*at)(std::size_t) = nullptr) {
    for (std::size_t i = 0; i < count; ++i) {
      Event event{.id = "evt_" + std::string(22, '0') + std::to_string(1000 + i),
                  .at = at != nullptr ? at(i) : noon + Millis(i),
                  .tenant = "default",
                  .action = "token.issue",
                  .reason = std::string(reason)};
      add(encode(event));
    }
  }
  void add(std::string body) {
    leaves.push_back(leaf_hash(body));
    edge.append(leaves.back());
    bodies.push_back(std::move(body));
    for (auto& tile : edge.take()) tiles.insert_or_assign(tile.id, std::move(tile.hashes));
  }
  std::string note(std::uint64_t size) const {
    const auto text = text_of(Checkpoint{"id.example/audit", size, *tree_root(size, read)});
    return text + "\n" +
           signature_line({key.name, key.id + private_key.sign(crypto::Algorithm::EdDSA, text)});
  }
  Checkpoint at(std::uint64_t size) const { return open_checkpoint(note(size), std::span(&key, 1))->checkpoint; }
};

using Lines = std::vector<std::string>;

// The lines as the server writes them. Events whose number `hidden` accepts are there as their hashes.
inline Lines exported(const Log& log, std::uint64_t after = 0, bool (*hidden)(std::uint64_t) = nullptr) {
  std::string out;
  const auto size = log.leaves.size();
  append_line(out, ExportHead{"id.example/audit", after, log.note(size)});
  for (auto seq = after + 1; seq <= size; ++seq) {
    const bool hide = hidden != nullptr && hidden(seq);
    append_line(out, ExportEvent{seq, hide ? "" : log.bodies[seq - 1], log.leaves[seq - 1]});
    if (seq % tile_width != 0 && seq != size) continue;
    const auto n = (seq - 1) / tile_width;
    append_line(out, ExportSegment{n, Tile(log.leaves.begin() + static_cast<std::ptrdiff_t>(n * tile_width),
                                           log.leaves.begin() + static_cast<std::ptrdiff_t>(seq)),
                                   *segment_path(n, size, log.read)});
  }
  Lines lines;
  for (std::size_t from = 0; from < out.size();) {
    const auto end = out.find('\n', from);
    lines.push_back(out.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

inline std::optional<Finding> verify(const Lines& lines, Known known, Verifier* out = nullptr) {
  Verifier verifier(std::move(known));
  for (const auto& line : lines)
    if (auto finding = verifier.line(line)) return finding;
  auto finding = verifier.end();
  if (out != nullptr) *out = std::move(verifier);
  return finding;
}

inline void expect(const std::optional<Finding>& finding, Kind kind, std::uint64_t seq) {
  ASSERT_TRUE(finding);
  EXPECT_EQ(static_cast<int>(finding->kind), static_cast<int>(kind)) << finding->sentence;
  EXPECT_EQ(finding->seq, seq) << finding->sentence;
  EXPECT_NE(finding->sentence, "");
}

// The lines of event `seq` in an export from the beginning: the head, the segments before it, the events before it.
inline std::size_t line_of(std::uint64_t seq) { return seq + (seq - 1) / tile_width; }

}  // namespace deputy::audit::test
