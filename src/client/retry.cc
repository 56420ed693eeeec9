// Reads Retry-After.
#include "client/retry.h"

#include <charconv>

namespace deputy::client {

std::optional<Millis> retry_after(const http::Reply& reply, int attempt) {
  constexpr Seconds longest{15};
  if ((reply.status != 429 && reply.status != 503) || attempt + 1 >= kTriesMax) return std::nullopt;
  int seconds = 1 << attempt;
  if (const auto text = reply.header("Retry-After")) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seconds);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  }
  if (seconds < 0 || Seconds(seconds) > longest) return std::nullopt;
  return Seconds(seconds);
}

}  // namespace deputy::client
