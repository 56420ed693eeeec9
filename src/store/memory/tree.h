// MemoryTree: the log's contract on maps; the events themselves are the store's.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "store/log.h"
#include "store/store.h"

namespace deputy::store {

class MemoryTree final : public Log {
 public:
  MemoryTree(std::mutex& mutex, std::vector<StoredEvent>& events) : mutex_(mutex), events_(events) {}

  // With the store's lock held. What is done also says how it is undone, should the batch be refused.
  using Undo = std::vector<std::function<void()>>;
  std::optional<Refused::Why> apply(const Seal& seal, Undo& undo);
  std::optional<Refused::Why> apply(const Cosign& cosign, Undo& undo);
  std::optional<Refused::Why> apply(const Retain& retain, Undo& undo);

  Result<State, Fault> state() override;
  Result<audit::Tile, Fault> tile(audit::TileId id) override;
  Result<std::vector<audit::Hash>, Fault> leaves(std::uint64_t after, std::size_t limit) override;
  Result<std::vector<StoredEvent>, Fault> entries(std::uint64_t after, std::size_t limit) override;
  Result<Instant, Fault> newest(std::uint64_t first, std::uint64_t last) override;
  Result<std::optional<std::string>, Fault> latest_checkpoint(Which which) override;
  Result<std::optional<std::string>, Fault> checkpoint(std::uint64_t size) override;

 private:
  std::mutex& mutex_;
  std::vector<StoredEvent>& events_;
  struct Kept {
    Instant at;
    bool cosigned = false;
    std::string note;
  };
  struct Tables {
    State state;
    std::map<audit::TileId, audit::Tile> tiles;
    std::map<std::uint64_t, Kept> checkpoints;
  } tables_;
};

}  // namespace deputy::store
