// The ladder of a foreign token: its issuer, its signature, whom it is for, who its subject is here.
#include "tokens/trusted_issuers.h"

#include "base/id.h"
#include "base/json.h"
#include "jose/jwt.h"
#include "jose/numeric_date.h"

namespace deputy::tokens {
namespace {

using directory::Kind;

TrustedIssuers::Read no(std::string reason) { return NotTrusted{std::move(reason)}; }

// This server, the caller, or an audience of the issuer's record.
struct Parties {
  const json::object& record;
  std::string_view own_issuer;
  const directory::Principal& caller;

  bool name(const json::value& one) const {
    if (!one.is_string()) return false;
    const std::string_view audience = one.get_string();
    if (audience == own_issuer || audience == caller.client_id || audience == caller.id) return true;
    const auto* named = json_member_array(record, "audiences");
    return named != nullptr &&
           std::any_of(named->begin(), named->end(), [&](const json::value& other) { return other == one; });
  }
};

// Whom a token is for, in all the ways a claim may say it (RFC 7519 §4.1.3).
bool is_for(const json::object& claims, const Parties& parties) {
  const auto* aud = claims.if_contains("aud");
  if (aud == nullptr) return false;
  if (!aud->is_array()) return parties.name(*aud);
  return std::any_of(aud->get_array().begin(), aud->get_array().end(),
                     [&](const json::value& one) { return parties.name(one); });
}

// Why the claims are not those of a person's token; null: they may be.
const char* not_a_persons(const jose::VerifiedJwt& token, const Parties& parties) {
  const auto& claims = token.claims;
  // A11: of an issuer that types all alike only these tell a logout token or another event (RFC 8417 §2.2), and an
  // introspection's answer (RFC 9701 §5).
  if (claims.contains("events") || claims.contains("token_introspection"))
    return "the trusted issuer's token is a statement of another kind";
  if (!is_for(claims, parties)) return "the trusted issuer's token is for another audience";
  // OIDC Core §3.1.3.7: what may be an ID token was issued to its `azp`. An access token's is whoever got it.
  const auto* azp = claims.if_contains("azp");
  if (azp != nullptr && token.header.type != "at+jwt" && !parties.name(*azp))
    return "the trusted issuer's token was issued to another party";
  // I2: who acted before would be dropped, and nobody here could hold them to what they may do (RFC 8693 §4.1).
  if (claims.contains("act")) return "the trusted issuer's token names an actor: only a person's own is exchanged";
  return nullptr;
}

// RFC 7800 §3.1: a binding that cannot be held is no reason to pass it over.
std::optional<std::string> key_of(const json::value& cnf) {
  const auto* key = cnf.if_object();
  const auto jkt = key != nullptr && key->size() == 1 ? json_text(*key, "jkt") : std::nullopt;
  return jkt && !jkt->empty() ? std::optional(std::string(*jkt)) : std::nullopt;
}

// Whom `may_act` names. RFC 8693 §4.4: its members together say who, so `iss` is ours, whose the clients are,
// and what else it is to be known by is not passed over either (docs/adr/0022).
std::optional<std::string> actor_of(const json::value& may_act, std::string_view own_issuer) {
  const auto* actor = may_act.if_object();
  if (actor == nullptr) return std::nullopt;
  const bool says_whose = actor->contains("iss");
  const auto who = json_text(*actor, "sub");
  if (!who || actor->size() != (says_whose ? 2u : 1u)) return std::nullopt;
  if (says_whose && json_text(*actor, "iss") != own_issuer) return std::nullopt;
  return std::string(*who);
}

// RFC 7519 §4.1: both are optional. What says neither is older than anything.
Instant issued_at(const json::object& claims) {
  for (const auto* name : {"iat", "nbf"})
    if (const auto at = jose::numeric_date(claims, name); at && *at) return **at;
  return Instant();
}

// Nothing says how long a token of theirs may live.
constexpr Instant for_ever = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

}  // namespace

store::Writes leave_username(std::string_view tenant, std::string_view username, Instant now) {
  const std::string in(tenant), name(username);
  auto since = json::serialize(json::object{{"at", unix_millis(now)}});
  // What is there already would refuse the batch: it is made anew.
  return {store::Drop{store::Use::username_left, in, name},
          store::Keep{store::Use::username_left, in, name, for_ever, std::move(since)}};
}

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
                                                                  const json::object& claims, Instant now) {
  const auto subject = json_text(claims, json_text(body, "subject_claim").value_or("sub"));
  if (!subject || subject->empty()) return std::optional<std::string>();
  if (json_text(body, "subject_field") == "id")
    return is_id(directory::row(Kind::user).prefix, *subject) ? std::optional(std::string(*subject)) : std::nullopt;
  TRY(const auto left, store_.kept(store::Use::username_left, tenant, *subject, now));
  if (left) {
    TRY(const auto what, parse_stored(left->body));
    const auto at = from_unix_millis(json_integer(what, "at").value_or(0));
    // What lies more than a day ahead was told by a clock that was wrong.
    if (issued_at(claims) <= at && at <= now + delegation::covered_max) return std::optional<std::string>();
  }
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
  if (const auto* why = not_a_persons(*verified, {body, own_issuer, caller})) return no(why);
  TRY(auto user, user_of(tenant, body, claims, now));
  if (!user) return no("the trusted issuer's token names nobody known here");

  auto at_most = directory::Role::from(record->id, body);
  if (!at_most) return no("the trusted issuer's record is incomplete");
  TrustedToken trusted{.subject = std::move(*user),
                       .at_most = std::move(*at_most),
                       .issued_at = issued_at(claims),
                       .expires_at = verified->expires_at,
                       .jkt = {},
                       .may_act = std::nullopt};
  if (const auto* cnf = claims.if_contains("cnf")) {
    auto jkt = key_of(*cnf);
    if (!jkt) return no("the token is bound to a key in a way that is not known here");
    trusted.jkt = std::move(*jkt);
  }
  if (const auto* may_act = claims.if_contains("may_act")) {
    trusted.may_act = actor_of(*may_act, own_issuer);
    if (!trusted.may_act) return no("the token's may_act names nobody in a way that is known here");
  }
  return Read(std::move(trusted));
}

}  // namespace deputy::tokens
