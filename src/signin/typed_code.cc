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

std::string typed_code(std::string_view typed) {
  constexpr std::size_t letters_max = 64;
  std::string code;
  for (char c : typed.substr(0, letters_max)) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c == ' ' || c == '-') continue;
    if (c == 'o') c = '0';
    if (c == 'i' || c == 'l') c = '1';
    code.push_back(c);
  }
  return code;
}

}  // namespace deputy::signin
