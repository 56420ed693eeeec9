// Administrators: who holds all of this server's own API in the whole tenant, with something to prove who they are.
// There is one, as long as /v1 is all that changes the directory, and no credential expires.
#pragma once

#include "directory/authority.h"
#include "directory/principal.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/visit.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {

// Does the role speak of this server's own API?
Result<bool, Fault> names_own_api(const Visit& visit, const directory::Role& role);

// Do these roles give all that there is at a resource?
bool give_all(const directory::Resource& resource, const std::vector<const directory::Role*>& roles);

// Can it get a token of its own, now and for as long as nobody changes it?
bool may_administer(const directory::Principal& principal, Instant now);

// Refuses (wrong_state) a change by which the last administrator would go. Where one is left, the change depends on
// that one as it is: of two changes that take away the last two, one is refused. It is on hold (Change::hold): where
// that one changed meanwhile, another is looked for. Nothing is asked where there was none.
Result<Done, Problem> keep_an_administrator(const Visit& visit, const Taken& taken, Change& change);

}  // namespace deputy::endpoints::admin
