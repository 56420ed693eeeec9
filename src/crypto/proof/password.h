// Passwords at rest: Argon2id (RFC 9106), by libsodium. Slow by intent: for a pool, never for a reactor.
#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "base/result.h"

namespace deputy::crypto {

struct PasswordCost {
  std::size_t memory_kib = 65'536;  // at least 8
  unsigned passes = 2;
};

// "$argon2id$v=19$m=…,t=…,p=1$salt$hash": the salt is the library's own. Unavailable: the memory is not to be had.
Result<std::string, Fault> hash_password(std::string_view password, PasswordCost cost);
// A hash of this cost that no password has, made at once: what an unknown user's password is held against. `seed` is
// random.
Result<std::string, Fault> decoy_hash(std::string_view seed, PasswordCost cost);
// Unavailable, as above: whether it matches is not known.
Result<bool, Fault> password_matches(std::string_view password, const std::string& hash);
// Made with other parameters than these, or by another scheme: to be made again when the password is next known.
bool is_outdated(const std::string& hash, PasswordCost cost);

}  // namespace deputy::crypto
