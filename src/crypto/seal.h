// Sealing: secrets at rest, under a key from a file or the environment (XChaCha20-Poly1305, libsodium).
#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace deputy::crypto {

class SealKey {
 public:
  // 32 random bytes as 43 characters of base64url: what the key's file holds.
  static std::string generate_text(Random& random);
  // One line end after the text is passed over, as editors leave it. Invalid: not 32 bytes of base64url.
  static Result<SealKey, Fault> from_text(std::string_view text);

  // `context` is bound to the sealed bytes: what was sealed as one thing does not open as another.
  std::string seal(const Secret& plain, std::string_view context, Random& random) const;
  // Corrupt: changed since, another context, or another key.
  Result<Secret, Fault> open(std::string_view sealed, std::string_view context) const;

  // A key for another purpose, derived from this one (BLAKE2b with the purpose as its label).
  Secret derive(std::string_view purpose) const;

 private:
  explicit SealKey(Secret key) : key_(std::move(key)) {}
  Secret key_;
};

}  // namespace deputy::crypto
