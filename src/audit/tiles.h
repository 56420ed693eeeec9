// The tree as it is kept: in tiles of 256 hashes (C2SP tlog-tiles). A tile of level l holds the roots of subtrees of
// 256^l leaves, left to right; it only ever grows at its end, so a proof for any earlier size is read from it too.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <vector>

#include "audit/merkle.h"
#include "base/fault.h"
#include "base/result.h"

namespace deputy::audit {

inline constexpr std::uint64_t tile_width = 256;
inline constexpr unsigned tile_height = 8;
inline constexpr unsigned tile_levels = 8;  // 2^64 leaves

struct TileId {
  unsigned level = 0;
  std::uint64_t n = 0;
  auto operator<=>(const TileId&) const = default;
};
using Tile = std::vector<Hash>;  // 1 to 256
struct PlacedTile {
  TileId id;
  Tile hashes;
};
// Faults: whatever the reading met; not_found, or a tile too short, means a store that lost something.
using ReadTile = std::function<Result<Tile, Fault>(TileId)>;

Result<Hash, Fault> tree_root(std::uint64_t size, const ReadTile& read);
// PATH(m, D[n]) (RFC 9162 §2.1.3.1); index < size.
Result<Path, Fault> inclusion_path(std::uint64_t index, std::uint64_t size, const ReadTile& read);
// The path of a whole segment, the 256 leaves (or the last, fewer) that are tile `n` of level 0. Above segments the
// tree has the shape of a tree whose leaves they are: verify_inclusion(root of the segment, n, segments_of(size), …).
Result<Path, Fault> segment_path(std::uint64_t n, std::uint64_t size, const ReadTile& read);
// PROOF(m, D[n]) (RFC 9162 §2.1.4.1); 0 < from <= to.
Result<Path, Fault> consistency_path(std::uint64_t from, std::uint64_t to, const ReadTile& read);

constexpr std::uint64_t segments_of(std::uint64_t size) { return (size + tile_width - 1) / tile_width; }

// Edge: the tiles at the tree's right edge, all that is needed to append to it.
class Edge {
 public:
  static Result<Edge, Fault> load(std::uint64_t size, const ReadTile& read);

  void append(const Hash& leaf);
  std::uint64_t size() const { return size_; }
  Hash root() const;
  // The tiles that are new or longer since the last call.
  std::vector<PlacedTile> take();

 private:
  void append(unsigned level, const Hash& hash);

  std::uint64_t size_ = 0;
  std::vector<Tile> partial_;        // a level; fewer than 256 hashes each
  std::vector<PlacedTile> filled_;   // since the last take()
  std::vector<bool> changed_;        // a level: partial_ grew since the last take()
};

}  // namespace deputy::audit
