// base32_decoded: an authenticator app's half of enrolling (RFC 4648 §6): the key as the page shows it, read back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace deputy::test {

inline std::string base32_decoded(std::string_view text) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  std::string out;
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    pending = pending << 5 | static_cast<std::uint32_t>(letters.find(c));
    if ((bits += 5) >= 8) out.push_back(static_cast<char>(pending >> (bits -= 8) & 0xff));
  }
  return out;
}

}  // namespace deputy::test
