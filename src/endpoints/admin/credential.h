// Credentials: what agents, applications and users prove themselves with; made, rotated with overlap, removed.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// `of` is the kind whose path the request stands under.
Outcome list_credentials(Visit& visit, Kind of);
Outcome create_credential(Visit& visit, Kind of);
Outcome read_credential(Visit& visit, Kind of);
// Its label and its expiry.
Outcome update_credential(Visit& visit, Kind of);
Outcome delete_credential(Visit& visit, Kind of);
Outcome rotate_credential(Visit& visit, Kind of);

}  // namespace deputy::endpoints::admin
