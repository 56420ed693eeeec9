// Addresses and blocks, and the table of addresses that are not for the public Internet (RFC 6890 and its registries).
#include "http/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "http/client.h"

namespace deputy::http {
namespace {

// IANA's registries of special-purpose v4 and v6 addresses (RFC 6890 §2), and multicast and the reserved rest.
const std::vector<std::string> special_blocks{
    "0.0.0.0/8",        // this network
    "10.0.0.0/8",       // private use
    "100.64.0.0/10",    // shared address space, behind carriers' NAT
    "127.0.0.0/8",      // loopback
    "169.254.0.0/16",   // link-local: clouds answer with credentials here
    "172.16.0.0/12",    // private use
    "192.0.0.0/24",     // protocol assignments
    "192.0.2.0/24",     // documentation
    "192.31.196.0/24",  // AS112
    "192.52.193.0/24",  // AMT
    "192.88.99.0/24",   // 6to4 relays, deprecated
    "192.168.0.0/16",   // private use
    "192.175.48.0/24",  // AS112
    "198.18.0.0/15",    // benchmarking
    "198.51.100.0/24",  // documentation
    "203.0.113.0/24",   // documentation
    "224.0.0.0/4",      // multicast
    "240.0.0.0/4",      // reserved, and broadcast
    "2001::/23",        // protocol assignments: Teredo, ORCHID, benchmarking
    "2001:db8::/32",    // documentation
    "2002::/16",        // 6to4: carries any v4 address
    "2620:4f:8000::/48",  // AS112
    "3fff::/20",          // documentation
};
// Only this block of v6 is global unicast (RFC 4291 §2.4). All else is special: ::1, v4-mapped, NAT64 (64:ff9b::/96),
// discard-only, unique local, link-local, multicast.
constexpr std::string_view global_unicast = "2000::/3";

}  // namespace

std::optional<Address> parse_address(std::string_view text) {
  Address address;
  const std::string copy(text);  // inet_pton wants a terminated string, and a NUL inside must not shorten it
  if (copy.find('\0') != std::string::npos) return std::nullopt;
  if (::inet_pton(AF_INET, copy.c_str(), address.bytes.data()) == 1) return address;
  address.v6 = true;
  if (::inet_pton(AF_INET6, copy.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

Address unmapped(const Address& address) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!address.v6 || !std::equal(mapped.begin(), mapped.end(), address.bytes.begin())) return address;
  Address v4;
  std::copy_n(address.bytes.begin() + 12, 4, v4.bytes.begin());
  return v4;
}

std::string to_text(const Address& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

bool Block::contains(const Address& address) const {
  if (address.v6 != base.v6) return false;
  for (int bit = 0; bit < prefix; ++bit) {
    const auto at = static_cast<std::size_t>(bit / 8);
    if ((address.bytes[at] ^ base.bytes[at]) & (0x80 >> bit % 8)) return false;
  }
  return true;
}

std::optional<Block> parse_block(std::string_view text) {
  const auto slash = text.find('/');
  const auto base = parse_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  const int longest = base->v6 ? 128 : 32;
  if (slash == std::string_view::npos) return Block{.base = *base, .prefix = longest};
  const auto digits = text.substr(slash + 1);
  int prefix = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (error != std::errc() || end != digits.data() + digits.size() || prefix < 0 || prefix > longest)
    return std::nullopt;
  return Block{.base = *base, .prefix = prefix};
}

std::vector<Block> parse_blocks(const std::vector<std::string>& texts) {
  std::vector<Block> blocks;
  for (const auto& text : texts)
    if (const auto block = parse_block(text)) blocks.push_back(*block);
  return blocks;
}

bool contains(const std::vector<Block>& blocks, const Address& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const Block& block) { return block.contains(address); });
}

bool is_loopback(const Address& address) {
  static const auto blocks = parse_blocks({"127.0.0.0/8", "::1"});
  return contains(blocks, unmapped(address));
}

bool is_special_address(const std::string& text) {
  static const auto blocks = parse_blocks(special_blocks);
  static const auto global = *parse_block(global_unicast);
  const auto address = parse_address(text);
  if (!address) return true;  // what we cannot read we do not visit
  if (address->v6 && !global.contains(*address)) return true;
  return contains(blocks, *address);
}

bool address_in(const std::string& text, const std::vector<std::string>& blocks) {
  const auto address = parse_address(text);
  return address && contains(parse_blocks(blocks), unmapped(*address));
}

}  // namespace deputy::http
