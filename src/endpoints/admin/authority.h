// Conferring: nobody gives, by a role, a membership or a credential, what they do not hold themselves.
#pragma once

#include <string_view>

#include "directory/authority.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// May the caller give this role to somebody, for this organization (empty: the whole tenant)? At Deputy's own API it
// must hold every scope the role gives, as far as it would be given, and its token must carry each. At other resources
// a caller whose reach is the whole tenant assigns freely, that is its office; one bound to an organization gives what
// it holds.
Result<Done, Problem> may_confer(const Visit& visit, const directory::Role& role, std::string_view organization);

// The same for what `after` gives and `before` (null: nothing yet) does not.
Result<Done, Problem> may_widen(const Visit& visit, const directory::Role* before, const directory::Role& after,
                                std::string_view organization);

// May the caller put somebody in this principal's or group's place: all that is assigned to it, to the groups it is in,
// and to the agents that any of them owns, would be theirs.
Result<Done, Problem> may_confer_all_of(const Visit& visit, std::string_view id);

// May the caller do to this principal what lets somebody act as it? `its_own`: it is the caller, or belongs to it; then
// it is a matter of its own, if the caller acts itself and by a token that carries all it holds at Deputy's own API. By
// any other token, and to anybody else, it gives what it holds: a narrowed token does not come by a wider one, nor by
// what it could not reach at other resources (I1).
Result<Done, Problem> may_act_as(const Visit& visit, std::string_view id, bool its_own);

}  // namespace deputy::endpoints::admin
