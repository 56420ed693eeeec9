// Reads durations and dates.
#include "cli/times.h"

#include <algorithm>
#include <charconv>

namespace deputy::cli {
namespace {

// The shape of `text`, with 0 for a digit: "2027-01-31" is "0000-00-00".
std::string shape_of(std::string_view text) {
  std::string shape(text);
  for (char& letter : shape)
    if (letter >= '0' && letter <= '9') letter = '0';
  return shape;
}

}  // namespace

std::optional<Seconds> duration_of(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  std::int64_t count = 0;
  const char* unit = text.data() + text.size() - 1;
  const auto [end, error] = std::from_chars(text.data(), unit, count);
  if (error != std::errc() || end != unit || count < 0 || count > 100'000'000) return std::nullopt;
  switch (*unit) {
    case 's': return Seconds(count);
    case 'm': return Seconds(count * 60);
    case 'h': return Seconds(count * 3600);
    case 'd': return count > 36'500 ? std::nullopt : std::optional(Seconds(count * 86'400));
    case 'w': return count > 5'200 ? std::nullopt : std::optional(Seconds(count * 7 * 86'400));
    default: return std::nullopt;
  }
}

std::optional<std::string> instant_of(std::string_view text, Instant now) {
  if (const auto duration = duration_of(text)) return rfc3339(now + *duration);
  const std::string shape = shape_of(text);
  if (shape == "0000-00-00") return std::string(text) + "T00:00:00Z";
  if (shape.starts_with("0000-00-00T00:00:00")) return std::string(text);  // the server checks the rest
  return std::nullopt;
}

std::optional<std::string> past_instant_of(std::string_view text, Instant now) {
  // RFC 3339 has no earlier one that the server takes.
  if (const auto ago = duration_of(text)) return rfc3339(std::max(now - *ago, Instant()));
  return instant_of(text, now);
}

}  // namespace deputy::cli
