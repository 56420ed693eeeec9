// Lists of texts as one text: each with its length before it, so that any byte may be part of it.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deputy {

inline void pack(std::string& out, std::string_view text) {
  std::array<char, 24> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), text.size()).ptr;
  *end = ':';
  out.append(digits.data(), end + 1).append(text);
}
void pack(std::string& out, std::same_as<std::int64_t> auto number) {
  std::array<char, 24> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  pack(out, std::string_view(digits.data(), end));
}

// None when the text is not what pack() made.
inline std::optional<std::vector<std::string_view>> unpack(std::string_view packed) {
  std::vector<std::string_view> texts;
  texts.reserve(16);
  while (!packed.empty()) {
    std::size_t size = 0, digits = 0;
    while (digits < packed.size() && packed[digits] >= '0' && packed[digits] <= '9' && digits < 10)
      size = size * 10 + static_cast<std::size_t>(packed[digits++] - '0');
    if (digits == 0 || digits == packed.size() || packed[digits] != ':') return std::nullopt;
    packed.remove_prefix(digits + 1);
    if (packed.size() < size) return std::nullopt;
    texts.push_back(packed.substr(0, size));
    packed.remove_prefix(size);
  }
  return texts;
}

// None when the text is no number.
inline std::optional<std::int64_t> unpack_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace deputy
