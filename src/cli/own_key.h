// The key of this user of the command line, which tokens are bound to (RFC 9449): dpop.jwk beside the profiles.
#pragma once

#include "base/result.h"
#include "cli/failure.h"
#include "cli/world.h"
#include "client/dpop_key.h"

namespace deputy::cli {

// The key; made, and kept in a file of mode 0600, where there is none yet. A file that others may read is refused.
Result<client::DpopKey, Failure> own_key(const World& world);
// Whether this is that key's thumbprint; makes nothing.
bool is_own_key(const World& world, std::string_view thumbprint);

}  // namespace deputy::cli
