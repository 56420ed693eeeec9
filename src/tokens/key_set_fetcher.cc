// The cache of the documents behind jwks_uri, and the threads that fetch them: hosts take turns.
#include "tokens/key_set_fetcher.h"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/this_thread.h"
#include "tokens/call_turns.h"

namespace deputy::tokens {
namespace {

constexpr Seconds fresh_min{60}, fresh_max{3600};    // bounds on what Cache-Control may say
constexpr Seconds stale_max{3600};                   // how long an old set serves while its host is away
constexpr Seconds retry_after{60}, retry_max{600};  // between two fetches of one URI, whatever asks

// For the log: without user info, query and fragment, which may hold what is nobody's business.
std::string shown(std::string_view uri) {
  uri = uri.substr(0, uri.find_first_of("?#"));
  const auto scheme = uri.find("://");
  const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const auto end = std::min(uri.find('/', begin), uri.size());
  const auto at = uri.substr(0, end).rfind('@');
  if (at == std::string_view::npos || at < begin) return std::string(uri);
  return std::string(uri.substr(0, begin)).append(uri.substr(at + 1));
}

}  // namespace

struct KeySetFetcher::State {
  struct Entry {
    std::shared_ptr<const jose::JwkSet> set;
    Instant fresh_until{}, asked_at{}, again_at{};
    int failures = 0;  // since the last success
    bool queued = false;
  };
  FetchKeySet fetch;
  const Clock& clock;
  KeySetLimits limits;
  std::mutex mutex;
  std::condition_variable wake, idle;
  std::map<std::string, Entry> entries;
  CallTurns turns;  // of URIs, all as of one tenant: a document is everybody's
  bool stopping = false;
  metrics::Counter failed = metrics::counter("deputy_jwks_fetch_failed_total", "Fetches of a jwks_uri that failed.");
  metrics::Counter put_off = metrics::counter(
      "deputy_jwks_fetch_put_off_total", "Fetches of a jwks_uri that were put off, because too many were waiting.");
  std::vector<std::thread> threads;

  static void due_after_set_back(Entry& entry, Instant now);
  void ask(const std::string& uri, Entry& entry);
  void bound();
  void run();
  void take(const std::string& uri, Result<KeySetDocument, Fault> document);
};

KeySetFetcher::KeySetFetcher(FetchKeySet fetch, const Clock& clock, KeySetLimits limits)
    : state_(new State{.fetch = std::move(fetch),
                       .clock = clock,
                       .limits = limits,
                       .turns = CallTurns({.waiting_max = limits.waiting_max,
                                           .waiting_of_tenant_max = limits.waiting_max,
                                           .waiting_of_host_max = limits.waiting_of_host_max,
                                           .calls_of_tenant_max = static_cast<std::size_t>(limits.threads)})}) {
  for (int i = 0; i < limits.threads; ++i) state_->threads.emplace_back([state = state_.get()] { state->run(); });
}

KeySetFetcher::~KeySetFetcher() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

std::shared_ptr<const jose::JwkSet> KeySetFetcher::find(const std::string& uri) {
  std::lock_guard lock(state_->mutex);
  auto& entry = state_->entries[uri];
  const auto now = state_->clock.now();
  State::due_after_set_back(entry, now);
  if (entry.set == nullptr || now >= entry.fresh_until) state_->ask(uri, entry);
  auto set = entry.set != nullptr && now < entry.fresh_until + stale_max ? entry.set : nullptr;
  state_->bound();
  return set;
}

void KeySetFetcher::refresh(const std::string& uri) {
  std::lock_guard lock(state_->mutex);
  if (const auto found = state_->entries.find(uri); found != state_->entries.end()) state_->ask(uri, found->second);
}

std::size_t KeySetFetcher::waiting() const {
  std::lock_guard lock(state_->mutex);
  return state_->turns.waiting();
}

bool KeySetFetcher::wait_idle(Millis at_most) {
  std::unique_lock lock(state_->mutex);
  return state_->idle.wait_for(lock, at_most, [&] { return state_->turns.at_rest(); });
}

// Of a clock that was ahead and is set back: what it asked for is not fresh, nor to be left alone, until then.
void KeySetFetcher::State::due_after_set_back(Entry& entry, Instant now) {
  if (entry.asked_at <= now + set_back_max) return;
  entry.fresh_until = std::min(entry.fresh_until, now);
  entry.again_at = std::min(entry.again_at, now);
}

// Under the lock. Not more than once in retry_after, so that nothing an outsider sends turns into traffic; of a host
// that fails, ever more seldom.
void KeySetFetcher::State::ask(const std::string& uri, Entry& entry) {
  const auto now = clock.now();
  due_after_set_back(entry, now);
  if (entry.queued || now < entry.again_at) return;
  if (!turns.add("", host_of(uri), uri)) return put_off.add();
  entry.queued = true;
  entry.asked_at = now;
  entry.again_at = now + retry_after;
  wake.notify_one();
}

void KeySetFetcher::State::bound() {
  while (entries.size() > limits.entries_max) {
    auto oldest = entries.end();
    for (auto at = entries.begin(); at != entries.end(); ++at)
      if (!at->second.queued && (oldest == entries.end() || at->second.asked_at < oldest->second.asked_at)) oldest = at;
    if (oldest == entries.end()) return;
    entries.erase(oldest);
  }
}

void KeySetFetcher::State::run() {
  begin_thread("key-sets");
  std::unique_lock lock(mutex);
  for (;;) {
    std::optional<CallTurns::Call> call;
    wake.wait(lock, [&] { return stopping || (call = turns.take()); });
    if (stopping) return;
    lock.unlock();
    auto document = fetch(call->what);
    lock.lock();
    take(call->what, std::move(document));
    turns.done(*call);
    if (turns.waiting() > 0) wake.notify_one();  // its host may be called again
    if (turns.at_rest()) idle.notify_all();
  }
}

void KeySetFetcher::State::take(const std::string& uri, Result<KeySetDocument, Fault> document) {
  const auto found = entries.find(uri);
  if (found == entries.end()) return;
  auto& entry = found->second;
  entry.queued = false;
  if (document) {
    auto set = jose::JwkSet::parse(document->text);
    if (set) {
      entry.set = std::make_shared<const jose::JwkSet>(std::move(set).take());
      entry.fresh_until = clock.now() + std::clamp(document->max_age, fresh_min, fresh_max);
      entry.failures = 0;
      return;
    }
    document = Fail{set.error()};
  }
  entry.again_at = clock.now() + std::min(retry_max, retry_after * (1 << std::min(entry.failures++, 4)));
  failed.add();
  log::line(log::Level::warn, "jwks_fetch_failed", {{"uri", shown(uri)}, {"detail", document.error().detail}});
}

}  // namespace deputy::tokens
