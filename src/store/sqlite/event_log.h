// EventLog: appends events, and keeps the spans by which they are found again. The writer's side.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "audit/tiles.h"
#include "store/group_commit.h"
#include "store/sqlite/database.h"

namespace deputy::store::sqlite {

// A span is closed when it has this many events: to find one event costs a look at few spans and at the events of one
// (100 ns each); that there is none with an id, a look at each span (50 ns).
inline constexpr std::uint64_t span_events = 1024;

class EventLog {
 public:
  static Result<EventLog, Fault> prepare(Database& database);

  // What the events after the last closed span have in common.
  struct OpenSpan {
    std::uint64_t first = 0, last = 0;  // last < first: none yet
    Instant at_min, at_max;
    std::string id_min, id_max;
  };
  const OpenSpan& open_span() const { return open_; }
  // After a rollback to a savepoint: what it was before.
  void restore(OpenSpan before) {
    leaves_.resize(static_cast<std::size_t>(before.last + 1 - first_leaf_));
    open_ = std::move(before);
  }

  // After a rollback of the whole transaction: what was appended in it is no part of any span, and no leaf.
  void forget() {
    known_ = false;
    leaves_.clear();
  }

  // At the start of each transaction: another process may have appended since.
  Result<Done, Fault> begin();
  Result<Done, Fault> append(const EncodedEvent& event);
  // The latest instant of any event, as delegation::newest_of() has it.
  Instant newest() const { return newest_; }
  // Before the commit: closes the span if it is long enough.
  Result<Done, Fault> end();

  // What this transaction appended: the number of the first, and the hash of each (audit/tiles.h).
  std::uint64_t first_leaf() const { return first_leaf_; }
  std::span<const audit::Hash> leaves() const { return leaves_; }

 private:
  void cover(Instant at, std::string_view id);
  Result<Done, Fault> reload();

  Statement last_, spans_, tail_, insert_, close_;
  OpenSpan open_;
  bool known_ = false;  // as the file has it, unless another process appended
  Instant newest_;
  std::uint64_t first_leaf_ = 1;
  std::vector<audit::Hash> leaves_;
};

}  // namespace deputy::store::sqlite
