// Keyring: the signing keys of every tenant, their rotation, and the JWK Set that others verify with.
//
// A key is `next` (published, not signing yet), `active`, `retired` (published until the last token it signed has
// expired), then removed. Transitions are conditional writes: of many nodes that try, one makes them and all follow.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "jose/jwk.h"
#include "jose/jwt.h"
#include "store/store.h"

namespace deputy::tokens {

struct KeyringConfig {
  Seconds rotate_every{90 * 86400};
  Seconds publish_ahead{3600};      // how long `next` is in the JWK Set before it signs: at least jwks_max_age
  Seconds retire_after{86400 + 3600};  // how long a retired key stays published: at least the longest token lifetime
  Seconds jwks_max_age{900};        // Cache-Control of the JWK Set
};

struct SigningKey {
  std::string kid;
  crypto::Algorithm algorithm;
  enum class State { next, active, retired } state;
  Instant created_at, changes_at;  // changes_at: when the next transition is due
  std::uint64_t version;           // of its record
};

// An immutable view of one tenant's keys. Holders of one go on signing with it, whatever changes meanwhile.
struct TenantKeys {
  struct Active {
    std::string kid;
    jose::Signer access_token;   // typ at+jwt (RFC 9068 §2.1)
    jose::Signer introspection;  // typ token-introspection+jwt (RFC 9701 §5)
  };
  std::map<crypto::Algorithm, Active> active;
  jose::JwkSet published;  // next, active, retired
  std::string jwks_json;   // {"keys":[…]}
  std::vector<SigningKey> all;
};

class Keyring {
 public:
  Keyring(store::Store& store, const crypto::SealKey& seal, const Clock& clock, Random& random, KeyringConfig config);
  ~Keyring();

  // The tenant's keys; made on first use where there are none (one active ES256, EdDSA and RS256 key each). Null
  // `Active` for an algorithm never happens after this succeeded.
  Result<std::shared_ptr<const TenantKeys>, Fault> keys(std::string_view tenant);

  // The writes that make a fresh tenant's first keys, for the batch that makes the tenant.
  store::Writes first_keys(std::string_view tenant) const;

  // On demand: makes `next` active now (making one if there is none) and retires the active one. Blocks on the store.
  Result<SigningKey, Fault> rotate(std::string_view tenant, crypto::Algorithm algorithm);
  // Takes a key out of the JWK Set at once and revokes all it signed. The active key is replaced first.
  Result<Done, Fault> compromise(std::string_view tenant, std::string_view kid);
  // Scheduled transitions that are due, for every tenant in memory. Called about once a minute.
  void tick();
  const KeyringConfig& config() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
