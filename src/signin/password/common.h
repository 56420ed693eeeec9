// Common: passwords that everybody who guesses tries first, and what people make of them.
#pragma once

#include <string_view>

namespace deputy::signin {

// A few thousand words, each followed by a space, in order.
extern const std::string_view common_passwords;

// One of them: as it stands, in any case, with digits and signs behind it, or with the usual signs for letters.
bool is_common(std::string_view password);

// One character over and over, a row of the keyboard or the alphabet, or a short piece repeated.
bool is_pattern(std::string_view password);

}  // namespace deputy::signin
