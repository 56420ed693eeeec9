// Argon2id through libsodium's string form, which names its own parameters.
#include "crypto/proof/password.h"

#include <sodium.h>

#include <array>
#include <cstring>

#include "crypto/key_state.h"

namespace deputy::crypto {

Result<std::string, Fault> hash_password(std::string_view password, PasswordCost cost) {
  ready_libsodium();
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.passes, cost.memory_kib * 1024,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Fail{Fault{Fault::Kind::unavailable, "there is no memory for a password's hash"}};
  return std::string(text.data());
}

Result<std::string, Fault> decoy_hash(std::string_view seed, PasswordCost cost) {
  // One of the least cost, said to be of the full one: comparing does all the work, and finds something else.
  TRY(const auto cheap, hash_password(seed, {.memory_kib = 8, .passes = 1}));
  const auto salt = cheap.find('$', cheap.find(",p="));
  return std::string(crypto_pwhash_STRPREFIX) + "v=19$m=" + std::to_string(cost.memory_kib) +
         ",t=" + std::to_string(cost.passes) + ",p=1" + cheap.substr(salt);
}

bool password_matches(std::string_view password, const std::string& hash) {
  ready_libsodium();
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool is_outdated(const std::string& hash, PasswordCost cost) {
  ready_libsodium();
  if (!hash.starts_with(crypto_pwhash_STRPREFIX)) return true;
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_kib * 1024) != 0;
}

}  // namespace deputy::crypto
