// Hashes and keyed hashes. Algorithms are fetched from the library once a process.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace deputy::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view bytes);
Digest sha256(std::initializer_list<std::string_view> parts);  // of the parts, one behind the other
std::string sha256_base64url(std::string_view bytes);

// HMAC-SHA-256 under one key, keyed once and reused: about 0.2 µs a call. Safe to call from many threads.
class KeyedHash {
 public:
  explicit KeyedHash(const Secret& key);  // at least 32 bytes
  KeyedHash(KeyedHash&&) noexcept;
  ~KeyedHash();
  Digest operator()(std::string_view bytes) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// CRC-32 (ISO-HDLC), for the checksum in a secret's text: it catches typing errors, it proves nothing.
std::uint32_t crc32(std::string_view bytes);

}  // namespace deputy::crypto
