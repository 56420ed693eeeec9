// Step-up: what resources and scopes ask of a person's sign-in, brought together for one request (RFC 9470).
#pragma once

#include "directory/authority.h"
#include "flows/interaction.h"

namespace deputy::endpoints::authorize {

// The strongest acr and the least age of what the resource, and those of its scopes that are asked for, demand.
void require_sign_in(const directory::Resource& resource, flows::AuthorizationRequest& request);

}  // namespace deputy::endpoints::authorize
