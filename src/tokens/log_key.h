// The audit log's own signing key: made once, sealed at rest, and used for checkpoints alone.
#pragma once

#include <string>

#include "audit/note.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "store/store.h"

namespace deputy::tokens {

// The store's key, made now if there is none. Of nodes that make one at the same time, all get the same.
Result<crypto::PrivateKey, Fault> log_key(store::Store& store, const crypto::SealKey& seal, Instant now,
                                          Random& random);

// "id.example/audit" for https://id.example: the log's name, which is its key's (C2SP tlog-checkpoint: no scheme).
// Invalid: an origin that cannot stand in a checkpoint.
Result<std::string, Fault> log_name(std::string_view origin);

}  // namespace deputy::tokens
