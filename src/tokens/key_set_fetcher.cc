// One thread, one queue, one cache: the documents behind jwks_uri.
#include "tokens/key_set_fetcher.h"

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/log.h"
#include "base/metrics.h"

namespace deputy::tokens {
namespace {

constexpr Seconds fresh_min{60}, fresh_max{3600};  // bounds on what Cache-Control may say
constexpr Seconds stale_max{3600};                 // how long an old set serves while its host is away
constexpr Seconds retry_after{60};                 // between two fetches of one URI, whatever asks
constexpr std::size_t queue_max = 1000;

}  // namespace

struct KeySetFetcher::State {
  struct Entry {
    std::shared_ptr<const jose::JwkSet> set;
    Instant fresh_until{}, asked_at{};
    bool queued = false;
  };
  FetchKeySet fetch;
  const Clock& clock;
  std::size_t entries_max;
  std::mutex mutex;
  std::condition_variable wake, idle;
  std::map<std::string, Entry> entries;
  std::deque<std::string> queue;
  bool stopping = false, busy = false;
  metrics::Counter failed = metrics::counter("deputy_jwks_fetch_failed_total", "Fetches of a jwks_uri that failed.");
  std::thread worker;

  // Under the lock. Not more than once in retry_after, so that nothing an outsider sends turns into traffic.
  void ask(const std::string& uri, Entry& entry) {
    const auto now = clock.now();
    const bool asked_lately = entry.asked_at != Instant{} && now < entry.asked_at + retry_after;
    if (entry.queued || asked_lately || queue.size() >= queue_max) return;
    entry.queued = true;
    entry.asked_at = now;
    queue.push_back(uri);
    wake.notify_one();
  }
  void bound() {
    while (entries.size() > entries_max) {
      auto oldest = entries.begin();
      for (auto at = entries.begin(); at != entries.end(); ++at)
        if (!at->second.queued && at->second.asked_at < oldest->second.asked_at) oldest = at;
      entries.erase(oldest);
    }
  }
  void run();
  void take(const std::string& uri, Result<KeySetDocument, Fault> document);
};

KeySetFetcher::KeySetFetcher(FetchKeySet fetch, const Clock& clock, std::size_t entries_max)
    : state_(new State{.fetch = std::move(fetch), .clock = clock, .entries_max = entries_max}) {
  state_->worker = std::thread([state = state_.get()] { state->run(); });
}

KeySetFetcher::~KeySetFetcher() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  state_->worker.join();
}

std::shared_ptr<const jose::JwkSet> KeySetFetcher::find(const std::string& uri) {
  std::lock_guard lock(state_->mutex);
  auto& entry = state_->entries[uri];
  const auto now = state_->clock.now();
  if (entry.set == nullptr || now >= entry.fresh_until) state_->ask(uri, entry);
  auto set = entry.set != nullptr && now < entry.fresh_until + stale_max ? entry.set : nullptr;
  state_->bound();
  return set;
}

void KeySetFetcher::refresh(const std::string& uri) {
  std::lock_guard lock(state_->mutex);
  if (const auto found = state_->entries.find(uri); found != state_->entries.end()) state_->ask(uri, found->second);
}

void KeySetFetcher::wait_idle() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [&] { return state_->queue.empty() && !state_->busy; });
}

void KeySetFetcher::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    wake.wait(lock, [&] { return stopping || !queue.empty(); });
    if (stopping) return;
    const auto uri = std::move(queue.front());
    queue.pop_front();
    busy = true;
    lock.unlock();
    auto document = fetch(uri);
    lock.lock();
    take(uri, std::move(document));
    busy = false;
    if (queue.empty()) idle.notify_all();
  }
}

void KeySetFetcher::State::take(const std::string& uri, Result<KeySetDocument, Fault> document) {
  const auto found = entries.find(uri);
  if (found == entries.end()) return;
  found->second.queued = false;
  if (document) {
    auto set = jose::JwkSet::parse(document->text);
    if (set) {
      found->second.set = std::make_shared<const jose::JwkSet>(std::move(set).take());
      found->second.fresh_until = clock.now() + std::clamp(document->max_age, fresh_min, fresh_max);
      return;
    }
    document = Fail{set.error()};
  }
  failed.add();
  log::line(log::Level::warn, "jwks_fetch_failed", {{"detail", document.error().detail}});
}

}  // namespace deputy::tokens
