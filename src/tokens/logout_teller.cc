// One client's logout token: made, posted, and its outcome recorded, if no other node was first.
#include "tokens/logout_teller.h"

#include "base/encoding.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "tokens/session_clients.h"

namespace deputy::tokens {
namespace {

using audit::Decision;

constexpr Seconds token_lifetime{120};  // §2.4: "a short expiration time"

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

}  // namespace

void warn_of_logout(std::string_view detail) {
  log::line(log::Level::warn, "backchannel_logout_failed", {{"detail", detail}});
}

Result<bool, Fault> LogoutTeller::commit(store::Writes writes) {
  TRY(const auto outcome, store_.commit_now(std::move(writes)));
  return std::holds_alternative<Done>(outcome);
}

Result<bool, Fault> LogoutTeller::claim(LogoutDelivery& delivery, Instant due) {
  delivery.due = due;
  TRY(const auto ours, commit({put_delivery(delivery, clock_.now())}));
  ++delivery.version;
  return ours;
}

Result<Done, Fault> LogoutTeller::end(const LogoutDelivery& delivery, Decision decision, std::string_view reason) {
  const auto now = clock_.now();
  TRY(const auto ours, commit({remove_delivery(delivery), event_of(delivery, decision, reason, now, random_)}));
  if (!ours) return Done{};
  (decision == Decision::granted ? sent_ : failed_).add();
  return Done{};
}

Result<Done, Fault> LogoutTeller::find_clients(const LogoutDelivery& delivery) {
  TRY(const auto clients, clients_to_tell(delivery.session));
  const auto now = clock_.now();
  store::Writes writes{remove_delivery(delivery)};
  for (const auto& client : clients)
    writes.emplace_back(put_delivery(
        {.id = make_id("lgd", now, random_), .session = delivery.session, .client = client, .due = now}, now));
  TRY(const auto ours, commit(std::move(writes)));
  return Done{};
}

// Clients to which this session signed its person in, and that want to know. One whose record cannot be read may: it
// is a delivery of its own, which fails by itself.
Result<std::vector<std::string>, Fault> LogoutTeller::clients_to_tell(const EndedSession& session) {
  TRY(auto clients, clients_of(session.tenant, session.sid, store_, clock_.now()));
  std::vector<std::string> found;
  for (auto& client : clients) {
    const auto read = client_of(session.tenant, client);
    if (!read || (*read && !(*read)->registration.backchannel_logout_uri.empty())) found.push_back(std::move(client));
  }
  return found;
}

Result<std::optional<directory::Principal>, Fault> LogoutTeller::client_of(const std::string& tenant,
                                                                         const std::string& id) {
  const auto kind = directory::kind_of_id(id);
  if (!kind) return std::optional<directory::Principal>();
  TRY(const auto record, store_.get(tenant, *kind, id));
  if (!record) return std::optional<directory::Principal>();
  TRY(const auto body, parse_stored(record->body));
  return directory::Principal::from(*kind, record->id, body);
}

LogoutTeller::Told LogoutTeller::tell(const LogoutDelivery& delivery, const directory::Principal& client) {
  const auto token = token_for(delivery, client);
  if (!token) {
    warn_of_logout(token.error().detail);
    return Told::not_called;
  }
  const auto status = post_(client.registration.backchannel_logout_uri, "logout_token=" + percent_encode(*token));
  if (!status) return Told::no_answer;
  return *status == 200 || *status == 204 ? Told::taken : *status == 400 ? Told::refused : Told::not_taken;
}

// §2.4: iss, sub, aud, iat, exp, jti, events and sid; never a nonce, so that it passes for no ID token.
Result<std::string, Fault> LogoutTeller::token_for(const LogoutDelivery& delivery, const directory::Principal& client) {
  const auto now = clock_.now();
  TRY(const auto keys, keyring_.keys(delivery.session.tenant));
  const auto algorithm = crypto::algorithm_named(client.registration.id_token_algorithm);
  const auto active = algorithm ? keys->active.find(*algorithm) : keys->active.end();
  if (active == keys->active.end()) return Fail{Fault{Fault::Kind::unavailable, "no active key of the algorithm"}};
  const json::object claims{{"iss", delivery.session.issuer},
                            {"sub", delivery.session.user},
                            {"aud", client.client_id},
                            {"iat", unix_seconds(now)},
                            {"exp", unix_seconds(now + token_lifetime)},
                            {"jti", make_id("jti", now, random_)},
                            {"sid", delivery.session.sid},
                            {"events", {{"http://schemas.openid.net/event/backchannel-logout", json::object{}}}}};
  return active->second.logout_token.sign(json::serialize(claims));
}

}  // namespace deputy::tokens
