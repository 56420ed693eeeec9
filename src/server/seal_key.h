// The seal key, and whether it is the one that the store was made with.
#pragma once

#include "base/fault.h"
#include "base/result.h"
#include "crypto/seal.h"
#include "server/config.h"

namespace deputy::server {

// The seal key from DEPUTY_SEAL_KEY, or from its file, which every fault names. Faults: not_found; unavailable (it
// cannot be read); invalid (readable by others, not a key).
Result<crypto::SealKey, Fault> read_seal_key(const Config& config);

// Whether that is the key which the store was made with, by its file, also while a server has it open. Nothing is
// written, and nothing asked where it holds no key of the log's yet. Faults: invalid, naming the file; what reading the
// store faults with.
Result<Done, Fault> check_seal_key(const Config& config, const crypto::SealKey& seal);

// Both, for who opens the store next: to open it may bring it to a form that an older Deputy refuses.
Result<crypto::SealKey, Fault> read_own_seal_key(const Config& config);

}  // namespace deputy::server
