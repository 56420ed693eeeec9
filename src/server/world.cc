// Building the world, and its housekeeping.
#include "server/world.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/id.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/this_thread.h"
#include "endpoints/admin/first_tenant.h"
#include "endpoints/oauth.h"
#include "endpoints/routing.h"
#include "http/ca_file.h"
#include "http/cache_control.h"
#include "http/client.h"
#include "server/origin.h"
#include "server/seal_key.h"
#include "server/writable.h"

namespace deputy::server {
namespace {

tokens::FetchKeySet fetcher(const Live<endpoints::LiveConfig>& live) {
  return [&live](const std::string& uri) -> Result<tokens::KeySetDocument, Fault> {
    TRY(auto fetched, http::fetch(uri, live.now()->fetch));
    if (fetched.status != 200) return Fail{Fault{Fault::Kind::unavailable, "the host did not answer 200"}};
    constexpr Seconds unsaid{300};
    return tokens::KeySetDocument{std::move(fetched.body), http::max_age(fetched.cache_control).value_or(unsaid)};
  };
}

tokens::PostForm poster(const Live<endpoints::LiveConfig>& live) {
  return [&live](const std::string& uri, const std::string& body) -> Result<int, Fault> {
    TRY(const auto reply, http::call({.method = "POST",
                                      .url = uri,
                                      .body = body,
                                      .content_type = "application/x-www-form-urlencoded",
                                      .headers = {}},
                                     live.now()->fetch));
    return reply.status;
  };
}

// When the newest event was recorded; the beginning of time where there is none.
Result<Instant, Fault> newest_event(store::Store& store) {
  TRY(const auto last, store.last_event());
  if (last == 0) return Instant();
  return store.log().newest(last, last);
}

// When the first that is not signed for was recorded; none: all is.
Result<std::optional<Instant>, Fault> first_unsealed(store::Store& store) {
  TRY(const auto state, store.log().state());
  TRY(const auto last, store.last_event());
  if (state.size >= last) return std::optional<Instant>();
  TRY(const auto at, store.log().newest(state.size + 1, state.size + 1));
  return std::optional(at);
}

// Where it grows, what has had its time stays.
void tell_of_lag(Millis lag) {
  static auto behind = metrics::gauge("deputy_purge_lag_seconds", "How far what is purged trails the clock.");
  behind.set(static_cast<double>(lag.count()) / 1000);
}

template <class T>
void warn_of(const Result<T, Fault>& result) {
  if (!result) log::line(log::Level::warn, "maintenance_failed", {{"detail", result.error().detail}});
}

}  // namespace

Result<Done, Fault> find_store(const Config& config) {
  struct stat facts{};
  if (::stat(config.sqlite.file.c_str(), &facts) == 0) return Done{};
  if (errno != ENOENT && errno != ENOTDIR)
    return Fail{Fault{Fault::Kind::unavailable, "cannot open " + config.sqlite.file + ": " + std::strerror(errno)}};
  return Fail{Fault{Fault::Kind::not_found, "there is no store in " + config.data + ": run `deputy init` first"}};
}

Fail<Fault> store_is_empty() {
  return Fail{Fault{Fault::Kind::not_found, "the store is empty: run `deputy init` first"}};
}

// curl says nothing of such a file until the first call, which may be days after the start.
Result<Done, Fault> check_calls(const Config& config) {
  if (config.live.fetch.ca_file.empty()) return Done{};
  auto read = http::check_ca_file(config.live.fetch.ca_file);
  if (!read) return Fail{Fault{read.error().kind, "fetch.ca_file: " + read.error().detail}};
  return Done{};
}

Result<std::unique_ptr<World>, Fault> World::open(const Config& config, const Clock& clock) {
  TRY(auto found, find_store(config));
  TRY(auto writable, check_writable(config));
  TRY(auto callable, check_calls(config));
  TRY(auto lock, DataLock::take(config.data));
  TRY(auto seal, read_own_seal_key(config));
  TRY(auto made, check_origin(config));
  auto health = std::make_unique<store::CommitHealth>();
  TRY(auto store, store::open_sqlite_store(config.sqlite, *health));
  const std::string first(endpoints::admin::default_tenant);
  TRY(auto exists, store->get(first, directory::Kind::tenant, first));
  if (!exists) return store_is_empty();
  TRY(auto api, own_api(config, *store, first));
  std::unique_ptr<World> world(
      new World(config, clock, std::move(lock), std::move(seal), std::move(health), std::move(store)));
  TRY(auto started, world->start(config));
  TRY(auto loaded, world->reader_.load());
  TRY(auto keys, world->keyring_.keys(first));
  world->ready_ = true;
  return world;
}

World::World(const Config& config, const Clock& clock, DataLock lock, crypto::SealKey seal,
             std::unique_ptr<store::CommitHealth> health, std::unique_ptr<store::Store> store)
    : lock_(std::move(lock)),
      live_(config.live),
      clock_(clock),
      seal_(std::move(seal)),
      secret_hash_(seal_.derive("client secret hash")),
      commit_health_(std::move(health)),
      store_(std::move(store)),
      directory_(*store_, config.directory),
      keyring_(*store_, seal_, clock_, random_, config.keyring),
      reader_(*store_, keyring_, config.reader),
      client_keys_(config.directory.principals_max_bytes / 2),
      key_sets_(fetcher(live_), clock_),
      key_set_walk_(*store_, key_sets_, clock_),
      trusted_issuers_(*store_, key_sets_),
      audit_health_(clock_.now()),
      bodies_days_(config.audit_bodies_days),
      bulletin_(*store_),
      backchannel_logout_(poster(live_), *store_, keyring_, clock_, random_),
      dpop_nonces_(seal_.derive("DPoP nonce")),
      strangers_(config.strangers) {}

Result<Done, Fault> World::start(const Config& config) {
  keyring_.configure(config.keyring);  // before any set is given, those from before this start are taken into account
  TRY(auto audit_log, tokens::AuditLog::open(*store_, seal_, clock_, random_, config.endpoints.origin));
  audit_log_ = std::move(audit_log);
  tell_of_lag(Millis(0));  // until the host has had the time to set its clock, nothing is purged
  (void)endpoints::tokens_issued();
  const auto unsealed = first_unsealed(*store_);
  warn_of(unsealed);
  if (unsealed && *unsealed) audit_health_.begin(**unsealed);
  audit_health_.note(clock_.now(), audit_log_->seal());  // what `init` recorded, or a crash left unsigned
  TRY(const auto newest, newest_event(*store_));
  set_back_ = SetBack(newest);
  auto sign_in = config.sign_in;
  sign_in.origin = config.endpoints.origin;
  TRY(auto methods, signin::Methods::open(std::move(sign_in), *store_, seal_, random_));
  sign_in_ = std::move(methods);
  sign_in_->end_sessions =
      flows::ends_others(*store_, random_, [origin = config.endpoints.origin](std::string_view tenant) {
        return endpoints::issuer_of(origin, tenant);
      });
  app_.reset(new endpoints::App{.config = config.endpoints,
                                .live = live_,
                                .clock = clock_,
                                .random = random_,
                                .store = *store_,
                                .directory = directory_,
                                .keyring = keyring_,
                                .reader = reader_,
                                .key_sets = key_sets_,
                                .trusted_issuers = trusted_issuers_,
                                .last_use = last_use_,
                                .client_keys = client_keys_,
                                .seal = seal_,
                                .secret_hash = secret_hash_,
                                .ready = [this] { return ready_.load() && !commit_health_->failing(); },
                                .audit_log = *audit_log_,
                                .bulletin = bulletin_,
                                .sign_in = *sign_in_,
                                .dpop_nonces = dpop_nonces_,
                                .strangers = strangers_,
                                .refreshes = refreshes_});
  fetch_key_sets();
  backchannel_logout_.start();
  return Done{};
}

void World::keep_house(std::function<void()> leave) {
  leave_ = std::move(leave);
  maintenance_ = std::thread([this] { maintain(); });
  purging_ = std::thread([this] { purge(); });
}

void World::keep_house_once() {
  const auto now = clock_.now();
  maintain_once(now, Keys::turned);
  (void)purge_once(now);
}

void World::take_up(const Config& config) {
  live_.replace(config.live);
  keyring_.configure(config.keyring);
  strangers_.limit(config.strangers);
  bodies_days_ = config.audit_bodies_days;
}

World::~World() {
  ready_ = false;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto* thread : {&maintenance_, &purging_})
    if (thread->joinable()) thread->join();
  // Whatever still records something ends first: what comes after the last seal would be signed for only at the next
  // start, if ever.
  backchannel_logout_.stop();
  finish_work();
  bulletin_.close();
  while (true) {
    auto writes = last_use_.take(1000);
    if (writes.empty() || !store_->commit_now(std::move(writes))) break;
  }
  tell_of_strangers(clock_.now(), endpoints::Strangers::Which::all);
  if (audit_log_) audit_health_.note(clock_.now(), audit_log_->seal_all());
}

