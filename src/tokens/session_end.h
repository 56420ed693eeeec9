// Session end: until when a browser's session is live, by its record. A session that was ended has none.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "store/store.h"

namespace deputy::tokens {

struct SessionEnd {
  Instant seen_at;  // last use
  Instant ends_at;  // unless it is used before: by its idle time, and by its absolute one
};
// One that was signed in to, or used, further ahead than set_back_max is over: nobody knows how long ago that was.
Result<SessionEnd, Fault> end_of_session(const store::Record& record, Instant now);

// Is the session that `sid` names this user's, and live?
Result<bool, Fault> is_live_session(std::string_view sid, std::string_view user, std::string_view tenant,
                                    store::Store& store, Instant now);

}  // namespace deputy::tokens
