// Answered: the end of a request that waited for a person, and the answer their browser got: for a moment it is given
// once more to who sends the same again, because a second click throws the first answer away (docs/adr/0013).
#pragma once

#include "endpoints/people/browser.h"

namespace deputy::endpoints::people {

// The request waits no more: its end goes with the answer's writes, and with it the answer as it is by now, sealed for
// this browser. Refused where somebody was quicker: then it is that answer, or the page that there is now.
void end_interaction(const Call& call, App& app, const Browser& browser, Answer& answer);

// For a request that waits no more: the answer that the same form of the same session was given a moment ago; or the
// page that says how to go on.
Answer not_waiting(const Call& call, App& app, const Browser& browser);

}  // namespace deputy::endpoints::people
