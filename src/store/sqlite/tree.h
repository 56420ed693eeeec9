// The tree's tables: what the writer does to them, and what a reader reads of them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/log.h"
#include "store/sqlite/database.h"
#include "store/store.h"

namespace deputy::store::sqlite {

class TreeWriter {
 public:
  static Result<TreeWriter, Fault> prepare(Database& database);

  // None: done.
  using Step = Result<std::optional<Refused::Why>, Fault>;
  Step apply(const Seal& seal);
  Step apply(const Cosign& cosign);
  Step apply(const Retain& retain);

 private:
  Result<Log::State, Fault> state();

  Statement state_, seal_, tile_, checkpoint_, forget_, note_, cosign_, retain_, drop_bodies_;
};

class TreeReader {
 public:
  static Result<TreeReader, Fault> prepare(Database& database);

  Result<Log::State, Fault> state();
  Result<audit::Tile, Fault> tile(audit::TileId id);
  Result<std::vector<audit::Hash>, Fault> leaves(std::uint64_t after, std::size_t limit);
  Result<std::vector<StoredEvent>, Fault> entries(std::uint64_t after, std::size_t limit);
  Result<Instant, Fault> newest(std::uint64_t first, std::uint64_t last);
  Result<std::optional<std::string>, Fault> latest_checkpoint(Log::Which which);
  Result<std::optional<std::string>, Fault> checkpoint(std::uint64_t size);

 private:
  Statement state_, tile_, bodies_, entries_, newest_, latest_, latest_cosigned_, checkpoint_;
};

}  // namespace deputy::store::sqlite
