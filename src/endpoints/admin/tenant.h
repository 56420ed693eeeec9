// Tenants: made by the default tenant's administrators, each with its own issuer, keys, roles and first administrator.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_tenants(Visit& visit);
Outcome create_tenant(Visit& visit);
Outcome read_tenant(Visit& visit);
Outcome update_tenant(Visit& visit);

}  // namespace deputy::endpoints::admin
