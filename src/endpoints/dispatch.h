// Dispatch: from a request to its row in the table, and from an answer, once its writes are durable, to the wire.
#pragma once

#include "endpoints/app.h"
#include "http/message.h"
#include "http/server.h"

namespace deputy::endpoints {

// Calls `send` once: at once when the answer has no writes, else when they are durable (I5: nothing before its record).
void dispatch(const http::Request& request, App& app, http::Send send);

// How large a body may be that comes after this head; none: there is nothing that would read it.
std::optional<std::size_t> body_bytes_kept(const http::Request& head);

}  // namespace deputy::endpoints
