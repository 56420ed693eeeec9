// One thread looks whom a session's end concerns and what is due; a few others post each client a logout token, in
// turns (call_turns.h), until it takes one.
#include "tokens/backchannel_logout.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "base/this_thread.h"
#include "tokens/away.h"
#include "tokens/call_turns.h"
#include "tokens/look_queue.h"

namespace deputy::tokens {
namespace {

using audit::Decision;

using Told = LogoutTeller::Told;
using Client = Result<std::optional<directory::Principal>, Fault>;

constexpr std::size_t page = 200;
constexpr std::size_t hosts_known_max = 1000;  // in one look
constexpr Seconds claim{60};      // longer than a call takes: whoever claimed it and went is waited for so long
constexpr Seconds look_every{60};
constexpr std::string_view away_for_too_long = "the client was away for too long";

// Where its turn is: at the host of its URI, or at itself if it cannot be called, whatever the reason.
std::string called_at(const Client& client, const std::string& id) {
  const bool callable = client && *client && !(*client)->registration.backchannel_logout_uri.empty();
  return callable ? host_of((*client)->registration.backchannel_logout_uri) : id;
}

}  // namespace

struct BackchannelLogout::State {
  LogoutTeller teller;
  const Clock& clock;
  store::Store& store;
  LogoutLimits limits;
  CallTurns turns;  // of deliveries that are due, by id
  Away away;
  std::map<std::string, LogoutDelivery> at_hand;  // what has a turn to come, or is being delivered
  LookQueue to_look_at;                           // what is to be looked at by itself
  std::mutex mutex;                               // of these four and what follows
  std::condition_variable look, call;
  bool stopping = false;
  Instant all_at;                    // when all that is due is looked at
  Millis all_gap = limits.look_gap;  // and for how long not again
  std::atomic<Instant> past{Instant::min()};
  std::vector<std::thread> threads;

  enum class Left : std::uint8_t { nothing, what_had_no_room };
  struct Seen {  // in one look
    Instant next;  // when more is due
    Left left = Left::nothing;
    bool failed = false;  // the clients of a session could not be found
    // At most waiting_max sessions whose tenant has had its share of this look: tenant and id.
    std::vector<std::pair<std::string, std::string>> passed_over = {};
    std::map<std::pair<std::string, std::string>, std::string> hosts = {};  // by tenant and client
    std::map<std::string, int> sessions = {};                               // by tenant
  };
  void keep_looking();
  void look_by(Instant at);
  Result<Left, Fault> look_at_all();
  Result<Left, Fault> look_at_these(const std::vector<std::string>& ids);
  Result<Done, Fault> look_through(const DueSpan& span, Seen& seen);
  std::optional<LogoutDelivery> look_at(const store::Record& record, Seen& seen);
  Left over(Seen& seen);
  bool is_stopping();
  bool is_stale(const LogoutDelivery& delivery) const { return past.load() >= stale_at(delivery); }
  Instant next_attempt(const LogoutDelivery& delivery, Instant now) const;
  bool is_at_hand(const std::string& id);
  Left take_up(LogoutDelivery delivery, Seen& seen);
  Left find_clients(const LogoutDelivery& delivery, Seen& seen);
  void keep_calling();
  Result<Done, Fault> call_next(std::unique_lock<std::mutex>& lock, const CallTurns::Call& next);
  Result<Done, Fault> deliver(LogoutDelivery delivery, const std::string& host);
  std::optional<Instant> away_until(const LogoutDelivery& delivery, const std::string& host, Instant now);
  Result<Done, Fault> settle(const LogoutDelivery& delivery, const std::string& host, Told told);
};

BackchannelLogout::BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock,
                                     Random& random, LogoutLimits limits)
    : state_(new State{.teller = LogoutTeller(std::move(post), store, keyring, clock, random),
                       .clock = clock,
                       .store = store,
                       .limits = limits,
                       .turns = CallTurns({.waiting_max = limits.waiting_max,
                                           .waiting_of_tenant_max = limits.waiting_of_tenant_max,
                                           .waiting_of_host_max = limits.waiting_of_host_max,
                                           .calls_of_tenant_max = limits.calls_of_tenant_max}),
                       .away = Away(limits.away_of_tenant_max),
                       .to_look_at = LookQueue(limits.waiting_max,
                                               static_cast<std::size_t>(limits.sessions_of_tenant_max))}) {
  store.observe([state = state_](const store::Changes& changes) {
    const std::lock_guard lock(state->mutex);
    for (const auto& change : changes.records) {
      // Of what is at hand the change is our own.
      if (change.kind != store::Kind::logout_delivery || state->at_hand.contains(change.id)) continue;
      if (!state->to_look_at.add(change.id))
        state->all_at = std::min(state->all_at, state->clock.now() + state->all_gap);
      state->look.notify_one();
    }
  });
}

