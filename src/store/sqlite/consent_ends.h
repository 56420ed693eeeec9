// ConsentEnds: all consents to a client end at once, however many they are: of very many the rest is told by one row of
// them all, until each has its end in its own.
#pragma once

#include "store/sqlite/database.h"
#include "store/store.h"

// Of a row of `delegations`: whoever reads or changes what goes on asks both its own end and that with others.
#define ENDED_WITH_OTHERS(what)                                                                                 \
  "(SELECT e." what " FROM consent_ends e WHERE e.tenant = delegations.tenant AND e.client = delegations.actor" \
  " AND e.last >= delegations.n ORDER BY e.last LIMIT 1)"
#define IS_ENDED " (revoked_at IS NOT NULL OR origin = 0 AND EXISTS " ENDED_WITH_OTHERS("at") ")"
#define GOES_ON " revoked_at IS NULL AND (origin <> 0 OR NOT EXISTS " ENDED_WITH_OTHERS("at") ")"

// Everybody's consents to one client (?1, ?2) that go on at an instant (?3). While some end with others, those that
// were made since are read by the order in which all of the client's were made: of what ends nothing is passed over.
#define AGREED_AND_NOT_OVER \
  " WHERE tenant = ?1 AND actor = ?2 AND ifnull(not_after, 9223372036854775807) > ?3 AND origin = 0 AND" GOES_ON
#define AGREED " FROM delegations INDEXED BY delegations_agreed" AGREED_AND_NOT_OVER
#define AGREED_SINCE                                                 \
  " FROM delegations INDEXED BY delegations_actor" AGREED_AND_NOT_OVER \
  " AND n > (SELECT ifnull(max(last), 0) FROM consent_ends WHERE tenant = ?1 AND client = ?2)"
// Whether some end with others now.
#define ANY_ENDING "SELECT 1 FROM consent_ends WHERE tenant = ?1 AND client = ?2 LIMIT 1"

namespace deputy::store::sqlite {

class ConsentEnds {
 public:
  // So many rows a statement: all other commits wait for it.
  static constexpr std::uint64_t at_once = 1000;

  Result<Done, Fault> prepare(Database& database);
  // The condition that does not hold; none: done.
  Result<std::optional<Refused::Why>, Fault> end(const EndConsents& end);
  // Puts its end into each of up to `limit` rows that ended with others; gives into how many. Nobody who reads sees a
  // difference.
  Result<std::size_t, Fault> write(std::size_t limit);

 private:
  Result<bool, Fault> any_ending(const EndConsents& end);
  Result<bool, Fault> all_named(const EndConsents& end, bool ending);  // those that go on are among `those`

  Statement agreed_, agreed_since_, any_ending_, end_, end_rest_, first_rest_, write_, all_written_;
};

}  // namespace deputy::store::sqlite
