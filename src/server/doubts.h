// What can be served and is hardly meant.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "server/config.h"

namespace deputy::server {

// A sentence each: `config check` warns of them, and `serve` logs them. Nothing is refused for any.
std::vector<std::string> doubts(const Config& config, Instant now);

}  // namespace deputy::server
