// One insert an event, at the table's end, and one small row every span_events.
#include "store/sqlite/event_log.h"

#include <algorithm>

#include "delegation/revocation.h"

namespace deputy::store::sqlite {

Result<EventLog, Fault> EventLog::prepare(Database& database) {
  EventLog log;
  TRY(auto prepared,
      database.prepare({
          {&log.last_, "SELECT max(seq) FROM events"},
          {&log.spans_, "SELECT last, at_max FROM spans ORDER BY first"},
          {&log.tail_, "SELECT seq, at, id FROM events WHERE seq > ?1 ORDER BY seq"},
          {&log.insert_, "INSERT INTO events (seq, at, tenant, id, body) VALUES (?1, ?2, ?3, ?4, ?5)"},
          {&log.close_, "INSERT INTO spans (first, last, at_min, at_max, id_min, id_max)"
                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)"},
      }));
  TRY(auto loaded, log.reload());
  return log;
}

Result<Done, Fault> EventLog::reload() {
  known_ = false;
  newest_ = {};
  std::uint64_t closed = 0;
  for (auto rows = spans_.run();;) {
    TRY(bool row, rows.next());
    if (!row) break;
    closed = rows.number(0);
    newest_ = delegation::newest_of(newest_, rows.instant(1));
  }
  open_ = {.first = closed + 1, .last = closed, .at_min = {}, .at_max = {}, .id_min = {}, .id_max = {}};
  auto rows = tail_.run(closed);
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) break;
    cover(rows.instant(1), rows.text(2));
    open_.last = rows.number(0);
  }
  known_ = true;
  return Done{};
}

Result<Done, Fault> EventLog::begin() {
  std::uint64_t last = 0;
  {
    auto rows = last_.run();
    TRY(bool row, rows.next());
    if (row) last = rows.number(0);
  }
  leaves_.clear();
  first_leaf_ = last + 1;
  if (known_ && last == open_.last) return Done{};
  return reload();
}

void EventLog::cover(Instant at, std::string_view id) {
  newest_ = delegation::newest_of(newest_, at);
  if (open_.last < open_.first) {
    open_.at_min = open_.at_max = at;
    open_.id_min = open_.id_max = id;
    return;
  }
  if (at < open_.at_min) open_.at_min = at;
  if (at > open_.at_max) open_.at_max = at;
  if (id < open_.id_min) open_.id_min = id;
  if (id > open_.id_max) open_.id_max = id;
}

Result<Done, Fault> EventLog::append(const EncodedEvent& event) {
  TRY(auto done, insert_.execute(open_.last + 1, event.at, std::string_view(event.tenant),
                                 std::string_view(event.id), std::string_view(event.body)));
  cover(event.at, event.id);
  leaves_.push_back(audit::leaf_hash(event.body));
  ++open_.last;
  return Done{};
}

Result<Done, Fault> EventLog::end() {
  if (open_.last - open_.first + 1 < span_events) return Done{};
  TRY(auto done, close_.execute(open_.first, open_.last, open_.at_min, open_.at_max,
                                std::string_view(open_.id_min), std::string_view(open_.id_max)));
  open_ = {.first = open_.last + 1, .last = open_.last, .at_min = {}, .at_max = {}, .id_min = {}, .id_max = {}};
  return Done{};
}

}  // namespace deputy::store::sqlite
