// Marks: what came with a request and is good once, the jti of its assertion and of its proof (A14, A18).
#pragma once

#include <functional>
#include <optional>

#include "endpoints/app.h"
#include "endpoints/endpoint.h"

namespace deputy::endpoints {

// How an endpoint refuses: with the headers it has beside the error. Takes nothing of the request, so it may run after
// a lost race.
using Refusal = std::function<Answer(audit::Event, const oauth::Error&)>;
Refusal plain_refusal(const App& app);

// Refuses what came with these marks: they are spent with the event of the refusal; where one of them was spent before,
// the answer is the replay's. `also` is written whichever it is, and never refuses a batch. `use_dpop_nonce` spends
// nothing: it asks for the same request again, with another proof (RFC 9449 §8).
Answer refuse_once(const Refusal& refusal, audit::Event event, const oauth::Error& error, store::Writes marks,
                   store::Writes also = {});

// Answer::refused of a batch that begins with these marks, of which nothing else refuses it.
std::function<Answer(const store::Refused&)> once_only(Refusal refusal, audit::Event event, store::Writes marks,
                                                       store::Writes also = {});

// What the store found used of the marks that stand in a batch from `first` on; those that are still to be spent stay
// in them. None: it refused something else.
std::optional<oauth::Error> replayed(const store::Refused& by, std::size_t first, store::Writes& marks);

}  // namespace deputy::endpoints
