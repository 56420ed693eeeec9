// GET /v1/delegations/{id}/tree: a delegation and all below it, for people to look at.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome tree_of_delegation(Visit& visit);

}  // namespace deputy::endpoints::admin
