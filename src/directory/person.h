// What of a user a client may be told, by the scopes that were given (OpenID Connect Core §5.4).
#pragma once

#include "base/json.h"
#include "oauth/scope.h"

namespace deputy::directory {

// Of `profile`: name, preferred_username; of `email`: email. Never `sub`, which is the caller's to say.
json::object person_claims(const json::object& user, const oauth::ScopeSet& scope);

}  // namespace deputy::directory