BackchannelLogout::~BackchannelLogout() { stop(); }

void BackchannelLogout::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->look.notify_all();
  state_->call.notify_all();
  for (auto& thread : state_->threads)
    if (thread.joinable()) thread.join();
}

void BackchannelLogout::start() {
  auto& state = *state_;
  state.threads.emplace_back([&state] { state.keep_looking(); });
  for (int i = 0; i < state.limits.threads; ++i) state.threads.emplace_back([&state] { state.keep_calling(); });
}

void BackchannelLogout::set_past(Instant past) { state_->past = past; }

// Twice: what is found on the way (whom a session's end concerns) is due at once.
void BackchannelLogout::deliver_due() {
  set_past(state_->clock.now());
  for (int look = 0; look < 2; ++look) {
    for (bool again = true; again;) {
      const auto left = state_->look_at_all();
      if (!left) warn_of_logout(left.error().detail);
      again = left && *left == State::Left::what_had_no_room;
      std::unique_lock lock(state_->mutex);
      while (const auto next = state_->turns.take())
        again = state_->call_next(lock, *next) && again;  // what cannot be recorded stays due
    }
  }
}

// One look at the queue in the store: what is due is taken up, as far as there is room. Of what waits for a later
// instant the first is read, and no more.
Result<BackchannelLogout::State::Left, Fault> BackchannelLogout::State::look_at_all() {
  const auto began = clock.now();
  {
    const std::lock_guard lock(mutex);
    away.sweep(began);
  }
  Seen seen{.next = began + look_every};
  for (const auto& span : due_at(began)) {
    TRY(auto looked, look_through(span, seen));
  }
  TRY(const auto next, store.list(deliveries_tenant, store::Kind::logout_delivery, due_page(not_due_at(began), 1)));
  for (const auto& record : next)
    if (const auto delivery = read_delivery(record)) seen.next = std::min(seen.next, delivery->due);
  return over(seen);
}

// What was committed here, alone: however much else is due.
Result<BackchannelLogout::State::Left, Fault> BackchannelLogout::State::look_at_these(
    const std::vector<std::string>& ids) {
  Seen seen{.next = clock.now() + look_every};
  for (const auto& id : ids) {
    if (is_stopping()) break;
    TRY(const auto record, store.get(deliveries_tenant, store::Kind::logout_delivery, id));
    if (record) static_cast<void>(look_at(*record, seen));
  }
  return over(seen);
}

// Page by page, each behind the last delivery that can be read of the one before.
Result<Done, Fault> BackchannelLogout::State::look_through(const DueSpan& span, Seen& seen) {
  std::optional<LogoutDelivery> last;
  for (bool more = true; more;) {
    TRY(const auto records, store.list(deliveries_tenant, store::Kind::logout_delivery,
                                       due_page(span, page, last ? &*last : nullptr)));
    more = false;
    for (const auto& record : records) {
      if (is_stopping()) return Done{};
      auto read = look_at(record, seen);
      if (!read) continue;
      last = std::move(read);
      more = records.size() == page;
    }
  }
  return Done{};
}

// None: it is damaged.
std::optional<LogoutDelivery> BackchannelLogout::State::look_at(const store::Record& record, Seen& seen) {
  auto delivery = read_delivery(record);
  if (!delivery) {
    warn_of_logout("the record of a logout to be told is damaged");
  } else if (is_at_hand(record.id)) {
    return delivery;
  } else if (!is_due(*delivery, clock.now())) {
    seen.next = std::min(seen.next, delivery->due);
  } else if (take_up(*delivery, seen) == Left::what_had_no_room) {
    seen.left = Left::what_had_no_room;
  }
  return delivery;
}

