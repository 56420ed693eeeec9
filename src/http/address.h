// An IP address and a CIDR block as values: which network an address belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deputy::http {

// Network byte order. A v4 address uses the first four bytes.
struct Address {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
};

// Literal addresses only; no names, no zones, no ports.
std::optional<Address> parse_address(std::string_view text);
// ::ffff:192.0.2.1 (RFC 4291 §2.5.5.2) is the v4 address it carries; any other address is itself.
Address unmapped(const Address& address);
std::string to_text(const Address& address);

struct Block {
  Address base;
  int prefix = 0;
  bool contains(const Address& address) const;
};
// "10.0.0.0/8", or an address alone, which is a block of one.
std::optional<Block> parse_block(std::string_view text);
// Those entries that are blocks; the others match nothing.
std::vector<Block> parse_blocks(const std::vector<std::string>& texts);
bool contains(const std::vector<Block>& blocks, const Address& address);

bool is_loopback(const Address& address);

}  // namespace deputy::http
