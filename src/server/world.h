// World: everything a running server is made of, built in order from its settings and torn down in the reverse.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "base/work_pool.h"
#include "endpoints/app.h"
#include "server/audit_health.h"
#include "server/config.h"
#include "server/data_lock.h"
#include "server/purge_clock.h"
#include "store/commit_health.h"
#include "tokens/audit_log.h"
#include "tokens/backchannel_logout.h"
#include "tokens/key_set_walk.h"

namespace deputy::server {

inline const SystemClock system_clock;

// Whether the data directory holds a store. Faults: not_found, which says to run `deputy init`; unavailable where that
// cannot be seen.
Result<Done, Fault> find_store(const Config& config);
// What is said of one in which there is no tenant.
Fail<Fault> store_is_empty();
// Whether others can be called as the settings say. Faults: invalid (fetch.ca_file holds no certificates).
Result<Done, Fault> check_calls(const Config& config);

class World {
 public:
  // Opens the store and loads what serving needs. Faults: not_found when there is no default tenant (run
  // `deputy init`), conflict when another server runs on the same directory.
  static Result<std::unique_ptr<World>, Fault> open(const Config& config, const Clock& clock = system_clock);
  ~World();
  // From now on threads of its own keep house: once a second, and expired rows at a pace of their own. `leave` is
  // called, on one of them, when the data directory may be no longer this server's alone: its lock was removed.
  void keep_house(std::function<void()> leave = [] {});
  // What those threads do again and again, once each, on the caller's thread: never while they run. The clock is
  // believed, which they do only after a while.
  void keep_house_once();

  endpoints::App& app() { return *app_; }
  store::Store& store() { return *store_; }
  // Of settings read anew, those that may change while requests are served.
  void take_up(const Config& config);
  void drain() { ready_ = false; }  // from now on /readyz says so: no new work is sent here
  // False once it was seen that the directory's lock is gone.
  bool alone() const { return alone_; }

 private:
  World(const Config& config, const Clock& clock, DataLock lock, crypto::SealKey seal,
        std::unique_ptr<store::CommitHealth> health, std::unique_ptr<store::Store> store);
  Result<Done, Fault> start(const Config& config);
  void fetch_key_sets();
  void maintain();
  enum class Keys { as_they_are, turned };
  // The audit log, last uses, key sets; key rotation, where it is time to look at it. `over` is the instant whose
  // things have had their time; none: nothing is taken away yet.
  void maintain_once(std::optional<Instant> over, Keys keys);
  void purge();                          // nothing else holds it up
  std::size_t purge_once(Instant over);  // gives how many rows went
  void seal_audit(std::optional<Instant> over);
  void warn_of_set_back(Instant now);
  void watch_lock();
  void probe_store(Instant now);
  void finish_work();
  void tell_of_strangers(Instant now, endpoints::Strangers::Which which);
  void write_last_uses(std::size_t limit, std::size_t step);

  DataLock lock_;  // given back last of all
  Live<endpoints::LiveConfig> live_;
  const Clock& clock_;
  SystemRandom random_;
  crypto::SealKey seal_;
  crypto::KeyedHash secret_hash_;
  std::unique_ptr<store::CommitHealth> commit_health_;
  std::unique_ptr<store::Store> store_;
  store::Directory directory_;
  store::LastUse last_use_;
  tokens::Keyring keyring_;
  tokens::Reader reader_;
  BoundedCache<jose::JwkSet> client_keys_;
  tokens::KeySetFetcher key_sets_;
  tokens::KeySetWalk key_set_walk_;
  tokens::TrustedIssuers trusted_issuers_;
  std::unique_ptr<tokens::AuditLog> audit_log_;
  AuditHealth audit_health_;
  std::atomic<int> bodies_days_;  // 0: for ever
  endpoints::admin::Bulletin bulletin_;
  tokens::BackchannelLogout backchannel_logout_;
  std::unique_ptr<signin::Methods> sign_in_;
  oauth::DpopNonces dpop_nonces_;
  endpoints::Strangers strangers_;
  SetBack set_back_{Instant()};
  store::Writes untold_;  // events of strangers_ that the store has not taken yet
  std::unique_ptr<endpoints::App> app_;
  WorkPool refreshes_{{.name = "refreshes", .threads = 1, .queue_max = 256}};  // its thread uses all above
  std::atomic<bool> ready_{false}, alone_{true};
  std::function<void()> leave_ = [] {};
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread maintenance_, purging_;
};

}  // namespace deputy::server
