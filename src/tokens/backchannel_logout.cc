// One worker: whom a session's end concerns is found, and each of them is posted a logout token until it takes one.
#include "tokens/backchannel_logout.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/this_thread.h"
#include "directory/principal.h"
#include "tokens/logout_delivery.h"

namespace deputy::tokens {
namespace {

using audit::Decision;

constexpr std::size_t page = 200;
constexpr std::size_t clients_max = 1000;  // of one session
constexpr Seconds token_lifetime{120};  // §2.4: "a short expiration time"
constexpr Seconds claim{60};            // longer than a call takes: whoever claimed it and went is waited for so long
constexpr Seconds look_every{60}, pass_gap{1};

void warn(std::string_view detail) {
  log::line(log::Level::warn, "backchannel_logout_failed", {{"detail", detail}});
}

std::string mark_of(std::string_view sid, std::string_view client) {
  return std::string(sid).append("/").append(client);
}

store::Write event_of(const LogoutDelivery& delivery, Decision decision, std::string_view reason, Instant now,
                      Random& random) {
  const auto& session = delivery.session;
  return store::Append{{.id = make_id("evt", now, random),
                        .at = now,
                        .tenant = session.tenant,
                        .action = "session.tell",
                        .decision = decision,
                        .reason = std::string(reason),
                        .client = delivery.client,
                        .subject = session.user,
                        .target = session.sid}};
}

// The clients to which a session signed its person in.
Result<std::vector<std::string>, Fault> clients_of(std::string_view tenant, std::string_view sid, store::Store& store,
                                                   Instant now) {
  const auto prefix = mark_of(sid, "");
  TRY(auto keys, store.kept_keys(store::Use::session_client, tenant, prefix, now, clients_max));
  for (auto& key : keys) key.erase(0, prefix.size());
  return keys;
}

}  // namespace

store::Writes note_client(std::string_view tenant, std::string_view sid, std::string_view client, Instant until) {
  const auto key = mark_of(sid, client);
  // A mark that is there already would refuse the batch: it is made anew.
  return {store::Drop{store::Use::session_client, std::string(tenant), key},
          store::Keep{store::Use::session_client, std::string(tenant), key, until, ""}};
}

Result<store::Writes, Fault> renew_clients(std::string_view tenant, std::string_view sid, store::Store& store,
                                           Instant now, Instant until) {
  TRY(const auto clients, clients_of(tenant, sid, store, now));
  store::Writes writes;
  for (const auto& client : clients)
    for (auto& write : note_client(tenant, sid, client, until)) writes.push_back(std::move(write));
  return writes;
}

struct BackchannelLogout::State {
  PostForm post;
  store::Store& store;
  Keyring& keyring;
  const Clock& clock;
  Random& random;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopping = false, committed = false;
  metrics::Counter sent = metrics::counter("deputy_backchannel_logout_sent_total", "Logout tokens that a client took.");
  metrics::Counter failed =
      metrics::counter("deputy_backchannel_logout_failed_total", "Logout tokens that a client did not take.");
  std::map<std::string, Instant> away;  // clients that did not answer, and until when nothing is sent to them
  std::thread worker;

  enum class Look : std::uint8_t { fresh, all };
  Result<Instant, Fault> pass(Look look);
  Result<Instant, Fault> deliver(LogoutDelivery delivery);
  Result<bool, Fault> commit(store::Writes writes);
  Result<bool, Fault> claimed(LogoutDelivery& delivery, Instant due);
  Result<Done, Fault> find_clients(const LogoutDelivery& delivery);
  Result<std::vector<std::string>, Fault> clients_to_tell(const EndedSession& session);
  Result<std::optional<directory::Principal>, Fault> client_of(const std::string& tenant, const std::string& id);
  Result<int, Fault> tell(const LogoutDelivery& delivery, const directory::Principal& client);
  Result<std::string, Fault> token_for(const LogoutDelivery& delivery, const directory::Principal& client);
  Result<Done, Fault> end(const LogoutDelivery& delivery, Decision decision, std::string_view reason);
  void run();
};

BackchannelLogout::BackchannelLogout(PostForm post, store::Store& store, Keyring& keyring, const Clock& clock,
                                     Random& random)
    : state_(new State{.post = std::move(post), .store = store, .keyring = keyring, .clock = clock, .random = random}) {
  store.observe([state = state_](const store::Changes& changes) {
    for (const auto& change : changes.records) {
      if (change.kind != store::Kind::logout_delivery) continue;
      const std::lock_guard lock(state->mutex);
      state->committed = true;
      state->wake.notify_one();
      return;
    }
  });
}

BackchannelLogout::~BackchannelLogout() { stop(); }

void BackchannelLogout::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  if (state_->worker.joinable()) state_->worker.join();
}

