// A consent that ends otherwise than by being taken back on a page: an event of its own, consent.end, beside that of
// the cause, so that it is found by the person, the client, the resources and the path.
#pragma once

#include <string_view>

#include "audit/event.h"
#include "delegation/delegation.h"
#include "endpoints/app.h"

namespace deputy::endpoints {

// `cause` says who ended it, and by which request. It stands in a batch before what ends the consent: it is written
// where that goes on until then, with all that it was put together of (I4), so that an end that two requests bring
// together is told once.
Result<store::Write, Fault> consent_end(App& app, const audit::Event& cause, const delegation::Delegation& consent,
                                        std::string_view reason);

// The same of any delegation, as this action.
Result<store::Write, Fault> delegation_end(App& app, const audit::Event& cause, const delegation::Delegation& one,
                                           std::string_view action, std::string_view reason);

// One for each consent that goes on and that these writes end by its id: to stand before them.
Result<store::Writes, Fault> consent_ends(App& app, const audit::Event& cause, const store::Writes& writes);

}  // namespace deputy::endpoints
