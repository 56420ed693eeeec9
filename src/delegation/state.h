// State: what is true now of a delegation, by its own record, what it descends from, and those on its chain (I4).
#pragma once

#include <cstdint>
#include <string_view>

#include "delegation/delegation.h"

namespace deputy::delegation {

enum class State : std::uint8_t {
  live,
  inactive,  // somebody on its chain, the subject, or the issuer it began with is not active: it lives again when
             // they are
  cut_off,   // one above it is revoked
  ended,     // its time is over
  revoked,
};
std::string_view name_of(State state);

// What its own record does not say.
struct Surroundings {
  bool ancestor_dead = false, everybody_active = true;
};
State state_of(const Delegation& delegation, const Surroundings& around, Instant now);

// By its own record alone: revoked, or past its time. All below it is dead too.
bool is_dead(const Delegation& delegation, Instant now);
// No more tokens of it than these can be alive.
std::uint64_t tokens_live_max(const Delegation& delegation, Instant now);

}  // namespace deputy::delegation
