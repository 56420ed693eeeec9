// Credentials lie under their principal. A secret is made here, shown once, and kept as its keyed hash.
#include "endpoints/admin/credential.h"

#include "base/encoding.h"
#include "base/id.h"
#include "directory/instant.h"
#include "directory/noun.h"
#include "endpoints/admin/administrators.h"
#include "endpoints/admin/authority.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/page.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/frame/rules.h"
#include "endpoints/admin/principal.h"
#include "oauth/secret.h"

namespace deputy::endpoints::admin {
namespace {

using directory::Credential;
using directory::State;

constexpr std::size_t credentials_max = 20;  // a principal: enough for keys, rotations and mistakes
constexpr std::int64_t overlap_default_s = 86'400, overlap_max_s = 2'592'000;
constexpr std::string_view parameters[] = {"limit", "cursor"};

Problem invalid(std::string_view field, std::string sentence) {
  return {ProblemType::invalid_field, std::move(sentence), std::string(field)};
}

Result<Found, Problem> find_credential(Visit& visit, Kind of) {
  TRY(auto principal, find_record(visit, of, visit.param(0)));
  const auto& id = visit.param(1);
  if (!is_id(directory::row(Kind::credential).prefix, id)) return Fail{no_such_record("not a credential's id")};
  visit.about.event.target = id;
  TRY(auto record, visit.app.store.get(visit.call.tenant, Kind::credential, id));
  if (!record) return Fail{no_such_record("no such record")};
  // A credential is only ever found under its own principal, whose reach has been asked (A38).
  if (record->under != principal.record.id) return Fail{no_such_record("another principal's credential")};
  TRY(auto body, body_of_record(*record));
  return Found{std::move(*record), std::move(body)};
}

// Who holds a principal's credential can act as it. Its owner may; anyone else, and who acts for the owner or by a part
// of what the owner holds, must hold what it holds.
Result<Done, Problem> may_make_credential(const Visit& visit, Kind of, const Found& principal) {
  const auto read = directory::Principal::from(of, principal.record.id, principal.body);
  if (!read) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a principal is damaged"})};
  if (read->stored_state == State::revoked)
    return Fail{Problem(ProblemType::wrong_state, "A revoked agent gets no credentials.")};
  const bool its_own = principal.record.id == visit.caller.principal->id ||
                       (of == Kind::agent && is_caller_or_its_group(visit.caller, read->owner));
  return may_act_as(visit, principal.record.id, its_own);
}

// FAPI 2.0 §5.3.2.1: such a client proves a key. A secret would be shown once and open nothing.
bool proves_a_key(const Found& principal) { return json_text(principal.body, "profile") == "fapi2"; }

// RFC 6749 §2.1: who can keep no secret has none. What anybody could have read would prove who asks.
bool is_public(const Found& principal) { return json_boolean(principal.body, "public").value_or(false); }

// One is made, or changed, for the principal as it was read: it may take that profile on meanwhile, or be given to
// another owner.
store::Write still_as_read(const Visit& visit, Kind of, const Found& principal) {
  return store::Require{visit.call.tenant, of, principal.record.id, principal.record.version};
}

Result<Done, Problem> may_have_secret(const Found& principal) {
  if (is_public(principal))
    return Fail{invalid("type", "A public client can keep no secret, and names itself by client_id alone.")};
  if (!proves_a_key(principal)) return Done{};
  return Fail{invalid("type", "FAPI 2.0 has no client secrets: send jwks, the client's public keys, or jwks_uri.")};
}

Result<Done, Problem> check_room_for_another(const Visit& visit, std::string_view principal) {
  TRY(auto records, visit.app.store.under(visit.call.tenant, principal));
  std::size_t live = 0;  // what has expired opens nothing, and goes by itself
  for (const auto& record : records) {
    if (record.kind != Kind::credential) continue;
    TRY(const auto body, body_of_record(record));
    const auto one = Credential::from(record.id, body);
    live += !one || one->live(visit.call.now) ? 1 : 0;
  }
  if (live >= credentials_max)
    return Fail{Problem(ProblemType::wrong_state, "There are 20 live credentials already: remove one first.")};
  return Done{};
}

// What the fields' table cannot say: which of them go together.
Result<Done, Problem> check_material(Visit& visit, const json::object& body) {
  const auto type = json_text(body, "type").value_or("");
  if (body.contains("jwks") != (type == "jwks"))
    return Fail{invalid("jwks", "Send jwks with the type jwks, and only with it.")};
  if (body.contains("jwks_uri") != (type == "jwks_uri"))
    return Fail{invalid("jwks_uri", "Send jwks_uri with the type jwks_uri, and only with it.")};
  if (type == "jwks") {
    const auto set = jose::JwkSet::parse(json::serialize(*body.if_contains("jwks")));
    if (!set) return Fail{invalid("jwks", set.error().detail)};
  }
  if (type == "jwks_uri") {
    TRY(auto callable, may_be_fetched(visit, nullptr, body, "jwks_uri"));
    const std::string uri(json_text(body, "jwks_uri").value_or(""));
    (void)visit.app.key_sets.find(uri);  // starts the fetch, so that the set is at hand when the client comes
  }
  return Done{};
}

Result<Done, Problem> check_expiry(const Visit& visit, const json::object& body) {
  const auto text = json_text(body, "expires_at");
  if (!text) return Done{};
  const auto at = directory::parse_rfc3339(*text);
  if (!at || *at <= visit.call.now) return Fail{invalid("expires_at", "Send an instant that lies ahead.")};
  return Done{};
}

struct Made {
  store::Put put;
  json::object document;
};
// The write of a new credential and its document; of a secret, with the secret in it, this once.
Made make_credential(const Visit& visit, std::string_view principal, json::object body) {
  std::string secret;
  body["principal"] = principal;
  if (json_text(body, "type") == "secret") {
    secret = oauth::make_client_secret(visit.app.random);
    body["secret_hash"] = hex(as_text(visit.app.secret_hash(secret)));
  }
  const auto id = make_id(directory::row(Kind::credential).prefix, visit.call.now, visit.app.random);
  auto put = put_record(visit, Kind::credential, id, principal, body, 0);
  auto record = put.record;
  record.version = 1;
  auto document = document_of(record, body, visit.call.now);
  if (!secret.empty()) document["secret"] = secret;
  return {std::move(put), std::move(document)};
}

std::string path_of(Kind of, std::string_view principal, std::string_view credential) {
  std::string path(directory::row(of).plural);
  return path.append("/").append(principal).append("/credentials/").append(credential);
}

Result<std::int64_t, Problem> overlap_of(const json::object& body) {
  if (!body.contains("overlap_s")) return overlap_default_s;
  const auto overlap = json_integer(body, "overlap_s");
  if (!overlap || *overlap < 0 || *overlap > overlap_max_s)
    return Fail{invalid("overlap_s", "Send seconds from 0 to 2592000.")};
  return *overlap;
}

// When the old secret was to end, had it not been rotated before.
std::optional<Instant> first_end_of(const Found& found, const Credential& old) {
  if (!found.body.contains("replaced_by")) return old.expires_at;
  return directory::parse_rfc3339(json_text(found.body, "was_to_expire_at").value_or(""));
}

// When the new secret ends: as the caller says, or it lives as long as the old one was to.
Result<std::optional<Instant>, Problem> end_of_fresh(const Visit& visit, const json::object& body, const Found& found,
                                                     const Credential& old) {
  if (const auto* sent = body.if_contains("expires_at"); sent != nullptr && !sent->is_string())
    return Fail{invalid("expires_at", "Send an instant that lies ahead.")};
  TRY(auto ahead, check_expiry(visit, body));
  if (const auto text = json_text(body, "expires_at")) return directory::parse_rfc3339(*text);
  const auto end = first_end_of(found, old);
  if (!end) return std::optional<Instant>();
  constexpr Instant last = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);  // beyond: no RFC 3339
  return std::optional<Instant>(std::min(last, visit.call.now + (*end - found.record.created_at)));
}

}  // namespace

