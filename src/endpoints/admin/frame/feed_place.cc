// Places as text: one number, or two with a hyphen between them.
#include "endpoints/admin/frame/feed_place.h"

#include <charconv>

namespace deputy::endpoints::admin {
namespace {

std::optional<std::uint64_t> number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string text_of(const FeedPlace& place) {
  return std::to_string(place.seq) + (place.tag == 0 ? "" : "-" + std::to_string(place.tag));
}

std::optional<FeedPlace> parse_feed_place(std::string_view text) {
  const auto hyphen = text.find('-');
  const auto seq = number_of(text.substr(0, hyphen));
  const auto tag = hyphen == std::string_view::npos ? 0 : number_of(text.substr(hyphen + 1));
  return seq && tag ? std::optional(FeedPlace{*seq, *tag}) : std::nullopt;
}

}  // namespace deputy::endpoints::admin
