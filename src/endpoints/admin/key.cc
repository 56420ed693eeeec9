// GET /v1/keys, POST /v1/keys/rotate, POST /v1/keys/{kid}/compromised: public facts of keys, never their private half.
#include "endpoints/admin/key.h"

#include "endpoints/admin/delegation/preview.h"
#include "endpoints/admin/frame/change.h"
#include "endpoints/admin/frame/page.h"
#include "tokens/key_record.h"

namespace deputy::endpoints::admin {
namespace {

json::object document_of_key(const tokens::SigningKey& key) {
  return {{"kid", key.kid},
          {"algorithm", crypto::name_of(key.algorithm)},
          {"state", tokens::name_of(key.state)},
          {"created_at", rfc3339(key.created_at)},
          {"changes_at", rfc3339(key.changes_at)}};
}

// As long as something that the key signed could live.
bool is_withdrawn(const Visit& visit, const std::string& kid) {
  return !visit.app.reader.may_mint(visit.call.tenant, {.kid = kid, .issued_at = visit.call.now});
}

Result<bool, Fault> is_key(const Visit& visit, const std::string& kid) {
  TRY(const auto keys, visit.app.keyring.keys(visit.call.tenant));
  return std::any_of(keys->all.begin(), keys->all.end(), [&](const auto& one) { return one.kid == kid; });
}

// In an incident whoever comes second learns that it was done.
Problem no_such_key(const Visit& visit, const std::string& kid) {
  if (is_withdrawn(visit, kid))
    return {ProblemType::wrong_state, "The key is withdrawn already, with all that it signed."};
  return no_such_record("no such key");
}

Outcome preview_of(const Visit& visit, const std::string& kid) {
  TRY(const auto keys, visit.app.keyring.keys(visit.call.tenant));
  const auto key = std::find_if(keys->all.begin(), keys->all.end(), [&](const auto& one) { return one.kid == kid; });
  if (key == keys->all.end()) return Fail{no_such_key(visit, kid)};
  Lens lens(visit);
  Preview preview(visit, lens);
  TRY(auto counted, preview.add_tokens_of(*key));
  return preview.answer();
}

// The key that these writes make the active one.
std::optional<tokens::SigningKey> active_of(const store::Writes& writes) {
  for (const auto& write : writes) {
    const auto* put = std::get_if<store::Put>(&write);
    if (put == nullptr || put->record.kind != Kind::key) continue;
    auto key = tokens::read_key(put->record);
    if (key && key->facts.state == tokens::SigningKey::State::active) return std::move(key->facts);
  }
  return std::nullopt;
}

}  // namespace

Outcome list_keys(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto query, query_of(visit, {}));
  TRY(auto keys, visit.app.keyring.keys(visit.call.tenant));
  json::array items;
  for (const auto& key : keys->all) items.push_back(document_of_key(key));
  return Answer{.response = list_response(std::move(items)), .writes = {}, .refused = {}};
}

Outcome rotate_key(Visit& visit) {
  TRY(auto all, whole_tenant(visit));
  TRY(auto body, body_of(visit));
  TRY(auto known, only_members(body, {"algorithm"}));
  const auto algorithm = crypto::algorithm_named(json_text(body, "algorithm").value_or(""));
  if (!algorithm || *algorithm == crypto::Algorithm::PS256)
    return Fail{Problem(ProblemType::invalid_field, "Send ES256, EdDSA or RS256.", "algorithm")};
  auto rotation = visit.app.keyring.rotation(visit.call.tenant, *algorithm);
  if (!rotation) {
    if (rotation.error().kind != Fault::Kind::conflict) return Fail{Problem(rotation.error())};
    return Fail{Problem(ProblemType::wrong_state,
                        "So many keys retire that verifiers would refuse a larger JWK Set: rotate again when some "
                        "have left it (GET /v1/keys, `changes_at`), or withdraw the key that is compromised.")};
  }
  visit.about.event.target = rotation->key.kid;
  Change change;
  change.add(std::move(rotation->writes));
  const auto document = document_of_key(rotation->key);
  change.touched({}, document);
  return std::move(change).answer(visit, json_response(201, json::serialize(document)));
}

bool names_rsa_key(const Call& call, App& app) {
  const auto keys = app.keyring.keys(call.tenant);
  return keys && std::any_of((*keys)->all.begin(), (*keys)->all.end(), [&](const auto& key) {
    return key.kid == call.params.at(0) && key.algorithm == crypto::Algorithm::RS256;
  });
}

Outcome compromised_key(Visit& visit) {
  const auto& kid = visit.param(0);
  TRY(const bool is_one, is_key(visit, kid));
  // What was sent and names no key of the tenant is in no event.
  if (is_one || is_withdrawn(visit, kid)) visit.about.event.target = kid;
  TRY(const auto mode, mode_of(visit));
  TRY(auto all, whole_tenant(visit));
  TRY(auto body, body_of(visit, Empty::allowed));
  TRY(auto known, only_members(body, {}));
  if (mode == Mode::preview) return preview_of(visit, kid);
  auto writes = visit.app.keyring.compromise_writes(visit.call.tenant, kid);
  if (!writes) {
    if (writes.error().kind == Fault::Kind::not_found) return Fail{no_such_key(visit, kid)};
    return Fail{Problem(writes.error())};
  }
  const auto replacement = active_of(*writes);
  Change change;
  change.add(std::move(writes).take());
  json::object document{{"kid", kid}, {"state", "revoked"}, {"revoked_at", rfc3339(visit.call.now)}};
  if (replacement) document["replaced_by"] = replacement->kid;
  change.touched({}, document);
  return std::move(change).answer(visit, json_response(200, json::serialize(document)));
}

}  // namespace deputy::endpoints::admin
