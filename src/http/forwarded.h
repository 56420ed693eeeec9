// Who the client really is when a proxy stands between: a trusted proxy's word, and nobody else's.
#pragma once

#include <string>
#include <vector>

#include "http/address.h"
#include "http/message.h"

namespace deputy::http {

// Replaces request.peer (the socket's address, which the caller has found to be trusted) by the right-most address of
// X-Forwarded-For that is not trusted itself, and sets request.secure by X-Forwarded-Proto. Each proxy appends what it
// saw, so whatever a client made up stands to the left of the first word we believe.
void believe_proxy(Request& request, const std::vector<Block>& trusted);

}  // namespace deputy::http