Outcome list_credentials(Visit& visit, Kind of) {
  TRY(auto query, query_of(visit, parameters));
  TRY(auto limit, limit_of(visit, query));
  TRY(auto after, cursor_of(query, 'c'));
  TRY(auto principal, find_record(visit, of, visit.param(0)));
  TRY(auto records, visit.app.store.list(visit.call.tenant, Kind::credential,
                                         {.after = after,
                                          .limit = limit + 1,
                                          .where = store::Index{std::string(principal_index), principal.record.id}}));
  json::array items;
  std::string next;
  for (const auto& record : records) {
    if (items.size() == limit) {
      next = make_cursor('c', next);
      break;
    }
    next = record.id;
    TRY(auto document, document_of(record, visit.call.now));
    items.push_back(std::move(document));
  }
  if (records.size() <= limit) next.clear();
  return Answer{.response = list_response(std::move(items), next), .writes = {}, .refused = {}};
}

Outcome create_credential(Visit& visit, Kind of) {
  TRY(auto principal, find_record(visit, of, visit.param(0)));
  TRY(auto sent, body_of(visit));
  TRY(auto known, only_fields(sent, directory::noun(Kind::credential)));
  TRY(auto body, directory::check_new(directory::noun(Kind::credential), sent));
  TRY(auto may, may_make_credential(visit, of, principal));
  if (json_text(body, "type") == "secret") {
    TRY(auto usable, may_have_secret(principal));
  }
  TRY(auto expiry, check_expiry(visit, body));
  TRY(auto room, check_room_for_another(visit, principal.record.id));
  TRY(auto material, check_material(visit, body));
  auto made = make_credential(visit, principal.record.id, body);
  visit.about.event.target = made.put.record.id;
  Change change;
  change.add(still_as_read(visit, of, principal));
  const auto path = path_of(of, principal.record.id, made.put.record.id);
  body["principal"] = principal.record.id;
  change.touched({}, std::move(body));
  change.add(std::move(made.put));
  auto response = document_response(201, made.document);
  response.headers.emplace_back("Location", location_of(visit, path));
  return std::move(change).answer(visit, std::move(response));
}

