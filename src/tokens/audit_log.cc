// Sealing costs a hash an event, and one small write a step, away from the path of a request.
#include "tokens/audit_log.h"

#include "audit/checkpoint.h"
#include "audit/event.h"
#include "audit/log_export.h"
#include "base/id.h"
#include "base/json.h"
#include "tokens/log_key.h"

namespace deputy::tokens {
namespace {

constexpr const char* default_tenant = "default";
constexpr std::string_view retain_action = "event.retain";

}  // namespace

Result<std::unique_ptr<AuditLog>, Fault> AuditLog::open(store::Store& store, const crypto::SealKey& seal,
                                                        const Clock& clock, Random& random,
                                                        std::string_view origin) {
  TRY(auto name, log_name(origin));
  TRY(auto keys, log_keys(store, seal, clock.now(), random));
  return std::unique_ptr<AuditLog>(new AuditLog(store, seal, clock, random, std::move(name)));
}

audit::NoteKey AuditLog::note_key(const crypto::PrivateKey& key) const {
  return audit::note_key(name_, audit::NoteKey::Type::signer, key.public_key());
}

Result<AuditLog::Published, Fault> AuditLog::published() const {
  TRY(auto keys, log_keys(store_, seal_, clock_.now(), random_));
  return Published{note_key(keys.current), std::move(keys.handovers)};
}

Result<AuditLog::Rotation, Fault> AuditLog::rotation() const {
  const auto now = clock_.now();
  TRY(auto keys, log_keys(store_, seal_, now, random_));
  if (keys.leaving) return Fail{Fault{Fault::Kind::conflict, "the key before this one has not handed over yet"}};
  keys.leaving = std::exchange(keys.current, crypto::PrivateKey::generate(crypto::Algorithm::EdDSA));
  return Rotation{note_key(*keys.leaving), note_key(keys.current), put_log_keys(keys, seal_, now, random_)};
}

Result<audit::Edge, Fault> AuditLog::load_edge() {
  TRY(auto state, store_.log().state());
  return audit::Edge::load(state.size, store::tiles_of(store_.log()));
}

// The keys are read each time: another node may have changed them. The first checkpoint after a change is signed by
// both and names the new one; with it the old one is gone.
Result<store::Writes, Fault> AuditLog::sealing(std::uint64_t from, audit::Edge& edge) const {
  const auto now = clock_.now();
  TRY(auto keys, log_keys(store_, seal_, now, random_));
  const audit::Checkpoint checkpoint{name_, edge.size(), edge.root()};
  const auto text =
      keys.leaving ? audit::handover_text(checkpoint, note_key(keys.current)) : audit::text_of(checkpoint);
  const auto line_by = [&](const crypto::PrivateKey& key) {
    return audit::signature_line({name_, note_key(key).id + key.sign(crypto::Algorithm::EdDSA, text)});
  };
  auto note = text + "\n" + (keys.leaving ? line_by(*keys.leaving) : "") + line_by(keys.current);
  store::Writes writes{
      store::Seal{.from = from, .to = edge.size(), .tiles = edge.take(), .checkpoint = note, .at = now}};
  if (!keys.leaving) return writes;
  keys.leaving.reset();
  if (keys.handovers.size() == audit::handovers_max) keys.handovers.erase(keys.handovers.begin());
  keys.handovers.push_back(std::move(note));
  writes.emplace_back(put_log_keys(keys, seal_, now, random_));
  return writes;
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
    TRY(auto writes, sealing(from, *edge));
    TRY(auto outcome, store_.commit_now(std::move(writes)));
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

// What a clock that was ahead told says nothing of a segment's age; but it was there before any segment behind it. The
// next, the third, the seventh … are asked, so that not even many of the kind take long.
Result<bool, Fault> AuditLog::is_older(std::uint64_t first, std::uint64_t size, Instant before) const {
  for (std::uint64_t behind = 0;; behind = 2 * behind + 1) {
    const auto from = first + behind * audit::tile_width, to = from + audit::tile_width - 1;
    if (to > size) return false;
    TRY(const auto newest, store_.log().newest(from, to));
    if (newest < before) return true;
    if (newest <= clock_.now() + set_back_max) return false;
  }
}

// The tenants whose bodies these are. An event that only tells of such a drop is not told of again, or a log in which
// nothing happens would never end: the default tenant alone hears of each.
Result<std::set<std::string>, Fault> AuditLog::tenants_of(std::uint64_t first) const {
  TRY(const auto entries, store_.log().entries(first - 1, audit::tile_width));
  std::set<std::string> tenants{default_tenant};
  for (const auto& entry : entries) {
    if (tenants.contains(entry.tenant)) continue;
    const auto body = parse_json_object(entry.body);
    if (!body || json_text(*body, "action") != retain_action) tenants.insert(entry.tenant);
  }
  return tenants;
}

Result<bool, Fault> AuditLog::retain(Instant before) {
  TRY(auto state, store_.log().state());
  const auto first = state.bodies_from, last = first + audit::tile_width - 1;
  TRY(const bool older, is_older(first, state.size, before));
  if (!older) return false;
  TRY(const auto tenants, tenants_of(first));
  audit::Event event;
  event.at = clock_.now();
  event.action = retain_action;
  event.reason = "bodies past audit.bodies_days were dropped; their hashes and proofs stay";
  event.changes = json::serialize(json::object{{"before", json::object{{"bodies_from", first}}},
                                               {"after", json::object{{"bodies_from", last + 1}}}});
  store::Writes writes{store::Retain{first, last}};
  for (const auto& tenant : tenants) {
    event.id = make_id("evt", event.at, random_);
    event.tenant = tenant;
    writes.emplace_back(store::Append{event});
  }
  TRY(auto outcome, store_.commit_now(std::move(writes)));
  return std::holds_alternative<Done>(outcome);
}

}  // namespace deputy::tokens
