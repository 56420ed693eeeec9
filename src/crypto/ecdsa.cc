// Between r‖s and SEQUENCE { INTEGER r, INTEGER s }, by hand: every length here fits one octet.
#include "crypto/ecdsa.h"

#include <algorithm>
#include <cstring>

namespace deputy::crypto {
namespace {

// n of P-256 (SEC 2 §2.4.2, FIPS 186).
constexpr std::array<unsigned char, p256_octets> order = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

constexpr unsigned char tag_integer = 0x02, tag_sequence = 0x30;

void put_integer(DerSignature& out, std::string_view number) {
  while (number.front() == '\0') number.remove_prefix(1);  // a scalar is not zero: this ends
  const bool looks_negative = (static_cast<unsigned char>(number.front()) & 0x80) != 0;
  out.bytes[out.size++] = tag_integer;
  out.bytes[out.size++] = static_cast<unsigned char>(number.size() + (looks_negative ? 1 : 0));
  if (looks_negative) out.bytes[out.size++] = 0;
  std::memcpy(out.bytes.data() + out.size, number.data(), number.size());
  out.size += number.size();
}

// Takes one INTEGER off the front of `der` and writes it, padded, to `to`.
bool take_integer(std::string_view& der, char* to) {
  if (der.size() < 3 || static_cast<unsigned char>(der[0]) != tag_integer) return false;
  const auto length = static_cast<unsigned char>(der[1]);
  if (length == 0 || length > p256_octets + 1 || der.size() < 2u + length) return false;
  std::string_view number = der.substr(2, length);
  der.remove_prefix(2u + length);
  if ((static_cast<unsigned char>(number[0]) & 0x80) != 0) return false;  // negative
  if (number[0] == '\0' && number.size() > 1) {
    if ((static_cast<unsigned char>(number[1]) & 0x80) == 0) return false;  // X.690 §8.3.2: shortest form only
    number.remove_prefix(1);
  }
  if (number.size() > p256_octets) return false;
  std::memcpy(to + (p256_octets - number.size()), number.data(), number.size());
  return true;
}

}  // namespace

bool is_p256_scalar(std::string_view octets) {
  if (octets.size() != p256_octets) return false;
  if (std::all_of(octets.begin(), octets.end(), [](char c) { return c == '\0'; })) return false;
  return std::memcmp(octets.data(), order.data(), p256_octets) < 0;
}

std::optional<DerSignature> der_from_raw(std::string_view raw) {
  if (raw.size() != 2 * p256_octets) return std::nullopt;  // RFC 7518 §3.4
  const auto r = raw.substr(0, p256_octets), s = raw.substr(p256_octets);
  if (!is_p256_scalar(r) || !is_p256_scalar(s)) return std::nullopt;  // FIPS 186-5 §6.4.2 step 1
  DerSignature out;
  out.bytes[0] = tag_sequence;
  out.size = 2;
  put_integer(out, r);
  put_integer(out, s);
  out.bytes[1] = static_cast<unsigned char>(out.size - 2);
  return out;
}

std::optional<std::string> raw_from_der(std::string_view der) {
  if (der.size() < 2 || static_cast<unsigned char>(der[0]) != tag_sequence) return std::nullopt;
  if (static_cast<unsigned char>(der[1]) != der.size() - 2 || der.size() > 72) return std::nullopt;
  der.remove_prefix(2);
  std::string raw(2 * p256_octets, '\0');
  if (!take_integer(der, raw.data()) || !take_integer(der, raw.data() + p256_octets) || !der.empty())
    return std::nullopt;
  return raw;
}

}  // namespace deputy::crypto
