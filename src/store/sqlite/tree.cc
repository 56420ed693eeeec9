// A tile is one row: its hashes, one behind the other.
#include "store/sqlite/tree.h"

#include <cstring>

namespace deputy::store::sqlite {
namespace {

using View = std::string_view;
using Why = Refused::Why;

// Levels lie apart, so each grows at its own end.
std::uint64_t key_of(audit::TileId id) { return std::uint64_t{id.level} << 56 | id.n; }

View bytes_of(const audit::Tile& tile) {
  return {reinterpret_cast<const char*>(tile.data()), tile.size() * sizeof(audit::Hash)};
}

Result<Log::State, Fault> state_in(Statement& statement) {
  auto rows = statement.run();
  TRY(bool row, rows.next());
  if (!row) return Fail{Fault{Fault::Kind::corrupt, "the audit tree has lost its row"}};
  return Log::State{.size = rows.number(0), .bodies_from = rows.number(1)};
}

Result<std::optional<std::string>, Fault> text_in(Rows rows) {
  TRY(bool row, rows.next());
  if (!row) return std::optional<std::string>();
  return std::optional(std::string(rows.text(0)));
}

}  // namespace

Result<TreeWriter, Fault> TreeWriter::prepare(Database& database) {
  TreeWriter tree;
  TRY(auto prepared,
      database.prepare({
          {&tree.state_, "SELECT size, bodies_from FROM tree"},
          {&tree.seal_, "UPDATE tree SET size = ?1"},
          {&tree.tile_, "INSERT OR REPLACE INTO tiles (key, hashes) VALUES (?1, CAST(?2 AS BLOB))"},
          {&tree.checkpoint_, "INSERT INTO checkpoints (size, at, cosigned, note) VALUES (?1, ?2, 0, ?3)"},
          {&tree.forget_, "DELETE FROM checkpoints WHERE cosigned = 0 AND at < ?1 AND size < ?2"},
          {&tree.note_, "SELECT note FROM checkpoints WHERE size = ?1"},
          {&tree.cosign_, "UPDATE checkpoints SET note = ?2, cosigned = 1 WHERE size = ?1"},
          {&tree.retain_, "UPDATE tree SET bodies_from = ?1"},
          {&tree.drop_bodies_, "UPDATE events SET body = '' WHERE seq BETWEEN ?1 AND ?2"},
      }));
  return tree;
}

Result<Log::State, Fault> TreeWriter::state() { return state_in(state_); }

TreeWriter::Step TreeWriter::apply(const Seal& seal) {
  TRY(auto before, state());
  if (before.size != seal.from || seal.to <= seal.from) return std::optional(Why::version);
  for (const auto& tile : seal.tiles) {
    TRY(auto placed, tile_.execute(key_of(tile.id), bytes_of(tile.hashes)));
  }
  TRY(auto sealed, seal_.execute(seal.to));
  TRY(auto kept, checkpoint_.execute(seal.to, seal.at, View(seal.checkpoint)));
  TRY(auto forgotten, forget_.execute(seal.at - plain_checkpoints_kept, seal.to));
  return std::optional<Why>();
}

TreeWriter::Step TreeWriter::apply(const Cosign& cosign) {
  TRY(auto note, text_in(note_.run(cosign.size)));
  if (!note) return std::optional(Why::missing);
  if (*note != cosign.before) return std::optional(Why::version);
  TRY(auto cosigned, cosign_.execute(cosign.size, View(cosign.after)));
  return std::optional<Why>();
}

TreeWriter::Step TreeWriter::apply(const Retain& retain) {
  TRY(auto before, state());
  if (before.bodies_from != retain.first || retain.last < retain.first || retain.last > before.size)
    return std::optional(Why::version);
  TRY(auto dropped, drop_bodies_.execute(retain.first, retain.last));
  TRY(auto retained, retain_.execute(retain.last + 1));
  return std::optional<Why>();
}

Result<TreeReader, Fault> TreeReader::prepare(Database& database) {
  TreeReader tree;
  TRY(auto prepared,
      database.prepare({
          {&tree.state_, "SELECT size, bodies_from FROM tree"},
          {&tree.tile_, "SELECT hashes FROM tiles WHERE key = ?1"},
          {&tree.bodies_, "SELECT body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"},
          {&tree.entries_, "SELECT seq, at, tenant, id, body FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2"},
          {&tree.newest_, "SELECT max(at) FROM events WHERE seq BETWEEN ?1 AND ?2"},
          {&tree.latest_, "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"},
          {&tree.latest_cosigned_, "SELECT note FROM checkpoints WHERE cosigned = 1 ORDER BY size DESC LIMIT 1"},
          {&tree.checkpoint_, "SELECT note FROM checkpoints WHERE size = ?1"},
      }));
  return tree;
}

Result<Log::State, Fault> TreeReader::state() { return state_in(state_); }

Result<audit::Tile, Fault> TreeReader::tile(audit::TileId id) {
  auto rows = tile_.run(key_of(id));
  TRY(bool row, rows.next());
  if (!row) return Fail{Fault{Fault::Kind::not_found, "the audit tree has no such tile"}};
  const auto bytes = rows.text(0);
  if (bytes.size() % sizeof(audit::Hash) != 0 || bytes.size() > audit::tile_width * sizeof(audit::Hash))
    return Fail{Fault{Fault::Kind::corrupt, "a tile of the audit tree is damaged"}};
  audit::Tile tile(bytes.size() / sizeof(audit::Hash));
  std::memcpy(tile.data(), bytes.data(), bytes.size());
  return tile;
}

Result<std::vector<audit::Hash>, Fault> TreeReader::leaves(std::uint64_t after, std::size_t limit) {
  std::vector<audit::Hash> leaves;
  auto rows = bodies_.run(after, static_cast<std::uint64_t>(limit));
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return leaves;
    leaves.push_back(audit::leaf_hash(rows.text(0)));
  }
}

Result<std::vector<StoredEvent>, Fault> TreeReader::entries(std::uint64_t after, std::size_t limit) {
  std::vector<StoredEvent> entries;
  auto rows = entries_.run(after, static_cast<std::uint64_t>(limit));
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return entries;
    entries.push_back({.seq = rows.number(0),
                       .id = std::string(rows.text(3)),
                       .tenant = std::string(rows.text(2)),
                       .at = rows.instant(1),
                       .body = std::string(rows.text(4))});
  }
}

Result<Instant, Fault> TreeReader::newest(std::uint64_t first, std::uint64_t last) {
  auto rows = newest_.run(first, last);
  TRY(bool row, rows.next());
  if (!row || rows.null(0)) return Fail{Fault{Fault::Kind::not_found, "there are no such events"}};
  return rows.instant(0);
}

Result<std::optional<std::string>, Fault> TreeReader::latest_checkpoint(Log::Which which) {
  return text_in((which == Log::Which::cosigned ? latest_cosigned_ : latest_).run());
}

Result<std::optional<std::string>, Fault> TreeReader::checkpoint(std::uint64_t size) {
  return text_in(checkpoint_.run(size));
}

}  // namespace deputy::store::sqlite
