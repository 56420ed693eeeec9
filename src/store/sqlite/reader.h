// Reader: one connection's reads. A call is one statement, or a few over what is only ever appended to.
#pragma once

#include <algorithm>
#include <memory>

#include "store/event_filter.h"
#include "store/sqlite/database.h"
#include "store/sqlite/delegation_table.h"
#include "store/sqlite/tree.h"
#include "store/store.h"

namespace deputy::store::sqlite {

// What is read of a Page with `through`: rows of one stretch of an index, and no others.
extern const char* const records_through;

class Reader {
 public:
  static Result<std::unique_ptr<Reader>, Fault> prepare(Database database);

  Result<std::optional<Record>, Fault> get(std::string_view tenant, Kind kind, std::string_view id);
  Result<std::vector<Record>, Fault> under(std::string_view tenant, std::string_view principal);
  Result<std::optional<Record>, Fault> find(std::string_view tenant, Kind kind, std::string_view index,
                                            std::string_view value);
  Result<std::vector<Record>, Fault> list(std::string_view tenant, Kind kind, const Page& page);
  Result<std::optional<Kept>, Fault> kept(Use use, std::string_view tenant, std::string_view key, Instant now);
  Result<std::vector<std::string>, Fault> kept_keys(Use use, std::string_view tenant, std::string_view prefix,
                                                    Instant now, std::size_t limit);
  Result<Store::EventPage, Fault> events(std::string_view tenant, const EventFilter& filter,
                                         const Store::EventRange& range);
  Result<std::optional<StoredEvent>, Fault> event(std::string_view tenant, std::string_view id);
  Result<std::uint64_t, Fault> last_event();
  Result<std::vector<Revocation>, Fault> revocations(std::uint64_t after, std::size_t limit);
  // A snapshot outlasts the read that begins it, and shows what was committed before that. Its number is the caller's.
  bool at_snapshot(std::uint64_t number) const { return snapshot_ == number; }
  Result<Done, Fault> begin_snapshot(std::uint64_t number);
  void end_snapshot();
  DelegationReads& delegations() { return delegations_; }
  TreeReader& tree() { return tree_; }
  Result<Store::RevocationPage, Fault> revocations_of(std::string_view tenant, std::uint64_t after, std::size_t limit);

 private:
  Reader(Database database, TreeReader tree) : database_(std::move(database)), tree_(std::move(tree)) {}

  // Numbers of events, both ends included; empty when first > last.
  struct Stretch {
    std::uint64_t first, last;
  };
  // A page being filled: true when it takes no more.
  struct Scan {
    const EventMatcher& matcher;
    const Store::EventRange& range;
    std::size_t scanned = 0, bytes = 0;
    Store::EventPage page = {};
    bool full() const {
      return scanned == range.scan || page.events.size() == range.limit || bytes >= event_page_bytes;
    }
  };
  Result<bool, Fault> scan(Stretch stretch, Scan& scan);
  Result<Done, Fault> prepare_statements();
  Result<std::uint64_t, Fault> last_closed();
  Result<std::optional<StoredEvent>, Fault> event_in(Stretch stretch, std::string_view tenant, std::string_view id);
  // Where events of this filter can be: at most two stretches, in order of number.
  Result<std::vector<Stretch>, Fault> stretches(std::string_view tenant, const EventFilter& filter);

  Database database_;
  DelegationReads delegations_;
  TreeReader tree_;
  std::uint64_t snapshot_ = 0;  // 0: none, each read is as of the last commit
  Statement begin_, end_, get_, under_, find_, list_forward_, list_backward_, where_forward_, where_backward_, through_;
  Statement kept_, kept_keys_, events_forward_, events_backward_, event_, last_event_;
  Statement last_span_, spans_of_id_, spans_of_time_, revocations_, revocations_of_, revocation_head_;
};

}  // namespace deputy::store::sqlite
