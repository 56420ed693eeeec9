// Log: the Merkle tree over all events of the store, its checkpoints, and what is left of an event without its body.
// Event number seq is leaf seq - 1: numbers have no gaps.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/tiles.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/result.h"

namespace deputy::store {

struct StoredEvent;

// --- Writes -----------------------------------------------------------------------------------------------------

// The tree grows from one size to another. Refused (`version`) unless it still has the first: of nodes that seal at
// one time one does, and the others go on from there. Tiles replace those of the same place, being longer.
struct Seal {
  std::uint64_t from = 0, to = 0;
  std::vector<audit::PlacedTile> tiles;
  std::string checkpoint;  // the signed note
  Instant at;
};
// A checkpoint's note becomes another, with one more signature. Refused: `missing` (not kept), `version` (it is not
// `before` any more).
struct Cosign {
  std::uint64_t size = 0;
  std::string before, after;
};
// The bodies of events `first` to `last` are dropped; the events and their hashes stay. Refused (`version`) unless
// `first` is the first that has its body and `last` is sealed.
struct Retain {
  std::uint64_t first = 0, last = 0;
};

// --- Reads ------------------------------------------------------------------------------------------------------

// Checkpoints nobody has cosigned are kept so long: time enough for a witness. Cosigned ones are kept for good.
inline constexpr Seconds plain_checkpoints_kept{3600};

class Log {
 public:
  struct State {
    std::uint64_t size = 0;         // sealed
    std::uint64_t bodies_from = 1;  // the first event that has its body
  };

  virtual Result<State, Fault> state() = 0;
  // Faults: not_found.
  virtual Result<audit::Tile, Fault> tile(audit::TileId id) = 0;
  // Of events with seq > after, whoever's they are, at most `limit`, in order: their hashes, made from their bodies.
  virtual Result<std::vector<audit::Hash>, Fault> leaves(std::uint64_t after, std::size_t limit) = 0;
  virtual Result<std::vector<StoredEvent>, Fault> entries(std::uint64_t after, std::size_t limit) = 0;
  // The greatest instant among events `first` to `last`.
  virtual Result<Instant, Fault> newest(std::uint64_t first, std::uint64_t last) = 0;

  enum class Which : std::uint8_t { any, cosigned };
  virtual Result<std::optional<std::string>, Fault> latest_checkpoint(Which which) = 0;
  virtual Result<std::optional<std::string>, Fault> checkpoint(std::uint64_t size) = 0;

 protected:
  ~Log() = default;
};

// What proofs are made from.
audit::ReadTile tiles_of(Log& log);

}  // namespace deputy::store
