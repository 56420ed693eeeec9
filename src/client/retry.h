// Retry: how long a busy server asks us to stay away, and when we have asked often enough.
#pragma once

#include <optional>

#include "base/clock.h"
#include "http/client.h"

namespace deputy::client {

inline constexpr int kTriesMax = 4;

// Of 429 and 503 (RFC 9110 §10.2.3): the time its Retry-After names in seconds, or a longer one at each attempt.
// None where trying again is no use: another answer, too long a wait, or the last attempt (they count from 0).
std::optional<Millis> retry_after(const http::Reply& reply, int attempt);

}  // namespace deputy::client
