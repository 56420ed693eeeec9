// Argon2id through libsodium's string form, which names its own parameters.
#include "crypto/proof/password.h"

#include <sodium.h>

#include <array>
#include <charconv>
#include <optional>

#include "crypto/key_state.h"

namespace deputy::crypto {
namespace {

// A hash of ours, taken apart.
struct Parts {
  std::size_t memory_kib = 0;
  unsigned long long passes = 0;
  std::array<unsigned char, crypto_pwhash_SALTBYTES> salt{};
  std::array<unsigned char, 32> hash{};
};

std::optional<Parts> parts_of(std::string_view text) {
  const auto skip = [&text](std::string_view word) {
    if (!text.starts_with(word)) return false;
    text.remove_prefix(word.size());
    return true;
  };
  const auto number = [&text](auto& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc();
  };
  const auto octets = [&text](auto& out) {
    const auto piece = text.substr(0, text.find('$'));
    text.remove_prefix(piece.size());
    std::size_t size = 0;
    return sodium_base642bin(out.data(), out.size(), piece.data(), piece.size(), nullptr, &size, nullptr,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0 &&
           size == out.size();
  };
  Parts parts;
  const bool whole = skip(crypto_pwhash_STRPREFIX "v=19$m=") && number(parts.memory_kib) && skip(",t=") &&
                     number(parts.passes) && skip(",p=1$") && octets(parts.salt) && skip("$") && octets(parts.hash) &&
                     text.empty();
  const bool possible = parts.memory_kib >= crypto_pwhash_MEMLIMIT_MIN / 1024 &&
                        parts.memory_kib <= crypto_pwhash_MEMLIMIT_MAX / 1024 &&
                        parts.passes >= crypto_pwhash_OPSLIMIT_MIN && parts.passes <= crypto_pwhash_OPSLIMIT_MAX;
  if (!whole || !possible) return std::nullopt;
  return parts;
}

Fault no_memory() { return {Fault::Kind::unavailable, "there is no memory for a password's hash"}; }

}  // namespace

Result<std::string, Fault> hash_password(std::string_view password, PasswordCost cost) {
  ready_libsodium();
  std::array<char, crypto_pwhash_STRBYTES> text{};
  if (crypto_pwhash_str_alg(text.data(), password.data(), password.size(), cost.passes, cost.memory_kib * 1024,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Fail{no_memory()};
  return std::string(text.data());
}

Result<std::string, Fault> decoy_hash(std::string_view seed, PasswordCost cost) {
  // One of the least cost, said to be of the full one: comparing does all the work, and finds something else.
  TRY(const auto cheap, hash_password(seed, {.memory_kib = 8, .passes = 1}));
  const auto salt = cheap.find('$', cheap.find(",p="));
  return std::string(crypto_pwhash_STRPREFIX) + "v=19$m=" + std::to_string(cost.memory_kib) +
         ",t=" + std::to_string(cost.passes) + ",p=1" + cheap.substr(salt);
}

// Not crypto_pwhash_str_verify: it answers the same, errno too, when it has no memory and when the password is wrong.
Result<bool, Fault> password_matches(std::string_view password, const std::string& hash) {
  ready_libsodium();
  const auto parts = parts_of(hash);
  if (!parts) return false;
  std::array<unsigned char, 32> made{};
  if (password.size() > crypto_pwhash_PASSWD_MAX) return false;
  if (crypto_pwhash(made.data(), made.size(), password.data(), password.size(), parts->salt.data(), parts->passes,
                    parts->memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
    return Fail{no_memory()};
  return sodium_memcmp(made.data(), parts->hash.data(), made.size()) == 0;
}

bool is_outdated(const std::string& hash, PasswordCost cost) {
  ready_libsodium();
  if (!hash.starts_with(crypto_pwhash_STRPREFIX)) return true;
  return crypto_pwhash_str_needs_rehash(hash.c_str(), cost.passes, cost.memory_kib * 1024) != 0;
}

}  // namespace deputy::crypto
