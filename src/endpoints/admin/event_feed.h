// The audit log as server-sent events: what is recorded, as it is recorded.
#pragma once

#include <optional>

#include "endpoints/admin/frame/feed_place.h"
#include "endpoints/admin/frame/visit.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

// Streams events that match, from `after` on, or from now on where there is neither `after` nor a Last-Event-ID.
Outcome follow_events(Visit& visit, store::EventFilter filter, const std::optional<FeedPlace>& after);

}  // namespace deputy::endpoints::admin
