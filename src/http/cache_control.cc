// Directives, of which a quoted value may hold commas.
#include "http/cache_control.h"

#include <charconv>

#include "http/text.h"

namespace deputy::http {
namespace {

// Where the directive ends: at a comma that is in no quoted string (RFC 9110 §5.6.4).
std::size_t end_of(std::string_view list) {
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',' && !quoted) return i;
    if (list[i] == '"') quoted = !quoted;
    if (list[i] == '\\' && quoted) ++i;
  }
  return list.size();
}

// RFC 9111 §1.2.2: what is too large to count is as long as can be.
Seconds seconds_in(std::string_view text) {
  constexpr std::int64_t most = 1LL << 31;
  if (text.size() >= 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || end != text.data() + text.size() || text.starts_with('-')) return Seconds(0);
  return Seconds(error == std::errc() ? std::min(seconds, most) : most);
}

}  // namespace

std::optional<Seconds> max_age(std::string_view cache_control) {
  std::optional<Seconds> age;
  while (!cache_control.empty()) {
    const auto end = end_of(cache_control);
    const auto directive = cache_control.substr(0, end);
    cache_control.remove_prefix(std::min(end + 1, cache_control.size()));
    const auto equals = std::min(directive.find('='), directive.size());
    const auto name = trim(directive.substr(0, equals));
    if (same_word(name, "no-store") || same_word(name, "no-cache")) return Seconds(0);
    // §4.2.1: of several, the first.
    if (!same_word(name, "max-age") || age) continue;
    age = seconds_in(trim(directive.substr(std::min(equals + 1, directive.size()))));
  }
  return age;
}

}  // namespace deputy::http
