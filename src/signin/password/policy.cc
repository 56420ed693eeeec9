// No rules of composition and no expiry (NIST SP 800-63B §5.1.1.2): length, and what others would try.
#include "signin/password/policy.h"

#include <algorithm>
#include <string>

#include "base/encoding.h"
#include "signin/password/common.h"

namespace deputy::signin {
namespace {

// Characters as people count them: the octets that begin one in UTF-8.
std::size_t letters_in(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// The person's or the service's own name, whatever is put around it, leaves too little.
bool is_about(std::string_view password, std::string_view name) {
  constexpr std::size_t name_min = 4, rest_min = 8;
  const auto same = [](char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; };
    return lower(a) == lower(b);
  };
  if (name.size() < name_min) return false;
  const auto found = std::search(password.begin(), password.end(), name.begin(), name.end(), same);
  return found != password.end() && password.size() - name.size() < rest_min;
}

}  // namespace

std::optional<std::string_view> weakness_of(std::string_view password, std::string_view username,
                                            const Breached* breached) {
  if (password.size() > password_bytes_max) return "password_long";
  if (!is_utf8(password)) return "password_not_text";
  if (letters_in(password) > password_letters_max) return "password_long";
  if (letters_in(password) < password_letters_min) return "password_short";
  if (is_about(password, username) || is_about(password, "deputy")) return "password_context";
  if (is_common(password) || is_pattern(password)) return "password_common";
  if (breached != nullptr && breached->holds(password)) return "password_breached";
  return std::nullopt;
}

}  // namespace deputy::signin
