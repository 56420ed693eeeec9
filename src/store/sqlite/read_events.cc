// Reads of the event log: spans say where to look, the matcher says what is wanted.
#include "store/sqlite/reader.h"

namespace deputy::store::sqlite {
namespace {

using View = std::string_view;

constexpr std::uint64_t no_end = INT64_MAX;  // SQLite's integers are signed

StoredEvent event_of(const Rows& rows) {
  return {.seq = rows.number(0),
          .id = std::string(rows.text(3)),
          .tenant = std::string(rows.text(2)),
          .at = rows.instant(1),
          .body = std::string(rows.text(4))};
}

}  // namespace

Result<std::uint64_t, Fault> Reader::last_event() {
  auto rows = last_event_.run();
  TRY(bool row, rows.next());
  return row ? rows.number(0) : 0;
}

Result<std::uint64_t, Fault> Reader::last_closed() {
  auto rows = last_span_.run();
  TRY(bool row, rows.next());
  return row ? rows.number(0) : 0;
}

Result<std::optional<StoredEvent>, Fault> Reader::event_in(Stretch stretch, View tenant, View id) {
  auto rows = event_.run(stretch.first, stretch.last, id, tenant);
  TRY(bool row, rows.next());
  if (!row) return std::optional<StoredEvent>();
  return std::optional(event_of(rows));
}

// What is asked for is mostly recent, so the newest are looked at first.
Result<std::optional<StoredEvent>, Fault> Reader::event(View tenant, View id_or_jti) {
  const auto id = event_id_of(id_or_jti);
  TRY(auto closed, last_closed());
  TRY(auto found, event_in({closed + 1, no_end}, tenant, id));
  if (found) return found;
  auto spans = spans_of_id_.run(View(id));
  for (;;) {
    TRY(bool row, spans.next());
    if (!row) return std::optional<StoredEvent>();
    TRY(auto in_span, event_in({spans.number(0), spans.number(1)}, tenant, id));
    if (in_span) return in_span;
  }
}

Result<std::vector<Reader::Stretch>, Fault> Reader::stretches(View tenant, const EventFilter& filter) {
  std::uint64_t first = 1;
  // Nothing can name a token before the event that issued it.
  if (!filter.jti.empty()) {
    TRY(auto issued, event(tenant, filter.jti));
    if (issued) first = issued->seq;
  }
  if (!filter.from && !filter.to) return std::vector<Stretch>{{first, no_end}};

  TRY(auto closed, last_closed());
  std::vector<Stretch> stretches;
  const auto from = filter.from.value_or(Instant::min()), to = filter.to.value_or(Instant::max());
  auto rows = spans_of_time_.run(from, to);
  TRY(bool row, rows.next());
  if (row && !rows.null(0)) {
    stretches.push_back({std::max(first, rows.number(0)), rows.number(1)});
    closed = std::max(closed, rows.number(1));  // a span may have been closed between the two reads
  }
  stretches.push_back({std::max(first, closed + 1), no_end});
  return stretches;
}

Result<bool, Fault> Reader::scan(Stretch stretch, Scan& scan) {
  const bool forward = scan.range.order == Page::Order::oldest_first;
  if (forward) stretch.first = std::max(stretch.first, scan.range.after + 1);
  if (!forward && scan.range.after != 0) stretch.last = std::min(stretch.last, scan.range.after - 1);
  auto rows = (forward ? events_forward_ : events_backward_).run(stretch.first, stretch.last);
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return false;
    // There is one more: the page ends before it, and goes on from the last one read.
    if (scan.full()) return true;
    ++scan.scanned;
    scan.page.last = rows.number(0);
    if (!scan.matcher.matches(rows.text(2), rows.instant(1), rows.text(4))) continue;
    scan.page.events.push_back(event_of(rows));
    scan.bytes += scan.page.events.back().body.size();
  }
}

Result<Store::EventPage, Fault> Reader::events(View tenant, const EventFilter& filter,
                                               const Store::EventRange& range) {
  TRY(auto where, stretches(tenant, filter));
  if (range.order == Page::Order::newest_first) std::reverse(where.begin(), where.end());
  const EventMatcher matcher(tenant, filter);
  Scan scan{matcher, range};
  for (const auto& stretch : where) {
    TRY(bool full, this->scan(stretch, scan));
    if (full) return std::move(scan.page);
  }
  scan.page.last = 0;
  return std::move(scan.page);
}

}  // namespace deputy::store::sqlite
