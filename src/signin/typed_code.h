// Typed codes: random letters for people to copy, read back however they were typed.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace deputy::signin {

// "k7m2p-x4q9t": five random bits a letter, in groups of five.
std::string make_typed_code(std::size_t letters, Random& random);

// Full-width letters and digits as the plain ones, without spaces and hyphens.
std::string plainly_typed(std::string_view typed);
// The same in lower case; o is read as 0, i and l as 1 (Crockford's base32).
std::string typed_code(std::string_view typed);

}  // namespace deputy::signin
