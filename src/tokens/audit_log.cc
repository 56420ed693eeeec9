// Sealing costs a hash an event, and one small write a step, away from the path of a request.
#include "tokens/audit_log.h"

#include "audit/checkpoint.h"
#include "audit/event.h"
#include "base/id.h"
#include "base/json.h"
#include "tokens/log_key.h"

namespace deputy::tokens {

Result<std::unique_ptr<AuditLog>, Fault> AuditLog::open(store::Store& store, const crypto::SealKey& seal,
                                                        const Clock& clock, Random& random,
                                                        std::string_view origin) {
  TRY(auto name, log_name(origin));
  TRY(auto private_key, log_key(store, seal, clock.now(), random));
  auto key = audit::note_key(std::move(name), audit::NoteKey::Type::signer, private_key.public_key());
  return std::unique_ptr<AuditLog>(new AuditLog(store, clock, random, std::move(private_key), std::move(key)));
}

Result<audit::Edge, Fault> AuditLog::load_edge() {
  TRY(auto state, store_.log().state());
  return audit::Edge::load(state.size, store::tiles_of(store_.log()));
}

std::string AuditLog::signed_checkpoint(const audit::Edge& edge) const {
  const auto text = audit::text_of(audit::Checkpoint{key_.name, edge.size(), edge.root()});
  const auto signature = private_key_.sign(crypto::Algorithm::EdDSA, text);
  return text + "\n" + audit::signature_line({key_.name, key_.id + signature});
}

Result<std::size_t, Fault> AuditLog::seal() {
  constexpr int tries_max = 3;  // the node that overtakes has sealed for us, so to give up loses nothing
  const std::lock_guard lock(mutex_);
  for (int tried = 0; tried < tries_max; ++tried) {
    TRY(auto sealed, try_seal());
    if (sealed) return *sealed;
  }
  return std::size_t{0};
}

Result<std::optional<std::size_t>, Fault> AuditLog::try_seal() {
  auto edge = std::exchange(edge_, std::nullopt);  // unless all goes well, it is read anew
  if (!edge) {
    TRY(auto loaded, load_edge());
    edge = std::move(loaded);
  }
  const auto from = edge->size();
  TRY(auto leaves, store_.log().leaves(from, step));
  if (!leaves.empty()) {
    for (const auto& leaf : leaves) edge->append(leaf);
    store::Seal write{.from = from, .to = edge->size(), .tiles = edge->take(),
                      .checkpoint = signed_checkpoint(*edge), .at = clock_.now()};
    TRY(auto outcome, store_.commit_now({std::move(write)}));
    if (!std::holds_alternative<Done>(outcome)) return std::optional<std::size_t>();
  }
  edge_ = std::move(edge);
  return std::optional(leaves.size());
}

Result<Done, Fault> AuditLog::seal_all() {
  for (;;) {
    TRY(auto sealed, seal());
    if (sealed == 0) return Done{};
  }
}

Result<bool, Fault> AuditLog::retain(Instant before) {
  TRY(auto state, store_.log().state());
  const auto first = state.bodies_from, last = first + audit::tile_width - 1;
  if (last > state.size) return false;
  TRY(auto newest, store_.log().newest(first, last));
  if (newest >= before) return false;
  audit::Event event;
  event.at = clock_.now();
  event.id = make_id("evt", event.at, random_);
  event.tenant = "default";
  event.action = "event.retain";
  event.reason = "bodies past audit.bodies_days were dropped; their hashes and proofs stay";
  event.changes = json::serialize(json::object{{"before", json::object{{"bodies_from", first}}},
                                                    {"after", json::object{{"bodies_from", last + 1}}}});
  TRY(auto outcome, store_.commit_now({store::Retain{first, last}, store::Append{std::move(event)}}));
  return std::holds_alternative<Done>(outcome);
}

}  // namespace deputy::tokens
