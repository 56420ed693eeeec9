// Members of groups.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome list_members(Visit& visit);
Outcome add_member(Visit& visit);
Outcome remove_member(Visit& visit);

}  // namespace deputy::endpoints::admin
