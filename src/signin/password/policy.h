// Policy: which new passwords are taken (NIST SP 800-63B §5.1.1.2): long enough, and not among those tried first.
#pragma once

#include <optional>
#include <string_view>

#include "signin/password/breached.h"

namespace deputy::signin {

// Characters, as people count them; and bytes, of which UTF-8 has four for one at most.
inline constexpr std::size_t password_letters_min = 8, password_letters_max = 256;
inline constexpr std::size_t password_bytes_max = 4 * password_letters_max;

// Why a password is not taken, as the key of a sentence in the catalogue: password_short, password_long,
// password_common, password_breached, password_context, password_not_text. None: it is taken.
std::optional<std::string_view> weakness_of(std::string_view password, std::string_view username,
                                            const Breached* breached);

}  // namespace deputy::signin
