// deputy config check: what `serve` would refuse, found without serving.
#pragma once

#include "base/fault.h"
#include "base/result.h"
#include "server/config.h"

namespace deputy::server {

// Opens what the settings name as serving opens it; writes nothing, and takes no port and no lock. Faults: in the
// words of `serve`, a line each.
Result<Done, Fault> check(const Config& config);

}  // namespace deputy::server
