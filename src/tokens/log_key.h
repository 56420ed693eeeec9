// The audit log's own signing key: made once, sealed at rest, used for checkpoints alone, and changed by a handover.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/note.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "store/store.h"

namespace deputy::tokens {

// The record of the log's keys.
struct LogKeys {
  crypto::PrivateKey current;
  std::optional<crypto::PrivateKey> leaving;  // the one before, until a checkpoint bears the signatures of both
  std::vector<std::string> handovers;         // those checkpoints' notes, oldest first
  std::uint64_t version = 0;
};

// The store's keys, made now if there are none. Of nodes that make them at the same time, all get the same.
Result<LogKeys, Fault> log_keys(store::Store& store, const crypto::SealKey& seal, Instant now, Random& random);
// Where they lie: one record, under no tenant, for the log is the whole store's. And whether this is the seal key that
// opens them. Faults: corrupt.
inline constexpr std::string_view log_keys_tenant, log_keys_id = "audit-log";
Result<Done, Fault> opens_log_keys(const store::Record& record, const crypto::SealKey& seal);
// The record in its new state. Refused (`version`) where another node changed it.
store::Put put_log_keys(const LogKeys& keys, const crypto::SealKey& seal, Instant now, Random& random);

// "id.example/audit" for https://id.example: the log's name, which is its key's (C2SP tlog-checkpoint: no scheme).
// Invalid: an origin that cannot stand in a checkpoint.
Result<std::string, Fault> log_name(std::string_view origin);

}  // namespace deputy::tokens
