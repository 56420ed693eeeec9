// /v1/delegations: the trees of who acts for whom: listed, read, and cut.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// Oldest first: those in reach; of one actor, the roots of one subject, or the children of one delegation.
Outcome list_delegations(Visit& visit);
Outcome read_delegation(Visit& visit);
// It and all below it. With ?preview=true: what that would end.
Outcome revoke_delegation(Visit& visit);

}  // namespace deputy::endpoints::admin