// What waits for a thread is done while all that it uses is there, and recorded before the log is sealed.
void World::finish_work() {
  for (auto* pool : {sign_in_ ? &sign_in_->pool : nullptr, &refreshes_}) {
    if (pool != nullptr) pool->close();
    // A batch behind theirs is answered after them; and one more, for what was written where the store refused one.
    for (int i = 0; i < 2; ++i) warn_of(store_->commit_now({}));
  }
}

// What clients sign with is at hand before the first of them is let in (ADR 18); a slow host holds up no start for
// long.
void World::fetch_key_sets() {
  using SteadyClock = std::chrono::steady_clock;
  const auto until = SteadyClock::now() + Seconds(2);
  do {
    const auto step = key_set_walk_.step();
    if (!step) return warn_of(step);
    const auto left = std::chrono::duration_cast<Millis>(until - SteadyClock::now());
    (void)key_sets_.wait_idle(std::max(Millis(0), left));
  } while (!key_set_walk_.resting() && SteadyClock::now() < until);
}

// What was recorded since the last second is signed for; what has had its time is dropped, a segment at a time so that
// no request waits behind it.
void World::seal_audit(std::optional<Instant> over) {
  constexpr int segments_a_second = 200;
  for (std::size_t sealed = tokens::AuditLog::step; sealed == tokens::AuditLog::step;) {
    const auto step = audit_log_->seal();
    audit_health_.note(clock_.now(), step);
    sealed = step ? *step : 0;
  }
  const int days = bodies_days_;
  if (days == 0 || !over) return;
  const auto before = *over - std::chrono::days(days);
  for (int i = 0; i < segments_a_second; ++i) {
    const auto retained = audit_log_->retain(before);
    warn_of(retained);
    if (!retained || !*retained) return;
  }
}

