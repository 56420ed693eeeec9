// Redeem: tokens of what a person agreed to, at one resource, from what everybody is and holds at this instant. What a
// code and a refresh token have alike.
#pragma once

#include "grants/carried.h"
#include "grants/grant.h"

namespace deputy::grants {

// Refuses invalid_grant where the delegation, its subject or an actor is no more; invalid_target and invalid_scope for
// what is beyond what was given (A24); what the request's key does not open.
Result<tokens::Authorization, oauth::Error> redeem(const Carried& carried, const TokenRequest& request, World& world);

// For the event: what was carried is known, whether or not it opens anything any more.
void tell_of(const Carried& carried, World& world);

// What a replay ends: the delegation and all below it, or, where there is none, the family of tokens.
store::Writes end_of_family(const Carried& carried, std::string_view tenant, Instant now, std::string_view reason);

// A refresh token that carries on from here, made durable with the tokens.
void add_refresh_token(const Carried& carried, std::string handle, const World& world,
                       tokens::Authorization& authorization);

// Does it rotate? A client that proves a secret or a key at each refresh holds one for good (FAPI 2.0 §5.3.2.1).
bool rotates(const Carried& carried, const directory::Principal& client);

}  // namespace deputy::grants
