// Methods: what signing in needs of a server, built once: store, keys, throttle, and the pool where passwords are
// hashed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/this_thread.h"
#include "base/work_pool.h"
#include "crypto/hash.h"
#include "crypto/proof/password.h"
#include "crypto/seal.h"
#include "signin/acr.h"
#include "signin/throttle/throttle.h"
#include "store/store.h"

namespace deputy::store {
class Directory;
}

namespace deputy::signin {

class Breached;

struct Config {
  std::string origin;  // "https://id.example": what passkeys are bound to
  crypto::PasswordCost cost;
  // Hashing stands back: it takes what issuing tokens leaves of the processor.
  WorkPool::Limits pool{.name = "passwords", .threads = 2, .queue_max = 64, .nice = behind_requests};
  std::string breached_file;  // SHA-1 in order, as Have I Been Pwned gives them; empty: only the list of common ones
  Throttle::Limits throttle;
};

class Methods {
 public:
  // Faults: not_found (there is no such file), invalid.
  static Result<std::unique_ptr<Methods>, Fault> open(Config config, store::Store& store, const crypto::SealKey& seal,
                                                      Random& random);
  ~Methods();

  // The writes that end a user's sessions, all but one: asked for by whatever changes how the user signs in.
  using EndSessions = std::function<Result<store::Writes, Fault>(std::string_view tenant, std::string_view user,
                                                                 std::string_view keep_session, Instant now)>;

  const Config config;
  store::Store& store;
  const crypto::SealKey& seal;
  Random& random;
  const crypto::KeyedHash hash;        // of codes that were made at random, and of what the throttle remembers
  const crypto::KeyedHash challenges;  // authenticates challenges of passkeys
  Throttle throttle;
  const std::unique_ptr<const Breached> breached;  // null: no file
  const std::string decoy;  // a hash that no password has: what an unknown user's password is held against (A16)
  EndSessions end_sessions;  // set when the server is built; none: there are no sessions
  WorkPool pool;             // last: its threads use all the rest

 private:
  Methods(Config config, store::Store& store, const crypto::SealKey& seal, Random& random,
          std::unique_ptr<const Breached> breached, std::string decoy);
};

// How a tenant's people sign in.
Result<Policy, Fault> policy_of(store::Store& store, std::string_view tenant);
// What methods are worth by the tenant's table of now, whatever they were worth when they were used (A34).
Result<std::string, Fault> acr_now(const Amr& amr, std::string_view tenant, store::Directory& directory);

}  // namespace deputy::signin
