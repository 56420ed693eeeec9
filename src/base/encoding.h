// Text encodings: base64 and base64url (RFC 4648), hex, percent-encoding (RFC 3986), UTF-8. Decoders are strict.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deputy {

// base64url without padding (RFC 7515 §2). The decoder refuses padding, other alphabets and stray last bits, so
// that each byte string has exactly one encoding.
std::string base64url(std::string_view bytes);
void append_base64url(std::string& out, std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

// Plain base64 with padding, as HTTP Basic uses it (RFC 7617 §2).
std::string base64(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

std::string hex(std::string_view bytes);

// Base32 without padding (RFC 4648 §6), as apps for one-time passwords read it.
std::string base32(std::string_view bytes);

// Percent-encodes all but RFC 3986's unreserved characters.
std::string percent_encode(std::string_view text);
// Decodes %XX, and '+' as a space: application/x-www-form-urlencoded. None when a % is not followed by two digits.
std::optional<std::string> form_decode(std::string_view text);
// Decodes %XX only: a path segment.
std::optional<std::string> percent_decode(std::string_view text);

// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing past U+10FFFF.
bool is_utf8(std::string_view text);
// The same, with U+FFFD for each octet that belongs to no character.
std::string as_utf8(std::string_view text);

inline std::string_view as_text(std::span<const unsigned char> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace deputy
