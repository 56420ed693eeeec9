// The form of an e-mail address.
#include "directory/email.h"

#include <algorithm>

namespace deputy::directory {
namespace {

bool is_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

}  // namespace

bool is_addr_spec(std::string_view text) {
  constexpr std::size_t local_max = 64, label_max = 63;  // RFC 5321 §4.5.3.1.1, RFC 1035 §2.3.4
  const auto dotted = [](std::string_view parts, std::size_t part_max, std::string_view more) {
    for (std::size_t begin = 0; begin <= parts.size();) {
      const auto end = std::min(parts.find('.', begin), parts.size());
      const auto part = parts.substr(begin, end - begin);
      const auto legal = [&](char c) { return is_alnum(c) || more.find(c) != std::string_view::npos; };
      if (part.empty() || part.size() > part_max || !std::all_of(part.begin(), part.end(), legal)) return false;
      begin = end + 1;
    }
    return true;
  };
  const auto at = text.find('@');
  if (at == std::string_view::npos || at > local_max) return false;
  return dotted(text.substr(0, at), local_max, "!#$%&'*+-/=?^_`{|}~") && dotted(text.substr(at + 1), label_max, "-");
}

}  // namespace deputy::directory
