// Looking a header up: names compare without case (RFC 9110 §5.1).
#include "http/message.h"

#include "http/text.h"

namespace deputy::http {

std::optional<std::string_view> only_value(const Headers& headers, std::string_view name) {
  const std::string* value = nullptr;
  for (const auto& header : headers) {
    if (!same_word(header.first, name)) continue;
    if (value != nullptr) return std::nullopt;
    value = &header.second;
  }
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<std::string_view> Request::header(std::string_view name) const { return only_value(headers, name); }

std::size_t Request::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::count_if(headers.begin(), headers.end(), [&](const auto& header) { return same_word(header.first, name); }));
}

}  // namespace deputy::http
