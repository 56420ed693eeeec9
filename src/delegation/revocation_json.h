// Revocations as JSON: one form for the server that tells them and the follower that hears them.
#pragma once

#include <string_view>

#include "base/fault.h"
#include "base/json.h"
#include "base/result.h"
#include "delegation/revocation.h"

namespace deputy::delegation {

std::string_view name_of(Kills kind);

// All but the tenant, which is whoever's feed it is.
json::object to_json(const Revocation& revocation);
// Faults: invalid, where a member that decides what is killed is missing or cannot be read. A kind we do not know is
// refused too: a follower that passed it over would let live what a newer server killed.
Result<Revocation, Fault> revocation_of(const json::object& document);

}  // namespace deputy::delegation
