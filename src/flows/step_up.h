// Step-up: what resources and scopes ask of a person's sign-in, brought together for one request (RFC 9470).
#pragma once

#include "directory/authority.h"
#include "flows/interaction.h"
#include "oauth/scope.h"

namespace deputy::flows {

// What the resource, and those of its scopes that are among `scopes`, ask for.
Demands demands_of(const directory::Resource& resource, const oauth::ScopeSet& scopes);

}  // namespace deputy::flows
