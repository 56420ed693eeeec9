// deputy recover: a way back into a tenant whose administrators are gone, or have lost their credentials.
#pragma once

#include <string>

#include "base/fault.h"
#include "base/result.h"
#include "server/config.h"

namespace deputy::server {

struct Recovered {
  std::string client_id, username;
  std::string secret;  // shown once
};

// Makes a new user who holds all of this server's own API in the whole tenant, and changes nothing that is there. The
// server of the directory must not run: whoever may stop it, read its store and use its seal key is its keeper. The
// event is tenant.recover. Faults: conflict while a server runs; not_found where there is no store or no such tenant;
// invalid where the seal key is another.
Result<Recovered, Fault> recover(const Config& config, const std::string& tenant);

}  // namespace deputy::server
