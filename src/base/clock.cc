// The system clock, and how an instant is written.
#include "base/clock.h"

#include <fmt/format.h>

namespace deputy {

Instant SystemClock::now() const {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

std::string rfc3339(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", int(date.year()),
                     unsigned(date.month()), unsigned(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace deputy