// Who was passed over is looked at next; but where something failed, as on a full disk, with all that is due, for it
// would fail again at once.
BackchannelLogout::State::Left BackchannelLogout::State::over(Seen& seen) {
  {
    const std::lock_guard lock(mutex);
    if (seen.failed && to_look_at.forget_passed_over()) seen.left = Left::what_had_no_room;
    for (auto& [tenant, id] : seen.passed_over)
      if (seen.failed || !to_look_at.pass_over(tenant, std::move(id))) break;
  }
  look_by(seen.left == Left::nothing ? seen.next : clock.now());
  return seen.failed ? Left::nothing : seen.left;
}

bool BackchannelLogout::State::is_stopping() {
  const std::lock_guard lock(mutex);
  return stopping;
}

bool BackchannelLogout::State::is_at_hand(const std::string& id) {
  const std::lock_guard lock(mutex);
  return at_hand.contains(id);
}

// Due, and not at hand yet. Whoever was away a moment ago has its turn after that moment.
BackchannelLogout::State::Left BackchannelLogout::State::take_up(LogoutDelivery delivery, Seen& seen) {
  if (delivery.client.empty()) return find_clients(delivery, seen);
  const auto tenant = delivery.session.tenant, id = delivery.id;
  std::unique_lock lock(mutex);
  if (!turns.has_room(tenant)) return Left::what_had_no_room;
  lock.unlock();
  if (seen.hosts.size() >= hosts_known_max) seen.hosts.clear();
  auto& host = seen.hosts[{tenant, delivery.client}];
  if (host.empty()) host = called_at(teller.client_of(delivery), delivery.client);
  lock.lock();
  const auto now = clock.now();
  if (const auto until = away_until(delivery, host, now); until && !is_stale(delivery)) {
    seen.next = std::min(seen.next, *until);
    return Left::nothing;
  }
  if (!turns.add(tenant, host, id)) return Left::what_had_no_room;
  at_hand.emplace(id, std::move(delivery));
  call.notify_one();
  return Left::nothing;
}

// A session may have a thousand clients, and a tenant many sessions that end at once: others are not kept waiting.
BackchannelLogout::State::Left BackchannelLogout::State::find_clients(const LogoutDelivery& delivery, Seen& seen) {
  if (seen.sessions[delivery.session.tenant]++ >= limits.sessions_of_tenant_max) {
    if (seen.passed_over.size() < limits.waiting_max)
      seen.passed_over.emplace_back(delivery.session.tenant, delivery.id);
    return Left::what_had_no_room;
  }
  if (const auto found = teller.find_clients(delivery); !found) {
    warn_of_logout(found.error().detail);
    seen.failed = true;
  }
  return Left::nothing;
}

void BackchannelLogout::State::look_by(Instant at) {
  const std::lock_guard lock(mutex);
  at = std::max(at, clock.now() + all_gap);
  if (at >= all_at) return;
  all_at = at;
  look.notify_one();
}

Result<Done, Fault> BackchannelLogout::State::call_next(std::unique_lock<std::mutex>& lock,
                                                        const CallTurns::Call& next) {
  auto delivery = at_hand.at(next.what);
  lock.unlock();
  auto delivered = deliver(std::move(delivery), next.host);
  if (!delivered) warn_of_logout(delivered.error().detail);
  lock.lock();
  at_hand.erase(next.what);
  turns.done(next);
  if (turns.waiting() > 0) call.notify_all();  // its host and its tenant may be called again
  return delivered;
}

