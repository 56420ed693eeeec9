// /v1/revocations: what has been revoked, in order, for those who enforce it: as pages, as a stream, as a snapshot.
#pragma once

#include "endpoints/admin/frame/visit.h"
#include "endpoints/admin/frame/feed_place.h"

namespace deputy::endpoints::admin {

inline constexpr std::string_view revocations_scope = "revocations:read";

Outcome list_revocations(Visit& visit);
Outcome revocation_snapshot(Visit& visit);

// Refuses a place after which entries are gone that the caller would never hear of; and one of a history from which the
// store was set back: beyond the end, or with a tag that is not its entry's. Of a place without a tag only the first is
// seen. The tag of an entry that is purged is not known any more, unless it is the last: its place is refused, too.
Result<Done, Problem> check_place(const Visit& visit, const FeedPlace& place);
// The stream, from `after` on.
Outcome follow_revocations(Visit& visit, std::uint64_t after);

}  // namespace deputy::endpoints::admin
