// What of a user a client may be told: by the scopes that were given (OpenID Connect Core §5.4), or claim by claim
// (§5.5). What may be told is one set: its scopes, and a token for each claim that was given by itself.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/json.h"
#include "oauth/scope.h"

namespace deputy::directory {

// This server's own, of who somebody is. No resource defines one: asked for, it would tell of the person.
inline constexpr std::array<std::string_view, 4> openid_scopes{"openid", "profile", "email", "offline_access"};

// The scope that a claim goes with; empty: it is none of a user.
std::string_view scope_of_claim(std::string_view claim);
// A claim given by itself, in a set of what may be told. No scope looks like it: that of a resource holds no '*'.
std::string token_of_claim(std::string_view claim);
// The claim that such a token stands for; empty: it is a scope.
std::string_view claim_of_token(std::string_view token);
// Is it told: by itself, or, of a claim, by its scope?
bool may_tell(const oauth::ScopeSet& told, std::string_view token);
// The scopes of such a set.
oauth::ScopeSet scopes_told(const oauth::ScopeSet& told);

// Of `profile`: name, preferred_username; of `email`: email, email_verified. Never `sub`, which is the caller's to say.
json::object person_claims(const json::object& user, const oauth::ScopeSet& told);

}  // namespace deputy::directory