// One attempt, claimed before it is made: of many nodes one makes it, and one that dies meanwhile is made again.
Result<Done, Fault> BackchannelLogout::State::deliver(LogoutDelivery delivery, const std::string& host) {
  const auto now = clock.now();
  const auto client = teller.client_of(delivery);
  if (called_at(client, delivery.client) != host) {  // it moved since it was taken up
    look_by(now);
    return Done{};
  }
  std::unique_lock lock(mutex);
  const auto until = away_until(delivery, host, now);
  lock.unlock();
  if (until && is_stale(delivery)) return teller.end(delivery, Decision::refused, away_for_too_long);
  if (until) {
    look_by(*until);
    return Done{};
  }
  ++delivery.attempts;
  TRY(const auto ours, teller.claim(delivery, next_attempt(delivery, now)));
  if (!ours) return Done{};
  if (!client) warn_of_logout(client.error().detail);
  if (client && (!*client || (*client)->registration.backchannel_logout_uri.empty()))
    return teller.end(delivery, Decision::refused, "the client does not ask for it any more");
  return settle(delivery, host, client ? teller.tell(delivery, **client) : Told::not_called);
}

// Whatever began late, for others were called in its place, is given up no later. A clock that leapt ahead says nothing
// of the time that has passed: by it no pause is shorter.
Instant BackchannelLogout::State::next_attempt(const LogoutDelivery& delivery, Instant now) const {
  const auto next = now + pause_after(delivery.attempts).value_or(claim);
  const auto last = stale_at(delivery) + 2 * set_back_max;  // by then it is past
  return now >= last && !is_stale(delivery) ? next : std::min(next, std::max(now + claim, last));
}

// A client that took nothing is away, and a host without an answer is for all clients of the tenant: for a moment, and
// never for as long as the pauses of one delivery grow. What else waits has its turn, the client may be back, and at
// the host another may be at another port.
Result<Done, Fault> BackchannelLogout::State::settle(const LogoutDelivery& delivery, const std::string& host,
                                                     Told told) {
  const auto& tenant = delivery.session.tenant;
  const bool over = told == Told::taken || told == Told::refused;
  const auto now = clock.now();
  {
    const std::lock_guard lock(mutex);
    if (over) away.forget(tenant, delivery.client);
    else away.note(tenant, delivery.client, now);
    if (told == Told::no_answer) away.note(tenant, host, now);
    else if (told != Told::not_called) away.forget(tenant, host);
  }
  if (!over && pause_after(delivery.attempts) && !is_stale(delivery)) {
    look_by(delivery.due);
    return Done{};
  }
  return teller.end(delivery, told == Told::taken ? Decision::granted : Decision::refused,
                    told == Told::taken     ? ""
                    : told == Told::refused ? "the client refused it"
                                            : away_for_too_long);
}

// The client, or its host; none: it may be called. The lock is the caller's.
std::optional<Instant> BackchannelLogout::State::away_until(const LogoutDelivery& delivery, const std::string& host,
                                                            Instant now) {
  const auto& tenant = delivery.session.tenant;
  return std::max(away.until(tenant, delivery.client, now), away.until(tenant, host, now));
}

// What is committed here is looked at by itself, and all that is due when something is: at most once in look_gap, less
// often where a look takes long (look_pause), and at least once a minute, for other nodes commit too.
void BackchannelLogout::State::keep_looking() {
  begin_thread("logout", behind_requests);
  std::unique_lock lock(mutex);
  while (!stopping) {
    const auto now = clock.now();
    all_at = std::min(all_at, now + look_every);  // the clock may have been set back
    if (to_look_at.empty() && now < all_at) {
      look.wait_for(lock, all_at - now);
      continue;
    }
    const bool all = now >= all_at;  // what is next, too
    const auto these = all ? std::vector<std::string>() : to_look_at.take();
    if (all) to_look_at.clear(), all_at = now + look_every;
    lock.unlock();
    const auto left = all ? look_at_all() : look_at_these(these);
    if (!left) warn_of_logout(left.error().detail);
    lock.lock();
    if (!all) continue;
    const auto ended = clock.now();
    all_gap = look_pause(ended - now, limits.look_gap);
    all_at = std::max(all_at, ended + all_gap);
  }
}

void BackchannelLogout::State::keep_calling() {
  begin_thread("logout", behind_requests);
  std::unique_lock lock(mutex);
  for (;;) {
    std::optional<CallTurns::Call> next;
    call.wait(lock, [&] { return stopping || (next = turns.take()); });
    if (stopping) return;
    static_cast<void>(call_next(lock, *next));
  }
}

}  // namespace deputy::tokens