Outcome read_credential(Visit& visit, Kind of) {
  TRY(auto found, find_credential(visit, of));
  return shown(visit, found);
}

// Who lets a credential live longer, or for ever, gives as much as who makes one.
Outcome update_credential(Visit& visit, Kind of) {
  TRY(auto principal, find_record(visit, of, visit.param(0)));
  TRY(auto found, find_credential(visit, of));
  TRY(auto patch, body_of(visit));
  TRY(auto known, only_fields(patch, directory::noun(Kind::credential)));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(auto may, may_make_credential(visit, of, principal));
  const auto old = Credential::from(found.record.id, found.body);
  if (!old) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a credential is damaged"})};
  if (!old->live(visit.call.now))
    return Fail{Problem(ProblemType::wrong_state, "The credential has expired: create a new one.")};
  TRY(auto body, directory::check_patch(directory::noun(Kind::credential), found.body, patch));
  if (patch.contains("expires_at")) {
    TRY(auto ahead, check_expiry(visit, body));
    for (const auto* of_its_retirement : {"replaced_by", "was_to_expire_at"}) body.erase(of_its_retirement);
  }
  if (body == found.body) return shown(visit, found);
  Change change;
  change.add(still_as_read(visit, of, principal));
  auto put = put_record(visit, Kind::credential, found.record.id, found.record.under, body, found.record.version);
  auto record = put.record;
  record.version = found.record.version + 1;
  record.created_at = found.record.created_at;
  record.touched_at = found.record.touched_at;
  change.add(std::move(put), stale(visit));
  change.touched(found.body, body);
  return std::move(change).answer(visit, document_response(200, document_of(record, body, visit.call.now)));
}

