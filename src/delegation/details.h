// Details: what a client asks beyond scopes, as authorization_details (RFC 9396) of two types of ours, and of those
// that resources register (registered.h):
//   {"type":"onward","actor":"agt_…","resource":"https://…","scope":"a b"}   what the one that is called may draw
//   {"type":"limits","expires_in":3600,"max_depth":3,"uses":10}              bounds of the new delegation
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"
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
  std::vector<json::object> registered;  // of other types: to be held against the resources by resolve()
  bool none = false;  // an empty list was sent: no details are wanted, and none inherited
  // Does it ask for no more than what a token of the delegation as it is could hold?
  bool as_it_is() const { return onward.empty() && limits == Limits{}; }
  bool empty() const { return as_it_is() && registered.empty(); }
};

// Refuses (invalid_authorization_details, RFC 9396 §5) what is no array of objects, an object without a type, a member
// that a type of ours does not have, a value out of range, and more than 20 details. Whoever reads it must resolve()
// the registered ones: a type that nobody registers is unknown. `expires_in` counts from `asked_at`.
Result<Details, oauth::Error> parse_details(std::string_view text, Instant asked_at);

}  // namespace deputy::delegation
