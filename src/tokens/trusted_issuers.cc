// The ladder of a foreign token: its issuer, its signature, whom it is for, who its subject is here.
#include "tokens/trusted_issuers.h"

#include "base/id.h"
#include "base/json.h"
#include "jose/jwt.h"

namespace deputy::tokens {
namespace {

using directory::Kind;

TrustedIssuers::Read no(std::string reason) { return NotTrusted{std::move(reason)}; }

// Whom a token is for, in all the ways a claim may say it (RFC 7519 §4.1.3).
bool is_for(const json::object& claims, const json::object& body, std::string_view own_issuer,
            const directory::Principal& caller) {
  const auto accepted = [&](const json::value& one) {
    if (!one.is_string()) return false;
    const std::string_view audience = one.get_string();
    if (audience == own_issuer || audience == caller.client_id || audience == caller.id) return true;
    const auto* named = json_member_array(body, "audiences");
    return named != nullptr &&
           std::any_of(named->begin(), named->end(), [&](const json::value& other) { return other == one; });
  };
  const auto* aud = claims.if_contains("aud");
  if (aud == nullptr) return false;
  if (!aud->is_array()) return accepted(*aud);
  return std::any_of(aud->get_array().begin(), aud->get_array().end(), accepted);
}

}  // namespace

std::shared_ptr<const jose::JwkSet> TrustedIssuers::keys_of(const store::Record& record, const json::object& body) {
  if (const auto uri = json_text(body, "jwks_uri")) return key_sets_.find(std::string(*uri));
  const auto key = record.tenant + "/" + record.id + "/" + std::to_string(record.version);
  if (auto found = keys_.find(key)) return found;
  const auto* jwks = json_member_object(body, "jwks");
  auto parsed = jose::JwkSet::parse(jwks != nullptr ? json::serialize(*jwks) : "");
  if (!parsed) return nullptr;
  auto set = std::make_shared<const jose::JwkSet>(std::move(parsed).take());
  keys_.put(key, set, 512 + record.body.size() * 2);
  return set;
}

Result<std::optional<std::string>, Fault> TrustedIssuers::user_of(std::string_view tenant, const json::object& body,
                                                                  const json::object& claims) {
  const auto subject = json_text(claims, json_text(body, "subject_claim").value_or("sub"));
  if (!subject || subject->empty()) return std::optional<std::string>();
  if (json_text(body, "subject_field") == "id")
    return is_id(directory::row(Kind::user).prefix, *subject) ? std::optional(std::string(*subject)) : std::nullopt;
  TRY(auto user, store_.find(tenant, Kind::user, "username", *subject));
  return user ? std::optional(user->id) : std::nullopt;
}

Result<std::optional<directory::Role>, Fault> TrustedIssuers::gives(std::string_view tenant, std::string_view id) {
  TRY(auto record, store_.get(tenant, Kind::trusted_issuer, id));
  if (!record) return std::optional<directory::Role>();
  TRY(auto body, parse_stored(record->body));
  if (json_text(body, "state") != "active") return std::optional<directory::Role>();
  return directory::Role::from(record->id, body);
}

Result<TrustedIssuers::Read, Fault> TrustedIssuers::read(std::string_view token, Types types, std::string_view tenant,
                                                         std::string_view own_issuer,
                                                         const directory::Principal& caller, Instant now) {
  const auto parts = jose::split(token);
  if (!parts) return no("the token is no JWT");
  const auto issuer = json_text(parts->claims, "iss");
  if (!issuer || *issuer == own_issuer) return no("no live token of this server, and no other issuer's");
  TRY(auto record, store_.find(tenant, Kind::trusted_issuer, "issuer", *issuer));
  if (!record) return no("the token's issuer is not trusted");
  TRY(auto body, parse_stored(record->body));
  if (json_text(body, "state") != "active") return no("the token's issuer is disabled");

  const auto keys = keys_of(*record, body);
  if (keys == nullptr) return Read(NotTrusted{"the issuer's keys are not at hand", body.contains("jwks_uri")});
  const jose::Expect expect{.types = std::move(types), .issuer = *issuer, .audience = std::nullopt};
  const auto verified = jose::verify(token, *keys, expect, now);
  if (!verified) {
    if (const auto uri = json_text(body, "jwks_uri"); uri && verified.error() == jose::Reject::key)
      key_sets_.refresh(std::string(*uri));
    return no("the trusted issuer's token was refused: " + std::string(name_of(verified.error())));
  }
  // I6: what is made of it ends with it, to the instant. The leeway is for when it was issued.
  if (now >= verified->expires_at) return no("the trusted issuer's token was refused: expired");
  const auto& claims = verified->claims;
  if (!is_for(claims, body, own_issuer, caller)) return no("the trusted issuer's token is for another audience");
  TRY(auto user, user_of(tenant, body, claims));
  if (!user) return no("the trusted issuer's token names nobody known here");

  auto at_most = directory::Role::from(record->id, body);
  if (!at_most) return no("the trusted issuer's record is incomplete");
  TrustedToken trusted{.subject = std::move(*user),
                       .at_most = std::move(*at_most),
                       .expires_at = verified->expires_at,
                       .jkt = {},
                       .may_act = std::nullopt};
  // I2: who acted before would be dropped, and nobody here could hold them to what they may do (RFC 8693 §4.1).
  if (claims.contains("act")) return no("the trusted issuer's token names an actor: only a person's own is exchanged");
  if (claims.contains("cnf")) {  // RFC 7800 §3.1: a binding that cannot be held is no reason to pass it over
    const auto* key = json_member_object(claims, "cnf");
    const auto jkt = key != nullptr && key->size() == 1 ? json_text(*key, "jkt") : std::nullopt;
    if (!jkt || jkt->empty()) return no("the token is bound to a key in a way that is not known here");
    trusted.jkt = std::string(*jkt);
  }
  if (claims.contains("may_act")) {
    const auto* may_act = json_member_object(claims, "may_act");
    const auto who = may_act != nullptr ? json_text(*may_act, "sub") : std::nullopt;
    if (!who) return no("the token's may_act names nobody");
    trusted.may_act = std::string(*who);
  }
  return Read(std::move(trusted));
}

}  // namespace deputy::tokens