void BackchannelLogout::start() {
  state_->worker = std::thread([state = state_.get()] { state->run(); });
}

// What is found on the way (whom a session's end concerns) is due at once.
void BackchannelLogout::deliver_due() {
  for (const auto look : {State::Look::all, State::Look::fresh}) {
    const auto done = state_->pass(look);
    if (!done) warn(done.error().detail);
  }
}

// One look at the queue. Gives when the next is due; an hour from now where nothing waits.
Result<Instant, Fault> BackchannelLogout::State::pass(Look look) {
  auto next = clock.now() + Seconds(3600);
  for (std::string after;;) {
    store::Page where{.after = after, .limit = page};
    if (look == Look::fresh) where.where = fresh_delivery;
    TRY(const auto records, store.list(deliveries_tenant, store::Kind::logout_delivery, where));
    for (const auto& record : records) {
      {
        const std::lock_guard lock(mutex);
        if (stopping) return next;
      }
      auto delivery = read_delivery(record);
      if (!delivery) {
        warn("the record of a logout to be told is damaged");
        continue;
      }
      if (delivery->due > clock.now()) {
        next = std::min(next, delivery->due);
        continue;
      }
      // One that fails holds up no other: what it has claimed is due again later.
      const auto again = deliver(std::move(*delivery));
      if (again) next = std::min(next, *again);
      else warn(again.error().detail);
    }
    if (records.size() < page) return next;
    after = records.back().id;
  }
}

// False: another node was first.
Result<bool, Fault> BackchannelLogout::State::commit(store::Writes writes) {
  TRY(const auto outcome, store.commit_now(std::move(writes)));
  return std::holds_alternative<Done>(outcome);
}

Result<bool, Fault> BackchannelLogout::State::claimed(LogoutDelivery& delivery, Instant due) {
  delivery.due = due;
  TRY(const auto ours, commit({put_delivery(delivery, clock.now())}));
  ++delivery.version;
  return ours;
}

// One attempt, claimed before it is made: of many nodes one makes it, and one that dies meanwhile is made again. Gives
// when the next is due.
Result<Instant, Fault> BackchannelLogout::State::deliver(LogoutDelivery delivery) {
  const auto now = clock.now(), never = now + Seconds(3600);
  if (delivery.client.empty()) {
    TRY(const auto found, find_clients(delivery));
    return never;
  }
  // Whoever was away a moment ago holds up nobody else.
  if (const auto found = away.find(delivery.client); found != away.end() && found->second > now) {
    TRY(const auto postponed, claimed(delivery, found->second));
    return delivery.due;
  }
  ++delivery.attempts;
  const auto pause = pause_after(delivery.attempts);
  TRY(const auto ours, claimed(delivery, now + pause.value_or(claim)));
  if (!ours) return never;
  const auto client = client_of(delivery.session.tenant, delivery.client);
  if (!client) warn(client.error().detail);
  if (client && (!*client || (*client)->registration.backchannel_logout_uri.empty())) {
    TRY(const auto ended, end(delivery, Decision::refused, "the client does not ask for it any more"));
    return never;
  }
  const auto status = client ? tell(delivery, **client) : Result<int, Fault>(Fail{client.error()});
  // §2.8: 200 (or 204) is a success, 400 the client's last word; anything else may pass.
  const bool taken = status && (*status == 200 || *status == 204), refused = status && *status == 400;
  if (taken || refused) away.erase(delivery.client);
  else away[delivery.client] = clock.now() + pause.value_or(claim);
  if (!taken && !refused && pause) return delivery.due;
  TRY(const auto ended, end(delivery, taken ? Decision::granted : Decision::refused,
                            taken ? "" : refused ? "the client refused it" : "the client was away for too long"));
  return never;
}

