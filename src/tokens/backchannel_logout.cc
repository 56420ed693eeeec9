// One thread, one bounded queue: whom a session's end concerns is found, and each of them is posted a logout token.
#include "tokens/backchannel_logout.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "directory/principal.h"

namespace deputy::tokens {
namespace {

constexpr std::size_t queue_max = 10'000, page = 200;
constexpr int attempts_max = 3;
constexpr Seconds token_lifetime{120};  // §2.4: "a short expiration time"

std::string mark_of(std::string_view sid, std::string_view client) {
  return std::string(sid).append("/").append(client);
}

// Who is told, under which client_id, by a token of which algorithm.
struct Listener {
  std::string client_id, uri, algorithm;
};
struct Delivery {
  EndedSession session;
  std::optional<Listener> listener;  // none: who is to be told is still to be found
  int attempts = 0;
};

}  // namespace

store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until) {
  const auto key = mark_of(sid, client);
  // A mark that is there already would refuse the batch: it is made anew.
  return {store::Drop{store::Use::session_client, std::string(tenant), key},
          store::Keep{store::Use::session_client, std::string(tenant), key, until, ""}};
}

struct BackchannelLogout::State {
  PostForm post;
  store::Store& store;
  Keyring& keyring;
  const Clock& clock;
  Random& random;
  std::mutex mutex;
  std::condition_variable wake, idle;
  std::deque<Delivery> queue;
  bool stopping = false, busy = false;
  metrics::Counter failed =
      metrics::counter("deputy_backchannel_logout_failed_total", "Logout tokens that a client did not take.");
  std::thread worker;

  bool push(Delivery delivery) {
    std::lock_guard lock(mutex);
    if (queue.size() >= queue_max) return false;
    queue.push_back(std::move(delivery));
    wake.notify_one();
    return true;
  }
  void lost(std::string_view why) {
    failed.add();
    log::line(log::Level::warn, "backchannel_logout_failed", {{"detail", why}});
  }
  Result<Done, Fault> find_listeners(const EndedSession& session);
  Result<std::string, Fault> token_for(const Delivery& delivery);
  void deliver(Delivery delivery);
  void run();
};

BackchannelLogout::BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock,
                                     Random& random)
    : state_(new State{.post = std::move(post), .store = store, .keyring = keyring, .clock = clock, .random = random}) {
  state_->worker = std::thread([state = state_.get()] { state->run(); });
}

BackchannelLogout::~BackchannelLogout() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  state_->worker.join();
}

void BackchannelLogout::tell(EndedSession session) {
  if (!state_->push({.session = std::move(session), .listener = std::nullopt})) state_->lost("the queue is full");
}

void BackchannelLogout::wait_idle() {
  std::unique_lock lock(state_->mutex);
  state_->idle.wait(lock, [&] { return state_->queue.empty() && !state_->busy; });
}

// Clients that want to know, and to which this session signed its person in.
Result<Done, Fault> BackchannelLogout::State::find_listeners(const EndedSession& session) {
  const auto now = clock.now();
  for (const auto kind : {directory::Kind::application, directory::Kind::agent}) {
    for (std::string after;;) {
      TRY(const auto records, store.list(session.tenant, kind, {.after = after, .limit = page}));
      for (const auto& record : records) {
        TRY(const auto body, parse_json_object(record.body));
        const auto client = directory::Principal::from(kind, record.id, body);
        if (!client || client->registration.backchannel_logout_uri.empty()) continue;
        TRY(const auto mark, store.kept(store::Use::session_client, session.tenant, mark_of(session.sid, client->id),
                                        now));
        if (!mark) continue;
        const auto& registration = client->registration;
        if (!push({session, Listener{client->client_id, registration.backchannel_logout_uri,
                                     registration.id_token_algorithm}}))
          lost("the queue is full");
      }
      if (records.size() < page) break;
      after = records.back().id;
    }
  }
  return Done{};
}

// §2.4: iss, sub, aud, iat, exp, jti, events and sid; never a nonce, so that it passes for no ID token.
Result<std::string, Fault> BackchannelLogout::State::token_for(const Delivery& delivery) {
  const auto now = clock.now();
  TRY(const auto keys, keyring.keys(delivery.session.tenant));
  const auto algorithm = crypto::algorithm_named(delivery.listener->algorithm);
  const auto active = algorithm ? keys->active.find(*algorithm) : keys->active.end();
  if (active == keys->active.end()) return Fail{Fault{Fault::Kind::unavailable, "no active key of the algorithm"}};
  const json::object claims{{"iss", delivery.session.issuer},
                            {"sub", delivery.session.user},
                            {"aud", delivery.listener->client_id},
                            {"iat", unix_seconds(now)},
                            {"exp", unix_seconds(now + token_lifetime)},
                            {"jti", make_id("jti", now, random)},
                            {"sid", delivery.session.sid},
                            {"events", {{"http://schemas.openid.net/event/backchannel-logout", json::object{}}}}};
  return active->second.logout_token.sign(json::serialize(claims));
}

void BackchannelLogout::State::deliver(Delivery delivery) {
  if (!delivery.listener) {
    if (const auto found = find_listeners(delivery.session); !found) lost(found.error().detail);
    return;
  }
  const auto token = token_for(delivery);
  if (!token) return lost(token.error().detail);
  const auto status = post(delivery.listener->uri, "logout_token=" + percent_encode(*token));
  // §2.8: 200 (or 204) is a success, 400 the client's last word; anything else may pass.
  if (status && (*status == 200 || *status == 204)) return;
  if (status && *status == 400) return lost("the client refused it");
  if (++delivery.attempts < attempts_max && push(std::move(delivery))) return;
  lost(status ? "the client did not answer 200" : status.error().detail);
}

void BackchannelLogout::State::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    wake.wait(lock, [&] { return stopping || !queue.empty(); });
    if (stopping) return;
    auto delivery = std::move(queue.front());
    queue.pop_front();
    busy = true;
    lock.unlock();
    deliver(std::move(delivery));
    lock.lock();
    busy = false;
    if (queue.empty()) idle.notify_all();
  }
}

}  // namespace deputy::tokens
