// Upstream: a trusted issuer's token as a subject token. It begins a chain, unless something that tokens like it began
// was ended since it was issued: then it draws on what stays of that, and begins nothing (docs/adr/0032).
#pragma once

#include "grants/exchange/subject.h"

namespace deputy::grants::exchange {

// Refuses (invalid_request) one that is not of the declared type, of no issuer that is trusted, for somebody else, or
// over; and, by from_before(), one of a time of which nothing stays. Refuses (temporarily_unavailable) while the
// issuer's keys are fetched.
Result<Subject, oauth::Error> read_upstream(const Request& asked, const TokenRequest& request, World& world);

// What was stopped or ended later than this was so under a clock that was wrong, and counts for nothing.
Instant believed_until(Instant now);

// The subject token began what was revoked since, and begins it no more; a newer one may, if it says that it is newer
// (none: the epoch). `why` is for the audit.
oauth::Error from_before(Instant issued_at, std::string why);

}  // namespace deputy::grants::exchange
