// Step-up where tokens are made (RFC 9470): what a resource and its scopes ask of a person's sign-in. The authorization
// endpoint asks it for one request; consents, codes and tokens outlive what was asked then.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "directory/authority.h"
#include "grants/grant.h"
#include "oauth/scope.h"

namespace deputy::grants::exchange {

// What is known of how the person signed in.
struct SignIn {
  std::string_view acr;              // empty: nothing is known
  std::optional<Instant> auth_time;
  Instant asked_at;                  // how old the sign-in may be is counted to here
  oauth::ScopeSet held = {};         // of the token that is presented: their age was asked when it was given
};

// The resource's scopes for which the sign-in is strong enough, and those for which it is recent enough.
struct Satisfied {
  oauth::ScopeSet strong, recent;
};

bool asks_of_sign_in(const directory::Resource& resource);
Result<Satisfied, Fault> satisfied_by(const SignIn& sign_in, const directory::Resource& resource, World& world);

}  // namespace deputy::grants::exchange