Result<Done, Fault> BackchannelLogout::State::end(const LogoutDelivery& delivery, Decision decision,
                                                  std::string_view reason) {
  const auto now = clock.now();
  TRY(const auto ours, commit({remove_delivery(delivery), event_of(delivery, decision, reason, now, random)}));
  if (!ours) return Done{};
  (decision == Decision::granted ? sent : failed).add();
  return Done{};
}

// The delivery becomes one for each client it concerns.
Result<Done, Fault> BackchannelLogout::State::find_clients(const LogoutDelivery& delivery) {
  TRY(const auto clients, clients_to_tell(delivery.session));
  const auto now = clock.now();
  store::Writes writes{remove_delivery(delivery)};
  for (const auto& client : clients)
    writes.emplace_back(put_delivery(
        {.id = make_id("lgd", now, random), .session = delivery.session, .client = client, .due = now}, now));
  TRY(const auto ours, commit(std::move(writes)));
  return Done{};
}

// Clients to which this session signed its person in, and that want to know. One whose record cannot be read may: it
// is a delivery of its own, which fails by itself.
Result<std::vector<std::string>, Fault> BackchannelLogout::State::clients_to_tell(const EndedSession& session) {
  TRY(auto clients, clients_of(session.tenant, session.sid, store, clock.now()));
  std::vector<std::string> found;
  for (auto& client : clients) {
    const auto read = client_of(session.tenant, client);
    if (!read || (*read && !(*read)->registration.backchannel_logout_uri.empty())) found.push_back(std::move(client));
  }
  return found;
}

// As it is now: its URI may be another than when the session ended.
Result<std::optional<directory::Principal>, Fault> BackchannelLogout::State::client_of(const std::string& tenant,
                                                                                      const std::string& id) {
  const auto kind = directory::kind_of_id(id);
  if (!kind) return std::optional<directory::Principal>();
  TRY(const auto record, store.get(tenant, *kind, id));
  if (!record) return std::optional<directory::Principal>();
  TRY(const auto body, parse_stored(record->body));
  return directory::Principal::from(*kind, record->id, body);
}

// The status of the client's answer; a fault where there is none.
Result<int, Fault> BackchannelLogout::State::tell(const LogoutDelivery& delivery, const directory::Principal& client) {
  const auto token = token_for(delivery, client);
  if (!token) {
    warn(token.error().detail);
    return Fail{token.error()};
  }
  return post(client.registration.backchannel_logout_uri, "logout_token=" + percent_encode(*token));
}

// §2.4: iss, sub, aud, iat, exp, jti, events and sid; never a nonce, so that it passes for no ID token.
Result<std::string, Fault> BackchannelLogout::State::token_for(const LogoutDelivery& delivery,
                                                               const directory::Principal& client) {
  const auto now = clock.now();
  TRY(const auto keys, keyring.keys(delivery.session.tenant));
  const auto algorithm = crypto::algorithm_named(client.registration.id_token_algorithm);
  const auto active = algorithm ? keys->active.find(*algorithm) : keys->active.end();
  if (active == keys->active.end()) return Fail{Fault{Fault::Kind::unavailable, "no active key of the algorithm"}};
  const json::object claims{{"iss", delivery.session.issuer},
                            {"sub", delivery.session.user},
                            {"aud", client.client_id},
                            {"iat", unix_seconds(now)},
                            {"exp", unix_seconds(now + token_lifetime)},
                            {"jti", make_id("jti", now, random)},
                            {"sid", delivery.session.sid},
                            {"events", {{"http://schemas.openid.net/event/backchannel-logout", json::object{}}}}};
  return active->second.logout_token.sign(json::serialize(claims));
}

void BackchannelLogout::State::run() {
  begin_thread("logout", behind_requests);
  // What is committed here is looked for by itself, and all that waits when something is due: at most once a second,
  // and at least once a minute, for other nodes commit too.
  auto all_at = clock.now();
  std::unique_lock lock(mutex);
  while (!stopping) {
    committed = false;
    lock.unlock();
    const auto look = clock.now() >= all_at ? Look::all : Look::fresh;
    const auto next = pass(look);
    if (!next) warn(next.error().detail);
    const auto now = clock.now();
    const auto due = std::clamp(next ? *next : now + look_every, now + pass_gap, now + look_every);
    all_at = look == Look::all ? due : std::min(all_at, due);
    lock.lock();
    wake.wait_for(lock, all_at - now, [&] { return stopping || committed; });
  }
}

}  // namespace deputy::tokens
