// AuditLog: seals new events into the tree, signs a checkpoint of it, and drops bodies that have had their time.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

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
  // Makes the log's key if the store has none. The seal key must outlive the log.
  static Result<std::unique_ptr<AuditLog>, Fault> open(store::Store& store, const crypto::SealKey& seal,
                                                       const Clock& clock, Random& random, std::string_view origin);

  // What verifiers need: the log's name and public key, and how the keys before it handed over.
  struct Published {
    audit::NoteKey key;
    std::vector<std::string> handovers;
  };
  Result<Published, Fault> published() const;

  // A new key signs from the next checkpoint on; that one the key before it signs too.
  struct Rotation {
    audit::NoteKey before, after;
    store::Put write;  // for the batch with the event that names the new key
  };
  // Conflict: the change before this one is not signed for yet.
  Result<Rotation, Fault> rotation() const;

  // One step: at most `step` of the events that are not sealed yet, and a checkpoint. Gives how many. Where another
  // node sealed meanwhile, it goes on from there. Blocks on the store.
  static constexpr std::size_t step = 65'536;
  Result<std::size_t, Fault> seal();
  // Steps until nothing is left.
  Result<Done, Fault> seal_all();

  // One step: drops the bodies of one segment, if all of it is sealed and older than `before`, and records that in the
  // log of each tenant that had one there.
  // False: there is none. Blocks on the store.
  Result<bool, Fault> retain(Instant before);

 private:
  AuditLog(store::Store& store, const crypto::SealKey& seal, const Clock& clock, Random& random, std::string name)
      : store_(store), seal_(seal), clock_(clock), random_(random), name_(std::move(name)) {}

  Result<audit::Edge, Fault> load_edge();
  Result<bool, Fault> is_older(std::uint64_t first, std::uint64_t size, Instant before) const;
  Result<std::set<std::string>, Fault> tenants_of(std::uint64_t first) const;
  Result<std::optional<std::size_t>, Fault> try_seal();  // none: overtaken by another node
  Result<store::Writes, Fault> sealing(std::uint64_t from, audit::Edge& edge) const;
  audit::NoteKey note_key(const crypto::PrivateKey& key) const;

  store::Store& store_;
  const crypto::SealKey& seal_;
  const Clock& clock_;
  Random& random_;
  const std::string name_;
  std::mutex mutex_;  // of the edge
  std::optional<audit::Edge> edge_;  // as the store has it; none: to be read
};

}  // namespace deputy::tokens
