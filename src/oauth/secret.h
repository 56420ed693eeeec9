// Client secrets: made here, 256 bits at random, in a form that scanners of source code and logs can recognise.
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace deputy::oauth {

inline constexpr std::string_view client_secret_prefix = "dsk_";

// "dsk_", 43 characters of base64url (32 random bytes), then 6 of base32: the CRC-32 of all before them, so that a
// scanner (or a person who types one) can tell a secret from a text that looks like one, without asking anybody.
std::string make_client_secret(Random& random);

// Prefix, length, alphabet and checksum. Says nothing of whether it is anybody's.
bool has_secret_form(std::string_view text);

}  // namespace deputy::oauth
