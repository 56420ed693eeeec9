// The record of a signing key: its public half in the clear, its private half sealed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "store/store.h"
#include "tokens/keyring.h"

namespace deputy::tokens {

std::string_view name_of(SigningKey::State state);

struct StoredKey {
  SigningKey facts;
  Instant written_at;  // when its record was, by the clock of then
  std::string sealed;  // base64url of the sealed PKCS#8
};

// None when the body is not a key's: the store was changed by another hand.
std::optional<StoredKey> read_key(const store::Record& record);
// A write that creates (version 0) or replaces the key's record.
store::Put write_key(std::string_view tenant, const StoredKey& key, Instant now);

// A new key, its private half sealed for this tenant and kid.
StoredKey make_key(std::string_view tenant, crypto::Algorithm algorithm, SigningKey::State state, Instant now,
                   Instant changes_at, const crypto::SealKey& seal, Random& random);
Result<crypto::PrivateKey, Fault> open_key(std::string_view tenant, const StoredKey& key, const crypto::SealKey& seal);

}  // namespace deputy::tokens
