// Reading RFC 3339, strictly.
#include "directory/instant.h"

namespace deputy::directory {
namespace {

// Takes `count` digits off the front.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Millis> fraction(std::string_view& text) {
  if (!take(text, '.')) return Millis(0);
  int millis = 0, count = 0;
  for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++count)
    if (count < 3) millis = millis * 10 + (text[0] - '0');
  if (count == 0) return std::nullopt;
  for (; count < 3; ++count) millis *= 10;
  return Millis(millis);
}

std::optional<std::chrono::minutes> offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes(0);
  const bool east = text.starts_with('+');
  if (!take(text, '+') && !take(text, '-')) return std::nullopt;
  const auto hours = digits(text, 2);
  if (!hours || !take(text, ':')) return std::nullopt;
  const auto minutes = digits(text, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const std::chrono::minutes total(*hours * 60 + *minutes);
  return east ? total : -total;
}

}  // namespace

std::optional<Instant> parse_rfc3339(std::string_view text) {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !take(text, '-')) return std::nullopt;
  const auto m = digits(text, 2);
  if (!m || !take(text, '-')) return std::nullopt;
  const auto d = digits(text, 2);
  if (!d || !(take(text, 'T') || take(text, 't'))) return std::nullopt;
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || !take(text, ':')) return std::nullopt;
  const auto second = digits(text, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  const auto millis = fraction(text);
  if (!millis) return std::nullopt;
  const auto east = offset(text);
  if (!east || !text.empty()) return std::nullopt;
  const year_month_day date(year(*y), month(static_cast<unsigned>(*m)), day(static_cast<unsigned>(*d)));
  if (!date.ok() || *y < 1970) return std::nullopt;
  const auto at = Instant(sys_days(date)) + hours(*hour) + minutes(*minute) + seconds(*second) + *millis - *east;
  // The offset can carry an instant out of the years that rfc3339() writes.
  if (at < Instant() || at >= Instant(sys_days(year(10'000) / 1 / 1))) return std::nullopt;
  return at;
}

}  // namespace deputy::directory
