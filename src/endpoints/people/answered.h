// Answered: what a form was answered that is good once, kept for a moment: a second click throws the first answer away,
// and who sends the same again is given it once more (docs/adr/0013).
#pragma once

#include <optional>
#include <string>

#include "endpoints/people/browser.h"

namespace deputy::endpoints::people {

// The request that waited for a person does so no more: its end goes with the answer's writes, and with it the answer
// as it is by now, sealed for this browser. Refused where somebody was quicker: then it is that answer, or the page
// that there is now.
void end_interaction(const Call& call, App& app, const Browser& browser, Answer& answer);

// For a request that waits no more: the answer that the same form of the same session was given a moment ago; or the
// page that says how to go on.
Answer not_waiting(const Call& call, App& app, const Browser& browser);

// The same for a form that belongs to no request: a code that is typed, a password that is changed.
std::string sent_by(const Call& call);  // what names it, as it was sent
void keep_answer(const Call& call, App& app, const Browser& browser, const std::string& sent, Answer& answer);
// None: it was not answered, or too long ago, or how the person signs in was changed since: then it is done anew.
std::optional<Answer> answer_to_same(const Call& call, App& app, const Browser& browser, std::string_view sent);

}  // namespace deputy::endpoints::people
