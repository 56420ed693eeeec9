// Instants as people and JSON write them (RFC 3339).
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace deputy::directory {

// "2026-11-24T06:03:47Z", with an optional fraction (beyond milliseconds: cut) and an offset other than Z allowed.
// None for anything else, a date that is not on the calendar, and years before 1970 or after 9999.
std::optional<Instant> parse_rfc3339(std::string_view text);

}  // namespace deputy::directory
