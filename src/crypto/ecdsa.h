// ECDSA signatures on P-256 in their two forms: the raw r‖s of JWS (RFC 7518 §3.4) and the DER that OpenSSL speaks.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace deputy::crypto {

constexpr std::size_t p256_octets = 32;

// True for 32 octets that are a number in [1, n-1], n being the order of P-256: a private key, an r, an s.
bool is_p256_scalar(std::string_view octets);

struct DerSignature {
  std::array<unsigned char, 72> bytes;
  std::size_t size = 0;
};
// None unless the raw form is 64 octets with r and s in [1, n-1] (FIPS 186-5 §6.4.2: zeros verify under every key in
// careless implementations).
std::optional<DerSignature> der_from_raw(std::string_view raw);

// None unless it is DER of two positive integers of at most 32 octets.
std::optional<std::string> raw_from_der(std::string_view der);

}  // namespace deputy::crypto
