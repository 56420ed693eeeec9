// Lists of texts as one text: each with its length before it, so that any byte may be part of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deputy::store::sqlite {

inline void pack(std::string& out, std::string_view text) {
  out += std::to_string(text.size());
  out += ':';
  out += text;
}

// None when the text is not what pack() made.
inline std::optional<std::vector<std::string_view>> unpack(std::string_view packed) {
  std::vector<std::string_view> texts;
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

}  // namespace deputy::store::sqlite
