// Crockford's base32, which has no i, l, o, u: what is misread is read as what was meant.
#include "signin/typed_code.h"

#include <array>

namespace deputy::signin {

std::string make_typed_code(std::size_t letters, Random& random) {
  constexpr std::string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  constexpr std::size_t group = 5;
  std::string code;
  for (std::size_t i = 0; i < letters; ++i) {
    if (i > 0 && i % group == 0) code.push_back('-');
    code.push_back(alphabet[random.bytes<1>()[0] % alphabet.size()]);  // 256 is a multiple of 32: no letter is favoured
  }
  return code;
}

// Keyboards for Chinese and Japanese type U+FF01 to U+FF5E in place of ASCII, and U+3000 in place of a space.
std::string plainly_typed(std::string_view typed) {
  constexpr std::size_t bytes_max = 192, wide_bytes = 3;
  std::string plain;
  for (auto rest = typed.substr(0, bytes_max); !rest.empty();) {
    char c = rest[0];
    const bool wide = rest.size() >= wide_bytes && (rest.starts_with("\xef\xbc") || rest.starts_with("\xef\xbd"));
    if (wide) c = static_cast<char>(0x20 + (rest[1] & 1) * 0x40 + (rest[2] & 0x3f));
    const bool wide_space = rest.starts_with("\xe3\x80\x80");
    if (!wide_space && c != ' ' && c != '-') plain.push_back(c);
    rest.remove_prefix(wide || wide_space ? wide_bytes : 1);
  }
  return plain;
}

std::string typed_code(std::string_view typed) {
  std::string code;
  for (char c : plainly_typed(typed)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    code.push_back(c);
  }
  return code;
}

}  // namespace deputy::signin
