// GET /v1/{agents|users|applications}/{id}/access: what a principal can reach, resource by resource, and by what.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome access_of(Visit& visit, Kind kind);

}  // namespace deputy::endpoints::admin
