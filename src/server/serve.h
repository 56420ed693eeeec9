// deputy serve: listens until SIGTERM; SIGHUP takes up certificates and the settings that may change while it runs.
#pragma once

#include <functional>

#include "server/config.h"

namespace deputy::server {

// `reread` gives the settings anew, as at the start: file, environment, command line. Gives the exit status.
int serve(const Config& config, const std::function<Result<Config, Fault>()>& reread);

}  // namespace deputy::server
