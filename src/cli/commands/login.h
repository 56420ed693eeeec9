// What `login` tries of a client, and `whoami` shows of it.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cli/failure.h"
#include "client/api.h"

namespace deputy::cli {

// What the client holds at the server's own API, as a scope (RFC 6749 §3.3); none: it was let in, and holds nothing.
Result<std::optional<std::string>, Failure> scope_at_own_api(client::Api& api);

}  // namespace deputy::cli
