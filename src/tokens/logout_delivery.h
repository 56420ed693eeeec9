// LogoutDelivery: that a session has ended and who is still to be told of it. A record, committed with the end itself:
// it outlives the process, and of many nodes one at a time has it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/random.h"
#include "store/store.h"

namespace deputy::tokens {

struct EndedSession {
  std::string tenant, issuer, user, sid;
};

struct LogoutDelivery {
  std::string id;
  std::uint64_t version = 0;  // of its record; 0: it is not written yet
  EndedSession session;
  std::string client;  // the principal to be told; empty: whom it concerns is still to be found
  int attempts = 0;    // that were begun
  Instant due;         // of the next one
};

// All deliveries of a store are one queue, whichever tenant's they are: they lie under no tenant, as the audit log's
// key does.
inline constexpr std::string_view deliveries_tenant;

// For the batch that ends the session: its clients are told, sooner or later.
store::Write tell_clients(EndedSession session, Instant now, Random& random);

// The delivery in its new state. Refused (`version`, `exists`) where another node was first.
store::Put put_delivery(const LogoutDelivery& delivery, Instant now);
store::Remove remove_delivery(const LogoutDelivery& delivery);
// None: the record is damaged.
std::optional<LogoutDelivery> read_delivery(const store::Record& record);

// How long to wait after so many attempts that failed; none: it is given up, after most of a day.
std::optional<Seconds> pause_after(int attempts);
// When that is due whose turn is now, from and up to. What is due later than any pause was put there by a clock that
// has been set back since: it is due, too.
using DueSpan = std::pair<Instant, Instant>;
std::array<DueSpan, 2> due_at(Instant now);
DueSpan not_due_at(Instant now);  // all else
bool is_due(const LogoutDelivery& delivery, Instant now);
// What is due in a span, in this order: found by an index, however much else waits. With `after`, behind that one.
store::Page due_page(DueSpan span, std::size_t limit, const LogoutDelivery* after = nullptr);
// When it has waited for as long as all the pauses take together: an attempt that fails from then on is its last.
Instant stale_at(const LogoutDelivery& delivery);

}  // namespace deputy::tokens
