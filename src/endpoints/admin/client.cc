// What the records of agents and applications ask where they are clients of a person's flow.
#include "endpoints/admin/frame/rules.h"

#include "directory/fallback.h"
#include "directory/principal.h"
#include "endpoints/admin/frame/document.h"
#include "endpoints/admin/frame/records.h"
#include "endpoints/admin/owner.h"
#include "endpoints/admin/principal.h"
#include "endpoints/admin/revocation/narrowing.h"

namespace deputy::endpoints::admin {
namespace {

// RFC 9068 §5: who presents a client_id is one client, whatever its kind. The store holds each kind's apart; the other
// kind's is asked for in the same batch. It is a name in the whole tenant, and what a trusted issuer's tokens are made
// out to: neither an owner nor an organization's administrator chooses it (A19).
Result<Done, Problem> check_client_id(Draft& draft) {
  const auto client_id = json_text(draft.after, "client_id");
  if (!client_id || (draft.before != nullptr && json_text(*draft.before, "client_id") == client_id)) return Done{};
  if (!draft.visit.reach.all())
    return Fail{Problem(ProblemType::exceeds_authority, "An administrator of the whole tenant chooses client_ids: "
                                                        "leave it out, and it is the record's id.", "client_id")};
  const auto other = draft.kind == Kind::agent ? Kind::application : Kind::agent;
  draft.change.add(store::RequireNone{draft.visit.call.tenant, other, "client_id", std::string(*client_id)},
                   not_unique("client_id"));
  return Done{};
}

// An application may do without an owner; an agent's is named where it is made, and changed by transfer.
bool has_another_owner(const Draft& draft) {
  return draft.before == nullptr || json_text(*draft.before, "owner") != json_text(draft.after, "owner");
}

Result<Done, Problem> check_owner(const Draft& draft) {
  const auto owner = json_text(draft.after, "owner");
  if (!owner || !has_another_owner(draft)) return Done{};
  return may_name_owner(draft.visit, *owner);
}

// What a client becomes that has no secrets, as a field of it: one that proves a key (FAPI 2.0 §5.3.2.1), or can keep
// none (RFC 6749 §2.1). None: it stays what it was.
std::optional<Problem> why_no_secrets(const Draft& draft) {
  if (draft.before == nullptr) return std::nullopt;
  const auto proves_a_key = [](const json::object& body) { return json_text(body, "profile") == "fapi2"; };
  const auto is_public = [](const json::object& body) { return json_boolean(body, "public").value_or(false); };
  if (is_public(draft.after) && !is_public(*draft.before))
    return Problem(ProblemType::wrong_state, "A public client can keep no secret, and a live one is left: remove the "
                                             "secrets, then make it public.", "public");
  if (proves_a_key(draft.after) && !proves_a_key(*draft.before))
    return Problem(ProblemType::wrong_state, "FAPI 2.0 has no client secrets, and a live one is left: add a key, then "
                                             "remove the secrets, then change the profile.", "profile");
  return std::nullopt;
}

// A secret that goes on living would open nothing from then on, or more than its client is for, and nobody be told.
Result<Done, Problem> check_secrets(const Draft& draft) {
  auto why = why_no_secrets(draft);
  if (!why) return Done{};
  const auto& visit = draft.visit;
  TRY(auto records, visit.app.store.under(visit.call.tenant, draft.id));
  for (const auto& record : records) {
    if (record.kind != Kind::credential) continue;
    TRY(const auto body, body_of_record(record));
    const auto one = directory::Credential::from(record.id, body);
    if (one && one->type == directory::Credential::Type::secret && one->live(visit.call.now))
      return Fail{std::move(*why)};
  }
  return Done{};
}

// Whoever proves itself by nothing else, or is held to FAPI 2.0 §5.3.2.2, proves its codes (A4; docs/adr/0028).
Result<Done, Problem> check_pkce(const Draft& draft) {
  if (json_boolean(draft.after, "pkce_required").value_or(true)) return Done{};
  const auto refuse = [](const char* sentence) {
    return Fail{Problem(ProblemType::invalid_field, sentence, "pkce_required")};
  };
  if (json_boolean(draft.after, "public").value_or(false))
    return refuse("A public client has PKCE alone to prove its codes by: make `pkce_required` true.");
  if (json_text(draft.after, "profile") == "fapi2")
    return refuse("FAPI 2.0 has no request without PKCE: make `pkce_required` true.");
  return Done{};
}

}  // namespace

void take_vouching(const Visit& visit, json::object& client) {
  if (json_boolean(client, "verified").value_or(false) && !visit.reach.all()) client["verified"] = false;
}

// `verified` is the tenant's word, not the owner's own: who reaches the whole tenant gives it, and takes it (A37).
Result<Done, Problem> client_written(Draft& draft) {
  const auto is_verified = [](const json::object& body) { return json_boolean(body, "verified").value_or(false); };
  const bool before = draft.before != nullptr && is_verified(*draft.before);
  if (is_verified(draft.after) != before && !draft.visit.reach.all())
    return Fail{Problem(ProblemType::exceeds_authority, "An administrator of the whole tenant vouches for clients.",
                        "verified")};
  // What was vouched for is what was seen: another name, another owner or another redirect URI is another client.
  const auto same = [&](std::string_view field) {
    const auto *was = draft.before->if_contains(field), *is = draft.after.if_contains(field);
    return was == nullptr || is == nullptr ? was == is : *was == *is;
  };
  if (before && !(same("name") && same("description") && same("owner") && same("redirect_uris")))
    take_vouching(draft.visit, draft.after);
  TRY(auto named, check_client_id(draft));
  TRY(auto callable, may_be_fetched(draft.visit, draft.before, draft.after, "backchannel_logout_uri"));
  if (json_text(draft.after, "profile") == "fapi2" && json_boolean(draft.after, "public").value_or(false))
    return Fail{Problem(ProblemType::invalid_field, "FAPI 2.0 is for clients that can prove a key: not with `public`.",
                        "profile")};
  TRY(auto proven, check_pkce(draft));
  TRY(auto without_secrets, check_secrets(draft));
  // §5.4.1 of it has no RS256. Who takes the profile on with what every other client has, gets what it is made with.
  constexpr std::string_view algorithm = "id_token_signed_response_alg";
  if (json_text(draft.after, "profile") == "fapi2" && json_text(draft.after, algorithm) == "RS256") {
    if (draft.before == nullptr || json_text(*draft.before, "profile") == "fapi2")
      return Fail{Problem(ProblemType::invalid_field, "FAPI 2.0 has no RS256: say ES256 or EdDSA.",
                          std::string(algorithm))};
    const auto* field = directory::noun(draft.kind).field(algorithm);
    draft.after[algorithm] = json::parse(directory::fallback_of(*field, draft.after));
  }
  return Done{};
}

Result<Done, Problem> application_created(Draft& draft) {
  TRY(auto named, check_owner(draft));
  return client_written(draft);
}

Result<Done, Problem> application_updated(Draft& draft) {
  TRY(auto named, check_owner(draft));
  TRY(auto written, client_written(draft));
  const auto before = directory::Principal::from(draft.kind, draft.id, *draft.before);
  const auto after = directory::Principal::from(draft.kind, draft.id, draft.after);
  if (!before || !after) return Fail{Problem(Fault{Fault::Kind::corrupt, "the record of a principal is damaged"})};
  // The ceiling is back: what it did for others under none may be more than its roles allow.
  if (before->delegation_any && !after->delegation_any) revoke_all_tokens(draft, draft.after, "ceiling lowered");
  // As where an agent is transferred: nobody goes on with what people gave to another owner (A37).
  if (has_another_owner(draft)) {
    draft.change.again_by(draft.visit, [](Visit& visit) { return update_record(visit, Kind::application); });
    end_what_was_given(draft.after, draft.version, draft.visit.call.now);
    revoke_all_tokens(draft, draft.after, "transferred");
    TRY(auto ended, end_consents_to(draft.visit, draft.id, draft.change));
  }
  TRY(auto delegates, add_narrowings_of_delegates(draft.visit, *before, *after, draft.change));
  return principal_updated(draft);
}

}  // namespace deputy::endpoints::admin
