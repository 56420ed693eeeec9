// The root delegations by which a client may act for a user now: remembered consents, newest first.
#pragma once

#include <string_view>
#include <vector>

#include "delegation/delegation.h"
#include "directory/principal.h"
#include "grants/grant.h"

namespace deputy::flows {

Result<std::vector<delegation::Delegation>, Fault> live_consents(const directory::Principal& client,
                                                                 std::string_view user, grants::World& world);

}  // namespace deputy::flows
