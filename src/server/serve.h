// deputy serve: listens until SIGTERM; SIGHUP takes up certificates and the settings that may change while it runs.
#pragma once

#include <functional>

#include "server/config.h"

namespace deputy::server {

// Gives the settings anew, as at the start: file, environment, command line.
using Reread = std::function<Result<Config, Fault>()>;
// Gives the exit status.
int serve(const Config& config, const Reread& reread);

}  // namespace deputy::server
