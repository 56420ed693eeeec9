// Idempotency-Key: a POST that is sent again gets the first one's answer, and does nothing a second time.
#pragma once

#include "endpoints/admin/frame/visit.h"

namespace deputy::endpoints::admin {

// Is it a POST with a key?
bool names_its_key(const Visit& visit);

// Takes the step unless this caller has sent the same request under the same key before. The answer is kept, sealed
// (it may hold a secret that is shown once), in the batch that makes the change: never one without the other.
Outcome once(Visit& visit, Step step);

}  // namespace deputy::endpoints::admin
