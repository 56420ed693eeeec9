// /v1/revocations: what has been revoked, in order, for those who enforce it: as pages, as a stream, as a snapshot.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

inline constexpr std::string_view revocations_scope = "revocations:read";

Outcome list_revocations(Visit& visit);
Outcome revocation_snapshot(Visit& visit);

// Refuses a place after which entries are gone that the caller would never hear of; and one beyond the end, which is of
// another sequence: whoever has it is ahead of a store that was set back, and would take silence for nothing new.
Result<Done, Problem> check_kept(const Visit& visit, std::uint64_t after);
// The stream, from `after` on.
Outcome follow_revocations(Visit& visit, std::uint64_t after);

}  // namespace deputy::endpoints::admin
