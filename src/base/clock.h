// Clock: the time, as a value that is handed in. Nothing above base/ asks the machine for it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace deputy {

using Seconds = std::chrono::seconds;
using Millis = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Millis>;  // milliseconds since 1970, UTC

// Whole seconds since 1970, as JWT's NumericDate (RFC 7519 §2) counts them; rounds down.
constexpr std::int64_t unix_seconds(Instant at) {
  return std::chrono::floor<Seconds>(at).time_since_epoch().count();
}
constexpr Instant from_unix_seconds(std::int64_t seconds) { return Instant(Seconds(seconds)); }
constexpr std::int64_t unix_millis(Instant at) { return at.time_since_epoch().count(); }
constexpr Instant from_unix_millis(std::int64_t millis) { return Instant(Millis(millis)); }

// How far a clock of ours may have been set back since it told an instant that still matters: what is decided by two
// instants allows for so much. More is warned of.
inline constexpr Seconds set_back_max{60};

// "2026-11-24T06:03:47.123Z" (RFC 3339), always in UTC, always with milliseconds.
std::string rfc3339(Instant at);

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

}  // namespace deputy
