// Bulletin: what the followers of this server's revocations are told. Each entry is put into words once, when its
// commit says so, and every follower is woken by that commit; none of them asks the store while it keeps up.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/work_pool.h"
#include "store/store.h"

namespace deputy::endpoints::admin {

class Bulletin {
 public:
  // Registers itself as an observer of `store`, which must outlive it.
  explicit Bulletin(store::Store& store);

  struct Entry {
    std::uint64_t seq, previous;
    std::chrono::steady_clock::time_point at;  // when its commit was heard of
    std::shared_ptr<const std::string> text;   // as a server-sent event
  };
  struct News {
    std::vector<Entry> entries;  // in order
    std::uint64_t last = 0;      // the tenant's newest
    bool whole = false;          // nothing after `after` is missing; else the store has it
  };
  Result<News, Fault> after(const std::string& tenant, std::uint64_t seq);
  Result<std::uint64_t, Fault> last(const std::string& tenant);

  // Calls `wake` at each commit that revokes something of the tenant's, for as long as what is given back lives.
  class Listening {
   public:
    Listening(Bulletin& bulletin, std::string tenant, std::function<void()> wake);
    ~Listening();
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;

   private:
    Bulletin& bulletin_;
    const std::string tenant_;
    std::uint64_t number_;
  };

  // Text that is dear to make and the same for all who ask: the snapshot, signed, for whoever asked at that time. It is
  // as it was made a moment before, or while it was asked for; or as long ago as nothing was revoked since. Null: it is
  // to be made.
  using Text = std::shared_ptr<const std::string>;
  Text snapshot(const std::string& tenant, Instant asked, Instant now);
  // The same, made where it has to be. On snapshots() only: its one thread makes one at a time, and whoever asks
  // meanwhile takes what the first one got.
  using Make = std::function<Result<std::string, Fault>()>;
  Result<Text, Fault> snapshot(const std::string& tenant, Instant asked, const Clock& clock, const Make& make);
  WorkPool& snapshots() { return *snapshots_; }
  // Ends what snapshots() has taken; nobody may ask for one any more.
  void close() { snapshots_.reset(); }

 private:
  struct Tenant {
    std::deque<Entry> entries;
    std::uint64_t base = 0;  // every entry after this one is in `entries`
    std::uint64_t last = 0;
    Text snapshot;
    std::uint64_t snapshot_seq = 0;  // the newest when it was begun
    Instant snapshot_at;             // when it was done
  };
  void heard(const store::Changes& changes);
  // With the lock held; reads the head from the store where the tenant is new here.
  Result<Tenant*, Fault> tenant(const std::string& name);

  store::Store& store_;
  std::mutex mutex_;
  std::map<std::string, Tenant, std::less<>> tenants_;
  std::map<std::string, std::map<std::uint64_t, std::function<void()>>, std::less<>> listeners_;  // by tenant
  std::uint64_t numbers_ = 0;
  metrics::Gauge followers_;
  std::optional<WorkPool> snapshots_;  // last: its thread uses all the rest
};

// One entry, as a server-sent event.
std::string event_text(const store::Revocation& revocation);

}  // namespace deputy::endpoints::admin
