// Times as people type them: "30d" from now, or an instant.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace deputy::cli {

// "45s", "30m", "12h", "30d", "52w": a whole number and a unit.
std::optional<Seconds> duration_of(std::string_view text);
// A duration from now, a date ("2027-01-31": its first moment, UTC), or RFC 3339 text, as RFC 3339 text.
std::optional<std::string> instant_of(std::string_view text, Instant now);
// The same of what has been: a duration is how long ago.
std::optional<std::string> past_instant_of(std::string_view text, Instant now);

}  // namespace deputy::cli
