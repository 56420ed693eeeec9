// The system clock, and how an instant is written.
#include "base/clock.h"

namespace deputy {

Instant SystemClock::now() const {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

// By hand: it is in every event, and a format string costs five times as much.
std::string rfc3339(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const auto millis = static_cast<unsigned>((at - day).count());
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&](std::size_t last, std::size_t digits, unsigned number) {
    for (; digits > 0; --digits, number /= 10) out[last--] = static_cast<char>('0' + number % 10);
  };
  put(3, 4, static_cast<unsigned>(int(date.year())));
  put(6, 2, unsigned(date.month()));
  put(9, 2, unsigned(date.day()));
  put(12, 2, millis / 3'600'000);
  put(15, 2, millis / 60'000 % 60);
  put(18, 2, millis / 1000 % 60);
  put(22, 3, millis % 1000);
  return out;
}

}  // namespace deputy
