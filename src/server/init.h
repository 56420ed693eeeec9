// deputy init: a data directory, a seal key, the default tenant with its keys, and the first admin. Never overwrites.
#pragma once

#include <string>

#include "base/fault.h"
#include "base/result.h"
#include "server/config.h"

namespace deputy::server {

enum class SettingsFile { made, kept };  // deputy.yaml; kept: it was there before, and is as it was

struct Initialized {
  std::string client_id;
  std::string secret;  // the admin's, shown once
  SettingsFile settings_file;
};

// Faults, after which there are no settings and no store that were not there before: conflict when there is a store
// already, and then nothing is written; invalid when the origin is not known, the directory was there, in use, and is
// open to others, or a file that is named could not be served with; unavailable when it cannot be made or written.
// The file that the secret is to go into is made before; it may lie in the directory.
Result<Initialized, Fault> init(const Config& config, const std::string& secret_file = "");

}  // namespace deputy::server
