// Relation: who may exchange what (DELEGATION, after RFC 8693). Pure: the facts come in, a relation or a refusal out.
#pragma once

#include "base/result.h"
#include "directory/principal.h"
#include "oauth/error.h"

namespace deputy::delegation {

enum class Relation {
  narrows,   // the token was issued to the caller, who narrows it: the actor stays
  hands_on,  // the token was issued to the caller, who names another actor
  received,  // the caller received the token: the actor becomes the caller
};

// What an exchange is decided by. `holder` is who holds the token: its current actor, or its client where it has none.
struct Exchange {
  const directory::Principal& caller;
  const directory::Principal& holder;
  const directory::Principal* named = nullptr;         // requested_actor
  const directory::Principal* actor_holder = nullptr;  // who holds the actor_token
  bool actor_agrees = false;                           // it shows its holder's agreement, and is for nothing else
  bool is_audience = false;                            // the token is for a resource that the caller is
};

struct Standing {
  Relation relation;
  const directory::Principal* actor;  // of the new token
  bool projection;  // what the token itself says may be drawn on; false: only what is onward for the actor
};

// May `from` hand authority on to `to`? By name, or by a group `to` is in. A user is nobody's delegate: users are
// represented by agents.
bool delegates_to(const directory::Principal& from, const directory::Principal& to);

// Refuses with unauthorized_client where the caller stands in no relation to the token, invalid_request where an
// actor is named that has no place in it.
Result<Standing, oauth::Error> standing_of(const Exchange& exchange);

}  // namespace deputy::delegation
