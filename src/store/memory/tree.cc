// Undoing is putting the tables back whole: batches that write here hold little else.
#include "store/memory/tree.h"

#include <algorithm>

namespace deputy::store {

using Why = Refused::Why;

std::optional<Why> MemoryTree::apply(const Seal& seal, Undo& undo) {
  if (tables_.state.size != seal.from || seal.to <= seal.from) return Why::version;
  undo.push_back([this, before = tables_] { tables_ = before; });
  tables_.state.size = seal.to;
  for (const auto& tile : seal.tiles) tables_.tiles.insert_or_assign(tile.id, tile.hashes);
  tables_.checkpoints.insert_or_assign(seal.to, Kept{seal.at, false, seal.checkpoint});
  std::erase_if(tables_.checkpoints, [&](const auto& entry) {
    return !entry.second.cosigned && entry.second.at < seal.at - plain_checkpoints_kept && entry.first < seal.to;
  });
  return std::nullopt;
}

std::optional<Why> MemoryTree::apply(const Cosign& cosign, Undo& undo) {
  const auto found = tables_.checkpoints.find(cosign.size);
  if (found == tables_.checkpoints.end()) return Why::missing;
  if (found->second.note != cosign.before) return Why::version;
  undo.push_back([this, before = tables_] { tables_ = before; });
  found->second.note = cosign.after;
  found->second.cosigned = true;
  return std::nullopt;
}

std::optional<Why> MemoryTree::apply(const Retain& retain, Undo& undo) {
  if (tables_.state.bodies_from != retain.first || retain.last < retain.first || retain.last > tables_.state.size)
    return Why::version;
  std::vector<std::string> bodies;
  for (auto seq = retain.first; seq <= retain.last; ++seq) bodies.push_back(std::exchange(events_[seq - 1].body, {}));
  tables_.state.bodies_from = retain.last + 1;
  undo.push_back([this, first = retain.first, bodies = std::move(bodies)] {
    for (std::size_t i = 0; i < bodies.size(); ++i) events_[first - 1 + i].body = bodies[i];
    tables_.state.bodies_from = first;
  });
  return std::nullopt;
}

Result<Log::State, Fault> MemoryTree::state() {
  const std::lock_guard lock(mutex_);
  return tables_.state;
}

Result<audit::Tile, Fault> MemoryTree::tile(audit::TileId id) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.tiles.find(id);
  if (found == tables_.tiles.end()) return Fail{Fault{Fault::Kind::not_found, "the audit tree has no such tile"}};
  return found->second;
}

Result<std::vector<audit::Hash>, Fault> MemoryTree::leaves(std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<audit::Hash> leaves;
  for (auto at = after; at < events_.size() && leaves.size() < limit; ++at)
    leaves.push_back(audit::leaf_hash(events_[at].body));
  return leaves;
}

Result<std::vector<StoredEvent>, Fault> MemoryTree::entries(std::uint64_t after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredEvent> entries;
  for (auto at = after; at < events_.size() && entries.size() < limit; ++at) entries.push_back(events_[at]);
  return entries;
}

Result<Instant, Fault> MemoryTree::newest(std::uint64_t first, std::uint64_t last) {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> newest;
  for (auto seq = std::max<std::uint64_t>(first, 1); seq <= last && seq <= events_.size(); ++seq)
    newest = std::max(newest.value_or(events_[seq - 1].at), events_[seq - 1].at);
  if (!newest) return Fail{Fault{Fault::Kind::not_found, "there are no such events"}};
  return *newest;
}

Result<std::optional<std::string>, Fault> MemoryTree::latest_checkpoint(Which which) {
  const std::lock_guard lock(mutex_);
  for (auto at = tables_.checkpoints.rbegin(); at != tables_.checkpoints.rend(); ++at)
    if (which == Which::any || at->second.cosigned) return std::optional(at->second.note);
  return std::optional<std::string>();
}

Result<std::optional<std::string>, Fault> MemoryTree::checkpoint(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const auto found = tables_.checkpoints.find(size);
  if (found == tables_.checkpoints.end()) return std::optional<std::string>();
  return std::optional(found->second.note);
}

}  // namespace deputy::store
