// Seconds, with a fraction where the issuer likes; milliseconds are what a clock here has.
#include "jose/numeric_date.h"

#include <cmath>

namespace deputy::jose {

// What is before 1970 or past the year 9999 is nobody's time.
Result<std::optional<Instant>, Reject> numeric_date(const json::object& claims, std::string_view name) {
  constexpr double seconds_max = 253'402'300'799.0;
  const auto* claim = claims.if_contains(name);
  if (claim == nullptr) return std::optional<Instant>();
  if (!claim->is_number()) return Fail{Reject::malformed};  // RFC 7519 §2
  boost::system::error_code error;
  const auto seconds = claim->to_number<double>(error);
  if (error || !(seconds >= 0) || seconds > seconds_max) return Fail{Reject::malformed};
  return std::optional(from_unix_millis(static_cast<std::int64_t>(std::floor(seconds * 1000))));
}

}  // namespace deputy::jose
