// AuditLog: seals new events into the tree, signs a checkpoint of it, and drops bodies that have had their time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "audit/note.h"
#include "audit/tiles.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/key.h"
#include "crypto/seal.h"
#include "store/store.h"

namespace deputy::tokens {

class AuditLog {
 public:
  // Makes the log's key if the store has none.
  static Result<std::unique_ptr<AuditLog>, Fault> open(store::Store& store, const crypto::SealKey& seal,
                                                       const Clock& clock, Random& random, std::string_view origin);

  // The log's name and public key.
  const audit::NoteKey& key() const { return key_; }

  // One step: at most `step` of the events that are not sealed yet, and a checkpoint. Gives how many. Where another
  // node sealed meanwhile, it goes on from there. Blocks on the store.
  static constexpr std::size_t step = 65'536;
  Result<std::size_t, Fault> seal();
  // Steps until nothing is left.
  Result<Done, Fault> seal_all();

  // One step: drops the bodies of one segment, if all of it is sealed and older than `before`, and records that.
  // False: there is none. Blocks on the store.
  Result<bool, Fault> retain(Instant before);

 private:
  AuditLog(store::Store& store, const Clock& clock, Random& random, crypto::PrivateKey private_key,
           audit::NoteKey key)
      : store_(store), clock_(clock), random_(random), private_key_(std::move(private_key)), key_(std::move(key)) {}

  Result<audit::Edge, Fault> load_edge();
  Result<std::optional<std::size_t>, Fault> try_seal();  // none: overtaken by another node
  std::string signed_checkpoint(const audit::Edge& edge) const;

  store::Store& store_;
  const Clock& clock_;
  Random& random_;
  const crypto::PrivateKey private_key_;
  const audit::NoteKey key_;
  std::mutex mutex_;  // of the edge
  std::optional<audit::Edge> edge_;  // as the store has it; none: to be read
};

}  // namespace deputy::tokens
