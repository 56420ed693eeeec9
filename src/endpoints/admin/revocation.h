// GET /v1/revocations: what has been revoked, in order, for those who enforce it.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_revocations(Visit& visit);

}  // namespace deputy::endpoints::admin
