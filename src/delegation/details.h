// Details: what a client asks of an exchange beyond scopes, as authorization_details (RFC 9396) of two types of ours:
//   {"type":"onward","actor":"agt_…","resource":"https://…","scope":"a b"}   what the one that is called may draw
//   {"type":"limits","expires_in":3600,"max_depth":3,"uses":10}              bounds of the new delegation
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "delegation/delegation.h"
#include "oauth/error.h"
#include "oauth/scope.h"

namespace deputy::delegation {

struct Onward {
  std::string actor, resource;  // the id of an agent; the identifier of a resource
  oauth::ScopeSet scope;
};

struct Details {
  std::vector<Onward> onward;
  Limits limits;
  bool empty() const { return onward.empty() && limits == Limits{}; }
};

// Refuses (invalid_authorization_details, RFC 9396 §5) what is no array of objects, an unknown type, a member that the
// type does not have, a value out of range, and more than 20 details.
Result<Details, oauth::Error> parse_details(std::string_view text, Instant now);

}  // namespace deputy::delegation
