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

// The write of an agent whose state or owner is another now, at the version that was read; gives the record as it will
// be.
Result<store::Record, Problem> rewrite_agent(const Visit& visit, const Found& found, const json::object& body,
                                             Change& change);

}  // namespace deputy::endpoints::admin
