// Origin: whether a store was made with the origin that the settings name.
#pragma once

#include "directory/authority.h"
#include "server/config.h"
#include "store/store.h"

namespace deputy::server {

// This server's own API in a tenant. Faults: not_found, where the store was made with another origin, which is named,
// or has no such tenant.
Result<directory::Resource, Fault> own_api(const Config& config, store::Store& store, const std::string& tenant);

// As above, of a store that may be in use: nothing is changed in its file.
Result<Done, Fault> check_origin(const Config& config);

}  // namespace deputy::server