Outcome delete_credential(Visit& visit, Kind of) {
  TRY(auto found, find_credential(visit, of));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  Change change;
  change.add(store::Remove{visit.call.tenant, Kind::credential, found.record.id, found.record.version}, stale(visit));
  TRY(auto kept, keep_an_administrator(visit, {.prover = found.record.under, .proof = found.record.id}, change));
  // What was drawn with it lives on: a preview asks when that was.
  const auto used = std::max(found.record.touched_at, visit.app.last_use.noted(found.record.id));
  if (used) change.add(store::Touch{visit.call.tenant, of, found.record.under, *used});
  change.touched(found.body, {});
  return std::move(change).answer(visit, no_content());
}

// A new secret now, and an end for the old one when everybody has had time to change: of two rotations at once, one
// wins, because both must find the old one as they read it.
Outcome rotate_credential(Visit& visit, Kind of) {
  TRY(auto principal, find_record(visit, of, visit.param(0)));
  TRY(auto found, find_credential(visit, of));
  TRY(auto same_version, check_if_match(visit, found.record.version));
  TRY(auto sent, body_of(visit, Empty::allowed));
  TRY(auto known, only_members(sent, {"overlap_s", "expires_at"}));
  TRY(auto overlap, overlap_of(sent));
  TRY(auto may, may_make_credential(visit, of, principal));
  const auto old = Credential::from(found.record.id, found.body);
  if (!old) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a credential is damaged"})};
  if (old->type != Credential::Type::secret)
    return Fail{Problem(ProblemType::wrong_state, "Only a secret is rotated: add a new key, then remove the old one.")};
  if (is_public(principal))
    return Fail{Problem(ProblemType::wrong_state, "A public client can keep no secret: remove this one.")};
  if (proves_a_key(principal))
    return Fail{Problem(ProblemType::wrong_state, "FAPI 2.0 has no client secrets: add a key, then remove this one.")};
  if (!old->live(visit.call.now))
    return Fail{Problem(ProblemType::wrong_state, "The credential has expired: create a new one.")};
  TRY(auto room, check_room_for_another(visit, principal.record.id));
  TRY(auto fresh_ends, end_of_fresh(visit, sent, found, *old));

  const auto ends = visit.call.now + Seconds(overlap);
  auto retired = found.body;
  retired["expires_at"] = rfc3339(old->expires_at ? std::min(*old->expires_at, ends) : ends);
  const auto first_end = first_end_of(found, *old);
  if (first_end) retired["was_to_expire_at"] = rfc3339(*first_end);
  json::object fresh{{"type", "secret"}};
  if (found.body.contains("label")) fresh["label"] = found.body.at("label");
  if (fresh_ends) fresh["expires_at"] = rfc3339(*fresh_ends);
  auto made = make_credential(visit, principal.record.id, fresh);
  retired["replaced_by"] = made.put.record.id;
  made.document["replaces"] = json::object{{"id", found.record.id}, {"expires_at", retired.at("expires_at")}};

  Change change;
  change.add(still_as_read(visit, of, principal));
  change.add(put_record(visit, Kind::credential, found.record.id, found.record.under, retired, found.record.version),
             stale(visit));
  const auto path = path_of(of, principal.record.id, made.put.record.id);
  change.touched({{"expires_at", found.body.contains("expires_at") ? found.body.at("expires_at") : json::value()}},
                 {{"expires_at", retired.at("expires_at")}, {"replaced_by", made.put.record.id}});
  change.add(std::move(made.put));
  auto response = document_response(201, made.document);
  response.headers.emplace_back("Location", location_of(visit, path));
  return std::move(change).answer(visit, std::move(response));
}

}  // namespace deputy::endpoints::admin
