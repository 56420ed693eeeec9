// Up to at_once rows in the transaction that ends them; the others, by a row of `consent_ends`, in steps of the purge.
#include "store/sqlite/consent_ends.h"

#include <set>

// An agent has any number of delegations that are no consents, or were ended: none of those is looked at.
#define END_THOSE                                                                                       \
  "UPDATE delegations SET revoked_at = ?3, reason = ?4 WHERE n IN (SELECT n FROM delegations INDEXED BY" \
  " delegations_agreed WHERE tenant = ?1 AND actor = ?2 AND origin = 0 AND revoked_at IS NULL"

namespace deputy::store::sqlite {

using View = std::string_view;
using Why = Refused::Why;

Result<Done, Fault> ConsentEnds::prepare(Database& database) {
  return database.prepare({
      {&agreed_, "SELECT id" AGREED},
      {&agreed_since_, "SELECT id" AGREED_SINCE},
      {&any_ending_, ANY_ENDING},
      {&end_, END_THOSE " LIMIT ?5)"},
      {&end_rest_, "INSERT OR IGNORE INTO consent_ends (tenant, client, last, at, reason)"
                   " VALUES (?1, ?2, (SELECT max(n) FROM delegations), ?3, ?4)"},
      {&first_rest_, "SELECT tenant, client, last, at, reason FROM consent_ends ORDER BY tenant, client, last LIMIT 1"},
      {&write_, END_THOSE " AND n <= ?6 LIMIT ?5)"},
      {&all_written_, "DELETE FROM consent_ends WHERE tenant = ?1 AND client = ?2 AND last = ?3"},
  });
}

Result<bool, Fault> ConsentEnds::any_ending(const EndConsents& end) {
  return any_ending_.run(View(end.tenant), View(end.client)).next();
}

Result<bool, Fault> ConsentEnds::all_named(const EndConsents& end, bool ending) {
  const std::set<View> named(end.those->begin(), end.those->end());
  auto rows = (ending ? agreed_since_ : agreed_).run(View(end.tenant), View(end.client), end.at);
  for (;;) {
    TRY(bool row, rows.next());
    if (!row) return true;
    if (!named.contains(rows.text(0))) return false;
  }
}

// A row's number is handed out in the order of making, and none is given back: up to the last of now, all end.
Result<std::optional<Why>, Fault> ConsentEnds::end(const EndConsents& end) {
  TRY(const bool ending, any_ending(end));
  if (end.those) {
    TRY(const bool named, all_named(end, ending));
    if (!named) return std::optional(Why::version);
  }
  if (!ending) {
    TRY(auto ended, end_.execute(View(end.tenant), View(end.client), end.at, View(end.reason), at_once));
    if (end_.changed() < at_once) return std::optional<Why>();
  }
  TRY(auto rest, end_rest_.execute(View(end.tenant), View(end.client), end.at, View(end.reason)));
  return std::optional<Why>();
}

// Of one client's the oldest first: what it ended keeps that end.
Result<std::size_t, Fault> ConsentEnds::write(std::size_t limit) {
  std::size_t written = 0;
  for (;;) {
    std::string tenant, client, reason;
    std::int64_t last = 0;
    Instant at;
    {
      auto rows = first_rest_.run();
      TRY(bool row, rows.next());
      if (!row) return written;
      tenant = rows.text(0), client = rows.text(1), reason = rows.text(4);
      last = rows.integer(2), at = rows.instant(3);
    }
    const auto room = static_cast<std::uint64_t>(limit - written);
    TRY(auto wrote, write_.execute(View(tenant), View(client), at, View(reason), room, last));
    written += write_.changed();
    if (written == limit) return written;
    TRY(auto done, all_written_.execute(View(tenant), View(client), last));
  }
}

}  // namespace deputy::store::sqlite
