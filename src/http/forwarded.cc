// X-Forwarded-For from the right to the left.
#include "http/forwarded.h"

#include "http/text.h"

namespace deputy::http {
namespace {

// "192.0.2.1", "192.0.2.1:4711", "[2001:db8::1]:4711": some proxies add the port.
std::optional<Address> parse_hop(std::string_view text) {
  if (text.starts_with('[')) return parse_address(text.substr(1, text.find(']') - 1));
  const auto colon = text.find(':');
  if (colon == text.rfind(':')) text = text.substr(0, colon);  // more colons than one: v6 without a port
  return parse_address(text);
}

std::string_view last_item(std::string_view list) {
  const auto comma = list.rfind(',');
  return trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
}

// True when the walk is over: an untrusted hop, or one that cannot be read.
bool walk(std::string_view list, const std::vector<Block>& trusted, std::string& peer) {
  while (!list.empty()) {
    const auto hop = parse_hop(last_item(list));
    if (!hop) return true;
    const auto address = unmapped(*hop);
    peer = to_text(address);
    if (!contains(trusted, address)) return true;
    const auto comma = list.rfind(',');
    list = comma == std::string_view::npos ? std::string_view() : list.substr(0, comma);
  }
  return false;
}

}  // namespace

void believe_proxy(Request& request, const std::vector<Block>& trusted) {
  bool done = false;
  bool scheme_known = false;
  for (auto header = request.headers.rbegin(); header != request.headers.rend(); ++header) {
    if (!done && same_word(header->first, "X-Forwarded-For")) {
      done = walk(header->second, trusted, request.peer);
    } else if (!scheme_known && same_word(header->first, "X-Forwarded-Proto")) {
      scheme_known = true;
      request.secure = request.secure || same_word(last_item(header->second), "https");
    }
  }
}

}  // namespace deputy::http
