// Principal: what agents, users, applications and groups have in common: things that lie under them.
#pragma once

#include <string_view>

#include "base/json.h"

namespace deputy::endpoints::admin {

struct Draft;

// All tokens of the draft's principal, by every name that they bear.
void revoke_all_tokens(Draft& draft, const json::object& body, std::string_view reason);

// Look-ups of what lies under a principal.
inline constexpr std::string_view principal_index = "principal";  // credentials, by whose they are
inline constexpr std::string_view member_index = "member";        // memberships, by who is in
inline constexpr std::string_view group_index = "group";          // memberships, by what group
inline constexpr std::string_view pair_index = "pair";            // memberships, unique: once in a group

}  // namespace deputy::endpoints::admin
