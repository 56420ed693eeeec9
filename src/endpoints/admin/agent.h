// Agents: suspend, resume, revoke, transfer, and who was accountable when.
#pragma once

#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

Outcome suspend_agent(Visit& visit);
Outcome resume_agent(Visit& visit);
Outcome revoke_agent(Visit& visit);
Outcome transfer_agent(Visit& visit);
Outcome owners_of_agent(Visit& visit);

}  // namespace deputy::endpoints::admin
