// Keyring: the signing keys of every tenant, their rotation, and the JWK Set that others verify with.
//
// A key is `next` (published, not signing yet), `active`, `retired` (published until the last token it signed has
// expired), then removed. Transitions are conditional writes: of many nodes that try, one makes them and all follow.
#pragma once

#include <map>
#include <memory>
#include <optional>
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

// How many keys of a tenant the schedule publishes at one time at most: of each algorithm the active one, the next, and
// all that retire.
std::size_t scheduled_keys_max(const KeyringConfig& config);

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
    jose::Signer id_token;       // typ JWT (OIDC Core §2)
    jose::Signer logout_token;   // typ logout+jwt (Back-Channel Logout §2.4)
    jose::Signer revocations;    // typ revocation-snapshot+jwt: ours, so that it passes for nothing else
  };
  std::map<crypto::Algorithm, Active> active;
  jose::JwkSet published;  // next, active, retired
  std::string jwks_json;   // {"keys":[…]}
  std::string jwks_digest;  // SHA-256 of it, base64url: what its ETag is made of
  std::vector<SigningKey> all;
};

class Keyring {
 public:
  Keyring(store::Store& store, const crypto::SealKey& seal, const Clock& clock, Random& random, KeyringConfig config);
  ~Keyring();

  // The tenant's keys. Fault::not_found when it has none: a tenant is made together with its first keys.
  Result<std::shared_ptr<const TenantKeys>, Fault> keys(std::string_view tenant);

  // The writes that make a fresh tenant's first keys (ES256, EdDSA, RS256), for the batch that makes the tenant.
  store::Writes first_keys(std::string_view tenant) const;

  // A rotation on demand: a `next` that every verifier's copy of the JWK Set can hold by now becomes active, the active
  // one retires, and a new `next` is published. Where none has been published for so long, one is now, and tick() makes
  // it active as soon as it has been: no verifier meets a kid that it cannot know. Faults: conflict where so many keys
  // retire that, with what the schedule may add, the set would be larger than readers take (jose::jwk_set_keys_max).
  struct Rotation {
    SigningKey key;  // the one that signs, or will: its `changes_at` is then when
    store::Writes writes;
  };
  Result<Rotation, Fault> rotation(std::string_view tenant, crypto::Algorithm algorithm);
  // The writes that take a key out of the JWK Set at once and revoke all it signed; an active key is replaced in the
  // same batch. Fault::not_found when the tenant has no such key.
  Result<store::Writes, Fault> compromise_writes(std::string_view tenant, std::string_view kid);
  // Makes the scheduled transitions that are due, for every tenant, asked for lately or not. A retired key is removed
  // when that was due at `past`, up to when all is over whatever becomes of the clock; none: not yet. What a clock that
  // was ahead put off is due as if it were written now, once this one has been believed for a day. Blocks on the store:
  // about once a minute, on one thread that may.
  void tick(std::optional<Instant> past);
  KeyringConfig config() const;
  // For what is written from now on: a key in place keeps its instants. Where others may keep the JWK Set for less time
  // than before, a new key waits nonetheless until no set that was given before is kept any more. Called at the start
  // too, before any set is given, for the store knows how long earlier ones may be kept. Blocks on it.
  void configure(const KeyringConfig& config);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deputy::tokens
