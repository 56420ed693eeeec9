// Principal: what agents, users, applications and groups have in common: things that lie under them.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

struct Draft;

// All tokens of the draft's principal, by every name that they bear.
void revoke_all_tokens(Draft& draft, const json::object& body, std::string_view reason);

// Codes, refresh tokens and ID tokens that were given to the principal are over, also when it comes back
// (docs/adr/0013). `version`: of its record as it was until now.
void end_what_was_given(json::object& body, std::uint64_t version, Instant now);

// Look-ups of what lies under a principal.
inline constexpr std::string_view principal_index = "principal";  // credentials, by whose they are
inline constexpr std::string_view member_index = "member";        // memberships, by who is in
inline constexpr std::string_view group_index = "group";          // memberships, by what group
inline constexpr std::string_view pair_index = "pair";            // memberships, unique: once in a group

// Ends all sessions of a user; the clients they signed in to are told.
Result<Done, Problem> end_sessions(const Visit& visit, std::string_view user, Change& change);

}  // namespace deputy::endpoints::admin
