// RevocationFollower: one enforcement point's copy of the revocation set: a signed snapshot, then the feed, and at any
// moment the answer to how old the copy may be. Who asks it refuses where it is too old: fail closed.
#pragma once

#include <atomic>
#include <functional>

#include "client/api.h"
#include "client/sse.h"
#include "delegation/revocation_set.h"

namespace deputy::client {

class RevocationFollower {
 public:
  using OnEntry = std::function<void(const delegation::Revocation&)>;
  // What is given is used as long as run() runs. `on_entry` hears of each entry after the first snapshot, once, in
  // order, when it is in the set; of one that came in a gap only if it still kills when the gap is closed. Where the
  // server's store was set back, of those of its new history that are news to the set.
  RevocationFollower(Api& api, const Clock& clock, OnEntry on_entry = {},
                     std::size_t snapshot_octets_max = default_snapshot_octets_max)
      : api_(api), clock_(clock), on_entry_(std::move(on_entry)), snapshot_octets_max_(snapshot_octets_max) {}
  // Of the largest snapshot that is taken: an entry has about 300. To take it needs several times its size.
  static constexpr std::size_t default_snapshot_octets_max = std::size_t{1} << 30;

  // Follows, on a thread of its own, through broken connections and gaps, until stop(), or until the server says that
  // this client may not: it gets no token, or not with this. Between a gap and the next snapshot nothing is fresh.
  Result<Done, Refusal> run();
  void stop() { stopping_ = true; }

  // Any thread. Each verdict `stale` counts in deputy_revocation_stale_total.
  enum class Verdict { live, dead, stale };
  static constexpr Seconds default_max_staleness{10};  // a heartbeat comes every second
  Verdict judge(const delegation::TokenView& token, Seconds max_staleness = default_max_staleness) const;
  bool fresh(Instant now, Seconds max_staleness = default_max_staleness) const;
  // Everything that was revoked before this instant, by our clock, is in the set; none: nothing is known yet.
  std::optional<Instant> as_of() const;
  std::uint64_t position() const { return position_; }
  const delegation::RevocationSet& set() const { return set_; }

 private:
  Result<Done, Refusal> take_snapshot();
  Result<Done, Refusal> take_entries(const json::array& entries, std::uint64_t seq);
  bool place_is_gone();  // the server says that it cannot go on from our place
  // One connection; true: go on from where it ended, false: a snapshot is needed.
  Result<bool, Refusal> follow_once();
  bool hear(const ServerSentEvent& event);
  bool hear_entry(const json::object& document, const std::string& place);
  bool hear_heartbeat(const json::object& document);
  bool lost();  // what came cannot follow what we have

  Api& api_;
  const Clock& clock_;
  const OnEntry on_entry_;
  const std::size_t snapshot_octets_max_;
  delegation::RevocationSet set_;
  std::atomic<std::uint64_t> position_{0};
  std::string place_;  // the same, in the server's words: it tells a history that was set back from ours
  std::atomic<std::int64_t> as_of_ms_{0};
  std::atomic<bool> stopping_{false};
  bool whole_ = false;   // nothing is missing up to position_
  bool placed_ = false;  // there has been a snapshot: position_ is one

  // Of the connection that is open. A heartbeat bears the server's time S; the first one, S0, was written after the
  // request was sent, at t0 by our clock. So this one was written after t0 + (S - S0), however long it was on its way.
  Instant opened_;
  std::optional<Instant> first_beat_, last_beat_;
};

}  // namespace deputy::client
