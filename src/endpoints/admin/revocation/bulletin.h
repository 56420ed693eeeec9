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

  // Text that is dear to make and the same for all who ask: the snapshot, for as long as it is the newest and this old
  // at most.
  using Make = std::function<Result<std::string, Fault>()>;
  Result<std::shared_ptr<const std::string>, Fault> snapshot(const std::string& tenant, Instant now, const Make& make);

 private:
  struct Tenant {
    std::deque<Entry> entries;
    std::uint64_t base = 0;  // every entry after this one is in `entries`
    std::uint64_t last = 0;
    std::shared_ptr<const std::string> snapshot;
    std::uint64_t snapshot_seq = 0;
    Instant snapshot_at;
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
};

// One entry, as a server-sent event.
std::string event_text(const store::Revocation& revocation);

}  // namespace deputy::endpoints::admin
