// GET /v1/events: the audit log, as pages, as single events, and as a stream.
#pragma once

#include "endpoints/admin/frame/visit.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

Outcome list_events(Visit& visit);
Outcome read_event(Visit& visit);

// The event as it was stored, with its number in front.
std::string event_text(const store::StoredEvent& event);

}  // namespace deputy::endpoints::admin
