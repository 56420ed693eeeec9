// Needs: what the agent that is a resource draws further on, at other resources, as the resource's record declares it.
#pragma once

#include <optional>

#include "base/result.h"
#include "directory/authority.h"
#include "grants/grant.h"

namespace deputy::grants {

// As permissions; none: it needs nothing, or there is no such resource.
Result<std::optional<directory::Role>, Fault> needs_of(const directory::Resource& resource, World& world);

}  // namespace deputy::grants
