// SHA-1, where a protocol prescribes it: one-time passwords (RFC 6238) and lists of breached passwords.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace deputy::crypto {

using Sha1 = std::array<std::uint8_t, 20>;

Sha1 sha1(std::string_view bytes);
Sha1 hmac_sha1(std::string_view key, std::string_view message);  // RFC 2104

}  // namespace deputy::crypto
