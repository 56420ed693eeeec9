// How long a response may be kept (RFC 9111).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace deputy::http {

// What Cache-Control allows; zero where it forbids (`no-store`, `no-cache`) or its `max-age` is no number (§4.2.1);
// none where it does not say.
std::optional<Seconds> max_age(std::string_view cache_control);

}  // namespace deputy::http