// With the file gone another server can start on the directory, and neither would know of what the other revokes.
void World::watch_lock() {
  if (!alone_ || lock_.stands()) return;
  alone_ = false;
  drain();
  log::line(log::Level::error, "data_lock_gone",
            {{"detail", "deputy.lock was removed from the data directory or replaced: this server stops"}});
  leave_();
}

// Who is not ready is sent nothing to write, and would never learn that the disk has room again: a mark that means
// nothing says so, and goes by itself.
void World::probe_store(Instant now) {
  store::Writes writes;
  writes.emplace_back(store::Mark{.once = store::Once::assertion_jti,
                                  .tenant = "default",
                                  .until = now + Seconds(1),
                                  .key = store::mark_key(make_id("prb", now, random_), "the server itself")});
  warn_of(store_->commit_now(std::move(writes)));
}

// What was issued ahead of the clock outlives what ends it by more than a day (delegation::cover()).
void World::warn_of_set_back(Instant now) {
  static auto times = metrics::counter("deputy_clock_set_back_total", "Times the clock was set back over a minute.");
  const auto by = set_back_.since_last(now);
  if (!by) return;
  times.add();
  log::line(log::Level::warn, "clock_set_back", {{"by_s", std::to_string(by->count() / 1000)}});
}

// How many refusals were left out is told in the log itself, and once the store can be written to again.
void World::tell_of_strangers(Instant now, endpoints::Strangers::Which which) {
  for (auto& event : strangers_.told(now, random_, which)) untold_.push_back(std::move(event));
  if (untold_.empty()) return;
  const auto told = store_->commit_now(untold_);
  if (!told) return warn_of(told);
  untold_.clear();
}

void World::write_last_uses(std::size_t limit, std::size_t step) {
  for (std::size_t written = 0; written < limit; written += step) {
    auto writes = last_use_.take(step);
    if (writes.empty()) return;
    const auto outcome = store_->commit_now(std::move(writes));
    if (!outcome) return warn_of(outcome);
  }
}

void World::maintain_once(std::optional<Instant> over, Keys keys) {
  // Uses a second, and a step: short enough that no request waits behind one, for a use is a page of its own.
  constexpr std::size_t uses = 500, uses_a_step = 32;
  const auto now = clock_.now();
  watch_lock();
  warn_of_set_back(now);
  if (commit_health_->failing()) probe_store(now);
  tell_of_strangers(now, endpoints::Strangers::Which::due);
  seal_audit(over);
  write_last_uses(uses, uses_a_step);
  if (over) {
    tell_of_lag(now - *over);
    reader_.purge(*over);
    backchannel_logout_.set_past(*over);
  }
  reader_.measure();
  warn_of(key_set_walk_.step());
  if (keys == Keys::turned) keyring_.tick(over);
}

void World::maintain() {
  begin_thread("maintenance", behind_requests);
  std::unique_lock lock(mutex_);
  auto next = std::chrono::steady_clock::now();
  Past past(clock_.now(), next);
  for (int second = 0; !wake_.wait_until(lock, next += Seconds(1), [&] { return stopping_; }); ++second) {
    lock.unlock();
    const auto over = past.at(clock_.now(), std::chrono::steady_clock::now());
    maintain_once(over, second % 60 == 59 ? Keys::turned : Keys::as_they_are);
    lock.lock();
  }
}

std::size_t World::purge_once(Instant over) {
  const auto purged = store_->purge(over, PurgeClock::step);
  warn_of(purged);
  return purged ? *purged : 0;
}

void World::purge() {
  begin_thread("purge", behind_requests);
  PurgeClock pace;
  Past past(clock_.now(), std::chrono::steady_clock::now());
  std::unique_lock lock(mutex_);
  for (auto pause = PurgeClock::slowest; !wake_.wait_for(lock, pause, [&] { return stopping_; });) {
    lock.unlock();
    const auto over = past.at(clock_.now(), std::chrono::steady_clock::now());
    // What is true of rows already is written into them before it is known what is over: it takes no clock.
    pause = pace.pause_after(purge_once(over.value_or(Instant::min())));
    lock.lock();
  }
}

}  // namespace deputy::server
