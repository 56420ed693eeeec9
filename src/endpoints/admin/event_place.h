// Places in the audit log: an event's number, and which event that is (docs/adr/0029-a-place-names-its-entry.md).
#pragma once

#include "endpoints/admin/frame/feed_place.h"
#include "endpoints/admin/frame/visit.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

// The tag is made from the event's id, which stays when its body is dropped; it says nothing of another tenant's event.
FeedPlace event_place(const store::StoredEvent& event);
// Of whichever event has this number; before the first there is none.
Result<FeedPlace, Fault> event_place_at(App& app, std::uint64_t seq);

// Refuses a place of a history from which the store was set back: beyond the end of the log, or at an event that is
// another now. Of a place without a tag only the first is seen. Problems: gone, of this parameter.
Result<Done, Problem> check_event_place(const Visit& visit, const FeedPlace& place, std::string_view parameter);

}  // namespace deputy::endpoints::admin
