// The two questions HTTP asks of text: is it the same word without case, and what is left without white space around?
#pragma once

#include <algorithm>
#include <string_view>

namespace deputy::http {

// ASCII only: no locale has a say in a protocol.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

constexpr bool same_word(std::string_view a, std::string_view b) {
  const auto same_letter = [](char x, char y) { return lower(x) == lower(y); };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), same_letter);
}

// Optional white space (OWS, RFC 9110 §5.6.3) off both ends.
constexpr std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace deputy::http
